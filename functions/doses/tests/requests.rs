//! The sample events through `dispatch`, with no table in reach: what is decided before any call, and
//! what the caller is told when calls fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use offline::Offline;
use serde_json::{Value, json};

/// Each event with the one role that it needs.
const EVENTS: [(&str, &str); 11] = [
    (include_str!("../events/lookup.json"), "doses"),
    (include_str!("../events/record.json"), "doses"),
    (include_str!("../events/correct.json"), "doses"),
    (include_str!("../events/cancel.json"), "doses"),
    (include_str!("../events/resolve.json"), "doses"),
    (include_str!("../events/lock.json"), "approve"),
    (include_str!("../events/unlock.json"), "approve"),
    (include_str!("../events/history.json"), "read"),
    (include_str!("../events/waiting.json"), "read"),
    (include_str!("../events/list.json"), "read"),
    (include_str!("../events/counts.json"), "read"),
];

fn function() -> Offline {
    Offline::new(doses::wire, &[("RECORDS_TABLE", "records")])
}

fn events() -> impl Iterator<Item = (Value, &'static str)> {
    EVENTS
        .iter()
        .map(|(text, role)| (serde_json::from_str(text).unwrap(), *role))
}

#[tokio::test]
async fn a_table_out_of_reach_is_passing_trouble() {
    for (event, _) in events() {
        let (status, body) = function().answer(&event).await;
        assert_eq!(
            (status, &body["code"]),
            (503, &json!("TRY_AGAIN")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn only_who_has_the_role_may_ask() {
    for (mut event, role) in events() {
        let others = ["read", "register", "doses", "inquire", "approve"];
        let others = others.into_iter().filter(|other| *other != role);
        let others = others.collect::<Vec<_>>().join(" ");
        for roles in [String::new(), format!("[{others}]"), role.to_uppercase()] {
            event["requestContext"]["authorizer"]["jwt"]["claims"]["roles"] = json!(roles);
            let (status, body) = function().answer(&event).await;
            assert_eq!(
                (status, &body["code"]),
                (403, &json!("ROLE_MISSING")),
                "{roles}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_person_is_called_is_refused_in_a_query() {
    for (mut event, _) in events() {
        event["queryStringParameters"] = json!({"name": "山田"});
        let (status, body) = function().answer(&event).await;
        assert_eq!((status, &body["code"]), (400, &json!("QUERY_UNKNOWN")));
        assert!(!body.to_string().contains("山田"));
    }
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    for (mut event, _) in events() {
        event["routeKey"] = json!("PATCH /doses/{id}");
        assert_eq!(function().answer(&event).await.0, 404);
    }
}

#[tokio::test]
async fn every_example_of_the_description_is_taken() {
    let description = include_str!("../../../infra/api.yaml");
    let description: Value = serde_yaml_ng::from_str(description).unwrap();
    let mut taken = 0;
    for (event, _) in events() {
        let route = event["routeKey"].as_str().unwrap();
        let (method, path) = route.split_once(' ').unwrap();
        let operation = &description["paths"][path][method.to_lowercase()];
        assert!(operation.is_object(), "{route}");
        let examples = &operation["requestBody"]["content"]["application/json"]["examples"];
        let Some(examples) = examples.as_object() else {
            continue;
        };
        for (name, example) in examples {
            let mut event = event.clone();
            let body = &example["value"];
            // A token that is made up, and decisions that are about a newcomer, go no further.
            if !body["token"].is_null() || name == "renumber" {
                continue;
            }
            event["body"] = json!(body.to_string());
            // As far as the table, which is out of reach.
            let (status, said) = function().answer(&event).await;
            assert_eq!(status, 503, "{name}: {said}");
            taken += 1;
        }
    }
    assert!(taken >= 6);
}
