//! Hands codes to a mail server, for gateways that turn mail into SMS (`13812345678@sms.example`).

use core::time::Duration;

use countersign_domain::identifier::Mobile;
use countersign_domain::secret::SecretText;
use countersign_service::{CodeSender, Handed, Message, SendFault};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::{SenderSetupError, Sending};

/// What stands for the mobile number in a template.
const MOBILE: &str = "{mobile}";

/// How the mail server is spoken to.
pub struct SmtpOptions {
    /// Its name, also what its certificate must be for.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// User name and password, where the server wants them.
    pub login: Option<(String, SecretText)>,
    /// The sender's address.
    pub from: String,
    /// The address of each message.
    pub to: ToTemplate,
    /// The subject of each message.
    pub subject: String,
    /// How long handing over may take, from connecting to the last answer.
    pub timeout: Duration,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SmtpSecurity {
    /// Not at all: for a relay on this machine or in a protected network.
    Plain,
    /// By STARTTLS (RFC 3207); a server that does not offer it is refused.
    StartTls,
    /// From the first byte (RFC 8314, section 3).
    Tls,
}

/// An address with `{mobile}` where the number goes, such as `{mobile}@sms.example`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToTemplate(String);

impl ToTemplate {
    /// Takes a template that gives an address for every number.
    ///
    /// # Errors
    /// `{mobile}` is missing, or what comes of it is no address.
    pub fn parse(text: &str) -> Result<Self, SenderSetupError> {
        let refused = |problem: &str| SenderSetupError::new("smtp.to_template", problem);
        if !text.contains(MOBILE) {
            return Err(refused("must contain {mobile}, or every code would reach the same mailbox"));
        }
        // Any number has the form of this one.
        match text.replace(MOBILE, "13800000000").parse::<Address>() {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(refused("does not give an address such as 13800000000@sms.example")),
        }
    }

    fn fill(&self, mobile: &Mobile) -> Result<Address, SendFault> {
        let address = self.0.replace(MOBILE, mobile.expose());
        address
            .parse()
            .map_err(|_| SendFault::refused("codes.sender.smtp.to_template gives no address".to_owned()))
    }
}

/// Sends each message as a plain text mail.
pub struct SmtpSender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: ToTemplate,
    subject: String,
    timeout: Duration,
}

impl SmtpSender {
    /// Prepares the transport; connects to nothing yet.
    ///
    /// # Errors
    /// The sender's address or the server's name is not well formed.
    pub fn new(options: SmtpOptions) -> Result<Self, SenderSetupError> {
        let from = options
            .from
            .parse()
            .map_err(|_| SenderSetupError::new("smtp.from", "not an address such as codes@wallet.example"))?;
        let parameters = || {
            TlsParameters::new(options.host.clone())
                .map_err(|error| SenderSetupError::new("smtp.host", error.to_string()))
        };
        let tls = match options.security {
            SmtpSecurity::Plain => Tls::None,
            SmtpSecurity::StartTls => Tls::Required(parameters()?),
            SmtpSecurity::Tls => Tls::Wrapper(parameters()?),
        };
        // "Dangerous" only because it begins without TLS, which the line above decides.
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&options.host)
            .port(options.port)
            .tls(tls)
            .timeout(Some(options.timeout));
        if let Some((user, password)) = options.login {
            builder = builder.credentials(Credentials::new(user, password.expose().to_owned()));
        }
        let transport = builder.build();
        Ok(Self { transport, from, to: options.to, subject: options.subject, timeout: options.timeout })
    }

    fn mail(&self, message: &Message) -> Result<lettre::Message, SendFault> {
        lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, self.to.fill(&message.to)?))
            .subject(self.subject.clone())
            .header(ContentType::TEXT_PLAIN)
            .body(message.text.expose().to_owned())
            .map_err(|_| SendFault::refused("the mail cannot be built".to_owned()))
    }
}

impl CodeSender for SmtpSender {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let mail = self.mail(message)?;
            // The transport's own timeout only covers connecting.
            match tokio::time::timeout(self.timeout, self.transport.send(mail)).await {
                Ok(sent) => sent.map(|_| Handed::ONCE).map_err(|error| fault(&error)),
                Err(_) => Err(SendFault::in_doubt(format!(
                    "the mail server did not answer within {:?}",
                    self.timeout
                ))),
            }
        })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        None
    }
}

/// What failed, without the server's words: it may repeat the address or the text. Once the connection stood, what broke off
/// without a refusal may have broken off after the server had the mail.
fn fault(error: &lettre::transport::smtp::Error) -> SendFault {
    if let Some(code) = error.status() {
        return SendFault::refused(format!("the mail server refused with code {code}"));
    }
    if error.is_tls() {
        let why = "no TLS with the mail server: check its certificate and its name";
        return SendFault::refused(why.to_owned());
    }
    // Its kind has no method of its own; the first words of its text are those of the kind.
    if error.to_string().starts_with("Connection error") {
        let why = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
        return SendFault::refused(format!("the mail server {why}"));
    }
    if error.is_client() {
        return SendFault::refused("the mail server does not offer what is needed".to_owned());
    }
    SendFault::in_doubt("the mail server broke off, or does not speak SMTP".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_must_name_the_number_and_give_an_address() {
        assert!(ToTemplate::parse("{mobile}@sms.example").is_ok());
        assert!(ToTemplate::parse("sms+{mobile}@gateway.example").is_ok());
        for text in ["", "codes@sms.example", "{mobile}", "{mobile}@", "{mobile} @sms.example"] {
            assert!(ToTemplate::parse(text).is_err(), "{text}");
        }
    }
}
