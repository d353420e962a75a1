//! The index of holders: which municipalities hold records of which person.

use aws_sdk_dynamodb::Client;
use crypto::{KeyLabel, NoncePool, OpenError, PersonTag, Place, ResidentTag, Tag, TenantKeys};
use domain::{Generation, TenantCode, TenantScope};

use crate::{
    StoreError,
    item::{Item, b, n, s},
    keys::SCHEMA,
    page::all,
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
    /// The municipality.
    pub holder: TenantCode,
    /// To each of its residents who carries the person's number or carried it, by ascending text of their
    /// names; one at least.
    pub pointers: Vec<Pointer>,
}

/// Which resident of a municipality's a person is, sealed for that municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// What the entry is called among those of the person and the municipality: a keyed digest of person and
    /// resident, the same whenever it is made.
    pub name: Tag,
    /// The resident.
    pub sealed: Vec<u8>,
}

impl HolderIndex {
    /// Works on `table` through the SDK's client.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Says that the municipality holds records of the person, under this resident. Safe to repeat; entries
    /// that lead to other residents stay.
    pub async fn put(
        &self,
        scope: &TenantScope,
        person: &PersonTag,
        pointer: &Pointer,
    ) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .item("pk", s(person.text()))
            .item("sk", s(entry_sk(&scope.code(), &pointer.name)))
            .item("v", n(SCHEMA))
            .item("sealed", b(&pointer.sealed))
            .send()
            .await?;
        Ok(())
    }

    /// Takes out this entry of the municipality under the person, unless it was put anew since it was read.
    pub async fn remove(
        &self,
        scope: &TenantScope,
        person: &PersonTag,
        pointer: &Pointer,
    ) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("pk", s(person.text()))
            .key("sk", s(entry_sk(&scope.code(), &pointer.name)))
            // What holds no bytes is read as if they were none.
            .condition_expression("sealed = :sealed OR NOT attribute_type(sealed, :bytes)")
            .expression_attribute_values(":sealed", b(&pointer.sealed))
            .expression_attribute_values(":bytes", s("B"));
        match delete.send().await.map_err(StoreError::from) {
            Ok(_) | Err(StoreError::Moved) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Everybody who holds records of the person, by ascending code. Entries from before each had a name of
    /// its own are passed over: a rebuild puts them anew. So are those whose sort key cannot be read, and the log
    /// says so: they lead to nobody, and must not keep those who can answer from doing so.
    pub async fn of(&self, person: &PersonTag) -> Result<Vec<HolderEntry>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(person.text()));
        let mut entries: Vec<HolderEntry> = Vec::new();
        for map in all(query).await? {
            let item = Item(&map);
            let Some((code, name)) = item.text("sk")?.split_once('#') else {
                continue;
            };
            let (holder, name) = (TenantCode::parse(code), Tag::parse(name));
            let (Ok(holder), Ok(name)) = (holder, name) else {
                let tenant = holder.ok().map(tracing::field::display);
                tracing::error!(
                    tenant,
                    "an entry of the index of holders cannot be read and is passed over"
                );
                tracing::info!(target: "metrics", holder_entries_unreadable = 1);
                continue;
            };
            // One that is not there opens as little as one that was spoilt: that is its holder's to say, of this
            // person alone.
            let sealed = item.maybe_bytes("sealed").unwrap_or_default().to_vec();
            let pointer = Pointer { name, sealed };
            // By their keys, those of one municipality come one after the other.
            match entries.last_mut().filter(|last| last.holder == holder) {
                Some(last) => last.pointers.push(pointer),
                None => entries.push(HolderEntry {
                    holder,
                    pointers: vec![pointer],
                }),
            }
        }
        Ok(entries)
    }
}

/// What the sort key of every entry of a municipality begins with in the index of holders.
#[must_use]
pub fn entries_of(scope: &TenantScope) -> String {
    format!("{}#", scope.code())
}

fn entry_sk(tenant: &TenantCode, name: &Tag) -> String {
    format!("{tenant}#{name}")
}

fn place<'a>(person: &'a str, tenant: &'a TenantCode, sk: &'a str) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "holders",
        pk: person.as_bytes(),
        sk: sk.as_bytes(),
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
) -> Pointer {
    let name = keys.pointer_tag(person, resident);
    let sealer = keys.sealer(KeyLabel::of(Generation::NONE));
    let (person, tenant) = (person.text(), keys.tenant());
    let sk = entry_sk(&tenant, &name);
    let place = place(&person, &tenant, &sk);
    let sealed = sealer.seal(nonces, &place, resident.as_bytes());
    Pointer { name, sealed }
}

/// Opens what [`seal_pointer`] sealed; not for another municipality, person or entry.
pub fn open_pointer(
    keys: &TenantKeys,
    person: &PersonTag,
    pointer: &Pointer,
) -> Result<ResidentTag, OpenError> {
    let (person, tenant) = (person.text(), keys.tenant());
    let label = KeyLabel::of(Generation::NONE);
    let sk = entry_sk(&tenant, &pointer.name);
    let opened = keys.open_under(label, &place(&person, &tenant, &sk), &pointer.sealed)?;
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
        let elsewhere = Pointer {
            name: Tag::from_bytes([9; 16]),
            ..pointer.clone()
        };
        assert!(open_pointer(&ours, &one, &elsewhere).is_err());
        let cut = Pointer {
            sealed: pointer.sealed[1..].to_vec(),
            ..pointer
        };
        assert!(open_pointer(&ours, &one, &cut).is_err());
    }

    #[test]
    fn an_entry_is_named_alike_each_time_and_as_nothing_else_is() {
        let (ours, theirs) = (keys("131016", 1), keys("011002", 2));
        let person = |byte| PersonTag::from_bytes([byte; 32]);
        let resident = |byte| ResidentTag::from_bytes([byte; 16]);
        let name = |keys, one, other| {
            let pointer = seal_pointer(
                keys,
                &mut NoncePool::default(),
                &person(one),
                &resident(other),
            );
            pointer.name
        };
        assert_eq!(name(&ours, 1, 7), name(&ours, 1, 7));
        let names = [
            name(&ours, 1, 7),
            name(&ours, 1, 8),
            name(&ours, 2, 7),
            name(&theirs, 1, 7),
            Tag::from_bytes([7; 16]),
        ];
        let different: std::collections::BTreeSet<_> = names.into_iter().collect();
        assert_eq!(different.len(), names.len());
    }
}
