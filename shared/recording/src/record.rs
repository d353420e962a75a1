//! One incoming dose, from finding its person to the transaction that keeps it.

use domain::{
    CouponNumber, Decision, DoseState, Finding, FindingCode, Generation, Held, OtherDose, Severity,
    check_dose, japan_date,
};
use jiff::Timestamp;
use store::{
    DoseAct, DoseKey, DoseRevision, Entry, Newcomer, NextDose, Once, PersonDoses, Source,
    StoreError, WaitingDose, WaitingKey, content_id,
};

use crate::{
    Area, Found, Incoming, Kept, Outcome, Recorder, Whom,
    find::FoundPerson,
    follow::{findings_beside, put, standing},
    queue::Known,
    retry::Retry,
};

/// What is decided about a dose for a person, before anything is written.
pub(crate) struct Judged {
    pub(crate) decision: Decision,
    pub(crate) findings: Vec<Finding>,
}

/// What is known of the same dose on the waiting list.
enum Waited {
    /// It was not looked for yet.
    NotRead,
    /// It stands there, settled or not, or not at all.
    Read(Option<Box<WaitingDose>>),
}

impl Waited {
    /// What is known of it, if it stands there still.
    fn while_open(self) -> Self {
        match self {
            Self::Read(waiting) => Self::Read(waiting.filter(|it| it.settled.is_none())),
            Self::NotRead => Self::NotRead,
        }
    }
}

impl Judged {
    /// One doubt more about what is to be put under its number.
    fn doubt(&mut self, code: FindingCode) {
        if !codes(&self.findings).contains(&code) {
            self.findings.push(code.into());
        }
        self.decision = Decision::Review;
    }
}

impl Recorder {
    /// Records one dose: finds its person, checks it, decides, and writes what was decided in one
    /// transaction on the condition of what was read. If somebody else was first, it begins anew.
    ///
    /// Repeating it changes nothing: the same content is unchanged, the same newcomer or waiting dose is
    /// there already, a row that was recorded is known by its file and row, a request by its key.
    pub async fn record(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        self.record_under(area, incoming, None, now).await
    }

    /// The same for many doses in a row: `generation` was in force a moment ago, and is not asked for
    /// again as long as it is enough.
    pub async fn record_under(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        generation: Option<Generation>,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let mut retry = Retry::default();
        loop {
            match self.try_record(area, incoming, generation, now).await {
                Err(error) => retry.after(error).await?,
                Ok(outcome) => return Ok(outcome),
            }
        }
    }

    /// What became of a request that was done before; `None` when nothing is known of its key.
    pub async fn remembered(
        &self,
        area: &Area<'_>,
        once: &Once,
    ) -> Result<Option<Outcome>, StoreError> {
        let begun = self.store.begin_once(area.scope, area.keys, once, None);
        Ok(begun.await?.before.map(Outcome::from))
    }

    async fn try_record(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        generation: Option<Generation>,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let (generation, waited) = match (&incoming.once, generation) {
            (None, Some(generation)) => (generation, Waited::NotRead),
            (None, None) => (self.generation(area.scope).await?, Waited::NotRead),
            (Some(once), _) => {
                let key = waiting_key(area, &incoming.dose);
                let begun = self
                    .store
                    .begin_once(area.scope, area.keys, once, key.as_ref());
                let begun = begun.await?;
                if let Some(before) = begun.before {
                    return Ok(before.into());
                }
                (begun.generation, Waited::Read(begun.waiting.map(Box::new)))
            }
        };
        let (found, generation) = self.find_from(area, &incoming.whom, generation).await?;
        match found {
            Found::One(found) => self.record_for(area, incoming, &found, waited, now).await,
            Found::Several => Ok(refused(FindingCode::CouponOfSeveral)),
            Found::Nobody => match &incoming.whom {
                Whom::Number(_) | Whom::Tag(_) => Ok(refused(FindingCode::UnknownResident)),
                Whom::Coupon(_) => self.wait(area, incoming, generation, now).await,
            },
        }
    }

