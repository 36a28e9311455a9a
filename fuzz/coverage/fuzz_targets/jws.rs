//! libFuzzer on the target of the same name.
#![no_main]

use countersign_fuzz::{Target, target};
use libfuzzer_sys::fuzz_target;

static TARGET: std::sync::LazyLock<&Target> = std::sync::LazyLock::new(|| target("jws").expect("a target"));

fuzz_target!(|input: &[u8]| {
    (TARGET.run)(input);
});
