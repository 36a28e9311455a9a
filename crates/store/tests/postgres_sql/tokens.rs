//! As much of SQL's and of Rust's lexical rules as it takes to find statements and their words.

/// The words, numbers and signs of a statement, comments and white space left out. Words are in upper case; a string
/// constant is `'`, whatever is in it; a parameter is `$`.
pub(crate) fn tokens(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            '$' => 1 + rest[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - 1),
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        match first {
            '-' | '/' if length > 1 => {}
            '\'' => found.push("'".to_owned()),
            '"' => found.push(rest[..length].trim_matches('"').to_uppercase()),
            '$' => found.push("$".to_owned()),
            _ => found.push(rest[..length].to_uppercase()),
        }
        rest = rest[length..].trim_start();
    }
    found
}

/// The contents of a Rust source's string literals, each with the number of its line.
pub(crate) fn literals(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < source.len() {
        let rest = &source[at..];
        let raw = raw_opening(rest);
        at += if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some((opening, closing)) = raw {
            let length = rest[opening..].find(&closing).unwrap_or(rest.len() - opening);
            found.push((line(source, at), rest[opening..opening + length].to_owned()));
            opening + length + closing.len()
        } else if let Some(inside) = rest.strip_prefix('"') {
            let length = end_of_string(inside);
            found.push((line(source, at), unescaped(&inside[..length])));
            length + 2
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').map_or(1, |end| end + 2)
        } else {
            // A word is passed over whole, so that a raw string's `r` is not the end of another word.
            let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
            length.max(rest.chars().next().map_or(1, char::len_utf8))
        };
    }
    found
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of `r#"` and its closing `"#`.
fn raw_opening(rest: &str) -> Option<(usize, String)> {
    let hashes = rest.strip_prefix('r')?.chars().take_while(|c| *c == '#').count();
    rest[1 + hashes..].starts_with('"').then(|| (hashes + 2, format!("\"{}", "#".repeat(hashes))))
}

fn end_of_string(inside: &str) -> usize {
    let mut escaped = false;
    let end = inside.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.unwrap_or(inside.len())
}

/// A line that ends with `\` goes on at the next line's first word; other escapes stand for white space or themselves.
fn unescaped(inside: &str) -> String {
    let mut text = String::new();
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        rest = match after.chars().next() {
            Some('\n') => after.trim_start(),
            Some('n' | 't' | 'r') => {
                text.push(' ');
                &after[1..]
            }
            Some(c) => {
                text.push(c);
                &after[c.len_utf8()..]
            }
            None => "",
        };
    }
    text + rest
}

fn line(source: &str, at: usize) -> usize {
    source[..at].matches('\n').count() + 1
}

#[test]
fn words_are_found_between_comments_strings_and_parameters() {
    let found = tokens("SELECT a, 'it -- is', $12::bytea -- the end\nFROM t /* all */ WHERE b>=1;");
    let words: Vec<&str> = found.iter().map(String::as_str).collect();
    let expected = "SELECT a , ' , $ :: BYTEA FROM T WHERE B > = 1 ;".replace(" a ", " A ");
    assert_eq!(words, expected.split(' ').collect::<Vec<_>>());
}

#[test]
fn literals_are_found_in_every_form() {
    let source =
        "f(\"SELECT 1\"); // \"not this\"\ng(r#\"a \"b\" c\"#, '\"', \"x \\\n    y\\\"z\", for_r, \"\");";
    let found: Vec<(usize, &str)> = vec![(1, "SELECT 1"), (2, "a \"b\" c"), (2, "x y\"z"), (3, "")];
    let read = literals(source);
    assert_eq!(read.iter().map(|(line, text)| (*line, text.as_str())).collect::<Vec<_>>(), found);
}
