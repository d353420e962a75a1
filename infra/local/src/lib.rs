//! The whole stack in one process, wired from `infra/template.yaml`.
//!
//! [`LocalStack::start`] builds tables, buckets, queues, keys, functions and routes as the template
//! says, in memory or in a folder. The functions are the ones that are deployed; they reach the
//! services through the real AWS SDKs, whose HTTP client answers in process and holds every call
//! against the role that the template gives the function.
//!
//! What a caller may rely on:
//!
//! - A folder survives the death of its process: what was answered is kept, messages that were
//!   handed out come back at once.
//! - In memory, under one thread and paused timers, the same calls happen in the same order.
//! - What the template says and this crate does not know is an error at the start.
#![warn(missing_docs)]

mod access;
mod answer;
pub mod aws;
mod buckets;
mod clock;
mod console;
pub mod dynamodb;
mod folder;
pub mod functions;
pub mod gateway;
pub mod host;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod oidc;
pub mod s3;
mod serve;
pub mod sqs;
mod stack;
mod stream;
mod sts;
pub mod template;

pub use clock::TimerClock;
pub use serve::{Listeners, Urls};
pub use stack::{ACCESS_KEY, Intercept, LocalStack, Options};
