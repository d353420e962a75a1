use std::sync::Arc;

use crypto::{KeyLabel, NoncePool, Place, SEALED_OVERHEAD, Sealer, TenantKeys};
use domain::{Generation, TenantScope};
use objects::ObjectName;

/// Entries of a full block.
pub(crate) const ENTRIES_PER_BLOCK: usize = 1_500;
/// Bytes that say how long the sealed block behind them is.
pub(crate) const FRAME: usize = 4;
const SCHEMA: u8 = 1;

/// A manifest, a share or the rows of a chunk could not be read or written.
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
    /// What the blocks hold.
    holding: &'static str,
}

impl Blocks {
    pub(crate) fn new(scope: &TenantScope, name: &ObjectName, holding: &'static str) -> Self {
        Self {
            tenant: scope.code().as_str().to_owned(),
            name: name.key(scope),
            holding,
        }
    }

    fn with_place<T>(&self, number: u32, last: bool, then: impl FnOnce(&Place<'_>) -> T) -> T {
        let [a, b, c, d] = number.to_be_bytes();
        then(&Place {
            tenant: &self.tenant,
            table: "work",
            pk: self.name.as_bytes(),
            sk: &[a, b, c, d, u8::from(last)],
            attribute: self.holding,
            schema: SCHEMA,
        })
    }

    /// Opens a block where it lies.
    pub(crate) fn open<'a>(
        &self,
        keys: &TenantKeys,
        (number, last): (u32, bool),
        sealed: &'a mut [u8],
    ) -> Result<&'a [u8], ManifestError> {
        let opened = self.with_place(number, last, |place| keys.open_in_place(place, sealed));
        opened.map_err(|_| ManifestError::Damaged {
            what: "a block does not open",
        })
    }
}

/// Gathers bytes into blocks and seals each for its place.
pub(crate) struct BlockWriter {
    blocks: Blocks,
    sealer: Arc<Sealer>,
    nonces: NoncePool,
    aad: Vec<u8>,
    full: usize,
    plain: Vec<u8>,
    number: u32,
    /// The blocks that are sealed, each behind its length.
    pub(crate) sealed: Vec<u8>,
}

impl BlockWriter {
    /// Blocks of `full` bytes, under the key of the generation's objects.
    pub(crate) fn new(
        blocks: Blocks,
        keys: &TenantKeys,
        generation: Generation,
        full: usize,
    ) -> Self {
        let label = KeyLabel::Work(u32::try_from(generation.get()).unwrap_or(u32::MAX));
        Self {
            blocks,
            sealer: keys.sealer(label),
            nonces: NoncePool::default(),
            aad: Vec::new(),
            full,
            plain: Vec::with_capacity(full),
            number: 0,
            sealed: Vec::new(),
        }
    }

    /// Where to append what comes next; the block before it is sealed if it is full.
    pub(crate) fn next(&mut self) -> &mut Vec<u8> {
        if self.plain.len() >= self.full {
            self.seal(false);
        }
        &mut self.plain
    }

    /// Seals what is left as the last block; every object has one, even if it is empty.
    pub(crate) fn end(&mut self) {
        self.seal(true);
    }

    fn seal(&mut self, last: bool) {
        let length = u32::try_from(self.plain.len() + SEALED_OVERHEAD).unwrap_or(u32::MAX);
        self.sealed.extend_from_slice(&length.to_be_bytes());
        let (sealer, nonces) = (&self.sealer, &mut self.nonces);
        let (aad, plain, sealed) = (&mut self.aad, &self.plain, &mut self.sealed);
        self.blocks.with_place(self.number, last, |place| {
            sealer.seal_into(nonces, aad, place, plain, sealed);
        });
        self.plain.clear();
        self.number += 1;
    }
}
