//! The lists staff work through, the counts beside them, and whose doses changed on a day.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use crypto::{ResidentTag, Tag, TenantKeys};
use domain::{Date, DoseState, TenantScope, words};

use super::{DoseId, DoseRevision, Newcomer, WaitingDose, item::Opener, waiting};
use crate::{
    Store, StoreError,
    item::{Item, Map, s},
    keys,
};

/// Counters are spread over this many items, so that many doses can be counted at once.
const SHARDS: u8 = 64;

/// A list for staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoseList {
    /// Doses to be looked at before they come into force.
    Review,
    /// Newcomers for a number that something else has.
    Conflict,
    /// Doses whose coupon belongs to nobody in the register.
    Waiting,
    /// Locked doses.
    Locked,
}

/// How many there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DoseCounts {
    /// Doses in force.
    pub recorded: i64,
    /// Doses to be looked at.
    pub review: i64,
    /// Numbers whose dose was taken back.
    pub cancelled: i64,
    /// Newcomers in the queue.
    pub conflict: i64,
    /// Doses that wait for their person.
    pub waiting: i64,
    /// Locked doses; they are counted by their state as well.
    pub locked: i64,
}

/// One entry of a list.
#[derive(Debug, Clone)]
pub enum Listed {
    /// A doubtful or locked dose.
    Dose(ResidentTag, Box<DoseRevision>),
    /// A newcomer.
    Newcomer(ResidentTag, Box<Newcomer>),
    /// A waiting dose.
    Waiting(Box<WaitingDose>),
}

/// A part of a list, oldest first.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// What stands in it.
    pub entries: Vec<Listed>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<String>,
}

/// A part of those whose doses changed on a day.
#[derive(Debug, Clone)]
pub struct TouchedPage {
    /// Who, in the order of the tags.
    pub residents: Vec<ResidentTag>,
    /// Where it goes on; `None` at the end.
    pub next: Option<String>,
}

words!(DoseList {
    Review = "review",
    Conflict = "conflict",
    Waiting = "waiting",
    Locked = "locked",
});

impl DoseCounts {
    /// The item that counts a person's doses. Changes of people of one item that are made at the same
    /// time get in each other's way.
    #[must_use]
    pub fn item_of(resident: &ResidentTag) -> u8 {
        shard(resident.as_bytes())
    }

    /// Name and number of each count.
    #[must_use]
    pub const fn parts(&self) -> [(&'static str, i64); 6] {
        [
            ("recorded", self.recorded),
            ("review", self.review),
            ("cancelled", self.cancelled),
            ("conflict", self.conflict),
            ("waiting", self.waiting),
            ("locked", self.locked),
        ]
    }

    /// Counts a dose in, or out by −1.
    pub fn add_dose(&mut self, dose: &DoseRevision, by: i64) {
        match dose.state {
            DoseState::Recorded => self.recorded += by,
            DoseState::Review => self.review += by,
            DoseState::Cancelled => self.cancelled += by,
        }
        if dose.locked {
            self.locked += by;
        }
    }

    fn add_item(&mut self, item: Item<'_>) -> Result<(), StoreError> {
        let of = |name| Ok::<i64, StoreError>(item.maybe_number(name)?.unwrap_or(0));
        self.recorded += of("recorded")?;
        self.review += of("review")?;
        self.cancelled += of("cancelled")?;
        self.conflict += of("conflict")?;
        self.waiting += of("waiting")?;
        self.locked += of("locked")?;
        Ok(())
    }
}

/// The item that counts what belongs to a tag: tags are evenly spread.
pub(super) fn shard(tag: &[u8; 16]) -> u8 {
    tag.first().copied().unwrap_or(0) % SHARDS
}

impl Store {
    /// Counts of all doses of a municipality.
    pub async fn dose_counts(&self, scope: &TenantScope) -> Result<DoseCounts, StoreError> {
        let mut counts = DoseCounts::default();
        let answer = self
            .client(scope)
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(keys::dose_counts(scope)))
            .consistent_read(true)
            .send()
            .await?;
        for map in answer.items() {
            counts.add_item(Item(map))?;
        }
        Ok(counts)
    }

