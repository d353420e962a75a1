#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod body;
mod caller;
mod code;
mod cursor;
mod enrolled;
mod fault;
mod fields;
mod person_fields;
mod problem;
mod request;
mod response;

pub use caller::{Caller, Role};
pub use code::{Act, Code};
pub use cursor::{Page, PageLimits};
pub use enrolled::enrolled;
pub use fault::Fault;
pub use fields::{Fields, LARGE_BODY_LIMIT};
pub use problem::{Problem, chain};
pub use request::{HEADERS, RawRequest, Request};
pub use response::Response;
