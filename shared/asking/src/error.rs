use domain::LifeError;
use invocations::InvokeError;

/// Why an inquiry is not made. Says nothing of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The municipality recorded no such basis.
    NoSuchBasis,
    /// The id is that of an inquiry on another basis.
    IdInUse,
    /// The basis cannot be asked on.
    Basis(LifeError),
    /// The basis is not about this person.
    OtherPerson,
    /// The municipality has asked as much as it may today.
    BudgetSpent,
}

/// Nothing was answered.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It cannot be asked.
    #[error("the inquiry is refused: {0:?}")]
    Refused(Refusal),
    /// The table or the key service failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// A holder could not be asked; the same inquiry goes on from there.
    #[error("a holder gave no answer")]
    Holder(#[source] InvokeError),
    /// What was kept of an earlier answer does not open.
    #[error("the kept answer cannot be read")]
    Kept(#[from] crypto::OpenError),
}

impl From<crypto::KmsError> for AskError {
    fn from(error: crypto::KmsError) -> Self {
        Self::Store(error.into())
    }
}

impl From<Refusal> for AskError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<LifeError> for AskError {
    fn from(error: LifeError) -> Self {
        Self::Refused(Refusal::Basis(error))
    }
}

impl AskError {
    /// Whether the same question may succeed later without anybody doing something.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::Holder(error) => matches!(error, InvokeError::TryAgain { .. }),
            Self::Refused(_) | Self::Kept(_) => false,
        }
    }
}
