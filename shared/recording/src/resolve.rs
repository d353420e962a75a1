//! What somebody decides about a newcomer.

use domain::{Dose, DoseNumber, DoseState, Finding, OtherDose};
use jiff::Timestamp;
use store::{
    DoseAct, DoseKey, DoseRevision, Newcomer, NewcomerKey, NextDose, PersonDoses, Settled,
    StoreError,
};

use crate::{
    Area, Changed, Reasoned, Recorder,
    change::{Asked, already, entry, settlement, state_of},
    find::FoundPerson,
    follow::{findings_beside, followers},
    judge::{codes, refusals},
    retry::Retry,
};

/// What to do with a newcomer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// What is there stays.
    Keep,
    /// The newcomer takes its place; what was there stays in the history.
    Replace,
    /// Both are right, under other numbers.
    Renumber {
        /// The newcomer's number, which may be the one it came for if the holder leaves it.
        newcomer: DoseNumber,
        /// Where what is there moves to; `None` if it stays.
        holder: Option<DoseNumber>,
    },
}

/// One dose that a resolution puts under a number.
struct Put<'a> {
    before: Option<&'a DoseRevision>,
    dose: Dose,
    recorded_at: Option<Timestamp>,
    act: DoseAct,
    is_newcomer: bool,
}

/// The same as it is written.
struct Written<'a> {
    before: Option<&'a DoseRevision>,
    next: NextDose,
    is_newcomer: bool,
}

impl Recorder {
    /// Settles a newcomer. Every number that is touched is held to the same checks as a new dose, and all
    /// of it is one transaction.
    pub async fn resolve(
        &self,
        area: &Area<'_>,
        key: &NewcomerKey,
        resolution: Resolution,
        reasoned: &Reasoned,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let asked = Asked::new(area, key, reasoned, now);
        let mut retry = Retry::default();
        loop {
            match self.try_resolve(asked, resolution).await {
                Err(error) => retry.after(error).await?,
                Ok(changed) => return Ok(changed),
            }
        }
    }

    async fn try_resolve(
        &self,
        asked: Asked<'_, NewcomerKey>,
        resolution: Resolution,
    ) -> Result<Changed, StoreError> {
        let Asked { area, key, .. } = asked;
        let Some(found) = self.person(area, &key.dose).await? else {
            return Ok(Changed::NotFound);
        };
        let is_meant = |it: &&Newcomer| {
            it.id == key.id && DoseKey::of(key.dose.resident, &it.dose) == key.dose
        };
        let Some(newcomer) = found.doses.newcomers.iter().find(is_meant) else {
            return Ok(Changed::NotFound);
        };
        if let Some(settled) = &newcomer.settled {
            let is_same = resolution.is_where_it_was_put(&found.doses, &newcomer.dose);
            return Ok(if is_same {
                already(settled.how, resolution.settled())
            } else {
                Changed::Impossible
            });
        }
        let held = found.doses.dose(&key.dose);
        let revision = held.map_or(0, |held| held.revision);
        if asked.reasoned.expected.is_some_and(|seen| seen != revision) {
            return Ok(Changed::Stale);
        }
        let holder = held.filter(|held| held.state.holds_number());
        if holder.is_some_and(|held| held.locked) && resolution.moves_holder() {
            return Ok(Changed::Locked);
        }
        let Some(puts) = puts(&found, held, newcomer, resolution) else {
            return Ok(Changed::Impossible);
        };
        let next = match judged(asked, &found, puts) {
            Ok(next) => next,
            Err(refusals) => return Ok(Changed::Refused(refusals)),
        };
        let resident = key.dose.resident;
        let mut settled = settlement(resolution.settled(), asked.reasoned);
        settled.revision = Some(revision);
        let arrived = self
            .change(area, asked.now, |change| {
                let mut arrived = None;
                let number = key.dose.number;
                for other in &found.others {
                    change.beside(other);
                }
                let touched = next.iter().any(|it| it.next.dose.number == number);
                if !touched && let Some(held) = held {
                    change.unless_moved(&resident, held)?;
                }
                for it in next {
                    let revision = change.advance(&found.doses, it.before, it.next)?;
                    if DoseKey::of(resident, &revision.dose) == key.dose {
                        settled.revision = Some(revision.revision);
                    }
                    if it.is_newcomer {
                        arrived = Some(revision);
                    }
                }
                change.settle_newcomer(&resident, newcomer, settled)?;
                Ok(arrived)
            })
            .await?;
        Ok(arrived.map_or(Changed::Settled, |dose| Changed::Done(Box::new(dose))))
    }
}

impl Resolution {
    const fn settled(self) -> Settled {
        match self {
            Self::Keep => Settled::Kept,
            Self::Replace => Settled::Replaced,
            Self::Renumber { .. } => Settled::Renumbered,
        }
    }

    /// For a newcomer that is settled already: whether it, and the dose it was in conflict with, went to the numbers
    /// that this resolution names.
    fn is_where_it_was_put(self, doses: &PersonDoses, newcomer: &Dose) -> bool {
        let Self::Renumber {
            newcomer: to,
            holder,
        } = self
        else {
            return true;
        };
        let revisions = || doses.doses.iter().chain(&doses.history);
        let at = |dose: &Dose, number: DoseNumber| Dose {
            number,
            ..dose.clone()
        };
        let stood = |dose: &Dose| revisions().any(|it| it.dose == *dose);
        let was_moved = |it: &DoseRevision, to: DoseNumber| {
            let of_programme = it.dose.programme == newcomer.programme;
            of_programme && it.dose.number == to && it.entry.act == DoseAct::Renumbered
        };
        revisions().any(|it| was_moved(it, to) && it.dose == at(newcomer, to))
            && holder.is_none_or(|away| {
                revisions().any(|it| was_moved(it, away) && stood(&at(&it.dose, newcomer.number)))
            })
    }

