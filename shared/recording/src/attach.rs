//! Waiting doses whose person has come into the register.

use crypto::Tag;
use domain::{Clock, Decision, DoseState, Finding, FindingCode, Severity};
use jiff::Timestamp;
use store::{DoseAct, DoseKey, DoseRevision, Entry, Newcomer, NextDose, StoreError, WaitingDose};

use crate::{
    Area, Found, Recorder, Whom,
    find::FoundPerson,
    follow::put,
    judge::{codes, judge, refusals},
    queue::Known,
    retry::Retry,
};

/// What became of waiting doses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attached {
    /// Came into force.
    pub recorded: u64,
    /// Said what was there already.
    pub unchanged: u64,
    /// Are kept with their doubts.
    pub review: u64,
    /// Stand in the queue beside what has their number.
    pub conflict: u64,
    /// Go on waiting: nobody has the coupon, or the dose cannot be right for the person who has it.
    pub waiting: u64,
    /// Coupons for which something goes on waiting because it, or a person to whom the coupon leads, cannot be read.
    pub unreadable: u64,
}

impl Attached {
    /// How many doses were looked at.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.recorded + self.unchanged + self.review + self.conflict + self.waiting
    }

    fn add(&mut self, other: Self) {
        self.recorded += other.recorded;
        self.unchanged += other.unchanged;
        self.review += other.review;
        self.conflict += other.conflict;
        self.waiting += other.waiting;
        self.unreadable += other.unreadable;
    }

    fn count(&mut self, what: Became) {
        *match what {
            Became::Recorded => &mut self.recorded,
            Became::Unchanged => &mut self.unchanged,
            Became::Review => &mut self.review,
            Became::Conflict => &mut self.conflict,
            Became::Waiting => &mut self.waiting,
        } += 1;
    }
}

#[derive(Clone, Copy)]
enum Became {
    Recorded,
    Unchanged,
    Review,
    Conflict,
    Waiting,
}

/// A waiting dose while it is being attached.
#[derive(Clone, Copy)]
struct Attaching<'a> {
    area: &'a Area<'a>,
    waiting: &'a WaitingDose,
    now: Timestamp,
}

impl Recorder {
    /// Attaches what waits for a coupon, lowest number first and then as it came, under the same checks as any
    /// dose. Each leaves the waiting list in the transaction that puts it elsewhere; repeating this changes nothing.
    pub async fn attach(
        &self,
        area: &Area<'_>,
        coupon: &Tag,
        now: Timestamp,
    ) -> Result<Attached, StoreError> {
        let mut attached = Attached::default();
        let mut waiting = self
            .store
            .waiting_for(area.scope, area.keys, coupon)
            .await?;
        waiting.sort_by_key(|dose| (dose.key.programme, dose.key.number, dose.entry.at));
        for dose in waiting {
            if dose.settled.is_none()
                && let Some(became) = self.attach_one(area, &dose, now).await?
            {
                attached.count(became);
            }
        }
        Ok(attached)
    }

    /// Goes through a part of the waiting list, oldest first, from `after` on, and attaches all that waits
    /// for the coupons in it, those of each at their own time; says where the list goes on. What cannot be read holds up
    /// no other coupon.
    pub async fn attach_some(
        &self,
        area: &Area<'_>,
        limit: u32,
        after: Option<&str>,
        clock: &dyn Clock,
    ) -> Result<(Attached, Option<String>), StoreError> {
        let mut attached = Attached::default();
        let (coupons, next) = self.store.waiting_coupons(area.scope, limit, after).await?;
        for coupon in &coupons {
            match self.attach(area, coupon, clock.now()).await {
                Ok(some) => attached.add(some),
                Err(StoreError::Damaged { .. }) => attached.unreadable += 1,
                Err(error) => return Err(error),
            }
        }
        Ok((attached, next))
    }

    /// `None` when it has left the waiting list meanwhile.
    async fn attach_one(
        &self,
        area: &Area<'_>,
        waiting: &WaitingDose,
        now: Timestamp,
    ) -> Result<Option<Became>, StoreError> {
        let mut retry = Retry::default();
        let mut waiting = waiting.clone();
        loop {
            let attaching = Attaching {
                area,
                waiting: &waiting,
                now,
            };
            match self.try_attach(attaching).await {
                Ok(became) => return Ok(Some(became)),
                Err(error) => retry.after(error).await?,
            }
            let read = self
                .store
                .waiting_dose(area.scope, area.keys, &waiting.key)
                .await?;
            match read {
                Some(still) if still.settled.is_none() => waiting = still,
                _ => return Ok(None),
            }
        }
    }

