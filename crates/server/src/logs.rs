//! The log: structured lines on standard error.

use std::io::{IsTerminal, stderr};

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, FilterFn, LevelFilter, ParseError, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt, reload};

use crate::config::{Log, LogFormat};

/// The only targets that speak below `warn`: our own crates.
const OURS: &str = "countersign";

/// Changes the filter while the server runs.
#[derive(Clone)]
pub struct LogHandle(reload::Handle<EnvFilter, Registry>);

/// Starts the log of this process.
///
/// # Errors
/// The filter is none, or a log was started before.
pub fn start(log: &Log, colours: bool) -> Result<LogHandle, LogError> {
    let (filter, handle) = reload::Layer::new(parse(&log.filter)?);
    let lines = match log.format {
        LogFormat::Text => {
            fmt::layer().with_ansi(colours && stderr().is_terminal()).with_writer(stderr).boxed()
        }
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(stderr).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter.and(quiet()))).try_init()?;
    Ok(LogHandle(handle))
}

impl LogHandle {
    /// Puts another filter in force (SIGHUP). The form of a line changes only with a restart.
    ///
    /// # Errors
    /// The filter is none; the old one stays in force.
    pub fn reload(&self, log: &Log) -> Result<(), LogError> {
        self.0.reload(parse(&log.filter)?).map_err(|_| LogError::Gone)
    }
}

/// Why the log could not be started or changed.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter cannot be read.
    #[error(
        "log.filter is no filter: {0}; write a level such as info, or directives such as info,countersign_store=debug"
    )]
    Filter(#[from] ParseError),
    /// A word is neither a level nor one of our targets.
    #[error("log.filter: {0} is no level; the levels are error, warn, info, debug, trace and off")]
    Word(String),
    /// There is a log already.
    #[error("the log cannot be started: {0}")]
    Started(#[from] TryInitError),
    /// The log has ended.
    #[error("the log has ended")]
    Gone,
}

/// Reads a filter.
///
/// # Errors
/// It is none.
pub fn parse(filter: &str) -> Result<EnvFilter, LogError> {
    let directives: Vec<&str> = filter.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    // A misspelt level would be taken for the name of a target, and silence everything else.
    let known = |part: &str| {
        part.contains(['=', '[']) || part.starts_with(OURS) || part.parse::<LevelFilter>().is_ok()
    };
    if let Some(word) = directives.iter().find(|part| !known(part)) {
        return Err(LogError::Word((*word).to_owned()));
    }
    // Without an environment: what counts was read, with its origin, by the configuration.
    Ok(EnvFilter::builder().with_regex(false).parse(directives.join(","))?)
}

/// Lets everything at `warn` and above through, and below that only our own targets.
///
/// The HTTP, TLS and mail libraries print bytes of requests when they trace, and those hold passwords. So it is a list of
/// who may speak, not of who may not, and no filter goes past it.
fn quiet() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(|metadata| *metadata.level() <= Level::WARN || metadata.target().starts_with(OURS))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_filter_lets_a_dependency_trace() -> Result<(), LogError> {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let filter = parse("trace,hyper=trace,rustls=trace")?;
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter.and(quiet())));
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "hyper::proto", "bytes of a request");
            tracing::info!(target: "lettre", "bytes of a mail");
            tracing::warn!(target: "rustls", "a warning");
            tracing::trace!(target: "countersign_server::http", "ours");
        });
        let text = lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains("bytes"), "{text}");
        assert!(text.contains("a warning") && text.contains("ours"), "{text}");
        Ok(())
    }

    #[test]
    fn refuses_what_is_no_filter() {
        for filter in ["countersign=loud", "verbose", "info,verbose"] {
            assert!(parse(filter).is_err(), "{filter}");
        }
        for filter in
            ["info", "WARN, countersign_store=debug", "off", "countersign_server", "hyper=trace,info"]
        {
            assert!(parse(filter).is_ok(), "{filter}");
        }
    }
}