    /// The same dose when it waits for its coupon, or waited and somebody took it off the list.
    async fn waited(
        &self,
        area: &Area<'_>,
        dose: &domain::Dose,
        waited: Waited,
    ) -> Result<Option<Box<WaitingDose>>, StoreError> {
        Ok(match (waited, waiting_key(area, dose)) {
            (Waited::Read(waiting), _) => waiting,
            (Waited::NotRead, None) => None,
            (Waited::NotRead, Some(key)) => {
                let read = self.store.waiting_dose(area.scope, area.keys, &key);
                read.await?.map(Box::new)
            }
        })
    }

    async fn record_for(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        found: &FoundPerson,
        waited: Waited,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        if let Some(outcome) = dealt_with(&found.doses, incoming.source) {
            return Ok(outcome);
        }
        let dose = &incoming.dose;
        let key = DoseKey::of(found.doses.tag, dose);
        let held = found.doses.dose(&key);
        let fits = incoming
            .second
            .fits(found.doses.tag, &found.person.resident.resident);
        let mut judged = judge(area, dose, found, fits, now);
        match (judged.decision, held) {
            (Decision::Refuse, _) => Ok(Outcome::Refused(refusals(judged.findings))),
            (Decision::Unchanged, Some(held)) => {
                let outcome = Outcome::Unchanged(Kept::dose(key, held));
                // Rows of a file that say what is there are many: nothing more is read for them.
                let Waited::Read(Some(open)) = waited.while_open() else {
                    return self.unwritten(area, incoming, outcome, now).await;
                };
                self.change(area, now, |change| {
                    change.unless_moved(&found.doses.tag, held)?;
                    change.remove_waiting(&open)?;
                    remember(change, incoming, &outcome)
                })
                .await?;
                Ok(outcome)
            }
            (Decision::Conflict, Some(held)) => {
                let newcomer = Newcomer {
                    id: content_id(area.keys, dose),
                    dose: dose.clone(),
                    findings: codes(&judged.findings),
                    entry: entry(incoming),
                    settled: None,
                    earlier: Vec::new(),
                };
                let open = self.waited(area, dose, waited).await?;
                let upon = (held, open.filter(|it| it.settled.is_none()));
                self.conflict(area, incoming, found, upon, newcomer, now)
                    .await
            }
            _ => {
                let mut open = self.waited(area, dose, waited).await?;
                if let Some(withdrawn) = open.take_if(|it| it.settled.is_some()) {
                    if is_from(&withdrawn.entry, incoming.source) {
                        return Ok(Outcome::Waiting(Kept::waiting(&withdrawn)));
                    }
                    judged.doubt(FindingCode::CancelledBefore);
                }
                let next = next_dose(incoming, &judged);
                self.change(area, now, |change| {
                    let written = put(change, area, found, held, next, now)?;
                    let outcome = Outcome::of_revision(key, &written);
                    leave_list(change, open.as_deref())?;
                    remember(change, incoming, &outcome)?;
                    Ok(outcome)
                })
                .await
            }
        }
    }

    /// A newcomer takes its place in the queue, once, as long as what it came upon is still there; and once more
    /// when something else is there than what somebody decided beside.
    async fn conflict(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        found: &FoundPerson,
        (held, open): (&DoseRevision, Option<Box<WaitingDose>>),
        newcomer: Newcomer,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let tag = found.doses.tag;
        let key = DoseKey::of(tag, &newcomer.dose);
        let known = Known::of(&found.doses, &newcomer, held);
        if let (Known::Stays(known), None) = (&known, &open) {
            let outcome = Outcome::Conflict(Kept::newcomer(key, known));
            return self.unwritten(area, incoming, outcome, now).await;
        }
        self.change(area, now, |change| {
            change.unless_moved(&tag, held)?;
            let newcomer = known.enter(change, &tag, newcomer)?;
            let outcome = Outcome::Conflict(Kept::newcomer(key, &newcomer));
            leave_list(change, open.as_deref())?;
            remember(change, incoming, &outcome)?;
            Ok(outcome)
        })
        .await
    }

