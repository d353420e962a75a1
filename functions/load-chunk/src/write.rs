//! Writing what changed: batches of new residents and shifts of known ones, several in flight,
//! never beyond the lease.

use std::{collections::HashMap, sync::Arc};

use chunks::Unfinished;
use crypto::{Fingerprint, Tag, TenantKeys};
use domain::{Generation, Lease, Movement, ResidentRow, TenantScope};
use futures::{
    FutureExt as _, StreamExt as _, TryFutureExt as _, future::BoxFuture, stream::FuturesUnordered,
};
use jiff::civil::Date;
use layouts::residents;
use manifest::{Entry, Presence, ShortTags};
use store::{RegisterWriter, SlotContent, Status, StoreError, Taken, write_profile};

use crate::{
    LoadChunk, LoadError,
    chunk::{Outcomes, Source, Work},
    compare::{Changed, Outcome},
};

/// Requests under way at once, at most; DynamoDB answers in some milliseconds, so this keeps a core busy.
const IN_FLIGHT: usize = 32;

/// How many requests may be under way at once. It is halved after each request that was more than the table takes, and
/// raised by one after each that was not, so that loads at the same time share what the table takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window(usize);

/// A row ready to be written.
struct Content {
    bytes: Vec<u8>,
    fingerprint: Fingerprint,
    profile: usize,
    removes: bool,
    protected: bool,
    coupon: Option<Tag>,
    birth: Tag,
}

/// The reading of a chunk's changed rows, in the order of the file.
struct Reading<'a> {
    records: residents::Rows<'a>,
    keys: &'a TenantKeys,
    births: HashMap<Date, Tag>,
}

/// What a chunk leaves for the next manifest, and what was done about its rows.
struct Share {
    entries: Vec<Entry>,
    outcomes: Outcomes,
}

/// The writing of one chunk.
struct Writing<'a> {
    function: &'a LoadChunk,
    scope: &'a TenantScope,
    lease: Lease,
    generation: Generation,
    writer: RegisterWriter,
    flight: FuturesUnordered<BoxFuture<'a, Result<Taken, StoreError>>>,
    window: Window,
}

impl LoadChunk {
    /// Writes the rows that are not written yet, and returns the chunk's share of the manifest
    /// and what was done.
    pub(crate) async fn write(
        &self,
        work: &mut Work<'_>,
        source: &Source<'_>,
        changed: &[Changed],
    ) -> Result<(Vec<Entry>, Outcomes), LoadError> {
        let keys = Arc::clone(&work.keys);
        let generation = source.generation;
        let mut writing = Writing {
            function: self,
            scope: work.scope,
            lease: work.lease,
            generation,
            writer: RegisterWriter::new(&self.store, work.scope, &keys, generation),
            flight: FuturesUnordered::new(),
            window: Window(IN_FLIGHT),
        };
        let mut reading = Reading {
            records: source.records(&work.chunk.plan),
            keys: &keys,
            births: HashMap::new(),
        };
        let mut share = Share {
            entries: Vec::with_capacity(changed.len()),
            outcomes: Outcomes::default(),
        };
        let written = writing.rows(work, &mut reading, changed, &mut share).await;
        // In any case: when the caller goes on, or gives the chunk up, nothing is in flight.
        writing.land().await?;
        written?;
        work.lease = writing.lease;
        Ok((share.entries, share.outcomes))
    }
}

impl Writing<'_> {
    async fn rows(
        &mut self,
        work: &Work<'_>,
        reading: &mut Reading<'_>,
        changed: &[Changed],
        share: &mut Share,
    ) -> Result<(), LoadError> {
        for (number, row) in changed.iter().enumerate() {
            if row.is_in_force {
                continue;
            }
            let content = reading.content(row)?;
            let outcome = row.outcome(content.removes);
            share.outcomes.count(outcome);
            if outcome == Outcome::Unchanged {
                continue;
            }
            let entry = entry(row, &content);
            share.entries.push(entry);
            if number >= work.chunk.written as usize {
                self.keep_lease(work, number).await?;
                self.row(row, &entry, &content).await?;
            }
        }
        Ok(())
    }

    async fn row(
        &mut self,
        row: &Changed,
        entry: &Entry,
        content: &Content,
    ) -> Result<(), LoadError> {
        let (profile, my_number) = content.bytes.split_at(content.profile);
        let slot = SlotContent {
            tag: &row.tag,
            fingerprint: &content.fingerprint,
            profile,
            my_number,
            status: match entry.presence {
                Presence::Registered => Status::Registered,
                Presence::Removed => Status::Removed,
            },
        };
        let known = row.before.map(|it| it.hints);
        if known.is_none() {
            self.writer.add_new(&slot);
        } else {
            let shift = self.writer.shift(&slot);
            let sent = self
                .function
                .store
                .put_shift(self.scope, shift, self.generation);
            let sent = sent.map_ok(|()| Taken::AtOnce);
            self.take_off(sent.boxed()).await?;
        }
        if let Some(coupon) = &content.coupon
            && known.is_none_or(|hints| hints.coupon != entry.hints.coupon)
        {
            self.writer.add_coupon_hint(coupon, &row.tag);
        }
        if known.is_none_or(|hints| hints.birth != entry.hints.birth) {
            self.writer.add_birth_hint(&content.birth, &row.tag);
        }
        if content.protected {
            self.writer.add_protected(&row.tag);
        }
        while let Some(batch) = self.writer.next_full() {
            self.take_off(self.function.store.put_batch(self.scope, batch).boxed())
                .await?;
        }
        Ok(())
    }

    /// Renews the lease when it runs low, noting how many rows are written; stops in good time
    /// when it cannot be renewed.
    async fn keep_lease(&mut self, work: &Work<'_>, written: usize) -> Result<(), LoadError> {
        if let Some(next) = self.lease.next(self.function.clock.now()) {
            self.land().await?;
            let written = u32::try_from(written).unwrap_or(u32::MAX);
            let chunks = self.function.chunks(work.scope, work.upload.id);
            self.lease = chunks.note::<LoadError>(&work.chunk, next, written).await?;
        }
        Ok(())
    }

    /// Sends what is left in the writer and waits until nothing is in flight, whatever fails of it.
    async fn land(&mut self) -> Result<(), LoadError> {
        let mut all = Ok(());
        if let Some(batch) = self.writer.flush() {
            let sent = self.function.store.put_batch(self.scope, batch);
            all = self.take_off(sent.boxed()).await;
        }
        while let Some(landed) = self.flight.next().await {
            all = all.and(self.window.heard(landed));
        }
        all
    }
}

