//! From the wire to a command.

use countersign_domain::app::{NotGiven, Scopes};
use countersign_domain::ask::{Holder, WindowOpens};
use countersign_domain::caller::{SessionCaller, Unproven};
use countersign_domain::code::Purpose;
use countersign_domain::command::{self, Command, DevCommand, Subject};
use countersign_domain::id::{AccountId, AppId, EventId, IntentId, SessionId, WebhookId};
use countersign_domain::secret::{Kind, Presented, SecretText};
use countersign_domain::webhook::asked::WebhookCommand;

use crate::native::SECRET_CHARS;
use crate::native::calls::Call;
use crate::native::envelope::{Proven, body, body_if_any};
use crate::native::members::Members;
use crate::native::settings::Settings;
use crate::native::wire::new_account::NewAccount;
use crate::native::wire::{holds, intents, queries, requests, webhooks};
use crate::raw::{RawRequest, STREAM};
use crate::rejection::Rejection;

/// What a proven caller asks for.
///
/// # Errors
/// [`Rejection::NotFound`] for a path that names nothing that can exist, and whatever is wrong with body or query.
pub(in crate::native) fn command(
    call: Call,
    raw: &RawRequest,
    proven: &Proven,
    settings: &Settings,
) -> Result<Command, Rejection> {
    match proven {
        Proven::Session(session) => of_person(call, raw, session),
        Proven::App(app) => {
            let refuse_common = settings.common_secrets.refused();
            let (scopes, holder) = (app.scopes, Holder::App(app.app));
            Asked { raw, app: app.app, scopes, holder, refuse_common }.command(call)
        }
        Proven::Nobody => Ok(Command::ReadKeySet),
    }
}

/// What a person asks for herself. She is proven for nothing else, and whatever a call may become, it is not hers.
fn of_person(call: Call, raw: &RawRequest, person: &SessionCaller) -> Result<Command, Rejection> {
    if call == Call::EndOwnSession {
        return Ok(Command::EndOwnSession(Subject::Account(person.account), person.session));
    }
    let named = raw.params.first().and_then(|text| IntentId::parse(text));
    // Another's is not there.
    let intent = named.filter(|intent| intent.account() == person.account).ok_or(Rejection::NotFound);
    if call == Call::ReadIntent {
        Ok(Command::ReadIntent(intent?))
    } else if call == Call::ApproveIntent {
        approve(intent?, raw, Holder::Session(person.session))
    } else if call == Call::IssueIntentCode {
        send_code(intent?, raw)
    } else {
        Err(Rejection::Unproven(Unproven::Unknown))
    }
}

fn send_code(intent: IntentId, raw: &RawRequest) -> Result<Command, Rejection> {
    let mobile = intents::IssueIntentCode::read(body_if_any(raw)?)?.mobile;
    Ok(Command::IssueIntentCode { intent, mobile })
}

fn approve(intent: IntentId, raw: &RawRequest, holder: Holder) -> Result<Command, Rejection> {
    let intents::ApproveIntent { secret, code } = intents::ApproveIntent::read(body_if_any(raw)?)?;
    Ok(Command::ApproveIntent { intent, presented: secret.map(Presented::Plain), code, holder })
}

/// A request of an app.
struct Asked<'a> {
    raw: &'a RawRequest,
    app: AppId,
    scopes: Scopes,
    /// Whose window is meant: native callers have one for each account and app.
    holder: Holder,
    refuse_common: bool,
}

