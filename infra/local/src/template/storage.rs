//! Tables, buckets and keys.

use anyhow::Result;
use serde_json::{Value, json};

use super::fields::Fields;
use crate::{iam::Policy, s3::CorsRule};

/// A DynamoDB table.
#[derive(Debug, Clone)]
pub struct Table {
    /// What `!Ref` of it gives.
    pub name: String,
    /// Body of the `CreateTable` call.
    pub definition: Value,
    /// Attribute that holds the second at which an item may go.
    pub ttl: Option<String>,
    /// Whether changes of its items can be followed.
    pub streams: bool,
}

/// An S3 bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// What `!Ref` of it gives.
    pub name: String,
    /// Where events of the bucket go.
    pub notifications: Vec<Notification>,
    /// Pages of which origins may call it.
    pub cors: Vec<CorsRule>,
}

/// Events of a bucket that go to a queue.
#[derive(Debug, Clone)]
pub struct Notification {
    /// Object keys that begin so.
    pub prefix: String,
    /// ARN of the queue.
    pub queue: String,
}

/// A KMS key.
#[derive(Debug, Clone)]
pub struct Key {
    /// What `!Ref` of it gives.
    pub id: String,
    /// What `!GetAtt` of its `Arn` gives.
    pub arn: String,
    /// What it can do.
    pub kind: KeyKind,
    /// Who may use it at all.
    pub policy: Policy,
}

/// What a key of KMS can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Encrypts and decrypts.
    Symmetric,
    /// Makes HMAC-SHA256.
    Hmac,
}

pub(super) fn table(name: String, mut fields: Fields) -> Result<Table> {
    fields.without_effect(&[
        (
            "PointInTimeRecoverySpecification",
            "backups are the folder's owner's business",
        ),
        (
            "SSESpecification",
            "what is personal in it is sealed before it comes to the table",
        ),
        ("WarmThroughput", "nothing is throttled here"),
        ("DeletionProtectionEnabled", "nothing here deletes tables"),
        ("TableName", "taken already"),
    ]);
    fields.only("BillingMode", "PAY_PER_REQUEST")?;
    let mut attributes = Vec::new();
    for mut attribute in fields.groups("AttributeDefinitions")? {
        attributes.push(json!({
            "AttributeName": attribute.text("AttributeName")?,
            "AttributeType": attribute.text("AttributeType")?,
        }));
        attribute.finish()?;
    }
    let mut key = Vec::new();
    for mut part in fields.groups("KeySchema")? {
        key.push(json!({
            "AttributeName": part.text("AttributeName")?,
            "KeyType": part.text("KeyType")?,
        }));
        part.finish()?;
    }
    let ttl = match fields.optional_group("TimeToLiveSpecification")? {
        None => None,
        Some(mut group) => {
            let attribute = group.text("AttributeName")?;
            let enabled = group.flag("Enabled", true)?;
            group.finish()?;
            enabled.then_some(attribute)
        }
    };
    let mut definition = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": key,
    });
    let mut streams = false;
    if let Some(mut stream) = fields.optional_group("StreamSpecification")? {
        stream.only("StreamViewType", "NEW_AND_OLD_IMAGES")?;
        stream.finish()?;
        definition["StreamSpecification"] =
            json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
        streams = true;
    }
    fields.finish()?;
    Ok(Table {
        name,
        definition,
        ttl,
        streams,
    })
}

pub(super) fn bucket(name: String, mut fields: Fields) -> Result<Bucket> {
    fields.without_effect(&[
        ("BucketName", "taken already"),
        ("OwnershipControls", "one account owns everything"),
        (
            "PublicAccessBlockConfiguration",
            "the stack listens on loopback only",
        ),
        (
            "BucketEncryption",
            "the folder's disk is its owner's business",
        ),
        (
            "LifecycleConfiguration",
            "nothing grows old in a trial; a pilot clears its folder by hand",
        ),
    ]);
    let mut versioning = fields.group("VersioningConfiguration")?;
    versioning.only("Status", "Enabled")?;
    versioning.finish()?;
    let mut notifications = Vec::new();
    if let Some(mut group) = fields.optional_group("NotificationConfiguration")? {
        for mut entry in group.groups("QueueConfigurations")? {
            entry.only("Event", "s3:ObjectCreated:*")?;
            let queue = entry.text("Queue")?;
            let prefix = match entry.optional_group("Filter")? {
                None => String::new(),
                Some(filter) => key_prefix(filter)?,
            };
            entry.finish()?;
            notifications.push(Notification { prefix, queue });
        }
        group.finish()?;
    }
    let cors = match fields.optional_group("CorsConfiguration")? {
        None => Vec::new(),
        Some(group) => cors_rules(group)?,
    };
    fields.finish()?;
    Ok(Bucket {
        name,
        notifications,
        cors,
    })
}

fn cors_rules(mut group: Fields) -> Result<Vec<CorsRule>> {
    let mut rules = Vec::new();
    for mut rule in group.groups("CorsRules")? {
        rules.push(CorsRule {
            origins: rule.texts("AllowedOrigins")?,
            methods: rule.texts("AllowedMethods")?,
            exposed: rule.texts("ExposedHeaders")?,
            max_age: rule.number("MaxAge", 0)?,
        });
        if rule.texts("AllowedHeaders")? != ["*"] {
            return Err(rule.refuse("AllowedHeaders", "should be [\"*\"]"));
        }
        rule.finish()?;
    }
    group.finish()?;
    Ok(rules)
}

fn key_prefix(mut filter: Fields) -> Result<String> {
    let mut key = filter.group("S3Key")?;
    filter.finish()?;
    let mut prefix = String::new();
    for mut rule in key.groups("Rules")? {
        rule.only("Name", "prefix")?;
        prefix = rule.text("Value")?;
        rule.finish()?;
    }
    key.finish()?;
    Ok(prefix)
}

pub(super) fn key(id: String, arn: String, mut fields: Fields) -> Result<Key> {
    fields.without_effect(&[
        ("Description", "for people"),
        (
            "EnableKeyRotation",
            "a year does not pass in a trial; a rotated key opens what it closed",
        ),
        ("PendingWindowInDays", "nothing here deletes keys"),
    ]);
    let kind = match fields.optional_text("KeySpec")?.as_deref() {
        None => KeyKind::Symmetric,
        Some("HMAC_256") => {
            fields.only("KeyUsage", "GENERATE_VERIFY_MAC")?;
            KeyKind::Hmac
        }
        Some(_) => return Err(fields.refuse("KeySpec", "is not known to the local stack")),
    };
    let policy = fields.policy("KeyPolicy")?;
    fields.finish()?;
    Ok(Key {
        id,
        arn,
        kind,
        policy,
    })
}

/// The policy of a bucket, with the bucket's ARN.
pub(super) fn bucket_policy(mut fields: Fields) -> Result<(String, Policy)> {
    let bucket = format!("arn:aws:s3:::{}", fields.text("Bucket")?);
    let policy = fields.policy("PolicyDocument")?;
    fields.finish()?;
    Ok((bucket, policy))
}
