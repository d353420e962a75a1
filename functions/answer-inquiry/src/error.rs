use crypto::{KmsError, OpenError, ResidentTag};
use invocations::NotAnAsk;
use store::StoreError;

/// No answer could be given; the same question may be asked again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    /// The event is no question.
    #[error(transparent)]
    Event(#[from] NotAnAsk),
    /// The table or the key service failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept of this person cannot be read.
    #[error("a record cannot be read")]
    Record {
        /// By the name they have everywhere.
        resident: ResidentTag,
        /// What is wrong.
        source: StoreError,
    },
    /// An entry of the index does not open: it was spoilt, or is not the person's.
    #[error("an entry of the index cannot be read")]
    Pointer(#[source] OpenError),
    /// What was answered before does not open.
    #[error("an earlier answer cannot be read")]
    Kept(#[from] OpenError),
}

impl AnswerError {
    /// Whether the same question may be answered without anybody mending what is kept here of this person.
    /// What concerns the whole municipality stops whoever asks, and is not told as one person's.
    pub(crate) const fn is_passing(&self) -> bool {
        match self {
            Self::Event(_) | Self::Store(_) => true,
            Self::Record { .. } | Self::Pointer(_) | Self::Kept(_) => false,
        }
    }

    /// A failure to read this person.
    pub(crate) fn of_record(self, resident: ResidentTag) -> Self {
        match self {
            Self::Store(source @ StoreError::Damaged { .. }) => Self::Record { resident, source },
            other => other,
        }
    }
}

impl From<KmsError> for AnswerError {
    fn from(error: KmsError) -> Self {
        Self::Store(error.into())
    }
}
