use aws_sdk_dynamodb::types::AttributeValue;
use domain::{RowCounts, TenantScope, UploadId};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Mismatches, Store, StoreError,
    item::{Item, Map, n, s, time},
    keys::{self, SCHEMA},
    page::all,
    transaction::Change,
    update_terms::UpdateTerms,
};

/// Chunks are forgotten this long after they were planned; the upload keeps their sums.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
const STATE: &[(&str, &str)] = &[("#state", "state")];
/// Holds for the worker whose lease it is, and only until the chunk is loaded.
const MINE: &str = "#state = :todo AND attempt = :attempt";
/// How many workers may run out of time over one chunk: several hours of work, where minutes are usual.
const ATTEMPTS: u32 = 30;

/// A range of whole records of an accepted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkPlan {
    /// Counted from 0.
    pub number: u32,
    /// First byte in the file.
    pub from: u64,
    /// Byte after the last one.
    pub to: u64,
    /// Index of its first record, counted from 0 after the header.
    pub first_row: u32,
    /// Line of the file on which its first record starts.
    pub first_line: u64,
    /// Records in it, refused ones included.
    pub rows: u32,
    /// Its part of the list of refused records: first entry.
    pub refused_from: u32,
    /// Entry after the last one.
    pub refused_to: u32,
    /// Object version of what the check left of its rows; `None` where it leaves nothing.
    pub rows_version: Option<String>,
}

/// What became of the rows of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadedRows {
    /// By outcome; they add up to the rows of the chunk.
    pub counts: RowCounts,
    /// How many of the unchanged ones would have removed somebody whom the register never had.
    pub removals_of_unknown: u64,
    /// Counted with them for the day, if there are any.
    pub mismatches: Option<Mismatches>,
}

/// A chunk under lease.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// What it covers.
    pub plan: ChunkPlan,
    /// Rows that are known to be done with: of residents the changed ones that are written, in the order of the
    /// file; of doses and inquiries as many as were recorded or asked.
    pub written: u32,
    /// Counts the workers that took it up.
    pub attempt: u32,
}

impl Chunk {
    /// Whether so many workers have taken it up that running out of time once more counts as a failure. Otherwise its
    /// message would be sent anew for ever.
    #[must_use]
    pub const fn is_tried_enough(&self) -> bool {
        self.attempt > ATTEMPTS
    }
}

/// What became of a claim to load a chunk.
#[derive(Debug)]
pub enum ChunkClaim {
    /// This worker may write until its lease ends.
    Mine(Chunk),
    /// Another worker holds the lease until the given time.
    Busy(Timestamp),
    /// It was loaded before.
    Done,
    /// There is no such chunk.
    Unknown,
}

/// How far a chunk is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChunkState {
    /// Not loaded yet.
    Todo {
        /// As [`Chunk::written`].
        written: u32,
    },
    /// Loaded.
    Done {
        /// Object version of what it left for the end of the load; `None` when it left nothing.
        share: Option<String>,
    },
}

