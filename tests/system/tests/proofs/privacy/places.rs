//! Where something could leak: every byte that a stack keeps, but for the files as they came.

use std::{fs, path::Path};

use aws_sdk_s3::primitives::ByteStream;
use data_encoding::BASE64;
use serde_json::{Value, json};
use system::{log::Log, town::Town};

/// Some bytes by the name of where they lie.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Place {
    pub(crate) fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            bytes,
        }
    }
}

/// Everything in the folder of a stack that may not hold a person, and the same once more as its
/// services answer it, so that nothing hides in how a database lays out its pages.
pub(crate) async fn places(town: &Town, folder: &Path) -> Vec<Place> {
    let mut places: Vec<Place> = files(folder)
        .into_iter()
        .filter(|(_, object)| !may_hold_persons(object.as_deref()))
        .map(|(place, _)| place)
        .collect();
    let names: Vec<_> = places.iter().map(|place| place.name.as_str()).collect();
    for kept in [
        "dynamodb.sqlite",
        "dynamodb.sqlite-wal",
        "queues.journal",
        "kms",
    ] {
        assert!(
            names.iter().any(|name| name.contains(kept)),
            "{kept} is in {names:?}"
        );
    }
    let mut table = Vec::new();
    for item in town.items().await.values() {
        table.extend(item.as_bytes());
        bytes_in(&serde_json::from_str(item).unwrap(), &mut table);
    }
    places.push(Place::new("the table", table));
    let keys = town.whole().await.objects.into_iter();
    let keys: Vec<String> = keys
        .map(|(bucket, key, _)| format!("{bucket}/{key}"))
        .collect();
    places.push(Place::new("object names", keys.join("\n").into_bytes()));
    places
}

/// The bytes of dropped files, of `errors.csv` and of exports, where people may stand.
pub(crate) fn exempt(folder: &Path) -> Vec<Place> {
    let files = files(folder).into_iter();
    files
        .filter(|(_, object)| may_hold_persons(object.as_deref()))
        .map(|(place, object)| Place::new(object.unwrap_or_default(), place.bytes))
        .collect()
}

pub(crate) fn logs(log: &Log) -> Place {
    let text = log.text();
    assert!(text.lines().count() > 1, "hardly anything is logged");
    Place::new("the log", text.into_bytes())
}

/// An object by `bucket/key`, where the file holds the bytes of one.
fn may_hold_persons(object: Option<&str>) -> bool {
    object.is_some_and(|object| {
        object.starts_with("drop/inbox/")
            || object.starts_with("drop/outbox/")
                && (object.ends_with("/errors.csv")
                    || object.contains("/exports/") && !object.ends_with("/manifest.json"))
    })
}

/// All files below, each with the object whose bytes it holds.
fn files(folder: &Path) -> Vec<(Place, Option<String>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            let place = Place::new(path.display().to_string(), fs::read(&path).unwrap());
            files.push((place, object(&path)));
        }
    }
    files
}

fn object(path: &Path) -> Option<String> {
    if path.extension()? != "bytes" {
        return None;
    }
    let described = fs::read(path.with_extension("json"));
    let described = described.or_else(|_| fs::read(path.with_extension("unannounced.json")));
    let described: Value = serde_json::from_slice(&described.ok()?).ok()?;
    let bucket = path.parent()?.file_name()?.to_str()?;
    Some(format!("{bucket}/{}", described["key"].as_str()?))
}

/// Binary attributes as they are, not as JSON writes them.
fn bytes_in(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text) if name == "B" => {
                        out.extend(BASE64.decode(text.as_bytes()).unwrap());
                        out.push(b'\n');
                    }
                    _ => bytes_in(value, out),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| bytes_in(value, out)),
        _ => {}
    }
}

async fn put(town: &Town, item: Value) {
    let request = json!({ "TableName": "records", "Item": item }).to_string();
    let services = town.stack.services();
    let answer = services.call_json("DynamoDB_20120810.PutItem", request.into());
    assert_eq!(answer.await.status(), 200);
}

pub(crate) async fn leak_into_item(town: &Town, text: &str) {
    put(
        town,
        json!({ "pk": { "S": "x" }, "sk": { "S": "1" }, "a": { "S": text } }),
    )
    .await;
}

pub(crate) async fn leak_into_key(town: &Town, text: &str) {
    put(
        town,
        json!({ "pk": { "S": format!("T#{text}") }, "sk": { "S": "1" } }),
    )
    .await;
}

pub(crate) async fn leak_into_bytes(town: &Town, bytes: &[u8]) {
    let bytes = BASE64.encode(bytes);
    put(
        town,
        json!({ "pk": { "S": "x" }, "sk": { "S": "2" }, "a": { "M": { "b": { "B": bytes } } } }),
    )
    .await;
}

/// Into a queue that feeds nobody.
pub(crate) async fn leak_into_queue(town: &Town, text: &str) {
    let queues = &town.stack.template().queues;
    let queue = queues.iter().find(|queue| queue.redrive.is_none()).unwrap();
    let request = json!({ "QueueUrl": queue.url, "MessageBody": BASE64.encode(text.as_bytes()) });
    let services = town.stack.services();
    let answer = services.call_json("AmazonSQS.SendMessage", request.to_string().into());
    assert_eq!(answer.await.status(), 200);
}

pub(crate) async fn leak_into_object(town: &Town, bucket: &str, key: &str, text: &str) {
    let body = ByteStream::from(text.as_bytes().to_vec());
    let put = town.s3().put_object().bucket(bucket).key(key).body(body);
    put.send().await.unwrap();
}
