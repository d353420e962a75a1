//! A function of the HTTP API with nothing in reach: what it decides before any call, and what the
//! caller is told when calls fail. For the functions' own tests, over their sample events.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, Region, SharedCredentialsProvider};
use jiff::Timestamp;
use runtime::{Adapters, Error, Handler, Settings, dispatch};
use serde_json::{Value, json};

/// The function, wired as it is deployed.
#[derive(Debug)]
pub struct Offline(Handler);

impl Offline {
    /// # Panics
    ///
    /// If `settings` are not what the function needs.
    #[must_use]
    pub fn new(wire: fn(&Adapters) -> Result<Handler, Error>, settings: &[(&str, &str)]) -> Self {
        Self(wire(&adapters(settings)).unwrap())
    }

    /// What API Gateway would be given.
    ///
    /// # Panics
    ///
    /// If that is no JSON.
    pub async fn ask(&self, event: &Value) -> Value {
        let event = event.to_string();
        let answer = dispatch(&self.0, event.as_bytes(), Timestamp::MAX).await;
        serde_json::from_slice(&answer.unwrap()).unwrap()
    }

    /// The status, and the body read as JSON.
    ///
    /// # Panics
    ///
    /// If it has none, or one that is no JSON.
    pub async fn answer(&self, event: &Value) -> (u64, Value) {
        let answer = self.ask(event).await;
        let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        (answer["statusCode"].as_u64().unwrap(), body)
    }

    /// The body of an answer that has this status and says this code.
    ///
    /// # Panics
    ///
    /// If it has another status or code.
    pub async fn refuses(&self, event: &Value, status: u64, code: &str) -> Value {
        let (said, body) = self.answer(event).await;
        let route = &event["routeKey"];
        assert_eq!(
            (said, &body["code"]),
            (status, &json!(code)),
            "{route} {body}"
        );
        body
    }
}

/// What a function with these settings works with, at the beginning of all time.
#[must_use]
pub fn adapters(settings: &[(&str, &str)]) -> Adapters {
    let settings = settings.iter();
    let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let settings = Settings::from_map(settings.collect());
    let clock = Arc::new(|| Timestamp::UNIX_EPOCH);
    Adapters::new(settings, unreachable(), clock)
}

/// Nothing listens on port 1.
fn unreachable() -> SdkConfig {
    let credentials = Credentials::new("key", "secret", None, None, "offline");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .endpoint_url("http://127.0.0.1:1")
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build()
}

/// A sample event.
///
/// # Panics
///
/// If it is no JSON.
#[must_use]
pub fn event(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The same from somebody with other roles, as they stand in a token.
#[must_use]
pub fn with_roles(mut event: Value, roles: &str) -> Value {
    event["requestContext"]["authorizer"]["jwt"]["claims"]["roles"] = json!(roles);
    event
}

/// The same with another body.
#[must_use]
pub fn with_body(mut event: Value, body: &Value) -> Value {
    event["body"] = json!(body.to_string());
    event
}

/// The bodies that `infra/api.yaml` shows for the route of an event, by their names.
///
/// # Panics
///
/// If it does not describe that route.
#[must_use]
pub fn examples(event: &Value) -> Vec<(String, Value)> {
    let description = include_str!("../../../infra/api.yaml");
    let description: Value = serde_yaml_ng::from_str(description).unwrap();
    let (method, path) = event["routeKey"].as_str().unwrap().split_once(' ').unwrap();
    let operation = &description["paths"][path][method.to_lowercase()];
    assert!(operation.is_object(), "{method} {path}");
    let examples = &operation["requestBody"]["content"]["application/json"]["examples"];
    let examples = examples.as_object().into_iter().flatten();
    let examples = examples.map(|(name, example)| (name.clone(), example["value"].clone()));
    examples.collect()
}
