//! What `dev` prints: where everything is, the credentials, and a line to paste for each dialect.
//!
//! Every line works at any time and as often as it is pasted, so whatever a line needs fresh (a code, a MAC, an app's
//! token) it fetches itself. Each dialect has an account of its own, so no line spoils another.

use std::path::Path;

use countersign_domain::answer::OpenedSession;
use countersign_domain::identifier::Agent;
use countersign_service::demo::{Demo, DemoAccount, LOGIN, SECRET};
use data_encoding::BASE64;
use serde_json::json;

use crate::run::Bound;

/// Takes the newest `"code"` out of the outbox; greedy, so the last one of the line.
const NEWEST_CODE: &str = r#"sed 's/.*"code":"\([0-9]*\)".*/\1/'"#;
/// Takes the `accessToken` out of an answer of `/v1/app/access`.
const ACCESS_TOKEN: &str = r#"sed 's/.*"accessToken":"\([^"]*\)".*/\1/'"#;

/// Everything there is to print.
pub(crate) struct Lines<'a> {
    pub(crate) demo: &'a Demo,
    pub(crate) bound: Bound,
    pub(crate) data: &'a Path,
}

impl Lines<'_> {
    /// One line for programs.
    pub(crate) fn json(&self) -> String {
        let Demo { api_key, hawk, spark, account, .. } = self.demo;
        json!({
            "url": self.url(),
            "admin_url": self.admin_url(),
            "api_key": api_key.expose(),
            "hawk": { "id": hawk.0.to_string(), "key": hawk.1.expose() },
            "spark": { "appid": spark.0.to_string(), "appsecret": spark.1.expose() },
            "account": {
                "id": account.id.to_string(),
                "username": account.username,
                "user_id": account.user_id,
                "wallet_addr": account.wallet_addr,
                "agentid": account.agent.agentid,
                "usercode": account.agent.usercode,
                "mobiles": account.mobiles,
                "login": LOGIN,
            },
            "console_setup_url": self.admin_url(),
        })
        .to_string()
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let Demo { api_key, hawk, spark, account, dialects } = self.demo;
        let mut text = format!(
            "Countersign is ready.\n\n\
             API       {url}\n\
             Docs      {admin}/docs   (also {admin}/openapi.json, {admin}/metrics)\n\
             Data      {data}\n\
             API key   {key}\n\
             HAWK      id {hawk_id}  key {hawk_key}\n\
             Spark     appid {appid}  appsecret {appsecret}\n\
             Account   {id}  username {username}  login {LOGIN}\n\n\
             Paste any of these at any time (those that need a code, ten times a day: that limit holds here too):\n",
            url = self.url(),
            admin = self.admin_url(),
            data = self.data.display(),
            key = api_key.expose(),
            hawk_id = hawk.0,
            hawk_key = hawk.1.expose(),
            appid = spark.0,
            appsecret = spark.1.expose(),
            id = account.id,
            username = account.username,
        );
        text.push_str(&named("native", &self.native(account)));
        for (name, account, session) in dialects {
            let line = match *name {
                "oas" => self.oas(session),
                "tour" => self.tour(account, session),
                "currency_pass" => self.currency_pass(session),
                "spark_wallet" => self.spark_wallet(account),
                "flowmeter" => self.flowmeter(account),
                other => unreachable!("the demo has no dialect {other}"),
            };
            text.push_str(&named(name, &line));
        }
        text
    }

    fn native(&self, account: &DemoAccount) -> String {
        format!("curl -s '{}/v1/accounts/{}' {}", self.url(), account.id, self.bearer())
    }

    /// Old and new are the same, so it sets, and sets again.
    fn oas(&self, session: &OpenedSession) -> String {
        let secret = BASE64.encode(SECRET.as_bytes());
        format!(
            "curl -s '{}/oascchapi/usr/withdrawPassword' -H 'token: {}' -H 'role: MOBILE' -H 'lang: zh_CN' \
             -H 'Content-Type: application/json' \
             -d '{{\"withdrawPassword\":\"{secret}\",\"withdrawPasswordOrg\":\"{secret}\"}}'",
            self.url(),
            session.access_token.expose()
        )
    }

    fn currency_pass(&self, session: &OpenedSession) -> String {
        format!(
            "curl -s '{}/auth/user/bind/currency-pass/verify' -H 'Authorization: Bearer {}' \
             -H 'Content-Type: application/json' -d '{{\"pass\":\"{SECRET}\"}}'",
            self.url(),
            session.access_token.expose()
        )
    }

    fn spark_wallet(&self, account: &DemoAccount) -> String {
        let (url, (appid, secret)) = (self.url(), &self.demo.spark);
        let token = format!(
            "$(curl -s '{url}/v1/app/access?appid={appid}&appsecret={}' | {ACCESS_TOKEN})",
            secret.expose()
        );
        format!(
            "curl -s \"{url}/v1/wallet/validPayPassword?accessToken={token}&walletAddr={}&payPassword={SECRET}\"",
            account.wallet_addr
        )
    }

    fn tour(&self, account: &DemoAccount, session: &OpenedSession) -> String {
        let cipher = format!(
            "$(COUNTERSIGN_SESSION_KEY={} COUNTERSIGN_LOGIN_SECRET={LOGIN} COUNTERSIGN_NEW_SECRET={SECRET} {} legacy-cipher tour)",
            session.session_key.expose(),
            program()
        );
        let code = self.fresh_code(account, "payment_change");
        let tail = &account.mobiles[0][account.mobiles[0].len() - 4..];
        format!(
            "curl -s '{}/api/WebInterface/Agent/ChangePayPassword' -H 'Content-Type: application/json' \
             -d \"{{\\\"username\\\":\\\"{}\\\",\\\"mobile\\\":\\\"{tail}\\\",\\\"verifycode\\\":\\\"{code}\\\",\
             \\\"newpassword\\\":\\\"{cipher}\\\"}}\"",
            self.url(),
            account.username
        )
    }

    /// The body is signed and sent, and the code in it is also the cipher's key; `${name:=…}` makes each only once.
    fn flowmeter(&self, account: &DemoAccount) -> String {
        let (program, (id, key)) = (program(), &self.demo.hawk);
        let url = format!("{}/api/Agent/Ent/Password/ResetPwd", self.url());
        let code = self.fresh_code(account, "login_reset");
        let cipher = format!(
            "$(COUNTERSIGN_VERIFY_CODE=$cs_code COUNTERSIGN_NEW_SECRET={LOGIN} {program} legacy-cipher flowmeter --encoding hex)"
        );
        let Agent { agentid, usercode } = account.agent;
        let body =
            format!("agentid={agentid}&usercode={usercode}&verifycode=${{cs_code:={code}}}&newpwd={cipher}");
        let header = format!(
            "$(printf %s \"$cs_body\" | COUNTERSIGN_HAWK_KEY={} {program} hawk-header --id {id} --method POST \
             --url '{url}' --content-type application/x-www-form-urlencoded --body-file - --dev-data {})",
            key.expose(),
            quoted(&self.data.canonicalize().unwrap_or_else(|_| self.data.to_owned()))
        );
        format!(
            "curl -s '{url}' -d \"${{cs_body:={body}}}\" -H \"Authorization: {header}\"; unset cs_body cs_code"
        )
    }

    /// Has a code sent and reads it from the outbox.
    fn fresh_code(&self, account: &DemoAccount, purpose: &str) -> String {
        let (url, id, bearer) = (self.url(), account.id, self.bearer());
        format!(
            "$(curl -s -o /dev/null '{url}/v1/accounts/{id}/codes' {bearer} -H 'Content-Type: application/json' \
             -d '{{\"purpose\":\"{purpose}\"}}'; curl -s '{url}/v1/dev/outbox?account_id={id}' {bearer} | {NEWEST_CODE})"
        )
    }

    fn bearer(&self) -> String {
        format!("-H 'Authorization: Bearer {}'", self.demo.api_key.expose())
    }

    fn url(&self) -> String {
        format!("http://{}", self.bound.public)
    }

    fn admin_url(&self) -> String {
        format!("http://{}", self.bound.admin)
    }
}

fn named(name: &str, line: &str) -> String {
    format!("\n# {name}\n{line}\n")
}

/// This program, as a shell must be told of it.
fn program() -> String {
    quoted(&std::env::current_exe().unwrap_or_else(|_| "countersign".into()))
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
