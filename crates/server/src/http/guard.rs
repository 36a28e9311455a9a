//! How many connections there may be, and how long one may lie still.

use core::future::{Future, Ready, ready};
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Admits connections up to a number, and gives each one a limit on lying still.
///
/// The limit is what ends a client that connects and says nothing: the time for a request's head only begins with
/// its first byte.
#[derive(Clone)]
pub(super) struct Guard {
    places: Arc<Semaphore>,
    idle: Duration,
}

impl Guard {
    /// For so many connections at once, each still for at most `idle`.
    pub(super) fn new(connections: usize, idle: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))), idle }
    }
}

impl<S> Accept<TcpStream, S> for Guard {
    type Stream = Guarded<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    /// One connection too many is closed at once, which tells a load balancer to look elsewhere.
    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return ready(Err(io::Error::other("too many connections")));
        };
        // Answers are small and written whole; holding them back for more only adds latency.
        let admitted =
            stream.set_nodelay(true).map(|()| (Guarded::new(stream, self.idle, Some(place)), service));
        ready(admitted)
    }
}

/// A stream that ends with an error once nothing has moved on it for too long, in either direction.
pub(super) struct Guarded<T> {
    stream: T,
    idle: Duration,
    until: Pin<Box<Sleep>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl<T> Guarded<T> {
    fn new(stream: T, idle: Duration, place: Option<OwnedSemaphorePermit>) -> Self {
        Self { stream, idle, until: Box::pin(sleep(idle)), _place: place }
    }

    /// Something moved, or the wait goes on, or it is over.
    fn judge<R>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if poll.is_ready() {
            let until = Instant::now() + self.idle;
            self.until.as_mut().reset(until);
            return poll;
        }
        self.until.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.judge(cx, poll)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(cx, poll)
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
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.judge(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_lies_still_ends() {
        let (near, mut far) = duplex(64);
        let mut guarded = Guarded::new(near, Duration::from_secs(10), None);
        advance(Duration::from_secs(9)).await;
        far.write_all(b"x").await.expect("the other end reads");
        assert_eq!(guarded.read_u8().await.expect("in time"), b'x');
        advance(Duration::from_secs(9)).await;
        guarded.write_all(b"y").await.expect("the other end reads");
        let end = guarded.read_u8().await.expect_err("nothing more comes");
        assert_eq!(end.kind(), io::ErrorKind::TimedOut);
    }
}
