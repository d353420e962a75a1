use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// A call to S3 failed. Holds no object name and nothing else of the request or the answer but
/// its code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectsError {
    /// The object, or this version of it, was deleted.
    #[error("the object is gone")]
    Gone,
    /// Throttled, timed out or cut off; the same call may be made again.
    #[error("S3 did not answer {call} for now ({code})")]
    TryAgain {
        /// The call.
        call: &'static str,
        /// The service's own code, or the stage that failed.
        code: String,
    },
    /// Denied, or asked wrongly: a matter for the operator.
    #[error("S3 refused {call} ({code})")]
    Ours {
        /// The call.
        call: &'static str,
        /// The service's own code, or what did not fit.
        code: String,
    },
    /// The object lies in the folder of another tenant.
    #[error("the object belongs to another tenant")]
    Foreign,
}

impl ObjectsError {
    /// Whether waiting and trying again may help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::TryAgain { .. })
    }

    /// Whether S3 said no; the answer to a HEAD has no code.
    pub(crate) fn is_denial(&self) -> bool {
        matches!(self, Self::Ours { code, .. } if code == "AccessDenied" || code == "status 403")
    }

    pub(crate) fn try_again(call: &'static str, code: &str) -> Self {
        Self::TryAgain {
            call,
            code: code.to_owned(),
        }
    }

    pub(crate) fn ours(call: &'static str, code: &str) -> Self {
        Self::Ours {
            call,
            code: code.to_owned(),
        }
    }

    /// Sorts what the SDK gave up with, after its own retries.
    pub(crate) fn from_sdk<E: ProvideErrorMetadata>(
        call: &'static str,
        error: &SdkError<E, HttpResponse>,
    ) -> Self {
        match error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or_default();
                Self::from_answer(call, answer.raw().status().as_u16(), code)
            }
            SdkError::TimeoutError(_) => Self::try_again(call, "Timeout"),
            SdkError::DispatchFailure(_) => Self::try_again(call, "NotReached"),
            SdkError::ResponseError(_) => Self::try_again(call, "AnswerCut"),
            _ => Self::ours(call, "NotBuilt"),
        }
    }

    fn from_answer(call: &'static str, status: u16, code: &str) -> Self {
        let shown = shown(status, code);
        match (status, code) {
            // By code first: an upload in parts may fail under status 200. NoSuchUpload comes after
            // an attempt that succeeded and whose answer was lost; new credentials come with the
            // next invocation.
            (
                _,
                "InternalError"
                | "SlowDown"
                | "ServiceUnavailable"
                | "RequestTimeout"
                | "NoSuchUpload"
                | "ExpiredToken"
                | "TokenRefreshRequired",
            ) => Self::try_again(call, &shown),
            (404, "NoSuchBucket") | (501, _) => Self::ours(call, &shown),
            // 405: the version asked for is a delete marker.
            (404 | 405, _) => Self::Gone,
            (408 | 409 | 429 | 500.., _) => Self::try_again(call, &shown),
            _ => Self::ours(call, &shown),
        }
    }
}

impl domain::Passing for ObjectsError {
    fn is_passing(&self) -> bool {
        self.is_passing()
    }
}

/// A code is one word. Anything else may be text that quotes the request, and is left out.
fn shown(status: u16, code: &str) -> String {
    let one_word =
        (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    if one_word {
        code.to_owned()
    } else {
        format!("status {status}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_sorted_by_what_helps() {
        let gone = ObjectsError::Gone;
        let again = |code| ObjectsError::try_again("GetObject", code);
        let ours = |code| ObjectsError::ours("GetObject", code);
        for (status, code, class) in [
            (404, "NoSuchKey", gone.clone()),
            (404, "NoSuchVersion", gone.clone()),
            (404, "", gone.clone()),
            (405, "MethodNotAllowed", gone),
            (404, "NoSuchBucket", ours("NoSuchBucket")),
            (404, "NoSuchUpload", again("NoSuchUpload")),
            (503, "SlowDown", again("SlowDown")),
            (200, "InternalError", again("InternalError")),
            (400, "RequestTimeout", again("RequestTimeout")),
            (429, "", again("status 429")),
            (403, "AccessDenied", ours("AccessDenied")),
            (403, "no: inbox/131016/x.csv", ours("status 403")),
            (416, "InvalidRange", ours("InvalidRange")),
        ] {
            assert_eq!(
                ObjectsError::from_answer("GetObject", status, code),
                class,
                "{code}"
            );
        }
    }
}
