//! One chunk: its range read again, its rows compared, what changed written, its share left.

use std::sync::Arc;

use bytes::Bytes;
use crypto::TenantKeys;
use domain::{Generation, Lease, Movement, RowCounts, TenantScope, UploadId, UploadState};
use jiff::Timestamp;
use layouts::{
    ColumnMapping,
    residents::{self, Column, Rules},
};
use manifest::{ManifestReader, ManifestWriter};
use objects::{ObjectName, PinnedObject};
use store::{Chunk, ChunkClaim, LoadedRows, Register, StoreError, Upload, write_profile};

use crate::{
    LoadChunk, LoadError,
    compare::{Changed, Lookup, Outcome, RowRef, Rows},
    protection,
};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A chunk in memory: its bytes, and what is needed to read rows out of them again.
pub(crate) struct Source {
    pub(crate) bytes: Bytes,
    pub(crate) header: residents::Header,
    pub(crate) rules: Rules,
    pub(crate) generation: Generation,
}

/// What the worker of a chunk holds while it works.
pub(crate) struct Work<'a> {
    pub(crate) scope: &'a TenantScope,
    pub(crate) upload: &'a Upload,
    pub(crate) chunk: Chunk,
    pub(crate) lease: Lease,
    pub(crate) keys: Arc<TenantKeys>,
}

