//! One chunk: what the check left of its rows compared, what changed read again and written, its
//! share left.

use std::sync::Arc;

use bytes::Bytes;
use chunks::Unfinished;
use crypto::TenantKeys;
use domain::{Generation, Lease, RowCounts, TenantScope, UploadId, UploadState};
use jiff::Timestamp;
use layouts::residents::{self, Residents};
use manifest::{CheckedRow, ManifestReader, ManifestWriter};
use objects::{ObjectName, PinnedObject};
use reread::{CheckedFile, refused_of};
use store::{Chunk, ChunkPlan, LoadedRows, Register, StoreError, Upload};

use crate::{
    LoadChunk, LoadError,
    compare::{Changed, Comparison, Outcome},
};

/// A chunk in memory: its bytes, and what is needed to read rows out of them again.
pub(crate) struct Source<'a> {
    file: CheckedFile<'a, Residents>,
    bytes: Bytes,
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
            return self.settle(scope, id, deadline).await;
        }
        let tenant = self.tenant(scope).await?;
        let keys = tenant.keys(scope, &self.keys, self.clock.now()).await?;
        let chunks = self.chunks(scope, *id);
        let Some((chunk, lease)) = chunks.claim::<LoadError>(number, deadline).await? else {
            return self.settle(scope, id, deadline).await;
        };
        let mut work = Work {
            scope,
            upload: &upload,
            chunk,
            lease,
            keys,
        };
        if let Err(error) = self.load_claimed(&mut work).await {
            let landed = self.has_landed(error.is_passing(), deadline);
            return Err(chunks.give_up_landed(&work.chunk, error, landed).await);
        }
        if self.is_late(deadline) && self.is_all_loaded(scope, id).await? {
            return Err(Unfinished::OutOfTime.into());
        }
        self.settle(scope, id, deadline).await
    }

    /// Loads a chunk under lease, and notes that it is.
    async fn load_claimed(&self, work: &mut Work<'_>) -> Result<(), LoadError> {
        let (rows, share) = self.work_off(work).await?;
        let (id, chunk) = (work.upload.id, &work.chunk);
        self.chunks(work.scope, id)
            .complete::<LoadError>(chunk, work.lease, &rows, share.as_deref())
            .await?;
        let (loaded, number) = (rows.counts.total(), chunk.plan.number);
        tracing::info!(upload = %id, chunk = number, rows = loaded, "chunk loaded");
        tracing::info!(target: "metrics", tenant = %work.scope.code(), rows_loaded = loaded);
        Ok(())
    }

    /// Waits until nothing of a chunk that failed is in flight any more; `false` when the invocation ends before that.
    async fn has_landed(&self, is_passing: bool, deadline: Timestamp) -> bool {
        if is_passing {
            // What was given up unanswered may still arrive, and a new resident is put unconditionally.
            let over = Lease::LONGEST_REQUEST;
            if deadline.duration_since(self.clock.now()) <= over {
                return false;
            }
            tokio::time::sleep(over.unsigned_abs()).await;
        }
        true
    }

    /// Loads the chunk; gives the outcomes of its rows and the version of its share, if it has one.
    async fn work_off(
        &self,
        work: &mut Work<'_>,
    ) -> Result<(LoadedRows, Option<String>), LoadError> {
        let refused = refused_of(&self.work, work.scope, work.upload, &work.chunk.plan).await?;
        let rows = self.accepted(work, &refused).await?;
        let changed = self.compare(work, rows).await?;
        if changed.is_empty() {
            return Ok((Outcomes::default().of_chunk(work, &refused), None));
        }
        let source = self.source(work).await?;
        self.keep_lease(work).await?;
        let changed = self.keep_what_is_left(work, &source, changed).await?;
        let (share, outcomes) = self.write(work, &source, &changed).await?;
        let rows = outcomes.of_chunk(work, &refused);
        if share.is_empty() {
            return Ok((rows, None));
        }
        let version = self.leave_share(work, source.generation, share).await?;
        Ok((rows, Some(version)))
    }

    pub(crate) async fn source<'a>(&'a self, work: &Work<'a>) -> Result<Source<'a>, LoadError> {
        let upload = work.upload;
        let columns = upload.columns(&self.tenant(work.scope).await?.settings);
        let file = CheckedFile::open(&self.drop, work.scope, upload, columns).await?;
        Ok(Source {
            bytes: file.bytes(&work.chunk.plan).await?,
            file,
            generation: upload
                .generation
                .ok_or(LoadError::NotAsChecked { what: "generation" })?,
        })
    }

    /// Finds the rows that nothing in force says, and what is in force of their residents.
    async fn compare(
        &self,
        work: &mut Work<'_>,
        rows: Vec<(CheckedRow, u32)>,
    ) -> Result<Vec<Changed>, LoadError> {
        let mut comparison = Comparison::new(rows);
        if let Some(mut manifest) = self.manifest_in_force(work).await? {
            while let Some(block) = manifest.next_block().await? {
                for entry in block.entries() {
                    comparison.meet(&entry?);
                }
                self.keep_lease(work).await?;
            }
        }
        Ok(comparison.finish())
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

impl Source<'_> {
    pub(crate) const fn header(&self) -> &residents::Header {
        self.file.header()
    }

    /// The records of the chunk, to be read again.
    pub(crate) fn records<'a>(&'a self, plan: &ChunkPlan) -> residents::Rows<'a> {
        self.file.rows(plan, &self.bytes)
    }
}

/// What was done about the changed rows of a chunk.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outcomes {
    written: RowCounts,
    removals_of_unknown: u64,
}

impl Outcomes {
    pub(crate) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::New => self.written.new += 1,
            Outcome::Changed => self.written.changed += 1,
            Outcome::Removed => self.written.removed += 1,
            Outcome::Unchanged => self.removals_of_unknown += 1,
        }
    }

    /// All rows of the chunk: what is neither refused nor written is unchanged.
    fn of_chunk(self, work: &Work<'_>, refused: &[u32]) -> LoadedRows {
        let mut counts = RowCounts {
            refused: refused.len() as u64,
            ..self.written
        };
        counts.unchanged = u64::from(work.chunk.plan.rows) - counts.total();
        LoadedRows {
            counts,
            removals_of_unknown: self.removals_of_unknown,
            mismatches: None,
        }
    }
}
