//! The sample events through `dispatch`, with no table in reach: what is decided before any call, and
//! what the caller is told when calls fail.

use offline::{Offline, event, examples, with_body, with_roles};
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
    EVENTS.into_iter().map(|(text, role)| (event(text), role))
}

#[tokio::test]
async fn a_table_out_of_reach_is_passing_trouble() {
    for (event, _) in events() {
        function().refuses(&event, 503, "TRY_AGAIN").await;
    }
}

#[tokio::test]
async fn only_who_has_the_role_may_ask() {
    for (event, role) in events() {
        let others = ["read", "register", "doses", "inquire", "approve"];
        let others = others.into_iter().filter(|other| *other != role);
        let others = others.collect::<Vec<_>>().join(" ");
        for roles in [String::new(), format!("[{others}]"), role.to_uppercase()] {
            let event = with_roles(event.clone(), &roles);
            function().refuses(&event, 403, "ROLE_MISSING").await;
        }
    }
}

#[tokio::test]
async fn what_a_person_is_called_is_refused_in_a_query() {
    for (mut event, _) in events() {
        event["queryStringParameters"] = json!({"name": "山田"});
        let body = function().refuses(&event, 400, "QUERY_UNKNOWN").await;
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
    let mut taken = 0;
    for (event, _) in events() {
        for (name, body) in examples(&event) {
            // A token that is made up, and decisions that are about a newcomer, go no further.
            if !body["token"].is_null() || name == "renumber" {
                continue;
            }
            // As far as the table, which is out of reach.
            let event = with_body(event.clone(), &body);
            function().refuses(&event, 503, "TRY_AGAIN").await;
            taken += 1;
        }
    }
    assert!(taken >= 6);
}
