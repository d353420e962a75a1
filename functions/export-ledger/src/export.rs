//! One export, from what was asked for to its end.

use std::collections::BTreeMap;

use domain::{
    Date, DoseNumber, ExportId, ExportOrigin, ExportScope, ExportState, ProgrammeCode, TenantScope,
    japan_date,
};
use jiff::SignedDuration;
use layouts::ledger::LedgerError;
use objects::{ExportFile, ObjectName};
use store::{DoseCounts, Export, LastExport, Published, StoreError};

use crate::files::Files;
use crate::manifest::Manifest;
use crate::read::Job;
use crate::reconcile::{Verdict, judge};
use crate::{ExportError, ExportLedger};

/// How often the records are read at most before it is said that they do not agree, or do not rest.
const ATTEMPTS: u32 = 3;

/// After so long without a moment in which the records rest, whoever asked hears of it. Until then the message
/// comes again. Counted from the first attempt, for at night many wait for their turn.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// What is left of an invocation when reading must have ended: files are closed and noted in it.
const MARGIN: SignedDuration = SignedDuration::from_secs(30);

/// A change stands under the day on which its work began, which may be yesterday's for whatever was under way at
/// midnight. No invocation that changes doses goes on for so long.
const UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);

/// The highest number of a dose, by programme: for how many doses a table has columns.
pub(crate) type Widths = BTreeMap<ProgrammeCode, DoseNumber>;

/// Files that are written to their last byte, and not there yet.
struct Ready {
    files: Files,
    counts: DoseCounts,
}

impl ExportLedger {
    /// Makes an export that was asked for. One invocation does so at a time, until it is ended by force: the files
    /// have the same names, and whoever wrote them must be who publishes them.
    pub(crate) async fn export(
        &self,
        scope: &TenantScope,
        id: ExportId,
        deadline: jiff::Timestamp,
    ) -> Result<(), ExportError> {
        let damaged = |what| StoreError::Damaged { what };
        let asked = self.store.export(scope, &id).await?;
        let asked = asked.ok_or(damaged("export"))?;
        if asked.state != ExportState::Requested {
            return Ok(());
        }
        let now = self.clock.now();
        let claimed = self.store.claim_export(scope, &id, deadline, now);
        claimed.await.map_err(|error| match error {
            StoreError::Moved => ExportError::Held,
            other => other.into(),
        })?;
        let made = match self.make(scope, &asked, deadline).await {
            // It would be the same at every attempt.
            Err(ExportError::Store(error @ StoreError::Damaged { .. })) => {
                let what = error.to_string();
                self.fail(scope, &id, "RECORD_UNREADABLE", &what).await
            }
            made => made,
        };
        if made.is_err() {
            // The next attempt comes sooner than this invocation would have been ended. Failing here, it comes
            // after that.
            let _ = self.store.release_export(scope, &id, deadline).await;
        }
        made
    }

    async fn make(
        &self,
        scope: &TenantScope,
        asked: &Export,
        deadline: jiff::Timestamp,
    ) -> Result<(), ExportError> {
        let damaged = |what| StoreError::Damaged { what };
        let tenant = self.store.tenant(scope).await?;
        let tenant = tenant.ok_or(damaged("tenant of an export"))?;
        let keys = tenant.keys(scope, &self.keys, self.clock.now()).await?;
        let last = self.store.last_export(scope).await?;
        let (begun, ends) = (self.clock.now(), deadline.saturating_sub(MARGIN));
        let ends = ends.unwrap_or(begun);
        let job = Job {
            scope,
            keys,
            asked,
            since: since(asked, last.as_ref()),
            continues: continues(asked, last.as_ref()),
            day: japan_date(begun.saturating_sub(UNDER_WAY).unwrap_or(begun)),
            begun_at: begun,
            ends_at: ends,
        };
        let widths = last.map(|last| last.most).unwrap_or_default();
        match self.read_at_rest(&job, widths).await {
            Ok(ready) => self.publish(&job, ready).await,
            Err(ReadError::Differs(how)) => {
                self.fail(scope, &asked.id, "RECORDS_DIFFER", &how).await
            }
            Err(ReadError::Other(ExportError::Ledger(LedgerError::Number { line }))) => {
                let place = format!("line {line}");
                self.fail(scope, &asked.id, "NUMBER_NOT_ENCODABLE", &place)
                    .await
            }
            Err(ReadError::Other(ExportError::OutOfTime { persons })) => {
                let reached = format!("{persons} persons read");
                self.fail(scope, &asked.id, "OUT_OF_TIME", &reached).await
            }
            Err(ReadError::Other(ExportError::Moving)) if self.is_old(&job) => {
                let passes = format!("up to {ATTEMPTS} times at each attempt");
                self.fail(scope, &asked.id, "RECORDS_MOVING", &passes).await
            }
            Err(ReadError::Other(error)) => Err(error),
        }
    }

