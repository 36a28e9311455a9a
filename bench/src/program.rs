//! The server's program, as the measurements of whole commands run it.

use std::path::PathBuf;
use std::process::Command;

/// The release binary, which is built beside the program that asks.
///
/// # Errors
/// It was not built.
pub fn installed() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let binary = own.with_file_name("countersign");
    if !binary.is_file() {
        return Err("the server is missing; run: cargo build --release --package countersign".to_owned());
    }
    Ok(binary)
}

/// What a command tells on standard output when it succeeds.
///
/// # Errors
/// It cannot be started or fails; in its own words, after `words`, which name it.
pub fn told(command: &mut Command, words: &[&str]) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    } else {
        Err(format!("countersign {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)))
    }
}

/// Seconds on a core of all processes that this one has started and that have ended (proc(5), `cutime` and `cstime`, in
/// hundredths everywhere).
///
/// # Errors
/// This system does not tell.
pub fn children_cpu() -> Result<f64, String> {
    let stat = std::fs::read_to_string("/proc/self/stat").map_err(|error| error.to_string())?;
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: Vec<u32> = fields.skip(13).take(2).filter_map(|field| field.parse().ok()).collect();
    let [user, system] = ticks[..] else { return Err("/proc/self/stat is not as expected".to_owned()) };
    Ok(f64::from(user + system) / 100.0)
}
