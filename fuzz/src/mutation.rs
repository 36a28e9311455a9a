//! How an input is changed, by dice that give the same throws for the same seed.

use crate::CANARY;

/// Longer inputs find nothing that these do not, and take longer.
pub(crate) const LONGEST: usize = 16 * 1024;

/// Words that some parser looks for, and numbers at the edges of some type.
const DICTIONARY: &[&str] = &[
    CANARY,
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "0",
    "-1",
    "255",
    "2147483647",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "1e308",
    "0.1",
    "NaN",
    "\\u0000",
    "\\ud800",
    "%00",
    "%FF",
    "%2F",
    "%",
    "+",
    "&",
    "=",
    "?",
    "/",
    "//",
    "\r\n",
    "\n",
    "\0",
    "\u{feff}",
    "\u{130}",
    "密码",
    "<a>",
    "</a>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "&b;",
    "&#0;",
    "&lt;",
    "<![CDATA[",
    "]]>",
    "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    " xmlns=\"http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer.Dosimeter\"",
    " i:nil=\"true\"",
    "application/json",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/bson",
    "; charset=utf-16",
    "; charset=gbk",
    "; q=0.5",
    "content-type: ",
    "accept: ",
    "accept-language: ",
    "authorization: Bearer ",
    "authorization: Hawk ",
    "idempotency-key: ",
    "lang: zh_TW",
    "token: ",
    "cookie: ",
    "id=\"\"",
    "ts=\"1790000000\"",
    "GET ",
    "POST ",
    "DELETE ",
    "$argon2id$v=19$m=8,t=1,p=1$",
    "acct_",
];

/// `SplitMix64` (Steele, Lea, Flood 2014): small, and good enough to throw dice.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, 0 if there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// A part of that many bytes, mostly a short one.
    fn part(&mut self, length: usize) -> core::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = if self.below(4) == 0 { length } else { 16 };
        let end = (start + self.below(most + 1)).min(length);
        start..end
    }
}

/// The input with one to eight changes; `other` is another input to take parts of.
pub(crate) fn mutated(dice: &mut Dice, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(8) {
        change(dice, &mut bytes, other);
        bytes.truncate(LONGEST);
        // Most faults need one change of something good; many changes make noise.
        if dice.below(3) == 0 {
            break;
        }
    }
    bytes
}

fn change(dice: &mut Dice, bytes: &mut Vec<u8>, other: &[u8]) {
    let place = dice.below(bytes.len() + 1);
    match dice.below(11) {
        0 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << dice.below(8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = dice.byte();
            }
        }
        2 => insert(bytes, place, dice.pick(DICTIONARY).as_bytes()),
        3 | 4 => {
            let token = token(bytes, place);
            bytes.splice(token, dice.pick(DICTIONARY).bytes());
        }
        5 => {
            let part = dice.part(bytes.len());
            bytes.drain(part);
        }
        6 => {
            let part = bytes[dice.part(bytes.len())].to_vec();
            let times = [1, 1, 1, 2, 8, 100, 2000][dice.below(7)];
            let times = times.min(LONGEST / part.len().max(1));
            insert(bytes, place, &part.repeat(times));
        }
        7 => {
            let part = &other[dice.part(other.len())];
            insert(bytes, place, part);
        }
        8 => {
            // From here on the other one's.
            bytes.truncate(place);
            bytes.extend_from_slice(&other[dice.below(other.len() + 1)..]);
        }
        9 => {
            let (line, with) = (line(bytes, place), line(other, dice.below(other.len() + 1)));
            bytes.splice(line, other[with].iter().copied());
        }
        _ => {
            let token = token(bytes, place);
            let with = self::token(other, dice.below(other.len() + 1));
            bytes.splice(token, other[with].iter().copied());
        }
    }
}

fn insert(bytes: &mut Vec<u8>, place: usize, part: &[u8]) {
    bytes.splice(place..place, part.iter().copied());
}

/// The run of letters and digits around a place.
fn token(bytes: &[u8], place: usize) -> core::ops::Range<usize> {
    around(bytes, place, |byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')))
}

fn line(bytes: &[u8], place: usize) -> core::ops::Range<usize> {
    around(bytes, place, |byte| byte == b'\n')
}

fn around(bytes: &[u8], place: usize, is_end: fn(u8) -> bool) -> core::ops::Range<usize> {
    let start = bytes[..place].iter().rposition(|&byte| is_end(byte)).map_or(0, |end| end + 1);
    let end = bytes[place..].iter().position(|&byte| is_end(byte)).map_or(bytes.len(), |end| place + end);
    start..end
}
