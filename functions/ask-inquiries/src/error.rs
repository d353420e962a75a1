use chunks::{ChunkError, Unfinished};

/// A message could not be worked off; it comes again. Nothing of a person is in here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskInquiriesError {
    /// The worker did not come to the end, and nothing failed; the message is sent again.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
    /// This worker did not come to the end of a file, as many before it: a failure like any other.
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
            Self::Unfinished(_) | Self::Queue(_) => true,
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

impl ChunkError for AskInquiriesError {
    fn timeout_too_short() -> Self {
        Self::TimeoutTooShort
    }

    fn never_done() -> Self {
        Self::NeverDone
    }

    fn is_unfinished(&self) -> bool {
        matches!(self, Self::Unfinished(_))
    }

    /// Nothing waits for that: it is a failure like any other, and the message comes again.
    fn is_throttled(&self) -> bool {
        false
    }
}
