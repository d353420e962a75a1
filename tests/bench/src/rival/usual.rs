//! In Rust, the usual way: `csv` into a struct of strings, attribute maps, `BatchWriteItem` of the plain SDK.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Result, bail};
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use csv::StringRecord;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::sealing::Keys;
use super::{Outcome, checks};
use crate::cloud::RECORDS;
use crate::process::Process;
use crate::register::TENANT;

/// A row of the file, by the names of its columns.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Row {
    #[serde(rename = "自治体コード")]
    pub(super) municipality: String,
    #[serde(rename = "個別宛名番号")]
    pub(super) number: String,
    #[serde(rename = "券番号")]
    pub(super) coupon: String,
    #[serde(rename = "個人番号")]
    pub(super) my_number: String,
    #[serde(rename = "氏名")]
    pub(super) name: String,
    #[serde(rename = "氏名カナ")]
    pub(super) kana: String,
    #[serde(rename = "生年月日")]
    pub(super) birth_date: String,
    #[serde(rename = "性別")]
    pub(super) sex: String,
    #[serde(rename = "異動区分")]
    pub(super) movement: String,
    #[serde(rename = "異動日")]
    pub(super) moved_on: String,
    #[serde(rename = "異動事由")]
    pub(super) reason: String,
    #[serde(rename = "支援措置")]
    pub(super) protected: String,
}

/// What is sealed of a resident.
#[derive(Serialize)]
struct Profile<'a> {
    number: &'a str,
    coupon: &'a str,
    name: &'a str,
    kana: &'a str,
    birth_date: &'a str,
    sex: &'a str,
    moved_on: &'a str,
    reason: &'a str,
    protected: bool,
}

/// Loads the file into the cloud that the environment names.
pub async fn load(file: &Path, today: Date) -> Result<Outcome> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    let keys = Keys::new()?;
    let process = Process::new(std::process::id());
    let begun = process.cpu()?;
    let mut outcome = Outcome {
        residents: 0,
        refused: 0,
        items: 0,
        cpu_ns: 0,
    };
    let mut batch = Vec::with_capacity(25);
    let mut reader = csv::Reader::from_path(file)?;
    let header = reader.headers()?.clone();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record)? {
        let row: Row = record.deserialize(Some(&header))?;
        if checks::check(&row, TENANT, today).is_err() {
            outcome.refused += 1;
            continue;
        }
        outcome.residents += 1;
        for item in items(&keys, &row)? {
            batch.push(item);
            outcome.items += 1;
            if batch.len() == 25 {
                write(
                    &client,
                    std::mem::replace(&mut batch, Vec::with_capacity(25)),
                )
                .await?;
            }
        }
    }
    if !batch.is_empty() {
        write(&client, batch).await?;
    }
    outcome.cpu_ns = u64::try_from(process.cpu()?.saturating_sub(begun).as_nanos())?;
    Ok(outcome)
}

async fn write(client: &Client, batch: Vec<WriteRequest>) -> Result<()> {
    let mut left = HashMap::from([(RECORDS.to_owned(), batch)]);
    for _ in 0..8 {
        let answer = client
            .batch_write_item()
            .set_request_items(Some(left))
            .send()
            .await?;
        left = answer.unprocessed_items.unwrap_or_default();
        if left.is_empty() {
            return Ok(());
        }
    }
    bail!("the table does not take all items")
}

/// The resident, and a hint each from coupon and birth date.
fn items(keys: &Keys, row: &Row) -> Result<Vec<WriteRequest>> {
    let tag = keys.resident_tag(&row.number);
    let pk = format!("T#{TENANT}#R#{tag}");
    let profile = serde_json::to_vec(&Profile {
        number: &row.number,
        coupon: &row.coupon,
        name: &row.name,
        kana: &row.kana,
        birth_date: &row.birth_date,
        sex: &row.sex,
        moved_on: &row.moved_on,
        reason: &row.reason,
        protected: row.protected == "1",
    })?;
    let fingerprint = keys.fingerprint(&[&profile[..], row.my_number.as_bytes()].concat());
    let mut slot = HashMap::from([
        ("gen".to_owned(), AttributeValue::N("1".to_owned())),
        (
            "status".to_owned(),
            AttributeValue::S("registered".to_owned()),
        ),
        (
            "fingerprint".to_owned(),
            AttributeValue::B(Blob::new(fingerprint)),
        ),
    ]);
    let sealed = keys.seal([&pk, "P", "profile"], &profile)?;
    slot.insert("p".to_owned(), AttributeValue::B(Blob::new(sealed)));
    if !row.my_number.is_empty() {
        let sealed = keys.seal([&pk, "P", "my_number"], row.my_number.as_bytes())?;
        slot.insert("m".to_owned(), AttributeValue::B(Blob::new(sealed)));
    }
    let mut resident = key(pk, "P");
    resident.insert("v".to_owned(), AttributeValue::N("1".to_owned()));
    resident.insert("newest".to_owned(), AttributeValue::M(slot));
    let mut items = vec![put(resident)?];
    if !row.coupon.is_empty() {
        let coupon = keys.coupon_tag(&row.coupon);
        items.push(put(key(format!("T#{TENANT}#C#{coupon}"), &tag))?);
    }
    let born = keys.birth_date_tag(&row.birth_date);
    items.push(put(key(format!("T#{TENANT}#B#{born}"), &tag))?);
    Ok(items)
}

fn key(pk: String, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(pk)),
        ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
    ])
}

fn put(item: HashMap<String, AttributeValue>) -> Result<WriteRequest> {
    let put = PutRequest::builder().set_item(Some(item)).build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}
