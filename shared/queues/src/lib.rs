#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod dose;
mod export;
mod inquiry;
mod load;
mod sender;

pub use dose::{DoseMessage, NotADoseMessage};
pub use export::{ExportMessage, NotAnExportMessage};
pub use inquiry::{InquiryMessage, NotAnInquiryMessage};
pub use load::{LoadMessage, NotALoadMessage};
pub use sender::{DoseQueue, ExportQueue, InquiryQueue, LoadQueue, Message, SendError, Sender};
