#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod unplaced;
mod words;

pub use unplaced::Unplaced;

use domain::{FileKind, TenantScope, UploadState, municipality};
use layouts::NoticeCode;
use objects::{ObjectName, Objects, ObjectsError};
use serde::Serialize;
use store::Upload;

use crate::words::Part;

/// A receipt, as it is written and shown.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Receipt {
    /// Id of the upload.
    pub id: String,
    /// The file's name as it was dropped.
    pub file: String,
    /// Object key in the drop bucket.
    pub key: String,
    /// Object version that was read.
    pub version: String,
    /// What kind of rows it holds.
    pub kind: &'static str,
    /// The municipality whose file it is.
    pub municipality: Municipality,
    /// Stable word for where it stands.
    pub state: &'static str,
    /// The same for people.
    pub state_text: Words,
    /// Whether nothing happens to it any more.
    pub ended: bool,
    /// When it was dropped (UTC).
    pub dropped_at: String,
    /// Digest of who dropped it by a link of the API; absent of what came straight into S3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped_by: Option<String>,
    /// When the state last moved (UTC).
    pub moved_at: String,
    /// Number among the municipality's accepted files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Bytes.
    pub size: u64,
    /// `utf-8`, `utf-8-bom` or `cp932`; absent when it could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Where every row went.
    pub rows: Rows,
    /// How far the load is.
    pub chunks: Chunks,
    /// Refused rows by reason, most frequent first.
    pub refused_by: Vec<Reason>,
    /// Accepted rows that are worth a look, by reason.
    pub notices: Vec<Reason>,
    /// Residents whose protection (支援措置) the file lifts; absent where nobody knows, or where nothing of it is taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protections_lifted: Option<u64>,
    /// Why the whole file was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Why the file is held for confirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// Whether there is an `errors.csv` beside this receipt.
    pub errors_file: bool,
}

/// A text in both languages.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// A municipality.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Municipality {
    /// Six digits.
    pub code: String,
    /// Name in Japanese.
    pub name: &'static str,
}

/// Rows by outcome.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Rows {
    /// Rows read so far; all rows of the file once it was checked.
    #[serde(rename = "in")]
    pub rows_in: u64,
    /// Where they went.
    #[serde(flatten)]
    pub outcomes: Outcomes,
}

/// Where rows went; each kind of file has outcomes of its own.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Outcomes {
    /// Outcomes of a residents file.
    Residents(ResidentOutcomes),
    /// Outcomes of a dose file.
    Doses(DoseOutcomes),
    /// Outcomes of a file of inquiries.
    Inquiries(InquiryOutcomes),
}

/// What became of inquiries.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct InquiryOutcomes {
    /// Made and answered, with doses or without.
    pub answered: u64,
    /// Not made.
    pub refused: u64,
}

/// What became of doses.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct DoseOutcomes {
    /// Recorded.
    pub recorded: u64,
    /// Recorded before, as they are.
    pub unchanged: u64,
    /// Kept, but doubtful until somebody has looked at them.
    pub review: u64,
    /// Kept beside another dose that has their number.
    pub conflict: u64,
    /// Kept until a resident with their coupon is registered.
    pub waiting: u64,
    /// Not taken over.
    pub refused: u64,
}

/// What became of residents.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ResidentOutcomes {
    /// Not in the register before.
    pub new: u64,
    /// In the register with another content.
    pub changed: u64,
    /// In the register as they are.
    pub unchanged: u64,
    /// Taken out of the register.
    pub removed: u64,
    /// Not taken over.
    pub refused: u64,
}

/// Progress of the load.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Chunks {
    /// Parts the file was cut into.
    pub total: u32,
    /// Parts loaded.
    pub done: u32,
}

/// A reason with the number of rows it applies to.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// Rows.
    pub rows: u64,
    /// For people.
    #[serde(flatten)]
    pub text: Words,
}

/// Why a whole file was refused.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code.
    pub code: String,
    /// Line of the file where it shows, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// For people: what is wrong and what to do.
    #[serde(flatten)]
    pub text: Words,
}

/// Why a file waits for a person.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Held {
    /// Stable codes of what has to be confirmed.
    pub codes: Vec<&'static str>,
    /// Residents it would remove.
    pub removals: u64,
    /// Residents in the register.
    pub register: u64,
    /// Residents whose protection (支援措置) it would lift; if that has to be confirmed, the most that it may be. Absent
    /// if nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protections_lifted: Option<u64>,
    /// Residents who are protected; if that has not to be confirmed, no more than it took to see that.
    pub protected: u64,
    /// Protections that earlier files lifted since somebody last confirmed such a file; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protections_lifted_before: Option<u64>,
    /// For people.
    #[serde(flatten)]
    pub text: Words,
}

