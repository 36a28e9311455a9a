//! Scripts that a shell can read.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::{files, root};

#[test]
fn the_clusters_scripts_are_well_formed() {
    let folder = root().join("examples/cluster");
    let mut scripts = files(&folder, ".sh");
    scripts.push(folder.join("cluster"));
    assert!(scripts.len() > 5, "{scripts:?}");
    for script in &scripts {
        let told = run("bash", &["-n"], std::slice::from_ref(script)).expect("bash");
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    }
    match run("shellcheck", &["-x"], &scripts) {
        Ok(told) => assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout)),
        Err(why) => eprintln!("shellcheck, which finds more, did not run: {why}"),
    }
}

fn run(program: &str, arguments: &[&str], scripts: &[PathBuf]) -> std::io::Result<Output> {
    Command::new(program).args(arguments).args(scripts).output()
}
