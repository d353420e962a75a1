use crypto::{KeyLabel, NoncePool, Place, Sealer, TenantKeys};
use domain::TenantScope;
use objects::ObjectName;

use crate::{Entry, entry::ENTRY};

/// Entries of a full block.
pub const ENTRIES_PER_BLOCK: usize = 1_500;
/// Bytes that say how long the sealed block behind them is.
pub(crate) const FRAME: usize = 4;
const SCHEMA: u8 = 1;

/// A manifest or share could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Cut, altered, or from another place; the operator restores it from the object's versions.
    #[error("a manifest is damaged: {what}")]
    Damaged {
        /// What does not fit.
        what: &'static str,
    },
    /// The work bucket failed.
    #[error("the work bucket failed")]
    Objects(#[from] objects::ObjectsError),
}

/// Where the blocks of one object stand.
pub(crate) struct Blocks {
    tenant: String,
    name: String,
}

impl Blocks {
    pub(crate) fn new(scope: &TenantScope, name: &ObjectName) -> Self {
        Self {
            tenant: scope.code().as_str().to_owned(),
            name: name.key(scope),
        }
    }

    fn with_place<T>(&self, number: u32, last: bool, then: impl FnOnce(&Place<'_>) -> T) -> T {
        let [a, b, c, d] = number.to_be_bytes();
        then(&Place {
            tenant: &self.tenant,
            table: "work",
            pk: self.name.as_bytes(),
            sk: &[a, b, c, d, u8::from(last)],
            attribute: "entries",
            schema: SCHEMA,
        })
    }

    /// Appends length and sealed block to `out`.
    pub(crate) fn seal(
        &self,
        sealer: &Sealer,
        nonces: &mut NoncePool,
        (number, last): (u32, bool),
        plain: &[u8],
        out: &mut Vec<u8>,
    ) {
        let sealed = self.with_place(number, last, |place| sealer.seal(nonces, place, plain));
        out.extend_from_slice(
            &u32::try_from(sealed.len())
                .unwrap_or(u32::MAX)
                .to_be_bytes(),
        );
        out.extend_from_slice(&sealed);
    }

    pub(crate) fn open(
        &self,
        keys: &TenantKeys,
        (number, last): (u32, bool),
        sealed: &[u8],
    ) -> Result<Vec<u8>, ManifestError> {
        let opened = self.with_place(number, last, |place| keys.open(place, sealed));
        opened.map_err(|_| ManifestError::Damaged {
            what: "a block does not open",
        })
    }
}

/// The label under which the objects of a generation are sealed.
pub(crate) fn label(generation: domain::Generation) -> KeyLabel {
    KeyLabel::Work(u32::try_from(generation.get()).unwrap_or(u32::MAX))
}

/// Reads the entries of an opened block.
pub(crate) fn entries(plain: &[u8]) -> impl Iterator<Item = Option<Entry>> + '_ {
    let (whole, _) = plain.as_chunks::<ENTRY>();
    whole.iter().map(Entry::read)
}
