//! A municipality leaves: its branch key goes first, then everything else of it.
//!
//! Without its branch key nothing of the municipality's opens any more, whatever is still there. Its items are
//! found by reading both tables from end to end, which no function may do and an operator pays for by the
//! gigabyte: no key of the table leads from a municipality to all that begins with its name. Objects go with all
//! their versions. What others were answered by it stands in their logs and stays.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use domain::{TenantCode, TenantScope};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::{entries_of, partitions_of};

/// Items that one call may delete.
const BATCH: usize = 25;
/// Calls under way at once.
const AT_ONCE: usize = 8;
/// Before asking again for what a call left undone.
const PAUSE: Duration = Duration::from_millis(100);
/// How often what is left undone is asked for again.
const TRIES: u32 = 100;
/// What of the tables' keys is named where.
const KEY: [&str; 2] = ["pk", "sk"];

/// Where a municipality's things are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The table `records`.
    pub records: String,
    /// The index of holders.
    pub holders: String,
    /// The drop bucket.
    pub drop: String,
    /// The bucket of manifests.
    pub work: String,
}

/// Erases with an operator's own rights.
pub struct Erasing {
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    places: Places,
}

/// What was there, and is there no more.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Items of `records`.
    pub items: u64,
    /// Entries of the index of holders.
    pub entries: u64,
    /// Versions of objects, and marks of deleted ones.
    pub versions: u64,
}

impl Erasing {
    /// `config` says where the tables are and with whose rights they are asked.
    #[must_use]
    pub fn new(config: &SdkConfig, s3: aws_sdk_s3::Client, places: Places) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            s3,
            places,
        }
    }

    /// Erases all of the municipality. What breaks off can be run again; so can what is done, and then finds
    /// nothing but what a function that was under way has left.
    pub async fn erase(&self, tenant: TenantCode) -> Result<Erased> {
        let scope = TenantScope::for_operator(tenant);
        let prefix = partitions_of(&scope);
        let first = format!("{prefix}TENANT");
        let items = self.erase_partition(&first).await?
            + self
                .erase_items(&self.places.records, "begins_with(pk, :it)", &prefix)
                .await?;
        let entries = self
            .erase_items(
                &self.places.holders,
                "begins_with(sk, :it)",
                &entries_of(&scope),
            )
            .await?;
        let mut versions = 0;
        for (bucket, folder) in [
            (&self.places.drop, "inbox"),
            (&self.places.drop, "outbox"),
            (&self.places.work, "tenants"),
            (&self.places.work, "rows"),
        ] {
            versions += self
                .erase_versions(bucket, &format!("{folder}/{tenant}/"))
                .await?;
        }
        Ok(Erased {
            items,
            entries,
            versions,
        })
    }

    /// Settings and wrapped branch keys.
    async fn erase_partition(&self, pk: &str) -> Result<u64> {
        let found = self
            .dynamodb
            .query()
            .table_name(&self.places.records)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .projection_expression(KEY.join(", "))
            .send()
            .await
            .context("the municipality's keys cannot be read")?;
        self.delete(&self.places.records, found.items.unwrap_or_default())
            .await
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "an operator, who may read everything, looks for all of one municipality"
    )]
    async fn erase_items(&self, table: &str, which: &str, it: &str) -> Result<u64> {
        let mut pages = self
            .dynamodb
            .scan()
            .table_name(table)
            .filter_expression(which)
            .expression_attribute_values(":it", AttributeValue::S(it.to_owned()))
            .projection_expression(KEY.join(", "))
            .into_paginator()
            .send();
        let mut deleted = 0;
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("table {table} cannot be read"))?;
            deleted += self.delete(table, page.items.unwrap_or_default()).await?;
        }
        Ok(deleted)
    }

    async fn delete(&self, table: &str, keys: Vec<HashMap<String, AttributeValue>>) -> Result<u64> {
        let count = keys.len() as u64;
        let batches: Vec<_> = keys.chunks(BATCH).map(<[_]>::to_vec).collect();
        stream::iter(batches)
            .map(|batch| self.delete_batch(table, batch))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        Ok(count)
    }

    async fn delete_batch(
        &self,
        table: &str,
        keys: Vec<HashMap<String, AttributeValue>>,
    ) -> Result<()> {
        let deletes = keys.into_iter().map(|key| {
            let delete = DeleteRequest::builder().set_key(Some(key)).build()?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        });
        let deletes: Vec<_> = deletes.collect::<Result<_>>()?;
        let mut left = HashMap::from([(table.to_owned(), deletes)]);
        for _ in 0..TRIES {
            let call = self.dynamodb.batch_write_item();
            let answer = call.set_request_items(Some(left)).send().await;
            let answer = answer.with_context(|| format!("table {table} cannot be written"))?;
            left = answer.unprocessed_items.unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("table {table} takes no more for now; run this again")
    }

    async fn erase_versions(&self, bucket: &str, prefix: &str) -> Result<u64> {
        let mut deleted = 0;
        loop {
            let list = self.s3.list_object_versions().bucket(bucket);
            let page = list.prefix(prefix).send().await;
            let page = page.with_context(|| format!("bucket {bucket} cannot be listed"))?;
            let versions = page.versions().iter();
            let versions = versions.map(|it| (it.key(), it.version_id()));
            let marks = page.delete_markers().iter();
            let marks = marks.map(|it| (it.key(), it.version_id()));
            let all = versions.chain(marks).map(|(key, version)| {
                let id = ObjectIdentifier::builder();
                let id = id.key(key.unwrap_or_default());
                Ok(id.set_version_id(version.map(str::to_owned)).build()?)
            });
            let all: Vec<_> = all.collect::<Result<_>>()?;
            if all.is_empty() {
                return Ok(deleted);
            }
            let count = all.len() as u64;
            let delete = Delete::builder().set_objects(Some(all)).quiet(true);
            let call = self.s3.delete_objects().bucket(bucket);
            let answer = call.delete(delete.build()?).send().await;
            let answer = answer.with_context(|| format!("bucket {bucket} cannot be emptied"))?;
            let kept = answer.errors().len();
            ensure!(
                kept == 0,
                "bucket {bucket} keeps {kept} versions under {prefix}: {}",
                answer.errors()[0].code().unwrap_or("no code")
            );
            deleted += count;
        }
    }
}
