//! The suite that every store must pass: one public function a promise of the [`door`](crate::door).
//!
//! Each function is given an empty store and panics where a promise is broken. [`contract_tests!`](crate::contract_tests)
//! makes a test of each. Time is an argument everywhere, so nothing here sleeps.
#![allow(clippy::missing_panics_doc, reason = "the suite speaks by panicking")]

pub mod accounts;
pub mod claims;
pub mod feed;
pub mod found;
pub mod housekeeping;
pub mod imports;
pub mod limits;
pub mod races;
pub mod sample;
pub mod signing_keys;
pub mod trail;
pub mod watches;
pub mod webhooks;

/// Makes a test of every promise. `$make` is an async function that gives an empty store, and whatever must live as
/// long as it: `async fn make() -> (impl Store, Guard)`. The crate that calls it needs tokio with `macros`.
#[macro_export]
macro_rules! contract_tests {
    ($make:path) => {
        $crate::contract_tests!(@each $make;
            accounts::a_created_account_is_read_back,
            accounts::an_account_with_a_taken_name_is_not_created,
            accounts::an_account_is_created_once,
            accounts::an_unknown_account_is_not_decided_about,
            accounts::an_update_saves_the_record_and_what_it_is_found_by,
            accounts::an_update_that_takes_another_accounts_name_saves_nothing,
            accounts::an_unchanged_record_is_left_as_it_was,
            accounts::a_panic_fails_only_its_own_caller,
            accounts::a_decision_cannot_change_whose_record_it_is,
            accounts::erasing_leaves_the_trail_only,
            accounts::a_tenants_accounts_are_listed_by_id,
            imports::many_are_stored_with_what_they_are_found_by,
            imports::what_is_there_is_known_again,
            imports::one_with_a_name_of_another_is_left_out,
            imports::one_that_alone_meets_another_is_left_out,
            imports::a_batch_is_stored_whole_or_not_at_all,
            imports::an_imported_account_is_erased_like_any,
            imports::of_many_who_import_the_same_name_one_wins,
            found::a_name_finds_one_account,
            found::a_mobile_finds_all_its_accounts_by_id,
            found::a_mobile_that_was_forgotten_finds_it_no_longer,
            found::a_session_is_found_until_it_expires,
            trail::events_are_saved_with_the_decision_or_not_at_all,
            trail::events_come_newest_first_page_by_page,
            trail::events_of_other_tenants_are_not_seen,
            races::updates_of_one_account_run_one_after_another,
            races::of_many_who_redeem_a_code_one_wins,
            races::of_many_who_want_the_last_guess_one_gets_it,
            races::of_many_who_create_the_same_name_one_wins,
            races::an_acknowledged_write_is_seen_by_every_later_read,
            races::a_caller_who_goes_away_changes_nothing_for_the_others,
            limits::something_remembered_happens_once,
            limits::of_many_at_once_one_is_first,
            limits::a_count_rolls,
            limits::a_longer_span_still_sees_what_a_shorter_one_counted,
            limits::a_limit_of_none_never_has_room,
            limits::a_clock_that_went_back_makes_no_room,
            limits::of_many_counted_at_once_only_so_many_fit,
            claims::a_claim_is_fresh_once,
            claims::another_request_under_the_same_key_is_a_mismatch,
            claims::an_erased_accounts_answer_is_forgotten,
            claims::the_first_answer_stays,
            claims::a_released_claim_may_be_taken_again,
            claims::an_expired_claim_is_fresh_again,
            claims::of_many_who_claim_one_carries_it_out,
            claims::a_claim_whose_lease_is_over_is_carried_on,
            claims::nothing_is_decided_under_a_claim_that_was_taken_over,
            claims::only_ones_own_claim_is_given_up,
            claims::whose_claim_another_request_has_taken_answers_nothing,
            claims::an_answer_is_saved_with_its_decision_or_not_at_all,
            watches::a_name_that_nobody_has_keeps_its_ledger,
            watches::of_many_who_guess_at_nobody_only_so_many_are_charged,
            watches::a_watch_forgets_no_miss,
            watches::of_many_codes_at_once_only_so_many_fit_under_a_cap,
            feed::every_event_is_in_the_feed_once,
            feed::what_is_not_saved_is_not_in_the_feed,
            feed::the_feed_is_read_on_page_by_page,
            feed::a_reader_misses_nothing_while_others_write,
            feed::what_is_forgotten_is_told,
            webhooks::webhooks_are_stored_listed_and_deleted,
            webhooks::what_waits_is_found_when_it_is_due,
            webhooks::decisions_about_a_webhook_run_one_after_another,
            housekeeping::apps_are_stored_listed_and_deleted,
            housekeeping::keys_are_added_and_never_replaced,
            signing_keys::a_signing_key_stays_and_is_retired_once,
            signing_keys::a_signing_key_is_sealed_anew_where_it_is,
            housekeeping::a_sweep_forgets_only_what_expired,
            housekeeping::a_sweep_forgets_at_most_its_limit,
            housekeeping::a_check_passes_and_work_is_counted,
        );
    };
    (@each $make:path; $($module:ident::$promise:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                let (store, _guard) = $make().await;
                $crate::contract::$module::$promise(store).await;
            }
        )+
    };
}
