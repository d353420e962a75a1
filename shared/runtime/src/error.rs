use lambda_runtime::Diagnostic;

use crate::{Failure, SettingError};

/// The function cannot start, or cannot make anything of an event.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The deployment lacks a setting.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The event is not what the function's trigger sends; it holds nothing of it.
    #[error("the event is no event of {0}")]
    Event(&'static str),
    /// A function that was called gave no answer; why is in the log.
    #[error("the call was not answered")]
    Call,
    /// So will it fail again until somebody mends something; why is in the log.
    #[error("the call cannot be answered until something is mended")]
    Lasting,
    /// The process cannot do what every process needs.
    #[error("the process cannot start")]
    Process(#[from] std::io::Error),
    /// Lambda's own interface broke off.
    #[error("the loop over events ended")]
    Loop(#[source] Failure),
}

impl Error {
    /// What Lambda tells whoever called (`errorType`).
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Setting(_) => "Setting",
            Self::Event(_) => "Event",
            Self::Call => "Call",
            Self::Lasting => invocations::LASTING,
            Self::Process(_) => "Process",
            Self::Loop(_) => "Loop",
        }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.kind().to_owned(),
            error_message: error.to_string(),
        }
    }
}
