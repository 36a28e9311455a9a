//! The suite.
pub mod sample;
