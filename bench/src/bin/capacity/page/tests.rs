use std::path::Path;

use super::*;

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The page that is kept is the page that is printed; if not: `cargo xtask capacity`.
#[test]
fn the_kept_page_is_the_printed_one() {
    let (page, pictures) = page(&Costs::MEASURED);
    let read = |path: &str| std::fs::read_to_string(docs().join(path)).unwrap_or_default();
    for (kept, printed) in read("capacity.md").lines().zip(page.lines()) {
        assert_eq!(kept, printed, "cargo xtask capacity");
    }
    assert!(read("capacity.md") == page, "cargo xtask capacity");
    for (name, picture) in pictures {
        assert!(read(&format!("capacity/{name}")) == picture, "{name}: cargo xtask capacity");
        assert!(page.contains(&format!("(capacity/{name})")), "the page does not show {name}");
    }
}

#[test]
fn an_answer_has_the_row_and_the_numbers_of_its_formulas() {
    let usage = Usage { accounts: 2.5e8, verifies_per_day: 0.8, ..Usage::ASSUMED };
    let told = answer(&usage, &Costs::MEASURED);
    for part in [
        "| **250 M** |",
        "250,000,000 × 0.8 × 0.1 ÷ 3600 = 5,556",
        "`--verifies-per-day` | 0.8 |",
        "primaries   =",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
}
