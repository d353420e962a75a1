use jiff::Timestamp;

/// A message could not be worked off; it comes again. Nothing of a person is in here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskInquiriesError {
    /// Another worker has the file under lease until the given time.
    #[error("another worker has the file under lease")]
    Busy(Timestamp),
    /// The invocation's time is up; the next worker begins the file anew.
    #[error("the invocation's time is up")]
    OutOfTime,
    /// The same, of a file that many workers did not come to the end of: a failure like any other.
    #[error("the invocation's time is up, as that of many before it")]
    NeverDone,
    /// The function's timeout leaves no time to write anything: a matter of its deployment.
    #[error("the function's timeout is too short")]
    TimeoutTooShort,
    /// The message is not one of ours.
    #[error(transparent)]
    Message(#[from] queues::NotAnInquiryMessage),
    /// The table failed.
    #[error("the table failed")]
    Store(#[from] store::StoreError),
    /// A bucket failed.
    #[error("a bucket failed")]
    Objects(#[from] objects::ObjectsError),
    /// The file could not be read again.
    #[error(transparent)]
    Reread(#[from] reread::RereadError),
    /// The queue failed.
    #[error("the queue failed")]
    Queue(#[from] queues::SendError),
    /// A row could not be asked; what was asked of it goes on when the message comes again.
    #[error(transparent)]
    Ask(#[from] asking::AskError),
    /// The answers could not be written down.
    #[error("the answers could not be written")]
    Answers(#[from] layouts::SafeCsvError),
    /// What was checked cannot be read again as it was; the file stays where it is, for the operator.
    #[error("an accepted file does not read as it was checked: {what}")]
    NotAsChecked {
        /// What differs.
        what: &'static str,
    },
}

impl AskInquiriesError {
    /// Whether the same message may succeed later without anybody doing something.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Busy(_) | Self::OutOfTime | Self::Queue(_) => true,
            Self::Store(error) => error.is_passing(),
            Self::Objects(error) => error.is_passing(),
            Self::Reread(error) => error.is_passing(),
            Self::Ask(error) => error.is_passing(),
            Self::NeverDone
            | Self::TimeoutTooShort
            | Self::Message(_)
            | Self::Answers(_)
            | Self::NotAsChecked { .. } => false,
        }
    }
}
