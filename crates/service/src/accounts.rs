//! Accounts: create, read, find, unlock, erase.

use countersign_crypto::entropy::Draw;
use countersign_crypto::seal::Place;
use countersign_domain::account::{Account, Profile, Scene};
use countersign_domain::answer::{Done, Listed, Refusal, Reply};
use countersign_domain::app::AppKind;
use countersign_domain::ask::Holder;
use countersign_domain::command::{AccountFilter, NewAccount, NewSecret, NewWallet, Page, Subject};
use countersign_domain::credential;
use countersign_domain::event::What;
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::identifier::{Identifier, Mobile, Wallet};
use countersign_domain::secret::{Kind, Sealed, Verifier};
use countersign_domain::view::{self, AccountView};
use countersign_store::door::{Created, Lookup, Store};

use crate::apps::listed;
use crate::case::{Case, Step};
use crate::new_secret::unchanged;
use crate::subject::{mobile_index, name_index};

/// The longest list that finding by one identifier can give.
const MANY: u32 = 200;

impl<S: Store> Case<S> {
    /// Creates an account with everything it is found by and its first secrets, in one transaction.
    pub(crate) async fn create_account(&self, new: NewAccount) -> Step<Done> {
        self.allow_all(&new.secrets)?;
        let hashes = u32::try_from(new.secrets.len()).unwrap_or(u32::MAX);
        let slot = if hashes == 0 { None } else { Some(self.reserve(hashes)?) };
        let id = AccountId::from_bytes(self.inner.entropy.array());
        let wallet = match new.wallet {
            Some(wallet) => Some(self.new_wallet(wallet).await?),
            None => None,
        };
        let profile = Profile {
            username: new.username,
            user_id: new.user_id,
            agent: new.agent,
            wallet,
            mobiles: self.sealed_mobiles(id, &new.mobiles),
        };
        let names = profile.identifiers();
        let lookups = self.lookups(&names, &new.mobiles);
        let mut verifiers: Vec<(Kind, Verifier)> = Vec::new();
        if let Some(slot) = &slot {
            for (kind, secret) in &new.secrets {
                verifiers.push((*kind, self.verifier(slot, id, *kind, 1, &secret.presented).await?));
            }
        }
        let account = self.look(|scene| {
            let mut account = Account::new(id, self.tenant.clone(), profile, scene);
            for (kind, verifier) in verifiers {
                credential::set(&mut account, kind, verifier, None, scene)?;
            }
            Ok::<_, Refusal>(account)
        })?;
        let masked = new.mobiles.iter().map(Mobile::masked).collect();
        let view = self.look(|scene| view::account(&account, masked, None, scene));
        let done = Done { reply: Reply::AccountCreated(Box::new(view)), wallet: None, device: None };
        match self.inner.store.create(account, lookups, self.answer(&done)).await? {
            Created::Taken(place) => {
                Err(Refusal::IdentifierTaken(names.get(place).map_or("mobiles", member)).into())
            }
            Created::Created => {
                self.answer_kept();
                Ok(done)
            }
        }
    }

    /// An account's mobile numbers, each sealed to its place.
    pub(crate) fn sealed_mobiles(&self, account: AccountId, mobiles: &[Mobile]) -> Vec<Sealed> {
        let sealed = |(slot, mobile): (u8, &Mobile)| {
            self.seal(&Place::Mobile { account, slot }, mobile.as_given().as_bytes())
        };
        (0..).zip(mobiles).map(sealed).collect()
    }

    pub(crate) async fn read_account(&self, subject: Subject, holder: Holder) -> Step<Done> {
        let found = self.find(&subject).await?;
        let account = self.record(&found).await?;
        let view = self.view(&account, Some(holder)).await?;
        Ok(Done { reply: Reply::Account(Box::new(view)), wallet: None, device: None })
    }

    pub(crate) async fn find_accounts(&self, by: AccountFilter, holder: Holder) -> Step<Done> {
        let found = match by {
            AccountFilter::All(page) => {
                let more = Page { limit: page.limit + 1, ..page };
                listed(self.inner.store.accounts(self.tenant.clone(), more).await?, page.limit)
            }
            AccountFilter::Mobile(mobile) => {
                let index = mobile_index(&self.keyring(), &self.tenant, &mobile);
                self.read_all(self.inner.store.find_mobile(index, MANY).await?).await?
            }
            AccountFilter::Username(name) => self.by_names(vec![Identifier::Username(name)]).await?,
            AccountFilter::Agent(agent) => self.by_names(vec![Identifier::Agent(agent)]).await?,
            AccountFilter::WalletAddr(name) => {
                let names = self.in_every_app(|app| Identifier::WalletAddr(app, name.clone())).await?;
                self.by_names(names).await?
            }
            AccountFilter::UserId(name) => {
                let mut names = vec![Identifier::UserId(name.clone())];
                names.extend(self.in_every_app(|app| Identifier::WalletUser(app, name.clone())).await?);
                self.by_names(names).await?
            }
        };
        let mut items = Vec::with_capacity(found.items.len());
        for account in &found.items {
            items.push(self.view(account, Some(holder)).await?);
        }
        Ok(Done {
            reply: Reply::Accounts(Listed { items, has_more: found.has_more }),
            wallet: None,
            device: None,
        })
    }

    pub(crate) async fn unlock(
        &self,
        subject: Subject,
        kind: Kind,
        reason: String,
        holder: Holder,
    ) -> Step<Done> {
        let unlock =
            move |account: &mut Account, scene: &Scene<'_>| credential::unlock(account, kind, reason, scene);
        self.conclude_shown(&subject, holder, unlock, Reply::Unlocked).await
    }

