//! One chunk: its range read again, its rows recorded, what they became counted.

use domain::{FileKind, Lease, RowCounts, TenantScope, UploadId, UploadState};
use jiff::Timestamp;
use layouts::doses::{DoseRow, Doses};
use objects::ObjectName;
use reread::CheckedFile;
use store::{Chunk, ChunkClaim, LoadedRows, StoreError, Upload};

use crate::{
    LoadDoses, LoadDosesError, Tenant,
    record::{Recorded, Rows},
};

/// What the worker of a chunk holds while it works.
pub(crate) struct Work<'a> {
    pub(crate) tenant: &'a Tenant<'a>,
    pub(crate) upload: &'a Upload,
    pub(crate) chunk: Chunk,
    pub(crate) lease: Lease,
}

impl LoadDoses {
    pub(crate) async fn load(
        &self,
        scope: &TenantScope,
        id: &UploadId,
        number: u32,
        deadline: Timestamp,
    ) -> Result<(), LoadDosesError> {
        let upload = self.upload(scope, id).await?;
        if upload.kind != FileKind::Doses {
            return Err(StoreError::Damaged {
                what: "kind of a dose file",
            }
            .into());
        }
        if upload.state != UploadState::Loading {
            return self.settle(scope, id).await;
        }
        let tenant = self.tenant(scope).await?;
        let now = self.clock.now();
        let lease = Lease::new(now, deadline);
        if lease.is_ending(now) {
            return Err(LoadDosesError::TimeoutTooShort);
        }
        let claim = self
            .store
            .claim_chunk(scope, id, number, now, lease.until());
        let chunk = match claim.await? {
            ChunkClaim::Done => return self.settle(scope, id).await,
            ChunkClaim::Busy(until) => return Err(LoadDosesError::Busy(until)),
            ChunkClaim::Unknown => return Err(StoreError::Damaged { what: "chunk" }.into()),
            ChunkClaim::Mine(chunk) => chunk,
        };
        let work = Work {
            tenant: &tenant,
            upload: &upload,
            chunk,
            lease,
        };
        let (counts, share) = match self.work_off(&work).await {
            // Whoever has it now, or goes on with it, needs no help.
            Err(error @ (LoadDosesError::Busy(_) | LoadDosesError::OutOfTime)) => {
                let tried_enough = work.chunk.is_tried_enough();
                return Err(if tried_enough {
                    LoadDosesError::NeverDone
                } else {
                    error
                });
            }
            Err(error) => return Err(self.give_up(&work, error).await),
            Ok(done) => done,
        };
        let rows = LoadedRows {
            counts,
            removals_of_unknown: 0,
            mismatches: None,
        };
        let done = self
            .store
            .complete_chunk(scope, id, &work.chunk, &rows, share.as_deref());
        match done.await {
            Ok(()) => {
                let loaded = counts.total();
                tracing::info!(upload = %id, chunk = number, rows = loaded, "doses recorded");
                tracing::info!(target: "metrics", tenant = %scope.code(), rows_loaded = loaded);
            }
            Err(StoreError::Moved) => return Err(LoadDosesError::Busy(work.lease.until())),
            Err(error) => return Err(self.give_up(&work, error.into()).await),
        }
        self.settle(scope, id).await
    }

    /// Leaves a chunk that was not recorded to the next worker; says why.
    async fn give_up(&self, work: &Work<'_>, error: LoadDosesError) -> LoadDosesError {
        self.give_back(work).await;
        if error.is_throttled() && !work.chunk.is_tried_enough() {
            LoadDosesError::Throttled
        } else {
            error
        }
    }

    /// Ends the lease on a chunk that was not recorded, whether or not that may pass. Else the message would
    /// find the lease in its way at each attempt, be sent anew, and never come to the dead letters. What is
    /// still under way does no harm: it is on the condition of what was read, and known by its row.
    async fn give_back(&self, work: &Work<'_>) {
        let (scope, id) = (work.tenant.scope, &work.upload.id);
        let now = self.clock.now();
        let released = self.store.release_chunk(scope, id, &work.chunk, now).await;
        // Another worker has it, or the lease ends by itself.
        if let Err(error) = released {
            tracing::debug!(error = %error, "the lease was not given back");
        }
    }

    pub(crate) async fn upload(
        &self,
        scope: &TenantScope,
        id: &UploadId,
    ) -> Result<Upload, LoadDosesError> {
        let upload = self.store.upload(scope, id).await?;
        Ok(upload.ok_or(StoreError::Damaged {
            what: "upload of a dose file",
        })?)
    }

    /// Records the chunk; gives the outcomes of its rows and the version of what it leaves.
    async fn work_off(
        &self,
        work: &Work<'_>,
    ) -> Result<(RowCounts, Option<String>), LoadDosesError> {
        let (rows, refused) = self.rows(work).await?;
        let Recorded { mut counts, share } = self.record(work, rows).await?;
        counts.refused += refused;
        if counts.total() != u64::from(work.chunk.plan.rows) {
            return Err(LoadDosesError::NotAsChecked {
                what: "the number of rows",
            });
        }
        if share.is_empty() {
            return Ok((counts, None));
        }
        let name = ObjectName::Share(work.upload.id, work.chunk.plan.number);
        let mut object = self.work.writer(work.tenant.scope, &name);
        object.write(&share.to_json()).await?;
        Ok((counts, Some(object.finish().await?)))
    }

    /// The chunk's accepted rows, and how many of its rows the check refused.
    async fn rows<'a>(&self, work: &'a Work<'a>) -> Result<(Rows<'a>, u64), LoadDosesError> {
        let file = self.file(work.tenant, work.upload).await?;
        let mut rows = Rows::new(work);
        let add = |index, row: &DoseRow<'_>| rows.add(index, row);
        let refused = file.accepted(&self.work, &work.chunk.plan, add).await?;
        Ok((rows, refused))
    }

    /// The file, to be read again.
    pub(crate) async fn file<'a>(
        &'a self,
        tenant: &Tenant<'a>,
        upload: &'a Upload,
    ) -> Result<CheckedFile<'a, Doses>, LoadDosesError> {
        let columns = upload.columns(&tenant.settings);
        Ok(CheckedFile::open(&self.drop, tenant.scope, upload, columns).await?)
    }
}
