//! Items of doses <-> what the rest of the project sees.

use std::sync::Arc;

use crypto::{KeyLabel, NoncePool, Place, ResidentTag, Sealer, TenantKeys};
use domain::{Date, DoseState, FindingCode, TenantScope, japan_date};
use jiff::Timestamp;

use super::{
    DoseRevision, Entry, Newcomer, Settlement, Source, WaitingDose, WaitingKey, content, entry,
};
use crate::{
    StoreError,
    bytes::{Reader, write_date},
    item::{Item, Map, b, n, s, time},
    keys::{SCHEMA, TABLE},
};

const DOSE: &str = "dose";
const ENTRY: &str = "entry";
const BIRTH: &str = "birth";
const MEANT: &str = "meant";
const SETTLED: &str = "settled_entry";
const EARLIER: &str = "earlier";

/// Seals what is written in one transaction, each part for its own place.
pub(super) struct Writer<'a> {
    scope: &'a TenantScope,
    sealer: Arc<Sealer>,
    nonces: &'a mut NoncePool,
}

/// Opens what stands in one partition.
#[derive(Clone, Copy)]
pub(super) struct Opener<'a> {
    pub(super) scope: &'a TenantScope,
    pub(super) keys: &'a TenantKeys,
}

fn place<'a>(scope: &'a str, pk: &'a str, sk: &'a str, attribute: &'a str) -> Place<'a> {
    Place {
        tenant: scope,
        table: TABLE,
        pk: pk.as_bytes(),
        sk: sk.as_bytes(),
        attribute,
        schema: SCHEMA,
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        scope: &'a TenantScope,
        keys: &TenantKeys,
        nonces: &'a mut NoncePool,
        now: Timestamp,
    ) -> Self {
        Self {
            scope,
            sealer: keys.sealer(KeyLabel::of_month(japan_date(now))),
            nonces,
        }
    }

    fn seal(&mut self, pk: &str, sk: &str, attribute: &str, plain: &[u8]) -> Vec<u8> {
        let code = self.scope.code();
        let place = place(code.as_str(), pk, sk, attribute);
        self.sealer.seal(self.nonces, &place, plain)
    }

    fn bare(pk: &str, sk: &str) -> Map {
        let mut item = Map::with_capacity(14);
        item.insert("pk".to_owned(), s(pk));
        item.insert("sk".to_owned(), s(sk));
        item.insert("v".to_owned(), n(SCHEMA));
        item
    }

    fn entry(&mut self, item: &mut Map, pk: &str, sk: &str, of: &Entry) {
        item.insert("act".to_owned(), s(of.act.as_str()));
        item.insert("at".to_owned(), time(of.at));
        item.insert("src".to_owned(), s(of.source.write()));
        let sealed = self.seal(pk, sk, ENTRY, &entry::write(&of.by, of.why.as_ref()));
        item.insert(ENTRY.to_owned(), b(&sealed));
    }

    /// A revision where it stands: under its number, or in the history.
    pub(super) fn revision(&mut self, pk: &str, sk: &str, of: &DoseRevision) -> Map {
        let mut item = Self::bare(pk, sk);
        item.insert("rev".to_owned(), n(of.revision));
        item.insert("state".to_owned(), s(of.state.as_str()));
        if of.locked {
            item.insert("locked".to_owned(), true_value());
        }
        let sealed = self.seal(pk, sk, DOSE, &content::write(&of.dose));
        item.insert(DOSE.to_owned(), b(&sealed));
        item.insert("rec".to_owned(), time(of.recorded_at));
        for (name, since) in [("rs", of.review_since), ("ls", of.locked_since)] {
            if let Some(since) = since {
                item.insert(name.to_owned(), time(since));
            }
        }
        put_findings(&mut item, &of.findings);
        self.entry(&mut item, pk, sk, &of.entry);
        item
    }

    pub(super) fn newcomer(&mut self, pk: &str, sk: &str, of: &Newcomer) -> Map {
        let mut item = Self::bare(pk, sk);
        let sealed = self.seal(pk, sk, DOSE, &content::write(&of.dose));
        item.insert(DOSE.to_owned(), b(&sealed));
        put_findings(&mut item, &of.findings);
        self.entry(&mut item, pk, sk, &of.entry);
        self.settlement(&mut item, pk, sk, of.settled.as_ref());
        if !of.earlier.is_empty() {
            let sealed = self.seal(pk, sk, EARLIER, &entry::write_all(&of.earlier));
            item.insert(EARLIER.to_owned(), b(&sealed));
        }
        item
    }

    pub(super) fn waiting(&mut self, pk: &str, sk: &str, of: &WaitingDose) -> Map {
        let mut item = Self::bare(pk, sk);
        let sealed = self.seal(pk, sk, DOSE, &content::write(&of.dose));
        item.insert(DOSE.to_owned(), b(&sealed));
        if let Some(birth_date) = of.birth_date {
            let mut plain = Vec::with_capacity(4);
            write_date(birth_date, &mut plain);
            let sealed = self.seal(pk, sk, BIRTH, &plain);
            item.insert(BIRTH.to_owned(), b(&sealed));
        }
        if let Some(meant) = of.meant {
            item.insert(MEANT.to_owned(), b(meant.as_bytes()));
        }
        if of.revision > 0 {
            item.insert("rev".to_owned(), n(of.revision));
        }
        put_findings(&mut item, &of.findings);
        self.entry(&mut item, pk, sk, &of.entry);
        self.settlement(&mut item, pk, sk, of.settled.as_ref());
        item
    }

    fn settlement(&mut self, item: &mut Map, pk: &str, sk: &str, of: Option<&Settlement>) {
        let Some(settlement) = of else {
            item.insert("open".to_owned(), true_value());
            return;
        };
        item.insert("settled".to_owned(), s(settlement.how.as_str()));
        item.insert("settled_at".to_owned(), time(settlement.at));
        if let Some(revision) = settlement.revision {
            item.insert("settled_rev".to_owned(), n(revision));
        }
        let who = entry::write(&settlement.by, settlement.why.as_ref());
        let sealed = self.seal(pk, sk, SETTLED, &who);
        item.insert(SETTLED.to_owned(), b(&sealed));
    }
}