    /// A dose whose coupon nobody has waits, if it can be right for anybody at all. One that waits already is
    /// compared by what came last. If the register moved meanwhile, its person may have come before it was on the
    /// list: then it is attached at once.
    async fn wait(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        generation: Generation,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let dose = &incoming.dose;
        let lot = area.lots.seen(dose.product, &dose.lot);
        let findings = check_dose(dose, None, &[], lot, japan_date(now));
        let refusals = refusals(findings);
        if !refusals.is_empty() {
            return Ok(Outcome::Refused(refusals));
        }
        let Whom::Coupon(coupon) = incoming.whom else {
            return Ok(refused(FindingCode::UnknownResident));
        };
        let mut waiting = WaitingDose {
            key: key_for(area, dose, coupon),
            dose: dose.clone(),
            birth_date: incoming.second.birth_date(),
            meant: incoming.second.meant(),
            findings: Vec::new(),
            entry: entry(incoming),
            settled: None,
        };
        let mut is_known = false;
        let known = self.store.waiting_dose(area.scope, area.keys, &waiting.key);
        if let Some(known) = known.await? {
            if known.settled.is_some() && !is_from(&known.entry, incoming.source) {
                return Ok(Outcome::withdrawn(&known));
            }
            let Some(renamed) = renamed(&known, &waiting) else {
                let outcome = Outcome::Waiting(Kept::waiting(&known));
                return self.unwritten(area, incoming, outcome, now).await;
            };
            waiting = renamed;
            is_known = true;
        }
        let outcome = Outcome::Waiting(Kept::waiting(&waiting));
        self.change(area, now, |change| {
            if is_known {
                change.mark_waiting(&waiting, Vec::new())?;
            } else {
                change.add_waiting(waiting.clone())?;
            }
            remember(change, incoming, &outcome)
        })
        .await?;
        if self.generation(area.scope).await? != generation {
            self.attach(area, &waiting.key.coupon, now).await?;
        }
        Ok(outcome)
    }

    /// Nothing is written but the memory of the request.
    async fn unwritten(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        if let (Some(once), Some(done)) = (&incoming.once, outcome.remembered()) {
            self.store.remember(area.scope, once, &done, now).await?;
        }
        Ok(outcome)
    }
}

/// Where a dose waits for its coupon, if it says one.
pub(crate) fn waiting_key(area: &Area<'_>, dose: &domain::Dose) -> Option<WaitingKey> {
    dose.coupon.map(|coupon| key_for(area, dose, coupon))
}

/// A dose that waits, with what `again`, the same dose, is to be compared by and it is not; `None` if that is
/// nothing.
fn renamed(known: &WaitingDose, again: &WaitingDose) -> Option<WaitingDose> {
    let renamed = WaitingDose {
        birth_date: again.birth_date.or(known.birth_date),
        meant: again.meant.or(known.meant),
        findings: Vec::new(),
        ..known.clone()
    };
    let is_other = (renamed.birth_date, renamed.meant) != (known.birth_date, known.meant);
    (known.settled.is_none() && is_other).then_some(renamed)
}

/// Takes a dose off the waiting list that is put elsewhere.
fn leave_list(
    change: &mut store::DoseChange<'_>,
    waiting: Option<&WaitingDose>,
) -> Result<(), StoreError> {
    waiting.map_or(Ok(()), |it| change.remove_waiting(it))
}

fn key_for(area: &Area<'_>, dose: &domain::Dose, coupon: CouponNumber) -> WaitingKey {
    WaitingKey {
        coupon: area.keys.coupon_tag(coupon),
        programme: dose.programme,
        number: dose.number,
        id: content_id(area.keys, dose),
    }
}

/// What is put under a number by an incoming dose.
pub(crate) fn next_dose(incoming: &Incoming, judged: &Judged) -> NextDose {
    NextDose {
        dose: incoming.dose.clone(),
        state: if judged.decision == Decision::Review {
            DoseState::Review
        } else {
            DoseState::Recorded
        },
        locked: false,
        findings: codes(&judged.findings),
        recorded_at: None,
        entry: entry(incoming),
    }
}

