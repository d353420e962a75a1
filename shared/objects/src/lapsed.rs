use domain::TenantScope;

use crate::{ObjectName, Objects, ObjectsError};

impl Objects {
    /// All manifests of the tenant that were not deleted, in no order to rely on.
    pub async fn manifests(&self, scope: &TenantScope) -> Result<Vec<ObjectName>, ObjectsError> {
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .client(scope)
                .list_objects_v2()
                .bucket(&*self.bucket)
                .prefix(ObjectName::manifests_folder(scope))
                .set_continuation_token(after)
                .send()
                .await
                .map_err(|error| ObjectsError::from_sdk("ListObjectsV2", &error))?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            names.extend(keys.filter_map(|key| ObjectName::manifest_at(scope, key)));
            after = page.next_continuation_token;
            if after.is_none() {
                return Ok(names);
            }
        }
    }

    /// Deletes what one of our functions wrote. Its versions stay for as long as the bucket keeps
    /// earlier ones. Deleting what is gone already is no error.
    pub async fn delete(&self, scope: &TenantScope, name: &ObjectName) -> Result<(), ObjectsError> {
        self.client(scope)
            .delete_object()
            .bucket(&*self.bucket)
            .key(name.key(scope))
            .send()
            .await
            .map_err(|error| ObjectsError::from_sdk("DeleteObject", &error))?;
        Ok(())
    }
}