impl Store {
    /// Writes the plan of a chunk; a chunk that is there already stays as it is, whatever its state.
    pub async fn plan_chunk(
        &self,
        scope: &TenantScope,
        upload: &UploadId,
        plan: &ChunkPlan,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let forgotten = now
            .saturating_add(KEPT)
            .map_or(i64::MAX, Timestamp::as_second);
        let mut item = Map::from([
            ("pk".to_owned(), s(keys::upload(scope, upload))),
            ("sk".to_owned(), s(keys::chunk_sk(plan.number))),
            ("v".to_owned(), n(SCHEMA)),
            ("number".to_owned(), n(plan.number)),
            ("from".to_owned(), n(plan.from)),
            ("to".to_owned(), n(plan.to)),
            ("first_row".to_owned(), n(plan.first_row)),
            ("first_line".to_owned(), n(plan.first_line)),
            ("rows".to_owned(), n(plan.rows)),
            ("refused_from".to_owned(), n(plan.refused_from)),
            ("refused_to".to_owned(), n(plan.refused_to)),
            ("state".to_owned(), s("todo")),
            ("written".to_owned(), n(0)),
            ("attempt".to_owned(), n(0)),
            ("lease_until".to_owned(), n(0)),
            ("ttl".to_owned(), n(forgotten)),
        ]);
        if let Some(version) = &plan.rows_version {
            item.insert("rows_version".to_owned(), s(version));
        }
        match self.put_new(scope, item).await {
            Ok(()) | Err(StoreError::Moved) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Takes the lease on a chunk, unless it is done or another worker's lease still runs.
    pub async fn claim_chunk(
        &self,
        scope: &TenantScope,
        upload: &UploadId,
        number: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<ChunkClaim, StoreError> {
        let pk = keys::upload(scope, upload);
        let sk = keys::chunk_sk(number);
        let Some(map) = self.get(scope, pk.clone(), &sk).await? else {
            return Ok(ChunkClaim::Unknown);
        };
        let item = Item(&map);
        if item.text("state")? == "done" {
            return Ok(ChunkClaim::Done);
        }
        let held_until = item.time("lease_until")?;
        if held_until > now {
            return Ok(ChunkClaim::Busy(held_until));
        }
        let chunk = read(item)?;
        let taken = self
            .change(
                scope,
                Change {
                    pk,
                    sk: &sk,
                    update: "SET attempt = :next, lease_until = :until",
                    condition: Some(MINE),
                    names: STATE,
                    values: vec![
                        (":next", n(chunk.attempt + 1)),
                        (":until", time(lease_until)),
                        (":todo", s("todo")),
                        (":attempt", n(chunk.attempt)),
                    ],
                },
            )
            .await;
        match taken {
            Ok(()) => Ok(ChunkClaim::Mine(Chunk {
                attempt: chunk.attempt + 1,
                ..chunk
            })),
            Err(StoreError::Moved) => Ok(ChunkClaim::Busy(lease_until)),
            Err(error) => Err(error),
        }
    }

    /// Notes how many rows are done with, for the next worker and for whoever looks on, and lets the lease
    /// run on until `lease_until`.
    ///
    /// [`StoreError::Moved`] when another worker took the chunk over: nothing more may be written.
    pub async fn note_written(
        &self,
        scope: &TenantScope,
        upload: &UploadId,
        chunk: &Chunk,
        written: u32,
        lease_until: Timestamp,
    ) -> Result<(), StoreError> {
        let values = vec![(":written", n(written)), (":until", time(lease_until))];
        let update = "SET written = :written, lease_until = :until";
        self.change_mine(scope, upload, chunk, update, values).await
    }

    /// Ends the lease on a chunk that was not loaded; what is noted of it stays.
    ///
    /// [`StoreError::Moved`] when another worker took the chunk over, or it is loaded.
    pub async fn release_chunk(
        &self,
        scope: &TenantScope,
        upload: &UploadId,
        chunk: &Chunk,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = vec![(":now", time(now))];
        let update = "SET lease_until = :now";
        self.change_mine(scope, upload, chunk, update, values).await
    }

    /// Changes a chunk as long as it is this worker's and not loaded.
    async fn change_mine(
        &self,
        scope: &TenantScope,
        upload: &UploadId,
        chunk: &Chunk,
        update: &str,
        mut values: Vec<(&'static str, AttributeValue)>,
    ) -> Result<(), StoreError> {
        values.extend([(":todo", s("todo")), (":attempt", n(chunk.attempt))]);
        let change = Change {
            pk: keys::upload(scope, upload),
            sk: &keys::chunk_sk(chunk.plan.number),
            update,
            condition: Some(MINE),
            names: STATE,
            values,
        };
        self.change(scope, change).await
    }

    /// Marks the chunk loaded and adds its rows to the upload's, in one transaction; of the refused
    /// ones those that the check did not count already. `share` is the object version of what the
    /// chunk leaves for the end of the load, `None` when it leaves nothing.
    ///
    /// [`StoreError::Moved`] when another worker took the chunk over.
    pub async fn complete_chunk(
        &self,
        scope: &TenantScope,
        upload: &UploadId,
        chunk: &Chunk,
        rows: &LoadedRows,
        share: Option<&str>,
    ) -> Result<(), StoreError> {
        let pk = keys::upload(scope, upload);
        let checked = u64::from(chunk.plan.refused_to - chunk.plan.refused_from);
        let done = Change {
            pk: pk.clone(),
            sk: &keys::chunk_sk(chunk.plan.number),
            update: "SET #state = :done, share_version = :share",
            condition: Some(MINE),
            names: STATE,
            values: vec![
                (":done", s("done")),
                (":share", s(share.unwrap_or_default())),
                (":todo", s("todo")),
                (":attempt", n(chunk.attempt)),
            ],
        };
        let mut adds = UpdateTerms::add();
        adds.put("chunks_done", n(1));
        adds.put("rows_new", n(rows.counts.new));
        adds.put("rows_changed", n(rows.counts.changed));
        adds.put("rows_unchanged", n(rows.counts.unchanged));
        adds.put("rows_removed", n(rows.counts.removed));
        adds.put("rows_recorded", n(rows.counts.recorded));
        adds.put("rows_review", n(rows.counts.review));
        adds.put("rows_conflict", n(rows.counts.conflict));
        adds.put("rows_waiting", n(rows.counts.waiting));
        adds.put("rows_answered", n(rows.counts.answered));
        let refused = rows.counts.refused.saturating_sub(checked);
        adds.put("rows_refused", n(refused));
        adds.put("removals_of_unknown", n(rows.removals_of_unknown));
        adds.value(":loading", s("loading"));
        let sums = Change {
            pk,
            sk: "UPLOAD",
            update: adds.update,
            condition: Some("#state = :loading"),
            names: STATE,
            values: adds.values,
        };
        let mut writes = vec![self.update_in(done)?, self.update_in(sums)?];
        if let Some(mismatches) = &rows.mismatches {
            writes.push(self.count_in(scope, mismatches)?);
        }
        let who = format!("{upload} {}", chunk.plan.number);
        self.transact_in_turn(scope, writes, &who).await
    }

    /// How far each chunk is, by number.
    pub async fn chunk_states(
        &self,
        scope: &TenantScope,
        upload: &UploadId,
    ) -> Result<Vec<(u32, ChunkState)>, StoreError> {
        let chunks = self.chunks(scope, upload).await?;
        let number = |(plan, state): (ChunkPlan, ChunkState)| (plan.number, state);
        Ok(chunks.into_iter().map(number).collect())
    }

    /// What each chunk covers and how far it is, by number.
    pub async fn chunks(
        &self,
        scope: &TenantScope,
        upload: &UploadId,
    ) -> Result<Vec<(ChunkPlan, ChunkState)>, StoreError> {
        let query = self
            .client(scope)
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :chunk)")
            .expression_attribute_values(":pk", s(keys::upload(scope, upload)))
            .expression_attribute_values(":chunk", s("CHUNK#"));
        let items = all(query).await?;
        let chunk = |map| Ok((plan(Item(map))?, state(Item(map))?));
        items.iter().map(chunk).collect()
    }
}

fn state(item: Item<'_>) -> Result<ChunkState, StoreError> {
    if item.text("state")? != "done" {
        return Ok(ChunkState::Todo {
            written: item.number("written")?,
        });
    }
    let share = item.text("share_version")?;
    Ok(ChunkState::Done {
        share: (!share.is_empty()).then(|| share.to_owned()),
    })
}

fn plan(item: Item<'_>) -> Result<ChunkPlan, StoreError> {
    Ok(ChunkPlan {
        number: item.number("number")?,
        from: item.number("from")?,
        to: item.number("to")?,
        first_row: item.number("first_row")?,
        first_line: item.number("first_line")?,
        rows: item.number("rows")?,
        refused_from: item.number("refused_from")?,
        refused_to: item.number("refused_to")?,
        rows_version: item.maybe_text("rows_version").map(str::to_owned),
    })
}

fn read(item: Item<'_>) -> Result<Chunk, StoreError> {
    Ok(Chunk {
        plan: plan(item)?,
        written: item.number("written")?,
        attempt: item.number("attempt")?,
    })
}
