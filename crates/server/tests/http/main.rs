//! The server's own conduct, with a whole server in this process and plain sockets against it: bounds, answers,
//! TLS, health, reload and drain. What dialects say is tested elsewhere; here a small one of our own speaks.

mod admin;
mod answers;
mod bounds;
mod http2;
mod idempotency;
mod lifecycle;
mod overload;
mod person;
mod probe;
mod process;
mod site;
mod tls;
mod wire;
