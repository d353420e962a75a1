//! The log of inquiries made and answered: appended to and never changed, numbered without gaps, each
//! entry with the hash of the one before. An entry is written in the transaction that does what it
//! says, so neither is ever there without the other.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use crypto::{ResidentTag, Sha256};
use domain::TenantScope;
use jiff::Timestamp;

use crate::{
    LogEvent, Store, StoreError,
    item::{Item, Map, as_stored, b, bytes, n, s, time},
    keys::{self, SCHEMA},
    many::MOST,
    page::{PageOf, each},
    transaction::Change,
};

pub(crate) const HEAD: &str = "HEAD";
/// Above every number of an entry, below `HEAD`.
const ABOVE_ALL: &str = ":";

/// An entry of a municipality's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// 1, 2, 3 … without gaps.
    pub seq: u64,
    /// When it was written; the beginning of 1970 where that cannot be read.
    pub at: Timestamp,
    /// What happened; [`LogEvent::Unknown`] if anything of the entry cannot be read.
    pub event: LogEvent,
    /// Hash of the entry before; zeros before the first, and where that cannot be read.
    pub before: [u8; 32],
    /// Hash of this entry, as it was stored; zeros where that cannot be read.
    pub hash: [u8; 32],
}

/// Where a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// Number of the next entry.
    pub next: u64,
    /// Hash of the last one; zeros before the first.
    pub last: [u8; 32],
}

impl LogHead {
    pub(crate) fn read(map: Option<&Map>) -> Result<Self, StoreError> {
        let Some(map) = map else {
            return Ok(Self {
                next: 1,
                last: [0; 32],
            });
        };
        let item = Item(map);
        Ok(Self {
            next: item.number("next")?,
            last: bytes(item.bytes("last")?)?,
        })
    }

    /// The entry that would come next.
    #[must_use]
    pub fn entry(&self, event: LogEvent, now: Timestamp) -> LogEntry {
        let mut entry = LogEntry {
            seq: self.next,
            at: as_stored(now),
            event,
            before: self.last,
            hash: [0; 32],
        };
        entry.hash = entry.computed_hash();
        entry
    }
}

impl LogEntry {
    /// SHA-256 over the hash before, the number, the time and every fact by name.
    #[must_use]
    pub fn computed_hash(&self) -> [u8; 32] {
        let seq = self.seq.to_be_bytes();
        let at = self.at.as_millisecond().to_be_bytes();
        let facts = self.event.facts();
        let mut parts: Vec<&[u8]> = vec![&self.before, &seq, &at];
        for (name, fact) in &facts {
            parts.push(name.as_bytes());
            parts.push(fact.as_bytes());
        }
        Sha256::of_parts(&parts)
    }

    /// Whether it tells, or may tell, where a protected person went. An answer that was changed since it was written
    /// may have been about one.
    #[must_use]
    pub fn may_tell_of_protected(&self) -> bool {
        let is_answer = matches!(self.event, LogEvent::Answered { .. });
        self.event.tells_of_protected() || (is_answer && self.hash != self.computed_hash())
    }

    pub(crate) fn to_item(&self, pk: String) -> Map {
        let facts = self.event.facts().into_iter();
        let facts = facts.map(|(name, fact)| (name.to_owned(), s(fact)));
        Map::from([
            ("pk".to_owned(), s(pk)),
            ("sk".to_owned(), s(keys::log_sk(self.seq))),
            ("v".to_owned(), n(SCHEMA)),
            ("at".to_owned(), time(self.at)),
            ("facts".to_owned(), AttributeValue::M(facts.collect())),
            ("before".to_owned(), b(&self.before)),
            ("hash".to_owned(), b(&self.hash)),
        ])
    }

