//! The waiting list: doses whose coupon nobody has yet.

use domain::{CouponNumber, Dose, FindingCode, Generation, check_dose, japan_date};
use store::{DoseChange, StoreError, WaitingDose, WaitingKey, content_id};

use crate::{
    Area, Kept, Outcome, Recorder, Whom,
    incoming::Arrival,
    judge::refusals,
    record::{entry, is_from, refused, remember},
};

/// What is known of the same dose on the waiting list.
pub(crate) enum Waited {
    /// It was not looked for yet.
    NotRead,
    /// It stands there, settled or not, or not at all.
    Read(Option<Box<WaitingDose>>),
}

impl Waited {
    /// What is known of it, if it stands there still.
    pub(crate) fn while_open(self) -> Self {
        match self {
            Self::Read(waiting) => Self::Read(waiting.filter(|it| it.settled.is_none())),
            Self::NotRead => Self::NotRead,
        }
    }
}

impl Recorder {
    /// The same dose when it waits for its coupon, or waited and somebody took it off the list.
    pub(crate) async fn waited(
        &self,
        area: &Area<'_>,
        dose: &Dose,
        waited: Waited,
    ) -> Result<Option<Box<WaitingDose>>, StoreError> {
        Ok(match (waited, waiting_key(area, dose)) {
            (Waited::Read(waiting), _) => waiting,
            (Waited::NotRead, None) => None,
            (Waited::NotRead, Some(key)) => self
                .store
                .waiting_dose(area.scope, area.keys, &key)
                .await?
                .map(Box::new),
        })
    }

    /// What became of a request that is repeated. If its dose waits, attaching is tried once more: the first try may
    /// have ended after the person came and before the dose was attached.
    pub(crate) async fn again(
        &self,
        arrival: Arrival<'_>,
        before: Outcome,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        if let (Outcome::Waiting(_), Whom::Coupon(coupon)) = (&before, &incoming.whom) {
            let coupon = area.keys.coupon_tag(*coupon);
            self.attach(area, &coupon, arrival.now).await?;
        }
        Ok(before)
    }

    /// A dose whose coupon nobody has waits, if it can be right for anybody at all. One that waits already is
    /// compared by what came last. If the register moved meanwhile, its person may have come before it was on the
    /// list: then it is attached at once.
    pub(crate) async fn wait(
        &self,
        arrival: Arrival<'_>,
        generation: Generation,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        let dose = &incoming.dose;
        let lot = area.lots.seen(dose.product, &dose.lot);
        let findings = check_dose(dose, None, &[], lot, japan_date(arrival.now));
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
            revision: 0,
            birth_date: incoming.second.birth_date(),
            meant: incoming.second.meant(),
            findings: Vec::new(),
            entry: entry(incoming),
            settled: None,
        };
        let mut is_known = false;
        let known = self
            .store
            .waiting_dose(area.scope, area.keys, &waiting.key)
            .await?;
        if let Some(known) = known {
            if known.settled.is_some() && !is_from(&known.entry, incoming.source) {
                return Ok(Outcome::withdrawn(Kept::waiting(&known)));
            }
            let Some(renamed) = renamed(&known, &waiting) else {
                let outcome = Outcome::Waiting(Kept::waiting(&known));
                return self.unwritten(arrival, outcome).await;
            };
            waiting = renamed;
            is_known = true;
        }
        let outcome = Outcome::Waiting(Kept::waiting(&waiting));
        self.change(area, arrival.now, |change| {
            if is_known {
                change.mark_waiting(&waiting, Vec::new())?;
            } else {
                change.add_waiting(waiting.clone())?;
            }
            remember(change, incoming, &outcome)
        })
        .await?;
        if self.generation(area.scope).await? != generation {
            self.attach(area, &waiting.key.coupon, arrival.now).await?;
        }
        Ok(outcome)
    }
}

/// Where a dose waits for its coupon, if it says one.
pub(crate) fn waiting_key(area: &Area<'_>, dose: &Dose) -> Option<WaitingKey> {
    dose.coupon.map(|coupon| key_for(area, dose, coupon))
}

/// The waiting dose `known`, now to be compared by what came with `again`, which is the same dose. `None` if nothing
/// changes by that, or if `known` has left the list.
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
pub(crate) fn leave_list(
    change: &mut DoseChange<'_>,
    waiting: Option<&WaitingDose>,
) -> Result<(), StoreError> {
    waiting.map_or(Ok(()), |it| change.remove_waiting(it))
}

fn key_for(area: &Area<'_>, dose: &Dose, coupon: CouponNumber) -> WaitingKey {
    WaitingKey {
        coupon: area.keys.coupon_tag(coupon),
        programme: dose.programme,
        number: dose.number,
        id: content_id(area.keys, dose),
    }
}
