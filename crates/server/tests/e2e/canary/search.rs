//! Looks for texts in bytes, however they may be spelled there.

use countersign_crypto::legacy::upper_md5;
use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};

/// Texts shorter than this are digits that other numbers may hold by chance, so they count only on their own.
const ALONE_BELOW: usize = 8;
/// Every spelling is at least this long; the first bytes are what the search goes by.
const HEAD: usize = 2;

struct Spelling {
    canary: usize,
    how: &'static str,
    bytes: Vec<u8>,
    alone: bool,
}

/// What to look for, in every spelling.
pub(super) struct Search {
    names: Vec<String>,
    /// Sorted by the first two bytes.
    spellings: Vec<Spelling>,
    /// Where the spellings of each pair of first bytes begin.
    heads: Vec<usize>,
}

impl Search {
    /// For these texts, or other bytes, each with its name.
    pub(super) fn new(canaries: &[(String, Vec<u8>)]) -> Self {
        let mut spellings: Vec<Spelling> = Vec::new();
        for (canary, (name, text)) in canaries.iter().enumerate() {
            assert!(text.len() >= 6, "{name} is too short to be told from chance");
            for (how, bytes) in spelled(text) {
                let alone = how == "plain" && text.len() < ALONE_BELOW;
                spellings.push(Spelling { canary, how, bytes, alone });
            }
        }
        spellings.sort_by_key(|spelling| head(&spelling.bytes));
        let heads = (0..=1 << 16).map(|at| spellings.partition_point(|s| head(&s.bytes) < at)).collect();
        let names = canaries.iter().map(|(name, _)| name.clone()).collect();
        Self { names, spellings, heads }
    }

    /// Everything that is in these bytes: its name, its spelling and its place.
    pub(super) fn found(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for at in 0..bytes.len().saturating_sub(HEAD - 1) {
            let head = head(&bytes[at..]);
            for spelling in &self.spellings[self.heads[head]..self.heads[head + 1]] {
                if bytes[at..].starts_with(&spelling.bytes) && fits(spelling, bytes, at) {
                    found.push(format!("{} as {} at byte {at}", self.names[spelling.canary], spelling.how));
                }
            }
        }
        found
    }
}

fn head(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// Whether a spelling that must stand alone does; a fraction of a second in the log does not count.
fn fits(spelling: &Spelling, bytes: &[u8], at: usize) -> bool {
    let touches = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    let after = bytes.get(at + spelling.bytes.len());
    !spelling.alone || !(touches(before) || before == Some(&b'.') || touches(after))
}

fn spelled(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let md5_hex = upper_md5(text).expose().to_vec();
    let md5 = HEXUPPER.decode(&md5_hex).expect("hex");
    let utf16 = |unit: fn(u16) -> [u8; 2]| {
        String::from_utf8_lossy(text).encode_utf16().flat_map(unit).collect::<Vec<u8>>()
    };
    let mut all = vec![
        ("plain", text.to_vec()),
        ("lower hex", HEXLOWER.encode(text).into_bytes()),
        ("upper hex", HEXUPPER.encode(text).into_bytes()),
        ("UTF-16, little end first", utf16(u16::to_le_bytes)),
        ("UTF-16, big end first", utf16(u16::to_be_bytes)),
        ("raw MD5", md5.clone()),
        ("MD5 in lower hex", md5_hex.to_ascii_lowercase()),
        ("MD5 in upper hex", md5_hex),
    ];
    for shift in 0..3 {
        all.push(("Base64", in_base64(&BASE64, text, shift)));
        all.push(("Base64 for URLs", in_base64(&BASE64URL, text, shift)));
        all.push(("MD5 in Base64", in_base64(&BASE64, &md5, shift)));
    }
    all
}

/// The part of the Base64 that is the same whatever stands before and after, with `shift` bytes before.
fn in_base64(base64: &data_encoding::Encoding, text: &[u8], shift: usize) -> Vec<u8> {
    let whole = [&vec![0; shift], text].concat();
    let encoded = base64.encode(&whole).into_bytes();
    // A character carries six bits; those that share bits with a neighbour are left out.
    let (from, to) = ((shift * 8).div_ceil(6), whole.len() * 8 / 6);
    encoded[from..to].to_vec()
}

#[test]
fn the_search_finds_each_spelling_and_nothing_else() {
    let search =
        Search::new(&[("it".to_owned(), b"canary-1>?~".to_vec()), ("pin".to_owned(), b"480213".to_vec())]);
    let spellings = [
        b"canary-1>?~".to_vec(),
        b"63616e6172792d313e3f7e".to_vec(),
        b"63616E6172792D313E3F7E".to_vec(),
        b"c\0a\0n\0a\0r\0y\0-\x001\0>\0?\0~\0".to_vec(),
        b"\0c\0a\0n\0a\0r\0y\0-\x001\0>\0?\0~".to_vec(),
        upper_md5(b"canary-1>?~").expose().to_vec(),
        upper_md5(b"canary-1>?~").expose().to_ascii_lowercase(),
        HEXUPPER.decode(&upper_md5(b"canary-1>?~").expose()[..]).expect("hex"),
        BASE64.encode(b"canary-1>?~").into_bytes(),
        BASE64URL.encode(b"xcanary-1>?~yy").into_bytes(),
        BASE64.encode(b"xxcanary-1>?~y").into_bytes(),
    ];
    for spelling in spellings {
        let found = search.found(&[b"\x80\xff", &spelling[..], b"\x80"].concat());
        assert!(!found.is_empty(), "{}", String::from_utf8_lossy(&spelling));
    }
    assert_eq!(search.found(b"\"480213\"").len(), 1);
    for chance in ["1480213", "48021300", "12:00:01.480213Z", "a480213f", "canary-1", ""] {
        assert_eq!(search.found(chance.as_bytes()), [""; 0], "{chance}");
    }
}
