//! Municipalities on the local stack: they drop files, read receipts, ask the API.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use crypto::{Kms, ResidentTag};
use domain::{Date, TenantCode, TenantScope, TenantSettings, japan_date};
use jiff::SignedDuration;
use local::{LocalStack, Options, TimerClock};
use runtime::Adapters;
use serde_json::{Value, json};
use store::Store;

use crate::gate::Gate;

/// Chiyoda, which takes part.
pub const CHIYODA: &str = "131016";
/// Sapporo, which takes part as well.
pub const SAPPORO: &str = "011002";
/// When every town begins.
pub const BEGINNING: &str = "2021-04-12T00:00:00Z";

/// A stack with two municipalities.
pub struct Town {
    /// The stack itself.
    pub stack: LocalStack,
    s3: aws_sdk_s3::Client,
}

/// A dropped file: which version of which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Object key.
    pub key: String,
    /// Object version.
    pub version: String,
}

/// An answer of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers by name.
    pub headers: BTreeMap<String, String>,
    /// The body as it came.
    pub bytes: Bytes,
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("the API answers in JSON")
    }
}

impl Town {
    /// As [`options`] say.
    pub async fn start() -> Self {
        Self::with(options()).await
    }

    /// The same, with days that go by when they are counted, without the nights in them.
    pub async fn with_days() -> (Self, Arc<AtomicI64>) {
        let days = Arc::new(AtomicI64::new(0));
        let town = Self::with(Options {
            clock: timer_ahead(&days, |days| SignedDuration::from_hours(24 * days)),
            ..Options::default()
        });
        (town.await, days)
    }

    /// As the options say.
    pub async fn with(options: Options) -> Self {
        let stack = LocalStack::start(options).unwrap();
        let town = Self::around(stack);
        for code in [CHIYODA, SAPPORO] {
            town.enrol(code).await;
        }
        town
    }

    /// Lets one more municipality take part.
    pub async fn enrol(&self, code: &str) {
        let (adapters, settings) = (self.stack.adapters(), TenantSettings::default());
        enrol(&adapters, &self.kms(), code, &settings).await;
    }

    /// Around a stack whose municipalities take part already.
    #[must_use]
    pub fn around(stack: LocalStack) -> Self {
        let config = aws_sdk_s3::config::Builder::from(&stack.sdk_config());
        let s3 = aws_sdk_s3::Client::from_conf(config.force_path_style(true).build());
        Self { stack, s3 }
    }

