//! A venue and its office: doses over the API.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::{
    file::Row,
    town::{Answer, CHIYODA, Town},
};

/// Somebody who records, reads and approves doses of Chiyoda.
pub struct Venue<'t> {
    /// The town.
    pub town: &'t Town,
    token: String,
    keys: AtomicU64,
}

impl<'t> Venue<'t> {
    /// With every right about doses.
    #[must_use]
    pub fn of(town: &'t Town, subject: &str) -> Self {
        let roles = ["doses", "read", "approve"];
        Self {
            town,
            token: town.stack.token(CHIYODA, &roles, subject).unwrap(),
            keys: AtomicU64::new(0),
        }
    }

    /// Asks with headers besides the token.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.ask_raw(method, path, headers, body).await
    }

    /// The same with a body that need not be JSON.
    pub async fn ask_raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        self.town.ask_with(method, path, &all, body).await
    }

    /// POST without more.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[], body).await
    }

    /// GET without more.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], &Value::Null).await
    }

    /// Records a dose under a key that was never used.
    pub async fn record(&self, body: &Value) -> Answer {
        let key = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        self.ask("POST", "/doses", &[("idempotency-key", &key)], body)
            .await
    }

    /// PUT or DELETE on a revision that was seen.
    pub async fn change(&self, method: &str, id: &str, revision: u32, body: &Value) -> Answer {
        let revision = format!("\"{revision}\"");
        let path = format!("/doses/{id}");
        self.ask(method, &path, &[("if-match", &revision)], body)
            .await
    }

    /// All entries of a list, in pages of two.
    pub async fn list(&self, state: &str) -> Vec<Value> {
        let mut entries = Vec::new();
        let first = format!("/doses?state={state}&limit=2");
        let mut path = first.clone();
        loop {
            let page = self.get(&path).await;
            assert_eq!(page.status, 200);
            let page = page.json();
            entries.extend(page["entries"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => path = format!("{first}&after={next}"),
                None => return entries,
            }
        }
    }
}

/// The line under the coupon of a row, for a dose of this number.
#[must_use]
pub fn line(row: &Row, number: u8) -> String {
    format!("2{number}{CHIYODA}{}", row.cell("券番号"))
}

/// A body that records a sound first dose of the person of a row.
#[must_use]
pub fn dose(row: &Row) -> Value {
    let born = row.cell("生年月日");
    json!({
        "line": line(row, 1), "birth_date": born,
        "given_on": "2021-03-01", "product": "ファイザー", "lot": "EP2163",
    })
}

/// The body with another value of a field; without it for null.
#[must_use]
pub fn with(mut body: Value, field: &str, value: &Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    if value.is_null() {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), value.clone());
    }
    body
}
