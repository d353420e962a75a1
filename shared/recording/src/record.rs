//! One incoming dose, from finding its person to the transaction that keeps it.

use domain::{Decision, DoseState, FindingCode, Generation};
use jiff::Timestamp;
use store::{
    DoseAct, DoseKey, DoseRevision, Entry, Newcomer, NextDose, Once, PersonDoses, Source,
    StoreError, content_id,
};

use crate::{
    Area, Found, Incoming, Kept, Outcome, Recorder, Whom,
    find::{FoundPerson, InQuestion},
    follow::put,
    incoming::Arrival,
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
        let arrival = Arrival {
            area,
            incoming,
            now,
        };
        let mut retry = Retry::default();
        loop {
            match self.try_record(arrival, generation).await {
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
        let begun = self
            .store
            .begin_once(area.scope, area.keys, once, None)
            .await?;
        Ok(begun.before.map(Outcome::from))
    }

    async fn try_record(
        &self,
        arrival: Arrival<'_>,
        generation: Option<Generation>,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        let (generation, waited) = match self.begin(arrival, generation).await? {
            Begun::Before(outcome) => return self.again(arrival, outcome).await,
            Begun::Now { generation, waited } => (generation, waited),
        };
        let hinted = self.find_from(area, &incoming.whom, generation).await?;
        // Since a row was recorded, its coupon may have become somebody else's, or nobody's.
        if let Some(outcome) = dealt_with(&hinted.people, incoming.source) {
            return Ok(outcome);
        }
        let generation = hinted.generation;
        let (found, in_question) = self.found(area, hinted, &incoming.whom).await?;
        match (found, &incoming.whom) {
            (Found::One(found), _) => {
                self.record_found(arrival, *found, &in_question, waited)
                    .await
            }
            (Found::Several, _) => self.record_ambiguous(arrival, &in_question, waited).await,
            (Found::Nobody, Whom::Coupon(_)) => {
                self.record_nobody(arrival, in_question, generation, waited)
                    .await
            }
            (Found::Nobody, Whom::Number(_) | Whom::Tag(_)) => {
                Ok(refused(FindingCode::UnknownResident))
            }
        }
    }

    /// The register to begin with, which one call reads with what is known of the request and of the waiting dose, if
    /// the request is to be done once.
    async fn begin(
        &self,
        Arrival { area, incoming, .. }: Arrival<'_>,
        generation: Option<Generation>,
    ) -> Result<Begun, StoreError> {
        let Some(once) = &incoming.once else {
            let generation = match generation {
                Some(generation) => generation,
                None => self.generation(area.scope).await?,
            };
            let waited = Waited::NotRead;
            return Ok(Begun::Now { generation, waited });
        };
        let key = waiting_key(area, &incoming.dose);
        let begun = self
            .store
            .begin_once(area.scope, area.keys, once, key.as_ref())
            .await?;
        Ok(match begun.before {
            Some(before) => Begun::Before(before.into()),
            None => Begun::Now {
                generation: begun.generation,
                waited: Waited::Read(begun.waiting.map(Box::new)),
            },
        })
    }

    /// One person was found.
    async fn record_found(
        &self,
        arrival: Arrival<'_>,
        mut found: FoundPerson,
        in_question: &[PersonDoses],
        waited: Waited,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        if !fits(incoming, &found) {
            let meant = incoming.second.meant();
            found = self.with_meant(area, found, meant).await?;
        }
        if let Some(outcome) = dealt_with(&found.others, incoming.source) {
            return Ok(outcome);
        }
        if let Some(repeated) = already_recorded(incoming, Some(&found), in_question) {
            return self
                .answer_already_recorded(arrival, &repeated, waited)
                .await;
        }
        if let Some(cancelled) = cancelled_under_other_number(incoming, &found) {
            return Ok(Outcome::withdrawn(cancelled.kept()));
        }
        let doubt = was_recorded_for_another(incoming, &found, in_question)
            .then_some(FindingCode::RecordedForAnother);
        let is_alone = !incoming.is_of_file();
        let found = self.for_dose(area, found, &incoming.dose, is_alone).await?;
        self.record_for(arrival, &found, doubt, waited).await
    }

    /// Several people have the coupon.
    async fn record_ambiguous(
        &self,
        arrival: Arrival<'_>,
        in_question: &[PersonDoses],
        waited: Waited,
    ) -> Result<Outcome, StoreError> {
        match already_recorded_for_named(arrival.incoming, in_question) {
            Some(repeated) => {
                self.answer_already_recorded(arrival, &repeated, waited)
                    .await
            }
            None => Ok(refused(FindingCode::CouponOfSeveral)),
        }
    }

    /// Nobody has the coupon.
    async fn record_nobody(
        &self,
        arrival: Arrival<'_>,
        in_question: InQuestion,
        generation: Generation,
        waited: Waited,
    ) -> Result<Outcome, StoreError> {
        if let Some(repeated) = already_recorded(arrival.incoming, None, &in_question) {
            return self
                .answer_already_recorded(arrival, &repeated, waited)
                .await;
        }
        match whose_it_was(arrival.incoming, in_question, generation) {
            Some(found) => self.record_for(arrival, &found, None, waited).await,
            None => self.wait(arrival, generation).await,
        }
    }

    /// Judges the dose for the person whose it is, and does what was decided. `doubt` is one more that is not the
    /// rules'.
    async fn record_for(
        &self,
        arrival: Arrival<'_>,
        found: &FoundPerson,
        doubt: Option<FindingCode>,
        waited: Waited,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        let dose = &incoming.dose;
        let key = DoseKey::of(found.doses.tag, dose);
        let held = found.doses.dose(&key);
        let mut judged = judge(area, dose, found, fits(incoming, found), arrival.now);
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
                self.leave_unchanged(arrival, found, held, waited).await
            }
            (Decision::Conflict, Some(held)) => {
                self.queue_newcomer(arrival, found, held, &judged, waited)
                    .await
            }
            _ => {
                if let Some(doubt) = doubt {
                    judged.doubt(doubt);
                }
                self.put_dose(arrival, found, held, judged, waited).await
            }
        }
    }

    /// The dose says what is `held` there. If it waits as well, it leaves the list.
    async fn leave_unchanged(
        &self,
        arrival: Arrival<'_>,
        found: &FoundPerson,
        held: &DoseRevision,
        waited: Waited,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        let tag = found.doses.tag;
        let outcome = Outcome::Unchanged(Kept::dose(held.key(tag), held));
        // Rows of a file that say what is there are many: nothing more is read for them.
        let Waited::Read(Some(open)) = waited.while_open() else {
            return self.unwritten(arrival, outcome).await;
        };
        self.change(area, arrival.now, |change| {
            change.unless_moved(&tag, held)?;
            change.remove_waiting(&open)?;
            remember(change, incoming, &outcome)
        })
        .await?;
        Ok(outcome)
    }

    /// Puts a newcomer in the queue, once, on the condition that the dose it conflicts with is still there. If staff
    /// decided about it before and another dose has the number since, it enters the queue again.
    async fn queue_newcomer(
        &self,
        arrival: Arrival<'_>,
        found: &FoundPerson,
        held: &DoseRevision,
        judged: &Judged,
        waited: Waited,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        let newcomer = Newcomer {
            id: content_id(area.keys, &incoming.dose),
            dose: incoming.dose.clone(),
            findings: codes(&judged.findings),
            entry: entry(incoming),
            settled: None,
            earlier: Vec::new(),
        };
        let waiting = self.waited(area, &incoming.dose, waited).await?;
        let open = waiting.filter(|it| it.settled.is_none());
        let tag = found.doses.tag;
        let key = DoseKey::of(tag, &newcomer.dose);
        let known = Known::of(&found.doses, &newcomer, held);
        if let (Known::Stays(known), None) = (&known, &open) {
            let outcome = Outcome::Conflict(Kept::newcomer(key, known));
            return self.unwritten(arrival, outcome).await;
        }
        self.change(area, arrival.now, |change| {
            change.unless_moved(&tag, held)?;
            let newcomer = known.enter(change, &tag, newcomer)?;
            let outcome = Outcome::Conflict(Kept::newcomer(key, &newcomer));
            leave_list(change, open.as_deref())?;
            remember(change, incoming, &outcome)?;
            Ok(outcome)
        })
        .await
    }

    /// Puts the dose under its number; what was `held` there has left it. If it waited and somebody withdrew it, it is
    /// doubtful.
    async fn put_dose(
        &self,
        arrival: Arrival<'_>,
        found: &FoundPerson,
        held: Option<&DoseRevision>,
        mut judged: Judged,
        waited: Waited,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        let mut open = self.waited(area, &incoming.dose, waited).await?;
        if let Some(withdrawn) = open.take_if(|it| it.settled.is_some()) {
            if is_from(&withdrawn.entry, incoming.source) {
                return Ok(Outcome::Waiting(Kept::waiting(&withdrawn)));
            }
            judged.doubt(FindingCode::CancelledBefore);
        }
        let next = next_dose(incoming, &judged);
        self.change(area, arrival.now, |change| {
            let written = put(change, area, found, held, next, arrival.now)?;
            let outcome = Outcome::of_revision(written.key(found.doses.tag), &written);
            leave_list(change, open.as_deref())?;
            remember(change, incoming, &outcome)?;
            Ok(outcome)
        })
        .await
    }

    /// Nothing is written but the memory of the request.
    pub(crate) async fn unwritten(
        &self,
        arrival: Arrival<'_>,
        outcome: Outcome,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        if let (Some(once), Some(done)) = (&incoming.once, outcome.remembered()) {
            self.store
                .remember(area.scope, once, &done, arrival.now)
                .await?;
        }
        Ok(outcome)
    }
}

/// How the recording of a dose begins.
enum Begun {
    /// The request was done before, and this became of it.
    Before(Outcome),
    /// It is done now.
    Now {
        generation: Generation,
        waited: Waited,
    },
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

/// What a row became when it was dealt with before, for one of these people. Its dose may have been corrected since, so
/// it is known by where it came from.
fn dealt_with(people: &[PersonDoses], source: Source) -> Option<Outcome> {
    if source == Source::Api {
        return None;
    }
    people.iter().find_map(|it| became(it, source))
}

/// What a row became that was dealt with for this person.
fn became(doses: &PersonDoses, source: Source) -> Option<Outcome> {
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
