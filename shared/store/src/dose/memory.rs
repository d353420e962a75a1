//! What became of a request, for callers who send it again because they saw no answer.

use crypto::{Fingerprint, Sha256, TenantKeys};
use data_encoding::BASE64URL_NOPAD;
use domain::{FindingCode, TenantScope, words};
use jiff::{SignedDuration, Timestamp};

use super::{
    DoseId,
    item::{read_findings, write_findings},
};
use crate::{
    Store, StoreError,
    item::{Item, Map, b, n, s},
    keys::{self, SCHEMA},
};

pub(super) const MEMORY_SK: &str = "IDEMPOTENCY";
/// A caller may come back within this time.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A request that is to be done once: the key its caller gave it, and what it asked for.
#[derive(Debug, Clone, Copy)]
pub struct Once {
    key: [u8; 32],
    body: Fingerprint,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// What was done.
    pub kind: RememberedKind,
    /// With which dose.
    pub id: DoseId,
    /// Its revision then; 0 for what has none.
    pub revision: u32,
    /// Doubts about it.
    pub findings: Vec<FindingCode>,
}

/// What was done at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RememberedKind {
    /// The dose came into force.
    Recorded,
    /// It said what was there already.
    Unchanged,
    /// It is kept until somebody has looked at its doubts.
    Review,
    /// It stands in the queue beside what has its number.
    Conflict,
    /// It waits for its person.
    Waiting,
}

impl Once {
    /// From the key that a caller (by their subject) gave to a request, and the request's body. The body
    /// is kept as a keyed hash only.
    #[must_use]
    pub fn new(keys: &TenantKeys, subject: &str, key: &str, body: &[u8]) -> Self {
        Self {
            key: Sha256::of_parts(&[subject.as_bytes(), key.as_bytes()]),
            body: keys.fingerprint(body),
        }
    }

    pub(super) fn pk(&self, scope: &TenantScope) -> String {
        keys::memory(scope, &BASE64URL_NOPAD.encode(&self.key))
    }
}

words!(RememberedKind {
    Recorded = "recorded",
    Unchanged = "unchanged",
    Review = "review",
    Conflict = "conflict",
    Waiting = "waiting",
});

pub(super) fn item(scope: &TenantScope, once: &Once, outcome: &Remembered, now: Timestamp) -> Map {
    let ttl = now.saturating_add(REMEMBERED_FOR).unwrap_or(now);
    let mut item = Map::from([
        ("pk".to_owned(), s(once.pk(scope))),
        ("sk".to_owned(), s(MEMORY_SK)),
        ("v".to_owned(), n(SCHEMA)),
        ("body".to_owned(), b(once.body.as_bytes())),
        ("kind".to_owned(), s(outcome.kind.as_str())),
        ("id".to_owned(), s(outcome.id.to_string())),
        ("rev".to_owned(), n(outcome.revision)),
        ("ttl".to_owned(), n(ttl.as_second())),
    ]);
    if !outcome.findings.is_empty() {
        item.insert("find".to_owned(), s(write_findings(&outcome.findings)));
    }
    item
}

/// What is remembered under a key: `None` when its request had another body.
pub(super) fn read(once: &Once, map: &Map) -> Result<Option<Remembered>, StoreError> {
    let item = Item(map);
    if item.bytes("body")? != once.body.as_bytes() {
        return Ok(None);
    }
    Ok(Some(Remembered {
        kind: item.word("kind")?,
        id: item.word("id")?,
        revision: item.number("rev")?,
        findings: read_findings(item.maybe_text("find"))?,
    }))
}

impl Store {
    /// Remembers what became of a request at which nothing was written. One that is remembered
    /// already stays as it is: [`StoreError::Moved`].
    pub async fn remember(
        &self,
        scope: &TenantScope,
        once: &Once,
        outcome: &Remembered,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.put_new(scope, item(scope, once, outcome, now)).await
    }
}
