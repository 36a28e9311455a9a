//! What the peers need of Node.js and Python, pinned, under the build's own folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Peer, sources};
use crate::Outcome;
use crate::server::beside;

/// How to start a peer; its database is the argument that is still missing. Installs what it needs.
pub(super) fn command(peer: Peer) -> Outcome<Command> {
    let rust = |form| {
        let mut command = Command::new(beside("countersign-bench-peer")?);
        command.arg(form);
        Ok(command)
    };
    match peer {
        Peer::Plain => rust("plain"),
        Peer::Careful => rust("careful"),
        Peer::Node => node(),
        Peer::Python => python(),
    }
}

fn node() -> Outcome<Command> {
    let advice = "or leave it out: --without node";
    needed("node", &["--version"], &format!("apt-get install nodejs, {advice}"))?;
    needed("npm", &["--version"], &format!("apt-get install npm, {advice}"))?;
    let (from, folder) = (sources().join("node"), folder()?.join("node"));
    once(&folder, &["node", "--version"], &from, &["package.json", "package-lock.json"], || {
        for name in ["package.json", "package-lock.json"] {
            copy(&from.join(name), &folder.join(name))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&folder);
        run(&mut npm)
    })?;
    // Modules are looked for beside the script.
    copy(&from.join("server.js"), &folder.join("server.js"))?;
    let mut command = Command::new("node");
    command.arg(folder.join("server.js")).env("NODE_ENV", "production");
    Ok(command)
}

fn python() -> Outcome<Command> {
    let advice = "apt-get install python3 python3-venv, or leave it out: --without python";
    needed("python3", &["-c", "import venv, ensurepip"], advice)?;
    let (from, folder) = (sources().join("python"), folder()?.join("python"));
    let interpreter = folder.join("bin/python");
    once(&folder, &["python3", "--version"], &from, &["requirements.txt"], || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = Command::new(&interpreter);
        // Every package is listed, so none is to be chosen by its dependents.
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"]);
        run(pip.arg(from.join("requirements.txt")))
    })?;
    let mut command = Command::new(interpreter);
    command.arg(from.join("server.py"));
    Ok(command)
}

/// Where things are installed: beside the profile that this program was built in.
fn folder() -> Outcome<PathBuf> {
    let own = beside("")?;
    let target = own.parent().ok_or("this program is in no folder")?;
    Ok(target.join("bench"))
}

fn needed(program: &str, arguments: &[&str], advice: &str) -> Outcome<()> {
    let quiet = || Stdio::null();
    let status =
        Command::new(program).args(arguments).stdin(quiet()).stdout(quiet()).stderr(quiet()).status();
    if status.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(format!("{program} {} fails or is missing: {advice}", arguments.join(" ")))
}

/// Does something unless its stamp says that it was done, with the same interpreter and the same pins.
fn once(
    folder: &Path,
    version: &[&str],
    from: &Path,
    pins: &[&str],
    install: impl FnOnce() -> Outcome<()>,
) -> Outcome<()> {
    let asked = Command::new(version[0]).args(&version[1..]).output();
    let mut wanted = asked.map_err(|error| format!("{}: {error}", version[0]))?.stdout;
    for pin in pins {
        let path = from.join(pin);
        wanted.extend(fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    let stamp = folder.with_extension("stamp");
    if fs::read(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    eprintln!("installing into {}; this may take some minutes", folder.display());
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    install()?;
    // Last, so that an installation that was broken off is begun anew.
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

fn run(command: &mut Command) -> Outcome<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    // Its words are not the report's, which goes to standard output.
    let status = command.stdin(Stdio::null()).stdout(std::io::stderr()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} failed: {status}")),
        Err(error) => Err(format!("{program} cannot be started: {error}")),
    }
}

fn copy(from: &Path, to: &Path) -> Outcome<()> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
}
