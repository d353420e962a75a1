//! A holder's own decision about inquiries that it had held back.

use std::collections::BTreeSet;

use crypto::ResidentTag;
use domain::{InquiryId, StaffTag, TenantCode, TenantScope};
use jiff::{SignedDuration, Timestamp};

use crate::{
    HolderOutcome, LogEntry, LogEvent, LogHead, Store, StoreError,
    inquiry::log::HEAD,
    item::{Item, Map, n, s, time},
    keys::{self, SCHEMA},
    turn::{TRIES, pause},
};

/// How long the asker may be answered: as long as a basis may hold.
const HOLDS: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Who asked longer ago has nothing left to ask on: as long as a basis may hold, and a day for clocks that differ.
const MAY_ASK: SignedDuration = SignedDuration::from_hours(15 * 24);
/// Entries about one resident that are read at once, newest first.
const PAGE: u32 = 200;

/// What became of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Releasing {
    /// The asker may be answered about the resident until then.
    Until(Timestamp),
    /// No inquiry with this id was held back about this resident.
    NotHeld,
}

impl Store {
    /// Lets the asker of an inquiry that was held back be answered about the resident, when it asks again on
    /// a new basis. Written with the entry in the log that says who decided; again, it holds from then on.
    pub async fn release(
        &self,
        scope: &TenantScope,
        resident: &ResidentTag,
        inquiry: &InquiryId,
        by: StaffTag,
        now: Timestamp,
    ) -> Result<Releasing, StoreError> {
        let held = self
            .held_back(scope, resident, inquiry, now - MAY_ASK)
            .await?;
        // Two askers under one name: nobody could say whom the decision is about.
        let (Some(asker), 1) = (held.first().copied(), held.len()) else {
            return Ok(Releasing::NotHeld);
        };
        let until = now + HOLDS;
        let released = Map::from([
            ("pk".to_owned(), s(keys::released(scope, resident))),
            ("sk".to_owned(), s(asker.as_str())),
            ("v".to_owned(), n(SCHEMA)),
            ("until".to_owned(), time(until)),
            ("ttl".to_owned(), n(until.as_second())),
        ]);
        let event = LogEvent::Released {
            inquiry: *inquiry,
            asker,
            resident: *resident,
            by,
        };
        for attempt in 0..TRIES {
            pause(inquiry, attempt).await;
            let head = self.get(scope, keys::log(scope), HEAD).await?;
            let head = LogHead::read(head.as_ref())?;
            let entry = head.entry(event.clone(), now);
            let mut writes = vec![self.put_in(released.clone())?];
            writes.extend(self.append_in(scope, &head, &entry)?);
            let copy = entry.to_item(keys::asked_about(scope, resident));
            writes.push(self.put_new_in(copy)?);
            if self.transacted(scope, writes).await? {
                return Ok(Releasing::Until(until));
            }
        }
        Err(StoreError::Moved)
    }

    /// The municipalities whose inquiry of this name was held back, by all entries about the resident since then.
    async fn held_back(
        &self,
        scope: &TenantScope,
        resident: &ResidentTag,
        inquiry: &InquiryId,
        since: Timestamp,
    ) -> Result<BTreeSet<TenantCode>, StoreError> {
        let mut held = BTreeSet::new();
        let mut after = None;
        loop {
            let page = self.inquiries_about(scope, resident, PAGE, after).await?;
            // Of what cannot be read, nothing is known of when it was.
            let read = |entry: &&LogEntry| !matches!(entry.event, LogEvent::Unknown { .. });
            let oldest = page.items.iter().rfind(read).map(|entry| entry.at);
            held.extend(page.items.iter().filter_map(|entry| match entry.event {
                LogEvent::Answered {
                    inquiry: of,
                    asker,
                    outcome: HolderOutcome::Held,
                    ..
                } if of == *inquiry => Some(asker),
                _ => None,
            }));
            after = page.next;
            if after.is_none() || oldest.is_some_and(|oldest| oldest < since) {
                return Ok(held);
            }
        }
    }

    /// Whether an asker may be answered about a resident although inquiries about them are held back.
    pub async fn is_released(
        &self,
        scope: &TenantScope,
        resident: &ResidentTag,
        asker: TenantCode,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let pk = keys::released(scope, resident);
        let released = self.get(scope, pk, asker.as_str()).await?;
        let until = released.map(|item| Item(&item).time("until")).transpose()?;
        Ok(until.is_some_and(|until| now < until))
    }
}
