//! Holds how accounts are read and written against their mirrors.

use countersign_domain::account::Account;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::account::AccountV3;
use super::credential::LedgerV2;
use super::{ACCOUNT, OTHER, decode, encode, encode_account, reader, strategies, writer};

/// What the mirror reads of these bytes, if it can read them.
fn by_mirror(bytes: &[u8]) -> Option<Account> {
    decode::<AccountV3>(ACCOUNT, bytes).and_then(AccountV3::restore).ok()
}

proptest! {
    #[test]
    fn it_reads_what_the_mirror_reads(account in strategies::account(), at: prop::sample::Index, by: u8) {
        let mut bytes = encode_account(&account).expect("encodes");
        let at = at.index(bytes.len() - 1) + 1;
        prop_assert_eq!(reader::account(&bytes[1..at]).ok(), None, "cut short");
        // Most changes are within a sealed value and read as another one; by 0 it is the record as it was.
        bytes[at] ^= by;
        prop_assert_eq!(reader::account(&bytes[1..]).ok(), by_mirror(&bytes));
    }

    #[test]
    fn it_writes_what_the_mirror_writes(account in strategies::account()) {
        let mirrored = encode(ACCOUNT, &AccountV3::from(&account)).expect("encodes");
        prop_assert_eq!(writer::account(ACCOUNT, &account), mirrored);
        let ledger = &account.payment.ledger;
        let mirrored = encode(OTHER, &LedgerV2::from(ledger)).expect("encodes");
        prop_assert_eq!(writer::ledger(OTHER, ledger), mirrored);
    }
}

#[test]
fn a_change_anywhere_is_read_as_the_mirror_reads_it() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..8 {
        let account = strategies::account().new_tree(&mut runner).expect("there is one").current();
        let bytes = encode_account(&account).expect("encodes");
        for at in 1..bytes.len() {
            for value in [0, 1, 2, 3, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                assert_eq!(reader::account(&changed[1..]).ok(), by_mirror(&changed), "{at} {value}");
            }
        }
    }
}
