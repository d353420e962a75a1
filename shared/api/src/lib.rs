#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod caller;
mod cursor;
mod fields;
mod problem;
mod request;
mod response;

pub use caller::{Caller, Role};
pub use cursor::{Page, PageLimits};
pub use fields::{BODY_LIMIT, Fields};
pub use problem::{Act, Code, Fault, Problem};
pub use request::{RawRequest, Request};
pub use response::Response;
