//! One change of doses as one transaction: the doses, their history, the lists they stand in, the
//! counts and the memory of the request, all on the condition of what was read, or nothing.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use crypto::{NoncePool, ResidentTag, TenantKeys};
use domain::{Dose, DoseState, FindingCode, TenantScope, japan_date};
use jiff::Timestamp;

use super::{
    DoseCounts, DoseId, DoseKey, DoseList, DoseRevision, Entry, Newcomer, NewcomerKey, Once,
    PersonDoses, Remembered, Settlement, WaitingDose, item::Writer, lists::shard, memory,
};
use crate::{
    Store, StoreError,
    item::{Map, as_stored, n, s, time},
    keys::{self, EDITION_SK, SCHEMA},
    transaction::not_built,
};

/// A change of doses in the making. What it puts together holds or fails as a whole.
pub struct DoseChange<'a> {
    pub(super) store: &'a Store,
    pub(super) scope: &'a TenantScope,
    writer: Writer<'a>,
    now: Timestamp,
    pub(super) writes: Vec<TransactWriteItem>,
    counts: BTreeMap<u8, DoseCounts>,
    /// Persons whose doses change: the edition in which they were read, and by how many revisions they change.
    pub(super) touched: BTreeMap<ResidentTag, (u64, u64)>,
    /// Persons beside whose doses it was found right: the edition in which these were read.
    pub(super) beside: BTreeMap<ResidentTag, u64>,
}

/// What a dose is to be next.
#[derive(Debug, Clone)]
pub struct NextDose {
    /// What it says.
    pub dose: Dose,
    /// How it stands.
    pub state: DoseState,
    /// Whether it is locked.
    pub locked: bool,
    /// Doubts about it.
    pub findings: Vec<FindingCode>,
    /// When it was first recorded, if that is known from where it stood before.
    pub recorded_at: Option<Timestamp>,
    /// Who makes this revision, and why. Its time is that of the change.
    pub entry: Entry,
}

/// A change that is ready to be committed by [`Store::commit`].
pub struct Transaction(Vec<TransactWriteItem>);

impl<'a> DoseChange<'a> {
    /// Begins a change at this moment.
    #[must_use]
    pub fn new(
        store: &'a Store,
        scope: &'a TenantScope,
        keys: &TenantKeys,
        nonces: &'a mut NoncePool,
        now: Timestamp,
    ) -> Self {
        let now = as_stored(now);
        Self {
            store,
            scope,
            writer: Writer::new(scope, keys, nonces, now),
            now,
            writes: Vec::with_capacity(8),
            counts: BTreeMap::new(),
            touched: BTreeMap::new(),
            beside: BTreeMap::new(),
        }
    }

    /// Puts the next revision under a number of a person, on the condition that `before` is what stands there and
    /// that none of the person's doses changed since they were read, and keeps `before` in the history.
    pub fn advance(
        &mut self,
        person: &PersonDoses,
        before: Option<&DoseRevision>,
        next: NextDose,
    ) -> Result<DoseRevision, StoreError> {
        let resident = &person.tag;
        let key = DoseKey::of(*resident, &next.dose);
        let after = self.revision(before, next);
        let pk = keys::resident(self.scope, resident);
        let sk = keys::dose_sk(&key);
        let item = self.writer.revision(&pk, &sk, &after);
        self.put_on(item, before.map(|it| ("rev", n(it.revision))))?;
        if let Some(before) = before {
            let sk = keys::history_sk(&key, before.revision);
            let item = self.writer.revision(&pk, &sk, before);
            self.put_on(item, None)?;
        }
        self.relist(&DoseId::Dose(key), before, &after)?;
        let counts = self.counts_of(resident.as_bytes());
        if let Some(before) = before {
            counts.add_dose(before, -1);
        }
        counts.add_dose(&after, 1);
        let (_, revisions) = self.touched.entry(*resident).or_insert((person.edition, 0));
        *revisions += 1;
        Ok(after)
    }

