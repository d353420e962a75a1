//! The rows of a chunk, recorded: those of several people at the same time, those of one person in order.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, PoisonError},
};

use crypto::ResidentTag;
use domain::{Generation, Lease, RowCounts};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use layouts::doses::DoseRow;
use recording::{Incoming, Outcome, Recorder, Second, Whom};
use store::{DoseCounts, Source};

use crate::{LoadDoses, LoadDosesError, chunk::Work, share::Share};

/// Coupons looked up at once, and lanes of rows whose person is not certain: enough to keep a core busy
/// while DynamoDB answers in some milliseconds.
const AT_ONCE: usize = 48;

/// How long the register in force is taken to be the same before it is read again. A chunk takes minutes, and a switch
/// in the meantime may give a coupon to somebody else.
const IN_FORCE_FOR: SignedDuration = SignedDuration::from_secs(1);

/// What holds for a while, and is asked for again while a chunk is worked off.
struct Standing {
    /// The register that was in force before the people of the rows were looked up.
    found_under: Option<Generation>,
    lease: Lease,
    /// Rows that were recorded, whatever came of it.
    recorded: u32,
    /// The register in force, and when it was asked for.
    register: Option<(Generation, Timestamp)>,
}

/// What holds at a moment.
struct Moment {
    now: Timestamp,
    generation: Generation,
    /// Whether the people that were found for the rows are still right.
    is_as_found: bool,
}

/// A row to be recorded.
pub(crate) struct Row {
    index: u32,
    incoming: Incoming,
    /// The person, if only one comes into question.
    tag: Option<ResidentTag>,
}

/// Rows that are recorded one after the other. All rows of a person are in the same lane, and those of all
/// people whose doses are counted in the same item, so that lanes do not get in each other's way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    CountedIn(u8),
    Uncertain(usize),
}

/// What became of the rows of a chunk.
#[derive(Default)]
pub(crate) struct Recorded {
    pub(crate) counts: RowCounts,
    pub(crate) share: Share,
}