    fn read(map: &Map) -> Result<Self, StoreError> {
        let item = Item(map);
        let damaged = |_| StoreError::Damaged { what: "log number" };
        let seq = item.text("sk")?.parse().map_err(damaged)?;
        let facts = item.texts("facts");
        let hash = |name| item.bytes(name).and_then(bytes);
        let parts = (item.time("at"), hash("before"), hash("hash"));
        Ok(match (LogEvent::read(&facts), parts) {
            (Some(event), (Ok(at), Ok(before), Ok(hash))) => Self {
                seq,
                at,
                event,
                before,
                hash,
            },
            // One that is spoilt must not hide all the others.
            (_, (at, before, hash)) => Self {
                seq,
                at: at.unwrap_or_default(),
                event: LogEvent::unknown(facts),
                before: before.unwrap_or_default(),
                hash: hash.unwrap_or_default(),
            },
        })
    }
}

impl Store {
    /// The writes that append an entry behind `head`; they hold only while it is the head.
    pub(crate) fn append_in(
        &self,
        scope: &TenantScope,
        head: &LogHead,
        entry: &LogEntry,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let values = vec![
            (":v", n(SCHEMA)),
            (":next", n(head.next + 1)),
            (":hash", b(&entry.hash)),
        ];
        let mut change = Change {
            pk: keys::log(scope),
            sk: HEAD,
            update: "SET v = :v, #next = :next, #last = :hash",
            condition: Some("attribute_not_exists(pk)"),
            names: &[("#next", "next"), ("#last", "last")],
            values,
        };
        if head.next > 1 {
            change.condition = Some("#next = :seq");
            change.values.push((":seq", n(head.next)));
        }
        Ok(vec![
            self.update_in(change)?,
            self.put_new_in(entry.to_item(keys::log(scope)))?,
        ])
    }

    /// The municipality's log, newest first.
    pub async fn log_page(
        &self,
        scope: &TenantScope,
        limit: u32,
        after: Option<String>,
    ) -> Result<PageOf<LogEntry>, StoreError> {
        let after = after.filter(|after| after.as_str() < ABOVE_ALL);
        let after = after.unwrap_or_else(|| ABOVE_ALL.to_owned());
        let page = self.newest_first(scope, keys::log(scope), limit, Some(after));
        page.await?.map(LogEntry::read)
    }

    /// Where the municipality's log ends.
    pub async fn log_head(&self, scope: &TenantScope) -> Result<LogHead, StoreError> {
        LogHead::read(self.get(scope, keys::log(scope), HEAD).await?.as_ref())
    }

    /// The copies of these entries, by their numbers, for the residents whom they name, as far as they are there.
    pub async fn copies_of(
        &self,
        scope: &TenantScope,
        entries: &[LogEntry],
    ) -> Result<BTreeMap<u64, LogEntry>, StoreError> {
        let wanted = entries.iter().filter_map(|entry| {
            let resident = entry.event.resident()?;
            Some((keys::asked_about(scope, &resident), keys::log_sk(entry.seq)))
        });
        let wanted: Vec<_> = wanted.collect();
        let mut copies = BTreeMap::new();
        for some in wanted.chunks(MOST) {
            for map in self.get_many(scope, some).await? {
                let copy = LogEntry::read(&map)?;
                copies.insert(copy.seq, copy);
            }
        }
        Ok(copies)
    }

    /// Who asked about a resident, newest first: copies of the log's entries.
    pub async fn inquiries_about(
        &self,
        scope: &TenantScope,
        resident: &ResidentTag,
        limit: u32,
        after: Option<String>,
    ) -> Result<PageOf<LogEntry>, StoreError> {
        let page = self.newest_first(scope, keys::asked_about(scope, resident), limit, after);
        page.await?.map(LogEntry::read)
    }

    /// All of them, oldest first.
    pub(crate) async fn every_inquiry_about(
        &self,
        scope: &TenantScope,
        resident: &ResidentTag,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let query = self.client(scope).query().table_name(&self.table);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(keys::asked_about(scope, resident)));
        each(query, LogEntry::read).await
    }
}
