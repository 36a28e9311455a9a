//! The deterministic simulation: histories by the thousand, and the proof that it would notice.
//!
//! A mutant is a fault put into the rules, the use cases or the store on purpose: `crates/sim/mutants/*.toml` says which
//! lines are replaced by which. Each is built in a copy of the workspace, and the simulation must find it.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Instant;
use std::{io, thread};

use crate::Done;
use crate::step::{root, run_with};

/// What the simulation is made of; no mutant needs more.
const FOLDERS: [&str; 6] =
    ["crates/domain", "crates/crypto", "crates/store", "crates/service", "crates/sim", "throwaway"];

/// How long a mutant may stay unnoticed, in seconds.
const HUNT: &str = "60";

/// The word for those mutants that stand for all: one of each kind of fault, and found at once. Whether the others still
/// fit the source is looked at all the same.
const SLICE: &str = "slice";

/// Ours are to be as fast to build as to run, since each mutant is built anew and most are found at once. What others wrote is
/// that of the simulation, in its folder.
const BUILT: [&str; 5] = ["domain", "crypto", "store", "service", "sim"];

/// `cargo xtask simulate` with these words behind it.
pub(crate) fn run(words: &[String]) -> Done {
    if let Some(("mutants", names)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return mutants(names);
    }
    let mut arguments = vec!["run", "--quiet", "--profile", "fuzz", "--package", "countersign-sim", "--"];
    arguments.extend(words.iter().map(String::as_str));
    run_with("cargo", &arguments, &[])
}

/// A fault put in on purpose.
struct Mutant {
    name: String,
    why: String,
    /// Whether it is among those that stand for all of them where time is short.
    slice: bool,
    edits: Vec<Edit>,
}

struct Edit {
    file: PathBuf,
    find: String,
    replace: String,
}

#[allow(clippy::disallowed_methods, reason = "a person wants to know how long each took")]
fn mutants(names: &[String]) -> Done {
    let tree = root().join("target/mutants/tree");
    let mut mutants = read_mutants()?;
    let slice = names.iter().any(|name| name == SLICE);
    mutants.retain(|mutant| names.is_empty() || (slice && mutant.slice) || names.contains(&mutant.name));
    if mutants.is_empty() {
        return Err("there is no such mutant".to_owned());
    }
    copy_workspace(&tree)?;
    build(&tree)?;
    let quiet = hunt("5")?;
    if quiet.contains("BROKEN") {
        return Err(format!("the simulation finds something where nothing was changed:\n{quiet}"));
    }
    let mut missed = Vec::new();
    for mutant in &mutants {
        let begun = Instant::now();
        let found = try_mutant(&tree, mutant)?;
        let seconds = begun.elapsed().as_secs();
        if let Some(rule) = found {
            println!("found   {:<28} {seconds:>3} s  {rule}", mutant.name);
        } else {
            println!("MISSED  {:<28} {seconds:>3} s  {}", mutant.name, mutant.why);
            missed.push(mutant.name.as_str());
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("not found: {}", missed.join(", "))) }
}

/// Builds the mutant and hunts it; the rule that it broke.
fn try_mutant(tree: &Path, mutant: &Mutant) -> Result<Option<String>, String> {
    for edit in &mutant.edits {
        let path = tree.join(&edit.file);
        let text = read(&path)?;
        write(&path, &text.replace(&edit.find, &edit.replace))?;
    }
    let hunted = build(tree).and_then(|()| hunt(HUNT));
    for edit in &mutant.edits {
        write(&tree.join(&edit.file), &read(&root().join(&edit.file))?)?;
    }
    let told = hunted.map_err(|why| format!("mutant {}: {why}", mutant.name))?;
    let broken = told.lines().find_map(|line| line.strip_prefix("BROKEN "));
    Ok(broken.map(|rule| rule.chars().take(100).collect()))
}

/// Every mutant, by name. What one is to replace must be there exactly once, or it has gone stale.
fn read_mutants() -> Result<Vec<Mutant>, String> {
    let folder = root().join("crates/sim/mutants");
    let mut paths = files(&folder)?;
    paths.sort();
    paths.iter().map(|path| read_mutant(path)).collect()
}