/// The accepted rows of a chunk.
pub(crate) struct Rows<'a> {
    work: &'a Work<'a>,
    rows: Vec<Row>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(work: &'a Work<'a>) -> Self {
        Self {
            work,
            rows: Vec::with_capacity(work.chunk.plan.rows as usize),
        }
    }

    pub(crate) fn add(&mut self, index: u32, row: &DoseRow<'_>) -> Result<(), LoadDosesError> {
        let incoming = self.incoming(index, row)?;
        self.rows.push(Row {
            index,
            incoming,
            tag: None,
        });
        Ok(())
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
    /// Records the rows of a chunk.
    pub(crate) async fn record(
        &self,
        work: &Work<'_>,
        rows: Rows<'_>,
    ) -> Result<Recorded, LoadDosesError> {
        let standing = tokio::sync::Mutex::new(Standing {
            lease: work.lease,
            recorded: 0,
            register: None,
            found_under: None,
        });
        let begun = self.keep(work, &mut *standing.lock().await).await?;
        standing.lock().await.found_under = Some(begun.generation);
        let recorded = Mutex::new(Recorded::default());
        let lanes = lanes(self.find(work, rows.rows, &standing).await?);
        stream::iter(lanes)
            .map(Ok)
            .try_for_each_concurrent(None, |lane| {
                self.record_lane(work, lane, &standing, &recorded)
            })
            .await?;
        Ok(recorded
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner))
    }

    /// Finds out whose rows they are, as far as hints tell.
    async fn find(
        &self,
        work: &Work<'_>,
        rows: Vec<Row>,
        standing: &tokio::sync::Mutex<Standing>,
    ) -> Result<Vec<Row>, LoadDosesError> {
        let area = work.tenant.area();
        let find = |mut row: Row| async move {
            self.keep_lease(work, &mut *standing.lock().await).await?;
            row.tag = self.recorder.only_tag(&area, &row.incoming.whom).await?;
            Ok::<_, LoadDosesError>(row)
        };
        let found = stream::iter(rows).map(find).buffer_unordered(AT_ONCE);
        found.try_collect().await
    }

    async fn record_lane(
        &self,
        work: &Work<'_>,
        lane: Vec<Row>,
        standing: &tokio::sync::Mutex<Standing>,
        recorded: &Mutex<Recorded>,
    ) -> Result<(), LoadDosesError> {
        let area = work.tenant.area();
        let mut rest = &lane[..];
        while let Some(first) = rest.first() {
            let moment = self.keep(work, &mut *standing.lock().await).await?;
            let Moment {
                now, generation, ..
            } = moment;
            let together = if moment.is_as_found {
                together(rest)
            } else {
                Vec::new()
            };
            let (some, behind) = rest.split_at(together.len().max(1));
            rest = behind;
            let outcomes = if together.is_empty() {
                let alone = &first.incoming;
                let outcome = self
                    .recorder
                    .record_under(&area, alone, Some(generation), now);
                vec![outcome.await?]
            } else {
                let outcomes = self
                    .recorder
                    .record_together(&area, &together, generation, now);
                outcomes.await?
            };
            standing.lock().await.recorded += u32::try_from(some.len()).unwrap_or(u32::MAX);
            let mut recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
            for (row, outcome) in some.iter().zip(outcomes) {
                recorded.count(row.index, outcome)?;
            }
        }
        Ok(())
    }

    /// Keeps the lease; gives the register in force, as it was a moment ago, and the time.
    async fn keep(
        &self,
        work: &Work<'_>,
        standing: &mut Standing,
    ) -> Result<Moment, LoadDosesError> {
        self.keep_lease(work, standing).await?;
        let now = self.clock.now();
        let known = standing.register;
        let generation = match known {
            Some((generation, seen)) if now.duration_since(seen) < IN_FORCE_FOR => generation,
            _ => {
                let register = self.store.register(work.tenant.scope).await?;
                standing.register = Some((register.generation(), now));
                register.generation()
            }
        };
        Ok(Moment {
            now,
            generation,
            is_as_found: standing.found_under == Some(generation),
        })
    }

    /// Renews the lease when it runs low; stops in good time when it cannot be renewed.
    async fn keep_lease(
        &self,
        work: &Work<'_>,
        standing: &mut Standing,
    ) -> Result<(), LoadDosesError> {
        let Some(next) = standing.lease.next(self.clock.now()) else {
            return Ok(());
        };
        // A worker before this one may have come further: what it recorded is recorded.
        let recorded = standing.recorded.max(work.chunk.written);
        standing.lease = next.lease;
        let chunks = self.chunks(work.tenant.scope, work.upload.id);
        chunks.note(&work.chunk, next, recorded).await.map(drop)
    }
}

/// Rows by lane; in each lowest number first, and those of one number in the order of the file.
fn lanes(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut lanes: BTreeMap<Lane, Vec<Row>> = BTreeMap::new();
    for row in rows {
        lanes.entry(row.lane()).or_default().push(row);
    }
    let mut lanes: Vec<_> = lanes.into_values().collect();
    for lane in &mut lanes {
        lane.sort_by_key(|row| (row.incoming.dose.number, row.index));
    }
    lanes
}

/// The first rows of a lane that can be recorded together: of one programme, each of another person. None
/// if it is not certain whose the first one is.
fn together(lane: &[Row]) -> Vec<(ResidentTag, &Incoming)> {
    let Some(first) = lane.first() else {
        return Vec::new();
    };
    let programme = first.incoming.dose.programme;
    let most = Recorder::ROWS_AT_ONCE;
    let mut some: Vec<(ResidentTag, &Incoming)> = Vec::with_capacity(most);
    for row in lane.iter().take(most) {
        match row.tag {
            Some(tag)
                if row.incoming.dose.programme == programme
                    && some.iter().all(|(other, _)| *other != tag) =>
            {
                some.push((tag, &row.incoming));
            }
            _ => break,
        }
    }
    some
}

impl Row {
    fn lane(&self) -> Lane {
        if let Some(tag) = &self.tag {
            return Lane::CountedIn(DoseCounts::item_of(tag));
        }
        let mut hasher = DefaultHasher::new();
        match &self.incoming.whom {
            Whom::Coupon(coupon) => coupon.hash(&mut hasher),
            Whom::Number(number) => number.expose().hash(&mut hasher),
            Whom::Tag(tag) => tag.hash(&mut hasher),
        }
        Lane::Uncertain(usize::try_from(hasher.finish()).unwrap_or_default() % AT_ONCE)
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
            Outcome::Withdrawn(kept) => {
                counts.refused += 1;
                self.share.refused.insert(index, kept.findings);
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
