use std::sync::Arc;

use bytes::{Buf as _, BytesMut};
use crypto::TenantKeys;
use domain::TenantScope;
use objects::{ObjectName, RangedReader};

use crate::{
    Entry, ManifestError,
    block::{Blocks, FRAME, entries},
};

/// Longer than any block that was ever written.
const MAX_BLOCK: usize = 1 << 20;
const DAMAGED_END: ManifestError = ManifestError::Damaged {
    what: "it ends within a block",
};

/// Reads the blocks of one object in order, holding one of them at a time.
pub struct ManifestReader {
    blocks: Blocks,
    keys: Arc<TenantKeys>,
    object: RangedReader,
    buffer: BytesMut,
    number: u32,
}

/// One opened block.
pub struct Block(Vec<u8>);

impl Block {
    /// Its entries, ascending by tag.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, ManifestError>> + '_ {
        entries(&self.0).map(|entry| {
            entry.ok_or(ManifestError::Damaged {
                what: "an entry has no presence",
            })
        })
    }
}

impl ManifestReader {
    /// Reads the object `name` through `object`.
    #[must_use]
    pub fn new(
        scope: &TenantScope,
        keys: &Arc<TenantKeys>,
        name: &ObjectName,
        object: RangedReader,
    ) -> Self {
        Self {
            blocks: Blocks::new(scope, name),
            keys: Arc::clone(keys),
            object,
            buffer: BytesMut::new(),
            number: 0,
        }
    }

    /// The next block, `None` after the last. An object that was cut is damaged.
    pub async fn next_block(&mut self) -> Result<Option<Block>, ManifestError> {
        if !self.fill(FRAME).await? {
            let whole = self.number > 0 && self.buffer.is_empty();
            return if whole { Ok(None) } else { Err(DAMAGED_END) };
        }
        let frame = self.buffer.first_chunk::<FRAME>().ok_or(DAMAGED_END)?;
        let length = usize::try_from(u32::from_be_bytes(*frame)).unwrap_or(usize::MAX);
        if length > MAX_BLOCK {
            return Err(ManifestError::Damaged {
                what: "a block is too long",
            });
        }
        // One byte more tells whether another block follows: the last one is sealed as the last.
        let last = !self.fill(FRAME + length + 1).await?;
        let sealed = self.buffer.get(FRAME..FRAME + length).ok_or(DAMAGED_END)?;
        let plain = self.blocks.open(&self.keys, (self.number, last), sealed)?;
        self.buffer.advance(FRAME + length);
        self.number += 1;
        Ok(Some(Block(plain)))
    }

    /// Reads on until `count` bytes lie ahead; `false` when the object ends before.
    async fn fill(&mut self, count: usize) -> Result<bool, ManifestError> {
        while self.buffer.len() < count {
            match self.object.next().await? {
                Some(bytes) => self.buffer.extend_from_slice(&bytes),
                None => return Ok(false),
            }
        }
        Ok(true)
    }
}
