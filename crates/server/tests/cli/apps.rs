//! `countersign apps`: how a platform gets its first credential.

use countersign_domain::id::AppId;
use tempfile::TempDir;

use crate::support::run;

#[test]
fn the_first_app_is_made_on_the_command_line_and_its_secret_is_shown_once() {
    let directory = TempDir::new().expect("a directory");
    let key = "A".repeat(43);
    let variables = [("COUNTERSIGN_KEYS__MASTER_KEY", key.as_str()), ("COUNTERSIGN_STORE__PATH", "data")];
    let apps = |words: &[&str]| {
        let words: Vec<&str> = ["apps"].iter().chain(words).copied().collect();
        run(directory.path(), &words, &variables, "")
    };
    let nobody = AppId::from_bytes([7; 16]).to_string();
    for words in [&["list"][..], &["delete", &nobody]] {
        let refused = apps(words);
        assert_eq!(refused.code, 1, "{words:?}");
        assert!(refused.err.contains("there is no database at data"), "{}", refused.err);
    }
    assert!(!directory.path().join("data").exists(), "asking makes no database");
    let made =
        apps(&["create", "--name", "shop", "--scopes", "secrets:verify,accounts:read", "--output", "json"]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.err.contains("a new one was made"), "{}", made.err);
    let made: serde_json::Value = serde_json::from_str(&made.out).expect("JSON");
    let (id, secret) = (made["id"].as_str().expect("an id"), made["api_key"].as_str().expect("a key"));
    let list = apps(&["list"]);
    assert_eq!(list.out, format!("{id}  api    shop  accounts:read,secrets:verify\n"));
    assert!(!list.out.contains(secret));
    assert_eq!(apps(&["delete", "app_nonsense"]).code, 2);
    assert_eq!(apps(&["create", "--name", "x", "--scopes", "everything"]).code, 2);
    assert_eq!(apps(&["delete", id]).code, 0);
    assert_eq!(apps(&["delete", id]).code, 1);
    assert_eq!(apps(&["list", "--output", "json"]).out, "[]\n");
}
