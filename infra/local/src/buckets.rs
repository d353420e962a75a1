//! The buckets of the template, and where their events go.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;
use domain::Clock;

use crate::{
    s3::{self, LocalS3},
    sqs::LocalSqs,
    stack::ACCESS_KEY,
    template::Bucket,
};

/// S3 whose events go where the template sends them.
pub(crate) fn open(
    data: Option<&PathBuf>,
    buckets: &[Bucket],
    sqs: &LocalSqs,
    clock: &Arc<dyn Clock>,
    region: &str,
) -> Result<LocalS3> {
    let mut receivers = Vec::new();
    for bucket in buckets {
        for notification in &bucket.notifications {
            let queue = sqs.by_arn(&notification.queue)?;
            receivers.push((bucket.name.clone(), notification.prefix.clone(), queue));
        }
    }
    let (sqs, region) = (sqs.clone(), region.to_owned());
    let on_created: s3::OnCreated = Arc::new(move |created: s3::ObjectCreated| {
        let mut taken_in = true;
        for (bucket, prefix, queue) in &receivers {
            if *bucket == created.bucket
                && created.key.starts_with(prefix)
                && let Err(error) =
                    sqs.send(*queue, &created.to_notification(&region), Duration::ZERO)
            {
                taken_in = false;
                tracing::error!(
                    error = format!("{error:#}"),
                    "an event was not taken in; the next start sends it again"
                );
            }
        }
        taken_in
    });
    let storage = data.map_or(s3::Storage::Memory, |folder| {
        s3::Storage::Folder(folder.join("s3"))
    });
    let cors = buckets.iter().flat_map(|bucket| {
        let rules = bucket.cors.iter();
        rules.map(|rule| (bucket.name.clone(), rule.clone()))
    });
    let cors: Vec<_> = cors.collect();
    let buckets: Vec<_> = buckets
        .iter()
        .map(|bucket| s3::BucketSpec {
            name: bucket.name.clone(),
            versioned: true,
        })
        .collect();
    let credentials = s3::Credentials {
        access_key: ACCESS_KEY.to_owned(),
        secret_key: ACCESS_KEY.to_owned(),
    };
    let s3 = LocalS3::new(
        storage,
        &buckets,
        &credentials,
        on_created,
        Arc::clone(clock),
    )?;
    Ok(s3.with_cors(cors))
}
