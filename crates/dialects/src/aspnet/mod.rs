//! What `tour` and `flowmeter` share: both speak as ASP.NET Web API does, and prove their callers by HAWK.
//!
//! Not a dialect itself. Sources: documents 001 and 004 for the bodies; the framework's own formatters, content
//! negotiator and `HttpError` for everything that the documents take for granted.
//!
//! | file | what it holds |
//! |---|---|
//! | `media.rs` | which formatter reads, which writes |
//! | `read/` | JSON, XML, form and BSON into named members |
//! | `members.rs` | members, and what is wrong with them |
//! | `content.rs` | the two bodies that are ever written, in JSON, XML and BSON |
//! | `voice.rs` | those bodies as answers, with status and headers |
//! | `translate.rs` | outcome to answer, as far as both dialects agree |
//! | `hawk.rs` | proving requests and signing answers |
//! | `cipher.rs` | the text form of a ciphertext |
//! | `settings.rs` | the words that both dialects' settings use |
//! | `texts.rs` | what people read, in three languages |
//! | `openapi.rs` | what both parts of the OpenAPI document have in common |

pub(crate) mod cipher;
mod content;
pub(crate) mod hawk;
mod media;
mod members;
pub(crate) mod openapi;
mod read;
pub mod settings;
mod texts;
pub(crate) mod translate;
mod voice;

pub(crate) use members::Model;
pub(crate) use read::read;
pub(crate) use texts::Text;
pub(crate) use voice::Voice;
