//! What is done to a dose after it was recorded: each change is one revision, with who and why.

use domain::{
    Date, Dose, DoseState, Finding, LotNumber, PhysicianName, ProductCode, Sensitive, ShortText,
    VenueName,
};
use jiff::Timestamp;
use store::{
    DoseAct, DoseKey, DoseRevision, Entry, NextDose, Settled, Settlement, Source, StoreError,
    WaitingKey,
};

use crate::{
    Area, Found, Recorder, Whom,
    find::FoundPerson,
    follow::put,
    judge::{codes, findings, refusals},
    retry::Retry,
};

/// Who does something to a dose, and why.
#[derive(Debug, Clone)]
pub struct Reasoned {
    /// The person, as the issuer of their token calls them.
    pub by: Sensitive<String>,
    /// The reason they give.
    pub why: Option<Sensitive<String>>,
    /// The revision they saw; the change is not made if another one stands there.
    pub expected: Option<u32>,
}

/// What every change by somebody needs: where, to which dose or newcomer, by whom and why, and when.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a, Key = DoseKey> {
    pub(crate) area: &'a Area<'a>,
    pub(crate) key: &'a Key,
    pub(crate) reasoned: &'a Reasoned,
    pub(crate) now: Timestamp,
}

impl<'a, Key> Asked<'a, Key> {
    pub(crate) const fn new(
        area: &'a Area<'a>,
        key: &'a Key,
        reasoned: &'a Reasoned,
        now: Timestamp,
    ) -> Self {
        Self {
            area,
            key,
            reasoned,
            now,
        }
    }
}

/// What a dose is to say instead. Programme, number and coupon stay.
#[derive(Debug, Clone)]
pub struct Correction {
    /// 接種日.
    pub given_on: Date,
    /// ワクチンメーカー.
    pub product: ProductCode,
    /// ロット番号.
    pub lot: LotNumber,
    /// 接種会場名.
    pub venue: Option<VenueName>,
    /// 接種医師名.
    pub physician: Option<PhysicianName>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// This revision stands there now.
    Done(Box<DoseRevision>),
    /// It stands there already; nothing was written.
    Unchanged(Box<DoseRevision>),
    /// A newcomer or a waiting dose was settled, and no dose changed.
    Settled,
    /// The rules refuse it, and why.
    Refused(Vec<Finding>),
    /// Another revision stands there than the one that was seen.
    Stale,
    /// The dose is locked.
    Locked,
    /// It stands so that this cannot be done to it.
    Impossible,
    /// There is no such dose.
    NotFound,
}

impl Recorder {
    /// Corrects what a dose says, under the same checks as a new one. Doubts that somebody accepted stay accepted if
    /// what they are about is not corrected.
    pub async fn correct(
        &self,
        area: &Area<'_>,
        key: &DoseKey,
        to: &Correction,
        reasoned: &Reasoned,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let act = DoseAct::Corrected;
        let asked = Asked::new(area, key, reasoned, now);
        self.change_dose(asked, act, |held, found| {
            let dose = to.of(&held.dose);
            if dose == held.dose {
                return Next::Unchanged;
            }
            let findings = findings(area, &dose, found, now);
            let refusals = refusals(findings.clone());
            if !refusals.is_empty() {
                return Next::Refused(refusals);
            }
            let state = if is_accepted(held, &dose, &findings) {
                DoseState::Recorded
            } else {
                DoseState::Review
            };
            Next::write(NextDose {
                dose,
                ..next(held, state, act, reasoned).with_findings(&findings)
            })
        })
        .await
    }

    /// Takes a dose back: its number is free again, and it stays readable.
    pub async fn cancel(
        &self,
        area: &Area<'_>,
        key: &DoseKey,
        reasoned: &Reasoned,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let act = DoseAct::Cancelled;
        let asked = Asked::new(area, key, reasoned, now);
        self.change_dose(asked, act, |held, _| {
            Next::write(next(held, DoseState::Cancelled, act, reasoned))
        })
        .await
    }

    /// Brings a doubtful dose into force, because somebody has looked at its doubts.
    pub async fn accept(
        &self,
        area: &Area<'_>,
        key: &DoseKey,
        reasoned: &Reasoned,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let act = DoseAct::Accepted;
        let asked = Asked::new(area, key, reasoned, now);
        self.change_dose(asked, act, |held, _| {
            if held.state != DoseState::Review {
                return Next::Impossible;
            }
            let next = next(held, DoseState::Recorded, act, reasoned);
            Next::write(next)
        })
        .await
    }

