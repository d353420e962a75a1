//! Rows of a file recorded together: one read and one transaction for several people. What is not plain
//! is recorded by itself, as any other dose.

use std::collections::BTreeSet;

use crypto::ResidentTag;
use domain::{Decision, Finding, Generation, programme};
use futures::future::try_join_all;
use jiff::Timestamp;
use store::{DoseKey, NextDose, PEOPLE_AT_ONCE, PersonDoses, Status, StoreError};

use crate::{
    Area, Incoming, Outcome, Recorder, Whom,
    find::{FoundPerson, is_meant},
    follow::has_followers,
    judge::{judge, refusals},
    record::next_dose,
    retry::{Retry, is_conflict, is_race},
    wait::waiting_key,
};

/// What is to be done about a row.
enum Plan {
    /// It takes its number.
    Put(Box<Put>),
    /// It is not kept.
    Refuse(Vec<Finding>),
    /// Something stands where it belongs, or it is not certain whose it is: it is looked at by itself.
    Apart,
}

/// A dose that takes a number.
struct Put {
    /// The person's other doses.
    beside: PersonDoses,
    next: NextDose,
}

impl Recorder {
    /// The one person that `whom` may lead to; `None` if there are none or several.
    pub async fn only_tag(
        &self,
        area: &Area<'_>,
        whom: &Whom,
    ) -> Result<Option<ResidentTag>, StoreError> {
        let tags = self.tags(area, whom).await?;
        Ok(match tags[..] {
            [tag] => Some(tag),
            _ => None,
        })
    }

    /// How many rows [`Self::record_together`] reads and writes by one call each.
    pub const ROWS_AT_ONCE: usize = PEOPLE_AT_ONCE;