    /// The revision that follows `before`. A number that was free begins anew, with its own times.
    fn revision(&self, before: Option<&DoseRevision>, next: NextDose) -> DoseRevision {
        let holder = before.filter(|it| it.state.holds_number());
        let is_review = next.state == DoseState::Review;
        let since = |is: bool, before: Option<Timestamp>| is.then(|| before.unwrap_or(self.now));
        let recorded_at = next.recorded_at.or(holder.map(|it| it.recorded_at));
        DoseRevision {
            dose: next.dose,
            state: next.state,
            locked: next.locked,
            revision: before.map_or(1, |it| it.revision + 1),
            findings: next.findings,
            recorded_at: recorded_at.unwrap_or(self.now),
            review_since: since(is_review, before.and_then(|it| it.review_since)),
            locked_since: since(next.locked, before.and_then(|it| it.locked_since)),
            entry: Entry {
                at: self.now,
                ..next.entry
            },
        }
    }

    /// Puts a newcomer in the queue, where it does not stand yet; or once more, on the condition that `before` is
    /// still the last that was decided about it.
    pub fn add_newcomer(
        &mut self,
        resident: &ResidentTag,
        newcomer: Newcomer,
        before: Option<&Settlement>,
    ) -> Result<Newcomer, StoreError> {
        let entry = Entry {
            at: self.now,
            ..newcomer.entry
        };
        let newcomer = Newcomer { entry, ..newcomer };
        let key = newcomer_key(resident, &newcomer);
        let pk = keys::resident(self.scope, resident);
        let sk = keys::newcomer_sk(&key);
        let item = self.writer.newcomer(&pk, &sk, &newcomer);
        // One that stands in the queue has no time of a decision.
        let over = before.map(|it| ("settled_at", time(it.at)));
        self.put_on(item, over)?;
        self.list(
            DoseList::Conflict,
            newcomer.entry.at,
            &DoseId::Newcomer(key),
        )?;
        self.counts_of(resident.as_bytes()).conflict += 1;
        Ok(newcomer)
    }

    /// Takes a newcomer out of the queue; it stays readable, with what was decided.
    pub fn settle_newcomer(
        &mut self,
        resident: &ResidentTag,
        newcomer: &Newcomer,
        settlement: Settlement,
    ) -> Result<(), StoreError> {
        let key = newcomer_key(resident, newcomer);
        let pk = keys::resident(self.scope, resident);
        let sk = keys::newcomer_sk(&key);
        let settled = Newcomer {
            settled: Some(self.settled_now(settlement)),
            ..newcomer.clone()
        };
        let item = self.writer.newcomer(&pk, &sk, &settled);
        self.put_while(WHILE_OPEN, None, item)?;
        self.unlist(
            DoseList::Conflict,
            newcomer.entry.at,
            &DoseId::Newcomer(key),
        )?;
        self.counts_of(resident.as_bytes()).conflict -= 1;
        Ok(())
    }

    /// Puts a dose on the waiting list, where it does not stand yet.
    pub fn add_waiting(&mut self, waiting: WaitingDose) -> Result<(), StoreError> {
        let entry = Entry {
            at: self.now,
            ..waiting.entry
        };
        let waiting = WaitingDose { entry, ..waiting };
        let item = self.waiting_item(&waiting);
        self.put_on(item, None)?;
        let id = DoseId::Waiting(waiting.key);
        self.list(DoseList::Waiting, waiting.entry.at, &id)?;
        self.counts_of(waiting.key.coupon.as_bytes()).waiting += 1;
        Ok(())
    }

    /// Notes why a waiting dose could not be attached, if somebody has its coupon, and what else it says now; it goes
    /// on waiting. As all that is done to one, on the condition that it was not marked since it was read.
    pub fn mark_waiting(
        &mut self,
        waiting: &WaitingDose,
        findings: Vec<FindingCode>,
    ) -> Result<(), StoreError> {
        let marked = WaitingDose {
            findings,
            revision: waiting.revision + 1,
            ..waiting.clone()
        };
        self.put_waiting_over(waiting, &marked)
    }

    /// Takes a dose off the waiting list because somebody decided so; it stays readable.
    pub fn settle_waiting(
        &mut self,
        waiting: &WaitingDose,
        settlement: Settlement,
    ) -> Result<(), StoreError> {
        let settled = WaitingDose {
            settled: Some(self.settled_now(settlement)),
            ..waiting.clone()
        };
        self.put_waiting_over(waiting, &settled)?;
        self.leave_waiting(waiting)
    }

