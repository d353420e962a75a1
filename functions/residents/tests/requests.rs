//! The sample events through `dispatch`, with no table in reach: what is decided before any call, and
//! what the caller is told when calls fail.

use offline::{Offline, event, examples, with_body, with_roles};
use serde_json::{Value, json};

const EVENTS: [&str; 4] = [
    include_str!("../events/search-by-name.json"),
    include_str!("../events/search-by-coupon.json"),
    include_str!("../events/search-by-number.json"),
    include_str!("../events/read.json"),
];

fn function() -> Offline {
    Offline::new(residents::wire, &[("RECORDS_TABLE", "records")])
}

fn events() -> impl Iterator<Item = Value> {
    EVENTS.into_iter().map(event)
}

#[tokio::test]
async fn a_table_out_of_reach_is_passing_trouble() {
    for event in events() {
        function().refuses(&event, 503, "TRY_AGAIN").await;
        let answer = function().ask(&event).await;
        assert_eq!(answer["headers"]["retry-after"], "2");
    }
}

#[tokio::test]
async fn only_who_has_the_role_to_read_may_ask() {
    for event in events() {
        for roles in ["", "[]", "[register doses inquire approve]", "[READ]"] {
            let event = with_roles(event.clone(), roles);
            function().refuses(&event, 403, "ROLE_MISSING").await;
        }
    }
}

#[tokio::test]
async fn what_a_person_is_called_is_refused_in_a_query() {
    for mut event in events() {
        event["queryStringParameters"] = json!({"name": "山田"});
        function().refuses(&event, 400, "QUERY_UNKNOWN").await;
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
    let search = events().next().unwrap();
    let examples = examples(&search);
    assert!(!examples.is_empty());
    for (_, body) in examples {
        // As far as the table, which is out of reach.
        let event = with_body(search.clone(), &body);
        function().refuses(&event, 503, "TRY_AGAIN").await;
    }
}
