/// A message could not be worked off; it comes again. Nothing of a person is in here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// The message is not one of ours.
    #[error(transparent)]
    Message(#[from] queues::NotAnExportMessage),
    /// Another invocation makes the same export.
    #[error("another invocation makes this export")]
    Held,
    /// Doses went on changing while they were read.
    #[error("the records changed while they were read")]
    Moving,
    /// The invocation would end before everybody is read.
    #[error("the invocation is too short: {persons} persons were read")]
    OutOfTime {
        /// So many were.
        persons: u64,
    },
    /// A task that read for this one was lost.
    #[error("a reader broke off")]
    BrokenOff,
    /// The table failed.
    #[error("the table failed")]
    Store(#[from] store::StoreError),
    /// The drop bucket failed.
    #[error("a bucket failed")]
    Objects(#[from] objects::ObjectsError),
    /// The queue failed.
    #[error("the queue failed")]
    Queue(#[from] queues::SendError),
    /// A table could not be written.
    #[error("a table could not be written")]
    Ledger(#[from] layouts::ledger::LedgerError),
    /// A resource or the manifest could not be written.
    #[error("JSON could not be written")]
    Json(#[from] serde_json::Error),
}

impl ExportError {
    /// Whether the same message may succeed later without anybody doing something.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Held | Self::Moving | Self::BrokenOff | Self::Queue(_) => true,
            Self::Store(error) => error.is_passing(),
            Self::Objects(error) => error.is_passing(),
            Self::OutOfTime { .. } | Self::Message(_) | Self::Ledger(_) | Self::Json(_) => false,
        }
    }
}
