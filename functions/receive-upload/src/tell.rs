//! What is told of a file: `errors.csv` and the receipt of one without a place to who dropped it, that
//! there is something to load to who loads, counts to the dashboard.

use domain::{FileKind, TenantCode, TenantScope, UploadId, UploadState};
use jiff::Timestamp;
use layouts::{FileProblem, Layout, ProblemCode, Record, RowProblem, Suspect};
use objects::ObjectName;
use queues::{DoseMessage, InquiryMessage, LoadMessage};
use receipts::Unplaced;
use reread::{ErrorsFile, Places};
use store::{ChunkState, Conclusion};

use crate::{ReceiveError, ReceiveUpload, receive::ClaimedUpload};

impl ReceiveUpload {
    /// Writes `errors.csv`: the refused rows as they came, with what is wrong.
    pub(crate) async fn write_errors<L: Layout>(
        &self,
        claimed: &ClaimedUpload<'_>,
        places: &Places<'_, L>,
        refused: &[u32],
        suspects: &[Suspect],
    ) -> Result<(), ReceiveError> {
        let reasons = |record: &Record<'_, L>| {
            let problems = problems(record, of_row(suspects, record.index));
            let reason = |problem: &RowProblem| (problem.code.as_str(), problem.message_ja());
            problems.iter().map(reason).collect()
        };
        let file = claimed.file(&self.drop);
        let mut errors = ErrorsFile::begin(file, claimed.upload.id, places.header)?;
        errors.add(places, refused, reasons).await?;
        Ok(errors.finish().await?)
    }

    /// A file in the folder of a municipality of which its place does not tell what it is: it is in no list.
    pub(crate) async fn of_no_kind(
        &self,
        tenant: TenantCode,
        id: UploadId,
        code: ProblemCode,
        key: String,
        at: Timestamp,
    ) -> Result<(), ReceiveError> {
        let scope = &TenantScope::from_inbox_folder(tenant);
        if self.store.tenant(scope).await?.is_none() {
            return self.unplaced(id, ProblemCode::UnknownTenant).await;
        }
        tracing::warn!(upload = %id, code = code.as_str(), "file refused by its place");
        let receipt = Unplaced::of(&id, &FileProblem::new(code)).dropped(key, at);
        let receipt = receipt.to_json();
        self.drop
            .put_small(scope, &ObjectName::Receipt(id), receipt.into())
            .await?;
        Ok(())
    }

    /// A file that belongs to nobody who takes part: for the operator to look at.
    pub(crate) async fn unplaced(
        &self,
        id: UploadId,
        code: ProblemCode,
    ) -> Result<(), ReceiveError> {
        tracing::warn!(upload = %id, code = code.as_str(), "file belongs to no municipality");
        let receipt = Unplaced::of(&id, &FileProblem::new(code)).to_json();
        self.unassigned.put_receipt(id, receipt.into()).await?;
        Ok(())
    }

    /// Tells who loads that there is something to do for the tenant, as often as asked.
    pub(crate) async fn tell_loader(
        &self,
        scope: &TenantScope,
        id: UploadId,
        kind: FileKind,
        state: UploadState,
    ) -> Result<(), ReceiveError> {
        let tenant = scope.code();
        match (kind, state) {
            (FileKind::Residents, UploadState::Waiting | UploadState::Loading) => {
                self.loads.send(&[LoadMessage::Advance { tenant }]).await?;
            }
            (FileKind::Doses, UploadState::Loading) => {
                let message = |chunk| DoseMessage::Chunk {
                    tenant,
                    upload: id,
                    chunk,
                };
                let chunks = self.store.chunk_states(scope, &id).await?;
                let mut messages: Vec<_> = chunks
                    .iter()
                    .filter(|(_, state)| matches!(state, ChunkState::Todo { .. }))
                    .map(|(chunk, _)| message(*chunk))
                    .collect();
                if messages.is_empty() {
                    // All are done: whoever is told of the first one makes sure of the end.
                    messages.push(message(0));
                }
                self.doses.send(&messages).await?;
            }
            (FileKind::Inquiries, UploadState::Loading) => {
                let message = InquiryMessage { tenant, upload: id };
                self.inquiries.send(&[message]).await?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// For the dashboard.
pub(crate) fn count(scope: &TenantScope, state: UploadState, found: &Conclusion) {
    tracing::info!(
        target: "metrics",
        tenant = %scope.code(),
        files_decided = 1_u64,
        files_refused = u64::from(state == UploadState::Refused),
        rows_checked = found.rows_checked,
        rows_refused = found.rows.refused,
    );
}

/// Those of this row; there may be millions, ordered by row.
fn of_row(suspects: &[Suspect], index: u32) -> &[Suspect] {
    let first = suspects.partition_point(|it| it.index < index);
    let rest = suspects.get(first..).unwrap_or_default();
    let count = rest.partition_point(|it| it.index == index);
    rest.get(..count).unwrap_or_default()
}

/// What the rules say of the record, and what it shares with others.
fn problems<L: Layout>(record: &Record<'_, L>, shared: &[Suspect]) -> Vec<RowProblem> {
    let mut problems = record.row.err().map(<[_]>::to_vec).unwrap_or_default();
    let beyond = |it: &Suspect| RowProblem::beyond::<L>(it.code, record.line);
    problems.extend(shared.iter().map(beyond));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_row_shares_is_found_among_all_that_is_shared() {
        let suspect = |index, code| Suspect { index, code };
        let all = [
            suspect(1, ProblemCode::CouponShared),
            suspect(4, ProblemCode::CouponShared),
            suspect(4, ProblemCode::MyNumberShared),
            suspect(9, ProblemCode::CouponShared),
        ];
        let found = |index| of_row(&all, index);
        assert_eq!(found(1), &all[..1]);
        assert_eq!(found(4), &all[1..3]);
        assert_eq!(found(9), &all[3..]);
        for nothing in [0, 2, 10] {
            assert_eq!(found(nothing), &[], "{nothing}");
        }
    }
}
