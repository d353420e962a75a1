//! Writing what changed: batches of new residents and shifts of known ones, several in flight,
//! never beyond the lease.

use std::collections::HashMap;

use crypto::Tag;
use domain::Lease;
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use jiff::civil::Date;
use manifest::{Entry, Presence, ShortTags};
use store::{RegisterWriter, SlotContent, Status, StoreError, write_profile};

use crate::{
    LoadChunk, LoadError,
    chunk::{Source, Work},
    compare::{Changed, Outcome},
};

/// Requests under way at once; DynamoDB answers in some milliseconds, so this keeps a core busy.
const IN_FLIGHT: usize = 32;
/// After how many rows the clock is looked at.
const LOOK_EVERY: usize = 64;

type Flight<'a> = FuturesUnordered<BoxFuture<'a, Result<(), StoreError>>>;

/// A row ready to be written.
struct Content {
    bytes: Vec<u8>,
    profile: usize,
    coupon: Option<Tag>,
    birth: Tag,
}

impl LoadChunk {
    /// Writes the rows that are not written yet, and returns the chunk's share of the manifest.
    pub(crate) async fn write(
        &self,
        work: &mut Work<'_>,
        source: &Source,
        changed: &[Changed],
    ) -> Result<Vec<Entry>, LoadError> {
        let mut writer =
            RegisterWriter::new(&self.store, work.scope, &work.keys, source.generation);
        let mut flight = Flight::new();
        let mut births = HashMap::new();
        let mut share = Vec::with_capacity(changed.len());
        let written_before = work.chunk.written as usize;
        for (number, row) in changed.iter().enumerate() {
            let outcome = row.outcome();
            if outcome == Outcome::Unchanged {
                continue;
            }
            let content = content(work, source, row, &mut births)?;
            let entry = entry(row, &content);
            share.push(entry);
            if number < written_before {
                continue;
            }
            if number % LOOK_EVERY == 0 {
                self.look_at_lease(work, &mut writer, &mut flight, number)
                    .await?;
            }
            self.send_row(&mut writer, &mut flight, source, row, &entry, &content)
                .await?;
        }
        self.land(&mut writer, &mut flight).await?;
        Ok(share)
    }

    async fn send_row<'a>(
        &'a self,
        writer: &mut RegisterWriter,
        flight: &mut Flight<'a>,
        source: &Source,
        row: &Changed,
        entry: &Entry,
        content: &Content,
    ) -> Result<(), LoadError> {
        let (profile, my_number) = content.bytes.split_at(content.profile);
        let slot = SlotContent {
            tag: &row.tag,
            fingerprint: &row.row.fingerprint,
            profile,
            my_number,
            status: match entry.presence {
                Presence::Registered => Status::Registered,
                Presence::Removed => Status::Removed,
            },
        };
        let known = row.before.map(|(_, hints)| hints);
        if known.is_none() {
            writer.add_new(&slot);
        } else {
            let shift = writer.shift(&slot);
            take_off(
                flight,
                self.store.put_shift(shift, source.generation).boxed(),
            )
            .await?;
        }
        if let Some(coupon) = &content.coupon
            && known.is_none_or(|hints| hints.coupon != entry.hints.coupon)
        {
            writer.add_coupon_hint(coupon, &row.tag);
        }
        if known.is_none_or(|hints| hints.birth != entry.hints.birth) {
            writer.add_birth_hint(&content.birth, &row.tag);
        }
        while let Some(batch) = writer.next_full() {
            take_off(flight, self.store.put_batch(batch).boxed()).await?;
        }
        Ok(())
    }

    /// Renews the lease when it runs low, noting what is written; stops when it cannot be renewed.
    async fn look_at_lease<'a>(
        &'a self,
        work: &mut Work<'_>,
        writer: &mut RegisterWriter,
        flight: &mut Flight<'a>,
        written: usize,
    ) -> Result<(), LoadError> {
        let now = self.clock.now();
        let renewal = work.lease.renewal(now);
        if renewal.is_none() && work.lease.covers_a_request(now) {
            return Ok(());
        }
        self.land(writer, flight).await?;
        let written = u32::try_from(written).unwrap_or(u32::MAX);
        if let Some(renewal) = renewal.filter(|lease| lease.covers_a_request(now)) {
            self.note(work, written, renewal).await?;
            return Ok(());
        }
        // The invocation is near its end: give the lease back, so that the next one need not wait.
        self.note(work, written, Lease::new(now, now)).await?;
        Err(LoadError::OutOfTime)
    }

    async fn note(&self, work: &mut Work<'_>, written: u32, lease: Lease) -> Result<(), LoadError> {
        let (id, until) = (&work.upload.id, lease.until());
        self.store
            .note_written(work.scope, id, &work.chunk, written, until)
            .await?;
        work.lease = lease;
        Ok(())
    }

    /// Sends what is left in the writer and waits until nothing is in flight.
    async fn land<'a>(
        &'a self,
        writer: &mut RegisterWriter,
        flight: &mut Flight<'a>,
    ) -> Result<(), LoadError> {
        if let Some(batch) = writer.flush() {
            take_off(flight, self.store.put_batch(batch).boxed()).await?;
        }
        while let Some(landed) = flight.next().await {
            landed?;
        }
        Ok(())
    }
}

/// Puts a request in flight, first waiting for one to land if there are enough.
async fn take_off<'a>(
    flight: &mut Flight<'a>,
    request: BoxFuture<'a, Result<(), StoreError>>,
) -> Result<(), LoadError> {
    if flight.len() >= IN_FLIGHT
        && let Some(landed) = flight.next().await
    {
        landed?;
    }
    flight.push(request);
    Ok(())
}

fn content(
    work: &Work<'_>,
    source: &Source,
    row: &Changed,
    births: &mut HashMap<Date, Tag>,
) -> Result<Content, LoadError> {
    source.with_row(&row.row, |checked| {
        let mut bytes = Vec::with_capacity(256);
        let profile = write_profile(checked, &mut bytes);
        let birth = births.entry(checked.birth_date);
        Content {
            bytes,
            profile,
            coupon: checked.coupon.map(|coupon| work.keys.coupon_tag(coupon)),
            birth: *birth.or_insert_with(|| work.keys.birth_tag(checked.birth_date)),
        }
    })
}

fn entry(row: &Changed, content: &Content) -> Entry {
    Entry {
        tag: row.tag,
        fingerprint: row.row.fingerprint,
        hints: ShortTags::of(content.coupon.as_ref(), &content.birth),
        presence: if row.row.removes {
            Presence::Removed
        } else {
            Presence::Registered
        },
    }
}
