//! What a command says of itself, as flat JSON, so that a vector can state any part of it.
//!
//! Secrets are shown: a vector holds them anyway, and nothing else ever prints them.

use countersign_domain::ask::{Holder, WindowOpens};
use countersign_domain::command::{Command, NewSecret, Subject};
use countersign_domain::identifier::Name;
use countersign_domain::secret::{Kind, Presented};
use serde_json::{Map, Value, json};

/// The command as `{"command": name, …}`. Commands that only `native` speaks give their name alone.
pub(crate) fn describe(command: &Command) -> Value {
    match command {
        Command::Verify { subject, kind, presented, holder } => named(
            "Verify",
            &[
                ("subject", subject_of(subject)),
                ("kind", kind_of(*kind)),
                ("presented", presented_of(presented)),
                ("holder", holder.map_or(Value::Null, holder_of)),
            ],
        ),
        Command::SetSecret { subject, kind, new, holder } => named(
            "SetSecret",
            &[
                ("subject", subject_of(subject)),
                ("kind", kind_of(*kind)),
                ("new", new_of(new)),
                ("holder", holder.map_or(Value::Null, holder_of)),
            ],
        ),
        Command::ChangeSecret { subject, kind, old, new } => named(
            "ChangeSecret",
            &[
                ("subject", subject_of(subject)),
                ("kind", kind_of(*kind)),
                ("old", presented_of(old)),
                ("new", new_of(new)),
            ],
        ),
        Command::SetOrChangeSecret { subject, kind, old, new } => named(
            "SetOrChangeSecret",
            &[
                ("subject", subject_of(subject)),
                ("kind", kind_of(*kind)),
                ("old", old.as_ref().map_or(Value::Null, presented_of)),
                ("new", new_of(new)),
            ],
        ),
        Command::SetPaymentByQuery { subject, query, new } => named(
            "SetPaymentByQuery",
            &[("subject", subject_of(subject)), ("query", presented_of(query)), ("new", new_of(new))],
        ),
        Command::ResetByCode { subject, kind, purpose, code, mobile, new } => named(
            "ResetByCode",
            &[
                ("subject", subject_of(subject)),
                ("kind", kind_of(*kind)),
                ("purpose", json!(purpose.as_str())),
                ("code", json!(code.expose())),
                ("mobile", json!(mobile.is_some())),
                ("new", new_of(new)),
            ],
        ),
        Command::ResetToTemporary { subject, kind } => {
            named("ResetToTemporary", &[("subject", subject_of(subject)), ("kind", kind_of(*kind))])
        }
        Command::ChooseAskFrequency { subject, choice, holder, opens } => named(
            "ChooseAskFrequency",
            &[
                ("subject", subject_of(subject)),
                ("choice", json!(choice.as_str())),
                ("holder", holder_of(*holder)),
                (
                    "opens",
                    json!(match opens {
                        WindowOpens::OnVerify => "on_verify",
                        WindowOpens::OnSetting => "on_setting",
                    }),
                ),
            ],
        ),
        Command::ReadAskFrequency { subject, holder } => {
            named("ReadAskFrequency", &[("subject", subject_of(subject)), ("holder", holder_of(*holder))])
        }
        Command::IssueAppToken { appid, secret } => {
            named("IssueAppToken", &[("appid", json!(appid)), ("secret", json!(secret.expose()))])
        }
        Command::IssueCode { .. } => named("IssueCode", &[]),
        Command::OpenSession { .. } => named("OpenSession", &[]),
        Command::EndSession(_) => named("EndSession", &[]),
        Command::EndOwnSession(..) => named("EndOwnSession", &[]),
        Command::CreateAccount(_) => named("CreateAccount", &[]),
        Command::ReadAccount(..) => named("ReadAccount", &[]),
        Command::FindAccounts { .. } => named("FindAccounts", &[]),
        Command::EraseAccount(_) => named("EraseAccount", &[]),
        Command::Unlock { .. } => named("Unlock", &[]),
        Command::CreateApp { .. } => named("CreateApp", &[]),
        Command::ListApps(_) => named("ListApps", &[]),
        Command::DeleteApp(_) => named("DeleteApp", &[]),
        Command::ReadEvents { .. } => named("ReadEvents", &[]),
        Command::Dev(_) => named("Dev", &[]),
    }
}

fn named(name: &str, members: &[(&str, Value)]) -> Value {
    let mut object = Map::new();
    object.insert("command".to_owned(), json!(name));
    object.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(object)
}

fn subject_of(subject: &Subject) -> Value {
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

fn kind_of(kind: Kind) -> Value {
    json!(kind.as_str())
}

fn holder_of(holder: Holder) -> Value {
    match holder {
        Holder::Session(id) => json!(id.to_string()),
        Holder::App(id) => json!(id.to_string()),
    }
}

fn presented_of(presented: &Presented) -> Value {
    match presented {
        Presented::Plain(text) => json!(text.expose()),
        Presented::Digest(digest) => json!({ "digest": String::from_utf8_lossy(digest.expose()) }),
    }
}

fn new_of(new: &NewSecret) -> Value {
    json!({
        "presented": presented_of(&new.presented),
        "chars": [new.chars.0, new.chars.1],
        "refuse_common": new.refuse_common,
    })
}
