//! The sample events through `dispatch`, with no table in reach: what is decided before any call, and
//! what the caller is told when calls fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, Region, SharedCredentialsProvider};
use jiff::Timestamp;
use residents::Residents;
use runtime::{Adapters, Handler, Settings, dispatch};
use serde_json::{Value, json};

const EVENTS: [&str; 4] = [
    include_str!("../events/search-by-name.json"),
    include_str!("../events/search-by-coupon.json"),
    include_str!("../events/search-by-number.json"),
    include_str!("../events/read.json"),
];

/// Nothing listens on port 1.
fn unreachable() -> SdkConfig {
    let credentials = Credentials::for_tests();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .endpoint_url("http://127.0.0.1:1")
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build()
}

fn function() -> Handler {
    let settings = BTreeMap::from([("RECORDS_TABLE".to_owned(), "records".to_owned())]);
    let clock = Arc::new(|| Timestamp::UNIX_EPOCH);
    let adapters = Adapters::new(Settings::from_map(settings), unreachable(), clock);
    let store = adapters.store().unwrap();
    let function = Arc::new(Residents::new(store, adapters.keys(), adapters.clock()));
    Handler::http(move |request| {
        let function = Arc::clone(&function);
        async move { function.handle(request).await }
    })
}

async fn answer(event: &Value) -> (Value, Value) {
    let event = event.to_string();
    let bytes = dispatch(&function(), event.as_bytes(), Timestamp::MAX).await;
    let answer: Value = serde_json::from_slice(&bytes.unwrap()).unwrap();
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    (answer, body)
}

fn events() -> impl Iterator<Item = Value> {
    EVENTS
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
}

#[tokio::test]
async fn a_table_out_of_reach_is_passing_trouble() {
    for event in events() {
        let (answer, body) = answer(&event).await;
        assert_eq!(
            (&answer["statusCode"], &body["code"]),
            (&json!(503), &json!("TRY_AGAIN"))
        );
        assert_eq!(answer["headers"]["retry-after"], "2");
    }
}

#[tokio::test]
async fn only_who_has_the_role_to_read_may_ask() {
    for mut event in events() {
        for roles in ["", "[]", "[register doses inquire approve]", "[READ]"] {
            event["requestContext"]["authorizer"]["jwt"]["claims"]["roles"] = json!(roles);
            let (answer, body) = answer(&event).await;
            assert_eq!(
                (&answer["statusCode"], &body["code"]),
                (&json!(403), &json!("ROLE_MISSING"))
            );
        }
    }
}

#[tokio::test]
async fn what_a_person_is_called_is_refused_in_a_query() {
    for mut event in events() {
        event["queryStringParameters"] = json!({"name": "山田"});
        let (answer, body) = answer(&event).await;
        assert_eq!(
            (&answer["statusCode"], &body["code"]),
            (&json!(400), &json!("QUERY_UNKNOWN"))
        );
        assert!(!answer.to_string().contains("山田"));
    }
}

#[tokio::test]
async fn a_body_cannot_say_whose_residents_are_searched() {
    for mut event in events() {
        event["body"] = json!("{\"number\":\"1\",\"tenant\":\"011002\"}");
        let (_, body) = answer(&event).await;
        assert_eq!(body["code"], "FIELD_UNKNOWN");
    }
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    for mut event in events() {
        event["routeKey"] = json!("DELETE /residents/{id}");
        let (answer, _) = answer(&event).await;
        assert_eq!(answer["statusCode"], 404);
    }
}

#[tokio::test]
async fn every_example_of_the_description_is_taken() {
    let description = include_str!("../../../infra/api.yaml");
    let description: Value = serde_yaml_ng::from_str(description).unwrap();
    let request = &description["paths"]["/residents/search"]["post"]["requestBody"];
    let examples = &request["content"]["application/json"]["examples"];
    for (_, example) in examples.as_object().unwrap() {
        let mut event = events().next().unwrap();
        event["body"] = json!(example["value"].to_string());
        // As far as the table, which is out of reach.
        let (answer, body) = answer(&event).await;
        assert_eq!(answer["statusCode"], 503, "{body}");
    }
}
