//! The senders that are configured, in their order.

use std::sync::Arc;

use countersign_domain::calling::Prefix;
use countersign_domain::secret::SecretText;
use countersign_service::CodeSender;

use crate::config::{Codes, Config, Secret, SenderKind, SmtpTls, timeout};
use crate::senders::{
    AliyunOptions, AliyunSender, Chain, NoSender, SenderObserver, SenderSetupError, SmtpOptions,
    SmtpSecurity, SmtpSender, Templates, TencentOptions, TencentSender, ToTemplate, TwilioOptions,
    TwilioSender, WebhookOptions, WebhookSecret, WebhookSender,
};

type Made = Result<Arc<dyn CodeSender>, SenderSetupError>;

/// The sender that is configured: one, or several in an order. `observer` is told how they do.
///
/// # Errors
/// A setting that a kind of sender needs is missing or wrong.
pub fn sender(config: &Config, observer: Arc<dyn SenderObserver>) -> Made {
    let codes = &config.codes;
    let kinds = codes.kinds();
    if kinds.is_empty() {
        return Ok(Arc::new(NoSender));
    }
    let minutes = config.policy.codes.life_s.div_ceil(60);
    let made: Result<Vec<_>, _> =
        kinds.iter().map(|&kind| Ok((kind.as_str().to_owned(), of_kind(codes, kind, minutes)?))).collect();
    let places = |order: Vec<SenderKind>| -> Vec<usize> {
        order.iter().filter_map(|kind| kinds.iter().position(|known| known == kind)).collect()
    };
    let routes = codes.routes().map_err(|text| {
        SenderSetupError::new("routes", format!("`{text}` is not a prefix and kinds of sender"))
    })?;
    let routes: Vec<(Prefix, Vec<usize>)> =
        routes.into_iter().map(|(prefix, order)| (prefix, places(order))).collect();
    Ok(Arc::new(Chain::new(made?, routes, places(codes.order()), codes.patience(), observer)))
}

fn of_kind(codes: &Codes, kind: SenderKind, minutes: u32) -> Made {
    match kind {
        SenderKind::None => Ok(Arc::new(NoSender)),
        SenderKind::Webhook => webhook(codes),
        SenderKind::Smtp => smtp(codes),
        SenderKind::Aliyun => aliyun(codes, minutes),
        SenderKind::Tencent => tencent(codes, minutes),
        SenderKind::Twilio => twilio(codes),
    }
}

fn webhook(codes: &Codes) -> Made {
    let webhook = &codes.sender.webhook;
    let secret = webhook.secret.as_ref().ok_or_else(|| missing("webhook.secret"))?;
    Ok(Arc::new(WebhookSender::new(WebhookOptions {
        url: given("webhook.url", webhook.url.as_ref())?,
        secret: WebhookSecret::parse(secret.text())?,
        timeout: webhook.timeout(),
        ca_file: webhook.ca_file.clone(),
    })?))
}

fn smtp(codes: &Codes) -> Made {
    let smtp = &codes.sender.smtp;
    let login = match (&smtp.username, &smtp.password) {
        (Some(user), Some(password)) => Some((user.clone(), password.text().clone())),
        (None, None) => None,
        (Some(_), None) => return Err(missing("smtp.password")),
        (None, Some(_)) => return Err(missing("smtp.username")),
    };
    let to = smtp.to_template.as_deref().ok_or_else(|| missing("smtp.to_template"))?;
    Ok(Arc::new(SmtpSender::new(SmtpOptions {
        host: given("smtp.host", smtp.host.as_ref())?,
        port: smtp.port(),
        security: match smtp.tls {
            SmtpTls::None => SmtpSecurity::Plain,
            SmtpTls::Starttls => SmtpSecurity::StartTls,
            SmtpTls::Tls => SmtpSecurity::Tls,
        },
        login,
        from: given("smtp.from", smtp.from.as_ref())?,
        to: ToTemplate::parse(to)?,
        subject: codes.brand.clone(),
        timeout: smtp.timeout(),
    })?))
}

fn aliyun(codes: &Codes, minutes: u32) -> Made {
    let aliyun = &codes.sender.aliyun;
    let (usual, lines) = (aliyun.template.as_deref(), &aliyun.templates[..]);
    let params = (&aliyun.params[..], aliyun.payee_chars);
    if let Some(param) = aliyun.params.iter().find(|param| !param.contains('=')) {
        return Err(SenderSetupError::new("aliyun.params", format!("`{param}` is not name=text")));
    }
    let lang = codes.language.to_domain();
    Ok(Arc::new(AliyunSender::new(AliyunOptions {
        endpoint: aliyun.endpoint.clone(),
        key_id: given("aliyun.access_key_id", aliyun.access_key_id.as_ref())?,
        key: secret("aliyun.access_key_secret", aliyun.access_key_secret.as_ref())?,
        sign_name: given("aliyun.sign_name", aliyun.sign_name.as_ref())?,
        templates: Templates::parse("aliyun.templates", (usual, lines), params, (lang, minutes))?,
        timeout: timeout(aliyun.timeout_s),
        ca_file: aliyun.ca_file.clone(),
    })?))
}

fn tencent(codes: &Codes, minutes: u32) -> Made {
    let tencent = &codes.sender.tencent;
    let (usual, lines) = (tencent.template.as_deref(), &tencent.templates[..]);
    let params = (&tencent.params[..], tencent.payee_chars);
    let lang = codes.language.to_domain();
    Ok(Arc::new(TencentSender::new(TencentOptions {
        endpoint: tencent.endpoint.clone(),
        region: tencent.region.clone(),
        key_id: given("tencent.secret_id", tencent.secret_id.as_ref())?,
        key: secret("tencent.secret_key", tencent.secret_key.as_ref())?,
        app_id: given("tencent.app_id", tencent.app_id.as_ref())?,
        sign_name: tencent.sign_name.clone(),
        templates: Templates::parse("tencent.templates", (usual, lines), params, (lang, minutes))?,
        timeout: timeout(tencent.timeout_s),
        ca_file: tencent.ca_file.clone(),
    })?))
}

fn twilio(codes: &Codes) -> Made {
    let twilio = &codes.sender.twilio;
    Ok(Arc::new(TwilioSender::new(TwilioOptions {
        endpoint: twilio.endpoint.clone(),
        account_sid: given("twilio.account_sid", twilio.account_sid.as_ref())?,
        key_sid: twilio.key_sid.clone(),
        key: secret("twilio.key_secret", twilio.key_secret.as_ref())?,
        from: given("twilio.from", twilio.from.as_ref())?,
        timeout: timeout(twilio.timeout_s),
        ca_file: twilio.ca_file.clone(),
    })?))
}

fn missing(setting: &'static str) -> SenderSetupError {
    SenderSetupError::new(setting, "is needed for this kind of sender")
}

fn given(setting: &'static str, value: Option<&String>) -> Result<String, SenderSetupError> {
    value.cloned().ok_or_else(|| missing(setting))
}

fn secret(setting: &'static str, value: Option<&Secret>) -> Result<SecretText, SenderSetupError> {
    value.map(|secret| secret.text().clone()).ok_or_else(|| missing(setting))
}