    /// Takes a dose off the waiting list because it is put elsewhere by the same change.
    pub fn remove_waiting(&mut self, waiting: &WaitingDose) -> Result<(), StoreError> {
        let pk = keys::waiting_doses(self.scope, &waiting.key.coupon);
        let sk = keys::waiting_dose_sk(&waiting.key);
        let (condition, seen) = while_unmarked(waiting);
        let delete = aws_sdk_dynamodb::types::Delete::builder()
            .table_name(&self.store.table)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .condition_expression(condition)
            .expression_attribute_names("#open", "open")
            .set_expression_attribute_values(Some(values(seen)))
            .build()
            .map_err(|_| not_built())?;
        self.writes
            .push(TransactWriteItem::builder().delete(delete).build());
        self.leave_waiting(waiting)
    }

    /// Remembers what became of a request that is to be done once.
    pub fn remember(&mut self, once: &Once, outcome: &Remembered) -> Result<(), StoreError> {
        let item = memory::item(self.scope, once, outcome, self.now);
        self.put_on(item, None)
    }

    /// The whole, with the counts that follow from it.
    pub fn finish(mut self) -> Result<Transaction, StoreError> {
        self.check_beside()?;
        for (shard, counts) in std::mem::take(&mut self.counts) {
            if let Some(update) = self.count(shard, &counts)? {
                self.writes.push(update);
            }
        }
        let day = japan_date(self.now);
        for (resident, (edition, revisions)) in std::mem::take(&mut self.touched) {
            self.next_edition(&resident, edition, revisions)?;
            let item = Map::from([
                ("pk".to_owned(), s(keys::touched(self.scope, day))),
                ("sk".to_owned(), s(resident.to_string())),
                ("v".to_owned(), n(SCHEMA)),
            ]);
            self.writes.push(self.store.put_in(item)?);
        }
        Ok(Transaction(self.writes))
    }

    /// What was found about a dose beside the person's others holds only if they are as they were read. Each revision
    /// counts, so that whoever reads the doses beside their edition sees whether they are of one moment.
    fn next_edition(
        &mut self,
        resident: &ResidentTag,
        read: u64,
        revisions: u64,
    ) -> Result<(), StoreError> {
        let item = Map::from([
            ("pk".to_owned(), s(keys::resident(self.scope, resident))),
            ("sk".to_owned(), s(EDITION_SK)),
            ("v".to_owned(), n(SCHEMA)),
            ("edition".to_owned(), n(read + revisions)),
        ]);
        self.put_on(item, (read > 0).then(|| ("edition", n(read))))
    }

    fn settled_now(&self, settlement: Settlement) -> Settlement {
        Settlement {
            at: self.now,
            ..settlement
        }
    }

    fn waiting_item(&mut self, waiting: &WaitingDose) -> Map {
        let pk = keys::waiting_doses(self.scope, &waiting.key.coupon);
        let sk = keys::waiting_dose_sk(&waiting.key);
        self.writer.waiting(&pk, &sk, waiting)
    }

    fn leave_waiting(&mut self, waiting: &WaitingDose) -> Result<(), StoreError> {
        let id = DoseId::Waiting(waiting.key);
        self.unlist(DoseList::Waiting, waiting.entry.at, &id)?;
        self.counts_of(waiting.key.coupon.as_bytes()).waiting -= 1;
        Ok(())
    }

