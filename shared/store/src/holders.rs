//! The index of holders: which municipalities hold records of which person.

use aws_sdk_dynamodb::Client;
use crypto::{KeyLabel, NoncePool, OpenError, PersonTag, Place, ResidentTag, TenantKeys};
use domain::{Generation, TenantCode, TenantScope};

use crate::{
    StoreError,
    item::{Item, b, n, s},
    keys::SCHEMA,
};

/// The table `holders`. Whoever may write it may not read it, and the other way round; nobody who
/// may read it can open what it points to.
#[derive(Debug, Clone)]
pub struct HolderIndex {
    client: Client,
    table: String,
}

/// A municipality that holds records of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderEntry {
    /// Which municipality.
    pub holder: TenantCode,
    /// Which of its residents, sealed for it.
    pub pointer: Vec<u8>,
}

impl HolderIndex {
    /// Works on `table` through the SDK's client.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Says that the municipality holds records of the person. Safe to repeat.
    pub async fn put(
        &self,
        scope: &TenantScope,
        person: &PersonTag,
        pointer: &[u8],
    ) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .item("pk", s(person.text()))
            .item("sk", s(scope.code().as_str()))
            .item("v", n(SCHEMA))
            .item("sealed", b(pointer))
            .send()
            .await?;
        Ok(())
    }

    /// Everybody who holds records of the person, by ascending code.
    pub async fn of(&self, person: &PersonTag) -> Result<Vec<HolderEntry>, StoreError> {
        let mut entries = Vec::new();
        let mut after = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(person.text()))
                .set_exclusive_start_key(after)
                .consistent_read(true)
                .send()
                .await?;
            for map in answer.items() {
                let item = Item(map);
                let holder = TenantCode::parse(item.text("sk")?);
                entries.push(HolderEntry {
                    holder: holder.map_err(|_| StoreError::Damaged { what: "holder" })?,
                    pointer: item.bytes("sealed")?.to_vec(),
                });
            }
            after = answer.last_evaluated_key().cloned();
            if after.is_none() {
                return Ok(entries);
            }
        }
    }
}

fn place<'a>(person: &'a str, tenant: &'a TenantCode) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "holders",
        pk: person.as_bytes(),
        sk: tenant.as_str().as_bytes(),
        attribute: "sealed",
        schema: SCHEMA,
    }
}

/// Which resident a person is, sealed for the resident's municipality and for this person only.
#[must_use]
pub fn seal_pointer(
    keys: &TenantKeys,
    nonces: &mut NoncePool,
    person: &PersonTag,
    resident: &ResidentTag,
) -> Vec<u8> {
    let sealer = keys.sealer(KeyLabel::of(Generation::NONE));
    let (person, tenant) = (person.text(), keys.tenant());
    sealer.seal(nonces, &place(&person, &tenant), resident.as_bytes())
}

/// Opens what [`seal_pointer`] sealed; not for another municipality, and not for another person.
pub fn open_pointer(
    keys: &TenantKeys,
    person: &PersonTag,
    pointer: &[u8],
) -> Result<ResidentTag, OpenError> {
    let (person, tenant) = (person.text(), keys.tenant());
    let label = KeyLabel::of(Generation::NONE);
    let opened = keys.open_under(label, &place(&person, &tenant), pointer)?;
    let bytes: [u8; 16] = opened.try_into().map_err(|_| OpenError::NotHere)?;
    Ok(ResidentTag::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use crypto::BranchKey;

    use super::*;

    fn keys(code: &str, byte: u8) -> TenantKeys {
        let tenant = TenantCode::parse(code).unwrap();
        TenantKeys::new(tenant, vec![BranchKey::new(1, [byte; 32])]).unwrap()
    }

    #[test]
    fn a_pointer_opens_for_its_municipality_and_its_person_only() {
        let (ours, theirs) = (keys("131016", 1), keys("011002", 1));
        let (one, other) = (
            PersonTag::from_bytes([1; 32]),
            PersonTag::from_bytes([2; 32]),
        );
        let resident = ResidentTag::from_bytes([7; 16]);
        let pointer = seal_pointer(&ours, &mut NoncePool::default(), &one, &resident);
        assert_eq!(open_pointer(&ours, &one, &pointer), Ok(resident));
        assert!(open_pointer(&ours, &other, &pointer).is_err());
        assert!(open_pointer(&theirs, &one, &pointer).is_err());
        assert!(open_pointer(&ours, &one, &pointer[1..]).is_err());
    }
}