impl Receipt {
    /// The receipt of `upload` as it stands.
    #[must_use]
    pub fn of(scope: &TenantScope, upload: &Upload) -> Self {
        let code = scope.code();
        Self {
            id: upload.id.to_string(),
            file: upload.name.clone(),
            key: upload.key.clone(),
            version: upload.version.clone(),
            kind: upload.kind.as_str(),
            municipality: Municipality {
                code: code.to_string(),
                name: municipality(code).map_or("", domain::Municipality::name),
            },
            state: upload.state.as_str(),
            state_text: words::state(upload.kind, upload.state),
            ended: upload.state.is_final(),
            dropped_at: upload.dropped_at.to_string(),
            dropped_by: upload.dropped_by.map(|by| by.to_string()),
            moved_at: upload.moved_at.to_string(),
            generation: upload.generation.map(domain::Generation::get),
            size: upload.size,
            encoding: upload.encoding.map(|it| it.to_string()),
            sha256: upload.sha256.map(|bytes| hexadecimal(&bytes)),
            rows: rows(upload),
            chunks: Chunks {
                total: upload.chunks,
                done: upload.chunks_done,
            },
            refused_by: reasons(&upload.problems),
            notices: notices(upload),
            refusal: upload.refusal.as_ref().map(|refusal| Refusal {
                code: refusal.code.clone(),
                line: refusal.line,
                text: Words {
                    ja: refusal.ja.clone(),
                    en: refusal.en.clone(),
                },
            }),
            protections_lifted: protections_lifted(upload),
            held: (upload.state == UploadState::Held).then(|| held(upload)),
            errors_file: upload.has_errors,
        }
    }

    /// Leaves the document about an upload in the outbox of whoever dropped the file, in place of the one
    /// before.
    pub async fn write(
        drop: &Objects,
        scope: &TenantScope,
        upload: &Upload,
    ) -> Result<(), ObjectsError> {
        let document = Self::of(scope, upload).to_json();
        let name = ObjectName::Receipt(upload.id);
        drop.put_small(scope, &name, document.into()).await?;
        Ok(())
    }

    /// The document, indented, UTF-8.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "strings and numbers always serialise")]
        let mut json = serde_json::to_vec_pretty(self).expect("a receipt is strings and numbers");
        json.push(b'\n');
        json
    }
}

fn rows(upload: &Upload) -> Rows {
    let rows = &upload.rows;
    let outcomes = match upload.kind {
        FileKind::Residents => Outcomes::Residents(ResidentOutcomes {
            new: rows.new,
            changed: rows.changed,
            unchanged: rows.unchanged,
            removed: rows.removed,
            refused: rows.refused,
        }),
        FileKind::Doses => Outcomes::Doses(DoseOutcomes {
            recorded: rows.recorded,
            unchanged: rows.unchanged,
            review: rows.review,
            conflict: rows.conflict,
            waiting: rows.waiting,
            refused: rows.refused,
        }),
        FileKind::Inquiries => Outcomes::Inquiries(InquiryOutcomes {
            answered: rows.answered,
            refused: rows.refused,
        }),
    };
    Rows {
        rows_in: upload.rows_checked,
        outcomes,
    }
}

/// Protections that the file lifts: none, if nothing of it is taken over.
fn protections_lifted(upload: &Upload) -> Option<u64> {
    let state = upload.state;
    let is_none = state == UploadState::Refused || state == UploadState::Discarded;
    upload.protections_lifted.filter(|_| !is_none)
}

fn held(upload: &Upload) -> Held {
    let for_protections = upload.held_for.protections;
    let for_removals = upload.held_for.removals || !for_protections;
    let lifted = upload.protections_lifted.unwrap_or_default();
    let removals = Part(upload.removals, upload.register_before);
    let protections = Part(lifted, upload.protected_before);
    Held {
        codes: [
            (for_removals, "TOO_MANY_REMOVED"),
            (for_protections, "TOO_MANY_UNPROTECTED"),
        ]
        .into_iter()
        .filter_map(|(applies, code)| applies.then_some(code))
        .collect(),
        removals: upload.removals,
        register: upload.register_before,
        protections_lifted: upload.protections_lifted,
        protected: upload.protected_before,
        protections_lifted_before: Some(upload.lifted_before).filter(|before| *before > 0),
        text: words::held(
            for_removals.then_some(removals),
            for_protections.then_some((protections, upload.lifted_before)),
        ),
    }
}

/// What the check noticed, and what only the load could.
fn notices(upload: &Upload) -> Vec<Reason> {
    let mut counts = upload.notices.clone();
    if let Some(lifted) = protections_lifted(upload).filter(|lifted| *lifted > 0) {
        let code = NoticeCode::ProtectionLifted.as_str().to_owned();
        counts.insert(code, lifted);
    }
    if upload.removals_of_unknown > 0 {
        let code = NoticeCode::RemovalOfUnknown.as_str().to_owned();
        counts.insert(code, upload.removals_of_unknown);
    }
    reasons(&counts)
}

fn reasons(counts: &std::collections::BTreeMap<String, u64>) -> Vec<Reason> {
    let reason = |(code, rows): (&String, &u64)| Reason {
        code: code.clone(),
        rows: *rows,
        text: words::reason(code),
    };
    let mut reasons: Vec<_> = counts.iter().map(reason).collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rows));
    reasons
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