    /// Takes a doubtful dose back, because its doubts are right.
    pub async fn reject(
        &self,
        area: &Area<'_>,
        key: &DoseKey,
        reasoned: &Reasoned,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let act = DoseAct::Cancelled;
        let asked = Asked::new(area, key, reasoned, now);
        self.change_dose(asked, act, |held, _| {
            if held.state != DoseState::Review {
                return Next::Impossible;
            }
            let next = next(held, DoseState::Cancelled, act, reasoned);
            Next::write(next)
        })
        .await
    }

    /// Locks a dose in force, or unlocks it. What is so already stays as it is.
    pub async fn set_lock(
        &self,
        area: &Area<'_>,
        key: &DoseKey,
        locked: bool,
        reasoned: &Reasoned,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let act = if locked {
            DoseAct::Locked
        } else {
            DoseAct::Unlocked
        };
        let asked = Asked::new(area, key, reasoned, now);
        self.change_dose(asked, act, |held, _| {
            if held.locked == locked {
                return Next::Unchanged;
            }
            if held.state != DoseState::Recorded {
                return Next::Impossible;
            }
            let next = next(held, held.state, act, reasoned);
            Next::write(NextDose { locked, ..next })
        })
        .await
    }

    /// Takes a dose off the waiting list; it stays readable.
    pub async fn withdraw(
        &self,
        area: &Area<'_>,
        key: &WaitingKey,
        reasoned: &Reasoned,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let mut retry = Retry::default();
        loop {
            let waiting = self.store.waiting_dose(area.scope, area.keys, key).await?;
            let Some(waiting) = waiting else {
                return Ok(Changed::NotFound);
            };
            if let Some(settled) = waiting.settled {
                return Ok(already(settled.how, Settled::Withdrawn));
            }
            let settled = self
                .change(area, now, |change| {
                    change.settle_waiting(&waiting, settlement(Settled::Withdrawn, reasoned))
                })
                .await;
            match settled {
                Err(error) => retry.after(error).await?,
                Ok(()) => return Ok(Changed::Settled),
            }
        }
    }

    /// Does `act` to a dose, once: if the answer was lost, a repeat by the same person for the same reason changes
    /// nothing.
    async fn change_dose(
        &self,
        asked: Asked<'_>,
        act: DoseAct,
        decide: impl Fn(&DoseRevision, &FoundPerson) -> Next,
    ) -> Result<Changed, StoreError> {
        let mut retry = Retry::default();
        loop {
            match self.try_change(asked, act, &decide).await {
                Err(error) => retry.after(error).await?,
                Ok(changed) => return Ok(changed),
            }
        }
    }

    async fn try_change(
        &self,
        asked: Asked<'_>,
        act: DoseAct,
        decide: impl Fn(&DoseRevision, &FoundPerson) -> Next,
    ) -> Result<Changed, StoreError> {
        let Asked { area, reasoned, .. } = asked;
        let Some(found) = self.person(area, asked.key).await? else {
            return Ok(Changed::NotFound);
        };
        let Some(held) = found.doses.dose(asked.key) else {
            return Ok(Changed::NotFound);
        };
        let is_done = is_from(held, act, reasoned)
            && (act != DoseAct::Corrected || matches!(decide(held, &found), Next::Unchanged));
        if is_done {
            return Ok(Changed::Unchanged(Box::new(held.clone())));
        }
        if reasoned.expected.is_some_and(|seen| seen != held.revision) {
            return Ok(Changed::Stale);
        }
        let may_be_locked = matches!(act, DoseAct::Locked | DoseAct::Unlocked);
        if held.locked && !may_be_locked {
            return Ok(Changed::Locked);
        }
        if !held.state.holds_number() {
            return Ok(Changed::Impossible);
        }
        let next = match decide(held, &found) {
            Next::Write(next) => *next,
            Next::Unchanged => return Ok(Changed::Unchanged(Box::new(held.clone()))),
            Next::Refused(findings) => return Ok(Changed::Refused(findings)),
            Next::Impossible => return Ok(Changed::Impossible),
        };
        let written = self
            .change(area, asked.now, |change| {
                put(change, area, &found, Some(held), next, asked.now)
            })
            .await?;
        Ok(Changed::Done(Box::new(written)))
    }