fn true_value() -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::Bool(true)
}

fn put_findings(item: &mut Map, findings: &[FindingCode]) {
    if !findings.is_empty() {
        item.insert("find".to_owned(), s(write_findings(findings)));
    }
}

pub(super) fn write_findings(findings: &[FindingCode]) -> String {
    let words: Vec<_> = findings.iter().map(|code| code.as_str()).collect();
    words.join(" ")
}

pub(super) fn read_findings(text: Option<&str>) -> Result<Vec<FindingCode>, StoreError> {
    let words = text.unwrap_or_default().split_ascii_whitespace();
    words
        .map(|word| {
            word.parse()
                .map_err(|_| StoreError::Damaged { what: "finding" })
        })
        .collect()
}

impl Opener<'_> {
    fn open(
        self,
        item: Item<'_>,
        attribute: &'static str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let code = self.scope.code();
        let place = place(code.as_str(), item.text("pk")?, item.text("sk")?, attribute);
        self.keys
            .open(&place, sealed)
            .map_err(|_| StoreError::Damaged {
                what: "sealed dose",
            })
    }

    fn dose(self, item: Item<'_>) -> Result<domain::Dose, StoreError> {
        content::read(&self.open(item, DOSE, item.bytes(DOSE)?)?)
    }

    fn entry(self, item: Item<'_>) -> Result<Entry, StoreError> {
        let (by, why) = entry::read(&self.open(item, ENTRY, item.bytes(ENTRY)?)?)?;
        Ok(Entry {
            act: item.word("act")?,
            at: item.time("at")?,
            by,
            why,
            source: Source::parse(item.text("src")?)?,
        })
    }

    pub(super) fn revision(self, map: &Map) -> Result<DoseRevision, StoreError> {
        let item = Item(map);
        let state: Result<DoseState, _> = item.text("state")?.parse();
        Ok(DoseRevision {
            dose: self.dose(item)?,
            state: state.map_err(|_| StoreError::Damaged { what: "state" })?,
            locked: item.flag("locked"),
            revision: item.number("rev")?,
            findings: read_findings(item.maybe_text("find"))?,
            recorded_at: item.time("rec")?,
            review_since: item.maybe_time("rs")?,
            locked_since: item.maybe_time("ls")?,
            entry: self.entry(item)?,
        })
    }

    pub(super) fn newcomer(self, map: &Map) -> Result<Newcomer, StoreError> {
        let item = Item(map);
        let dose = self.dose(item)?;
        let earlier = item.maybe_bytes(EARLIER);
        let earlier = earlier.map(|sealed| entry::read_all(&self.open(item, EARLIER, sealed)?));
        Ok(Newcomer {
            id: super::content_id(self.keys, &dose),
            dose,
            findings: read_findings(item.maybe_text("find"))?,
            entry: self.entry(item)?,
            settled: self.settlement(item)?,
            earlier: earlier.transpose()?.unwrap_or_default(),
        })
    }

    pub(super) fn waiting(self, map: &Map) -> Result<WaitingDose, StoreError> {
        let item = Item(map);
        let dose = self.dose(item)?;
        let coupon = dose.coupon.ok_or(StoreError::Damaged { what: "coupon" })?;
        let birth = item.maybe_bytes(BIRTH);
        let birth = birth.map(|sealed| self.birth(item, sealed)).transpose()?;
        let meant = item.maybe_bytes(MEANT).map(|bytes| {
            let bytes = bytes.try_into();
            let bytes = bytes.map_err(|_| StoreError::Damaged { what: MEANT })?;
            Ok::<_, StoreError>(ResidentTag::from_bytes(bytes))
        });
        Ok(WaitingDose {
            key: WaitingKey {
                coupon: self.keys.coupon_tag(coupon),
                programme: dose.programme,
                number: dose.number,
                id: super::content_id(self.keys, &dose),
            },
            dose,
            revision: item.maybe_number("rev")?.unwrap_or(0),
            birth_date: birth,
            meant: meant.transpose()?,
            findings: read_findings(item.maybe_text("find"))?,
            entry: self.entry(item)?,
            settled: self.settlement(item)?,
        })
    }

    fn birth(self, item: Item<'_>, sealed: &[u8]) -> Result<Date, StoreError> {
        let plain = self.open(item, BIRTH, sealed)?;
        let date = Reader::new(&plain).date();
        date.map_err(|_| StoreError::Damaged { what: "birth date" })
    }

    fn settlement(self, item: Item<'_>) -> Result<Option<Settlement>, StoreError> {
        if item.flag("open") {
            return Ok(None);
        }
        let (by, why) = entry::read(&self.open(item, SETTLED, item.bytes(SETTLED)?)?)?;
        Ok(Some(Settlement {
            how: item.word("settled")?,
            at: item.time("settled_at")?,
            by,
            why,
            revision: item.maybe_number("settled_rev")?,
        }))
    }
}
