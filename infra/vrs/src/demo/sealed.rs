//! Looks for people in the bytes of the table.

use anyhow::{Context as _, Result, ensure};
use data_encoding::BASE64;
use hyper::body::Bytes;
use local::LocalStack;
use serde_json::{Value, json};

use super::page::Page;
use super::story::Town;
use super::world::World;
use crate::generate::Person;
use crate::text::{bytes, grouped};

/// In each municipality.
const PEOPLE_LOOKED_FOR: u64 = 20;

/// Tells what somebody who had the table would find of people in it.
pub(super) async fn tell(page: &mut Page<'_>, world: &World, towns: [&Town; 2]) -> Result<()> {
    page.chapter("What the table gives away")?;
    let contents = Contents::of(&world.stack).await?;
    let mut texts = Vec::new();
    for town in towns {
        page.check(contents.items > town.first.rows(), "the table is not empty")?;
        let step = town.first.rows() / PEOPLE_LOOKED_FOR;
        let people = (0..PEOPLE_LOOKED_FOR).map(|it| town.first.person(it * step));
        texts.extend(people.flat_map(|it| tells_of(&it)));
    }
    page.equal(
        &contents.count(&texts),
        &0,
        "nothing of a person stands in the table",
    )?;
    // A search that finds nothing must be one that can find.
    page.equal(
        &contents.count(&["residents_20210401.csv".to_owned()]),
        &1,
        "the search works",
    )?;
    page.line(&format!(
        "{} items, {}: none of the {} names, dates and numbers of {} people stands in it.",
        grouped(contents.items),
        bytes(contents.bytes.len() as u64),
        grouped(texts.len() as u64),
        2 * PEOPLE_LOOKED_FOR,
    ))?;
    Ok(())
}

/// All that is stored in the table, as bytes.
struct Contents {
    items: u64,
    bytes: Vec<u8>,
}

impl Contents {
    /// Reads the whole table, which only the owner of a local stack can: no role may scan.
    async fn of(stack: &LocalStack) -> Result<Self> {
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
    fn count(&self, texts: &[String]) -> usize {
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
fn tells_of(person: &Person<'_>) -> Vec<String> {
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
