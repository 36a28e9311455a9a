//! How long a connection may be open without a request.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep};

use super::client::Activity;

/// A stream that ends with an error once no request was under way on it for too long.
///
/// Bytes do not count: an HTTP/2 client that answers PINGs moves bytes forever, and the time for a request's head
/// only begins with its first byte. While a request is under way nothing counts: how long one may take is bounded
/// elsewhere.
pub(super) struct Guarded<T> {
    stream: T,
    idle: Duration,
    until: Pin<Box<Sleep>>,
    activity: Arc<Activity>,
    _place: Option<OwnedSemaphorePermit>,
}

impl<T> Guarded<T> {
    pub(super) fn new(
        stream: T,
        idle: Duration,
        activity: Arc<Activity>,
        place: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self { stream, idle, until: Box::pin(sleep(idle)), activity, _place: place }
    }

    /// Fails once the time is over. Else the task is woken when it may be over, so that a stream on which nothing
    /// moves is looked at all the same.
    fn in_time(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.until.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let until = self.activity.rests_since().unwrap_or(now) + self.idle;
            if until <= now {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.until.as_mut().reset(until);
        }
        Ok(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.in_time(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.in_time(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.in_time(cx)?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::advance;

    use super::*;

    const IDLE: Duration = Duration::from_secs(10);

    fn guarded() -> (Guarded<DuplexStream>, Arc<Activity>, DuplexStream) {
        let (near, far) = duplex(64);
        let activity = Activity::new();
        (Guarded::new(near, IDLE, Arc::clone(&activity), None), activity, far)
    }

    async fn is_over(guarded: &mut Guarded<DuplexStream>) -> bool {
        let end = guarded.read_u8().await;
        end.is_err_and(|end| end.kind() == io::ErrorKind::TimedOut)
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_lies_still_ends() {
        let (mut guarded, _, _far) = guarded();
        assert!(is_over(&mut guarded).await);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_without_a_request_keep_nothing_open() {
        let (mut guarded, _, mut far) = guarded();
        for _ in 0..9 {
            advance(Duration::from_secs(1)).await;
            far.write_all(b"p").await.expect("the other end reads");
            assert_eq!(guarded.read_u8().await.expect("in time"), b'p');
            guarded.write_all(b"a").await.expect("in time");
        }
        far.write_all(b"p").await.expect("the other end reads");
        advance(Duration::from_secs(1)).await;
        assert!(is_over(&mut guarded).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_keeps_a_stream_open_and_the_time_begins_when_it_ends() {
        let (mut guarded, activity, mut far) = guarded();
        let (first, second) = (activity.begin(), activity.begin());
        drop(first);
        advance(3 * IDLE).await;
        far.write_all(b"x").await.expect("the other end reads");
        assert_eq!(guarded.read_u8().await.expect("it is still open"), b'x');
        drop(second);
        let rests = Instant::now();
        assert!(is_over(&mut guarded).await);
        let took = rests.elapsed();
        assert!(took >= IDLE && took < IDLE + Duration::from_millis(10), "{took:?}");
    }
}
