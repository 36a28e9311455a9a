//! `countersign apps`: the credentials by which a platform's servers call. The first one can only be made here.

use clap::{Args, Subcommand, ValueEnum};
use countersign_domain::answer::Reply;
use countersign_domain::app::{App, AppKind, Scope, Scopes};
use countersign_domain::command::{Command, Page};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::AppId;
use countersign_domain::secret::SecretText;
use countersign_service::{Context, Service, Store};
use serde_json::json;

use crate::cli::output::{self, OutputFormat};
use crate::cli::{ConfigFile, Done, Failure, parts, runtime};
use crate::config::StoreKind;

/// Apps shown in one list; more are read page by page.
const PAGE: u32 = 200;

/// Manage the credentials by which a platform's servers call. May run beside a running server.
#[derive(Args)]
pub(crate) struct AppsArgs {
    #[command(subcommand)]
    command: AppsCommand,
}

#[derive(Subcommand)]
enum AppsCommand {
    /// Create an app and print its credentials, this once.
    Create(CreateArgs),
    /// List the apps.
    List(ListArgs),
    /// Delete an app; its credentials are worth nothing from then on.
    Delete(DeleteArgs),
}

#[derive(Args)]
struct CreateArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// What you call it.
    #[arg(long)]
    name: String,
    /// How it proves itself.
    #[arg(long, value_enum, default_value_t)]
    kind: KindName,
    /// What it may do through the native API, as in secrets:verify,accounts:read; `all` for everything. Without it:
    /// everything but apps:write, holds:write and webhooks:write. Nothing else gives holds:write.
    #[arg(long, value_delimiter = ',')]
    scopes: Option<Vec<String>>,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

#[derive(Args)]
struct ListArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

#[derive(Args)]
struct DeleteArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// The app's id.
    id: String,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum KindName {
    /// By an API key, for the native API.
    #[default]
    Api,
    /// By `appid` and `appsecret`, for `spark_wallet`.
    Spark,
    /// By HAWK, for flowmeter.
    Hawk,
}

pub(crate) fn run(args: &AppsArgs) -> Done {
    match &args.command {
        AppsCommand::Create(args) => create(args),
        AppsCommand::List(args) => list(args),
        AppsCommand::Delete(args) => delete(args),
    }
}

fn create(args: &CreateArgs) -> Done {
    let scopes = args.scopes.as_deref().map_or_else(|| Ok(Scopes::usual()), scopes)?;
    let kind = match args.kind {
        KindName::Api => AppKind::Api,
        KindName::Spark => AppKind::Spark,
        KindName::Hawk => AppKind::Hawk,
    };
    let config = args.file.sources().load()?.config;
    let path = config.store.database();
    let is_new = config.store.kind == StoreKind::Sqlite && !path.exists();
    let command = Command::CreateApp { name: args.name.clone(), kind, scopes };
    let reply = runtime()?.block_on(async {
        let service = parts::offline_service(&config).await?;
        // Before the app: whoever misspelt store.path must hear of it whatever becomes of the app.
        if is_new {
            output::tell(&format!("there was no database at {}; a new one was made", path.display()));
        }
        carry_out(&service, command).await
    })?;
    let Reply::AppCreated(app, secret) = reply else {
        return Err(Failure::Failed("the app was not created".to_owned()));
    };
    output::data(&created(&app, &secret, args.output))
}

fn created(app: &App, secret: &SecretText, form: OutputFormat) -> String {
    let (id, secret) = (app.id.to_string(), secret.expose());
    let shown = match app.proof.kind() {
        AppKind::Api => vec![("api_key", secret)],
        AppKind::Spark => vec![("appid", id.as_str()), ("appsecret", secret)],
        AppKind::Hawk => vec![("hawk_id", id.as_str()), ("hawk_key", secret)],
    };
    let members = [("id", id.as_str()), ("kind", app.proof.kind().as_str())].into_iter().chain(shown);
    match form {
        OutputFormat::Json => json!(members.collect::<std::collections::BTreeMap<_, _>>()).to_string(),
        OutputFormat::Table => {
            members.map(|(name, value)| format!("{name:<10}{value}")).collect::<Vec<_>>().join("\n")
        }
    }
}

fn list(args: &ListArgs) -> Done {
    let config = args.file.sources().load()?.config;
    let apps = runtime()?.block_on(async {
        let service = parts::existing_service(&config).await?;
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let Reply::Apps(page) =
                carry_out(&service, Command::ListApps(Page { after, limit: PAGE })).await?
            else {
                return Err(Failure::Failed("the apps cannot be listed".to_owned()));
            };
            after = page.items.last().map(|app| app.id);
            all.extend(page.items);
            if !page.has_more {
                return Ok(all);
            }
        }
    })?;
    output::data(&listed(&apps, args.output))
}

fn listed(apps: &[App], form: OutputFormat) -> String {
    let words = |app: &App| app.scopes.iter().map(Scope::as_str).collect::<Vec<_>>();
    match form {
        OutputFormat::Json => {
            let one = |app: &App| json!({ "id": app.id.to_string(), "kind": app.proof.kind().as_str(), "name": app.name, "scopes": words(app) });
            json!(apps.iter().map(one).collect::<Vec<_>>()).to_string()
        }
        OutputFormat::Table => {
            let line = |app: &App| {
                format!(
                    "{}  {:<5}  {}  {}\n",
                    app.id,
                    app.proof.kind().as_str(),
                    app.name,
                    words(app).join(",")
                )
            };
            apps.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    }
}

fn delete(args: &DeleteArgs) -> Done {
    let id = AppId::parse(&args.id).ok_or_else(|| Failure::Usage(format!("{} is no app's id", args.id)))?;
    let config = args.file.sources().load()?.config;
    runtime()?.block_on(async {
        carry_out(&parts::existing_service(&config).await?, Command::DeleteApp(id)).await
    })?;
    output::tell(&format!("{id} is deleted"));
    Ok(())
}

async fn carry_out<S: Store>(service: &Service<S>, command: Command) -> Result<Reply, Failure> {
    let origin = Origin { dialect: "cli".to_owned(), actor: Actor::Server, request_id: "cli".to_owned() };
    let done =
        service.execute(command, Context::of(origin)).await.map_err(|fault| Failure::failed(&fault))?;
    done.map(|done| done.reply).map_err(|refusal| Failure::Failed(format!("refused: {refusal:?}")))
}

fn scopes(words: &[String]) -> Result<Scopes, Failure> {
    if let [all] = words
        && all == "all"
    {
        return Ok(Scopes::all());
    }
    let known = || Scope::ALL.map(Scope::as_str).join(", ");
    let one = |word: &String| {
        Scope::parse(word).ok_or_else(|| Failure::Usage(format!("{word} is no scope; there are {}", known())))
    };
    words.iter().map(one).collect()
}