impl<'a> Writing<'a> {
    /// Puts a request in flight, first waiting for some to land if there are enough. Nothing is
    /// sent that the lease does not cover to its end.
    async fn take_off(
        &mut self,
        request: BoxFuture<'a, Result<Taken, StoreError>>,
    ) -> Result<(), LoadError> {
        while self.flight.len() >= self.window.0
            && let Some(landed) = self.flight.next().await
        {
            self.window.heard(landed)?;
        }
        if !self.lease.covers_a_request(self.function.clock.now()) {
            return Err(Unfinished::OutOfTime.into());
        }
        self.flight.push(request);
        Ok(())
    }
}

impl Window {
    fn heard(&mut self, landed: Result<Taken, StoreError>) -> Result<(), LoadError> {
        self.0 = match landed? {
            Taken::AtOnce => IN_FLIGHT.min(self.0 + 1),
            Taken::InParts => (self.0 / 2).max(1),
        };
        Ok(())
    }
}

impl Reading<'_> {
    /// What is to be written of a row: what it says, and where it says nothing what is in force.
    fn content(&mut self, row: &Changed) -> Result<Content, LoadError> {
        let keys = self.keys;
        let mut bytes = Vec::with_capacity(256);
        let (checked, mut profile) = read_again(&mut self.records, keys, row, &mut bytes)?;
        let mut fingerprint = row.fingerprint;
        let completed = row.kept.complete(checked);
        if completed != checked {
            fingerprint = row.kept.noted(checked).fingerprint(keys, &mut bytes);
            bytes.clear();
            profile = write_profile(&completed, &mut bytes);
        }
        let birth = self.births.entry(checked.birth_date);
        Ok(Content {
            bytes,
            fingerprint,
            profile,
            removes: checked.movement == Movement::Remove,
            protected: completed.protected == Some(true),
            coupon: completed.coupon.map(|coupon| keys.coupon_tag(coupon)),
            birth: *birth.or_insert_with(|| keys.birth_tag(checked.birth_date)),
        })
    }
}

/// Reads a row again, and writes its profile to the empty `bytes`; it must say what it said when it was
/// checked.
pub(crate) fn read_again<'r>(
    records: &'r mut residents::Rows<'_>,
    keys: &TenantKeys,
    row: &Changed,
    bytes: &mut Vec<u8>,
) -> Result<(ResidentRow<'r>, usize), LoadError> {
    let differs = LoadError::NotAsChecked { what: "a row" };
    let Ok(Some(record)) = records.find(row.index) else {
        return Err(differs);
    };
    let Ok(checked) = record.row else {
        return Err(differs);
    };
    let profile = write_profile(&checked, bytes);
    if keys.fingerprint(bytes) != row.fingerprint {
        return Err(differs);
    }
    Ok((checked, profile))
}

fn entry(row: &Changed, content: &Content) -> Entry {
    Entry {
        tag: row.tag,
        fingerprint: content.fingerprint,
        hints: ShortTags::of(content.coupon.as_ref(), &content.birth),
        presence: if content.removes {
            Presence::Removed
        } else {
            Presence::Registered
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_requests_are_under_way_while_the_table_takes_less() {
        let mut window = Window(IN_FLIGHT);
        let mut widths = |taken, times: usize| {
            let mut width = || {
                window.heard(Ok(taken)).unwrap();
                window.0
            };
            (0..times).map(|_| width()).collect::<Vec<_>>()
        };
        assert_eq!(widths(Taken::AtOnce, 2), [32, 32]);
        assert_eq!(widths(Taken::InParts, 6), [16, 8, 4, 2, 1, 1]);
        assert_eq!(widths(Taken::AtOnce, 3), [2, 3, 4]);
        assert_eq!(widths(Taken::AtOnce, 40).last(), Some(&IN_FLIGHT));
    }
}
