//! What the operating system asks of a server: SIGTERM and SIGINT drain it, SIGHUP reloads it.

use countersign_service::Store;
use tokio::signal::unix::{SignalKind, signal};

use super::{Bound, RunError, Site, start};

/// Serves until SIGTERM or SIGINT, then drains. `ready` is told where, once both listeners accept connections.
///
/// # Errors
/// As [`start`]; or a listener whose socket fails.
pub async fn serve<S: Store>(site: Site<S>, ready: impl FnOnce(Bound)) -> Result<(), RunError> {
    // Before the first connection: a signal that comes early must not end the process unprepared.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut running = start(site).await?;
    running.reseal();
    ready(running.bound());
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => running.reload().await,
            failed = running.failed() => return Err(failed),
        }
    }
    running.drain().await;
    Ok(())
}
