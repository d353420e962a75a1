//! What a check leaves of every row for the load: tag and fingerprint, an object for each chunk.

use std::sync::Arc;

use bytes::Bytes;
use crypto::TenantKeys;
use domain::{ResidentRow, TenantScope, UploadId};
use manifest::{CheckedRow, RowsWriter};
use objects::ObjectName;
use store::write_profile;

use crate::{ReceiveError, ReceiveUpload, receive::ClaimedUpload};

/// Gathers the rows of one chunk after the other.
pub(crate) struct ChunkRows<'a> {
    scope: &'a TenantScope,
    upload: UploadId,
    keys: Arc<TenantKeys>,
    content: Vec<u8>,
    open: Option<RowsWriter>,
    number: u32,
    whole: Vec<(ObjectName, Bytes)>,
}

impl<'a> ChunkRows<'a> {
    pub(crate) fn new(scope: &'a TenantScope, upload: UploadId, keys: Arc<TenantKeys>) -> Self {
        Self {
            scope,
            upload,
            keys,
            content: Vec::with_capacity(256),
            open: None,
            number: 0,
            whole: Vec::new(),
        }
    }

    /// Adds a row that the rules accept; what is left of it.
    pub(crate) fn accept(&mut self, row: &ResidentRow<'_>) -> CheckedRow {
        self.content.clear();
        write_profile(row, &mut self.content);
        let row = CheckedRow {
            tag: self.keys.resident_tag(row.number),
            fingerprint: self.keys.fingerprint(&self.content),
        };
        self.open().push(Some(&row));
        row
    }

    /// Adds a row that the rules refuse.
    pub(crate) fn refuse(&mut self) {
        self.open().push(None);
    }

    /// The chunk ends here.
    pub(crate) fn close(&mut self) {
        if let Some(rows) = self.open.take() {
            let name = ObjectName::Rows(self.upload, self.number);
            self.whole.push((name, rows.finish()));
            self.number += 1;
        }
    }

    /// The chunks that are whole and were not taken before.
    pub(crate) fn take_whole(&mut self) -> Vec<(ObjectName, Bytes)> {
        std::mem::take(&mut self.whole)
    }

    fn open(&mut self) -> &mut RowsWriter {
        self.open.get_or_insert_with(|| {
            let name = ObjectName::Rows(self.upload, self.number);
            RowsWriter::new(self.scope, &self.keys, &name)
        })
    }
}

impl ReceiveUpload {
    /// Writes the rows of whole chunks and notes the versions, chunk by chunk.
    pub(crate) async fn leave_rows(
        &self,
        claimed: &ClaimedUpload<'_>,
        whole: Vec<(ObjectName, Bytes)>,
        versions: &mut Vec<String>,
    ) -> Result<(), ReceiveError> {
        for (name, bytes) in whole {
            versions.push(self.work.put_small(claimed.scope, &name, bytes).await?);
        }
        Ok(())
    }
}
