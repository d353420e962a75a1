//! The end of a load: every refused row into `errors.csv`, one conditional update, the receipt.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use domain::{FindingCode, TenantScope, UploadId, UploadState};
use layouts::{
    Duplicates as _, ProblemCode, RowProblem,
    doses::{Doses, Duplicates, Record},
    finding_ja,
};
use objects::{ObjectName, PinnedObject};
use receipts::Receipt;
use reread::{DroppedFile, Mark, Places, refused_of};
use store::{ChunkPlan, ChunkState, LoadEnd, StoreError, Upload};

use crate::{LoadDoses, LoadDosesError, share::Share};

impl LoadDoses {
    /// After a chunk: when it was the last one, ends the load and writes the receipt. Whoever ends here
    /// has seen the final receipt written.
    pub(crate) async fn settle(
        &self,
        scope: &TenantScope,
        id: &UploadId,
    ) -> Result<(), LoadDosesError> {
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

    async fn end(&self, scope: &TenantScope, upload: &Upload) -> Result<(), LoadDosesError> {
        if upload.rows.total() != upload.rows_checked {
            return Err(LoadDosesError::NotAsChecked {
                what: "outcomes do not add up to the rows",
            });
        }
        let mut end = LoadEnd::of_check(upload);
        self.gather(scope, upload, &mut end).await?;
        let ended = self
            .store
            .end_load(scope, &upload.id, &end, self.clock.now());
        match ended.await {
            Ok(()) => {
                tracing::info!(upload = %upload.id, rows = upload.rows_checked, "dose file ended");
                Ok(())
            }
            Err(StoreError::Moved) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds up what the chunks left. Where rows were refused while they were recorded, writes `errors.csv`
    /// anew, with them and with those of the check.
    async fn gather(
        &self,
        scope: &TenantScope,
        upload: &Upload,
        end: &mut LoadEnd,
    ) -> Result<(), LoadDosesError> {
        let mut chunks = Vec::new();
        let mut refused = false;
        for (plan, state) in self.store.chunks(scope, &upload.id).await? {
            let share = match state {
                ChunkState::Todo { .. } => return Err(StoreError::Moved.into()),
                ChunkState::Done { share: None } => None,
                ChunkState::Done {
                    share: Some(version),
                } => {
                    let share = self.share(scope, upload, &plan, &version).await?;
                    for (code, rows) in &share.doubts {
                        *end.notices.entry(code.to_string()).or_default() += rows;
                    }
                    for code in share.refused.values().flatten() {
                        *end.problems.entry(code.to_string()).or_default() += 1;
                    }
                    refused |= !share.refused.is_empty();
                    Some(version)
                }
            };
            chunks.push((plan, share));
        }
        if refused {
            self.write_errors(scope, upload, &chunks).await?;
            end.has_errors = true;
        }
        Ok(())
    }

    async fn share(
        &self,
        scope: &TenantScope,
        upload: &Upload,
        plan: &ChunkPlan,
        version: &str,
    ) -> Result<Share, LoadDosesError> {
        let name = ObjectName::Share(upload.id, plan.number);
        let object = PinnedObject::written(scope, &name, version);
        Share::parse(&self.work.read_whole(scope, &object).await?)
    }

    /// Chunk by chunk, so that no more than what was found about the rows of one is known at a time.
    async fn write_errors(
        &self,
        scope: &TenantScope,
        upload: &Upload,
        chunks: &[(ChunkPlan, Option<String>)],
    ) -> Result<(), LoadDosesError> {
        let tenant = self.tenant(scope).await?;
        let file = self.file(&tenant, upload).await?;
        let marks: Vec<_> = chunks.iter().map(|(plan, _)| Mark::from(plan)).collect();
        let places = file.places(&marks, chunks.last().map_or(0, |(plan, _)| plan.to));
        let mut all = Vec::new();
        for (plan, _) in chunks {
            all.extend(refused_of(&self.work, scope, upload, plan).await?);
        }
        let twice = told_twice(&places, file.dropped(), upload, &all).await?;
        let mut errors = file.errors()?;
        for (plan, share) in chunks {
            let share = match share {
                Some(version) => self.share(scope, upload, plan, version).await?,
                None => Share::default(),
            };
            let mut refused = refused_of(&self.work, scope, upload, plan).await?;
            refused.extend(share.refused.keys());
            refused.sort_unstable();
            let reasons = |record: &Record<'_>| {
                let found = share.refused.get(&record.index);
                reasons(record, found, twice.contains(&record.index))
            };
            errors.add(&places, &refused, reasons).await?;
        }
        Ok(errors.finish().await?)
    }
}

/// Which of the rows that the check refused record the same dose as another one, and differ. It refused all
/// of them, so none of them has to be looked for among the others.
async fn told_twice(
    places: &Places<'_, Doses>,
    file: DroppedFile<'_>,
    upload: &Upload,
    refused: &[u32],
) -> Result<BTreeSet<u32>, LoadDosesError> {
    let mut seed = DefaultHasher::new();
    upload.id.hash(&mut seed);
    let mut duplicates = Duplicates::new(seed.finish());
    let add = |record: &Record<'_>| {
        duplicates.add(record.index, &record.keys);
        Ok(())
    };
    places.read(file, refused, add).await?;
    let suspects = places.verified(file, duplicates.finish()).await?;
    Ok(suspects.iter().map(|it| it.index).collect())
}

/// What was wrong with a row: what the rules of the layout say, what was found when it was recorded, and
/// that another row records the same dose differently.
fn reasons(
    record: &Record<'_>,
    found: Option<&Vec<FindingCode>>,
    is_twice: bool,
) -> Vec<(&'static str, String)> {
    let problems = record.row.err().unwrap_or_default();
    let mut reasons: Vec<_> = problems
        .iter()
        .map(|problem| (problem.code.as_str(), problem.message_ja()))
        .collect();
    let findings = found.into_iter().flatten();
    reasons.extend(findings.map(|code| (code.as_str(), finding_ja(*code, record.line))));
    if is_twice {
        let twice = ProblemCode::DoseTwice;
        let problem = RowProblem::beyond::<Doses>(twice, record.line);
        reasons.push((twice.as_str(), problem.message_ja()));
    }
    reasons
}
