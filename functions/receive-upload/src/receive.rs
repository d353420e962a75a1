//! One dropped object, from its event to a decision.

use domain::{
    Date, FileKind, Lease, TenantCode, TenantScope, UploadId, UploadState, as_of_date, japan_date,
    without_my_numbers,
};
use jiff::Timestamp;
use layouts::{FileProblem, ProblemCode};
use objects::{
    InboxKey, NotInInbox, ObjectName, Objects, ObjectsError, PinnedObject, key_of_event,
    upload_of_event,
};
use queues::{DoseMessage, InquiryMessage, LoadMessage};
use receipts::{Receipt, Unplaced};
use reread::DroppedFile;
use store::{
    Acceptance, CheckClaim, ChunkState, Conclusion, FileRefusal, Register, StoreError, TenantState,
    Upload,
};

use crate::{
    ReceiveError, ReceiveUpload,
    check::{Checked, CheckedRows, MAX_BYTES},
    decide::{Decision, Found, decide, too_many_refused},
    event::Dropped,
    kind::{DosesFile, InquiriesFile, ResidentsFile, ResidentsFound},
    rows::ChunkRows,
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

/// Where a file was dropped.
struct Place {
    tenant: TenantCode,
    kind: FileKind,
    /// Not encoded; My Numbers in it are masked.
    key: String,
    /// Why it is refused unread, if it is.
    wrong: Option<ProblemCode>,
}

impl Place {
    /// Where it is refused unread.
    fn wrong(tenant: TenantCode, kind: FileKind, key: String, code: ProblemCode) -> Self {
        Self {
            tenant,
            kind,
            key,
            wrong: Some(code),
        }
    }

    fn of(key: &InboxKey) -> Self {
        Self {
            tenant: key.tenant(),
            kind: key.kind(),
            key: key.key(),
            wrong: None,
        }
    }
}

/// A file under check, with the right to decide it.
pub(crate) struct Mine<'a> {
    pub(crate) scope: &'a TenantScope,
    pub(crate) tenant: &'a TenantState,
    pub(crate) upload: Upload,
    pub(crate) lease: Lease,
    pub(crate) object: PinnedObject,
    /// Bytes of the object; `None` if it is gone.
    pub(crate) size: Option<u64>,
}

impl Mine<'_> {
    /// The pinned version, to be read again.
    pub(crate) fn file<'b>(&'b self, drop: &'b Objects) -> DroppedFile<'b> {
        DroppedFile {
            drop,
            scope: self.scope,
            object: &self.object,
        }
    }
}

