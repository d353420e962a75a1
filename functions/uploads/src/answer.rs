//! What is answered of uploads.

use std::time::Duration;

use api::{Caller, Role};
use domain::{FileKind, UploadState};
use jiff::Timestamp;
use objects::{DownloadLink, Objects, ObjectsError, is_in_sight};
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
    key: String,
    version: String,
    kind: &'static str,
    state: &'static str,
    state_text: Words,
    ended: bool,
    dropped_at: String,
    dropped_by: Option<String>,
    generation: Option<u64>,
    size: u64,
    rows: Rows,
}

impl Listed {
    pub(crate) fn of(receipt: Receipt) -> Self {
        Self {
            id: receipt.id,
            file: receipt.file,
            key: receipt.key,
            version: receipt.version,
            kind: receipt.kind,
            state: receipt.state,
            state_text: receipt.state_text,
            ended: receipt.ended,
            dropped_at: receipt.dropped_at,
            dropped_by: receipt.dropped_by,
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
    /// Rows of doses that were recorded, or of inquiries that were asked, of parts that are not done, as the worker
    /// noted last; `null` unless it is at work.
    pub(crate) under_way: Option<u64>,
    pub(crate) links: Links,
}

/// Links that whoever has them may follow until they expire. None 28 days after the upload's end, when the
/// files are gone.
#[derive(Default, Serialize)]
pub(crate) struct Links {
    /// The receipt; `null` until the check is decided.
    receipt: Option<Link>,
    /// The refused rows; `null` if there are none, and for whoever may not see people of such files.
    errors: Option<Link>,
    /// The answers to a file of inquiries; `null` until they are there, for other files, and for
    /// whoever may not ask.
    answers: Option<Link>,
}

#[derive(Serialize)]
struct Link {
    url: String,
    expires_at: String,
}

/// Who may fetch what names the people in a file of this kind. Rows of residents and of inquiries hold My Numbers
/// in clear, so they are for whoever may drop such a file; rows of doses hold none. What others answered is for
/// whoever may ask them.
fn sees_people(caller: &Caller, kind: FileKind) -> bool {
    let roles: &[Role] = match kind {
        FileKind::Residents => &[Role::Register],
        FileKind::Doses => &[Role::Read, Role::Register, Role::Doses],
        FileKind::Inquiries => &[Role::Inquire],
    };
    roles.iter().any(|role| caller.has(*role))
}

impl Links {
    pub(crate) async fn to(
        drop: &Objects,
        caller: &Caller,
        upload: &Upload,
        now: Timestamp,
    ) -> Result<Self, ObjectsError> {
        let scope = caller.scope();
        if !is_in_sight(upload.moved_at, now) {
            return Ok(Self::default());
        }
        let sees_people = sees_people(caller, upload.kind);
        let receipt = if upload.state == UploadState::Checking {
            None
        } else {
            Some(
                drop.receipt_link(scope, upload.id, now, VALID_FOR)
                    .await?
                    .into(),
            )
        };
        // Of residents it is written once, by the check; of others once more, at the end.
        let errors_left = match upload.kind {
            FileKind::Residents => upload.dropped_at,
            FileKind::Doses | FileKind::Inquiries => upload.moved_at,
        };
        let has_errors = upload.has_errors && is_in_sight(errors_left, now);
        let errors = if has_errors && sees_people {
            Some(
                drop.errors_link(scope, upload.id, now, VALID_FOR)
                    .await?
                    .into(),
            )
        } else {
            None
        };
        let has_answers =
            upload.kind == FileKind::Inquiries && upload.state == UploadState::InForce;
        let answers = if has_answers && sees_people {
            let link = drop.answers_link(scope, upload.id, now, VALID_FOR);
            Some(link.await?.into())
        } else {
            None
        };
        Ok(Self {
            receipt,
            errors,
            answers,
        })
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use domain::{FileKind, Generation, RowCounts, StaffTag, TenantCode, TenantScope, UploadId};
    use serde_json::Value;
    use store::{FileRefusal, HeldFor};

    use super::*;

    fn upload() -> Upload {
        Upload {
            id: UploadId::derive(&[1; 32]),
            kind: FileKind::Residents,
            key: "inbox/131016/residents/a.csv".to_owned(),
            version: "v".to_owned(),
            name: "a.csv".to_owned(),
            state: UploadState::Held,
            dropped_at: Timestamp::UNIX_EPOCH,
            dropped_by: Some(StaffTag::from_bytes([1; 16])),
            moved_at: Timestamp::UNIX_EPOCH,
            size: 9,
            as_of: None,
            generation: Some(Generation::new(1)),
            encoding: Some(domain::Encoding::Utf8 { bom: false }),
            header_end: 1,
            checked_on: None,
            settings_revision: 1,
            column_map: None,
            sha256: Some([1; 32]),
            rows_checked: 3,
            rows: RowCounts {
                refused: 3,
                ..RowCounts::default()
            },
            chunks: 1,
            chunks_done: 0,
            refused_version: None,
            removals: 2,
            register_before: 3,
            protects: 0,
            protections_lifted: Some(1),
            protected_before: 1,
            lifted_before: 0,
            held_for: HeldFor::default(),
            problems: BTreeMap::from([("BIRTH_DATE".to_owned(), 3)]),
            notices: BTreeMap::new(),
            removals_of_unknown: 0,
            refusal: Some(FileRefusal {
                code: "X".to_owned(),
                line: Some(1),
                ja: "あ".to_owned(),
                en: "a".to_owned(),
            }),
            has_errors: true,
            attempt: 1,
            lease_until: Timestamp::UNIX_EPOCH,
        }
    }

    fn properties(schema: &str) -> BTreeSet<String> {
        let description = include_str!("../../../infra/api.yaml");
        let description: Value = serde_yaml_ng::from_str(description).unwrap();
        let properties = &description["components"]["schemas"][schema]["properties"];
        properties.as_object().unwrap().keys().cloned().collect()
    }

    fn names(shown: &impl Serialize) -> BTreeSet<String> {
        let shown = serde_json::to_value(shown).unwrap();
        shown.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn uploads_are_shown_as_the_description_says() {
        let scope = TenantScope::from_verified_claim(TenantCode::parse("131016").unwrap());
        let receipt = Receipt::of(&scope, &upload());
        let links = Links {
            receipt: None,
            errors: None,
            answers: None,
        };
        assert_eq!(
            names(&links),
            BTreeSet::from(["answers", "errors", "receipt"].map(str::to_owned))
        );
        assert_eq!(
            names(&Listed::of(receipt.clone())),
            properties("ListedUpload")
        );
        let under_way = None;
        let shown = Shown {
            receipt,
            under_way,
            links,
        };
        assert_eq!(names(&shown), properties("Upload"));
        let page = Page {
            uploads: Vec::new(),
            next: None,
        };
        assert_eq!(names(&page), properties("UploadPage"));
    }

    #[test]
    fn every_state_is_described() {
        let description = include_str!("../../../infra/api.yaml");
        let description: Value = serde_yaml_ng::from_str(description).unwrap();
        let described = &description["components"]["schemas"]["UploadState"]["enum"];
        assert_eq!(
            *described,
            serde_json::json!(UploadState::ALL.map(UploadState::as_str))
        );
    }
}
