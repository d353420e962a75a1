#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod adapters;
mod connections;
mod direct;
mod dispatch;
mod error;
mod gateway;
mod handler;
mod lambda;
mod log;
mod metric;
mod panics;
mod queue;
mod retry;
mod settings;
mod stream;
mod tenants;

pub use adapters::{Adapters, sdk_config, system_clock};
pub use dispatch::dispatch;
pub use error::Error;
pub use handler::{BoxFuture, FailedRecord, Failure, Handler, OnQueue};
pub use lambda::{run, start, start_on_all_processors};
pub use log::{invocation, subscriber};
pub use panics::quiet_panics;
pub use retry::Retry;
pub use settings::{SettingError, Settings};