    /// A part of a list, oldest first, after `after` (the `next` of the part before). What left the list
    /// while it was read is not in it.
    pub async fn dose_list(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        list: DoseList,
        limit: u32,
        after: Option<&str>,
    ) -> Result<ListPage, StoreError> {
        let pk = keys::dose_list(scope, list);
        let (ids, next) = self.sort_keys(scope, pk, limit, after).await?;
        let mut wanted = Vec::with_capacity(ids.len());
        for sk in &ids {
            wanted.push((sk.as_str(), place(scope, id_of(sk)?)));
        }
        let places: Vec<_> = wanted.iter().map(|(_, place)| place.clone()).collect();
        let items = self.get_many(scope, &places).await?;
        let opener = Opener { scope, keys };
        let mut entries = Vec::with_capacity(items.len());
        for (sk, (pk, item_sk)) in &wanted {
            let stands = items.iter().find(|map| {
                let item = Item(map);
                item.maybe_text("pk") == Some(pk) && item.maybe_text("sk") == Some(item_sk)
            });
            if let Some(map) = stands
                && let Some(entry) = entry(opener, list, id_of(sk)?, map)?
            {
                entries.push(entry);
            }
        }
        Ok(ListPage { entries, next })
    }

    /// The coupons for which a part of the waiting list waits, after `after`, and where the list goes on. Nothing that
    /// waits is opened, so one that does not open keeps nobody from the others.
    pub async fn waiting_coupons(
        &self,
        scope: &TenantScope,
        limit: u32,
        after: Option<&str>,
    ) -> Result<(BTreeSet<Tag>, Option<String>), StoreError> {
        let pk = keys::dose_list(scope, DoseList::Waiting);
        let (ids, next) = self.sort_keys(scope, pk, limit, after).await?;
        let mut coupons = BTreeSet::new();
        for sk in &ids {
            if let DoseId::Waiting(key) = id_of(sk)? {
                coupons.insert(key.coupon);
            }
        }
        Ok((coupons, next))
    }

    /// Those whose doses changed on a day in Japan, after `after` (the `next` of the part before). All
    /// days together name everybody with doses.
    pub async fn touched(
        &self,
        scope: &TenantScope,
        day: Date,
        limit: u32,
        after: Option<&str>,
    ) -> Result<TouchedPage, StoreError> {
        let pk = keys::touched(scope, day);
        let (tags, next) = self.sort_keys(scope, pk, limit, after).await?;
        let tags = tags.iter().map(|tag| {
            ResidentTag::parse(tag).map_err(|_| StoreError::Damaged { what: "touched" })
        });
        Ok(TouchedPage {
            residents: tags.collect::<Result<_, _>>()?,
            next,
        })
    }

    async fn sort_keys(
        &self,
        scope: &TenantScope,
        pk: String,
        limit: u32,
        after: Option<&str>,
    ) -> Result<(Vec<String>, Option<String>), StoreError> {
        let mut query = self
            .client(scope)
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(&pk))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .consistent_read(true);
        if let Some(after) = after {
            query = query
                .exclusive_start_key("pk", s(&pk))
                .exclusive_start_key("sk", s(after));
        }
        let answer = query.send().await?;
        let mut found = Vec::with_capacity(answer.items().len());
        for map in answer.items() {
            found.push(Item(map).text("sk")?.to_owned());
        }
        let next = answer
            .last_evaluated_key()
            .and_then(|key| key.get("sk"))
            .and_then(|sk: &AttributeValue| sk.as_s().ok().cloned());
        Ok((found, next))
    }
}

fn id_of(sk: &str) -> Result<DoseId, StoreError> {
    let id = sk.split_once('#').map(|(_, id)| id.parse());
    id.and_then(Result::ok)
        .ok_or(StoreError::Damaged { what: "list" })
}

fn place(scope: &TenantScope, id: DoseId) -> (String, String) {
    match id {
        DoseId::Dose(key) => (keys::resident(scope, &key.resident), keys::dose_sk(&key)),
        DoseId::Newcomer(key) => (
            keys::resident(scope, &key.dose.resident),
            keys::newcomer_sk(&key),
        ),
        DoseId::Waiting(key) => waiting::place(scope, &key),
    }
}

/// The entry, if it still belongs in the list.
fn entry(
    opener: Opener<'_>,
    list: DoseList,
    id: DoseId,
    map: &Map,
) -> Result<Option<Listed>, StoreError> {
    Ok(match id {
        DoseId::Dose(key) => {
            let dose = opener.revision(map)?;
            let belongs = match list {
                DoseList::Review => dose.review_since.is_some(),
                DoseList::Locked => dose.locked_since.is_some(),
                DoseList::Conflict | DoseList::Waiting => false,
            };
            belongs.then(|| Listed::Dose(key.resident, Box::new(dose)))
        }
        DoseId::Newcomer(key) => {
            let newcomer = opener.newcomer(map)?;
            let open = newcomer.settled.is_none();
            open.then(|| Listed::Newcomer(key.dose.resident, Box::new(newcomer)))
        }
        DoseId::Waiting(_) => {
            let waiting = opener.waiting(map)?;
            let open = waiting.settled.is_none();
            open.then(|| Listed::Waiting(Box::new(waiting)))
        }
    })
}