    /// S3 with the rights of the stack's owner.
    #[must_use]
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        &self.s3
    }

    /// The day in Japan.
    #[must_use]
    pub fn today(&self) -> Date {
        japan_date(self.stack.adapters().clock().now())
    }

    /// DynamoDB with the rights of the stack's owner.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.stack.sdk_config())
    }

    /// The table, through the project's own store.
    #[must_use]
    pub fn store(&self) -> Store {
        self.stack.adapters().store().unwrap()
    }

    fn kms(&self) -> Kms {
        Kms::new(aws_sdk_kms::Client::new(&self.stack.sdk_config()))
    }

    /// Changes the settings of a municipality.
    pub async fn set(&self, code: &str, change: impl FnOnce(&mut TenantSettings)) {
        let (store, scope) = (self.store(), scope(code));
        let mut settings = store.tenant(&scope).await.unwrap().unwrap().settings;
        change(&mut settings);
        settings.revision += 1;
        store.set_tenant(&scope, &settings).await.unwrap();
    }

    /// Drops a file where the municipality's residents files go.
    pub async fn drop_file(&self, code: &str, name: &str, bytes: impl Into<Bytes>) -> Dropped {
        self.drop_at(&format!("inbox/{code}/residents/{name}"), bytes)
            .await
    }

    /// Drops a file under any key.
    pub async fn drop_at(&self, key: &str, bytes: impl Into<Bytes>) -> Dropped {
        // Two files are never dropped in the same instant.
        tokio::time::sleep(Duration::from_millis(10)).await;
        let body = ByteStream::from(bytes.into());
        let put = self
            .s3
            .put_object()
            .bucket("drop")
            .key(key)
            .body(body)
            .send()
            .await
            .unwrap();
        Dropped {
            key: key.to_owned(),
            version: put.version_id.unwrap(),
        }
    }

    /// Drops a file and waits for what becomes of it.
    pub async fn take_in(&self, code: &str, name: &str, bytes: impl Into<Bytes>) -> Value {
        let dropped = self.drop_file(code, name, bytes).await;
        self.stack.idle().await;
        self.receipt(code, &dropped).await
    }

    /// Waits until the upload of a dropped file stands so, whatever else goes on.
    pub async fn reaches(&self, code: &str, dropped: &Dropped, state: &str) {
        for _ in 0..1_000 {
            let uploads = self.uploads(code).await;
            let mut uploads = uploads.iter();
            let ours = uploads.find(|it| it["version"] == dropped.version.as_str());
            if ours.is_some_and(|it| it["state"] == state) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("it never became {state}");
    }

    /// The receipt of a dropped file, as it lies in the drop bucket. Holds it against what the API
    /// says, and its sums against each other.
    pub async fn receipt(&self, code: &str, dropped: &Dropped) -> Value {
        let listed = self.uploads(code).await;
        let ours = listed.iter().find(|upload| {
            upload["key"] == dropped.key.as_str() && upload["version"] == dropped.version.as_str()
        });
        let id = ours.expect("every dropped file is listed")["id"]
            .as_str()
            .unwrap();
        let receipt = self.receipt_of(code, id).await;
        let mut shown = self.get(code, &format!("/uploads/{id}")).await.json();
        let more = shown.as_object_mut().unwrap();
        more.remove("links");
        assert_eq!(more.remove("under_way"), Some(Value::Null), "nothing is");
        assert_eq!(receipt, shown, "the API shows what the receipt says");
        assert_sums(&receipt);
        receipt
    }

    /// The receipt under an upload's id.
    pub async fn receipt_of(&self, code: &str, id: &str) -> Value {
        let bytes = self
            .object(&format!("outbox/{code}/uploads/{id}/receipt.json"))
            .await;
        serde_json::from_slice(&bytes.expect("every upload has a receipt")).unwrap()
    }

    /// The refused rows of an upload; `None` when there is no such file.
    pub async fn errors(&self, code: &str, id: &str) -> Option<Bytes> {
        self.object(&format!("outbox/{code}/uploads/{id}/errors.csv"))
            .await
    }

    /// An object of the drop bucket.
    pub async fn object(&self, key: &str) -> Option<Bytes> {
        let answer = self
            .s3
            .get_object()
            .bucket("drop")
            .key(key)
            .send()
            .await
            .ok()?;
        Some(answer.body.collect().await.unwrap().into_bytes())
    }

    /// Keys in a bucket that begin so.
    pub async fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let answer = self
            .s3
            .list_objects_v2()
            .bucket(bucket)
            .prefix(prefix)
            .send()
            .await
            .unwrap();
        answer
            .contents()
            .iter()
            .map(|object| object.key().unwrap().to_owned())
            .collect()
    }

    /// All uploads of a municipality, newest first.
    pub async fn uploads(&self, code: &str) -> Vec<Value> {
        let mut uploads = Vec::new();
        let mut path = "/uploads?limit=100".to_owned();
        loop {
            let page = self.get(code, &path).await;
            assert_eq!(page.status, 200);
            let page = page.json();
            uploads.extend(page["uploads"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => path = format!("/uploads?limit=100&after={next}"),
                None => return uploads,
            }
        }
    }

    /// A token with every right that staff of the municipality may have.
    #[must_use]
    pub fn token(&self, code: &str) -> String {
        self.stack
            .token(
                code,
                &["read", "register", "doses", "inquire", "approve"],
                "staff",
            )
            .unwrap()
    }

    /// GET with the municipality's own token.
    pub async fn get(&self, code: &str, path: &str) -> Answer {
        self.ask("GET", path, &self.token(code), None).await
    }

    /// POST with the municipality's own token.
    pub async fn post(&self, code: &str, path: &str, body: Option<&Value>) -> Answer {
        self.ask("POST", path, &self.token(code), body).await
    }

    /// Asks the API with any token.
    pub async fn ask(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let body = body
            .map(|body| Bytes::from(body.to_string()))
            .unwrap_or_default();
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .body(body)
            .unwrap();
        self.call(request).await
    }

    /// Asks the API with headers of one's own.
    pub async fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.call(request.body(body.into()).unwrap()).await
    }

    /// Sends the API a request as it is.
    pub async fn call(&self, request: http::Request<Bytes>) -> Answer {
        let response = self.stack.api(request).await;
        let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = response.headers().iter();
        Answer {
            status: response.status().as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            bytes: response.into_body(),
        }
    }

    /// The resident with a 宛名番号, if there is one in force.
    pub async fn resident(&self, code: &str, number: &str) -> Option<Value> {
        let mut found = self.search(code, &json!({ "number": number })).await;
        found.retain(|it| it["removed"] == false);
        assert!(found.len() <= 1, "a number is one resident's");
        found.pop()
    }

    /// Who is found.
    pub async fn search(&self, code: &str, by: &Value) -> Vec<Value> {
        let answer = self.post(code, "/residents/search", Some(by)).await;
        let found = answer.json();
        assert_eq!(answer.status, 200, "{found}");
        found["residents"].as_array().unwrap().clone()
    }

    /// Puts an item of the records as it is given, as nobody of ours may.
    pub async fn put(&self, item: &Value) {
        let request = json!({ "TableName": "records", "Item": item }).to_string();
        let services = self.stack.services();
        let answer = services.call_json("DynamoDB_20120810.PutItem", request.into());
        assert_eq!(answer.await.status(), 200);
    }

    /// Spoils the record of a resident, so that it does not open.
    pub async fn spoil(&self, code: &str, number: &str) {
        let tag = self.tag(code, number).await;
        let key = (format!("T#{code}#R#{tag}"), "P".to_owned());
        let mut spoilt: Value = serde_json::from_str(&self.items().await[&key]).unwrap();
        spoilt["newest"]["M"]["p"] = json!({ "B": "AAAA" });
        self.put(&spoilt).await;
    }

    /// Takes an item of the records out, as nobody of ours may.
    pub async fn delete(&self, pk: &str, sk: &str) {
        let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        let request = json!({ "TableName": "records", "Key": key }).to_string();
        let services = self.stack.services();
        let answer = services.call_json("DynamoDB_20120810.DeleteItem", request.into());
        assert_eq!(answer.await.status(), 200);
    }

    /// What a resident of the municipality's is called inside the system, registered or not.
    pub async fn tag(&self, code: &str, number: &str) -> ResidentTag {
        let (adapters, scope) = (self.stack.adapters(), scope(code));
        let tenant = self.store().tenant(&scope).await.unwrap().unwrap();
        let now = adapters.clock().now();
        let keys = tenant.keys(&scope, &adapters.keys(), now).await.unwrap();
        keys.resident_tag(number)
    }

    /// How many messages lie among the dead letters, by queue.
    #[must_use]
    pub fn dead_letters(&self) -> BTreeMap<String, usize> {
        let sqs = &self.stack.services().sqs;
        let names = sqs
            .names()
            .into_iter()
            .filter(|name| name.ends_with("dead-letters"));
        names
            .filter_map(|name| {
                let depth = sqs.depth(&name)?;
                Some((name, depth.visible + depth.hidden))
            })
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}

