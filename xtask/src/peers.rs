//! The independent clients that tests speak to: Python and Node.js packages, pinned, under `target/peers`; and a JDK and `OpenSSL`
//! as the system has them.
//!
//! The pins are `requirements.txt`, `package.json` and `package-lock.json` in `crates/server/tests/peers`. What was
//! installed carries a stamp with those files in it, so a second run finds that there is nothing to do.

use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{output, root, run_with, works};

const PINS: &str = "crates/server/tests/peers";

/// Installs what is missing or pinned differently than it was, and gives the folder of it: `venv` for Python, `node`
/// for Node.js. Tests look there unless `COUNTERSIGN_PEERS` names another folder.
///
/// # Errors
/// A program is missing, named by its Debian package, or an installation failed.
pub(crate) fn prepare() -> Result<PathBuf, String> {
    let folder = root().join("target/peers");
    let (venv, node) = (folder.join("venv"), folder.join("node"));
    fs::create_dir_all(&node).map_err(|error| format!("{}: {error}", node.display()))?;
    let python = venv.join("bin/python");
    if !works("python3", &["-c", "import venv, ensurepip"]) {
        return Err(
            "python3 with its module venv is missing: apt-get install python3 python3-venv".to_owned()
        );
    }
    if !works("openssl", &["version"]) {
        return Err("openssl is missing: apt-get install openssl".to_owned());
    }
    if !works("npm", &["--version"]) {
        return Err("npm is missing: apt-get install nodejs npm".to_owned());
    }
    if !works("java", &["--list-modules"]) || !works("javac", &["-version"]) {
        return Err(
            "a JDK of version 17 or later is missing: apt-get install default-jdk-headless".to_owned()
        );
    }
    once(&venv.with_extension("stamp"), &["python3", "--version"], &["requirements.txt"], || {
        run_with("python3", &["-m", "venv", "--clear", &text(&venv)], &[])?;
        let pins = text(&root().join(PINS).join("requirements.txt"));
        // Every package is listed, so none is to be chosen by its dependents.
        let install =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", &pins];
        run_with(&text(&python), &install, &[])?;
        run_with(&text(&python), &["-m", "pip", "check", "--quiet", "--disable-pip-version-check"], &[])
    })?;
    once(
        &node.with_extension("stamp"),
        &["node", "--version"],
        &["package.json", "package-lock.json"],
        || {
            for pin in ["package.json", "package-lock.json"] {
                let copied = fs::copy(root().join(PINS).join(pin), node.join(pin));
                copied.map_err(|error| format!("{pin}: {error}"))?;
            }
            let quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
            run_with("npm", &[["--prefix", &text(&node), "ci"].as_slice(), &quiet].concat(), &[])
        },
    )?;
    Ok(folder)
}

/// Does something unless its stamp says that it was done, with the same interpreter and the same pins.
fn once(
    stamp: &Path,
    interpreter: &[&str],
    pins: &[&str],
    install: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let mut wanted = output(interpreter[0], &interpreter[1..])?;
    for pin in pins {
        let path = root().join(PINS).join(pin);
        wanted.extend(fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    if fs::read(stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    install()?;
    // Last, so that an installation that was broken off is begun anew.
    fs::write(stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
