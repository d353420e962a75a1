use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Encoding, FileKind, Generation, RowCounts, StaffTag, TenantSettings, UploadId, UploadState,
};
use jiff::{Timestamp, civil::Date};

use crate::{
    Conclusion, StoreError,
    item::{Item, Map, as_stored, bytes, s},
};

/// A file that a municipality dropped, and what became of it so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Upload {
    /// Derived from bucket, key and version.
    pub id: UploadId,
    /// What kind of rows it holds.
    pub kind: FileKind,
    /// Object key in the drop bucket.
    pub key: String,
    /// Object version that was pinned.
    pub version: String,
    /// Last part of the key: the file's name as the municipality gave it.
    pub name: String,
    /// Where it stands.
    pub state: UploadState,
    /// When it was dropped, by the event.
    pub dropped_at: Timestamp,
    /// Who dropped it by a link of ours, once its check is decided; `None` of what came straight into S3, and of a
    /// file from before that was noted.
    pub dropped_by: Option<StaffTag>,
    /// When the state last moved.
    pub moved_at: Timestamp,
    /// Size of the file in bytes.
    pub size: u64,
    /// As-of date in the file's name.
    pub as_of: Option<Date>,
    /// Number of this accepted file among the tenant's files.
    pub generation: Option<Generation>,
    /// Once known.
    pub encoding: Option<Encoding>,
    /// Bytes before the first record: byte order mark and header with its line end.
    pub header_end: u64,
    /// The day by which dates are judged: that of the drop. Of files from before this was so, that of the check.
    pub checked_on: Option<Date>,
    /// Revision of the tenant's settings it was checked under.
    pub settings_revision: u32,
    /// How the municipality's system named the columns then; `None` of a file from before that was noted.
    pub column_map: Option<BTreeMap<String, String>>,
    /// SHA-256 of the file.
    pub sha256: Option<[u8; 32]>,
    /// Rows checked so far, while checking; all rows afterwards.
    pub rows_checked: u64,
    /// Rows by outcome; `refused` is known once checked, the others as chunks complete.
    pub rows: RowCounts,
    /// Chunks the file was cut into.
    pub chunks: u32,
    /// Chunks loaded.
    pub chunks_done: u32,
    /// Object version of the list of refused records, where there are any.
    pub refused_version: Option<String>,
    /// Rows that would remove somebody.
    pub removals: u64,
    /// Residents in force when the file was checked, or as many as may be when its turn comes, where others
    /// waited before it.
    pub register_before: u64,
    /// Rows that say that somebody is protected (支援措置); 0 in a file from before that was noted.
    pub protects: u64,
    /// Residents protected in force when the file was checked whom it leaves unprotected; for a file that was held, the
    /// most that it may be. `None` if nobody knows: others waited before it, or it is from before this was noted.
    pub protections_lifted: Option<u64>,
    /// Residents protected in force then, or as many as may be when the file's turn comes. For a file that was not held
    /// for them, only as many as it took to find that out.
    pub protected_before: u64,
    /// Protections that earlier files lifted since somebody last confirmed such a file; set if this file was held for
    /// them.
    pub lifted_before: u64,
    /// Why it was held, if it was.
    pub held_for: HeldFor,
    /// Refused rows by stable code.
    pub problems: BTreeMap<String, u64>,
    /// What was accepted and is worth knowing, by stable code.
    pub notices: BTreeMap<String, u64>,
    /// Rows that would have removed somebody whom the register never had.
    pub removals_of_unknown: u64,
    /// Why the file was refused whole.
    pub refusal: Option<FileRefusal>,
    /// Whether an `errors.csv` was written.
    pub has_errors: bool,
    /// Counts the workers that took up the check.
    pub attempt: u32,
    /// Until when the current check may write.
    pub lease_until: Timestamp,
}

/// Why a file is held for confirmation; one from before that was noted says neither, and removes too many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeldFor {
    /// It would remove too many residents.
    pub removals: bool,
    /// It would lift the protection of too many.
    pub protections: bool,
}

/// Why a file was refused whole; written for people, without any value from a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRefusal {
    /// Stable code.
    pub code: String,
    /// Line of the file where it shows, counted from 1.
    pub line: Option<u64>,
    /// What is wrong and what to do, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// One page of the list of dropped files, newest first.
#[derive(Debug, Clone)]
pub struct UploadPage {
    /// The files.
    pub items: Vec<Upload>,
    /// Where the next page starts, `None` on the last.
    pub next: Option<String>,
}

impl FileRefusal {
    pub(crate) fn to_attribute(&self) -> AttributeValue {
        let mut map = Map::from([
            ("code".to_owned(), s(&self.code)),
            ("ja".to_owned(), s(&self.ja)),
            ("en".to_owned(), s(&self.en)),
        ]);
        if let Some(line) = self.line {
            map.insert("line".to_owned(), crate::item::n(line));
        }
        AttributeValue::M(map)
    }

    fn read(item: Item<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            code: item.text("code")?.to_owned(),
            line: item.maybe_number("line")?,
            ja: item.text("ja")?.to_owned(),
            en: item.text("en")?.to_owned(),
        })
    }
}

