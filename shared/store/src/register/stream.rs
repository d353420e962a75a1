//! The stream of the table `records`, as much of it as the index of holders follows.

use crypto::{ResidentTag, TenantKeys};
use domain::{Generation, MyNumber, TenantCode, TenantScope};

use crate::{
    StoreError,
    keys::PROFILE_SK,
    register::{profile::read_my_number, slots::open_attribute},
};

/// A resident's newest slot as the stream shows it; only what tells a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSlot {
    /// The generation that wrote it.
    pub generation: u64,
    /// The sealed My Number.
    pub my_number: Vec<u8>,
}

/// The resident whose item changed: the keys of a record of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamKey {
    pk: String,
    tenant: TenantCode,
    /// The resident.
    pub resident: ResidentTag,
}

impl StreamKey {
    /// The resident whose item it is; `None` for every other kind of item.
    #[must_use]
    pub fn of_resident(pk: &str, sk: &str) -> Option<Self> {
        let rest = pk.strip_prefix("T#").filter(|_| sk == PROFILE_SK)?;
        let (code, resident) = rest.split_once("#R#")?;
        Some(Self {
            pk: pk.to_owned(),
            tenant: TenantCode::parse(code).ok()?,
            resident: ResidentTag::parse(resident).ok()?,
        })
    }

    /// The area it lies in. The stream is our own table's.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        TenantScope::from_own_stream(self.tenant)
    }

    /// Opens the My Number of a slot.
    pub fn my_number(
        &self,
        keys: &TenantKeys,
        slot: &StreamSlot,
    ) -> Result<Option<MyNumber>, StoreError> {
        let since = Generation::new(slot.generation);
        let sealed = ("my_number", slot.my_number.as_slice());
        let opened = open_attribute(&self.scope(), keys, &self.pk, since, sealed)?;
        read_my_number(&opened).map_err(|_| StoreError::Damaged { what: "my_number" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_residents_are_followed() {
        let tag = ResidentTag::from_bytes([7; 16]);
        let key = StreamKey::of_resident(&format!("T#131016#R#{tag}"), "P").unwrap();
        assert_eq!(key.resident, tag);
        assert_eq!(key.scope().code().as_str(), "131016");
        for (pk, sk) in [
            (format!("T#131016#R#{tag}"), "D#COVID19#01"),
            (format!("T#131016#C#{tag}"), "P"),
            (format!("T#131017#R#{tag}"), "P"),
            ("T#131016#R#short".to_owned(), "P"),
            ("T#131016#LOG".to_owned(), "P"),
        ] {
            assert_eq!(StreamKey::of_resident(&pk, sk), None, "{pk} {sk}");
        }
    }
}
