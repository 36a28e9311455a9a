//! What the programs of this crate share: pictures of figures, numbers that look random and
//! are not, and the server's program.
#![forbid(unsafe_code)]

pub mod dice;
pub mod plot;
pub mod program;