impl ReceiveUpload {
    pub(crate) async fn receive(
        &self,
        dropped: &Dropped,
        deadline: Timestamp,
    ) -> Result<(), ReceiveError> {
        let id = upload_of_event(&dropped.bucket, &dropped.key, &dropped.version);
        let object_key = key_of_event(&dropped.key);
        // Receipts and lists show it.
        let key = without_my_numbers(&object_key).into_owned();
        let place = match InboxKey::from_event(&dropped.key) {
            Ok(key) => Place::of(&key),
            Err(NotInInbox::Folder) => return Ok(()),
            Err(NotInInbox::UnknownTenant | NotInInbox::Elsewhere | NotInInbox::Unreadable) => {
                return self.unplaced(id, ProblemCode::UnknownTenant).await;
            }
            Err(NotInInbox::UnknownKind(tenant)) => {
                let problem = ProblemCode::UnknownKind;
                return self.of_no_kind(tenant, id, problem, key, dropped.at).await;
            }
            Err(NotInInbox::MyNumber(tenant, None)) => {
                let problem = ProblemCode::NameHasMyNumber;
                return self.of_no_kind(tenant, id, problem, key, dropped.at).await;
            }
            Err(NotInInbox::TooDeep(tenant, kind) | NotInInbox::NotCsv(tenant, kind)) => {
                Place::wrong(tenant, kind, key, ProblemCode::UnknownKind)
            }
            Err(NotInInbox::MyNumber(tenant, Some(kind))) => {
                Place::wrong(tenant, kind, key, ProblemCode::NameHasMyNumber)
            }
        };
        let scope = TenantScope::from_inbox_folder(place.tenant);
        let Some(tenant) = self.store.tenant(&scope).await? else {
            return self.unplaced(id, ProblemCode::UnknownTenant).await;
        };
        let now = self.clock.now();
        let lease = Lease::new(now, deadline);
        let claim = claim(id, &place, dropped, &tenant);
        match self
            .store
            .claim_check(&scope, &claim, now, lease.until())
            .await?
        {
            Acceptance::Busy(until) => Err(ReceiveError::Busy(until)),
            Acceptance::Decided(upload) => {
                self.tell_loader(&scope, id, upload.kind, upload.state)
                    .await
            }
            Acceptance::Mine(upload) => {
                let object = PinnedObject::noted(&scope, &object_key, &dropped.version)?;
                let mut mine = Mine {
                    scope: &scope,
                    tenant: &tenant,
                    upload: *upload,
                    lease,
                    object,
                    size: None,
                };
                self.look_at(&mut mine).await?;
                let state = match place.wrong.map(FileProblem::new) {
                    None => self.check_and_decide(&mut mine).await?,
                    Some(problem) => {
                        self.refuse(&mut mine, &problem, Conclusion::default())
                            .await?
                    }
                };
                tracing::info!(upload = %id, state = state.as_str(), "file decided");
                self.tell_loader(&scope, id, place.kind, state).await
            }
        }
    }

