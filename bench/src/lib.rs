//! What the programs of this crate share: pictures of figures, and numbers that look random and are not.
#![forbid(unsafe_code)]

pub mod dice;
pub mod plot;
