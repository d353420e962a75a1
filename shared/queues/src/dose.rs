use domain::{TenantCode, TenantScope, UploadId};
use serde::{Deserialize, Serialize};

use crate::Message;

/// A message in the queue `doses`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoseMessage {
    /// Record the rows of one chunk of a dose file.
    Chunk {
        /// The municipality whose records they are.
        tenant: TenantCode,
        /// The accepted file.
        upload: UploadId,
        /// Number of the chunk, counted from 0.
        chunk: u32,
    },
    /// The register moved: attach the waiting doses whose resident is there now.
    Attach {
        /// The municipality whose records they are.
        tenant: TenantCode,
        /// The place of the list behind which to go on; `None` from the beginning.
        after: Option<String>,
    },
}

/// A message body that this code did not write.
#[derive(Debug, thiserror::Error)]
#[error("not a message of the queue `doses`")]
pub struct NotADoseMessage;

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Wire {
    Chunk {
        tenant: String,
        upload: String,
        chunk: u32,
    },
    Attach {
        tenant: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
}

impl DoseMessage {
    /// The municipality whose area the message is about. The queue is written only by our own functions.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        match self {
            Self::Chunk { tenant, .. } | Self::Attach { tenant, .. } => {
                TenantScope::from_own_queue(*tenant)
            }
        }
    }

    /// Reads the JSON form.
    pub fn parse(body: &str) -> Result<Self, NotADoseMessage> {
        let code = |text: &str| TenantCode::parse(text).map_err(|_| NotADoseMessage);
        Ok(
            match serde_json::from_str(body).map_err(|_| NotADoseMessage)? {
                Wire::Chunk {
                    tenant,
                    upload,
                    chunk,
                } => Self::Chunk {
                    tenant: code(&tenant)?,
                    upload: upload.parse().map_err(|_| NotADoseMessage)?,
                    chunk,
                },
                Wire::Attach { tenant, after } => Self::Attach {
                    tenant: code(&tenant)?,
                    after,
                },
            },
        )
    }
}

impl Message for DoseMessage {
    fn wire(&self) -> impl Serialize {
        match self {
            Self::Chunk {
                tenant,
                upload,
                chunk,
            } => Wire::Chunk {
                tenant: tenant.as_str().to_owned(),
                upload: upload.to_string(),
                chunk: *chunk,
            },
            Self::Attach { tenant, after } => Wire::Attach {
                tenant: tenant.as_str().to_owned(),
                after: after.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_back_as_they_were_written() {
        let tenant = TenantCode::parse("131016").unwrap();
        for message in [
            DoseMessage::Chunk {
                tenant,
                upload: UploadId::derive(&[7; 32]),
                chunk: 3,
            },
            DoseMessage::Attach {
                tenant,
                after: None,
            },
            DoseMessage::Attach {
                tenant,
                after: Some("0001#x".to_owned()),
            },
        ] {
            assert_eq!(DoseMessage::parse(&message.to_json()).unwrap(), message);
        }
    }

    #[test]
    fn a_foreign_body_is_refused() {
        for body in [
            "",
            "{}",
            r#"{"kind":"attach"}"#,
            r#"{"kind":"attach","tenant":"131017"}"#,
            r#"{"kind":"attach","tenant":"131016","more":1}"#,
            r#"{"kind":"advance","tenant":"131016"}"#,
            r#"{"kind":"chunk","tenant":"131016","upload":"x","chunk":0}"#,
        ] {
            assert!(DoseMessage::parse(body).is_err(), "{body}");
        }
    }
}
