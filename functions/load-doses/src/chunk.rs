//! One chunk: its range read again, its rows recorded, what they became counted.

use domain::{FileKind, Lease, RowCounts, TenantScope, UploadId, UploadState};
use jiff::Timestamp;
use layouts::doses::{DoseRow, Doses};
use objects::ObjectName;
use reread::CheckedFile;
use store::{Chunk, LoadedRows, StoreError, Upload};

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
        let chunks = self.chunks(scope, *id);
        let claimed = chunks.claim::<LoadDosesError>(number, deadline).await?;
        let Some((chunk, lease)) = claimed else {
            return self.settle(scope, id).await;
        };
        let work = Work {
            tenant: &tenant,
            upload: &upload,
            chunk,
            lease,
        };
        let (counts, share) = match self.work_off(&work).await {
            // What is still under way does no harm: it is on the condition of what was read, and known by its row.
            Err(error) => return Err(chunks.give_up(&work.chunk, error).await),
            Ok(done) => done,
        };
        let rows = LoadedRows {
            counts,
            removals_of_unknown: 0,
            mismatches: None,
        };
        let done = chunks.complete(&work.chunk, work.lease, &rows, share.as_deref());
        match done.await {
            Ok(()) => {
                let loaded = counts.total();
                tracing::info!(upload = %id, chunk = number, rows = loaded, "doses recorded");
                tracing::info!(target: "metrics", tenant = %scope.code(), rows_loaded = loaded);
            }
            // Lost at the very end: whoever has it now completes it, however many there were before.
            Err(error @ LoadDosesError::Unfinished(_)) => return Err(error),
            Err(error) => return Err(chunks.give_up(&work.chunk, error).await),
        }
        self.settle(scope, id).await
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
