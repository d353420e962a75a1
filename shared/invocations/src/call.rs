use aws_sdk_lambda::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    primitives::Blob,
};

use crate::{HolderAnswer, HolderAsk};

/// A holder was not asked, or gave no answer; asking again is safe.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// Throttled, out of reach, or the function broke off.
    #[error("the function gave no answer ({code})")]
    TryAgain {
        /// The service's own code, or the stage that failed.
        code: String,
    },
    /// The basis is not this inquiry's, or holds no more.
    #[error("the basis does not hold for this inquiry")]
    BasisEnded,
    /// Denied, or an answer that no version of the function has written.
    #[error("the call was refused ({code})")]
    Refused {
        /// The service's own code, or what was wrong.
        code: String,
    },
}

/// Asks holders, by the function that answers for one of them at a time.
#[derive(Debug, Clone)]
pub struct Holders {
    client: Client,
    function: String,
}

impl Holders {
    /// `function` is the name or ARN of the function that answers.
    #[must_use]
    pub fn new(client: Client, function: String) -> Self {
        Self { client, function }
    }

    /// Asks one holder and waits for its answer.
    pub async fn ask(&self, ask: &HolderAsk) -> Result<HolderAnswer, InvokeError> {
        let sent = self.client.invoke().function_name(&self.function);
        let answer = sent.payload(Blob::new(ask.to_json())).send().await;
        let answer = answer.map_err(|error| match &error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or("Unknown").to_owned();
                if code.starts_with("AccessDenied") || code.starts_with("ResourceNotFound") {
                    InvokeError::Refused { code }
                } else {
                    InvokeError::TryAgain { code }
                }
            }
            SdkError::TimeoutError(_) => try_again("Timeout"),
            _ => try_again("NotReached"),
        })?;
        if answer.function_error.is_some() {
            return Err(try_again("FunctionError"));
        }
        let payload = answer.payload.unwrap_or_else(|| Blob::new(Vec::new()));
        HolderAnswer::from_json(payload.as_ref())
    }
}

fn try_again(code: &str) -> InvokeError {
    InvokeError::TryAgain {
        code: code.to_owned(),
    }
}
