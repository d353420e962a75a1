use crypto::{ResidentTag, TenantKeys};
use domain::{Generation, TenantScope};
use objects::{ObjectName, Writer};

use crate::{
    Entry, ManifestError, Presence,
    block::{BlockWriter, Blocks, ENTRIES_PER_BLOCK},
    entry::{ENTRY, HOLDING},
};

/// Sealed bytes are handed to the object this many at a time.
const HAND_OVER: usize = 1 << 20;

/// Writes entries, ascending by tag, as sealed blocks into one object.
pub struct ManifestWriter {
    blocks: BlockWriter,
    entries: u64,
    active: u64,
    newest: Option<ResidentTag>,
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
        let blocks = Blocks::new(scope, name, HOLDING);
        Self {
            blocks: BlockWriter::new(blocks, keys, generation, ENTRIES_PER_BLOCK * ENTRY),
            entries: 0,
            active: 0,
            newest: None,
            object,
        }
    }

    /// Adds the next entry; call [`Self::hand_over`] now and then.
    pub fn push(&mut self, entry: &Entry) -> Result<(), ManifestError> {
        if self.newest.is_some_and(|newest| newest >= entry.tag) {
            return Err(ManifestError::Damaged {
                what: "entries do not ascend",
            });
        }
        entry.write(self.blocks.next());
        self.entries += 1;
        self.active += u64::from(entry.presence == Presence::Registered);
        self.newest = Some(entry.tag);
        Ok(())
    }

    /// Hands sealed blocks to the object when there are enough of them.
    pub async fn hand_over(&mut self) -> Result<(), ManifestError> {
        if self.blocks.sealed.len() >= HAND_OVER {
            self.object.write(&self.blocks.sealed).await?;
            self.blocks.sealed.clear();
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
        self.blocks.end();
        self.object.write(&self.blocks.sealed).await?;
        Ok(self.object.finish().await?)
    }
}
