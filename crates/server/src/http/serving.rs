//! The step from what a connection brings to the one handler of a listener.

use core::convert::Infallible;
use core::future::{Future, Ready, ready};
use core::net::IpAddr;
use core::pin::Pin;
use core::task::{Context, Poll};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, Response};
use http_body::Frame;
use tower_service::Service;

use super::client::{Client, UnderWay};

/// What a listener does with every request, wherever it goes. There is nothing to route: paths belong to the dialects.
pub trait Handler: Clone + Send + 'static {
    /// Answers a request that came from there.
    fn handle<B>(self, from: IpAddr, request: Request<B>) -> impl Future<Output = Response<Body>> + Send
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>;
}

/// Gives every connection the handler.
pub(super) struct Connections<H>(pub(super) H);

/// The handler of one connection, and who is at its other end.
#[derive(Clone)]
pub(super) struct Requests<H> {
    handler: H,
    client: Client,
}

/// The body of an answer that goes on.
struct GoesOn {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for GoesOn {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

impl<H: Handler> Service<Client> for Connections<H> {
    type Response = Requests<H>;
    type Error = Infallible;
    type Future = Ready<Result<Requests<H>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, client: Client) -> Self::Future {
        ready(Ok(Requests { handler: self.0.clone(), client }))
    }
}

impl<H, B> Service<Request<B>> for Requests<H>
where
    H: Handler,
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Tells the connection that a request is under way on it, until it is answered or given up.
        let under_way = self.client.activity.begin();
        let (handler, from) = (self.handler.clone(), self.client.address.ip());
        // What handles it is made inside the box: made outside, its whole size would be copied into it.
        Box::pin(async move {
            let answer = handler.handle(from, request).await;
            // One that goes on without an end in sight is under way until its end.
            if answer.body().size_hint().exact().is_none() {
                return Ok(answer.map(|body| Body::new(GoesOn { body, _under_way: under_way })));
            }
            drop(under_way);
            Ok(answer)
        })
    }
}