/// Holds a dose against the rules, the person and their other doses.
pub(crate) fn judge(
    area: &Area<'_>,
    dose: &domain::Dose,
    found: &FoundPerson,
    second_fits: bool,
    now: Timestamp,
) -> Judged {
    let held = found.doses.under(dose.programme, dose.number);
    let mut findings = findings(area, dose, found, now);
    if !second_fits {
        findings.insert(0, Finding::SECOND_ATTRIBUTE);
    }
    if held.is_some_and(|held| !held.state.holds_number()) && was_taken_back(&found.doses, dose) {
        findings.push(FindingCode::CancelledBefore.into());
    }
    let in_number = held.map(|held| Held {
        dose: &held.dose,
        state: held.state,
    });
    Judged {
        decision: Decision::of(in_number, dose, &findings),
        findings,
    }
}

/// Whether the very same dose stood under its number, which is free now, in whatever revision, or was turned
/// down beside another.
fn was_taken_back(doses: &PersonDoses, dose: &domain::Dose) -> bool {
    let mut revisions = doses.doses.iter().chain(&doses.history);
    let turned_down = |it: &store::Newcomer| {
        let mut settled = it.settled.iter().chain(&it.earlier);
        it.dose == *dose && settled.any(|it| it.how == store::Settled::Kept)
    };
    revisions.any(|it| it.dose == *dose) || doses.newcomers.iter().any(turned_down)
}

/// What the rules find about a dose of this person.
pub(crate) fn findings(
    area: &Area<'_>,
    dose: &domain::Dose,
    found: &FoundPerson,
    now: Timestamp,
) -> Vec<Finding> {
    let others = standing(found).map(|it| OtherDose::of(&it.dose));
    findings_beside(area, dose, found, &others.collect::<Vec<_>>(), now)
}

/// Whether it was written by this very row. Requests are remembered otherwise.
fn is_from(entry: &Entry, source: Source) -> bool {
    source != Source::Api && entry.source == source
}

/// What a row became when it was dealt with before. Its dose may have been corrected since, so it is
/// known by where it came from.
fn dealt_with(doses: &PersonDoses, source: Source) -> Option<Outcome> {
    if source == Source::Api {
        return None;
    }
    let mut revisions = doses.history.iter().chain(&doses.doses);
    if let Some(dose) = revisions.find(|it| it.entry.source == source) {
        let key = DoseKey::of(doses.tag, &dose.dose);
        return Some(Outcome::of_revision(key, dose));
    }
    let mut newcomers = doses.newcomers.iter();
    let newcomer = newcomers.find(|it| it.entry.source == source)?;
    let key = DoseKey::of(doses.tag, &newcomer.dose);
    let kept = Kept::newcomer(key, newcomer);
    Some(match newcomer.entry.act {
        DoseAct::Attached => Outcome::Waiting(kept),
        _ => Outcome::Conflict(kept),
    })
}

fn remember(
    change: &mut store::DoseChange<'_>,
    incoming: &Incoming,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    match (&incoming.once, outcome.remembered()) {
        (Some(once), Some(done)) => change.remember(once, &done),
        _ => Ok(()),
    }
}

fn entry(incoming: &Incoming) -> Entry {
    Entry {
        act: DoseAct::Recorded,
        at: Timestamp::UNIX_EPOCH,
        by: incoming.by.clone(),
        why: None,
        source: incoming.source,
    }
}

fn refused(code: FindingCode) -> Outcome {
    Outcome::Refused(vec![code.into()])
}

/// Only what refuses; beside a second attribute that does not fit, nothing else is said.
pub(crate) fn refusals(findings: Vec<Finding>) -> Vec<Finding> {
    if findings.contains(&Finding::SECOND_ATTRIBUTE) {
        return vec![Finding::SECOND_ATTRIBUTE];
    }
    let refuses = |finding: &Finding| finding.severity() == Severity::Refuse;
    findings.into_iter().filter(refuses).collect()
}

pub(crate) fn codes(findings: &[Finding]) -> Vec<FindingCode> {
    findings.iter().map(|finding| finding.code).collect()
}