    /// Records rows of one programme, each of another person whom [`Self::only_tag`] found, as
    /// [`Self::record_under`] does: every dose with its counts in one transaction on the condition that its
    /// number is free. Several stand in the same one; if one of them does not hold, nothing is written by
    /// it and each is recorded by itself.
    ///
    /// Nothing was under the number of a row, so nothing is known of the row: what was recorded never
    /// leaves its number, newcomers come for a number that is taken, and a row whose dose waits, or waited
    /// once and was withdrawn, is looked at by itself.
    pub async fn record_together(
        &self,
        area: &Area<'_>,
        rows: &[(ResidentTag, &Incoming)],
        generation: Generation,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, StoreError> {
        let plans = self.plans(area, rows, generation, now).await?;
        let mut put = self.put_together_of(area, &plans, now).await?;
        let mut outcomes = Vec::with_capacity(rows.len());
        for ((_, incoming), plan) in rows.iter().zip(plans) {
            let outcome = match plan {
                Plan::Put(_) => put.next(),
                Plan::Refuse(findings) => Some(Outcome::Refused(findings)),
                Plan::Apart => None,
            };
            outcomes.push(if let Some(outcome) = outcome {
                outcome
            } else {
                self.record_under(area, incoming, Some(generation), now)
                    .await?
            });
        }
        Ok(outcomes)
    }

    async fn plans(
        &self,
        area: &Area<'_>,
        rows: &[(ResidentTag, &Incoming)],
        generation: Generation,
        now: Timestamp,
    ) -> Result<Vec<Plan>, StoreError> {
        let known = rows
            .first()
            .and_then(|(_, it)| programme(it.dose.programme));
        let Some(known) = known else {
            return Ok(rows.iter().map(|_| Plan::Apart).collect());
        };
        let tags: Vec<_> = rows.iter().map(|(tag, _)| *tag).collect();
        let numbers = (known.code(), known.most());
        let keys: Vec<_> = rows
            .iter()
            .map(|(_, it)| waiting_key(area, &it.dose))
            .collect();
        let waited: BTreeSet<_> = keys.iter().flatten().copied().collect();
        let (people, waiting) = self
            .store
            .doses_of_many(area.scope, area.keys, &tags, &waited, numbers, generation)
            .await?;
        let waiting: BTreeSet<_> = waiting.iter().map(|it| it.key).collect();
        let mut plans = Vec::with_capacity(rows.len());
        for (((_, incoming), key), doses) in rows.iter().zip(&keys).zip(people) {
            let was_read =
                incoming.dose.programme == known.code() && incoming.dose.number <= known.most();
            let is_waiting = key.is_some_and(|key| waiting.contains(&key));
            let plan = if was_read && !is_waiting {
                plan(area, incoming, doses, generation, now)
            } else {
                Plan::Apart
            };
            plans.push(self.unless_numbered_anew(area, incoming, plan));
        }
        try_join_all(plans).await
    }

    /// A row that names a number is looked at by itself if the coupon of its person led to somebody else as well: it
    /// may stand there.
    async fn unless_numbered_anew(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        plan: Plan,
    ) -> Result<Plan, StoreError> {
        let Plan::Put(put) = &plan else {
            return Ok(plan);
        };
        let person = put.beside.person.as_ref();
        let coupon = person.and_then(|it| it.resident.resident.coupon);
        let by_number = matches!(incoming.whom, Whom::Number(_)) && incoming.is_of_file();
        if !by_number
            || self
                .of_coupon(area, coupon, &put.beside.tag)
                .await?
                .is_empty()
        {
            return Ok(plan);
        }
        Ok(Plan::Apart)
    }

    /// The outcomes of what was put, in order; nothing if somebody else was first.
    async fn put_together_of(
        &self,
        area: &Area<'_>,
        plans: &[Plan],
        now: Timestamp,
    ) -> Result<std::vec::IntoIter<Outcome>, StoreError> {
        let puts = plans.iter().filter_map(|plan| match plan {
            Plan::Put(put) => Some(&**put),
            Plan::Refuse(_) | Plan::Apart => None,
        });
        let puts: Vec<_> = puts.collect();
        if puts.is_empty() {
            return Ok(Vec::new().into_iter());
        }
        let mut retry = Retry::default();
        loop {
            let written = self
                .change(area, now, |change| {
                    let mut outcomes = Vec::with_capacity(puts.len());
                    for Put { beside, next } in &puts {
                        let key = DoseKey::of(beside.tag, &next.dose);
                        let written = change.advance(beside, None, next.clone())?;
                        outcomes.push(Outcome::of_revision(key, &written));
                    }
                    Ok(outcomes)
                })
                .await;
            match written {
                Ok(outcomes) => return Ok(outcomes.into_iter()),
                // Others write at the same counts: that says nothing of what was read.
                Err(error) if is_conflict(&error) => {
                    if retry.after(error).await.is_err() {
                        return Ok(Vec::new().into_iter());
                    }
                }
                Err(error) if is_race(&error) => return Ok(Vec::new().into_iter()),
                Err(error) => return Err(error),
            }
        }
    }
}

fn plan(
    area: &Area<'_>,
    incoming: &Incoming,
    doses: PersonDoses,
    generation: Generation,
    now: Timestamp,
) -> Plan {
    let key = DoseKey::of(doses.tag, &incoming.dose);
    let found = FoundPerson::alone(doses, generation);
    let Some(found) = found.filter(|it| is_meant(&it.person, &incoming.whom)) else {
        return Plan::Apart;
    };
    let FoundPerson { person, doses, .. } = &found;
    // Since the hints were read, somebody else may have come who has the coupon of whoever left.
    let has_left = person.status == Status::Removed && matches!(incoming.whom, Whom::Coupon(_));
    if has_left || incoming.once.is_some() || doses.dose(&key).is_some() {
        return Plan::Apart;
    }
    let second = &incoming.second;
    let fits = second.fits(doses.tag, &person.resident.resident);
    // They may have had that number before.
    if !fits && second.meant().is_some() {
        return Plan::Apart;
    }
    let judged = judge(area, &incoming.dose, &found, fits, now);
    match judged.decision {
        Decision::Refuse => Plan::Refuse(refusals(judged.findings)),
        Decision::Record | Decision::Review => {
            let next = next_dose(incoming, &judged);
            if has_followers(area, &found, &next, now) {
                Plan::Apart
            } else {
                let beside = found.doses;
                Plan::Put(Box::new(Put { beside, next }))
            }
        }
        Decision::Unchanged | Decision::Conflict => Plan::Apart,
    }
}