impl LoadChunk {
    pub(crate) async fn load(
        &self,
        scope: &TenantScope,
        id: &UploadId,
        number: u32,
        deadline: Timestamp,
    ) -> Result<(), LoadError> {
        let upload = self.store.upload(scope, id).await?;
        let upload = upload.ok_or(StoreError::Damaged {
            what: "upload of a chunk",
        })?;
        if upload.state != UploadState::Loading {
            return self.settle(scope, id).await;
        }
        let now = self.clock.now();
        let lease = Lease::new(now, deadline);
        if lease.is_ending(now) {
            return Err(LoadError::TimeoutTooShort);
        }
        match self
            .store
            .claim_chunk(scope, id, number, now, lease.until())
            .await?
        {
            ChunkClaim::Done => return self.settle(scope, id).await,
            ChunkClaim::Busy(until) => return Err(LoadError::Busy(until)),
            ChunkClaim::Unknown => return Err(StoreError::Damaged { what: "chunk" }.into()),
            ChunkClaim::Mine(chunk) => {
                let keys = self
                    .tenant(scope)
                    .await?
                    .keys(scope, &self.keys, now)
                    .await?;
                let work = Work {
                    scope,
                    upload: &upload,
                    chunk,
                    lease,
                    keys,
                };
                let (rows, share) = self.work_off(&work).await?;
                let share = share.as_deref();
                match self
                    .store
                    .complete_chunk(scope, id, &work.chunk, &rows, share)
                    .await
                {
                    Ok(()) => {
                        tracing::info!(upload = %id, chunk = number, rows = rows.counts.total(), "chunk loaded");
                    }
                    Err(StoreError::Moved) => return Err(LoadError::Busy(work.lease.until())),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        self.settle(scope, id).await
    }

    /// Loads the chunk; gives the outcomes of its rows and the version of its share, if it has one.
    async fn work_off(&self, work: &Work<'_>) -> Result<(LoadedRows, Option<String>), LoadError> {
        let source = self.source(work).await?;
        let refused = self.refused(work).await?;
        let (rows, counts) = accepted(work, &source, &refused)?;
        let changed = self.compare(work, &source, rows).await?;
        let counts = outcomes(counts, &changed, work.chunk.plan.rows);
        if changed
            .iter()
            .all(|row| row.outcome() == Outcome::Unchanged)
        {
            return Ok((counts, None));
        }
        let share = self.write(work, &source, &changed).await?;
        let version = self.leave_share(work, source.generation, share).await?;
        Ok((counts, Some(version)))
    }

    async fn source(&self, work: &Work<'_>) -> Result<Source, LoadError> {
        let upload = work.upload;
        let pinned = PinnedObject::noted(work.scope, &upload.key, &upload.version)?;
        let read = |range| self.drop.read_range(work.scope, &pinned, range);
        let header = read(0..upload.header_end).await?;
        let plan = &work.chunk.plan;
        let bytes = read(plan.from..plan.to).await?;
        let differs = |what| LoadError::NotAsChecked { what };
        let settings = self.tenant(work.scope).await?.settings;
        let mapping = ColumnMapping::of_residents(settings.columns);
        let mapping = mapping.map_err(|_| differs("column mapping"))?;
        let encoding = upload.encoding.parse().map_err(|_| differs("encoding"))?;
        let header = header.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&header);
        let header = residents::Header::bind(header, encoding, &mapping);
        let today = upload
            .checked_on
            .ok_or_else(|| differs("day of the check"))?;
        Ok(Source {
            bytes,
            header: header.map_err(|_| differs("header"))?,
            rules: Rules {
                tenant: work.scope.code(),
                today,
                max_bytes: u64::MAX,
            },
            generation: upload.generation.ok_or_else(|| differs("generation"))?,
        })
    }

    /// Indexes of the chunk's records that the check refused, ascending.
    async fn refused(&self, work: &Work<'_>) -> Result<Vec<u32>, LoadError> {
        let plan = &work.chunk.plan;
        if plan.refused_from == plan.refused_to {
            return Ok(Vec::new());
        }
        let version = work.upload.refused_version.as_deref();
        let version = version.ok_or(StoreError::Damaged {
            what: "list of refused records",
        })?;
        let name = ObjectName::Refused(work.upload.id);
        let object = PinnedObject::written(work.scope, &name, version);
        let range = u64::from(plan.refused_from) * 4..u64::from(plan.refused_to) * 4;
        let bytes = self.work.read_range(work.scope, &object, range).await?;
        let (whole, _) = bytes.as_chunks::<4>();
        Ok(whole
            .iter()
            .map(|bytes| u32::from_be_bytes(*bytes))
            .collect())
    }

    /// Finds the rows that nothing in force says, and what is in force of their residents.
    async fn compare(
        &self,
        work: &Work<'_>,
        source: &Source,
        mut rows: Rows,
    ) -> Result<Vec<Changed>, LoadError> {
        if let Some(mut manifest) = self.manifest_in_force(work).await? {
            while let Some(block) = manifest.next_block().await? {
                for entry in block.entries() {
                    rows.mark(&entry?);
                }
            }
        }
        let mut changed = Vec::new();
        for row in rows.into_changed() {
            let tag = source.with_row(&row, |checked| work.keys.resident_tag(checked.number))?;
            changed.push(Changed {
                row,
                tag,
                before: None,
            });
        }
        if changed.is_empty() {
            return Ok(changed);
        }
        let mut lookup = Lookup::new(changed);
        if let Some(mut manifest) = self.manifest_in_force(work).await? {
            while let Some(block) = manifest.next_block().await? {
                for entry in block.entries() {
                    lookup.meet(&entry?);
                }
            }
        }
        let mut changed = lookup.finish();
        if !source.header.has(Column::Protected) {
            self.keep_protection(work, source, &mut changed).await?;
        }
        Ok(changed)
    }

    /// What is in force while this load runs.
    pub(crate) async fn register_before(&self, work: &Work<'_>) -> Result<Register, LoadError> {
        let register = self.store.register(work.scope).await?;
        let loading = register.loading.map(|(_, upload)| upload);
        if loading == Some(work.upload.id) {
            Ok(register)
        } else {
            Err(StoreError::Moved.into())
        }
    }

    async fn manifest_in_force(
        &self,
        work: &Work<'_>,
    ) -> Result<Option<ManifestReader>, LoadError> {
        let register = self.register_before(work).await?;
        let Some(at) = register.in_force.and_then(|before| before.manifest) else {
            return Ok(None);
        };
        let name = ObjectName::Manifest(at.generation, at.merge);
        let object = PinnedObject::written(work.scope, &name, &at.version);
        let object = self.work.open(work.scope, &object).await?;
        Ok(Some(ManifestReader::new(
            work.scope, &work.keys, &name, object,
        )))
    }

    async fn leave_share(
        &self,
        work: &Work<'_>,
        generation: Generation,
        mut share: Vec<manifest::Entry>,
    ) -> Result<String, LoadError> {
        share.sort_unstable_by_key(|entry| entry.tag);
        let name = ObjectName::Share(work.upload.id, work.chunk.plan.number);
        let object = self.work.writer(work.scope, &name);
        let mut out = ManifestWriter::new(work.scope, &work.keys, generation, &name, object);
        for entry in &share {
            out.push(entry)?;
            out.hand_over().await?;
        }
        Ok(out.finish().await?)
    }
}

impl Source {
    /// Reads one accepted row again.
    pub(crate) fn with_row<T>(
        &self,
        row: &RowRef,
        then: impl FnOnce(&domain::ResidentRow<'_>) -> T,
    ) -> Result<T, LoadError> {
        let differs = LoadError::NotAsChecked { what: "a row" };
        let bytes = self.bytes.get(row.from as usize..row.to as usize);
        let Some(bytes) = bytes else {
            return Err(differs);
        };
        let mut rows = residents::Rows::new(&self.header, self.rules, bytes, 0, 0);
        match rows.next() {
            Ok(Some(record)) => record
                .row
                .map(|checked| then(&protection::completed(checked, row)))
                .map_err(|_| differs),
            Ok(None) | Err(_) => Err(differs),
        }
    }
}

/// The chunk's accepted rows by fingerprint, and the count of its refused ones.
///
/// A record that was accepted must be accepted again, for the rules and the day are the same.
fn accepted(
    work: &Work<'_>,
    source: &Source,
    refused: &[u32],
) -> Result<(Rows, RowCounts), LoadError> {
    let plan = &work.chunk.plan;
    let mut rows = Rows::with_capacity(plan.rows as usize);
    let mut content = Vec::with_capacity(256);
    let mut refused_ahead = refused.iter().peekable();
    let mut records = residents::Rows::new(
        &source.header,
        source.rules,
        &source.bytes,
        plan.first_row,
        plan.first_line,
    );
    let differs = |_| LoadError::NotAsChecked { what: "a record" };
    while let Some(record) = records.next().map_err(differs)? {
        if refused_ahead
            .next_if(|index| **index == record.index)
            .is_some()
        {
            continue;
        }
        let row = record.row.map_err(|_| LoadError::NotAsChecked {
            what: "an accepted row",
        })?;
        content.clear();
        write_profile(&row, &mut content);
        rows.push(RowRef {
            from: u32::try_from(record.span.start).unwrap_or(u32::MAX),
            to: u32::try_from(record.span.end).unwrap_or(u32::MAX),
            fingerprint: work.keys.fingerprint(&content),
            removes: row.movement == Movement::Remove,
            protected: row.protected,
        });
        for alike in protection::alike(&row) {
            content.clear();
            write_profile(&alike, &mut content);
            rows.push_alike(work.keys.fingerprint(&content));
        }
    }
    if rows.len() + refused.len() != plan.rows as usize {
        return Err(LoadError::NotAsChecked {
            what: "the number of rows",
        });
    }
    let refused = u64::try_from(refused.len()).unwrap_or(u64::MAX);
    Ok((
        rows,
        RowCounts {
            refused,
            ..RowCounts::default()
        },
    ))
}

/// Adds the outcomes up; what is neither refused nor written is unchanged.
fn outcomes(refused: RowCounts, changed: &[Changed], rows: u32) -> LoadedRows {
    let mut counts = refused;
    let mut removals_of_unknown = 0;
    for row in changed {
        match row.outcome() {
            Outcome::New => counts.new += 1,
            Outcome::Changed => counts.changed += 1,
            Outcome::Removed => counts.removed += 1,
            Outcome::Unchanged => removals_of_unknown += 1,
        }
    }
    counts.unchanged = u64::from(rows) - counts.total();
    LoadedRows {
        counts,
        removals_of_unknown,
    }
}
