//! Inquiries between municipalities: the recorded bases, what is asked and answered on them, how much of it on a day,
//! and the log that tells of it.

mod answered;
mod consent_item;
mod consents;
mod day_count;
mod inquiries;
mod log;
mod log_event;
mod released;

pub use answered::{Answering, NewAnswer, answer_place};
pub use consent_item::{Consent, Evidence};
pub use consents::{Changed, Recording};
pub use day_count::{DayCount, Mismatches};
pub use inquiries::{Claim, Ending, Inquiry, NewClaim, NewEnding};
pub use log::{LogEntry, LogHead};
pub use log_event::{HolderOutcome, LogEvent, Terms};
pub use released::Releasing;
