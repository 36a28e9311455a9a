//! What a command says of itself, as flat JSON, so that a vector can state any part of it.
//!
//! Secrets are shown: a vector holds them anyway, and nothing else ever prints them.

use countersign_domain::ask::{Holder, WindowOpens};
use countersign_domain::command::{Command, NewSecret, Subject};
use countersign_domain::identifier::Name;
use countersign_domain::secret::{Kind, Presented};
use serde_json::{Map, Value, json};

/// The command as `{"command": name, …}`. Those that only `native` speaks are described in `native.rs`.
pub(crate) fn describe(command: &Command) -> Value {
    match command {
        Command::Verify { subject, kind, presented, holder } => json!({
            "command": "Verify", "subject": subject_of(subject), "kind": kind_of(*kind),
            "presented": presented_of(presented), "holder": holder.map(holder_of),
        }),
        Command::SetSecret { subject, kind, new, holder } => json!({
            "command": "SetSecret", "subject": subject_of(subject), "kind": kind_of(*kind),
            "new": new_of(new), "holder": holder.map(holder_of),
        }),
        Command::ChangeSecret { subject, kind, old, new } => json!({
            "command": "ChangeSecret", "subject": subject_of(subject), "kind": kind_of(*kind),
            "old": presented_of(old), "new": new_of(new),
        }),
        Command::SetOrChangeSecret { subject, kind, old, new } => json!({
            "command": "SetOrChangeSecret", "subject": subject_of(subject), "kind": kind_of(*kind),
            "old": old.as_ref().map(presented_of), "new": new_of(new),
        }),
        Command::SetPaymentByQuery { subject, query, new } => json!({
            "command": "SetPaymentByQuery", "subject": subject_of(subject),
            "query": presented_of(query), "new": new_of(new),
        }),
        Command::ResetByCode { subject, kind, purpose, code, mobile, new } => json!({
            "command": "ResetByCode", "subject": subject_of(subject), "kind": kind_of(*kind),
            "purpose": purpose.as_str(), "code": code.expose(), "mobile": mobile.is_some(), "new": new_of(new),
        }),
        Command::ResetToTemporary { subject, kind } => json!({
            "command": "ResetToTemporary", "subject": subject_of(subject), "kind": kind_of(*kind),
        }),
        Command::ChooseAskFrequency { subject, choice, holder, opens } => json!({
            "command": "ChooseAskFrequency", "subject": subject_of(subject), "choice": choice.as_str(),
            "holder": holder_of(*holder), "opens": opens_of(*opens),
        }),
        Command::ReadAskFrequency { subject, holder } => json!({
            "command": "ReadAskFrequency", "subject": subject_of(subject), "holder": holder_of(*holder),
        }),
        Command::IssueAppToken { appid, secret } => json!({
            "command": "IssueAppToken", "appid": appid, "secret": secret.expose(),
        }),
        Command::IssueCode { .. }
        | Command::OpenSession { .. }
        | Command::EndSession { .. }
        | Command::EndOwnSession(..)
        | Command::CreateAccount(_)
        | Command::ReadAccount(..)
        | Command::FindAccounts { .. }
        | Command::EraseAccount(_)
        | Command::Unlock { .. }
        | Command::DisableSecret { .. }
        | Command::CreateApp { .. }
        | Command::ListApps(_)
        | Command::DeleteApp(_)
        | Command::ReadEvents { .. }
        | Command::ReadEvent(_)
        | Command::Dev(_)
        | Command::NoteSimChange { .. }
        | Command::ReplaceMobiles { .. } => super::native::describe(command),
        Command::CreateIntent(_)
        | Command::ApproveIntent { .. }
        | Command::ConsumeIntent { .. }
        | Command::CancelIntent(_)
        | Command::ReadIntent(_)
        | Command::ListIntents { .. }
        | Command::IssueIntentCode { .. }
        | Command::ReleaseHolds { .. } => super::intents::describe(command),
        Command::ReadKeySet | Command::FollowEvents(_) | Command::Webhook(_) => {
            super::native::describe(command)
        }
    }
}

pub(crate) fn named(name: &str, members: &[(&str, Value)]) -> Value {
    let mut object = Map::new();
    object.insert("command".to_owned(), json!(name));
    object.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(object)
}

pub(crate) fn subject_of(subject: &Subject) -> Value {
    match subject {
        Subject::Account(id) => json!(id.to_string()),
        Subject::Wallet { app, addr, user_id } => json!({
            "app": app.to_string(),
            "addr": addr.as_ref().map(Name::as_str),
            "user_id": user_id.as_ref().map(Name::as_str),
        }),
        Subject::Agent(agent) => json!({ "agentid": agent.agentid, "usercode": agent.usercode }),
    }
}

pub(crate) fn kind_of(kind: Kind) -> Value {
    json!(kind.as_str())
}

pub(crate) fn holder_of(holder: Holder) -> Value {
    match holder {
        Holder::Session(id) => json!(id.to_string()),
        Holder::App(id) => json!(id.to_string()),
    }
}

fn opens_of(opens: WindowOpens) -> &'static str {
    match opens {
        WindowOpens::OnVerify => "on_verify",
        WindowOpens::OnSetting => "on_setting",
    }
}

pub(crate) fn presented_of(presented: &Presented) -> Value {
    match presented {
        Presented::Plain(text) => json!(text.expose()),
        Presented::Digest(digest) => json!({ "digest": String::from_utf8_lossy(digest.expose()) }),
    }
}

pub(crate) fn new_of(new: &NewSecret) -> Value {
    json!({
        "presented": presented_of(&new.presented),
        "chars": [new.chars.0, new.chars.1],
        "refuse_common": new.refuse_common,
    })
}
