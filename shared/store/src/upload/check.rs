//! The check of a dropped file: taken by one worker at a time, ended by one decision.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Encoding, FileKind, Generation, RowCounts, TenantScope, UploadId, UploadState};
use jiff::{Timestamp, civil::Date};

use crate::{
    FileRefusal, HeldFor, Register, Store, StoreError, Upload,
    item::{Map, b, counts, n, s, texts, time},
    keys::{self, SCHEMA},
    register,
    transaction::Change,
    update_terms::UpdateTerms,
    upload::{STATE, UPLOAD},
};

/// Holds for the worker whose lease it is, and only until the check is decided.
const MINE: &str = "#state = :checking AND attempt = :attempt";

/// What is known of a dropped file before a byte of it is read.
#[derive(Debug, Clone)]
pub struct CheckClaim {
    /// Derived from bucket, key and version.
    pub id: UploadId,
    /// Kind of the file, from its folder.
    pub kind: FileKind,
    /// Object key.
    pub key: String,
    /// Object version.
    pub version: String,
    /// Last part of the key.
    pub name: String,
    /// Time of the event.
    pub dropped_at: Timestamp,
    /// Bytes, by the event.
    pub size: u64,
    /// As-of date in the name.
    pub as_of: Option<Date>,
    /// The day by which dates are judged: that of the drop, in Japan.
    pub checked_on: Date,
    /// Revision of the settings that are applied.
    pub settings_revision: u32,
    /// How the municipality's system names the columns, kept for the whole life of the file.
    pub columns: BTreeMap<String, String>,
}

/// What a check found, to be kept with the decision.
#[derive(Debug, Clone, Default)]
pub struct Conclusion {
    /// The file's, if it got so far.
    pub encoding: Option<Encoding>,
    /// Bytes before the first record.
    pub header_end: u64,
    /// SHA-256 of the file.
    pub sha256: Option<[u8; 32]>,
    /// Rows checked.
    pub rows_checked: u64,
    /// Outcomes known so far.
    pub rows: RowCounts,
    /// Chunks that were written for it.
    pub chunks: u32,
    /// Object version of the list of refused records, where there are any.
    pub refused_version: Option<String>,
    /// Rows that would remove somebody.
    pub removals: u64,
    /// Residents in force, or as many as may be when the file's turn comes, where others wait before it.
    pub register_before: u64,
    /// Rows that say that somebody is protected (支援措置).
    pub protects: u64,
    /// Residents protected in force whom it would leave unprotected; for a file that is held, the most that it may be.
    /// `None` if nobody knows.
    pub protections_lifted: Option<u64>,
    /// Residents protected in force, or as many as may be when the file's turn comes. For a file that is not held for
    /// them, only as many as it took to find that out.
    pub protected_before: u64,
    /// Protections that it lifts for certain, counted one by one; they are added when later files lift others.
    pub lifts: u64,
    /// Protections that earlier files lifted since somebody last confirmed such a file; set if this file is held for
    /// them.
    pub lifted_before: u64,
    /// Why it is held, if it is.
    pub held_for: HeldFor,
    /// Refused rows by code.
    pub problems: BTreeMap<String, u64>,
    /// Notices by code.
    pub notices: BTreeMap<String, u64>,
    /// Why the file is refused whole.
    pub refusal: Option<FileRefusal>,
    /// Whether `errors.csv` was written.
    pub has_errors: bool,
}

/// What became of a claim to check a file.
#[derive(Debug)]
pub enum Acceptance {
    /// The file is this worker's to check until its lease ends.
    Mine(Box<Upload>),
    /// Another worker checks it until the given time.
    Busy(Timestamp),
    /// It was decided before.
    Decided(Box<Upload>),
}

