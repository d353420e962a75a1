//! A municipality's drop folder: files go into its inbox, receipts come out of its outbox.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_s3::primitives::ByteStream;
use domain::{FileKind, TenantCode, TenantScope, UploadId};
use objects::{InboxKey, upload_of};
use serde_json::Value;

use crate::http::{Answer, Api};
use crate::patience::PATIENCE;
use crate::reach::on_aws;
use crate::receipt::Receipt;

/// The bucket of a running `vrs serve` into which files are dropped.
pub(crate) const DROP_BUCKET: &str = "drop";
/// Where what became of it cannot be asked.
const DROPPED: &str =
    "the file is dropped and need not be dropped again, but its receipt cannot be had";
/// A running `vrs serve` lists a file as soon as it is noticed.
const LISTED: Duration = Duration::from_mins(1);

/// A file as it was dropped.
pub(crate) struct Dropped {
    file: String,
    key: String,
    /// Version of the object.
    version: String,
}

/// The inbox and the outbox of one municipality.
pub(crate) struct DropFolder {
    s3: aws_sdk_s3::Client,
    bucket: String,
    tenant: TenantCode,
}

/// Where receipts are read.
pub(crate) trait Receipts {
    /// How long to wait for the first receipt of a file.
    fn patience(&self) -> Duration;

    /// Whether receipts say how far a file is while it loads.
    fn sees_steps(&self) -> bool;

    /// The receipt of a dropped file, if there is one yet.
    async fn find(&self, dropped: &Dropped) -> Result<Option<Receipt>>;

    /// The receipt of an upload that has one.
    async fn read(&self, id: &str) -> Result<Receipt>;
}

impl DropFolder {
    pub(crate) fn new(s3: aws_sdk_s3::Client, bucket: &str, tenant: TenantCode) -> Self {
        Self {
            s3,
            bucket: bucket.to_owned(),
            tenant,
        }
    }

    /// On AWS, with the settings of the AWS command line.
    pub(crate) async fn on_aws(bucket: &str, tenant: TenantCode) -> Result<Self> {
        let s3 = aws_sdk_s3::Client::new(&on_aws().await?);
        Ok(Self::new(s3, bucket, tenant))
    }

    /// Puts a file into the inbox under this name; refuses names that would not be read as a file there.
    pub(crate) async fn put(
        &self,
        kind: FileKind,
        name: &str,
        body: ByteStream,
    ) -> Result<Dropped> {
        let scope = TenantScope::for_operator(self.tenant);
        let key = InboxKey::for_drop(&scope, kind, name)?.key();
        let put = self.s3.put_object().bucket(&self.bucket).key(&key);
        let answer = put.body(body).send().await.with_context(|| {
            let bucket = &self.bucket;
            format!("bucket {bucket} did not take it; are its name (--bucket), region and credentials right?")
        })?;
        let version = answer
            .version_id()
            .context("the bucket keeps no versions")?;
        Ok(Dropped {
            file: name.to_owned(),
            version: version.to_owned(),
            key,
        })
    }

    /// The id that `receive-upload` derives.
    fn upload_of(&self, dropped: &Dropped) -> UploadId {
        upload_of(&self.bucket, &dropped.key, &dropped.version)
    }

    fn receipt_of(&self, id: &str) -> String {
        format!("outbox/{}/uploads/{id}/receipt.json", self.tenant)
    }
}

impl Receipts for DropFolder {
    fn patience(&self) -> Duration {
        // A large file is checked for minutes, and again when that was cut off, before there is a receipt.
        PATIENCE
    }

    /// `receipt.json` is not written with every chunk.
    fn sees_steps(&self) -> bool {
        false
    }

    /// Asks for the list first: whether an object is there at all is told only to who may list the bucket.
    async fn find(&self, dropped: &Dropped) -> Result<Option<Receipt>> {
        let id = self.upload_of(dropped).to_string();
        let list = self.s3.list_objects_v2().bucket(&self.bucket);
        let listed = list.prefix(self.receipt_of(&id)).send().await;
        let listed = listed.context("the file is dropped; cannot look into the outbox")?;
        if listed.contents().is_empty() {
            return Ok(None);
        }
        Ok(Some(self.read(&id).await?))
    }

    async fn read(&self, id: &str) -> Result<Receipt> {
        let get = self.s3.get_object().bucket(&self.bucket);
        let answer = get.key(self.receipt_of(id)).send().await;
        let body = answer
            .context("the file is dropped; cannot read its receipt")?
            .body;
        let body = body.collect().await.context("the receipt broke off")?;
        let receipt: Value = serde_json::from_slice(&body.into_bytes())?;
        Receipt::read(&receipt)
    }
}

impl Receipts for Api {
    fn patience(&self) -> Duration {
        LISTED
    }

    fn sees_steps(&self) -> bool {
        true
    }

    /// In the list of uploads. The same name may have been dropped before; only the version tells them apart.
    async fn find(&self, dropped: &Dropped) -> Result<Option<Receipt>> {
        let list = self.get("/uploads").await.and_then(Answer::ok);
        let list = list.context(DROPPED)?;
        let listed = list.get("uploads").and_then(Value::as_array);
        for upload in listed.into_iter().flatten() {
            if upload["file"] == dropped.file.as_str() {
                let receipt = self.read(upload["id"].as_str().unwrap_or_default()).await?;
                if receipt.version == dropped.version {
                    return Ok(Some(receipt));
                }
            }
        }
        Ok(None)
    }

    async fn read(&self, id: &str) -> Result<Receipt> {
        let path = format!("/uploads/{id}");
        let shown = self.get(&path).await.and_then(Answer::ok);
        Receipt::read(&shown.context(DROPPED)?)
    }
}