    async fn try_attach(&self, attaching: Attaching<'_>) -> Result<Became, StoreError> {
        let Attaching { area, waiting, .. } = attaching;
        let Some(coupon) = waiting.dose.coupon else {
            return Err(StoreError::Damaged { what: "coupon" });
        };
        match self.find(area, &Whom::Coupon(coupon)).await? {
            Found::One(found) => {
                let found = self.with_meant(area, *found, waiting.meant).await?;
                let found = self.for_dose(area, found, &waiting.dose, true).await?;
                self.attach_to(attaching, &found).await
            }
            // What is said of it is of somebody who had the coupon.
            Found::Nobody => self.go_on_waiting(attaching, Vec::new()).await,
            Found::Several => {
                let findings = vec![FindingCode::CouponOfSeveral];
                self.go_on_waiting(attaching, findings).await
            }
        }
    }

    async fn attach_to(
        &self,
        attaching: Attaching<'_>,
        found: &FoundPerson,
    ) -> Result<Became, StoreError> {
        let Attaching { area, waiting, .. } = attaching;
        let person = &found.person.resident.resident;
        let fits = waiting
            .birth_date
            .is_none_or(|born| born == person.birth_date)
            && waiting.meant.is_none_or(|tag| found.is_known(&tag));
        let judged = judge(area, &waiting.dose, found, fits, attaching.now);
        let key = DoseKey::of(found.doses.tag, &waiting.dose);
        let held = found.doses.dose(&key);
        let state = match (judged.decision, held) {
            (Decision::Refuse, _) => {
                let findings = codes(&refusals(judged.findings));
                return self.go_on_waiting(attaching, findings).await;
            }
            (Decision::Unchanged, Some(held)) => {
                return self.drop_waiting(attaching, found, held).await;
            }
            (Decision::Conflict, Some(held)) => {
                let findings = &judged.findings;
                return self.queue_waiting(attaching, found, held, findings).await;
            }
            (Decision::Review, _) => DoseState::Review,
            _ => DoseState::Recorded,
        };
        let next = NextDose {
            dose: waiting.dose.clone(),
            state,
            locked: false,
            findings: codes(&judged.findings),
            recorded_at: Some(waiting.entry.at),
            entry: Entry {
                act: DoseAct::Attached,
                ..waiting.entry.clone()
            },
        };
        self.change(area, attaching.now, |change| {
            put(change, area, found, held, next, attaching.now)?;
            change.remove_waiting(waiting)
        })
        .await?;
        Ok(match state {
            DoseState::Review => Became::Review,
            DoseState::Recorded | DoseState::Cancelled => Became::Recorded,
        })
    }

    async fn drop_waiting(
        &self,
        attaching: Attaching<'_>,
        found: &FoundPerson,
        held: &DoseRevision,
    ) -> Result<Became, StoreError> {
        let Attaching { area, waiting, .. } = attaching;
        self.change(area, attaching.now, |change| {
            change.unless_moved(&found.doses.tag, held)?;
            change.remove_waiting(waiting)
        })
        .await?;
        Ok(Became::Unchanged)
    }

    async fn queue_waiting(
        &self,
        attaching: Attaching<'_>,
        found: &FoundPerson,
        held: &DoseRevision,
        findings: &[Finding],
    ) -> Result<Became, StoreError> {
        let Attaching { area, waiting, .. } = attaching;
        let tag = found.doses.tag;
        let newcomer = Newcomer {
            id: waiting.key.id,
            dose: waiting.dose.clone(),
            findings: codes(findings),
            entry: Entry {
                act: DoseAct::Attached,
                ..waiting.entry.clone()
            },
            settled: None,
            earlier: Vec::new(),
        };
        let known = Known::of(&found.doses, &newcomer, held);
        self.change(area, attaching.now, |change| {
            change.unless_moved(&tag, held)?;
            known.enter(change, &tag, newcomer)?;
            change.remove_waiting(waiting)
        })
        .await?;
        Ok(Became::Conflict)
    }

    /// What cannot be attached says so in the list; it is written only when it says something new.
    async fn go_on_waiting(
        &self,
        attaching: Attaching<'_>,
        findings: Vec<FindingCode>,
    ) -> Result<Became, StoreError> {
        let Attaching { area, waiting, .. } = attaching;
        debug_assert!(findings.iter().all(|it| it.severity() == Severity::Refuse));
        if waiting.findings != findings {
            self.change(area, attaching.now, |change| {
                change.mark_waiting(waiting, findings)
            })
            .await?;
        }
        Ok(Became::Waiting)
    }
}
