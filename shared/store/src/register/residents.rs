use std::collections::HashMap;

use crypto::{ResidentTag, TenantKeys};
use domain::{CouponNumber, Generation, MyNumber, Resident, TenantScope};
use jiff::civil::Date;

use crate::{
    InRegister, Status, Store, StoreError,
    item::{Item, s},
    keys::{self, PROFILE_SK},
    many::MOST,
    page::each,
    register::{TRIES, slots},
};

/// A resident as the register in force has them, or had them last.
#[derive(Debug, Clone)]
pub struct ResidentInForce {
    /// What the resident is called inside the system.
    pub tag: ResidentTag,
    /// Generation of the row that is in force.
    pub since: Generation,
    /// The resident.
    pub resident: Resident,
}

/// Residents read at one moment: all of them under the same generation.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The generation in force at that moment.
    pub generation: Generation,
    /// Who was asked for, in no order.
    pub residents: Vec<InRegister>,
}

/// How residents are asked for.
enum Wanted<'a> {
    Tags(&'a [ResidentTag]),
    Hints(String),
}

impl Store {
    /// Residents by tag, and who was removed: their doses are kept.
    pub async fn residents_by_tag(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        tags: &[ResidentTag],
    ) -> Result<Snapshot, StoreError> {
        self.snapshot(scope, keys, &Wanted::Tags(tags)).await
    }

    /// Residents who have this coupon number in force, and who was removed with it.
    pub async fn residents_by_coupon(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        coupon: CouponNumber,
    ) -> Result<Snapshot, StoreError> {
        let hints = Wanted::Hints(keys::coupon(scope, &keys.coupon_tag(coupon)));
        let mut snapshot = self.snapshot(scope, keys, &hints).await?;
        snapshot
            .residents
            .retain(|found| found.resident.resident.coupon == Some(coupon));
        Ok(snapshot)
    }

    /// Registered residents born on this day. Removed ones are found only by what belongs to one person: number or
    /// coupon.
    pub async fn residents_by_birth_date(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        date: Date,
    ) -> Result<Snapshot, StoreError> {
        let hints = Wanted::Hints(keys::birth(scope, &keys.birth_tag(date)));
        let mut snapshot = self.snapshot(scope, keys, &hints).await?;
        snapshot.residents.retain(|found| {
            found.status == Status::Registered && found.resident.resident.birth_date == date
        });
        Ok(snapshot)
    }

    /// The people of these tags under `generation`, be they registered or removed; who is not in that
    /// register is not in the answer.
    pub async fn residents_under(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        tags: &[ResidentTag],
        generation: Generation,
    ) -> Result<HashMap<ResidentTag, Resident>, StoreError> {
        let mut known = HashMap::with_capacity(tags.len());
        for (tag, found) in self.opened(scope, keys, tags, generation).await? {
            known.extend(found?.map(|it| (tag, it.resident.resident)));
        }
        Ok(known)
    }

    /// Which of these have this My Number under `generation`, registered or removed. A record that does not open is
    /// passed over, so that it does not hold up the others.
    pub async fn residents_of_number(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        tags: &[ResidentTag],
        number: MyNumber,
        generation: Generation,
    ) -> Result<Vec<ResidentTag>, StoreError> {
        let opened = self.opened(scope, keys, tags, generation).await?;
        let theirs = opened.into_iter().filter(|(_, found)| {
            matches!(found, Ok(Some(it)) if it.resident.resident.my_number == Some(number))
        });
        Ok(theirs.map(|(tag, _)| tag).collect())
    }

    /// Each of these who has a record, as it opens under `generation`, in no order.
    pub(crate) async fn opened(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        residents: &[ResidentTag],
        generation: Generation,
    ) -> Result<Vec<(ResidentTag, Result<Option<InRegister>, StoreError>)>, StoreError> {
        let mut opened = Vec::with_capacity(residents.len());
        for some in residents.chunks(MOST) {
            let profile = |tag| (keys::resident(scope, tag), PROFILE_SK.to_owned());
            let some: Vec<_> = some.iter().map(profile).collect();
            for item in self.get_many(scope, &some).await? {
                let found = slots::under(scope, keys, &item, generation);
                opened.push((slots::tag_of(&item)?, found));
            }
        }
        Ok(opened)
    }

    /// Reads `CURRENT`, what is wanted, and `CURRENT` again; begins anew if it moved between.
    async fn snapshot(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        wanted: &Wanted<'_>,
    ) -> Result<Snapshot, StoreError> {
        for _ in 0..TRIES {
            let generation = self.register(scope).await?.generation();
            let residents = if generation == Generation::NONE {
                Vec::new()
            } else {
                self.read_under(scope, keys, wanted, generation).await?
            };
            if self.register(scope).await?.generation() == generation {
                return Ok(Snapshot {
                    generation,
                    residents,
                });
            }
        }
        Err(StoreError::TryAgain {
            code: "RegisterMoves".to_owned(),
        })
    }

    async fn read_under(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        wanted: &Wanted<'_>,
        generation: Generation,
    ) -> Result<Vec<InRegister>, StoreError> {
        let hinted;
        let tags = match wanted {
            Wanted::Tags(tags) => *tags,
            Wanted::Hints(pk) => {
                hinted = self.hints(scope, pk).await?;
                &hinted
            }
        };
        let profile = |tag| (keys::resident(scope, tag), PROFILE_SK.to_owned());
        let mut found = Vec::with_capacity(tags.len());
        for some in tags.chunks(MOST) {
            let some: Vec<_> = some.iter().map(profile).collect();
            for item in self.get_many(scope, &some).await? {
                found.extend(slots::under(scope, keys, &item, generation)?);
            }
        }
        Ok(found)
    }

    pub(crate) async fn hints(
        &self,
        scope: &TenantScope,
        pk: &str,
    ) -> Result<Vec<ResidentTag>, StoreError> {
        let query = self
            .client(scope)
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(pk));
        each(query, |item| {
            let tag = ResidentTag::parse(Item(item).text("sk")?);
            tag.map_err(|_| StoreError::Damaged { what: "hint" })
        })
        .await
    }
}
