//! Files that fit in one head.

use crate::{files, root};

/// Beyond this a file has more than one subject.
const LINES: usize = 400;

#[test]
fn no_file_is_longer_than_one_head_holds() {
    let long: Vec<String> = files(&root(), ".rs")
        .into_iter()
        .filter_map(|path| {
            let lines = std::fs::read_to_string(&path).expect("text").lines().count();
            (lines > LINES).then(|| format!("{} has {lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn nothing_is_left_open() {
    let open = ["TO", "FIX", "HA"].map(|head| {
        format!(
            "{head}{}",
            if head == "TO" {
                "DO"
            } else if head == "FIX" {
                "ME"
            } else {
                "CK"
            }
        )
    });
    for path in files(&root(), ".rs") {
        let text = std::fs::read_to_string(&path).expect("text");
        for word in &open {
            assert!(
                !text.split(|c: char| !c.is_ascii_uppercase()).any(|found| found == word),
                "{}: {word}",
                path.display()
            );
        }
    }
}
