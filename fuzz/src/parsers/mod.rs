//! One target a parser.

pub(crate) mod bodies;
pub(crate) mod canonical;
pub(crate) mod carried;
pub(crate) mod cipher;
pub(crate) mod config;
pub(crate) mod engines;
pub(crate) mod hawk;
pub(crate) mod ids;
pub(crate) mod jws;
pub(crate) mod negotiation;
pub(crate) mod phc;
pub(crate) mod records;
pub(crate) mod routing;
pub(crate) mod seal;

/// An input as lines; the last one has what is left.
fn lines<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut parts = input.splitn(N, |&c| c == b'\n');
    core::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// Texts as seeds.
fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