fn read_mutant(path: &Path) -> Result<Mutant, String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let table: toml::Table = read(path)?.parse().map_err(|error| format!("{}: {error}", path.display()))?;
    let word = |table: &toml::Table, key: &str| {
        let value = table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        value.ok_or_else(|| format!("{}: no {key}", path.display()))
    };
    let mut edits = Vec::new();
    for edit in table.get("edit").and_then(toml::Value::as_array).into_iter().flatten() {
        let edit = edit.as_table().ok_or("an edit is a table")?;
        let file = PathBuf::from(word(edit, "file")?);
        let (find, replace) = (word(edit, "find")?, word(edit, "replace")?);
        let times = read(&root().join(&file))?.matches(&find).count();
        if times != 1 {
            return Err(format!("mutant {name}: {} has {times} times: {find}", file.display()));
        }
        edits.push(Edit { file, find, replace });
    }
    if edits.is_empty() {
        return Err(format!("mutant {name} changes nothing"));
    }
    let slice = table.get("slice").and_then(toml::Value::as_bool).unwrap_or_default();
    Ok(Mutant { why: word(&table, "why")?, name, slice, edits })
}

/// A copy of what the simulation is made of. A file that is the same stays untouched, so that it is not built again.
fn copy_workspace(tree: &Path) -> Done {
    for name in FOLDERS {
        for path in files(&root().join(name))? {
            let inside = path.strip_prefix(root()).map_err(|error| error.to_string())?;
            let copy = tree.join(inside);
            let content = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            if fs::read(&copy).ok().as_deref() != Some(&content) {
                fs::create_dir_all(copy.parent().unwrap_or(tree)).map_err(|error| error.to_string())?;
                fs::write(&copy, content).map_err(|error| error.to_string())?;
            }
        }
    }
    let manifest = read(&root().join("Cargo.toml"))?;
    let line = |line: &str| match line {
        line if line.starts_with("members = ") => "members = [\"crates/*\", \"throwaway\"]\n".to_owned(),
        line if line.starts_with("default-members = ") || line.starts_with("exclude = ") => String::new(),
        // A mutant leaves over what it does not use any more.
        "[workspace.lints.rust]" => format!("{line}\nunused = {{ level = \"allow\", priority = -1 }}\n"),
        line => format!("{line}\n"),
    };
    let manifest: String = manifest.lines().map(line).collect();
    let profiles = BUILT.map(|name| format!("[profile.fuzz.package.countersign-{name}]\nopt-level = 1\n"));
    write(&tree.join("Cargo.toml"), &(manifest + &profiles.concat()))?;
    write(&tree.join("Cargo.lock"), &read(&root().join("Cargo.lock"))?)
}

fn build(tree: &Path) -> Done {
    let manifest = tree.join("Cargo.toml");
    let manifest = manifest.to_string_lossy();
    let arguments = [
        "build",
        "--quiet",
        "--profile",
        "fuzz",
        "--package",
        "countersign-sim",
        "--manifest-path",
        &manifest,
    ];
    let folder = root().join("target");
    run_with(
        "cargo",
        &arguments,
        &[("CARGO_TARGET_DIR", &folder.to_string_lossy()), ("CARGO_INCREMENTAL", "1")],
    )
}

/// Hunts on every core at once, each from seeds of its own, until one finds something; what those that ended told.
fn hunt(seconds: &str) -> Result<String, String> {
    let program = root().join("target/fuzz/countersign-sim");
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut hunters = Hunters(Vec::new());
    let (sender, told) = mpsc::channel();
    for core in 0..cores {
        let first = (core * 1_000_000).to_string();
        let mut command = Command::new(&program);
        command.args(["--hunt", seconds, "--first", &first]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut hunter = command.spawn().map_err(|error| error.to_string())?;
        let (output, sender) = (hunter.stdout.take(), sender.clone());
        hunters.0.push(hunter);
        thread::spawn(move || sender.send(output.map(io::read_to_string)));
    }
    drop(sender);
    let mut all = String::new();
    while let Ok(Some(told)) = told.recv() {
        all.push_str(&told.map_err(|error| error.to_string())?);
        if all.contains("BROKEN") {
            break;
        }
    }
    Ok(all)
}

/// Processes that hunt. Those that still do when nobody waits any more are ended.
struct Hunters(Vec<Child>);

impl Drop for Hunters {
    fn drop(&mut self) {
        for hunter in &mut self.0 {
            let _ = hunter.kill();
            let _ = hunter.wait();
        }
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Done {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
