//! Checking a dropped file: one streaming pass, then what needs a second look at single rows.

use bytes::Bytes;
use domain::{Lease, RowCounts};
use layouts::{
    ColumnMapping, Duplicates as _, FileProblem, Layout, NoticeCode, ProblemCode, Rules, Summary,
    Suspect,
};
use objects::{ObjectName, ObjectsError};
use reread::Places;
use store::{Conclusion, StoreError};

use crate::{
    ReceiveError, ReceiveUpload,
    kind::Kind,
    pass::{Pass, Passed, by_code},
    receive::ClaimedUpload,
};

/// Larger files are refused: 2 GB.
pub(crate) const MAX_BYTES: u64 = 2_000_000_000;

/// What a check found.
pub(crate) enum Checked<F> {
    /// The file cannot be trusted as a whole.
    Refused(FileProblem, Box<Conclusion>),
    /// Every row was checked.
    Rows(Box<CheckedRows<F>>),
}

/// A file all of whose rows were checked, ready to be decided.
pub(crate) struct CheckedRows<F> {
    pub(crate) found: Conclusion,
    pub(crate) sha256: [u8; 32],
    /// What only its kind of file has.
    pub(crate) of_kind: F,
}

impl ReceiveUpload {
    /// Checks the file. Writes `errors.csv`, the list of refused records and the plans of the chunks.
    pub(crate) async fn check<K: Kind>(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        kind: K,
        chunk_bytes: u64,
    ) -> Result<Checked<K::Found>, ReceiveError> {
        let checked_on = claimed.upload.checked_on;
        let today = checked_on.ok_or(StoreError::Damaged {
            what: "day of the check",
        })?;
        let rules = Rules {
            tenant: claimed.scope.code(),
            today,
            max_bytes: MAX_BYTES,
        };
        let pass = Pass::new(
            rules,
            &mapping::<K::Layout>(claimed)?,
            kind,
            chunk_bytes,
            self.seed,
        );
        let mut left = Vec::new();
        let passed = match self.pass(claimed, pass, &mut left).await? {
            Ok(passed) => passed,
            Err((problem, rows_checked)) => {
                let found = Conclusion {
                    rows_checked,
                    ..Conclusion::default()
                };
                return Ok(Checked::Refused(problem, Box::new(found)));
            }
        };
        let Passed {
            sha256,
            summary,
            cutter,
            refused,
            duplicates,
            mut kind,
        } = passed;
        self.leave_rows(claimed, kind.take_left(), &mut left)
            .await?;
        let mut of_kind = kind.finish();
        let (end, marks) = cutter.marks();
        let places = Places {
            header: &summary.header,
            rules,
            marks,
            end,
        };
        let file = claimed.file(&self.drop);
        let suspects = places.verified(file, duplicates.finish()).await?;
        let refused = with_suspects(refused, &suspects);
        K::without_refused(&mut of_kind, &refused);
        // What is written from here on has names of its own: only whoever has the file may write it.
        let rows = u64::from(summary.rows);
        self.keep_lease(claimed, rows).await?;
        let mut refused_version = None;
        if !refused.is_empty() {
            self.write_errors(claimed, &places, &refused, &suspects)
                .await?;
            refused_version = Some(self.write_refused(claimed, &refused).await?);
        }
        let plans = cutter.finish(&refused, left);
        self.keep_lease(claimed, rows).await?;
        let chunks = self.plan_chunks(claimed, plans).await?;
        self.keep_lease(claimed, rows).await?;
        let found = Conclusion {
            sha256: Some(sha256),
            chunks,
            refused_version,
            ..concluded(&summary, &refused, &suspects)
        };
        Ok(Checked::Rows(Box::new(CheckedRows {
            found,
            sha256,
            of_kind,
        })))
    }

