//! Everything that needs a key, a dice or a memory-hard function. Nothing here knows a rule of the domain,
//! a store or a network; randomness and time are arguments.
//!
//! # The public surface
//!
//! ```text
//! entropy   trait Entropy { fn fill(&self, &mut [u8]) }   object safe: pass &dyn Entropy
//!           trait Draw: Entropy                            blanket; import it for the helpers
//!             array::<N>() -> [u8; N]   digits(n, first_nonzero) -> SecretText   token(bytes) -> SecretText
//!           OsEntropy   SeededEntropy::new(u64)            the second for tests and simulation only
//!
//! input     kdf_input(&Presented, Input) -> Result<SecretBytes, DigestAgainstPlain>
//!           new_input(&Presented, preferred: Input) -> (Input, SecretBytes)
//!
//! legacy    upper_md5(&[u8]) -> LegacyDigest
//!           Kdf, Mode, Profile { kdf, mode }: Profile::ALL, Profile::parse("sha256+ecb"), Display
//!           derive_key(Kdf, message: &[u8]) -> SecretBytes                                (24 bytes)
//!           decrypt(&[Profile], message: &[u8], ciphertext: &[u8]) -> Result<(LegacyDigest, Profile), Undecryptable>
//!           encrypt(Profile, message: &[u8], &LegacyDigest) -> Result<Vec<u8>, DegenerateKey>
//!           tour_message(session_key: &SecretText, login: &LegacyDigest) -> SecretBytes
//!           tour_hawk_key(session_key: &SecretText, login: &LegacyDigest) -> SecretText
//!           flowmeter_message(verify_code: &SecretText) -> SecretBytes
//!
//! hawk      HawkHeader::parse(&str) -> Result<HawkHeader, HawkError>     Missing if of another scheme
//!             { pub id, ts (seconds), nonce, mac, hash: Option, ext: Option, app: Option, dlg: Option }
//!           Algorithm { Sha256, Sha1 }   Ext::parse(&str) -> Option<Ext>
//!           Request { method, resource, host, port, content_type: Option<&str>, body: &[u8] }
//!           authenticate(&Request, &HawkHeader, &SecretText, Algorithm, now: Timestamp, skew: Span)
//!             -> Result<Authentic, HawkError>
//!           Authentic::replay_identity() -> (&str id, &str nonce, i64 ts)   Authentic::header() -> &HawkHeader
//!           server_authorization(&Authentic, &SecretText, Option<&str>, body: &[u8], Option<&Ext>) -> String
//!           answer_authorization(&Request, &HawkHeader, &SecretText, Algorithm, Option<&str>, body: &[u8])
//!             -> Option<String>                                  (also for a good MAC that is then refused)
//!           HawkError { Missing, Malformed(HeaderFault), UnknownCredentials, BadMac, MissingPayloadHash,
//!             BadPayloadHash, StaleTimestamp { ts, tsm }, Replay }: www_authenticate() -> String, reason()
//!           authorization_header(&Credentials { id, key, algorithm }, &Request,
//!             &Stamp { now, nonce, ext, app, dlg }) -> Result<String, NotAnAttribute>
//!           confirm_server_authorization(&Credentials, &Request, sent: &HawkHeader, answer: &str,
//!             content_type: Option<&str>, body: &[u8]) -> bool
//!
//! seal      MasterKey::{generate(&dyn Entropy), parse(&SecretText) -> Result<_, NotAMasterKey>,
//!             expose_text() -> SecretText, fingerprint() -> MasterFingerprint}
//!           DataKeyId(u32)   WrappedDataKey { id, wrapped: Vec<u8> }   WrappedRoot { wrapped: Vec<u8> }
//!           Keyring::create(&dyn Entropy, &MasterKey) -> (Keyring, WrappedRoot, WrappedDataKey)
//!           Keyring::unwrap(&MasterKey, &[WrappedDataKey], &WrappedRoot) -> Result<Keyring, KeyringError>
//!           keyring.rotate(&dyn Entropy, &MasterKey) -> Result<(Keyring, WrappedDataKey), KeyringError>
//!           keyring.rewrap(&dyn Entropy, new: &MasterKey) -> (Keyring, WrappedRoot, Vec<WrappedDataKey>)
//!           keyring.{current() -> DataKeyId, ids()}
//!           keyring.seal(&dyn Entropy, &Place, &[u8]) -> Sealed
//!           keyring.open(&Place, &Sealed) -> Result<SecretBytes, SealError { UnknownKey(DataKeyId), Tampered }>
//!           keyring.key_of(&Sealed) -> Option<DataKeyId>   keyring.is_stale(&Sealed) -> bool
//!           keyring.reseal(&dyn Entropy, &Place, &Sealed) -> Option<Sealed>
//!           keyring.blind(BlindDomain, parts: &[&[u8]]) -> [u8; 32]
//!
//! canonical canonicalize(&str | &Value) -> Result<String, NotCanonical { Json, Twice, Depth, Number }>    (RFC 8785)
//!           digest(&str) -> [u8; 32]   digest_text(&[u8; 32]) -> String    (base64url, 43 characters)
//!
//! jws       Algorithm { EdDsa, Es256, Rs256, Ps256 }   SigningAlgorithm { EdDsa, Es256 }: parse, as_str
//!           SigningKey::generate(SigningAlgorithm, &dyn Entropy) / open(SigningAlgorithm, SecretBytes)
//!             id() -> &str   public() -> &PublicKey   expose_private()   sign(typ, &[u8]) -> Result<String, SigningFault>
//!           PublicKey::parse_jwk(&str) -> Result<_, NotAKey>   to_jwk()   thumbprint() -> [u8; 32]   thumbprint_text()   id()   algorithms()
//!           KeySet::{new, parse(&str) -> Result<_, NotASet>}   to_jwks()   keys()
//!             verify(token, Typ) -> Result<Verified { payload, algorithm }, JwsError>
//!           Unverified::parse(token)?.verify(&PublicKey, Typ::{Exactly(&str), OneOfOrNone(&[&str])})
//!
//! receipt   Receipt { issuer, audience, account, intent, digest, amount, currency, payee, methods: Vec<Method>, issued,
//!             expires, authenticated, exemption }: sign(&SigningKey) -> Result<String, SigningFault>
//!             verify(token, &KeySet) -> Result<Receipt, NotAReceipt>   is_expired(now)
//!           Method: the words of RFC 8176, parse, as_str
//!
//! engine    Params::new(memory_kib, passes, lanes) -> Result<Params, InvalidParams>; accessors of those names;
//!             Params::{OWASP_19M (default), OWASP_7M, RFC9106_64M, CEILING, CHEAP (tests only)}
//!           Phc::parse(SecretText) -> Result<Phc, NotAPhc>   phc.expose() -> &str
//!           params_of(&Phc) -> Params   is_current(&Phc, &Params) -> bool
//!           trait Engine   FastEngine   ReferenceEngine   EngineChoice { Fast, Reference }: parse, as_str,
//!             build(&Params, ceiling: &Params) / build_within(&Params, ceiling: &Params, &Memory)
//!           Memory::new(kib) shared allowance of what does not fit an arena, what is larger is lent alone; allowance_kib()
//!           engines_within(&PoolConfig, Memory) -> EngineMaker      for HashPool::start_with
//!           self_check() -> Result<(), SelfCheckFailed>
//!           PoolConfig { workers: NonZeroUsize, queue, target, nice, params, ceiling, choice }   PoolConfig::new(params)
//!           HashPool::start(PoolConfig) / start_observed(PoolConfig, Arc<dyn HashObserver>)
//!             / start_with(PoolConfig, Option<Arc<dyn HashObserver>>, &EngineMaker)   -> Result<HashPool, StartError>
//!           Need { tenant, hashes, within }   Need::one(TenantId)
//!           pool.reserve(Need) -> Result<Slot, Overloaded { retry_after: Span, reason: Reason }>
//!           pool.hash_in_background(SecretBytes, [u8; 16]).await -> Result<Phc, EngineFault>
//!           pool.counts() -> Counts   pool.params()   pool.priority() -> &Priority   pool.verifies(&Params) -> bool
//!           pool.first_hash() / pool.least_target() -> Duration
//!           slot.compare(Kind, &Phc, SecretBytes).await -> Result<bool, EngineFault>
//!           slot.decoy(Kind, SecretBytes).await -> Result<(), EngineFault>
//!           slot.hash(SecretBytes, [u8; 16]).await -> Result<Phc, EngineFault>
//!           counts.{real(Kind), decoy(Kind), hashes(), faults(), waiting(), background(), workers(), taken(),
//!             capacity(), refused(Reason)}
//!           EngineFault { Engine(EngineError), Panicked, Ended }   EngineError { AboveCeiling, OutOfMemory, Failed(String) }
//!           trait HashObserver { fn observed(&self, Work, Duration), waited(&self, Class, Duration) }
//!             Work { Compare(Kind), Decoy(Kind), Hash }   Class { Live, Background }
//!
//! webhook   Signer::{draw(&dyn Entropy) -> SecretBytes, new(Scheme, &SecretBytes) -> Option<Signer>}
//!           signer.{sign(id, seconds, body) -> String, shown() -> Option<SecretText>, public() -> Option<[u8; 32]>}
//!           public_text(&[u8; 32]) -> String
//! ```
//!
//! # Secrets
//!
//! What holds a key or a verifier cannot be printed:
//!
//! ```compile_fail,E0277
//! fn printable<T: core::fmt::Debug>() {}
//! printable::<countersign_crypto::seal::MasterKey>();
//! ```
//! ```compile_fail,E0277
//! fn printable<T: core::fmt::Debug>() {}
//! printable::<countersign_crypto::seal::Keyring>();
//! ```
//! ```compile_fail,E0277
//! fn printable<T: core::fmt::Debug>() {}
//! printable::<countersign_crypto::engine::Phc>();
//! ```
//! ```compile_fail,E0277
//! fn printable<T: core::fmt::Debug>() {}
//! printable::<countersign_crypto::jws::SigningKey>();
//! ```
#![forbid(unsafe_code)]

pub mod access_token;
pub mod canonical;
pub mod engine;
pub mod entropy;
pub mod hawk;
pub mod input;
pub mod jws;
pub mod legacy;
pub mod receipt;
pub mod seal;
pub mod webhook;

mod keyed_hash;
mod strict_json;
