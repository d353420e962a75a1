//! One file: its rows read again, each of them asked, what they became counted.

use std::collections::BTreeMap;

use asking::{per_day, tell_of_mismatches};
use domain::{
    FileKind, Lease, RowCounts, TenantScope, TenantSettings, UploadId, UploadState, japan_date,
};
use jiff::Timestamp;
use layouts::inquiries::{Inquiries, InquiryRow};
use reread::CheckedFile;
use store::{Chunk, LoadedRows, Mismatches, StoreError, Upload};

use crate::{
    AskInquiries, AskInquiriesError,
    asked::{Asked, Row},
};

/// A file of inquiries is one chunk: its answers stand in one file.
const CHUNK: u32 = 0;

/// What the worker of a file holds while it works.
pub(crate) struct Work<'a> {
    pub(crate) scope: &'a TenantScope,
    pub(crate) settings: TenantSettings,
    pub(crate) upload: &'a Upload,
    pub(crate) chunk: Chunk,
    pub(crate) lease: Lease,
}

/// How far the worker of a file is.
struct Progress {
    lease: Lease,
    /// Rows that were asked, whatever came of it.
    asked: u32,
}

/// What became of the rows.
struct Done {
    counts: RowCounts,
    /// Version of the object with what was refused.
    share: Option<String>,
    mismatched: u32,
}

impl AskInquiries {
    pub(crate) async fn ask_file(
        &self,
        scope: &TenantScope,
        id: &UploadId,
        deadline: Timestamp,
    ) -> Result<(), AskInquiriesError> {
        let upload = self.upload(scope, id).await?;
        if upload.kind != FileKind::Inquiries {
            let what = "kind of a file of inquiries";
            return Err(StoreError::Damaged { what }.into());
        }
        if upload.state != UploadState::Loading {
            return self.settle(scope, id).await;
        }
        let tenant = self.store.tenant(scope).await?;
        let tenant = tenant.ok_or(StoreError::Damaged { what: "tenant" })?;
        let chunks = self.chunks(scope, *id);
        let claimed = chunks.claim::<AskInquiriesError>(CHUNK, deadline).await?;
        let Some((chunk, lease)) = claimed else {
            return self.settle(scope, id).await;
        };
        let work = Work {
            scope,
            settings: tenant.settings,
            upload: &upload,
            chunk,
            lease,
        };
        let Done {
            counts,
            share,
            mismatched,
        } = match self.work_off(&work).await {
            // What is still under way does no harm: whatever is written for a row is written once.
            Err(error) => return Err(chunks.give_up(&work.chunk, error).await),
            Ok(done) => done,
        };
        let at = self.clock.now();
        let mismatches = (mismatched > 0).then(|| Mismatches {
            many: mismatched,
            day: japan_date(at),
            at,
        });
        let rows = LoadedRows {
            counts,
            removals_of_unknown: 0,
            mismatches,
        };
        // They are counted once: a worker that dies in doing so has told of them.
        if let Some(mismatches) = &mismatches
            && let Err(error) = self.tell(&work, mismatches).await
        {
            return Err(chunks.give_up(&work.chunk, error).await);
        }
        let done = chunks.complete(&work.chunk, work.lease, &rows, share.as_deref());
        match done.await {
            Ok(()) => tracing::info!(upload = %id, rows = counts.total(), "inquiries made"),
            // Lost at the very end: whoever has it now completes it, however many there were before.
            Err(error @ AskInquiriesError::Unfinished(_)) => return Err(error),
            Err(error) => return Err(chunks.give_up(&work.chunk, error).await),
        }
        self.settle(scope, id).await
    }

    /// Tells the alarms of what is about to be counted.
    async fn tell(
        &self,
        work: &Work<'_>,
        mismatches: &Mismatches,
    ) -> Result<(), AskInquiriesError> {
        let mut count = self.store.inquiries_on(work.scope, mismatches.day).await?;
        count.mismatched = count.mismatched.saturating_add(mismatches.many);
        let per_day = per_day(&self.store, work.scope, &work.settings).await?;
        tell_of_mismatches(work.scope, mismatches.many, &count, per_day);
        Ok(())
    }

    /// Asks every row, and leaves answers and refused rows.
    async fn work_off(&self, work: &Work<'_>) -> Result<Done, AskInquiriesError> {
        let (rows, refused) = self.rows(work).await?;
        let asked = self.ask_rows(work, rows).await?;
        let counts = RowCounts {
            answered: asked.answers.len() as u64,
            refused: refused + asked.refused.len() as u64,
            ..RowCounts::default()
        };
        if counts.total() != u64::from(work.chunk.plan.rows) {
            return Err(not_as_checked("the number of rows"));
        }
        self.write_answers(work, &asked.answers).await?;
        let share = self.leave_refused(work, &asked.refused).await?;
        Ok(Done {
            counts,
            share,
            mismatched: asked.mismatched,
        })
    }

    /// The accepted rows, and how many the check refused.
    async fn rows(&self, work: &Work<'_>) -> Result<(Vec<Row>, u64), AskInquiriesError> {
        let file = self.file(work.scope, work.upload).await?;
        let mut rows = Vec::new();
        let add = |index, row: &InquiryRow<'_>| {
            rows.push(Row::of(index, row));
            Ok::<_, AskInquiriesError>(())
        };
        let refused = file.accepted(&self.work, &work.chunk.plan, add).await?;
        Ok((rows, refused))
    }

    /// The file, to be read again. Its columns have our names.
    pub(crate) async fn file<'a>(
        &'a self,
        scope: &'a TenantScope,
        upload: &'a Upload,
    ) -> Result<CheckedFile<'a, Inquiries>, AskInquiriesError> {
        Ok(CheckedFile::open(&self.drop, scope, upload, BTreeMap::new()).await?)
    }

    /// Asks row after row, some at the same time.
    async fn ask_rows(&self, work: &Work<'_>, rows: Vec<Row>) -> Result<Asked, AskInquiriesError> {
        let progress = tokio::sync::Mutex::new(Progress {
            lease: work.lease,
            asked: 0,
        });
        let asks = rows.into_iter().map(|row| {
            let progress = &progress;
            async move {
                self.keep_lease(work, &mut *progress.lock().await).await?;
                let outcome = self.ask_row(work, &row).await?;
                progress.lock().await.asked += 1;
                Ok(outcome)
            }
        });
        let asked = Asked::gather(asks).await?;
        // What is written next has a fixed name: only whoever has the file may write it.
        self.keep_lease(work, &mut *progress.lock().await).await?;
        Ok(asked)
    }

    /// Renews the lease when it runs low; stops in good time when it cannot be renewed.
    async fn keep_lease(
        &self,
        work: &Work<'_>,
        progress: &mut Progress,
    ) -> Result<(), AskInquiriesError> {
        let Some(next) = progress.lease.next(self.clock.now()) else {
            return Ok(());
        };
        // A worker before this one may have come further: what it asked is answered as it was.
        let asked = progress.asked.max(work.chunk.written);
        progress.lease = next.lease;
        let chunks = self.chunks(work.scope, work.upload.id);
        chunks.note(&work.chunk, next, asked).await.map(drop)
    }
}

pub(crate) const fn not_as_checked(what: &'static str) -> AskInquiriesError {
    AskInquiriesError::NotAsChecked { what }
}
