//! Doses that wait for somebody to have their coupon.

use crypto::{Tag, TenantKeys};
use domain::TenantScope;

use super::{WaitingDose, WaitingKey, item::Opener};
use crate::{Store, StoreError, item::s, keys, page::all};

/// Partition and sort key.
pub(super) fn place(scope: &TenantScope, key: &WaitingKey) -> (String, String) {
    (
        keys::waiting_doses(scope, &key.coupon),
        keys::waiting_dose_sk(key),
    )
}

impl Store {
    /// One waiting dose, settled or not; `None` when there is none.
    pub async fn waiting_dose(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        key: &WaitingKey,
    ) -> Result<Option<WaitingDose>, StoreError> {
        let (pk, sk) = place(scope, key);
        let item = self.get(scope, pk, &sk).await?;
        let opener = Opener { scope, keys };
        item.map(|item| opener.waiting(&item)).transpose()
    }

    /// All that wait for a coupon, settled or not, by programme and number.
    pub async fn waiting_for(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        coupon: &Tag,
    ) -> Result<Vec<WaitingDose>, StoreError> {
        let opener = Opener { scope, keys };
        let query = self
            .client(scope)
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(keys::waiting_doses(scope, coupon)));
        let items = all(query).await?;
        items.iter().map(|item| opener.waiting(item)).collect()
    }
}
