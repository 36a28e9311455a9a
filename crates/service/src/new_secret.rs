//! A new secret: is it allowed, and what is stored of it.

use std::collections::HashSet;
use std::sync::LazyLock;

use countersign_crypto::engine::Slot;
use countersign_crypto::entropy::Draw;
use countersign_crypto::input::{digest_of, new_input};
use countersign_crypto::legacy::upper_md5;
use countersign_crypto::seal::Place;
use countersign_domain::answer::Refusal;
use countersign_domain::attempt;
use countersign_domain::command::NewSecret;
use countersign_domain::common;
use countersign_domain::id::AccountId;
use countersign_domain::secret::{Kind, Presented, Verifier};
use countersign_store::door::Store;

use crate::case::{Case, Step};
use crate::guess::not_made;

/// Digests of the common secrets that can be listed: all that can be known of a secret delivered as its digest.
static COMMON_DIGESTS: LazyLock<HashSet<[u8; 32]>> =
    LazyLock::new(|| common::listed().map(|secret| *upper_md5(secret.as_bytes()).expose()).collect());

impl<S: Store> Case<S> {
    /// The rules that can be asked without comparing anything with anything stored.
    pub(crate) fn allow(&self, kind: Kind, new: &NewSecret) -> Result<(), Refusal> {
        let (least, most) = new.chars;
        let words = &self.settings.policy.context_words;
        let common = match &new.presented {
            Presented::Plain(text) if text.chars() < least => return Err(Refusal::TooShort(least)),
            Presented::Plain(text) if text.chars() > most => return Err(Refusal::TooLong(most)),
            Presented::Plain(text) => common::is_common(text.expose()) || words.are_in(text.expose()),
            Presented::Digest(digest) => {
                let alone = |word: String| upper_md5(word.as_bytes()).expose() == digest.expose();
                COMMON_DIGESTS.contains(digest.expose()) || words.written().any(alone)
            }
        };
        if common {
            self.inner.observer.common_secret(kind, new.refuse_common);
        }
        if common && new.refuse_common { Err(Refusal::TooCommon) } else { Ok(()) }
    }

    /// Asks whether a new payment secret is the login secret, which is itself a guess at the login secret: charged
    /// from its own budget, and asked last, when everything else about the request is right.
    pub(crate) async fn differs_from_login(
        &self,
        slot: &Slot,
        account: AccountId,
        kind: Kind,
        new: &NewSecret,
    ) -> Step<()> {
        if kind != Kind::Payment {
            return Ok(());
        }
        let tag = self.tag();
        let begun = self.decide(account, move |draft, scene| {
            let verifier = attempt::begin_same_as_login(&mut draft.account, tag, scene)?;
            Ok::<_, Refusal>(verifier.map(|verifier| (verifier, scene.now)))
        });
        let Some((verifier, at)) = begun.await?? else { return Ok(()) };
        let compared = match self.compare(slot, account, Kind::Login, &verifier, &new.presented).await {
            Err(stop) if not_made(&stop) => {
                let given_back = self.decide(account, move |draft, _| {
                    attempt::take_back_question(&mut draft.account, tag, at);
                });
                given_back.await?;
                return Err(stop);
            }
            compared => compared?,
        };
        if compared.is_some() {
            return Err(Refusal::SameAsLogin.into());
        }
        Ok(())
    }

    /// Makes the verifier of a new secret, sealed to the version that it will be.
    pub(crate) async fn verifier(
        &self,
        slot: &Slot,
        account: AccountId,
        kind: Kind,
        version: u64,
        new: &Presented,
    ) -> Step<Verifier> {
        let (input, bytes) = new_input(new, self.settings.policy.input);
        let phc = slot.hash(bytes, self.inner.entropy.array()).await?;
        let sealed = self.seal(&Place::Verifier { account, kind, version }, phc.expose().as_bytes());
        Ok(Verifier { version, input, sealed })
    }
}

/// How many hashes a new secret of this kind takes: its own, and for a payment secret the question whether it is the
/// login secret.
pub(crate) const fn hashes_for_new(kind: Kind) -> u32 {
    match kind {
        Kind::Payment => 2,
        Kind::Login | Kind::Query => 1,
    }
}

/// Whether old and new are the same as delivered. Asked of the request alone, so it compares nothing stored.
pub(crate) fn unchanged(old: &Presented, new: &NewSecret) -> bool {
    match (old, &new.presented) {
        (Presented::Plain(old), Presented::Plain(new)) => old == new,
        (old, new) => digest_of(old) == digest_of(new),
    }
}
