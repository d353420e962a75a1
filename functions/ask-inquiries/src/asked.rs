//! One row: its basis recorded, its question asked.

use std::{collections::BTreeMap, time::Duration};

use asking::{AskError, Found, Named, NewBasis, Question, Refusal};
use crypto::{Sha256, staff_tag};
use domain::{ConsentId, InquiryId, StaffTag, Stage};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use invocations::InvokeError;
use layouts::{ProblemCode, inquiries::InquiryRow};
use store::{Recording, Upload};

use crate::{AskInquiries, AskInquiriesError, file::Work};

/// Rows under way at once: enough to make use of the time that holders take, and few enough that they do not
/// stand in each other's way at the logs of those who hold most.
const AT_ONCE: usize = 8;
/// How often a row is asked before the file is given back to its queue, for what may pass.
const TRIES: u32 = 6;
/// Before the second time; doubled before each further one.
const PAUSE: Duration = Duration::from_millis(100);

/// A row that is to be asked.
pub(crate) struct Row {
    index: u32,
    reference: String,
    basis: NewBasis,
}

/// What became of the rows.
#[derive(Default)]
pub(crate) struct Asked {
    /// By index: 整理番号, and what was found.
    pub(crate) answers: BTreeMap<u32, (String, Found)>,
    /// By index.
    pub(crate) refused: BTreeMap<u32, ProblemCode>,
    /// How many of these were about another person than the form that they name.
    pub(crate) mismatched: u32,
}

/// One row's end.
pub(crate) type Outcome = (u32, Result<(String, Found), NotAsked>);

/// Why a row has no answer.
pub(crate) struct NotAsked {
    code: ProblemCode,
    /// Else a form's number would tell whose it is, tried as often as one likes.
    is_mismatch: bool,
}

impl From<ProblemCode> for NotAsked {
    fn from(code: ProblemCode) -> Self {
        Self {
            code,
            is_mismatch: false,
        }
    }
}

impl Row {
    pub(crate) fn of(index: u32, row: &InquiryRow<'_>) -> Self {
        Self {
            index,
            reference: row.reference.to_owned(),
            basis: NewBasis {
                basis: row.basis,
                purpose: row.purpose,
                programmes: row.programmes(),
                number: row.form_number.to_owned(),
                scan: row.scan,
                signed_on: row.signed_on,
                days: None,
                my_number: row.my_number,
                birth_date: row.birth_date,
            },
        }
    }
}

impl Asked {
    /// Runs the asks, some at the same time.
    pub(crate) async fn gather(
        asks: impl Iterator<Item = impl Future<Output = Result<Outcome, AskInquiriesError>>>,
    ) -> Result<Self, AskInquiriesError> {
        let asked = stream::iter(asks).buffer_unordered(AT_ONCE);
        asked
            .try_fold(Self::default(), async |mut all, (index, outcome)| {
                match outcome {
                    Ok(answer) => {
                        all.answers.insert(index, answer);
                    }
                    Err(NotAsked { code, is_mismatch }) => {
                        all.refused.insert(index, code);
                        all.mismatched += u32::from(is_mismatch);
                    }
                }
                Ok(all)
            })
            .await
    }
}

impl AskInquiries {
    /// Asks about a row, and again where something failed that may pass: what was done of it stands.
    pub(crate) async fn ask_row(
        &self,
        work: &Work<'_>,
        row: &Row,
    ) -> Result<Outcome, AskInquiriesError> {
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            match self.ask_once(work, row).await {
                Err(error) if error.is_passing() => {
                    tracing::debug!("a row is asked once more");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                other => return other,
            }
        }
        self.ask_once(work, row).await
    }

    async fn ask_once(&self, work: &Work<'_>, row: &Row) -> Result<Outcome, AskInquiriesError> {
        let (scope, by) = (work.scope, tag_of_file(work));
        let ids = Ids::of(work.upload, row.index);
        let index = row.index;
        let now = self.clock.now();
        let person = self.asking.person(row.basis.my_number).await;
        let person = person.map_err(AskError::from)?;
        let consent = row.basis.consent(ids.consent, &person, by, now);
        let mut id = ids.inquiry;
        let consent = match self.store.record_consent(scope, &consent).await? {
            Recording::New => consent,
            // This row's own, or recorded before and, as it may be, never asked on.
            Recording::Before(before) if row.basis.is(&before, &person) => *before,
            Recording::Before(before) => {
                let not_asked = NotAsked {
                    code: ProblemCode::FormUsed,
                    is_mismatch: !row.basis.is_about(&before, &person),
                };
                return Ok((index, Err(not_asked)));
            }
        };
        // What another file left unfinished on it goes on, and is this row's from then on: not that of a row
        // beside it which names the same form.
        if let Stage::Claimed(begun) | Stage::Answered(begun) = consent.life.stage() {
            if self.store.take_up_inquiry(scope, &begun, id, by).await? {
                id = begun;
            } else if begun == id {
                return Ok((index, Err(ProblemCode::FormUsed.into())));
            }
        }
        let question = Question {
            id: Named::Given(id),
            consent,
            my_number: row.basis.my_number,
            birth_date: row.basis.birth_date,
            person: Some(person),
            by,
            dropped_by: work.upload.dropped_by,
            outlives_basis: true,
        };
        match self.asking.ask(scope, &work.settings, &question).await {
            Ok((_, found)) => Ok((index, Ok((row.reference.clone(), found)))),
            Err(AskError::Refused(refusal)) => Ok((index, Err(code(refusal).into()))),
            Err(AskError::Holder(InvokeError::Lasting)) => {
                // Not its own any more, it is asked again, and finds that.
                self.store.leave_inquiry(scope, &id, ids.inquiry).await?;
                Ok((index, Err(ProblemCode::HolderCannotAnswer.into())))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The rows of a file are asked by the file: whoever begins it anew goes on with them. Who dropped it by a link of
/// the API stands beside that in the log; whoever dropped it straight into S3 is known to S3 only.
fn tag_of_file(work: &Work<'_>) -> StaffTag {
    staff_tag(work.scope.code(), &format!("file {}", work.upload.id))
}

fn code(refusal: Refusal) -> ProblemCode {
    use domain::LifeError;
    match refusal {
        Refusal::BudgetSpent => ProblemCode::BudgetSpent,
        Refusal::Basis(LifeError::Expired | LifeError::Revoked) => ProblemCode::BasisEnded,
        Refusal::Basis(LifeError::NotApproved) => ProblemCode::BasisNeedsApproval,
        Refusal::Basis(LifeError::Used | LifeError::NotWaiting | LifeError::SamePerson)
        | Refusal::NoSuchBasis
        | Refusal::IdInUse
        | Refusal::OtherPerson => ProblemCode::FormUsed,
    }
}

/// The ids of a row, the same whenever it is worked off.
struct Ids {
    consent: ConsentId,
    inquiry: InquiryId,
}

impl Ids {
    fn of(upload: &Upload, index: u32) -> Self {
        let at = upload.dropped_at;
        let random = |what: &[u8]| {
            let upload = upload.id.to_string();
            let digest = Sha256::of_parts(&[what, upload.as_bytes(), &index.to_be_bytes()]);
            let (first, _) = digest.split_first_chunk().unwrap_or((&[0; 10], &[]));
            *first
        };
        Self {
            consent: ConsentId::new(at, random(b"consent of a row")),
            inquiry: InquiryId::new(at, random(b"inquiry of a row")),
        }
    }
}
