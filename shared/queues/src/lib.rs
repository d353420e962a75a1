#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod dose;
mod load;
mod sender;

pub use dose::{DoseMessage, NotADoseMessage};
pub use load::{LoadMessage, NotALoadMessage};
pub use sender::{DoseQueue, LoadQueue, Message, SendError, Sender};
