use aws_sdk_s3::Client;

use crate::ObjectsError;

const CALL: &str = "ListObjectVersions";

/// What a read of a version failed for.
///
/// S3 says that an object is gone only to those who may list the whole bucket, and nobody who works
/// for one tenant may; to them it says "denied". So a denial is looked into: the versions under this
/// one key, which lies in a folder that the tenant may list, tell whether it is there.
pub(crate) async fn denied_or_gone(
    client: &Client,
    bucket: &str,
    key: &str,
    version: &str,
    error: ObjectsError,
) -> ObjectsError {
    if !error.is_denial() {
        return error;
    }
    match is_there(client, bucket, key, version).await {
        Ok(false) => ObjectsError::Gone,
        Err(passing) if passing.is_passing() => passing,
        Ok(true) | Err(_) => error,
    }
}

async fn is_there(
    client: &Client,
    bucket: &str,
    key: &str,
    version: &str,
) -> Result<bool, ObjectsError> {
    let (mut after_key, mut after_version) = (None, None);
    loop {
        let page = client
            .list_object_versions()
            .bucket(bucket)
            .prefix(key)
            .set_key_marker(after_key)
            .set_version_id_marker(after_version)
            .send()
            .await
            .map_err(|error| ObjectsError::from_sdk(CALL, &error))?;
        let mut versions = page.versions().iter();
        if versions.any(|it| it.key() == Some(key) && it.version_id() == Some(version)) {
            return Ok(true);
        }
        (after_key, after_version) = (page.next_key_marker, page.next_version_id_marker);
        // Keys come in their order, and this one is the first that begins with itself.
        if after_key.as_deref() != Some(key) {
            return Ok(false);
        }
    }
}
