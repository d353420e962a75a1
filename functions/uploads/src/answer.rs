//! What is answered of uploads.

use std::time::Duration;

use domain::{TenantScope, UploadState};
use jiff::Timestamp;
use objects::{DownloadLink, Objects, ObjectsError};
use receipts::{Receipt, Rows, Words};
use serde::Serialize;
use store::Upload;

/// How long a link may be followed.
const VALID_FOR: Duration = Duration::from_mins(5);

/// A page of the list.
#[derive(Serialize)]
pub(crate) struct Page {
    pub(crate) uploads: Vec<Listed>,
    /// The value of `after` for the next page; `null` on the last one.
    pub(crate) next: Option<String>,
}

/// An upload in the list.
#[derive(Serialize)]
pub(crate) struct Listed {
    id: String,
    file: String,
    kind: &'static str,
    state: &'static str,
    state_text: Words,
    ended: bool,
    dropped_at: String,
    generation: Option<u64>,
    size: u64,
    rows: Rows,
}

impl Listed {
    pub(crate) fn of(receipt: Receipt) -> Self {
        Self {
            id: receipt.id,
            file: receipt.file,
            kind: receipt.kind,
            state: receipt.state,
            state_text: receipt.state_text,
            ended: receipt.ended,
            dropped_at: receipt.dropped_at,
            generation: receipt.generation,
            size: receipt.size,
            rows: receipt.rows,
        }
    }
}

/// One upload: the receipt as it stands, and where to fetch what was written.
#[derive(Serialize)]
pub(crate) struct Shown {
    #[serde(flatten)]
    pub(crate) receipt: Receipt,
    pub(crate) links: Links,
}

/// Links that whoever has them may follow until they expire.
#[derive(Serialize)]
pub(crate) struct Links {
    /// The receipt; `null` until the check is decided.
    receipt: Option<Link>,
    /// The refused rows; `null` if there are none.
    errors: Option<Link>,
}

#[derive(Serialize)]
struct Link {
    url: String,
    expires_at: String,
}

impl Links {
    pub(crate) async fn to(
        drop: &Objects,
        scope: &TenantScope,
        upload: &Upload,
        now: Timestamp,
    ) -> Result<Self, ObjectsError> {
        let receipt = if upload.state == UploadState::Checking {
            None
        } else {
            Some(
                drop.receipt_link(scope, upload.id, now, VALID_FOR)
                    .await?
                    .into(),
            )
        };
        let errors = if upload.has_errors {
            Some(
                drop.errors_link(scope, upload.id, now, VALID_FOR)
                    .await?
                    .into(),
            )
        } else {
            None
        };
        Ok(Self { receipt, errors })
    }
}

impl From<DownloadLink> for Link {
    fn from(link: DownloadLink) -> Self {
        Self {
            url: link.url,
            expires_at: link.expires.to_string(),
        }
    }
}