    /// What the object says without being read: how large it is, and who was let drop it.
    async fn look_at(&self, mine: &mut Mine<'_>) -> Result<(), ReceiveError> {
        match self.drop.head(mine.scope, &mine.object).await {
            Ok(head) => {
                let mark = head.mark.as_deref();
                let by = mark.and_then(|mark| mine.tenant.dropped_by(&mine.upload.key, mark));
                mine.upload.dropped_by = by;
                mine.size = Some(head.size);
                Ok(())
            }
            Err(ObjectsError::Gone) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn check_and_decide(&self, mine: &mut Mine<'_>) -> Result<UploadState, ReceiveError> {
        match mine.upload.kind {
            FileKind::Residents => self.residents(mine).await,
            FileKind::Doses => self.doses(mine).await,
            FileKind::Inquiries => self.inquiries(mine).await,
        }
    }

    async fn residents(&self, mine: &mut Mine<'_>) -> Result<UploadState, ReceiveError> {
        // Accepted, it would be newer than every file until that day.
        let in_future = |as_of: &Date| mine.upload.checked_on.is_some_and(|day| *as_of > day);
        if let Some(as_of) = mine.upload.as_of.filter(in_future) {
            let problem = FileProblem::as_of_in_future(as_of);
            return self.refuse(mine, &problem, Conclusion::default()).await;
        }
        let keys = mine
            .tenant
            .keys(mine.scope, &self.keys, self.clock.now())
            .await?;
        let rows = ChunkRows::new(mine.scope, mine.upload.id, keys);
        let ever_protected = self.ever_protected(mine.scope).await?;
        let kind = ResidentsFile::new(rows, ever_protected);
        let rows = match self.check(mine, kind, self.chunk_bytes.residents).await? {
            Checked::Refused(problem, found) => return self.refuse(mine, &problem, *found).await,
            Checked::Rows(rows) => rows,
        };
        for _ in 0..DECISIONS {
            let register = self.store.register(mine.scope).await?;
            let decided = self.decide(mine, &rows.found, &rows, &register).await;
            match decided {
                Err(ReceiveError::Store(StoreError::Moved)) => {}
                other => return other,
            }
        }
        Err(StoreError::Moved.into())
    }

    /// A dose file needs no generation: its rows come into force one by one, so it is accepted unless
    /// too many of them are wrong, and loaded at once.
    async fn doses(&self, mine: &mut Mine<'_>) -> Result<UploadState, ReceiveError> {
        let kind = DosesFile::new();
        let found = match self.check(mine, kind, self.chunk_bytes.doses).await? {
            Checked::Refused(problem, found) => return self.refuse(mine, &problem, *found).await,
            Checked::Rows(rows) => rows.found,
        };
        self.load_unless_too_many_refused(mine, found).await
    }

    /// A file of inquiries is asked at once as well, by one worker: its answers stand in one file.
    async fn inquiries(&self, mine: &mut Mine<'_>) -> Result<UploadState, ReceiveError> {
        let kind = InquiriesFile::new();
        let found = match self.check(mine, kind, MAX_BYTES).await? {
            Checked::Refused(problem, found) => return self.refuse(mine, &problem, *found).await,
            Checked::Rows(rows) => rows.found,
        };
        if found.rows_checked > MOST_INQUIRIES {
            let problem = FileProblem::new(ProblemCode::TooManyInquiries);
            return self.refuse(mine, &problem, found).await;
        }
        self.load_unless_too_many_refused(mine, found).await
    }

    async fn load_unless_too_many_refused(
        &self,
        mine: &mut Mine<'_>,
        found: Conclusion,
    ) -> Result<UploadState, ReceiveError> {
        let (rows, refused) = (found.rows_checked, found.rows.refused);
        if too_many_refused(rows, refused, &mine.tenant.settings) {
            let problem = FileProblem::new(ProblemCode::TooManyRefused);
            return self.refuse(mine, &problem, found).await;
        }
        let loads = Outcome::Ends(UploadState::Loading);
        self.conclude(mine, loads, &found).await
    }

    async fn decide(
        &self,
        mine: &mut Mine<'_>,
        conclusion: &Conclusion,
        rows: &CheckedRows<ResidentsFound>,
        register: &Register,
    ) -> Result<UploadState, ReceiveError> {
        let tenant = mine.tenant;
        let of_kind = &rows.of_kind;
        let removals = self.removals(mine, &of_kind.removals, register).await?;
        let lifted = self.protections(mine, of_kind, register).await?;
        let protections = lifted.part;
        let mut conclusion = Conclusion {
            removals: removals.people,
            register_before: removals.of,
            protects: of_kind.protects.len() as u64,
            protections_lifted: lifted.is_exact.then_some(protections.people),
            protected_before: protections.of,
            ..conclusion.clone()
        };
        let found = Found {
            rows: conclusion.rows_checked,
            refused: conclusion.rows.refused,
            removals,
            protections,
            sha256: rows.sha256,
            as_of: mine.upload.as_of,
            dropped_at: mine.upload.dropped_at,
        };
        match decide(&found, register, &tenant.settings) {
            Decision::Stale => {
                self.refuse(mine, &FileProblem::new(ProblemCode::Stale), conclusion)
                    .await
            }
            Decision::TooManyRefused => {
                self.refuse(
                    mine,
                    &FileProblem::new(ProblemCode::TooManyRefused),
                    conclusion,
                )
                .await
            }
            Decision::NoChange => {
                conclusion.rows.unchanged = conclusion.rows_checked - conclusion.rows.refused;
                self.conclude(mine, Outcome::Unchanged(register), &conclusion)
                    .await
            }
            Decision::Hold(held_for) => {
                conclusion.held_for = held_for;
                if held_for.protections {
                    conclusion.protections_lifted = Some(protections.people);
                }
                let held = Outcome::Ends(UploadState::Held);
                self.conclude(mine, held, &conclusion).await
            }
            Decision::Accept => {
                self.conclude(mine, Outcome::Accepted(register), &conclusion)
                    .await
            }
        }
    }

    /// Refuses the file whole: every row counts as refused, for none reaches the register.
    async fn refuse(
        &self,
        mine: &mut Mine<'_>,
        problem: &FileProblem,
        mut conclusion: Conclusion,
    ) -> Result<UploadState, ReceiveError> {
        conclusion.protections_lifted = None;
        conclusion.rows = domain::RowCounts {
            refused: conclusion.rows_checked,
            ..domain::RowCounts::default()
        };
        conclusion.refusal = Some(FileRefusal {
            code: problem.code.as_str().to_owned(),
            line: problem.line,
            ja: problem.message_ja(),
            en: problem.message_en(),
        });
        let refused = Outcome::Ends(UploadState::Refused);
        self.conclude(mine, refused, &conclusion).await
    }

    /// Writes the receipt, then the decision: whoever dies between leaves a receipt that the next one replaces, and
    /// nothing is decided without one.
    async fn conclude(
        &self,
        mine: &mut Mine<'_>,
        outcome: Outcome<'_>,
        conclusion: &Conclusion,
    ) -> Result<UploadState, ReceiveError> {
        // Else the receipt would replace that of whoever has the file by now.
        self.keep_lease(mine, conclusion.rows_checked).await?;
        let now = self.clock.now();
        let (state, generation) = match outcome {
            Outcome::Ends(state) => (state, None),
            Outcome::Unchanged(_) => (UploadState::NoChange, None),
            Outcome::Accepted(register) => (UploadState::Waiting, Some(register.issued.next())),
        };
        let concluded = mine.upload.concluded(state, conclusion, generation, now);
        Receipt::write(&self.drop, mine.scope, &concluded).await?;
        let (store, scope, upload) = (&self.store, mine.scope, &mine.upload);
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
        count(scope, state, conclusion);
        Ok(state)
    }

    /// Tells who loads that there is something to do for the tenant, as often as asked.
    async fn tell_loader(
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
                let chunks = self.store.chunk_states(scope, &id).await?;
                let mut messages: Vec<_> = chunks
                    .iter()
                    .filter(|(_, state)| matches!(state, ChunkState::Todo { .. }))
                    .map(|(chunk, _)| DoseMessage::Chunk {
                        tenant,
                        upload: id,
                        chunk: *chunk,
                    })
                    .collect();
                if messages.is_empty() {
                    // All are done: whoever is told of the first one makes sure of the end.
                    messages.push(DoseMessage::Chunk {
                        tenant,
                        upload: id,
                        chunk: 0,
                    });
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

    /// A file in the folder of a municipality of which its place does not tell what it is: it is in no list.
    async fn of_no_kind(
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
    async fn unplaced(&self, id: UploadId, code: ProblemCode) -> Result<(), ReceiveError> {
        tracing::warn!(upload = %id, code = code.as_str(), "file belongs to no municipality");
        let receipt = Unplaced::of(&id, &FileProblem::new(code)).to_json();
        self.unassigned.put_receipt(id, receipt.into()).await?;
        Ok(())
    }
}

/// For the dashboard.
fn count(scope: &TenantScope, state: UploadState, found: &Conclusion) {
    tracing::info!(
        target: "metrics",
        tenant = %scope.code(),
        files_decided = 1_u64,
        files_refused = u64::from(state == UploadState::Refused),
        rows_checked = found.rows_checked,
        rows_refused = found.rows.refused,
    );
}

fn claim(id: UploadId, place: &Place, dropped: &Dropped, tenant: &TenantState) -> CheckClaim {
    let name = place.key.rsplit('/').next().unwrap_or_default();
    CheckClaim {
        id,
        kind: place.kind,
        key: place.key.clone(),
        version: dropped.version.clone(),
        name: name.to_owned(),
        dropped_at: dropped.at,
        size: dropped.size,
        as_of: as_of_date(name),
        // Whenever it is checked, once more or for the first time, it is judged as on the day it was dropped.
        checked_on: japan_date(dropped.at),
        settings_revision: tenant.settings.revision,
        columns: tenant.settings.columns_of(place.kind).clone(),
    }
}
