//! Counts what is written to the table `records`, where the functions' SDK clients send it off.

use std::collections::HashMap;
use std::fmt;
use std::ops::Sub;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use domain::TenantCode;
use local::Intercept;
use serde_json::Value;

/// Items written, by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// A resident's own item.
    pub(super) residents: u64,
    /// A dose, an earlier revision of one, or a newcomer for its number.
    pub(super) doses: u64,
    /// Hints: coupon to resident, birth date to resident.
    pub(super) hints: u64,
    /// What keeps the books: the upload, its chunks, the register's state.
    pub(super) books: u64,
}

impl Sub for Written {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            residents: self.residents - before.residents,
            doses: self.doses - before.doses,
            hints: self.hints - before.hints,
            books: self.books - before.books,
        }
    }
}

/// Counts by municipality; shared by the clients of all functions.
#[derive(Clone, Default)]
pub(super) struct Counter(Arc<Mutex<HashMap<String, Written>>>);

impl Counter {
    /// What was written to a municipality's area so far.
    pub(super) fn of(&self, tenant: TenantCode) -> Written {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.get(tenant.as_str()).copied().unwrap_or_default()
    }

    /// Stands between a function and the services.
    pub(super) fn intercept(&self) -> Intercept {
        let counter = self.clone();
        Arc::new(move |_, inner| {
            SharedHttpClient::new(Counting {
                inner,
                counter: counter.clone(),
            })
        })
    }

    fn count(&self, target: &str, body: &[u8]) {
        let Some(operation) = target.strip_prefix("DynamoDB_20120810.") else {
            return;
        };
        if !matches!(
            operation,
            "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems"
        ) {
            return;
        }
        let Ok(body) = serde_json::from_slice(body) else {
            return;
        };
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (pk, sk) in keys(&body) {
            // T#<code>#<what>#…
            let mut parts = pk.split('#').skip(1);
            let written = written
                .entry(parts.next().unwrap_or_default().to_owned())
                .or_default();
            match parts.next() {
                Some("R") if sk.contains('#') => written.doses += 1,
                Some("R") if sk != "E" => written.residents += 1,
                Some("C" | "B") => written.hints += 1,
                _ => written.books += 1,
            }
        }
    }
}

/// The keys of items that a call writes to.
fn keys(body: &Value) -> Vec<(&str, &str)> {
    let batch = body.get("RequestItems").into_iter().flat_map(values);
    let batch = batch.filter_map(Value::as_array).flatten().flat_map(values);
    let transaction = body.get("TransactItems").and_then(Value::as_array);
    let transaction = transaction.into_iter().flatten().flat_map(values);
    // A check of a condition writes nothing.
    let transaction = transaction.filter(|it| !is_check(it));
    std::iter::once(body)
        .chain(batch)
        .chain(transaction)
        .filter_map(key)
        .collect()
}

fn values(map: &Value) -> impl Iterator<Item = &Value> {
    map.as_object().into_iter().flat_map(|it| it.values())
}

fn key(write: &Value) -> Option<(&str, &str)> {
    let item = write.get("Item").or_else(|| write.get("Key"))?;
    let part = |name| item.get(name)?.get("S")?.as_str();
    Some((part("pk")?, part("sk")?))
}

fn is_check(write: &Value) -> bool {
    write.get("Key").is_some() && write.get("UpdateExpression").is_none()
}

#[derive(Clone)]
struct Counting {
    inner: SharedHttpClient,
    counter: Counter,
}

struct CountingConnector {
    inner: SharedHttpConnector,
    counter: Counter,
}

impl HttpClient for Counting {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(CountingConnector {
            inner: self.inner.http_connector(settings, components),
            counter: self.counter.clone(),
        })
    }
}

impl HttpConnector for CountingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let (Some(target), Some(body)) = (
            request.headers().get("x-amz-target"),
            request.body().bytes(),
        ) {
            self.counter.count(target, body);
        }
        self.inner.call(request)
    }
}

impl fmt::Debug for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counting")
    }
}

impl fmt::Debug for CountingConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CountingConnector")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_to_write_is_counted_and_reading_is_not() {
        let counter = Counter::default();
        let say = |operation: &str, body: Value| {
            counter.count(
                &format!("DynamoDB_20120810.{operation}"),
                body.to_string().as_bytes(),
            );
        };
        let key = |pk: &str| json!({ "pk": { "S": pk }, "sk": { "S": "x" } });
        let put = |pk: &str| json!({ "PutRequest": { "Item": key(pk) } });
        say(
            "PutItem",
            json!({ "TableName": "records", "Item": key("T#131016#U#1") }),
        );
        say(
            "UpdateItem",
            json!({ "Key": key("T#131016#R#a"), "UpdateExpression": "SET a = :a" }),
        );
        say("GetItem", json!({ "Key": key("T#131016#R#a") }));
        say(
            "BatchWriteItem",
            json!({ "RequestItems": { "records": [
                put("T#131016#R#a"), put("T#131016#C#b"), put("T#131016#B#c"),
            ] } }),
        );
        say(
            "TransactWriteItems",
            json!({ "TransactItems": [
                { "Update": { "Key": key("T#131016#CURRENT"), "UpdateExpression": "SET b = :b" } },
                { "Put": { "Item": key("T#131016#U#1") } },
                { "ConditionCheck": { "Key": key("T#131016#CURRENT") } },
            ] }),
        );
        let dose = json!({ "pk": { "S": "T#011002#R#a" }, "sk": { "S": "D#COVID19#01" } });
        say("PutItem", json!({ "TableName": "records", "Item": dose }));
        assert_eq!(counter.of("011002".parse().unwrap()).doses, 1);
        assert_eq!(
            counter.of("131016".parse().unwrap()),
            Written {
                residents: 2,
                doses: 0,
                hints: 2,
                books: 3
            }
        );
    }
}
