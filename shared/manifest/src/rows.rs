use std::sync::Arc;

use bytes::Bytes;
use crypto::{Fingerprint, ResidentTag, TenantKeys};
use domain::{Generation, TenantScope};
use objects::{ObjectName, RangedReader};

use crate::{
    ManifestError,
    block::{BlockWriter, Blocks},
    reader::BlockReader,
};

/// Bytes of a row.
const ROW: usize = 32;
const ROWS_PER_BLOCK: usize = 1_500;
/// What the blocks hold.
const HOLDING: &str = "rows";
/// Stands for a row that the rules refuse.
const REFUSED: [u8; ROW] = [0; ROW];

/// What the check leaves of an accepted row, so that the load need not read the row again to
/// compare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedRow {
    /// Tag of the resident whose row it is.
    pub tag: ResidentTag,
    /// Fingerprint of its content.
    pub fingerprint: Fingerprint,
}

/// Seals the rows of a chunk, in the order of the file. Holds all of them, sealed.
pub struct RowsWriter(BlockWriter);

impl RowsWriter {
    /// Begins the object `name`. A file under check has no generation yet: its rows are sealed under
    /// the key of generation 0.
    #[must_use]
    pub fn new(scope: &TenantScope, keys: &TenantKeys, name: &ObjectName) -> Self {
        let blocks = Blocks::new(scope, name, HOLDING);
        let full = ROWS_PER_BLOCK * ROW;
        Self(BlockWriter::new(blocks, keys, Generation::NONE, full))
    }

    /// Adds the next row; `None` for one that the rules refuse.
    pub fn push(&mut self, row: Option<&CheckedRow>) {
        let out = self.0.next();
        match row {
            Some(row) => {
                out.extend_from_slice(row.tag.as_bytes());
                out.extend_from_slice(row.fingerprint.as_bytes());
            }
            None => out.extend_from_slice(&REFUSED),
        }
    }

    /// The whole object.
    #[must_use]
    pub fn finish(mut self) -> Bytes {
        self.0.end();
        self.0.sealed.into()
    }
}

/// Reads the rows of a chunk in the order of the file, a block of them at a time.
pub struct RowsReader(BlockReader);

impl RowsReader {
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

    /// The next rows, `None` after the last; a row is `None` where the rules refuse it. An object
    /// that was cut is damaged.
    pub async fn next_rows(
        &mut self,
    ) -> Result<Option<impl Iterator<Item = Option<CheckedRow>> + '_>, ManifestError> {
        let block = self.0.next().await?;
        Ok(block.map(|block| block.as_chunks::<ROW>().0.iter().map(read)))
    }
}

fn read(bytes: &[u8; ROW]) -> Option<CheckedRow> {
    let (tag, rest) = bytes.split_first_chunk::<16>()?;
    let (fingerprint, _) = rest.split_first_chunk::<16>()?;
    (*bytes != REFUSED).then(|| CheckedRow {
        tag: ResidentTag::from_bytes(*tag),
        fingerprint: Fingerprint::from_bytes(*fingerprint),
    })
}
