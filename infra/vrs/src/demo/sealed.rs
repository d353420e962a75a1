//! Looks for people in the bytes of the table.

use anyhow::{Context as _, Result, ensure};
use data_encoding::BASE64;
use hyper::body::Bytes;
use local::LocalStack;
use serde_json::{Value, json};

use crate::generate::Person;

/// All that is stored in the table, as bytes.
pub(super) struct Contents {
    pub(super) items: u64,
    pub(super) bytes: Vec<u8>,
}

impl Contents {
    /// Reads the whole table, which only the owner of a local stack can: no role may scan.
    pub(super) async fn of(stack: &LocalStack) -> Result<Self> {
        let mut contents = Self {
            items: 0,
            bytes: Vec::new(),
        };
        let mut from = Value::Null;
        loop {
            let mut ask = json!({ "TableName": "records" });
            if !from.is_null() {
                ask["ExclusiveStartKey"] = from;
            }
            let dynamodb = &stack.services().dynamodb;
            let answer = dynamodb.call("Scan", Bytes::from(ask.to_string())).await;
            ensure!(answer.status().is_success(), "the table could not be read");
            let mut answer: Value = serde_json::from_slice(answer.body())?;
            let items = answer["Items"]
                .as_array()
                .context("an answer without items")?;
            for item in items {
                contents.items += 1;
                contents.take(item)?;
            }
            from = answer["LastEvaluatedKey"].take();
            if from.is_null() {
                return Ok(contents);
            }
        }
    }

    /// How many of these texts stand in the table.
    pub(super) fn count(&self, texts: &[String]) -> usize {
        let stands = |text: &&String| memchr::memmem::find(&self.bytes, text.as_bytes()).is_some();
        texts.iter().filter(stands).count()
    }

    /// Keeps names and values, binary ones decoded; a zero byte ends each.
    fn take(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Object(map) => {
                for (name, inner) in map {
                    self.push(name.as_bytes());
                    match inner {
                        Value::String(text) if name == "B" => {
                            let bytes = BASE64.decode(text.as_bytes())?;
                            self.push(&bytes);
                        }
                        _ => self.take(inner)?,
                    }
                }
            }
            Value::Array(list) => list.iter().try_for_each(|inner| self.take(inner))?,
            Value::String(text) => self.push(text.as_bytes()),
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.bytes.push(0);
    }
}

/// What a person is called and numbered, as it could stand somewhere.
pub(super) fn tells_of(person: &Person<'_>) -> Vec<String> {
    let digits = |number: u64, length: usize| format!("{number:0length$}");
    let mut texts = vec![
        person.name(),
        person.kana(),
        person.number_text(),
        person.birth_date.strftime("%Y%m%d").to_string(),
        person.birth_date.to_string(),
    ];
    texts.extend(person.my_number.map(|it| digits(it.expose(), 12)));
    texts.extend(person.coupon.map(|it| digits(it, 10)));
    texts
}