    /// A put where nothing is, or over the item whose `name` is exactly this.
    fn put_on(
        &mut self,
        item: Map,
        over: Option<(&str, AttributeValue)>,
    ) -> Result<(), StoreError> {
        let put = Put::builder()
            .table_name(&self.store.table)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None);
        let put = match over {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some((name, was)) => put
                .condition_expression(format!("{name} = :was"))
                .expression_attribute_values(":was", was),
        };
        self.push_put(put)
    }

    fn put_waiting_over(
        &mut self,
        read: &WaitingDose,
        next: &WaitingDose,
    ) -> Result<(), StoreError> {
        let item = self.waiting_item(next);
        let (condition, seen) = while_unmarked(read);
        self.put_while(condition, seen, item)
    }

    fn put_while(
        &mut self,
        condition: &str,
        seen: Option<u32>,
        item: Map,
    ) -> Result<(), StoreError> {
        let put = Put::builder()
            .table_name(&self.store.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .expression_attribute_names("#open", "open")
            .set_expression_attribute_values(Some(values(seen)));
        self.push_put(put)
    }

    fn push_put(
        &mut self,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<(), StoreError> {
        let put = put.build().map_err(|_| not_built())?;
        self.writes
            .push(TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    /// Puts a dose in the lists it is to stand in, and takes it out of those it is to leave.
    fn relist(
        &mut self,
        id: &DoseId,
        before: Option<&DoseRevision>,
        after: &DoseRevision,
    ) -> Result<(), StoreError> {
        let was = |pick: fn(&DoseRevision) -> Option<Timestamp>| before.and_then(pick);
        let lists = [
            (
                DoseList::Review,
                was(|it| it.review_since),
                after.review_since,
            ),
            (
                DoseList::Locked,
                was(|it| it.locked_since),
                after.locked_since,
            ),
        ];
        for (list, was, is) in lists {
            match (was, is) {
                (None, Some(since)) => self.list(list, since, id)?,
                (Some(since), None) => self.unlist(list, since, id)?,
                (None, None) | (Some(_), Some(_)) => {}
            }
        }
        Ok(())
    }

    fn list(&mut self, list: DoseList, since: Timestamp, id: &DoseId) -> Result<(), StoreError> {
        let item = Map::from([
            ("pk".to_owned(), s(keys::dose_list(self.scope, list))),
            ("sk".to_owned(), s(keys::dose_list_sk(since, id))),
            ("v".to_owned(), n(SCHEMA)),
        ]);
        self.writes.push(self.store.put_in(item)?);
        Ok(())
    }

    fn unlist(&mut self, list: DoseList, since: Timestamp, id: &DoseId) -> Result<(), StoreError> {
        let pk = keys::dose_list(self.scope, list);
        let gone = self.store.delete_in(pk, &keys::dose_list_sk(since, id))?;
        self.writes.push(gone);
        Ok(())
    }

    fn counts_of(&mut self, tag: &[u8; 16]) -> &mut DoseCounts {
        self.counts.entry(shard(tag)).or_default()
    }

    fn count(
        &self,
        shard: u8,
        counts: &DoseCounts,
    ) -> Result<Option<TransactWriteItem>, StoreError> {
        let parts: Vec<_> = counts.parts().into_iter().filter(|it| it.1 != 0).collect();
        if parts.is_empty() {
            return Ok(None);
        }
        let terms: Vec<_> = parts
            .iter()
            .map(|(name, _)| format!("#{name} :{name}"))
            .collect();
        let mut update = Update::builder()
            .table_name(&self.store.table)
            .key("pk", s(keys::dose_counts(self.scope)))
            .key("sk", s(format!("{shard:02}")))
            .update_expression(format!("ADD {}", terms.join(", ")));
        for (name, by) in parts {
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), n(by));
        }
        let update = update.build().map_err(|_| not_built())?;
        Ok(Some(TransactWriteItem::builder().update(update).build()))
    }
}

const WHILE_OPEN: &str = "#open = :true";

/// The condition that a waiting dose stands as it was read, and the `:seen` of it.
const fn while_unmarked(waiting: &WaitingDose) -> (&'static str, Option<u32>) {
    match waiting.revision {
        0 => ("#open = :true AND attribute_not_exists(rev)", None),
        seen => ("#open = :true AND rev = :seen", Some(seen)),
    }
}

fn values(seen: Option<u32>) -> Map {
    let mut values = Map::from([(":true".to_owned(), AttributeValue::Bool(true))]);
    values.extend(seen.map(|seen| (":seen".to_owned(), n(seen))));
    values
}

fn newcomer_key(resident: &ResidentTag, newcomer: &Newcomer) -> NewcomerKey {
    NewcomerKey {
        dose: DoseKey::of(*resident, &newcomer.dose),
        id: newcomer.id,
    }
}

impl Store {
    /// Commits a change. [`StoreError::Moved`] when something it stands on has moved: nothing is
    /// changed then.
    pub async fn commit(
        &self,
        scope: &TenantScope,
        transaction: Transaction,
    ) -> Result<(), StoreError> {
        self.transact(scope, transaction.0).await
    }
}
