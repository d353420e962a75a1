//! The rows of a chunk, recorded: those of several people at the same time, those of one person in order.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, PoisonError},
};

use domain::{Generation, Lease, RowCounts};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use layouts::doses::DoseRow;
use recording::{Incoming, Outcome, Second, Whom};
use store::Source;

use crate::{LoadDoses, LoadDosesError, chunk::Work, share::Share};

/// Rows under way at once: enough to keep a core busy while DynamoDB answers in some milliseconds.
const LANES: usize = 48;

/// Rows that are recorded one after the other; all rows of a person are in the same lane.
pub(crate) type Lanes = Vec<Vec<Row>>;

/// A row to be recorded.
pub(crate) struct Row {
    index: u32,
    incoming: Incoming,
}

/// What became of the rows of a chunk.
#[derive(Default)]
pub(crate) struct Recorded {
    pub(crate) counts: RowCounts,
    pub(crate) share: Share,
}

/// Rows by lane, put in order.
pub(crate) struct Sorting<'a> {
    work: &'a Work<'a>,
    lanes: Lanes,
}

impl<'a> Sorting<'a> {
    pub(crate) fn new(work: &'a Work<'a>) -> Self {
        Self {
            work,
            lanes: (0..LANES).map(|_| Vec::new()).collect(),
        }
    }

    pub(crate) fn add(&mut self, index: u32, row: &DoseRow<'_>) -> Result<(), LoadDosesError> {
        let incoming = self.incoming(index, row)?;
        let mut hasher = DefaultHasher::new();
        match &incoming.whom {
            Whom::Coupon(coupon) => coupon.hash(&mut hasher),
            Whom::Number(number) => number.expose().hash(&mut hasher),
            Whom::Tag(tag) => tag.hash(&mut hasher),
        }
        let lane = usize::try_from(hasher.finish()).unwrap_or_default() % LANES;
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.push(Row { index, incoming });
        }
        Ok(())
    }

    /// Lowest number first; rows of one number stay in the order of the file.
    pub(crate) fn finish(mut self) -> Lanes {
        for lane in &mut self.lanes {
            lane.sort_by_key(|row| row.incoming.dose.number);
        }
        self.lanes
    }

    /// A coupon leads to the person, and where the number stands beside it, it must be theirs: so a
    /// misread coupon is refused instead of leading to somebody else.
    fn incoming(&self, index: u32, row: &DoseRow<'_>) -> Result<Incoming, LoadDosesError> {
        let whom = match (row.coupon, row.resident) {
            (Some(coupon), _) => Whom::Coupon(coupon),
            (None, Some(number)) => Whom::Number(number.to_owned().into()),
            (None, None) => {
                return Err(LoadDosesError::NotAsChecked {
                    what: "whose dose it is",
                });
            }
        };
        let second = match (row.coupon, row.resident) {
            (Some(_), Some(number)) => Second::Seen(self.work.tenant.keys.resident_tag(number)),
            _ => Second::NotAsked,
        };
        Ok(Incoming {
            dose: row
                .to_dose()
                .ok_or(LoadDosesError::NotAsChecked { what: "a dose" })?,
            whom,
            second,
            by: String::new().into(),
            source: Source::File {
                upload: self.work.upload.id,
                row: u64::from(index) + 1,
            },
            once: None,
        })
    }
}

impl LoadDoses {
    /// Records the rows of all lanes.
    pub(crate) async fn record(
        &self,
        work: &Work<'_>,
        lanes: Lanes,
    ) -> Result<Recorded, LoadDosesError> {
        let generation = self.store.register(work.tenant.scope).await?.generation();
        let recorded = Mutex::new(Recorded::default());
        let lease = tokio::sync::Mutex::new(work.lease);
        stream::iter(lanes)
            .map(Ok)
            .try_for_each_concurrent(None, |lane| {
                self.record_lane(work, lane, generation, &lease, &recorded)
            })
            .await?;
        Ok(recorded
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner))
    }

    async fn record_lane(
        &self,
        work: &Work<'_>,
        lane: Vec<Row>,
        generation: Generation,
        lease: &tokio::sync::Mutex<Lease>,
        recorded: &Mutex<Recorded>,
    ) -> Result<(), LoadDosesError> {
        let area = work.tenant.area();
        for Row { index, incoming } in lane {
            self.keep_lease(work, &mut *lease.lock().await).await?;
            let now = self.clock.now();
            let outcome = self
                .recorder
                .record_under(&area, &incoming, Some(generation), now)
                .await?;
            recorded
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .count(index, outcome)?;
        }
        Ok(())
    }

    /// Renews the lease when it runs low; stops in good time when it cannot be renewed.
    async fn keep_lease(&self, work: &Work<'_>, lease: &mut Lease) -> Result<(), LoadDosesError> {
        let now = self.clock.now();
        let renewal = lease.renewal(now);
        if renewal.is_none() && !lease.is_ending(now) {
            return Ok(());
        }
        // Near the end of the invocation the lease is given back: the next worker need not wait.
        let next = renewal.unwrap_or(Lease::new(now, now));
        let (scope, id) = (work.tenant.scope, &work.upload.id);
        self.store
            .note_written(scope, id, &work.chunk, 0, next.until())
            .await?;
        *lease = next;
        if renewal.is_some() {
            Ok(())
        } else {
            Err(LoadDosesError::OutOfTime)
        }
    }
}

impl Recorded {
    fn count(&mut self, index: u32, outcome: Outcome) -> Result<(), LoadDosesError> {
        let counts = &mut self.counts;
        match outcome {
            Outcome::Recorded(_) => counts.recorded += 1,
            Outcome::Unchanged(_) => counts.unchanged += 1,
            Outcome::Review(kept) => {
                counts.review += 1;
                for doubt in kept.findings {
                    *self.share.doubts.entry(doubt).or_default() += 1;
                }
            }
            Outcome::Conflict(_) => counts.conflict += 1,
            Outcome::Waiting(_) => counts.waiting += 1,
            Outcome::Refused(findings) => {
                counts.refused += 1;
                let codes = findings.iter().map(|finding| finding.code).collect();
                self.share.refused.insert(index, codes);
            }
            // A row has no key of a request; it is known by its file.
            Outcome::KeyReused => {
                return Err(LoadDosesError::NotAsChecked {
                    what: "the key of a row",
                });
            }
        }
        Ok(())
    }
}
