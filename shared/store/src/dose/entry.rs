use domain::{Sensitive, UploadId, words};
use jiff::Timestamp;

use super::Settlement;
use crate::{
    StoreError,
    bytes::{Reader, write_bytes},
};

/// Who did something about a dose, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was done.
    pub act: DoseAct,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// The person, as the issuer of their token calls them; empty for a file.
    pub by: Sensitive<String>,
    /// The reason that was given.
    pub why: Option<Sensitive<String>>,
    /// By which way it came.
    pub source: Source,
}

/// By which way something about a dose came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Somebody typed or read it.
    Api,
    /// A row of a dropped file, counted from 1.
    File {
        /// The file.
        upload: UploadId,
        /// Number of the row.
        row: u64,
    },
}

/// What was done about a dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoseAct {
    /// It was recorded.
    Recorded,
    /// It waited, its person came, and it was recorded.
    Attached,
    /// It was corrected.
    Corrected,
    /// It was taken back.
    Cancelled,
    /// It was locked.
    Locked,
    /// It was unlocked.
    Unlocked,
    /// Its doubts were looked at, and it came into force.
    Accepted,
    /// It follows from another dose: the one before came into force, so it is in force too or doubtful for
    /// something else; or the one before left its number.
    Rechecked,
    /// A newcomer took its place.
    Replaced,
    /// It came from, or went to, another number.
    Renumbered,
}

words!(DoseAct {
    Recorded = "recorded",
    Attached = "attached",
    Corrected = "corrected",
    Cancelled = "cancelled",
    Locked = "locked",
    Unlocked = "unlocked",
    Accepted = "accepted",
    Rechecked = "rechecked",
    Replaced = "replaced",
    Renumbered = "renumbered",
});

impl Source {
    pub(super) fn write(self) -> String {
        match self {
            Self::Api => "api".to_owned(),
            Self::File { upload, row } => format!("{upload}#{row}"),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        let damaged = StoreError::Damaged { what: "source" };
        if text == "api" {
            return Ok(Self::Api);
        }
        let parts = text.split_once('#');
        let file = parts.and_then(|(upload, row)| {
            Some(Self::File {
                upload: upload.parse().ok()?,
                row: row.parse().ok()?,
            })
        });
        file.ok_or(damaged)
    }
}

/// The sealed part of an entry: who and why.
pub(super) fn write(by: &Sensitive<String>, why: Option<&Sensitive<String>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    write_bytes(by.expose().as_bytes(), &mut out);
    if let Some(why) = why {
        write_bytes(why.expose().as_bytes(), &mut out);
    }
    out
}

/// Who and why, read back.
pub(super) type WhoAndWhy = (Sensitive<String>, Option<Sensitive<String>>);

pub(super) fn read(bytes: &[u8]) -> Result<WhoAndWhy, StoreError> {
    let mut from = Reader::new(bytes);
    let damaged = |_| StoreError::Damaged { what: "entry" };
    let by = from.string().map_err(damaged)?.into();
    if from.is_done() {
        return Ok((by, None));
    }
    let why = from.string().map_err(damaged)?.into();
    Ok((by, Some(why)))
}

/// What was decided earlier, in order. None of it is sealed by itself, so all of it stands here.
pub(super) fn write_all(settled: &[Settlement]) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    for it in settled {
        write_bytes(it.how.as_str().as_bytes(), &mut out);
        write_bytes(it.at.to_string().as_bytes(), &mut out);
        let revision = it.revision.map(|it| it.to_string());
        write_bytes(revision.unwrap_or_default().as_bytes(), &mut out);
        write_bytes(&write(&it.by, it.why.as_ref()), &mut out);
    }
    out
}

/// The same, read back.
pub(super) fn read_all(bytes: &[u8]) -> Result<Vec<Settlement>, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged {
        what: "earlier decision",
    };
    let mut from = Reader::new(bytes);
    let mut settled = Vec::new();
    while !from.is_done() {
        let mut next = || from.bytes().map_err(|_| DAMAGED);
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| DAMAGED);
        let (how, at, revision) = (text(next()?)?, text(next()?)?, text(next()?)?);
        let (by, why) = read(next()?)?;
        let revision = (!revision.is_empty()).then(|| revision.parse());
        settled.push(Settlement {
            how: how.parse().map_err(|_| DAMAGED)?,
            at: at.parse().map_err(|_| DAMAGED)?,
            by,
            why,
            revision: revision.transpose().map_err(|_| DAMAGED)?,
        });
    }
    Ok(settled)
}
