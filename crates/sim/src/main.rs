//! Runs.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout)]
fn main() -> Result<(), String> {
    let template = countersign_sim::template::Template::make()?;
    println!("{:?}", template.accounts());
    Ok(())
}