    fn is_old(&self, job: &Job<'_>) -> bool {
        let first = job.asked.first_taken_at.unwrap_or(job.begun_at);
        self.clock.now().duration_since(first) > PATIENCE
    }

    /// Reads until what was read agrees with the counts.
    async fn read_at_rest(&self, job: &Job<'_>, widths: Widths) -> Result<Ready, ReadError> {
        let mut widths = widths;
        let mut how = None;
        for attempt in 0..ATTEMPTS {
            let before = self.counts(job).await?;
            let (files, counts) = match self.write(job, &mut widths).await {
                // There was time to read everybody once, so it is for what was found then.
                Err(ExportError::OutOfTime { .. }) if attempt > 0 => break,
                written => written?,
            };
            let after = self.counts(job).await;
            match after.map(|after| judge(job.asked.scope, &before, &counts, &after)) {
                Ok(Verdict::Agrees) => {
                    return Ok(Ready {
                        files,
                        counts: before,
                    });
                }
                Ok(Verdict::Moving) => how = None,
                Ok(Verdict::Differs(difference)) => how = Some(difference),
                Err(error) => {
                    files.abort().await;
                    return Err(error.into());
                }
            }
            files.abort().await;
        }
        Err(how.map_or(ReadError::Other(ExportError::Moving), ReadError::Differs))
    }

    async fn counts(&self, job: &Job<'_>) -> Result<DoseCounts, ExportError> {
        Ok(self.store.dose_counts(job.scope).await?)
    }

    /// Makes the files exist, the manifest last, and notes it.
    async fn publish(&self, job: &Job<'_>, ready: Ready) -> Result<(), ExportError> {
        let most = ready.files.widths().clone();
        let retracted = ready.files.retracted();
        let files = ready.files.finish().await?;
        let manifest = Manifest::of(job, &ready.counts, retracted, files).to_json()?;
        let name = ObjectName::Export(job.asked.id, ExportFile::Manifest);
        let written = self.drop.put_small(job.scope, &name, manifest.into());
        written.await?;
        let doses = u64::try_from(ready.counts.recorded).unwrap_or(0);
        let published = Published {
            id: job.asked.id,
            night: is_of_a_night(job.asked).then_some(job.day),
            most,
            doses,
        };
        let noted = self
            .store
            .publish_export(job.scope, &published, self.clock.now());
        match noted.await {
            // Another invocation of the same message was first.
            Ok(()) | Err(StoreError::Moved) => {}
            Err(error) => return Err(error.into()),
        }
        let tenant = job.scope.code().to_string();
        tracing::info!(tenant, count = doses, "export published");
        Ok(())
    }

    /// Nothing is published; whoever asked sees why, and the operator is called.
    async fn fail(
        &self,
        scope: &TenantScope,
        id: &ExportId,
        code: &str,
        how: &str,
    ) -> Result<(), ExportError> {
        let tenant = scope.code().to_string();
        let now = self.clock.now();
        let failed = self.store.fail_export(scope, id, (code, how), now);
        match failed.await {
            Ok(()) | Err(StoreError::Moved) => {}
            Err(error) => return Err(error.into()),
        }
        tracing::error!(code, tenant, error = how, "an export was not published");
        tracing::info!(target: "metrics", exports_failed = 1_u64);
        Ok(())
    }
}

/// Why there is nothing to publish.
enum ReadError {
    /// The records rest, and do not agree with their counts.
    Differs(String),
    /// Something failed.
    Other(ExportError),
}

impl<E: Into<ExportError>> From<E> for ReadError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// From which day on changes are exported; `None` for all.
fn since(asked: &Export, last: Option<&LastExport>) -> Option<Date> {
    match asked.scope {
        ExportScope::Full => None,
        // What was in none of a night has all changed.
        ExportScope::Changed => last.and_then(|last| last.day),
    }
}

/// Which export the changes are counted from.
fn continues(asked: &Export, last: Option<&LastExport>) -> Option<ExportId> {
    match asked.scope {
        ExportScope::Full => None,
        ExportScope::Changed => last.and_then(|last| last.nightly),
    }
}

/// Whether the next one of changes goes on from this one: a municipality takes in what comes every night, and may
/// have asked for another one only to look at it.
fn is_of_a_night(asked: &Export) -> bool {
    asked.origin == ExportOrigin::Nightly
}
