//! Where records live: engines behind one [`door`]. Holds no rule.
#![forbid(unsafe_code)]

pub mod door;
