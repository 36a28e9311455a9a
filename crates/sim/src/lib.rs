//! A deterministic simulation of the whole server below HTTP.
#![forbid(unsafe_code)]

pub mod dice;
pub mod disk;
pub mod machine;
pub mod surroundings;
pub mod template;
pub mod vfs;
