use std::collections::BTreeMap;

use bytes::Bytes;
use domain::TenantScope;
use layouts::{ColumnMapping, Header, Layout, Rows, Rules};
use objects::{ObjectName, Objects, PinnedObject};
use store::{ChunkPlan, Upload};

use crate::{DroppedFile, ErrorsFile, Mark, Places, RereadError};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A file that was checked, open to be read again: the same version, header and rules, so that every record
/// comes out as it did.
pub struct CheckedFile<'a, L> {
    drop: &'a Objects,
    scope: &'a TenantScope,
    upload: &'a Upload,
    object: PinnedObject,
    header: Header<L>,
    rules: Rules,
}

impl<'a, L: Layout> CheckedFile<'a, L> {
    /// Opens it in the drop bucket. `columns`: the municipality's names of columns and ours, as the check used them.
    pub async fn open(
        drop: &'a Objects,
        scope: &'a TenantScope,
        upload: &'a Upload,
        columns: BTreeMap<String, String>,
    ) -> Result<Self, RereadError> {
        let mapping = ColumnMapping::of::<L>(columns).map_err(|_| differs("column mapping"))?;
        let object = PinnedObject::noted(scope, &upload.key, &upload.version)?;
        let bytes = drop.read_range(scope, &object, 0..upload.header_end);
        let bytes = bytes.await?;
        let encoding = upload.encoding.ok_or(differs("encoding"))?;
        let cells = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        Ok(Self {
            header: Header::bind(cells, encoding, &mapping).map_err(|_| differs("header"))?,
            rules: Rules {
                tenant: scope.code(),
                today: upload.checked_on.ok_or(differs("day of the check"))?,
                max_bytes: u64::MAX,
            },
            drop,
            scope,
            upload,
            object,
        })
    }

    /// Its header, bound as it was.
    #[must_use]
    pub const fn header(&self) -> &Header<L> {
        &self.header
    }

    /// Where it lies.
    #[must_use]
    pub const fn dropped(&self) -> DroppedFile<'_> {
        DroppedFile {
            drop: self.drop,
            scope: self.scope,
            object: &self.object,
        }
    }

    /// The bytes of a chunk.
    pub async fn bytes(&self, plan: &ChunkPlan) -> Result<Bytes, RereadError> {
        let bytes = self
            .drop
            .read_range(self.scope, &self.object, plan.from..plan.to);
        Ok(bytes.await?)
    }

    /// The records of a chunk, out of its bytes.
    #[must_use]
    pub fn rows<'b>(&'b self, plan: &ChunkPlan, bytes: &'b [u8]) -> Rows<'b, L> {
        let (row, line) = (plan.first_row, plan.first_line);
        Rows::new(&self.header, self.rules, bytes, row, line)
    }

    /// Hands the accepted rows of a chunk to `sink`, in order, each with its index; how many of its rows the
    /// check refused, as its list in the bucket `work` says.
    ///
    /// A record that was accepted must be accepted again, for the rules and the day are the same.
    pub async fn accepted<E: From<RereadError>>(
        &self,
        work: &Objects,
        plan: &ChunkPlan,
        mut sink: impl FnMut(u32, &L::Row<'_>) -> Result<(), E>,
    ) -> Result<u64, E> {
        let refused = refused_of(work, self.scope, self.upload, plan).await?;
        let bytes = self.bytes(plan).await?;
        let mut records = self.rows(plan, &bytes);
        let mut refused_ahead = refused.iter().peekable();
        while let Some(record) = records.next().map_err(|_| differs("a record"))? {
            if refused_ahead.next_if(|it| **it == record.index).is_some() {
                continue;
            }
            let row = record.row.map_err(|_| differs("an accepted row"))?;
            sink(record.index, &row)?;
        }
        Ok(refused.len() as u64)
    }

    /// Where its records stand, by the chunks that begin at `marks` and end at `end`.
    #[must_use]
    pub const fn places<'b>(&'b self, marks: &'b [Mark], end: u64) -> Places<'b, L> {
        Places {
            header: &self.header,
            rules: self.rules,
            marks,
            end,
        }
    }

    /// Begins its `errors.csv` anew.
    pub fn errors(&self) -> Result<ErrorsFile<'_>, RereadError> {
        ErrorsFile::begin(self.dropped(), self.upload.id, &self.header)
    }
}

impl From<&ChunkPlan> for Mark {
    /// The first record of the chunk.
    fn from(plan: &ChunkPlan) -> Self {
        Self {
            row: plan.first_row,
            line: plan.first_line,
            from: plan.from,
        }
    }
}

/// Indexes of records of a chunk that the check refused, ascending: its entries of the list that the check
/// left in the bucket `work`.
pub async fn refused_of(
    work: &Objects,
    scope: &TenantScope,
    upload: &Upload,
    plan: &ChunkPlan,
) -> Result<Vec<u32>, RereadError> {
    let among = u64::from(plan.refused_from) * 4..u64::from(plan.refused_to) * 4;
    if among.is_empty() {
        return Ok(Vec::new());
    }
    let version = upload.refused_version.as_deref();
    let version = version.ok_or(differs("list of refused records"))?;
    let object = PinnedObject::written(scope, &ObjectName::Refused(upload.id), version);
    let bytes = work.read_range(scope, &object, among).await?;
    let (whole, _) = bytes.as_chunks::<4>();
    Ok(whole
        .iter()
        .map(|bytes| u32::from_be_bytes(*bytes))
        .collect())
}

const fn differs(what: &'static str) -> RereadError {
    RereadError::NotAsRead { what }
}
