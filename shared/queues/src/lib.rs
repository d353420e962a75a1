#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod load;
mod sender;

pub use load::{LoadMessage, NotALoadMessage};
pub use sender::{LoadQueue, SendError};