/// A clock that goes with the timers of Tokio, so that a test that pauses them does not wait.
pub(crate) fn timer() -> TimerClock {
    TimerClock::starting_at(BEGINNING.parse().unwrap())
}

/// The same, ahead by so many of such units.
#[must_use]
pub fn timer_ahead(
    units: &Arc<AtomicI64>,
    of: fn(i64) -> SignedDuration,
) -> Arc<dyn domain::Clock> {
    let (timer, units) = (timer(), Arc::clone(units));
    Arc::new(move || domain::Clock::now(&timer) + of(units.load(Ordering::SeqCst)))
}

/// A stack in memory, by the timers of Tokio.
#[must_use]
pub fn options() -> Options {
    Options {
        clock: Arc::new(timer()),
        ..Options::default()
    }
}

/// The same, with functions that call through a gate and these values for parameters of the template.
#[must_use]
pub fn behind<const N: usize>(gate: &Arc<Gate>, parameters: [(&str, u32); N]) -> Options {
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_string()));
    Options {
        parameters: parameters.into(),
        intercept: Some(gate.intercept()),
        ..options()
    }
}

/// The municipality's area.
#[must_use]
pub fn scope(code: &str) -> TenantScope {
    TenantScope::for_operator(TenantCode::parse(code).unwrap())
}

/// Enters a municipality.
pub async fn enrol(adapters: &Adapters, kms: &Kms, code: &str, settings: &TenantSettings) {
    let scope = scope(code);
    let key = adapters.settings().get("RECORDS_KEY_ID").unwrap();
    let key = kms.new_branch_key(key, scope.code(), 1).await.unwrap();
    adapters
        .store()
        .unwrap()
        .add_tenant(&scope, settings, &key, adapters.clock().now())
        .await
        .unwrap();
}

/// Rows in = the sum of the outcomes that its kind of file has, once the load has ended.
pub fn assert_sums(receipt: &Value) {
    if receipt["ended"] != true || receipt["state"] == "discarded" {
        return;
    }
    let rows = &receipt["rows"];
    let outcomes: &[&str] = match receipt["kind"].as_str() {
        Some("doses") => &[
            "recorded",
            "unchanged",
            "review",
            "conflict",
            "waiting",
            "refused",
        ],
        Some("inquiries") => &["answered", "refused"],
        _ => &["new", "changed", "unchanged", "removed", "refused"],
    };
    let names = rows.as_object().unwrap().len();
    assert_eq!(names, 1 + outcomes.len(), "no other outcomes: {receipt:#}");
    let sum: u64 = outcomes
        .iter()
        .map(|outcome| rows[outcome].as_u64().unwrap())
        .sum();
    assert_eq!(
        rows["in"].as_u64(),
        Some(sum),
        "rows in = rows out: {receipt:#}"
    );
}
