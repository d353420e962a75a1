use domain::{TenantCode, TenantScope, UploadId};
use serde::{Deserialize, Serialize};

use crate::Message;

/// A message in the queue `loads`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadMessage {
    /// Start the tenant's next waiting load, or take up one that was left unfinished.
    Advance {
        /// The municipality whose register it is.
        tenant: TenantCode,
    },
    /// Load one chunk of an upload.
    Chunk {
        /// The municipality whose register it is.
        tenant: TenantCode,
        /// The accepted file.
        upload: UploadId,
        /// Number of the chunk, counted from 0.
        chunk: u32,
    },
}

/// A message body that this code did not write.
#[derive(Debug, thiserror::Error)]
#[error("not a message of the queue `loads`")]
pub struct NotALoadMessage;

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Wire {
    Advance {
        tenant: String,
    },
    Chunk {
        tenant: String,
        upload: String,
        chunk: u32,
    },
}

impl LoadMessage {
    /// The municipality whose area the message is about. The queue is written only by our own functions.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        match self {
            Self::Advance { tenant } | Self::Chunk { tenant, .. } => {
                TenantScope::from_own_queue(*tenant)
            }
        }
    }

    /// Reads the JSON form.
    pub fn parse(body: &str) -> Result<Self, NotALoadMessage> {
        let code = |text: &str| TenantCode::parse(text).map_err(|_| NotALoadMessage);
        Ok(
            match serde_json::from_str(body).map_err(|_| NotALoadMessage)? {
                Wire::Advance { tenant } => Self::Advance {
                    tenant: code(&tenant)?,
                },
                Wire::Chunk {
                    tenant,
                    upload,
                    chunk,
                } => Self::Chunk {
                    tenant: code(&tenant)?,
                    upload: upload.parse().map_err(|_| NotALoadMessage)?,
                    chunk,
                },
            },
        )
    }
}

impl Message for LoadMessage {
    fn wire(&self) -> impl Serialize {
        match self {
            Self::Advance { tenant } => Wire::Advance {
                tenant: tenant.as_str().to_owned(),
            },
            Self::Chunk {
                tenant,
                upload,
                chunk,
            } => Wire::Chunk {
                tenant: tenant.as_str().to_owned(),
                upload: upload.to_string(),
                chunk: *chunk,
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
        let upload = UploadId::derive(&[7; 32]);
        for message in [
            LoadMessage::Advance { tenant },
            LoadMessage::Chunk {
                tenant,
                upload,
                chunk: 3,
            },
        ] {
            assert_eq!(LoadMessage::parse(&message.to_json()).unwrap(), message);
        }
    }

    #[test]
    fn a_foreign_body_is_refused() {
        for body in [
            "",
            "{}",
            r#"{"kind":"advance"}"#,
            r#"{"kind":"advance","tenant":"131017"}"#,
            r#"{"kind":"advance","tenant":"131016","more":1}"#,
            r#"{"kind":"chunk","tenant":"131016","upload":"x","chunk":0}"#,
        ] {
            assert!(LoadMessage::parse(body).is_err(), "{body}");
        }
    }
}
