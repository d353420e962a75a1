//! The end of a file: every refused row into `errors.csv`, one conditional update, the receipt.

use std::collections::BTreeMap;

use domain::{TenantScope, UploadId, UploadState};
use layouts::{
    ProblemCode, RowProblem,
    inquiries::{Inquiries, Record},
};
use objects::{ObjectName, PinnedObject};
use receipts::Receipt;
use reread::{Mark, refused_of};
use store::{ChunkPlan, ChunkState, LoadEnd, StoreError, Upload};

use crate::{
    AskInquiries, AskInquiriesError,
    file::{Work, not_as_checked},
};

/// Rows that were refused when they were asked, and why.
type Refused = BTreeMap<u32, ProblemCode>;

impl AskInquiries {
    /// Leaves what was refused beyond the check for whoever ends the file; gives its version.
    pub(crate) async fn leave_refused(
        &self,
        work: &Work<'_>,
        refused: &Refused,
    ) -> Result<Option<String>, AskInquiriesError> {
        if refused.is_empty() {
            return Ok(None);
        }
        let name = ObjectName::Share(work.upload.id, work.chunk.plan.number);
        let mut object = self.work.writer(work.scope, &name);
        let lines = refused
            .iter()
            .map(|(index, code)| format!("{index} {code}\n"));
        object.write(lines.collect::<String>().as_bytes()).await?;
        Ok(Some(object.finish().await?))
    }

    /// Ends the file and writes the receipt. Whoever ends here has seen the final receipt written.
    pub(crate) async fn settle(
        &self,
        scope: &TenantScope,
        id: &UploadId,
    ) -> Result<(), AskInquiriesError> {
        let mut upload = self.upload(scope, id).await?;
        if upload.state == UploadState::Loading {
            if upload.chunks_done < upload.chunks {
                return Ok(());
            }
            self.end(scope, &upload).await?;
            upload = self.upload(scope, id).await?;
        }
        if upload.state == UploadState::InForce {
            Receipt::write(&self.drop, scope, &upload).await?;
        }
        Ok(())
    }

    async fn end(&self, scope: &TenantScope, upload: &Upload) -> Result<(), AskInquiriesError> {
        if upload.rows.total() != upload.rows_checked {
            return Err(not_as_checked("outcomes do not add up to the rows"));
        }
        let mut end = LoadEnd::of_check(upload);
        for (plan, state) in self.store.chunks(scope, &upload.id).await? {
            let ChunkState::Done {
                share: Some(version),
            } = state
            else {
                continue;
            };
            let refused = self.refused(scope, upload, &plan, &version).await?;
            for code in refused.values() {
                *end.problems.entry(code.to_string()).or_default() += 1;
            }
            self.write_errors(scope, upload, &plan, &refused).await?;
            end.has_errors = true;
        }
        let ended = self
            .store
            .end_load(scope, &upload.id, &end, self.clock.now());
        match ended.await {
            Ok(()) => {
                tracing::info!(upload = %upload.id, rows = upload.rows_checked, "file of inquiries ended");
                Ok(())
            }
            Err(StoreError::Moved) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn refused(
        &self,
        scope: &TenantScope,
        upload: &Upload,
        plan: &ChunkPlan,
        version: &str,
    ) -> Result<Refused, AskInquiriesError> {
        let name = ObjectName::Share(upload.id, plan.number);
        let object = PinnedObject::written(scope, &name, version);
        let bytes = self.work.read_whole(scope, &object).await?;
        let text = str::from_utf8(&bytes).unwrap_or_default();
        let row = |line: &str| {
            let (index, code) = line.split_once(' ')?;
            Some((index.parse().ok()?, code.parse().ok()?))
        };
        let refused: Option<Refused> = text.lines().map(row).collect();
        refused.ok_or(not_as_checked("what the worker left"))
    }

    /// `errors.csv` anew, with the rows that the check refused and with those that could not be asked.
    async fn write_errors(
        &self,
        scope: &TenantScope,
        upload: &Upload,
        plan: &ChunkPlan,
        found: &Refused,
    ) -> Result<(), AskInquiriesError> {
        let file = self.file(scope, upload).await?;
        let marks = [Mark::from(plan)];
        let places = file.places(&marks, plan.to);
        let mut refused = refused_of(&self.work, scope, upload, plan).await?;
        refused.extend(found.keys());
        refused.sort_unstable();
        let mut errors = file.errors()?;
        let reasons = |record: &Record<'_>| reasons(record, found.get(&record.index));
        errors.add(&places, &refused, reasons).await?;
        Ok(errors.finish().await?)
    }
}

/// What was wrong with a row: what the rules of the layout say, why it could not be asked, or else that
/// another row has its 整理番号.
fn reasons(record: &Record<'_>, found: Option<&ProblemCode>) -> Vec<(&'static str, String)> {
    let of_row = record.row.err().unwrap_or_default();
    let beyond = |code| RowProblem::beyond::<Inquiries>(code, record.line);
    let mut problems = of_row.to_vec();
    problems.extend(found.map(|code| beyond(*code)));
    if problems.is_empty() {
        problems.push(beyond(ProblemCode::ReferenceTwice));
    }
    let reason = |problem: &RowProblem| (problem.code.as_str(), problem.message_ja());
    problems.iter().map(reason).collect()
}
