//! The sample events through `dispatch`, with nothing of AWS in reach: what is decided before any call,
//! and what the caller is told when calls fail.

use offline::{Offline, event, examples, with_body, with_roles};
use serde_json::{Value, json};

const SHOW: &str = include_str!("../events/show.json");
const CHANGE: &str = include_str!("../events/change.json");
const DRY_RUN: &str = include_str!("../events/dry-run.json");
const EVENTS: [&str; 3] = [SHOW, CHANGE, DRY_RUN];

fn function() -> Offline {
    Offline::new(settings::wire, &[("RECORDS_TABLE", "records")])
}

#[tokio::test]
async fn a_table_out_of_reach_is_passing_trouble() {
    for text in EVENTS {
        let event = event(text);
        function().refuses(&event, 503, "TRY_AGAIN").await;
    }
}

#[tokio::test]
async fn everybody_with_a_role_may_look_and_only_who_registers_may_act() {
    for (text, others_may) in [(SHOW, true), (CHANGE, false), (DRY_RUN, false)] {
        for roles in ["[read]", "[doses]", "[approve]", "[inquire]"] {
            let (status, _) = function().answer(&with_roles(event(text), roles)).await;
            assert_eq!(status, if others_may { 503 } else { 403 }, "{text} {roles}");
        }
        for roles in ["", "[Register]"] {
            let event = with_roles(event(text), roles);
            function().refuses(&event, 403, "ROLE_MISSING").await;
        }
    }
}

#[tokio::test]
async fn a_change_names_the_revision_that_was_seen() {
    let mut event = event(CHANGE);
    event["headers"].as_object_mut().unwrap().remove("if-match");
    function().refuses(&event, 428, "REVISION_MISSING").await;
    event["headers"]["if-match"] = json!("1");
    function().refuses(&event, 400, "HEADER_INVALID").await;
}

#[tokio::test]
async fn what_cannot_be_set_is_refused_by_its_name() {
    let cases = [
        (
            json!({"tenant": "011002"}),
            "FIELD_UNKNOWN",
            "tenant",
            Value::Null,
        ),
        (
            json!({"revision": 9}),
            "FIELD_UNKNOWN",
            "revision",
            Value::Null,
        ),
        (
            json!({"columns": []}),
            "FIELD_INVALID",
            "columns",
            json!("NOT_OBJECT"),
        ),
        (
            json!({"columns": {"inquiries": {}}}),
            "FIELD_UNKNOWN",
            "inquiries",
            Value::Null,
        ),
        (
            json!({"columns": {"doses": {"a": 1}}}),
            "FIELD_INVALID",
            "a",
            json!("NOT_TEXT"),
        ),
        (
            json!({"columns": {"doses": {"a": {"b": "c"}}}}),
            "FIELD_INVALID",
            "a",
            json!("NOT_TEXT"),
        ),
        (
            json!({"max_refused_percent": 101}),
            "FIELD_INVALID",
            "max_refused_percent",
            json!("NUMBER"),
        ),
        (
            json!({"max_removed_percent": "10"}),
            "FIELD_INVALID",
            "max_removed_percent",
            json!("NUMBER"),
        ),
        (
            json!({"export_encoding": "sjis"}),
            "FIELD_INVALID",
            "export_encoding",
            json!("ENCODING"),
        ),
        (
            json!({"export_scope": "all"}),
            "FIELD_INVALID",
            "export_scope",
            json!("EXPORT_SCOPE"),
        ),
        (
            json!({"lots": {"COMIRNATY": "EY0779"}}),
            "FIELD_INVALID",
            "COMIRNATY",
            json!("NOT_LIST"),
        ),
        (
            json!({"lots": {"no code": ["1"]}}),
            "FIELD_INVALID",
            "lots",
            json!("PRODUCT"),
        ),
        (
            json!({"lots": {"COMIRNATY": ["　"]}}),
            "FIELD_INVALID",
            "lots",
            json!("LOT"),
        ),
    ];
    for (said, code, field, reason) in cases {
        let event = with_body(event(CHANGE), &said);
        let body = function().refuses(&event, 400, code).await;
        let found = (&body["field"], &body["reason"]);
        assert_eq!(found, (&json!(field), &reason), "{said}");
    }
}

#[tokio::test]
async fn a_sample_is_a_piece_of_a_file_of_a_known_kind() {
    let cases = [
        (json!({}), "FIELD_MISSING", "kind", Value::Null),
        (
            json!({"kind": "doses"}),
            "FIELD_MISSING",
            "sample",
            Value::Null,
        ),
        (
            json!({"kind": "inquiries", "sample": "YQ=="}),
            "FIELD_INVALID",
            "kind",
            json!("FILE_KIND"),
        ),
        (
            json!({"kind": "doses", "sample": "YQ="}),
            "FIELD_INVALID",
            "sample",
            json!("SAMPLE"),
        ),
        (
            json!({"kind": "doses", "sample": "山田"}),
            "FIELD_INVALID",
            "sample",
            json!("SAMPLE"),
        ),
        (
            json!({"kind": "doses", "sample": "YWFh".repeat(87_383)}),
            "FIELD_INVALID",
            "sample",
            json!("TOO_LONG"),
        ),
        (
            json!({"kind": "doses", "sample": "YQ==", "complete": "yes"}),
            "FIELD_INVALID",
            "complete",
            json!("NOT_FLAG"),
        ),
        (
            json!({"kind": "doses", "sample": "YQ==", "store": true}),
            "FIELD_UNKNOWN",
            "store",
            Value::Null,
        ),
    ];
    for (said, code, field, reason) in cases {
        let event = with_body(event(DRY_RUN), &said);
        let body = function().refuses(&event, 400, code).await;
        let found = (&body["field"], &body["reason"]);
        assert_eq!(found, (&json!(field), &reason), "{said}");
        assert!(!body.to_string().contains("山田"));
    }
    let large = with_body(event(DRY_RUN), &json!({"sample": "Y".repeat(500_000)}));
    function().refuses(&large, 413, "BODY_TOO_LARGE").await;
    let large = with_body(event(CHANGE), &json!({"a": "Y".repeat(70_000)}));
    let body = function().refuses(&large, 413, "BODY_TOO_LARGE").await;
    assert_eq!(body["limit_bytes"], 65_536);
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    for text in EVENTS {
        let mut event = event(text);
        event["routeKey"] = json!("DELETE /settings");
        assert_eq!(function().answer(&event).await.0, 404);
    }
}

#[tokio::test]
async fn every_example_of_the_description_is_taken() {
    for text in [CHANGE, DRY_RUN] {
        let examples = examples(&event(text));
        assert!(!examples.is_empty(), "{text}");
        for (_, body) in examples {
            // As far as the table, which is out of reach.
            let event = with_body(event(text), &body);
            function().refuses(&event, 503, "TRY_AGAIN").await;
        }
    }
}
