use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use domain::{ExportId, TenantScope, UploadId};
use jiff::{SignedDuration, Timestamp};

use crate::{ExportFile, InboxKey, MARK, ObjectName, Objects, ObjectsError};

const CALL: &str = "Presign";

/// How long what was left in an outbox is in sight.
const IN_SIGHT: SignedDuration = SignedDuration::from_hours(28 * 24);

/// Whether what was left in an outbox at `left` can still be read there.
#[must_use]
pub fn is_in_sight(left: Timestamp, now: Timestamp) -> bool {
    now.duration_since(left) < IN_SIGHT
}

/// A link that anybody who has it may follow until it expires. It is a secret and holds a name
/// chosen by people, so it does not print.
pub struct UploadLink {
    /// Where to PUT the file.
    pub url: String,
    /// Headers that must be sent along as they are.
    pub headers: Vec<(String, String)>,
    /// Until when.
    pub expires: Timestamp,
}

/// A link to read one object. A secret as well.
pub struct DownloadLink {
    /// Where to GET it.
    pub url: String,
    /// Until when.
    pub expires: Timestamp,
}

impl Objects {
    /// A link to drop one file under exactly this key, which is kept with `mark`: S3 takes the header that says it as
    /// it was signed, and no other.
    ///
    /// It may be followed more than once; each time makes a version, and so an upload, of its
    /// own. A PUT link cannot limit the size (S3 can sign a length, not a maximum), so files that
    /// are too large are refused after they arrived. Where the caller's credentials are temporary
    /// the link ends with them, even before `expires`.
    pub async fn upload_link(
        &self,
        scope: &TenantScope,
        key: &InboxKey,
        mark: &str,
        now: Timestamp,
        valid_for: Duration,
    ) -> Result<UploadLink, ObjectsError> {
        if key.tenant() != scope.code() {
            return Err(ObjectsError::Foreign);
        }
        let request = self
            .client(scope)
            .put_object()
            .bucket(&*self.bucket)
            .key(key.key())
            .metadata(MARK, mark)
            .presigned(times(now, valid_for)?)
            .await
            .map_err(|error| ObjectsError::from_sdk(CALL, &error))?;
        let headers = request
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(UploadLink {
            headers: headers.collect(),
            url: url(&request),
            expires: end(now, valid_for)?,
        })
    }

    /// A link to the receipt of an upload.
    pub async fn receipt_link(
        &self,
        scope: &TenantScope,
        upload: UploadId,
        now: Timestamp,
        valid_for: Duration,
    ) -> Result<DownloadLink, ObjectsError> {
        let name = ObjectName::Receipt(upload);
        self.download_link(scope, name, "receipt.json", now, valid_for)
            .await
    }

    /// A link to the refused rows of an upload, which a browser saves as `errors.csv`.
    pub async fn errors_link(
        &self,
        scope: &TenantScope,
        upload: UploadId,
        now: Timestamp,
        valid_for: Duration,
    ) -> Result<DownloadLink, ObjectsError> {
        let name = ObjectName::Errors(upload);
        self.download_link(scope, name, "errors.csv", now, valid_for)
            .await
    }

    /// A link to the answers to a file of inquiries, which a browser saves as `answers.csv`.
    pub async fn answers_link(
        &self,
        scope: &TenantScope,
        upload: UploadId,
        now: Timestamp,
        valid_for: Duration,
    ) -> Result<DownloadLink, ObjectsError> {
        let name = ObjectName::Answers(upload);
        self.download_link(scope, name, "answers.csv", now, valid_for)
            .await
    }

    /// A link to a file of an export.
    pub async fn export_link(
        &self,
        scope: &TenantScope,
        export: ExportId,
        file: ExportFile,
        now: Timestamp,
        valid_for: Duration,
    ) -> Result<DownloadLink, ObjectsError> {
        let name = ObjectName::Export(export, file);
        self.download_link(scope, name, &file.name(), now, valid_for)
            .await
    }

    async fn download_link(
        &self,
        scope: &TenantScope,
        name: ObjectName,
        saved_as: &str,
        now: Timestamp,
        valid_for: Duration,
    ) -> Result<DownloadLink, ObjectsError> {
        let request = self
            .client(scope)
            .get_object()
            .bucket(&*self.bucket)
            .key(name.key(scope))
            // Never shown as a page of the bucket's own host.
            .response_content_disposition(format!("attachment; filename=\"{saved_as}\""))
            .presigned(times(now, valid_for)?)
            .await
            .map_err(|error| ObjectsError::from_sdk(CALL, &error))?;
        Ok(DownloadLink {
            url: url(&request),
            expires: end(now, valid_for)?,
        })
    }
}

/// S3 takes up to seven days.
fn times(now: Timestamp, valid_for: Duration) -> Result<PresigningConfig, ObjectsError> {
    PresigningConfig::builder()
        .start_time(SystemTime::from(now))
        .expires_in(valid_for)
        .build()
        .map_err(|_| ObjectsError::ours(CALL, "ExpiryTooFar"))
}

fn end(now: Timestamp, valid_for: Duration) -> Result<Timestamp, ObjectsError> {
    now.checked_add(valid_for)
        .map_err(|_| ObjectsError::ours(CALL, "ExpiryTooFar"))
}

fn url(request: &PresignedRequest) -> String {
    request.uri().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_in_sight_to_the_last_millisecond_of_28_days() {
        let left = Timestamp::UNIX_EPOCH;
        let end = left + SignedDuration::from_hours(28 * 24);
        assert!(is_in_sight(left, end - SignedDuration::from_millis(1)));
        assert!(!is_in_sight(left, end));
    }
}
