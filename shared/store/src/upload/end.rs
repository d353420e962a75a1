//! The end of a load whose rows come into force one by one, without a generation.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{TenantScope, UploadId, UploadState};
use jiff::Timestamp;

use crate::{
    Store, StoreError, Upload,
    item::{counts, s, time},
    keys,
    transaction::Change,
    upload::{STATE, UPLOAD},
};

/// What only a load finds out of a file whose rows need no generation, to be kept with its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadEnd {
    /// All refused rows by code, those of the check included.
    pub problems: BTreeMap<String, u64>,
    /// All notices by code, those of the check included.
    pub notices: BTreeMap<String, u64>,
    /// Whether there is an `errors.csv`.
    pub has_errors: bool,
}

impl LoadEnd {
    /// What the check found out; the load adds to it.
    #[must_use]
    pub fn of_check(upload: &Upload) -> Self {
        Self {
            problems: upload.problems.clone(),
            notices: upload.notices.clone(),
            has_errors: upload.has_errors,
        }
    }
}

impl Store {
    /// Ends the load of such a file, all of whose chunks are done.
    ///
    /// [`StoreError::Moved`] when it has ended, or a chunk is not done.
    pub async fn end_load(
        &self,
        scope: &TenantScope,
        id: &UploadId,
        end: &LoadEnd,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(
            scope,
            Change {
                pk: keys::upload(scope, id),
                sk: UPLOAD,
                update: "SET #state = :ended, moved_at = :now, problems = :problems, \
                     notices = :notices, has_errors = :has_errors",
                condition: Some(
                    "#state = :loading AND chunks_done = chunks \
                        AND attribute_not_exists(generation)",
                ),
                names: STATE,
                values: vec![
                    (":loading", s(UploadState::Loading.as_str())),
                    (":ended", s(UploadState::InForce.as_str())),
                    (":now", time(now)),
                    (":problems", counts(&end.problems)),
                    (":notices", counts(&end.notices)),
                    (":has_errors", AttributeValue::Bool(end.has_errors)),
                ],
            },
        )
        .await
    }
}
