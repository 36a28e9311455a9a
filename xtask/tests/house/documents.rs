//! What the documents list is what there is.

use crate::{files, read, root};

const DIALECTS: [&str; 6] = ["native", "oas", "tour", "currency_pass", "spark_wallet", "flowmeter"];

#[test]
fn both_readmes_and_the_map_name_every_dialect() {
    for page in ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "docs/configuration.md"] {
        let text = read(page);
        for dialect in DIALECTS {
            assert!(text.contains(dialect), "{page} does not name {dialect}");
        }
    }
}

#[test]
fn the_map_names_every_crate_and_every_invariant() {
    let map = read("ARCHITECTURE.md");
    for name in ["domain", "crypto", "store", "service", "dialects", "server", "sim"] {
        assert!(map.contains(&format!("crates/{name}")), "the map does not name crates/{name}");
    }
    for invariant in ["**G,", "**D,", "**A,", "**P,", "**C,", "**E,"] {
        assert!(map.contains(invariant), "the map does not name {invariant}");
    }
}

#[test]
fn decisions_are_numbered_without_a_gap_and_all_listed() {
    let folder = root().join("docs/adr");
    let names: Vec<String> = files(&folder, ".md")
        .iter()
        .filter_map(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .filter(|name| name != "README.md")
        .collect();
    let list = read("docs/adr/README.md");
    for (n, name) in (1..).zip(&names) {
        assert!(name.starts_with(&format!("{n:04}-")), "{name} should have number {n:04}");
        assert!(list.contains(name.as_str()), "docs/adr/README.md does not list {name}");
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    for page in files(&root(), ".md") {
        let text = std::fs::read_to_string(&page).expect("text");
        for target in links(&text) {
            let path = target.split('#').next().unwrap_or_default();
            let outside = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            let there = page.parent().is_some_and(|folder| folder.join(path).exists());
            assert!(outside || there, "{} links to {target}", page.display());
        }
    }
}

/// A reader copies them from the page, the tests run them from their folder.
#[test]
fn the_page_on_receipts_shows_the_very_files_that_are_tested() {
    let page = read("docs/receipts.md");
    let folder = root().join("examples/receipts");
    let mut shown = 0;
    for path in std::fs::read_dir(&folder).expect("examples").map(|entry| entry.expect("a file").path()) {
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(page.contains(&format!("\n{text}```")), "docs/receipts.md shows another {}", path.display());
        assert!(text.lines().count() <= 20, "{} has more than 20 lines", path.display());
        shown += 1;
    }
    assert_eq!(shown, 5);
}

/// Targets of Markdown links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|target| !target.contains(' '))
}
