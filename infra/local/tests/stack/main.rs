//! The local stack: its reading of the template, its services through the real SDKs, its host of
//! functions, its gateway, its ports.

#![expect(
    clippy::unwrap_used,
    clippy::duration_suboptimal_units,
    reason = "a test that cannot go on says where, and counts seconds as the template does"
)]

mod dynamodb;
mod gateway;
mod host;
mod kms;
mod ports;
mod restart;
mod roles;
mod sqs;
mod template;
mod world;