    const fn moves_holder(self) -> bool {
        match self {
            Self::Keep => false,
            Self::Replace => true,
            Self::Renumber { holder, .. } => holder.is_some(),
        }
    }
}

/// What is put where; `None` when a number is taken or the resolution makes no sense.
fn puts<'a>(
    found: &'a FoundPerson,
    held: Option<&'a DoseRevision>,
    newcomer: &Newcomer,
    resolution: Resolution,
) -> Option<Vec<Put<'a>>> {
    let number = newcomer.dose.number;
    let holder = held.filter(|held| held.state.holds_number());
    let arrives = |before, at: DoseNumber, act| Put {
        before,
        dose: Dose {
            number: at,
            ..newcomer.dose.clone()
        },
        recorded_at: Some(newcomer.entry.at),
        act,
        is_newcomer: true,
    };
    match resolution {
        Resolution::Keep => Some(Vec::new()),
        // It was corrected to the very same meanwhile.
        Resolution::Replace if holder.is_some_and(|it| it.dose == newcomer.dose) => {
            Some(Vec::new())
        }
        // The dose it was in conflict with has gone, and another record of the person has the number.
        Resolution::Replace
            if holder.is_none() && found.is_taken_elsewhere(newcomer.dose.programme, number) =>
        {
            None
        }
        Resolution::Replace => Some(vec![arrives(held, number, DoseAct::Replaced)]),
        Resolution::Renumber {
            newcomer: to,
            holder: None,
        } => {
            let before = free(found, newcomer, to).ok()?;
            (to != number).then(|| vec![arrives(before, to, DoseAct::Renumbered)])
        }
        Resolution::Renumber {
            newcomer: to,
            holder: Some(away),
        } => {
            let moved = holder?;
            if away == number || away == to {
                return None;
            }
            let mut puts = vec![Put {
                before: free(found, newcomer, away).ok()?,
                dose: Dose {
                    number: away,
                    ..moved.dose.clone()
                },
                recorded_at: Some(moved.recorded_at),
                act: DoseAct::Renumbered,
                is_newcomer: false,
            }];
            if to == number {
                puts.push(arrives(held, number, DoseAct::Renumbered));
            } else {
                puts.push(arrives(
                    free(found, newcomer, to).ok()?,
                    to,
                    DoseAct::Renumbered,
                ));
                puts.push(Put {
                    before: Some(moved),
                    dose: moved.dose.clone(),
                    recorded_at: None,
                    act: DoseAct::Cancelled,
                    is_newcomer: false,
                });
            }
            Some(puts)
        }
    }
}

/// Something holds the number.
struct Taken;

/// What stood under a number that nothing holds.
fn free<'a>(
    found: &'a FoundPerson,
    newcomer: &Newcomer,
    number: DoseNumber,
) -> Result<Option<&'a DoseRevision>, Taken> {
    let before = found.doses.under(newcomer.dose.programme, number);
    let is_taken = before.is_some_and(|it| it.state.holds_number())
        || found.is_taken_elsewhere(newcomer.dose.programme, number);
    if is_taken { Err(Taken) } else { Ok(before) }
}

/// Each dose as it will be written, held against all that will stand beside it; or what refuses it.
fn judged<'a>(
    asked: Asked<'_, NewcomerKey>,
    found: &'a FoundPerson,
    puts: Vec<Put<'a>>,
) -> Result<Vec<Written<'a>>, Vec<Finding>> {
    let Asked { area, now, .. } = asked;
    let number = |dose: &Dose| (dose.programme, dose.number);
    let numbers: Vec<_> = puts.iter().map(|put| number(&put.dose)).collect();
    let is_put = |dose: &Dose| numbers.contains(&number(dose));
    let stay = found.standing().filter(|it| !is_put(&it.dose));
    let mut others: Vec<_> = stay.map(|it| OtherDose::of(&it.dose)).collect();
    let arriving = puts.iter().filter(|put| put.act != DoseAct::Cancelled);
    others.extend(arriving.map(|put| OtherDose::of(&put.dose)));
    let mut written = Vec::with_capacity(puts.len());
    for put in puts {
        let findings = if put.act == DoseAct::Cancelled {
            Vec::new()
        } else {
            findings_beside(area, &put.dose, found, &others, now)
        };
        let refusals = refusals(findings.clone());
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let state = if put.act == DoseAct::Cancelled {
            DoseState::Cancelled
        } else {
            state_of(&findings)
        };
        let next = NextDose {
            dose: put.dose,
            state,
            locked: false,
            findings: codes(&findings),
            recorded_at: put.recorded_at,
            entry: entry(put.act, asked.reasoned),
        };
        let followers = followers(area, found, &others, &next, now);
        written.push(Written {
            before: put.before,
            next,
            is_newcomer: put.is_newcomer,
        });
        let followers = followers.into_iter();
        let followers = followers.take_while(|(held, _)| !is_put(&held.dose));
        written.extend(followers.map(|(held, next)| Written {
            before: Some(held),
            next,
            is_newcomer: false,
        }));
    }
    Ok(written)
}
