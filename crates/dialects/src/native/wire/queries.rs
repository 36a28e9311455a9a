//! Queries.

use countersign_domain::command::{AccountFilter, Command, Page, Subject};
use countersign_domain::id::{AccountId, AppId, EventId, IntentId};
use countersign_domain::identifier::Agent;
use countersign_domain::intent::StageName;

use super::values::{LIMIT, LIMIT_USUAL, id, integral, mobile, name, spelled_number, word};
use crate::native::members::Members;
use crate::native::texts::fault;
use crate::rejection::{Fault, Invalid, Rejection};

/// Reads the query of `GET /v1/accounts`: at most one identifier, and a page.
pub(in crate::native) fn account_filter(mut query: Members) -> Result<AccountFilter, Rejection> {
    let asked = ["username", "user_id", "wallet_addr", "mobile"].into_iter().filter(|name| query.has(name));
    let asked = asked.count() + usize::from(query.has("agentid") || query.has("usercode"));
    if asked > 1 {
        let member = "query".to_owned();
        return Err(Rejection::Invalid(vec![Invalid {
            member,
            fault: Fault::NotAllowed(fault::ONE_FILTER),
        }]));
    }
    let page = page(&mut query, AccountId::parse);
    let filter = if query.has("username") {
        query.optional("username", name).map(AccountFilter::Username)
    } else if query.has("user_id") {
        query.optional("user_id", name).map(AccountFilter::UserId)
    } else if query.has("wallet_addr") {
        query.optional("wallet_addr", name).map(AccountFilter::WalletAddr)
    } else if query.has("mobile") {
        query.optional("mobile", mobile).map(AccountFilter::Mobile)
    } else if query.has("agentid") || query.has("usercode") {
        let agentid = query.required("agentid", integral);
        let usercode = query.required("usercode", integral);
        agentid.zip(usercode).map(|(agentid, usercode)| AccountFilter::Agent(Agent { agentid, usercode }))
    } else {
        Some(AccountFilter::All(page))
    };
    query.close(filter)
}

/// Reads the query of `GET /v1/apps`.
pub(in crate::native) fn app_page(mut query: Members) -> Result<Page<AppId>, Rejection> {
    let page = page(&mut query, AppId::parse);
    query.close(Some(page))
}

/// Reads the query of `GET /v1/events`.
pub(in crate::native) fn event_page(
    mut query: Members,
) -> Result<(Option<AccountId>, Page<EventId>), Rejection> {
    let account = query.optional("account_id", id(AccountId::parse));
    let page = page(&mut query, EventId::parse);
    query.close(Some((account, page)))
}

/// Reads the query of `GET /v1/intents`. The intent that was seen last can only be one of the account's.
pub(in crate::native) fn intents_of(mut query: Members) -> Result<Command, Rejection> {
    let account = query.required("account_id", id(AccountId::parse));
    let stage = query.optional("state", word(StageName::parse, fault::INTENT_STATES));
    let ours = |text: &str| {
        IntentId::parse(text).filter(|intent| account.is_none_or(|account| intent.account() == account))
    };
    let page = Page { after: query.optional("after", id(ours)), limit: limit(&mut query) };
    query.close(account.map(|account| Command::ListIntents {
        subject: Subject::Account(account),
        stage,
        page,
    }))
}

/// Reads a query that may name an account: that of `GET /v1/dev/outbox` and `DELETE /v1/sessions/{id}`.
pub(in crate::native) fn one_account(mut query: Members) -> Result<Option<AccountId>, Rejection> {
    let account = query.optional("account_id", id(AccountId::parse));
    query.close(Some(account))
}

/// Reads `after` and `limit`.
fn page<Id>(query: &mut Members, parse: fn(&str) -> Option<Id>) -> Page<Id> {
    Page { after: query.optional("after", id(parse)), limit: limit(query) }
}

fn limit(query: &mut Members) -> u32 {
    query.optional("limit", spelled_number(LIMIT.0, LIMIT.1)).unwrap_or(LIMIT_USUAL)
}
