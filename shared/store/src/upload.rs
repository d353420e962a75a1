use domain::{TenantScope, UploadId};

use crate::{
    Store, StoreError, Upload, UploadPage,
    item::{Item, Map, s},
    keys,
};

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
        for entry in answer.items() {
            let id = Item(entry).text("id")?.parse();
            let id = id.map_err(|_| StoreError::Damaged { what: "id" })?;
            items.extend(self.upload(scope, &id).await?);
        }
        let next = answer
            .last_evaluated_key()
            .map(|key| Item(key).text("sk").map(str::to_owned));
        Ok(UploadPage {
            items,
            next: next.transpose()?,
        })
    }
}
