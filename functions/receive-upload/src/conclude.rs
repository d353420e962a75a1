//! What becomes of a placed file: checked as its kind is, it is refused, held, accepted, or says nothing new.

use domain::{Date, FileKind, RowCounts, UploadState};
use layouts::{FileProblem, ProblemCode};
use receipts::Receipt;
use store::{Conclusion, FileRefusal, Register, StoreError};

use crate::{
    ReceiveError, ReceiveUpload,
    check::{Checked, CheckedRows, MAX_BYTES},
    decide::{Decision, Found, decide, too_many_refused},
    kind::{DosesFile, InquiriesFile, ResidentsFile, ResidentsFound},
    receive::ClaimedUpload,
    rows::ChunkRows,
    tell,
};

/// The register may move while a file is decided; more often than this it cannot in earnest.
const DECISIONS: u32 = 5;
/// More rows than these one worker does not ask in its time.
const MOST_INQUIRIES: u64 = 20_000;

/// What is decided of a file.
#[derive(Clone, Copy)]
enum Outcome<'a> {
    /// Its check ends so, whatever the register is.
    Ends(UploadState),
    /// It says what this register says.
    Unchanged(&'a Register),
    /// It gets the generation that comes after this register's.
    Accepted(&'a Register),
}

impl ReceiveUpload {
    pub(crate) async fn check_and_decide(
        &self,
        claimed: &mut ClaimedUpload<'_>,
    ) -> Result<UploadState, ReceiveError> {
        match claimed.upload.kind {
            FileKind::Residents => self.residents(claimed).await,
            FileKind::Doses => self.doses(claimed).await,
            FileKind::Inquiries => self.inquiries(claimed).await,
        }
    }

    async fn residents(
        &self,
        claimed: &mut ClaimedUpload<'_>,
    ) -> Result<UploadState, ReceiveError> {
        // Accepted, it would be newer than every file until that day.
        let in_future = |as_of: &Date| claimed.upload.checked_on.is_some_and(|day| *as_of > day);
        if let Some(as_of) = claimed.upload.as_of.filter(in_future) {
            let problem = FileProblem::as_of_in_future(as_of);
            return self.refuse(claimed, &problem, Conclusion::default()).await;
        }
        let keys = claimed
            .tenant
            .keys(claimed.scope, &self.keys, self.clock.now())
            .await?;
        let rows = ChunkRows::new(claimed.scope, claimed.upload.id, keys);
        let ever_protected = self.ever_protected(claimed.scope).await?;
        let kind = ResidentsFile::new(rows, ever_protected);
        let rows = match self
            .check(claimed, kind, self.chunk_bytes.residents)
            .await?
        {
            Checked::Refused(problem, found) => {
                return self.refuse(claimed, &problem, *found).await;
            }
            Checked::Rows(rows) => rows,
        };
        for _ in 0..DECISIONS {
            let register = self.store.register(claimed.scope).await?;
            match self.decide(claimed, &rows.found, &rows, &register).await {
                Err(ReceiveError::Store(StoreError::Moved)) => {}
                other => return other,
            }
        }
        Err(StoreError::Moved.into())
    }

    /// A dose file needs no generation: its rows come into force one by one, so it is accepted unless
    /// too many of them are wrong, and loaded at once.
    async fn doses(&self, claimed: &mut ClaimedUpload<'_>) -> Result<UploadState, ReceiveError> {
        let kind = DosesFile::new();
        let found = match self.check(claimed, kind, self.chunk_bytes.doses).await? {
            Checked::Refused(problem, found) => {
                return self.refuse(claimed, &problem, *found).await;
            }
            Checked::Rows(rows) => rows.found,
        };
        self.load_unless_too_many_refused(claimed, found).await
    }

    /// A file of inquiries is asked at once as well, by one worker: its answers stand in one file.
    async fn inquiries(
        &self,
        claimed: &mut ClaimedUpload<'_>,
    ) -> Result<UploadState, ReceiveError> {
        let kind = InquiriesFile::new();
        let found = match self.check(claimed, kind, MAX_BYTES).await? {
            Checked::Refused(problem, found) => {
                return self.refuse(claimed, &problem, *found).await;
            }
            Checked::Rows(rows) => rows.found,
        };
        if found.rows_checked > MOST_INQUIRIES {
            let problem = FileProblem::new(ProblemCode::TooManyInquiries);
            return self.refuse(claimed, &problem, found).await;
        }
        self.load_unless_too_many_refused(claimed, found).await
    }

    async fn load_unless_too_many_refused(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        found: Conclusion,
    ) -> Result<UploadState, ReceiveError> {
        let (rows, refused) = (found.rows_checked, found.rows.refused);
        if too_many_refused(rows, refused, &claimed.tenant.settings) {
            let problem = FileProblem::new(ProblemCode::TooManyRefused);
            return self.refuse(claimed, &problem, found).await;
        }
        let loads = Outcome::Ends(UploadState::Loading);
        self.conclude(claimed, loads, &found).await
    }

    async fn decide(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        conclusion: &Conclusion,
        rows: &CheckedRows<ResidentsFound>,
        register: &Register,
    ) -> Result<UploadState, ReceiveError> {
        let of_kind = &rows.of_kind;
        let removals = self.removals(claimed, &of_kind.removals, register).await?;
        let lifted = self.protections(claimed, rows, register).await?;
        let protections = lifted.share;
        let mut conclusion = Conclusion {
            removals: removals.part,
            register_before: removals.whole,
            protects: of_kind.protects.len() as u64,
            protections_lifted: lifted.is_exact.then_some(protections.part),
            protected_before: protections.whole,
            lifts: lifted.known,
            ..conclusion.clone()
        };
        let found = Found {
            rows: conclusion.rows_checked,
            refused: conclusion.rows.refused,
            removals,
            protections,
            sha256: rows.sha256,
            as_of: claimed.upload.as_of,
            dropped_at: claimed.upload.dropped_at,
        };
        match decide(&found, register, &claimed.tenant.settings) {
            Decision::Stale => {
                let problem = FileProblem::new(ProblemCode::Stale);
                self.refuse(claimed, &problem, conclusion).await
            }
            Decision::TooManyRefused => {
                let problem = FileProblem::new(ProblemCode::TooManyRefused);
                self.refuse(claimed, &problem, conclusion).await
            }
            Decision::NoChange => {
                conclusion.rows.unchanged = conclusion.rows_checked - conclusion.rows.refused;
                self.conclude(claimed, Outcome::Unchanged(register), &conclusion)
                    .await
            }
            Decision::Hold(held_for) => {
                conclusion.held_for = held_for;
                if held_for.protections {
                    conclusion.protections_lifted = Some(protections.part);
                    conclusion.lifted_before = register.lifted;
                }
                let held = Outcome::Ends(UploadState::Held);
                self.conclude(claimed, held, &conclusion).await
            }
            Decision::Accept => {
                self.conclude(claimed, Outcome::Accepted(register), &conclusion)
                    .await
            }
        }
    }

    /// Refuses the file whole: every row counts as refused, for none reaches the register.
    pub(crate) async fn refuse(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        problem: &FileProblem,
        mut conclusion: Conclusion,
    ) -> Result<UploadState, ReceiveError> {
        conclusion.protections_lifted = None;
        conclusion.rows = RowCounts {
            refused: conclusion.rows_checked,
            ..RowCounts::default()
        };
        conclusion.refusal = Some(FileRefusal {
            code: problem.code.as_str().to_owned(),
            line: problem.line,
            ja: problem.message_ja(),
            en: problem.message_en(),
        });
        let refused = Outcome::Ends(UploadState::Refused);
        self.conclude(claimed, refused, &conclusion).await
    }

    /// Writes the receipt, then the decision: whoever dies between leaves a receipt that the next one replaces, and
    /// nothing is decided without one.
    async fn conclude(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        outcome: Outcome<'_>,
        conclusion: &Conclusion,
    ) -> Result<UploadState, ReceiveError> {
        // Else the receipt would replace that of whoever has the file by now.
        self.keep_lease(claimed, conclusion.rows_checked).await?;
        let now = self.clock.now();
        let (state, generation) = match outcome {
            Outcome::Ends(state) => (state, None),
            Outcome::Unchanged(_) => (UploadState::NoChange, None),
            Outcome::Accepted(register) => (UploadState::Waiting, Some(register.issued.next())),
        };
        let concluded = claimed.upload.concluded(state, conclusion, generation, now);
        Receipt::write(&self.drop, claimed.scope, &concluded).await?;
        let (store, scope, upload) = (&self.store, claimed.scope, &claimed.upload);
        match outcome {
            Outcome::Ends(state) => store.conclude(scope, upload, state, conclusion, now).await,
            Outcome::Unchanged(register) => {
                store
                    .conclude_unchanged(scope, upload, register, conclusion, now)
                    .await
            }
            Outcome::Accepted(register) => {
                let accepted = store.accept(scope, upload, register, conclusion, now);
                accepted.await.map(drop)
            }
        }?;
        tell::count(scope, state, conclusion);
        Ok(state)
    }
}
