//! One incoming dose, from finding its person to the transaction that keeps it.

use domain::{Decision, DoseState, FindingCode, Generation};
use jiff::Timestamp;
use store::{
    DoseAct, DoseKey, DoseRevision, Entry, Newcomer, NextDose, Once, PersonDoses, Source,
    StoreError, WaitingDose, content_id,
};

use crate::{
    Area, Found, Incoming, Kept, Outcome, Recorder, Whom,
    find::FoundPerson,
    follow::put,
    judge::{Judged, codes, judge, refusals, turned_down},
    queue::Known,
    repeats::{
        already_recorded, already_recorded_for_named, cancelled_under_other_number, fits,
        was_recorded_for_another, whose_it_was,
    },
    retry::Retry,
    wait::{Waited, leave_list, waiting_key},
};

impl Recorder {
    /// Records one dose: finds its person, checks it, decides, and writes what was decided in one
    /// transaction on the condition of what was read. If somebody else was first, it begins anew.
    ///
    /// Repeating it changes nothing: the same content is unchanged, the same newcomer or waiting dose is
    /// there already, a row that was recorded is known by its file and row, a request by its key. A dose that a later
    /// file repeats is unchanged even if its person has another coupon or number by now, and refused if staff
    /// cancelled it.
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
                    return self.again(area, incoming, before.into(), now).await;
                }
                (begun.generation, Waited::Read(begun.waiting.map(Box::new)))
            }
        };
        let hinted = self.find_from(area, &incoming.whom, generation).await?;
        // Since a row was recorded, its coupon may have become somebody else's, or nobody's.
        let mut people = hinted.people.iter();
        if let Some(outcome) = people.find_map(|it| dealt_with(it, incoming.source)) {
            return Ok(outcome);
        }
        let generation = hinted.generation;
        let (found, in_question) = self.found(area, hinted, &incoming.whom).await?;
        match found {
            Found::One(mut found) => {
                if !fits(incoming, &found) {
                    let meant = incoming.second.meant();
                    *found = self.with_meant(area, *found, meant).await?;
                }
                let mut elsewhere = found.others.iter();
                if let Some(outcome) = elsewhere.find_map(|it| dealt_with(it, incoming.source)) {
                    return Ok(outcome);
                }
                if let Some(repeated) = already_recorded(incoming, Some(&found), &in_question) {
                    let answer =
                        self.answer_already_recorded(area, incoming, &repeated, waited, now);
                    return answer.await;
                }
                if let Some(cancelled) = cancelled_under_other_number(incoming, &found) {
                    return Ok(Outcome::withdrawn(cancelled.kept()));
                }
                let doubt = was_recorded_for_another(incoming, &found, &in_question)
                    .then_some(FindingCode::RecordedForAnother);
                let is_alone = !incoming.is_of_file();
                let found = self.for_dose(area, *found, &incoming.dose, is_alone);
                let found = found.await?;
                let recorded = self.record_for(area, incoming, (&found, doubt), waited, now);
                recorded.await
            }
            Found::Several => match already_recorded_for_named(incoming, &in_question) {
                Some(repeated) => {
                    self.answer_already_recorded(area, incoming, &repeated, waited, now)
                        .await
                }
                None => Ok(refused(FindingCode::CouponOfSeveral)),
            },
            Found::Nobody => match &incoming.whom {
                Whom::Number(_) | Whom::Tag(_) => Ok(refused(FindingCode::UnknownResident)),
                Whom::Coupon(_) => {
                    if let Some(repeated) = already_recorded(incoming, None, &in_question) {
                        let answer =
                            self.answer_already_recorded(area, incoming, &repeated, waited, now);
                        return answer.await;
                    }
                    if let Some(found) = whose_it_was(incoming, in_question, generation) {
                        let found = (&found, None);
                        return self.record_for(area, incoming, found, waited, now).await;
                    }
                    self.wait(area, incoming, generation, now).await
                }
            },
        }
    }

    async fn record_for(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        (found, doubt): (&FoundPerson, Option<FindingCode>),
        waited: Waited,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let dose = &incoming.dose;
        let key = DoseKey::of(found.doses.tag, dose);
        let held = found.doses.dose(&key);
        let mut judged = judge(area, dose, found, fits(incoming, found), now);
        let is_kept = !matches!(judged.decision, Decision::Refuse | Decision::Unchanged);
        if let Some(cancelled) = turned_down(&found.doses, dose)
            && is_kept
            && incoming.is_of_file()
        {
            // The next file says it again: nobody is asked each night about what they took back.
            return Ok(Outcome::withdrawn(Kept::dose(key, cancelled)));
        }
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
                if let Some(doubt) = doubt {
                    judged.doubt(doubt);
                }
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

    /// Puts a newcomer in the queue, once, on the condition that the dose it conflicts with is still there. If staff
    /// decided about it before and another dose has the number since, it enters the queue again.
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

    /// Nothing is written but the memory of the request.
    pub(crate) async fn unwritten(
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

/// Whether it was written by this very row. Always false for the API, whose requests are remembered by their key.
pub(crate) fn is_from(entry: &Entry, source: Source) -> bool {
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

pub(crate) fn remember(
    change: &mut store::DoseChange<'_>,
    incoming: &Incoming,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    match (&incoming.once, outcome.remembered()) {
        (Some(once), Some(done)) => change.remember(once, &done),
        _ => Ok(()),
    }
}

pub(crate) fn entry(incoming: &Incoming) -> Entry {
    Entry {
        act: DoseAct::Recorded,
        at: Timestamp::UNIX_EPOCH,
        by: incoming.by.clone(),
        why: None,
        source: incoming.source,
    }
}

pub(crate) fn refused(code: FindingCode) -> Outcome {
    Outcome::Refused(vec![code.into()])
}