    /// Lets nobody guess at a secret any more that is known to be compromised.
    pub(crate) async fn disable_secret(
        &self,
        subject: Subject,
        kind: Kind,
        reason: String,
        holder: Holder,
    ) -> Step<Done> {
        let disable =
            move |account: &mut Account, scene: &Scene<'_>| credential::disable(account, kind, reason, scene);
        self.conclude_shown(&subject, holder, disable, Reply::Account).await
    }

    /// Decides something about an account, and shows it as it is then.
    async fn conclude_shown<F>(
        &self,
        subject: &Subject,
        holder: Holder,
        decide: F,
        reply: fn(Box<AccountView>) -> Reply,
    ) -> Step<Done>
    where
        F: FnOnce(&mut Account, &Scene<'_>) -> Result<(), Refusal> + Clone + Send + 'static,
    {
        let found = self.find(subject).await?;
        let record = self.read(found.account).await?;
        let masked = self.mobiles(&record).await?.iter().map(Mobile::masked).collect();
        self.conclude(found.account, move |draft, scene| {
            decide(&mut draft.account, scene)?;
            let view = view::account(&draft.account, masked, Some(holder), scene);
            Ok(Done { reply: reply(Box::new(view)), wallet: None, device: None })
        })
        .await
    }

    /// Deletes everything of an account but its audit trail.
    pub(crate) async fn erase_account(&self, subject: Subject) -> Step<Done> {
        let found = self.find(&subject).await?;
        let (settings, origin, clock) =
            (self.settings.clone(), self.origin.clone(), self.inner.clock.clone());
        let erased = self.inner.store.erase(found.account, move |account| {
            let now = clock.now();
            let scene = Scene { now, policy: &settings.policy, origin: &origin };
            account.record(&scene, What::AccountErased);
        });
        if erased.await? {
            Ok(Done { reply: Reply::Gone, wallet: None, device: None })
        } else {
            Err(Refusal::UnknownAccount.into())
        }
    }

    /// The rules for first secrets, asked of the request alone.
    pub(crate) fn allow_all(&self, secrets: &[(Kind, NewSecret)]) -> Result<(), Refusal> {
        for (kind, secret) in secrets {
            self.allow(*kind, secret)?;
        }
        let of = |kind| secrets.iter().find(|(k, _)| *k == kind).map(|(_, secret)| secret);
        match (of(Kind::Login), of(Kind::Payment)) {
            (Some(login), Some(payment)) if unchanged(&login.presented, payment) => Err(Refusal::SameAsLogin),
            _ => Ok(()),
        }
    }

    async fn new_wallet(&self, wallet: NewWallet) -> Step<Wallet> {
        let app = self.inner.store.app(wallet.app).await?.filter(|app| app.tenant == self.tenant);
        match app {
            Some(app) if app.proof.kind() == AppKind::Spark => {
                Ok(Wallet { app: app.id, addr: wallet.addr, user_id: wallet.user_id })
            }
            _ => Err(Refusal::UnknownApp.into()),
        }
    }

    pub(crate) fn lookups(&self, names: &[Identifier], mobiles: &[Mobile]) -> Vec<Lookup> {
        let keyring = self.keyring();
        let names = names.iter().map(|name| Lookup::Name(name_index(&keyring, &self.tenant, name)));
        let mobiles =
            mobiles.iter().map(|mobile| Lookup::Mobile(mobile_index(&keyring, &self.tenant, mobile)));
        names.chain(mobiles).collect()
    }

    async fn in_every_app(&self, name: impl Fn(AppId) -> Identifier) -> Step<Vec<Identifier>> {
        Ok(self.spark_apps().await?.into_iter().map(name).collect())
    }

    /// Every app that can own wallets.
    pub(crate) async fn spark_apps(&self) -> Step<Vec<AppId>> {
        let mut spark = Vec::new();
        let mut page = Page { after: None, limit: MANY };
        loop {
            let apps = self.inner.store.apps(self.tenant.clone(), page).await?;
            spark.extend(apps.iter().filter(|app| app.proof.kind() == AppKind::Spark).map(|app| app.id));
            match apps.last() {
                Some(last) if apps.len() == MANY as usize => page.after = Some(last.id),
                _ => return Ok(spark),
            }
        }
    }

    async fn by_names(&self, names: Vec<Identifier>) -> Step<Listed<Account>> {
        let mut ids = Vec::new();
        for name in &names {
            ids.extend(self.find_name(name).await?);
        }
        ids.sort_unstable();
        ids.dedup();
        self.read_all(ids).await
    }

    async fn read_all(&self, ids: Vec<AccountId>) -> Step<Listed<Account>> {
        let mut items = Vec::with_capacity(ids.len());
        for id in ids {
            items.extend(self.inner.store.read(id).await?);
        }
        Ok(Listed { items, has_more: false })
    }

    async fn view(&self, account: &Account, holder: Option<Holder>) -> Step<AccountView> {
        let masked = self.mobiles(account).await?.iter().map(Mobile::masked).collect();
        Ok(self.look(|scene| view::account(account, masked, holder, scene)))
    }
}

/// The member of the request that an identifier came from.
pub(crate) const fn member(identifier: &Identifier) -> &'static str {
    match identifier {
        Identifier::Username(_) => "username",
        Identifier::UserId(_) => "user_id",
        Identifier::WalletAddr(..) => "spark.wallet_addr",
        Identifier::WalletUser(..) => "spark.user_id",
        Identifier::Agent(_) => "usercode",
    }
}
