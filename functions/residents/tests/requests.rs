//! The sample events through `dispatch`, with no table in reach: what is decided before any call, and
//! what the caller is told when calls fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use offline::Offline;
use serde_json::{Value, json};

const EVENTS: [&str; 5] = [
    include_str!("../events/search-by-name.json"),
    include_str!("../events/search-by-coupon.json"),
    include_str!("../events/search-by-number.json"),
    include_str!("../events/read.json"),
    include_str!("../events/about.json"),
];

fn function() -> Offline {
    Offline::new(residents::wire, &[("RECORDS_TABLE", "records")])
}

fn events() -> impl Iterator<Item = Value> {
    EVENTS
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
}

#[tokio::test]
async fn a_table_out_of_reach_is_passing_trouble() {
    for event in events() {
        let (status, body) = function().answer(&event).await;
        assert_eq!((status, &body["code"]), (503, &json!("TRY_AGAIN")));
        let answer = function().ask(&event).await;
        assert_eq!(answer["headers"]["retry-after"], "2");
    }
}

#[tokio::test]
async fn only_who_has_the_role_to_read_may_ask() {
    for mut event in events() {
        for roles in ["", "[]", "[register doses inquire approve]", "[READ]"] {
            event["requestContext"]["authorizer"]["jwt"]["claims"]["roles"] = json!(roles);
            let (status, body) = function().answer(&event).await;
            assert_eq!((status, &body["code"]), (403, &json!("ROLE_MISSING")));
        }
    }
}

#[tokio::test]
async fn what_a_person_is_called_is_refused_in_a_query() {
    for mut event in events() {
        event["queryStringParameters"] = json!({"name": "山田"});
        let (status, body) = function().answer(&event).await;
        assert_eq!((status, &body["code"]), (400, &json!("QUERY_UNKNOWN")));
        assert!(!function().ask(&event).await.to_string().contains("山田"));
    }
}

#[tokio::test]
async fn a_body_cannot_say_whose_residents_are_searched() {
    for mut event in events() {
        event["body"] = json!("{\"number\":\"1\",\"tenant\":\"011002\"}");
        let (_, body) = function().answer(&event).await;
        assert_eq!(body["code"], "FIELD_UNKNOWN");
    }
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    for mut event in events() {
        event["routeKey"] = json!("DELETE /residents/{id}");
        let (status, _) = function().answer(&event).await;
        assert_eq!(status, 404);
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
        let (status, body) = function().answer(&event).await;
        assert_eq!(status, 503, "{body}");
    }
}
