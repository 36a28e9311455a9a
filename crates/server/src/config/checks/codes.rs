//! What must fit together where codes are sent and paid for.

use countersign_domain::time::Span;

use super::Found;
use crate::config::{Config, Sender, SenderKind};

/// What codes cost.
pub(super) fn spend(found: &mut Found<'_>, config: &Config) {
    let life = Span::from_secs(config.policy.codes.life_s);
    if let Err((path, problem)) = config.policy.spend.to_domain(life) {
        found.say(&[path], &problem);
    }
}

/// Who sends them.
pub(super) fn sender(found: &mut Found<'_>, config: &Config) {
    let codes = &config.codes;
    if let Err(text) = codes.routes() {
        let words = format!("`{text}` is not a prefix, such as +86, and kinds of sender after it");
        found.say(&["codes.routes"], &words);
    }
    found.say_if(
        !codes.kinds().is_empty() && codes.patience_s >= config.server.request_timeout_s,
        &["codes.patience_s", "server.request_timeout_s"],
        "a request must be told that no sender took its code before it is given up",
    );
    let sender = &config.codes.sender;
    for (path, seconds) in codes.kinds().into_iter().filter_map(|kind| timeout(sender, kind)) {
        found.say_if(
            seconds > codes.patience_s,
            &[path, "codes.patience_s"],
            "a sender cannot be given more time than all of them have together",
        );
    }
    let named = if codes.senders.is_empty() { "codes.sender.kind" } else { "codes.senders" };
    for (path, _) in codes.kinds().into_iter().flat_map(|kind| needed(sender, kind)).filter(|(_, set)| !set) {
        found.say(&[named, path], "this kind of sender needs it");
    }
    let smtp = &sender.smtp;
    found.say_if(
        smtp.username.is_some() != smtp.password.is_some(),
        &["codes.sender.smtp.username", "codes.sender.smtp.password"],
        "set both, or neither",
    );
    found.say_if(
        smtp.to_template.as_deref().is_some_and(|template| !template.contains("{mobile}")),
        &["codes.sender.smtp.to_template"],
        "{mobile} must be in it, else every code goes to one address",
    );
}

/// How long a kind of sender may take, in seconds.
const fn timeout(sender: &Sender, kind: SenderKind) -> Option<(&'static str, u32)> {
    match kind {
        SenderKind::None => None,
        SenderKind::Webhook => Some(("codes.sender.webhook.timeout_s", sender.webhook.timeout_s)),
        SenderKind::Smtp => Some(("codes.sender.smtp.timeout_s", sender.smtp.timeout_s)),
        SenderKind::Aliyun => Some(("codes.sender.aliyun.timeout_s", sender.aliyun.timeout_s)),
        SenderKind::Tencent => Some(("codes.sender.tencent.timeout_s", sender.tencent.timeout_s)),
        SenderKind::Twilio => Some(("codes.sender.twilio.timeout_s", sender.twilio.timeout_s)),
    }
}

/// What a kind of sender cannot do without, and whether it is set.
fn needed(sender: &Sender, kind: SenderKind) -> Vec<(&'static str, bool)> {
    let Sender { webhook, smtp, aliyun, tencent, twilio, .. } = sender;
    match kind {
        SenderKind::None => Vec::new(),
        SenderKind::Webhook => vec![
            ("codes.sender.webhook.url", webhook.url.is_some()),
            ("codes.sender.webhook.secret", webhook.secret.is_some()),
        ],
        SenderKind::Smtp => vec![
            ("codes.sender.smtp.host", smtp.host.is_some()),
            ("codes.sender.smtp.from", smtp.from.is_some()),
            ("codes.sender.smtp.to_template", smtp.to_template.is_some()),
        ],
        SenderKind::Aliyun => vec![
            ("codes.sender.aliyun.access_key_id", aliyun.access_key_id.is_some()),
            ("codes.sender.aliyun.access_key_secret", aliyun.access_key_secret.is_some()),
            ("codes.sender.aliyun.sign_name", aliyun.sign_name.is_some()),
        ],
        SenderKind::Tencent => vec![
            ("codes.sender.tencent.secret_id", tencent.secret_id.is_some()),
            ("codes.sender.tencent.secret_key", tencent.secret_key.is_some()),
            ("codes.sender.tencent.app_id", tencent.app_id.is_some()),
        ],
        SenderKind::Twilio => vec![
            ("codes.sender.twilio.account_sid", twilio.account_sid.is_some()),
            ("codes.sender.twilio.key_secret", twilio.key_secret.is_some()),
            ("codes.sender.twilio.from", twilio.from.is_some()),
        ],
    }
}