impl Upload {
    /// How its columns are named, whatever the settings say by now. Only of a file from before that was
    /// noted the settings tell.
    #[must_use]
    pub fn columns(&self, settings: &TenantSettings) -> BTreeMap<String, String> {
        self.column_map
            .clone()
            .unwrap_or_else(|| settings.columns_of(self.kind).clone())
    }

    /// The upload as it will be once the check has ended so; what the receipt is written from.
    #[must_use]
    pub fn concluded(
        &self,
        state: UploadState,
        found: &Conclusion,
        generation: Option<Generation>,
        now: Timestamp,
    ) -> Self {
        Self {
            state,
            moved_at: as_stored(now),
            generation,
            encoding: found.encoding,
            header_end: found.header_end,
            sha256: found.sha256,
            rows_checked: found.rows_checked,
            rows: found.rows,
            chunks: found.chunks,
            chunks_done: 0,
            refused_version: found.refused_version.clone(),
            removals: found.removals,
            register_before: found.register_before,
            protects: found.protects,
            protections_lifted: found.protections_lifted,
            protected_before: found.protected_before,
            lifted_before: found.lifted_before,
            held_for: found.held_for,
            problems: found.problems.clone(),
            notices: found.notices.clone(),
            refusal: found.refusal.clone(),
            has_errors: found.has_errors,
            ..self.clone()
        }
    }

    pub(crate) fn read(map: &Map) -> Result<Self, StoreError> {
        let item = Item(map);
        let damaged = |what| StoreError::Damaged { what };
        let date = |name| -> Result<Option<Date>, StoreError> {
            item.maybe_text(name)
                .map(|text| text.parse().map_err(|_| damaged(name)))
                .transpose()
        };
        let dropped_by = item.maybe_bytes("dropped_by").map(bytes).transpose();
        Ok(Self {
            id: item.text("id")?.parse().map_err(|_| damaged("id"))?,
            kind: item.text("kind")?.parse().map_err(|_| damaged("kind"))?,
            key: item.text("key")?.to_owned(),
            version: item.text("version")?.to_owned(),
            name: item.text("name")?.to_owned(),
            state: item.text("state")?.parse().map_err(|_| damaged("state"))?,
            dropped_at: item.time("dropped_at")?,
            dropped_by: dropped_by?.map(StaffTag::from_bytes),
            moved_at: item.time("moved_at")?,
            size: item.number("size")?,
            as_of: date("as_of")?,
            generation: item.maybe_number("generation")?.map(Generation::new),
            encoding: match item.maybe_text("text_encoding") {
                // Of a file that was refused before it was known.
                None | Some("") => None,
                Some(word) => Some(word.parse().map_err(|_| damaged("text_encoding"))?),
            },
            header_end: item.maybe_number("header_end")?.unwrap_or_default(),
            checked_on: date("checked_on")?,
            settings_revision: item.maybe_number("settings_revision")?.unwrap_or_default(),
            column_map: item.map("column_map").map(|_| item.texts("column_map")),
            sha256: item
                .maybe_bytes("sha256")
                .and_then(|bytes| bytes.try_into().ok()),
            rows_checked: item.maybe_number("rows_checked")?.unwrap_or_default(),
            rows: RowCounts {
                new: item.maybe_number("rows_new")?.unwrap_or_default(),
                changed: item.maybe_number("rows_changed")?.unwrap_or_default(),
                unchanged: item.maybe_number("rows_unchanged")?.unwrap_or_default(),
                removed: item.maybe_number("rows_removed")?.unwrap_or_default(),
                recorded: item.maybe_number("rows_recorded")?.unwrap_or_default(),
                review: item.maybe_number("rows_review")?.unwrap_or_default(),
                conflict: item.maybe_number("rows_conflict")?.unwrap_or_default(),
                waiting: item.maybe_number("rows_waiting")?.unwrap_or_default(),
                answered: item.maybe_number("rows_answered")?.unwrap_or_default(),
                refused: item.maybe_number("rows_refused")?.unwrap_or_default(),
            },
            chunks: item.maybe_number("chunks")?.unwrap_or_default(),
            chunks_done: item.maybe_number("chunks_done")?.unwrap_or_default(),
            refused_version: item.maybe_text("refused_version").map(str::to_owned),
            removals: item.maybe_number("removals")?.unwrap_or_default(),
            register_before: item.maybe_number("register_before")?.unwrap_or_default(),
            protects: item.maybe_number("protects")?.unwrap_or_default(),
            protections_lifted: item.maybe_number("protections_lifted")?,
            protected_before: item.maybe_number("protected_before")?.unwrap_or_default(),
            lifted_before: item.maybe_number("lifted_before")?.unwrap_or_default(),
            held_for: HeldFor {
                removals: item.flag("held_for_removals"),
                protections: item.flag("held_for_protections"),
            },
            problems: item.counts("problems")?,
            notices: item.counts("notices")?,
            removals_of_unknown: item
                .maybe_number("removals_of_unknown")?
                .unwrap_or_default(),
            refusal: item.map("refusal").map(FileRefusal::read).transpose()?,
            has_errors: item.flag("has_errors"),
            attempt: item.number("attempt")?,
            lease_until: item.time("lease_until")?,
        })
    }
}
