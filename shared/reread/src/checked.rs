//! What a check left to read the file by.

use std::ops::Range;

use domain::{TenantScope, UploadId};
use layouts::{ColumnMapping, Header, Layout};
use objects::{ObjectName, Objects, PinnedObject};

use crate::{DroppedFile, RereadError};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The header of a file that was checked: its first `header_end` bytes, in the encoding that the check
/// told (as the layouts write it), bound by the names that the municipality's system uses.
pub async fn header_of<L: Layout>(
    file: DroppedFile<'_>,
    header_end: u64,
    encoding: &str,
    mapping: &ColumnMapping,
) -> Result<Header<L>, RereadError> {
    let differs = |what| RereadError::NotAsRead { what };
    let bytes = file
        .drop
        .read_range(file.scope, file.object, 0..header_end)
        .await?;
    let encoding = encoding.parse().map_err(|_| differs("encoding"))?;
    let cells = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    Header::bind(cells, encoding, mapping).map_err(|_| differs("header"))
}

/// Indexes of records that the check refused, ascending: the entries `among` of the list that it left in
/// the bucket `work` as `version`.
pub async fn refused_among(
    work: &Objects,
    scope: &TenantScope,
    upload: UploadId,
    version: Option<&str>,
    among: Range<u32>,
) -> Result<Vec<u32>, RereadError> {
    if among.is_empty() {
        return Ok(Vec::new());
    }
    let version = version.ok_or(RereadError::NotAsRead {
        what: "list of refused records",
    })?;
    let object = PinnedObject::written(scope, &ObjectName::Refused(upload), version);
    let range = u64::from(among.start) * 4..u64::from(among.end) * 4;
    let bytes = work.read_range(scope, &object, range).await?;
    let (whole, _) = bytes.as_chunks::<4>();
    Ok(whole
        .iter()
        .map(|bytes| u32::from_be_bytes(*bytes))
        .collect())
}