impl Store {
    /// Takes the check of a dropped file, once: a repeated event finds what the first one made.
    /// A check whose lease has ended is taken over.
    pub async fn claim_check(
        &self,
        scope: &TenantScope,
        claim: &CheckClaim,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Acceptance, StoreError> {
        match self
            .put_new(scope, claim_item(scope, claim, now, lease_until))
            .await
        {
            Ok(()) => {}
            Err(StoreError::Moved) => {
                let known = self.upload(scope, &claim.id).await?;
                let known = known.ok_or(StoreError::Damaged { what: "upload" })?;
                if known.state != UploadState::Checking {
                    return Ok(Acceptance::Decided(Box::new(known)));
                }
                if known.lease_until > now {
                    return Ok(Acceptance::Busy(known.lease_until));
                }
                self.take_over(scope, &known, lease_until).await?;
            }
            Err(error) => return Err(error),
        }
        self.list_upload(scope, claim).await?;
        let mine = self.upload(scope, &claim.id).await?;
        mine.map(Box::new)
            .map(Acceptance::Mine)
            .ok_or(StoreError::Damaged { what: "upload" })
    }

    async fn take_over(
        &self,
        scope: &TenantScope,
        known: &Upload,
        lease_until: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(
            scope,
            Change {
                pk: keys::upload(scope, &known.id),
                sk: UPLOAD,
                update: "SET attempt = :next, lease_until = :until",
                condition: Some(MINE),
                names: STATE,
                values: vec![
                    (":checking", s("checking")),
                    (":attempt", n(known.attempt)),
                    (":next", n(known.attempt + 1)),
                    (":until", time(lease_until)),
                ],
            },
        )
        .await
    }

    async fn list_upload(&self, scope: &TenantScope, claim: &CheckClaim) -> Result<(), StoreError> {
        let item = Map::from([
            ("pk".to_owned(), s(keys::uploads(scope))),
            (
                "sk".to_owned(),
                s(keys::uploads_sk(claim.dropped_at, &claim.id)),
            ),
            ("v".to_owned(), n(SCHEMA)),
            ("id".to_owned(), s(claim.id.to_string())),
        ]);
        self.client(scope)
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .send()
            .await?;
        Ok(())
    }

    /// Tells how many rows were checked so far, and lets the lease run on until `lease_until`.
    ///
    /// [`StoreError::Moved`] when another worker took the check over.
    pub async fn note_progress(
        &self,
        scope: &TenantScope,
        mine: &Upload,
        rows: u64,
        lease_until: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(
            scope,
            Change {
                pk: keys::upload(scope, &mine.id),
                sk: UPLOAD,
                update: "SET rows_checked = :rows, lease_until = :until",
                condition: Some(MINE),
                names: STATE,
                values: vec![
                    (":checking", s("checking")),
                    (":attempt", n(mine.attempt)),
                    (":rows", n(rows)),
                    (":until", time(lease_until)),
                ],
            },
        )
        .await
    }

    /// Ends a check without a generation: refused, held, or a file that needs none. As every end of a check, it
    /// keeps who dropped the file, as `mine` has it.
    ///
    /// [`StoreError::Moved`] when the lease went to another worker.
    pub async fn conclude(
        &self,
        scope: &TenantScope,
        mine: &Upload,
        state: UploadState,
        found: &Conclusion,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let change = conclusion(scope, mine, state, found, None, now);
        self.change(scope, change).await
    }

    /// Ends a check of a file that says what is in force once more. No older file may come behind it.
    ///
    /// [`StoreError::Moved`] when the register moved or the lease went to another worker.
    pub async fn conclude_unchanged(
        &self,
        scope: &TenantScope,
        mine: &Upload,
        register: &Register,
        found: &Conclusion,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let current = register::found_again(scope, register, mine);
        let file = conclusion(scope, mine, UploadState::NoChange, found, None, now);
        let writes = vec![self.update_in(current)?, self.update_in(file)?];
        self.transact_in_turn(scope, writes, &mine.id).await
    }

    /// Ends a check by issuing the next generation after `register`, in one transaction.
    ///
    /// [`StoreError::Moved`] when the register moved or the lease went to another worker.
    pub async fn accept(
        &self,
        scope: &TenantScope,
        mine: &Upload,
        register: &Register,
        found: &Conclusion,
        now: Timestamp,
    ) -> Result<Generation, StoreError> {
        let lifted = register.lifted + found.lifts;
        let (generation, current) = register::issue(scope, register, mine, lifted);
        let file = conclusion(
            scope,
            mine,
            UploadState::Waiting,
            found,
            Some(generation),
            now,
        );
        let waiting = self.waiting_in(scope, generation, &mine.id)?;
        let writes = vec![self.update_in(current)?, self.update_in(file)?, waiting];
        self.transact_in_turn(scope, writes, &mine.id).await?;
        Ok(generation)
    }
}

fn claim_item(
    scope: &TenantScope,
    claim: &CheckClaim,
    now: Timestamp,
    lease_until: Timestamp,
) -> Map {
    let mut item = Map::from([
        ("pk".to_owned(), s(keys::upload(scope, &claim.id))),
        ("sk".to_owned(), s(UPLOAD)),
        ("v".to_owned(), n(SCHEMA)),
        ("id".to_owned(), s(claim.id.to_string())),
        ("kind".to_owned(), s(claim.kind.as_str())),
        ("key".to_owned(), s(&claim.key)),
        ("version".to_owned(), s(&claim.version)),
        ("name".to_owned(), s(&claim.name)),
        ("state".to_owned(), s(UploadState::Checking.as_str())),
        ("dropped_at".to_owned(), time(claim.dropped_at)),
        ("moved_at".to_owned(), time(now)),
        ("size".to_owned(), n(claim.size)),
        ("checked_on".to_owned(), s(claim.checked_on.to_string())),
        ("settings_revision".to_owned(), n(claim.settings_revision)),
        ("column_map".to_owned(), texts(&claim.columns)),
        ("attempt".to_owned(), n(1)),
        ("lease_until".to_owned(), time(lease_until)),
    ]);
    if let Some(date) = claim.as_of {
        item.insert("as_of".to_owned(), s(date.to_string()));
    }
    item
}

fn conclusion(
    scope: &TenantScope,
    mine: &Upload,
    state: UploadState,
    found: &Conclusion,
    generation: Option<Generation>,
    now: Timestamp,
) -> Change<'static, String> {
    let flag = AttributeValue::Bool;
    let mut sets = UpdateTerms::set();
    sets.put("#state", s(state.as_str()));
    sets.put("moved_at", time(now));
    let encoding = found.encoding.map_or("", Encoding::as_str);
    sets.put("text_encoding", s(encoding));
    sets.put("header_end", n(found.header_end));
    sets.put("rows_checked", n(found.rows_checked));
    sets.put("rows_new", n(found.rows.new));
    sets.put("rows_changed", n(found.rows.changed));
    sets.put("rows_unchanged", n(found.rows.unchanged));
    sets.put("rows_removed", n(found.rows.removed));
    sets.put("rows_recorded", n(found.rows.recorded));
    sets.put("rows_review", n(found.rows.review));
    sets.put("rows_conflict", n(found.rows.conflict));
    sets.put("rows_waiting", n(found.rows.waiting));
    sets.put("rows_refused", n(found.rows.refused));
    sets.put("chunks", n(found.chunks));
    sets.put("chunks_done", n(0));
    sets.put("removals", n(found.removals));
    sets.put("register_before", n(found.register_before));
    sets.put("protects", n(found.protects));
    sets.put("protected_before", n(found.protected_before));
    sets.put("lifted_before", n(found.lifted_before));
    sets.put("held_for_removals", flag(found.held_for.removals));
    sets.put("held_for_protections", flag(found.held_for.protections));
    sets.put("problems", counts(&found.problems));
    sets.put("notices", counts(&found.notices));
    sets.put("has_errors", flag(found.has_errors));
    if let Some(sha256) = &found.sha256 {
        sets.put("sha256", b(sha256));
    }
    if let Some(lifted) = found.protections_lifted {
        sets.put("protections_lifted", n(lifted));
    }
    if let Some(version) = &found.refused_version {
        sets.put("refused_version", s(version));
    }
    if let Some(refusal) = &found.refusal {
        sets.put("refusal", refusal.to_attribute());
    }
    if let Some(by) = &mine.dropped_by {
        sets.put("dropped_by", b(by.as_bytes()));
    }
    if let Some(generation) = generation {
        sets.put("generation", n(generation.get()));
    }
    sets.value(":checking", s("checking"));
    sets.value(":attempt", n(mine.attempt));
    Change {
        pk: keys::upload(scope, &mine.id),
        sk: UPLOAD,
        update: sets.update,
        condition: Some(MINE),
        names: STATE,
        values: sets.values,
    }
}
