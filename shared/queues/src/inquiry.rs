use domain::{TenantCode, TenantScope, UploadId};
use serde::{Deserialize, Serialize};

use crate::Message;

/// A message in the queue `inquiries`: ask what the rows of an accepted file ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InquiryMessage {
    /// The municipality that asks.
    pub tenant: TenantCode,
    /// The accepted file.
    pub upload: UploadId,
}

/// A message body that this code did not write.
#[derive(Debug, thiserror::Error)]
#[error("not a message of the queue `inquiries`")]
pub struct NotAnInquiryMessage;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    tenant: String,
    upload: String,
}

impl InquiryMessage {
    /// The municipality whose area the message is about. The queue is written only by our own functions.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        TenantScope::from_own_queue(self.tenant)
    }

    /// Reads the JSON form.
    pub fn parse(body: &str) -> Result<Self, NotAnInquiryMessage> {
        let wire: Wire = serde_json::from_str(body).map_err(|_| NotAnInquiryMessage)?;
        Ok(Self {
            tenant: TenantCode::parse(&wire.tenant).map_err(|_| NotAnInquiryMessage)?,
            upload: wire.upload.parse().map_err(|_| NotAnInquiryMessage)?,
        })
    }
}

impl Message for InquiryMessage {
    fn wire(&self) -> impl Serialize {
        Wire {
            tenant: self.tenant.as_str().to_owned(),
            upload: self.upload.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_back_as_it_was_written_and_a_foreign_one_is_refused() {
        let message = InquiryMessage {
            tenant: TenantCode::parse("131016").unwrap(),
            upload: UploadId::derive(&[7; 32]),
        };
        assert_eq!(InquiryMessage::parse(&message.to_json()).unwrap(), message);
        for body in [
            "",
            "{}",
            r#"{"tenant":"131016"}"#,
            r#"{"tenant":"131017","upload":"0d9c0c3e-3b0a-8b1e-9a53-4c9b5f6a7d80"}"#,
            r#"{"tenant":"131016","upload":"x"}"#,
        ] {
            assert!(InquiryMessage::parse(body).is_err(), "{body}");
        }
    }
}
