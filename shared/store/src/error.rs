use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Why a transaction is cancelled that is too much for one of its items.
const CANCELLED_AS_TOO_MUCH: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];
/// What else says so.
const TOO_MUCH: [&str; 5] = [
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "UnprocessedItems",
    "UnprocessedKeys",
];

/// A call to the store failed. Nothing a person is called or numbered is in here.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out or out of reach; the same call may be made again.
    #[error("the table did not answer for now ({code})")]
    TryAgain {
        /// The service's own code, or the stage that failed.
        code: String,
    },
    /// Somebody else moved the item first; look again and decide anew.
    #[error("somebody else moved it first")]
    Moved,
    /// Denied or malformed: a matter for the operator.
    #[error("the table refused the call ({code})")]
    Refused {
        /// The service's own code.
        code: String,
    },
    /// A stored item lacks something that was always written.
    #[error("a stored item is damaged: {what}")]
    Damaged {
        /// Which attribute or item kind.
        what: &'static str,
    },
    /// The key service failed.
    #[error("keys could not be had")]
    Keys(#[from] crypto::KmsError),
}

impl StoreError {
    /// Whether a transaction was at the same items in the same moment; nothing was written. The SDK does not try
    /// again by itself.
    pub(crate) fn is_conflict(&self) -> bool {
        let Self::TryAgain { code } = self else {
            return false;
        };
        // Of a transaction, and of a plain write.
        code == "TransactionConflict" || code == "TransactionConflictException"
    }

    /// Whether a transaction was cancelled as too much for one of its items; nothing was written. The SDK, which
    /// repeats a call that is throttled as a whole, does not repeat it.
    pub(crate) fn is_cancelled_as_too_much(&self) -> bool {
        matches!(self, Self::TryAgain { code } if CANCELLED_AS_TOO_MUCH.contains(&code.as_str()))
    }

    /// Whether it was more than the table takes for now.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.is_cancelled_as_too_much()
            || matches!(self, Self::TryAgain { code } if TOO_MUCH.contains(&code.as_str()))
    }

    /// Whether waiting and trying again may help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::TryAgain { .. } | Self::Moved | Self::Keys(crypto::KmsError::TryAgain)
        )
    }
}

impl domain::Passing for StoreError {
    fn is_passing(&self) -> bool {
        self.is_passing()
    }
}

impl<E: ProvideErrorMetadata, R> From<SdkError<E, R>> for StoreError {
    fn from(error: SdkError<E, R>) -> Self {
        let code = match &error {
            SdkError::ServiceError(service) => match service.err().code() {
                Some("ConditionalCheckFailedException") => return Self::Moved,
                Some(code) => code.to_owned(),
                None => "Unknown".to_owned(),
            },
            SdkError::TimeoutError(_) => "Timeout".to_owned(),
            SdkError::DispatchFailure(_) => "NotReached".to_owned(),
            SdkError::ResponseError(_) => "AnswerCut".to_owned(),
            _ => "NotBuilt".to_owned(),
        };
        match code.as_str() {
            "AccessDeniedException"
            | "ValidationException"
            | "ResourceNotFoundException"
            | "ItemCollectionSizeLimitExceededException"
            | "NotBuilt"
            | "SerializationException" => Self::Refused { code },
            _ => Self::TryAgain { code },
        }
    }
}
