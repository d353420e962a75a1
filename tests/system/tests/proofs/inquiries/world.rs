//! Two municipalities that hold records of the same people, and what they ask each other.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use bytes::Bytes;
use domain::{TenantCode, TenantScope};
use jiff::SignedDuration;
use local::Options;
use serde_json::{Value, json};
use store::LogEntry;
use system::{
    file::{Encoding, File, Row},
    gate::{Call, Gate, Step},
    town::{Answer, CHIYODA, SAPPORO, Town, behind, options, timer_ahead},
};

/// Chiyoda asks; Sapporo holds records of persons 1 to 20, Chiyoda of 1 to 3.
pub(crate) struct World {
    pub(crate) town: Town,
    /// Seconds that were added to the clock: days go by without everything that happens in them.
    ahead: Arc<AtomicI64>,
}

/// The person with a number, as a row of Sapporo's file.
pub(crate) fn person(number: u32) -> Row {
    let protected = if number == 19 { "1" } else { "" };
    Row::of(number)
        .with("自治体コード", SAPPORO)
        .with("支援措置", protected)
}

pub(crate) fn scope(code: &str) -> TenantScope {
    TenantScope::for_operator(TenantCode::parse(code).unwrap())
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::around(options(), Arc::default()).await
    }

    /// One whose functions make their calls through a gate.
    pub(crate) async fn behind(gate: &Arc<Gate>) -> Self {
        Self::around(behind(gate, []), Arc::default()).await
    }

    /// One whose holders die of every question as long as it is said so.
    pub(crate) async fn where_no_holder_answers() -> (Self, Arc<AtomicBool>) {
        Self::where_these_die(|call| call.function == "answer-inquiry").await
    }

    /// One whose files of inquiries die before their answers are written, as long as it is said so.
    pub(crate) async fn where_no_answers_are_written() -> (Self, Arc<AtomicBool>) {
        Self::where_these_die(writes_answers).await
    }

    /// One whose functions die of such calls, as long as it is said so.
    pub(crate) async fn where_these_die(
        is_meant: impl Fn(&Call<'_>) -> bool + Send + 'static,
    ) -> (Self, Arc<AtomicBool>) {
        let is_broken = Arc::new(AtomicBool::new(true));
        let broken = Arc::clone(&is_broken);
        let gate = Gate::new(move |call| {
            if is_meant(call) && broken.load(Ordering::SeqCst) {
                Step::Die
            } else {
                Step::Go
            }
        });
        (Self::behind(&gate).await, is_broken)
    }

    /// One whose files of inquiries die before their answers are written, once for each time it is said so.
    pub(crate) async fn where_answers_are_lost() -> (Self, Arc<AtomicBool>) {
        let is_lost = Arc::new(AtomicBool::new(false));
        let lost = Arc::clone(&is_lost);
        let gate = Gate::new(move |call| {
            if writes_answers(call) && lost.swap(false, Ordering::SeqCst) {
                Step::Die
            } else {
                Step::Go
            }
        });
        (Self::behind(&gate).await, is_lost)
    }

    /// One whose clock is so many seconds ahead.
    pub(crate) async fn around(options: Options, ahead: Arc<AtomicI64>) -> Self {
        let clock = timer_ahead(&ahead, SignedDuration::from_secs);
        let town = Town::with(Options { clock, ..options }).await;
        town.set(CHIYODA, |settings| settings.inquiries_per_day = Some(1_000))
            .await;
        let theirs = File::new((1..21).map(person)).bytes(Encoding::Utf8);
        town.take_in(SAPPORO, "residents.csv", theirs).await;
        let own = File::new((1..4).map(Row::of)).bytes(Encoding::Utf8);
        town.take_in(CHIYODA, "residents.csv", own).await;
        Self { town, ahead }
    }

    pub(crate) fn token(&self, code: &str, roles: &[&str], who: &str) -> String {
        self.town.stack.token(code, roles, who).unwrap()
    }

    /// Asks as somebody of Chiyoda's who may record and ask.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let token = self.token(CHIYODA, &["inquire"], "anna");
        self.town.ask("POST", path, &token, Some(body)).await
    }

    pub(crate) async fn record(&self, body: &Value) -> String {
        let answer = self.post("/consents", body).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// The body that records a consent which the person signed today.
    pub(crate) fn form(&self, number: u32, form: &str) -> Value {
        let (row, today) = (person(number), self.town.today().to_string());
        json!({
            "basis": "CONSENT", "purpose": "VACCINATION", "programmes": "COVID19",
            "evidence_number": form, "signed_on": today, "scan_sha256": "0".repeat(64),
            "my_number": row.cell("個人番号"), "birth_date": row.cell("生年月日"),
        })
    }

    /// A consent of the person, granted at once.
    pub(crate) async fn consent(&self, number: u32, form: &str) -> String {
        self.record(&self.form(number, form)).await
    }

    pub(crate) async fn approve(&self, consent: &str, who: &str) -> Answer {
        let token = self.token(CHIYODA, &["approve"], who);
        let path = format!("/consents/{consent}/approve");
        self.town.ask("POST", &path, &token, None).await
    }

    pub(crate) async fn revoke(&self, consent: &str) -> Answer {
        self.post(&format!("/consents/{consent}/revoke"), &json!({}))
            .await
    }

    pub(crate) async fn ask(&self, body: &Value) -> Answer {
        self.post("/inquiries", body).await
    }

    /// So many seconds go by.
    pub(crate) fn wait(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    /// All of a municipality's log, oldest first, its numbers and hashes checked.
    pub(crate) async fn log(&self, code: &str) -> Vec<LogEntry> {
        let (store, scope) = (self.town.store(), scope(code));
        let mut entries = Vec::new();
        let mut after = None;
        loop {
            let page = store.log_page(&scope, 50, after).await.unwrap();
            entries.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        entries.reverse();
        let mut before = [0; 32];
        for (n, entry) in entries.iter().enumerate() {
            assert_eq!(entry.seq, n as u64 + 1, "no gaps");
            assert_eq!(
                entry.before, before,
                "each holds the hash of the one before"
            );
            assert_eq!(entry.hash, entry.computed_hash());
            before = entry.hash;
        }
        let head = store.log_head(&scope).await.unwrap();
        assert_eq!((head.next, head.last), (entries.len() as u64 + 1, before));
        entries
    }

    /// The last of a municipality's entries: more than one basis can leave.
    pub(crate) async fn newest_entries(&self, code: &str) -> Vec<LogEntry> {
        let (store, scope) = (self.town.store(), scope(code));
        store.log_page(&scope, 10, None).await.unwrap().items
    }

    /// Sends the function that answers for a holder an event, as `inquiries` does.
    pub(crate) async fn invoke(&self, event: &Value) -> (bool, Value) {
        self.invoke_named("vrs-answer-inquiry", event).await
    }

    /// The same of any function.
    pub(crate) async fn invoke_named(&self, function: &str, event: &Value) -> (bool, Value) {
        let lambda = &self.town.stack.services().lambda;
        let event = event.to_string();
        let answer = lambda.invoke(function, event.as_bytes()).await;
        let failed = answer.headers().contains_key("x-amz-function-error");
        (failed, serde_json::from_slice(answer.body()).unwrap())
    }
}

fn writes_answers(call: &Call<'_>) -> bool {
    call.function == "ask-inquiries" && call.path.contains("answers.csv")
}

/// The body of an inquiry about a person.
pub(crate) fn about(number: u32, consent: &str) -> Value {
    let row = person(number);
    json!({
        "consent": consent,
        "my_number": row.cell("個人番号"), "birth_date": row.cell("生年月日"),
    })
}

/// The same with another field.
pub(crate) fn with(body: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut body = body.clone();
    body[name] = value.into();
    body
}

/// The same without a field.
pub(crate) fn without(body: &Value, name: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().remove(name);
    body
}

/// A request with any headers and any bytes.
pub(crate) fn raw(path: &str, tokens: &[&str], body: impl Into<Bytes>) -> http::Request<Bytes> {
    let mut request = http::Request::builder().method("POST").uri(path);
    for token in tokens {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(body.into()).unwrap()
}