    /// Streams the pinned version once, and notes under which versions it left what the load needs of
    /// each chunk. The inner error refuses the file and says how many rows were read until then.
    async fn pass<K: Kind>(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        mut pass: Pass<K>,
        left: &mut Vec<String>,
    ) -> Result<Result<Passed<K>, (FileProblem, u64)>, ReceiveError> {
        let gone = |rows| Ok(Err((FileProblem::new(ProblemCode::FileGone), rows)));
        let Some(size) = claimed.size else {
            return gone(0);
        };
        if size > MAX_BYTES {
            return Ok(Err((FileProblem::new(ProblemCode::FileTooLarge), 0)));
        }
        let mut reader = self.drop.reader(claimed.scope, &claimed.object, 0..size)?;
        loop {
            let bytes = match reader.next().await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(pass.finish()),
                Err(ObjectsError::Gone) => return gone(pass.rows()),
                Err(error) => return Err(error.into()),
            };
            if let Err(problem) = pass.take(&bytes) {
                return Ok(Err((problem, pass.rows())));
            }
            self.leave_rows(claimed, pass.take_left(), left).await?;
            self.keep_lease(claimed, pass.rows()).await?;
        }
    }

    /// Renews the lease when it runs low, telling how many rows are checked.
    pub(crate) async fn keep_lease(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        rows: u64,
    ) -> Result<(), ReceiveError> {
        let now = self.clock.now();
        if let Some(renewal) = claimed.lease.renewal(now) {
            let until = renewal.until();
            self.store
                .note_progress(claimed.scope, &claimed.upload, rows, until)
                .await?;
            claimed.lease = renewal;
        }
        if claimed.lease.covers_a_request(now) {
            return Ok(());
        }
        // The next worker need not wait for the rest of a lease that is of no use any more.
        let ended = Lease::new(now, now).until();
        self.store
            .note_progress(claimed.scope, &claimed.upload, rows, ended)
            .await?;
        Err(ReceiveError::OutOfTime)
    }

    /// Writes the indexes of the refused records, four bytes each, for load-chunk to pass over.
    async fn write_refused(
        &self,
        claimed: &ClaimedUpload<'_>,
        refused: &[u32],
    ) -> Result<String, ReceiveError> {
        let name = ObjectName::Refused(claimed.upload.id);
        let mut object = self.work.writer(claimed.scope, &name);
        for batch in refused.chunks(64 * 1024) {
            let bytes: Bytes = batch.iter().flat_map(|index| index.to_be_bytes()).collect();
            object.write(&bytes).await?;
        }
        Ok(object.finish().await?)
    }

    async fn plan_chunks(
        &self,
        claimed: &ClaimedUpload<'_>,
        plans: Vec<store::ChunkPlan>,
    ) -> Result<u32, ReceiveError> {
        let now = self.clock.now();
        for plan in &plans {
            self.store
                .plan_chunk(claimed.scope, &claimed.upload.id, plan, now)
                .await?;
        }
        Ok(u32::try_from(plans.len()).unwrap_or(u32::MAX))
    }
}

/// The indexes of all refused records, ascending: by the rules, and for what they share.
fn with_suspects(mut refused: Vec<u32>, suspects: &[Suspect]) -> Vec<u32> {
    refused.extend(suspects.iter().map(|suspect| suspect.index));
    refused.sort_unstable();
    refused.dedup();
    refused
}

/// What there is to say about a file all of whose rows were checked, before anything is written of it.
fn concluded<L: Layout>(summary: &Summary<L>, refused: &[u32], suspects: &[Suspect]) -> Conclusion {
    let mut problems = by_code(&summary.problems, ProblemCode::as_str);
    for suspect in suspects {
        let code = suspect.code.as_str().to_owned();
        *problems.entry(code).or_default() += 1;
    }
    Conclusion {
        encoding: Some(summary.header.encoding()),
        header_end: summary.header_span.end,
        rows_checked: u64::from(summary.rows),
        rows: RowCounts {
            refused: refused.len() as u64,
            ..RowCounts::default()
        },
        problems,
        notices: by_code(&summary.notices, NoticeCode::as_str),
        has_errors: !refused.is_empty(),
        ..Conclusion::default()
    }
}

fn mapping<L: Layout>(claimed: &ClaimedUpload<'_>) -> Result<ColumnMapping, ReceiveError> {
    let columns = claimed.upload.columns(&claimed.tenant.settings);
    ColumnMapping::of::<L>(columns).map_err(|_| ReceiveError::Mapping)
}
