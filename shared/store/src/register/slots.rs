//! The two slots of a resident: who stands under a register, and what was sealed of them.

use crypto::{KeyLabel, Place, ResidentTag, TenantKeys};
use domain::{Generation, Resident, TenantScope};

use crate::{
    ResidentInForce, Status, StoreError,
    item::{Item, Map},
    keys::{PROFILE_SK, SCHEMA, TABLE},
    register::profile::{read_my_number, read_profile},
};

/// A person in the register, or one who left it.
#[derive(Debug, Clone)]
pub struct InRegister {
    /// As the register in force has them.
    pub resident: ResidentInForce,
    /// Registered, or removed.
    pub status: Status,
}

/// Who is seen under one register.
#[derive(Debug)]
pub enum InSight {
    /// Nobody, under any register.
    Nobody,
    /// Somebody who is in a newer register only: it may have come into force meanwhile.
    Ahead,
    /// Registered, or removed.
    Person(Box<InRegister>),
}

/// Who stands under `generation`, registered or removed: the newest slot that is not above it.
pub(crate) fn under(
    scope: &TenantScope,
    keys: &TenantKeys,
    map: &Map,
    generation: Generation,
) -> Result<Option<InRegister>, StoreError> {
    let item = Item(map);
    let pk = item.text("pk")?;
    let Some((since, slot)) = slot_under(item, generation)? else {
        return Ok(None);
    };
    let status = status(slot)?;
    let resident = open_slot(scope, keys, pk, since, slot)?;
    let resident = ResidentInForce {
        tag: tag_of(map)?,
        since,
        resident,
    };
    Ok(Some(InRegister { resident, status }))
}

/// Tag of the resident whose item it is.
pub(crate) fn tag_of(map: &Map) -> Result<ResidentTag, StoreError> {
    let tag = Item(map).text("pk")?.rsplit('#').next();
    let tag = tag.and_then(|text| ResidentTag::parse(text).ok());
    tag.ok_or(StoreError::Damaged {
        what: "resident key",
    })
}

/// The newest slot that is not above `generation`.
fn slot_under(
    item: Item<'_>,
    generation: Generation,
) -> Result<Option<(Generation, Item<'_>)>, StoreError> {
    for slot in ["newest", "older"] {
        if let Some(slot) = item.map(slot) {
            let since = Generation::new(slot.number("g")?);
            if since <= generation {
                return Ok(Some((since, slot)));
            }
        }
    }
    Ok(None)
}

fn status(slot: Item<'_>) -> Result<Status, StoreError> {
    Status::from_code(slot.number("s")?).ok_or(StoreError::Damaged { what: "status" })
}

fn open_slot(
    scope: &TenantScope,
    keys: &TenantKeys,
    pk: &str,
    since: Generation,
    slot: Item<'_>,
) -> Result<Resident, StoreError> {
    let number = open_attribute(scope, keys, pk, since, ("my_number", slot.bytes("m")?))?;
    let damaged = |_| StoreError::Damaged { what: "profile" };
    let my_number = read_my_number(&number).map_err(damaged)?;
    let profile = open_attribute(scope, keys, pk, since, ("profile", slot.bytes("p")?))?;
    read_profile(&profile, my_number).map_err(damaged)
}

/// Opens one attribute of a slot: nothing that was sealed for another place or generation.
pub(crate) fn open_attribute(
    scope: &TenantScope,
    keys: &TenantKeys,
    pk: &str,
    since: Generation,
    (attribute, sealed): (&str, &[u8]),
) -> Result<Vec<u8>, StoreError> {
    let code = scope.code();
    let place = Place {
        tenant: code.as_str(),
        table: TABLE,
        pk: pk.as_bytes(),
        sk: PROFILE_SK.as_bytes(),
        attribute,
        schema: SCHEMA,
    };
    keys.open_under(KeyLabel::of(since), &place, sealed)
        .map_err(|_| StoreError::Damaged {
            what: "sealed resident",
        })
}
