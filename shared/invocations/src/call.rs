use aws_sdk_lambda::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    primitives::Blob,
};

use crate::{HolderAnswer, HolderAsk};
use serde::Deserialize;

/// A holder was not asked, or gave no answer; asking again is safe.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// Throttled, out of reach, or the function broke off.
    #[error("the function gave no answer ({code})")]
    TryAgain {
        /// The service's own code, or the stage that failed.
        code: String,
    },
    /// What this holder keeps must be mended before it can answer about this person.
    #[error("the holder cannot answer until something of it is mended")]
    Lasting,
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

/// The `errorType` of a function that will fail again until somebody mends something.
pub const LASTING: &str = "Lasting";

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
        let payload = answer.payload.unwrap_or_else(|| Blob::new(Vec::new()));
        if answer.function_error.is_some() {
            return Err(failed(payload.as_ref()));
        }
        HolderAnswer::from_json(payload.as_ref())
    }
}

/// What Lambda says of a function that failed.
#[derive(Deserialize)]
struct Failed {
    #[serde(rename = "errorType")]
    kind: Option<String>,
}

fn failed(payload: &[u8]) -> InvokeError {
    let failed: Option<Failed> = serde_json::from_slice(payload).ok();
    let kind = failed.and_then(|failed| failed.kind);
    if kind.as_deref() == Some(LASTING) {
        InvokeError::Lasting
    } else {
        try_again("FunctionError")
    }
}

fn try_again(code: &str) -> InvokeError {
    InvokeError::TryAgain {
        code: code.to_owned(),
    }
}
