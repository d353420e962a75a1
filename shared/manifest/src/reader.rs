use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use crypto::TenantKeys;
use domain::TenantScope;
use objects::{ObjectName, RangedReader};

use crate::{
    Entry, ManifestError,
    block::{Blocks, FRAME},
    entry::{ENTRY, HOLDING},
};

/// Longer than any block that was ever written.
const MAX_BLOCK: usize = 1 << 20;
const DAMAGED_END: ManifestError = ManifestError::Damaged {
    what: "it ends within a block",
};

/// Reads the blocks of one object in order, holding one of them at a time.
pub(crate) struct BlockReader {
    blocks: Blocks,
    keys: Arc<TenantKeys>,
    object: RangedReader,
    /// What was read of the object and not used yet.
    ahead: Bytes,
    /// The current block; its plaintext is a part of it.
    block: Vec<u8>,
    number: u32,
}

impl BlockReader {
    pub(crate) fn new(blocks: Blocks, keys: &Arc<TenantKeys>, object: RangedReader) -> Self {
        Self {
            blocks,
            keys: Arc::clone(keys),
            object,
            ahead: Bytes::new(),
            block: Vec::new(),
            number: 0,
        }
    }

    /// The next block, `None` after the last. An object that was cut is damaged.
    pub(crate) async fn next(&mut self) -> Result<Option<&[u8]>, ManifestError> {
        if !self.is_more().await? {
            // Every object has a block, even if it is empty.
            return if self.number > 0 {
                Ok(None)
            } else {
                Err(DAMAGED_END)
            };
        }
        self.take(FRAME).await?;
        let frame = self.block.first_chunk::<FRAME>().ok_or(DAMAGED_END)?;
        let length = usize::try_from(u32::from_be_bytes(*frame)).unwrap_or(usize::MAX);
        if length > MAX_BLOCK {
            return Err(ManifestError::Damaged {
                what: "a block is too long",
            });
        }
        self.take(length).await?;
        // The last one is sealed as the last.
        let place = (self.number, !self.is_more().await?);
        self.number += 1;
        let block = self.blocks.open(&self.keys, place, &mut self.block)?;
        Ok(Some(block))
    }

    /// Whether bytes lie ahead; fetches the next ones if none are there.
    async fn is_more(&mut self) -> Result<bool, ManifestError> {
        while self.ahead.is_empty() {
            match self.object.next().await? {
                Some(bytes) => self.ahead = bytes,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Makes the next `count` bytes of the object the current block.
    async fn take(&mut self, count: usize) -> Result<(), ManifestError> {
        self.block.clear();
        while self.block.len() < count {
            if !self.is_more().await? {
                return Err(DAMAGED_END);
            }
            let piece = self.ahead.len().min(count - self.block.len());
            self.block
                .extend(self.ahead.get(..piece).unwrap_or_default());
            self.ahead.advance(piece);
        }
        Ok(())
    }
}

/// Reads the entries of one object in order, a block of them at a time.
pub struct ManifestReader(BlockReader);

/// One opened block.
#[derive(Clone, Copy)]
pub struct Block<'a>(&'a [u8]);

impl<'a> Block<'a> {
    /// Its entries, ascending by tag.
    pub fn entries(self) -> impl Iterator<Item = Result<Entry, ManifestError>> + 'a {
        let (whole, _) = self.0.as_chunks::<ENTRY>();
        whole.iter().map(|entry| {
            Entry::read(entry).ok_or(ManifestError::Damaged {
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
        let blocks = Blocks::new(scope, name, HOLDING);
        Self(BlockReader::new(blocks, keys, object))
    }

    /// The next block, `None` after the last. An object that was cut is damaged.
    pub async fn next_block(&mut self) -> Result<Option<Block<'_>>, ManifestError> {
        Ok(self.0.next().await?.map(Block))
    }
}
