//! Dropped files: their check, the decision about them, their chunks, the end of their load, and the list of them.

mod check;
mod chunk;
mod end;
mod held;
mod item;

use std::collections::{HashMap, HashSet};

use domain::{TenantScope, UploadId};

use crate::{
    Store, StoreError,
    item::{Item, Map, s},
    keys,
    many::MOST,
};

pub use check::{Acceptance, CheckClaim, Conclusion};
pub use chunk::{Chunk, ChunkClaim, ChunkPlan, ChunkState, LoadedRows};
pub use end::LoadEnd;
pub use held::{Confirmation, Confirming, Discarding, Release};
pub use item::{FileRefusal, HeldFor, Upload, UploadPage};

pub(crate) const UPLOAD: &str = "UPLOAD";
pub(crate) const STATE: &[(&str, &str)] = &[("#state", "state")];

impl Store {
    /// One dropped file.
    pub async fn upload(
        &self,
        scope: &TenantScope,
        id: &UploadId,
    ) -> Result<Option<Upload>, StoreError> {
        let item = self.get(scope, keys::upload(scope, id), UPLOAD).await?;
        item.map(|item| Upload::read(&item)).transpose()
    }

    /// The dropped files, newest first, `limit` to a page; `after` is the `next` of a page before.
    pub async fn uploads(
        &self,
        scope: &TenantScope,
        limit: u32,
        after: Option<String>,
    ) -> Result<UploadPage, StoreError> {
        let start = after.map(|sk| {
            Map::from([
                ("pk".to_owned(), s(keys::uploads(scope))),
                ("sk".to_owned(), s(sk)),
            ])
        });
        let answer = self
            .client(scope)
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(keys::uploads(scope)))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .consistent_read(true)
            .send()
            .await?;
        let mut items = Vec::with_capacity(answer.items().len());
        for entries in answer.items().chunks(MOST) {
            items.extend(self.uploads_listed(scope, entries).await?);
        }
        let next = answer
            .last_evaluated_key()
            .map(|key| Item(key).text("sk").map(str::to_owned));
        Ok(UploadPage {
            items,
            next: next.transpose()?,
        })
    }

    /// The files of some entries of the list, in their order.
    async fn uploads_listed(
        &self,
        scope: &TenantScope,
        entries: &[Map],
    ) -> Result<Vec<Upload>, StoreError> {
        let id = |entry| Item(entry).word("id");
        let ids: Vec<UploadId> = entries.iter().map(id).collect::<Result<_, _>>()?;
        let key = |id| (keys::upload(scope, id), UPLOAD.to_owned());
        // No call may name a key twice.
        let once: HashSet<&UploadId> = ids.iter().collect();
        let mut found = HashMap::with_capacity(once.len());
        let once: Vec<_> = once.into_iter().map(key).collect();
        for item in self.get_many(scope, &once).await? {
            let upload = Upload::read(&item)?;
            found.insert(upload.id, upload);
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }
}