impl Asked<'_> {
    fn command(&self, call: Call) -> Result<Command, Rejection> {
        match call {
            Call::CreateAccount => self.create_account(),
            Call::FindAccounts => {
                let by = queries::account_filter(self.query()?)?;
                Ok(Command::FindAccounts { by, holder: self.holder })
            }
            Call::ReadAccount => Ok(Command::ReadAccount(self.subject()?, self.holder)),
            Call::EraseAccount => Ok(Command::EraseAccount(self.subject()?)),
            Call::SetSecret => self.set_secret(),
            Call::ChangeSecret => self.change_secret(),
            Call::VerifySecret => self.verify_secret(),
            Call::ResetSecret => self.reset_secret(),
            Call::Unlock => {
                let subject = self.subject()?;
                let asked = requests::Unlock::read(body(self.raw)?)?;
                Ok(Command::Unlock { subject, kind: asked.kind, reason: asked.reason, holder: self.holder })
            }
            Call::DisableSecret => {
                let (subject, kind) = self.subject_and_kind()?;
                let reason = requests::DisableSecret::read(body(self.raw)?)?.reason;
                Ok(Command::DisableSecret { subject, kind, reason, holder: self.holder })
            }
            Call::ReadAskFrequency => {
                Ok(Command::ReadAskFrequency { subject: self.subject()?, holder: self.holder })
            }
            Call::ChooseAskFrequency => {
                let subject = self.subject()?;
                let choice = requests::ChooseAskFrequency::read(body(self.raw)?)?.ask_frequency;
                let opens = WindowOpens::OnVerify;
                Ok(Command::ChooseAskFrequency { subject, choice, holder: self.holder, opens })
            }
            Call::IssueCode => {
                let subject = self.subject()?;
                let asked = requests::IssueCode::read(body(self.raw)?)?;
                Ok(Command::IssueCode { subject, purpose: asked.purpose, mobile: asked.mobile })
            }
            Call::OpenSession => {
                let asked = requests::OpenSession::read(body(self.raw)?)?;
                let login = Presented::Plain(asked.login);
                Ok(Command::OpenSession { username: asked.username, login, expires_in_s: asked.expires_in_s })
            }
            Call::EndSession => {
                let session = self.id(SessionId::parse)?;
                Ok(Command::EndSession { session, account: queries::one_account(self.query()?)? })
            }
            // An app is never proven for this call; its caller is a session.
            Call::EndOwnSession => Err(Rejection::Unproven(Unproven::Unknown)),
            Call::CreateApp => self.create_app(),
            Call::ListApps => Ok(Command::ListApps(queries::app_page(self.query()?)?)),
            Call::DeleteApp => Ok(Command::DeleteApp(self.id(AppId::parse)?)),
            Call::ReadEvents if wants_stream(self.raw) => {
                let last = self.raw.header(webhooks::LAST_EVENT_ID);
                Ok(Command::FollowEvents(Box::new(webhooks::follow(self.query()?, self.app, last)?)))
            }
            Call::ReadEvents => {
                let (account, page) = queries::event_page(self.query()?)?;
                Ok(Command::ReadEvents { account, page })
            }
            Call::ReadEvent => Ok(Command::ReadEvent(self.id(EventId::parse)?)),
            Call::CreateIntent => self.create_intent(),
            Call::ListIntents => queries::intents_of(self.query()?),
            Call::ReadIntent => Ok(Command::ReadIntent(self.id(IntentId::parse)?)),
            Call::ApproveIntent => approve(self.id(IntentId::parse)?, self.raw, self.holder),
            Call::ConsumeIntent => self.consume_intent(),
            Call::CancelIntent => self.cancel_intent(),
            Call::IssueIntentCode => send_code(self.id(IntentId::parse)?, self.raw),
            Call::ReleaseHolds => self.release_holds(),
            // This one is nobody's, and so an app's too.
            Call::ReadKeySet => Ok(Command::ReadKeySet),
            Call::CreateWebhook => self.create_webhook(),
            Call::ListWebhooks => Ok(Command::Webhook(WebhookCommand::List)),
            Call::ReadWebhook => self.webhook(WebhookCommand::Read),
            Call::DeleteWebhook => self.webhook(WebhookCommand::Delete),
            Call::EnableWebhook => self.webhook(WebhookCommand::Enable),
            Call::DisableWebhook => self.webhook(WebhookCommand::Disable),
            Call::RotateWebhookSecret => self.webhook(WebhookCommand::Rotate),
            Call::ReplayWebhook => self.replay_webhook(),
            Call::ReadDeliveries => self.webhook(WebhookCommand::Deliveries),
            Call::AdvanceClock => {
                let step = requests::AdvanceClock::read(body(self.raw)?)?.advance_s;
                Ok(Command::Dev(DevCommand::AdvanceClock(step)))
            }
            Call::NoteSimChange => {
                let subject = self.subject()?;
                let requests::SimChange { mobile, changed_at } = requests::SimChange::read(body(self.raw)?)?;
                Ok(Command::NoteSimChange { subject, mobile, changed_at })
            }
            Call::ReplaceMobiles => {
                let subject = self.subject()?;
                let mobiles = requests::ReplaceMobiles::read(body(self.raw)?)?.mobiles;
                Ok(Command::ReplaceMobiles { subject, mobiles, holder: self.holder })
            }
            Call::ReadOutbox => {
                Ok(Command::Dev(DevCommand::ReadOutbox(queries::one_account(self.query()?)?)))
            }
        }
    }

    /// What is asked about the webhook that the path names.
    fn webhook(&self, ask: fn(WebhookId) -> WebhookCommand) -> Result<Command, Rejection> {
        self.id(WebhookId::parse).map(ask).map(Command::Webhook)
    }

    fn create_webhook(&self) -> Result<Command, Rejection> {
        let new = webhooks::new_webhook(body(self.raw)?)?;
        Ok(Command::Webhook(WebhookCommand::Create(new)))
    }

    fn replay_webhook(&self) -> Result<Command, Rejection> {
        let id = self.id(WebhookId::parse)?;
        let (from, to) = webhooks::replay(body(self.raw)?)?;
        Ok(Command::Webhook(WebhookCommand::Replay { id, from, to }))
    }

    /// Only what the caller has itself is given on.
    fn create_app(&self) -> Result<Command, Rejection> {
        let asked = requests::NewApp::read(body(self.raw)?)?;
        let scopes = asked.scopes.map_or_else(Scopes::usual, Scopes::from_iter);
        scopes.given_by(self.scopes).map_err(|why| match why {
            NotGiven::Operators(scope) => Rejection::OnlyByOperator(scope),
            NotGiven::Lacked(scope) => Rejection::Forbidden(scope),
        })?;
        Ok(Command::CreateApp { name: asked.name, kind: asked.kind, scopes })
    }

    fn create_account(&self) -> Result<Command, Rejection> {
        let asked = NewAccount::read(body(self.raw)?)?;
        let agent = asked.agent();
        let wallet = asked.spark.map(|spark| command::NewWallet {
            app: spark.appid,
            addr: spark.wallet_addr,
            user_id: spark.user_id,
        });
        let secrets = asked.secrets.into_iter().flat_map(|first| {
            [(Kind::Login, first.login), (Kind::Payment, first.payment), (Kind::Query, first.query)]
        });
        let secrets = secrets.filter_map(|(kind, new)| Some((kind, self.new_secret(new?)))).collect();
        Ok(Command::CreateAccount(Box::new(command::NewAccount {
            username: asked.username,
            user_id: asked.user_id,
            agent,
            mobiles: asked.mobiles,
            wallet,
            secrets,
        })))
    }

    fn create_intent(&self) -> Result<Command, Rejection> {
        let asked = intents::NewIntent::read(body(self.raw)?)?;
        let intents::NewIntent {
            account_id,
            amount,
            currency,
            payee,
            payee_id,
            reference,
            memo,
            details,
            expires_in_s,
        } = asked;
        Ok(Command::CreateIntent(Box::new(command::NewIntent {
            account: account_id,
            amount,
            currency,
            payee,
            payee_id,
            reference,
            memo,
            details,
            life_s: expires_in_s,
        })))
    }

    fn consume_intent(&self) -> Result<Command, Rejection> {
        let intent = self.id(IntentId::parse)?;
        let digest = intents::ConsumeIntent::read(body(self.raw)?)?.digest;
        Ok(Command::ConsumeIntent { intent, digest })
    }

    fn cancel_intent(&self) -> Result<Command, Rejection> {
        let intent = self.id(IntentId::parse)?;
        intents::nothing(body_if_any(self.raw)?)?;
        Ok(Command::CancelIntent(intent))
    }

    fn release_holds(&self) -> Result<Command, Rejection> {
        let subject = self.subject()?;
        let reason = holds::ReleaseHolds::read(body(self.raw)?)?.reason;
        Ok(Command::ReleaseHolds { subject, reason })
    }

    fn set_secret(&self) -> Result<Command, Rejection> {
        let (subject, kind) = self.subject_and_kind()?;
        let new = self.new_secret(requests::SetSecret::read(body(self.raw)?)?.secret);
        Ok(Command::SetSecret { subject, kind, new, holder: None })
    }

    fn change_secret(&self) -> Result<Command, Rejection> {
        let (subject, kind) = self.subject_and_kind()?;
        let asked = requests::ChangeSecret::read(body(self.raw)?)?;
        let old = Presented::Plain(asked.old);
        Ok(Command::ChangeSecret { subject, kind, old, new: self.new_secret(asked.new) })
    }

    fn verify_secret(&self) -> Result<Command, Rejection> {
        let (subject, kind) = self.subject_and_kind()?;
        let presented = Presented::Plain(requests::VerifySecret::read(body(self.raw)?)?.secret);
        // Only the payment secret is asked for before money moves, so only it opens a window.
        let holder = (kind == Kind::Payment).then_some(self.holder);
        Ok(Command::Verify { subject, kind, presented, holder })
    }

    fn reset_secret(&self) -> Result<Command, Rejection> {
        let (subject, kind) = self.subject_and_kind()?;
        let asked = requests::ResetSecret::read(body(self.raw)?)?;
        let (purpose, new) = (Purpose::reset_of(kind), self.new_secret(asked.new));
        Ok(Command::ResetByCode { subject, kind, purpose, code: asked.code, mobile: None, new })
    }

    fn new_secret(&self, text: SecretText) -> command::NewSecret {
        command::NewSecret {
            presented: Presented::Plain(text),
            chars: SECRET_CHARS,
            refuse_common: self.refuse_common,
        }
    }

    fn query(&self) -> Result<Members, Rejection> {
        Members::of_query(self.raw.query.as_deref())
    }

    fn subject(&self) -> Result<Subject, Rejection> {
        self.id(AccountId::parse).map(Subject::Account)
    }

    fn subject_and_kind(&self) -> Result<(Subject, Kind), Rejection> {
        Ok((self.subject()?, kind(self.raw).ok_or(Rejection::NotFound)?))
    }

    /// The id in the path. A text that is no id names nothing, which is no more than "not found".
    fn id<T>(&self, parse: fn(&str) -> Option<T>) -> Result<T, Rejection> {
        self.raw.params.first().and_then(|text| parse(text)).ok_or(Rejection::NotFound)
    }
}

/// Whether the caller wants events as they come (RFC 9110, section 12.5.1).
fn wants_stream(raw: &RawRequest) -> bool {
    let media = |given: &str| given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(STREAM);
    raw.header("accept").is_some_and(|accept| accept.split(',').any(media))
}

/// The kind of secret that the path names.
pub(super) fn kind(raw: &RawRequest) -> Option<Kind> {
    raw.params.get(1).and_then(|text| Kind::parse(text))
}