    /// The person a dose belongs to.
    pub(crate) async fn person(
        &self,
        area: &Area<'_>,
        key: &DoseKey,
    ) -> Result<Option<Box<FoundPerson>>, StoreError> {
        match self.find(area, &Whom::Tag(key.resident)).await? {
            Found::One(found) => Ok(Some(found)),
            Found::Nobody | Found::Several => Ok(None),
        }
    }
}

/// What is to be written, if anything.
enum Next {
    Write(Box<NextDose>),
    Unchanged,
    Refused(Vec<Finding>),
    Impossible,
}

impl Next {
    fn write(next: NextDose) -> Self {
        Self::Write(Box::new(next))
    }
}

impl Correction {
    fn of(&self, dose: &Dose) -> Dose {
        Dose {
            programme: dose.programme,
            number: dose.number,
            given_on: self.given_on,
            product: self.product,
            lot: self.lot.clone(),
            venue: kept(self.venue.as_ref(), dose.venue.as_ref()),
            physician: kept(self.physician.as_ref(), dose.physician.as_ref()),
            coupon: dose.coupon,
        }
    }
}

/// The text of a correction. If it is the same as before, the stored one is kept, with the bytes of its file.
fn kept<const MOST: usize>(
    now: Option<&ShortText<MOST>>,
    held: Option<&ShortText<MOST>>,
) -> Option<ShortText<MOST>> {
    let now = now?;
    let same = held.filter(|held| held.expose() == now.expose());
    Some(same.unwrap_or(now).clone())
}

trait WithFindings {
    fn with_findings(self, findings: &[Finding]) -> Self;
}

impl WithFindings for NextDose {
    fn with_findings(self, findings: &[Finding]) -> Self {
        Self {
            findings: codes(findings),
            ..self
        }
    }
}

/// What stands there, once more, in another state.
fn next(held: &DoseRevision, state: DoseState, act: DoseAct, reasoned: &Reasoned) -> NextDose {
    NextDose {
        dose: held.dose.clone(),
        state,
        locked: held.locked,
        findings: held.findings.clone(),
        recorded_at: None,
        entry: entry(act, reasoned),
    }
}

/// Whether the revision that is there was made by the same person, by the same act and for the same reason, from the
/// revision that they had seen.
fn is_from(held: &DoseRevision, act: DoseAct, reasoned: &Reasoned) -> bool {
    let entry = &held.entry;
    let seen = held.revision.checked_sub(1);
    (entry.act, &entry.by, &entry.why) == (act, &reasoned.by, &reasoned.why)
        && reasoned.expected.is_none_or(|it| Some(it) == seen)
}

/// Whether `dose`, which corrects `held`, has no doubts except those that somebody accepted before: `held` is in force
/// with them, and the correction changes nothing that they are about.
fn is_accepted(held: &DoseRevision, dose: &Dose, findings: &[Finding]) -> bool {
    let is_in_force = held.state == DoseState::Recorded;
    findings.iter().all(|it| {
        let stays = it.code.is_about_the_same(&held.dose, dose);
        is_in_force && held.findings.contains(&it.code) && stays
    })
}

/// What is doubtful is not in force.
pub(crate) fn state_of(findings: &[Finding]) -> DoseState {
    if findings.is_empty() {
        DoseState::Recorded
    } else {
        DoseState::Review
    }
}

pub(crate) fn entry(act: DoseAct, reasoned: &Reasoned) -> Entry {
    Entry {
        act,
        at: Timestamp::UNIX_EPOCH,
        by: reasoned.by.clone(),
        why: reasoned.why.clone(),
        source: Source::Api,
    }
}

pub(crate) fn settlement(how: Settled, reasoned: &Reasoned) -> Settlement {
    Settlement {
        how,
        at: Timestamp::UNIX_EPOCH,
        by: reasoned.by.clone(),
        why: reasoned.why.clone(),
        revision: None,
    }
}

/// Deciding again what was decided so changes nothing; otherwise it is too late.
pub(crate) fn already(was: Settled, now: Settled) -> Changed {
    if was == now {
        Changed::Settled
    } else {
        Changed::Impossible
    }
}
