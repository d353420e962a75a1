use std::sync::Arc;

use crypto::{NoncePool, Sealer, TenantKeys};
use domain::{Generation, TenantScope};
use objects::{ObjectName, Writer};

use crate::{
    ENTRIES_PER_BLOCK, Entry, ManifestError, Presence,
    block::{Blocks, label},
    entry::ENTRY,
};

/// Sealed bytes are handed to the object this many at a time.
const HAND_OVER: usize = 1 << 20;

/// Writes entries, ascending by tag, as sealed blocks into one object.
pub struct ManifestWriter {
    blocks: Blocks,
    sealer: Arc<Sealer>,
    nonces: NoncePool,
    plain: Vec<u8>,
    sealed: Vec<u8>,
    number: u32,
    entries: u64,
    active: u64,
    newest: Option<Entry>,
    object: Writer,
}

impl ManifestWriter {
    /// Begins the object `name`, whose writer is `object`.
    #[must_use]
    pub fn new(
        scope: &TenantScope,
        keys: &TenantKeys,
        generation: Generation,
        name: &ObjectName,
        object: Writer,
    ) -> Self {
        Self {
            blocks: Blocks::new(scope, name),
            sealer: keys.sealer(label(generation)),
            nonces: NoncePool::default(),
            plain: Vec::with_capacity(ENTRIES_PER_BLOCK * ENTRY),
            sealed: Vec::new(),
            number: 0,
            entries: 0,
            active: 0,
            newest: None,
            object,
        }
    }

    /// Adds the next entry; call [`Self::hand_over`] now and then.
    pub fn push(&mut self, entry: &Entry) -> Result<(), ManifestError> {
        if self.newest.is_some_and(|newest| newest.tag >= entry.tag) {
            return Err(ManifestError::Damaged {
                what: "entries do not ascend",
            });
        }
        if self.plain.len() == ENTRIES_PER_BLOCK * ENTRY {
            self.seal(false);
        }
        entry.write(&mut self.plain);
        self.entries += 1;
        self.active += u64::from(entry.presence == Presence::Registered);
        self.newest = Some(*entry);
        Ok(())
    }

    /// Hands sealed blocks to the object when there are enough of them.
    pub async fn hand_over(&mut self) -> Result<(), ManifestError> {
        if self.sealed.len() >= HAND_OVER {
            self.object.write(&self.sealed).await?;
            self.sealed.clear();
        }
        Ok(())
    }

    /// Entries written so far, and how many of them are registered.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.entries, self.active)
    }

    /// Ends the object and returns its version.
    pub async fn finish(mut self) -> Result<String, ManifestError> {
        self.seal(true);
        self.object.write(&self.sealed).await?;
        Ok(self.object.finish().await?)
    }

    fn seal(&mut self, last: bool) {
        let place = (self.number, last);
        self.blocks.seal(
            &self.sealer,
            &mut self.nonces,
            place,
            &self.plain,
            &mut self.sealed,
        );
        self.plain.clear();
        self.number += 1;
    }
}
