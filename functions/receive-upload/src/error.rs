use crate::event::NotANotification;

/// A message could not be worked off; it comes again. Nothing of a person is in here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    /// Another worker checks the file.
    #[error("another worker checks the file")]
    Busy,
    /// The invocation's time is not enough for the file.
    #[error("the invocation's time is up")]
    OutOfTime,
    /// The message is not one of S3's.
    #[error(transparent)]
    Message(#[from] NotANotification),
    /// The event is of another bucket: its notification, or a right to the queue, is set up wrongly.
    #[error("the event is not of the drop bucket; nothing was read")]
    ForeignBucket,
    /// The table failed.
    #[error("the table failed")]
    Store(#[from] store::StoreError),
    /// A bucket failed.
    #[error("a bucket failed")]
    Objects(#[from] objects::ObjectsError),
    /// The file could not be read again.
    #[error(transparent)]
    Reread(#[from] reread::RereadError),
    /// The manifest failed.
    #[error("the manifest failed")]
    Manifest(#[from] manifest::ManifestError),
    /// The queue failed.
    #[error("the queue failed")]
    Queue(#[from] queues::SendError),
    /// A setting of the municipality cannot be used.
    #[error("the municipality's column mapping cannot be used")]
    Mapping,
}

impl ReceiveError {
    /// Whether the same message may succeed later without anybody doing something.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Busy | Self::OutOfTime | Self::Queue(_) => true,
            Self::Store(error) => error.is_passing(),
            Self::Reread(error) => error.is_passing(),
            Self::Objects(error) | Self::Manifest(manifest::ManifestError::Objects(error)) => {
                error.is_passing()
            }
            Self::Message(_)
            | Self::ForeignBucket
            | Self::Manifest(manifest::ManifestError::Damaged { .. })
            | Self::Mapping => false,
        }
    }
}
