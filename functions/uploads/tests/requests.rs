//! The sample events through `dispatch`, with nothing of AWS in reach: what is decided before any
//! call, and what the caller is told when calls fail.

use std::time::Duration;

use domain::{FileKind, TenantCode, TenantScope};
use jiff::Timestamp;
use objects::InboxKey;
use offline::{Offline, event, examples, with_body, with_roles};
use serde_json::{Value, json};

const CREATE: &str = include_str!("../events/create.json");
const LIST: &str = include_str!("../events/list.json");
const SHOW: &str = include_str!("../events/show.json");
const CONFIRM: &str = include_str!("../events/confirm.json");
const DISCARD: &str = include_str!("../events/discard.json");
const EVENTS: [&str; 5] = [CREATE, LIST, SHOW, CONFIRM, DISCARD];

const SETTINGS: [(&str, &str); 3] = [
    ("RECORDS_TABLE", "records"),
    ("DROP_BUCKET", "drop"),
    ("LOADS_QUEUE_URL", "http://127.0.0.1:1/0/loads"),
];

fn function() -> Offline {
    Offline::new(uploads::wire, &SETTINGS)
}

#[tokio::test]
async fn a_table_out_of_reach_is_passing_trouble() {
    for text in EVENTS {
        let event = event(text);
        function().refuses(&event, 503, "TRY_AGAIN").await;
    }
}

#[tokio::test]
async fn who_reads_may_look_and_only_who_registers_may_act() {
    for (text, read_may) in [
        (CREATE, false),
        (LIST, true),
        (SHOW, true),
        (CONFIRM, false),
        (DISCARD, false),
    ] {
        let (status, _) = function().answer(&with_roles(event(text), "[read]")).await;
        assert_eq!(status, if read_may { 503 } else { 403 }, "{text}");
        for roles in ["", "[approve]", "[Register]"] {
            let event = with_roles(event(text), roles);
            function().refuses(&event, 403, "ROLE_MISSING").await;
        }
    }
}

#[tokio::test]
async fn who_records_doses_or_asks_may_drop_files_of_that_kind_only_and_follow_them() {
    for (roles, own) in [("[doses]", "doses"), ("[inquire]", "inquiries")] {
        let status = async |text, body: Option<Value>| {
            let mut event = with_roles(event(text), roles);
            if let Some(body) = body {
                event = with_body(event, &body);
            }
            function().answer(&event).await.0
        };
        for kind in ["residents", "doses", "inquiries"] {
            let file = Some(json!({"kind": kind, "name": "a.csv"}));
            let expected = if kind == own { 503 } else { 403 };
            assert_eq!(status(CREATE, file).await, expected, "{roles} {kind}");
        }
        assert_eq!(status(LIST, None).await, 503);
        assert_eq!(status(SHOW, None).await, 503);
        assert_eq!(status(CONFIRM, None).await, 403);
        assert_eq!(status(DISCARD, None).await, 403);
    }
}

#[tokio::test]
async fn a_drop_has_a_kind_and_a_safe_name_and_nothing_else() {
    let cases = [
        (json!({}), "FIELD_MISSING", "kind"),
        (json!({"kind": "residents"}), "FIELD_MISSING", "name"),
        (
            json!({"kind": "letters", "name": "a.csv"}),
            "FIELD_INVALID",
            "kind",
        ),
        (
            json!({"kind": "residents", "name": "../a.csv"}),
            "FIELD_INVALID",
            "name",
        ),
        (
            json!({"kind": "residents", "name": "山田太郎.csv"}),
            "FIELD_INVALID",
            "name",
        ),
        (
            json!({"kind": "residents", "name": "a.csv", "key": "x"}),
            "FIELD_UNKNOWN",
            "key",
        ),
        (
            json!({"kind": "residents", "name": "a.csv", "tenant": "0"}),
            "FIELD_UNKNOWN",
            "tenant",
        ),
    ];
    for (said, code, field) in cases {
        let event = with_body(event(CREATE), &said);
        let body = function().refuses(&event, 400, code).await;
        assert_eq!(body["field"], field);
        assert!(!body.to_string().contains("山田"));
    }
}

#[tokio::test]
async fn a_list_goes_on_only_from_a_cursor_of_its_own() {
    for query in [
        json!({"after": "x"}),
        json!({"limit": "1000"}),
        json!({"state": "held"}),
    ] {
        let mut event = event(LIST);
        event["queryStringParameters"] = query;
        assert_eq!(function().answer(&event).await.0, 400);
    }
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    for text in EVENTS {
        let mut event = event(text);
        event["routeKey"] = json!("PUT /uploads/{id}");
        assert_eq!(function().answer(&event).await.0, 404);
    }
}

#[tokio::test]
async fn a_link_is_for_one_key_and_needs_nothing_that_a_browser_cannot_send() {
    let scope = TenantScope::from_verified_claim(TenantCode::parse("131016").unwrap());
    let key = InboxKey::for_drop(&scope, FileKind::Residents, "a.csv").unwrap();
    let drop = offline::adapters(&SETTINGS).drop_bucket().unwrap();
    let link = drop
        .upload_link(
            &scope,
            &key,
            "a.mark",
            Timestamp::UNIX_EPOCH,
            Duration::from_mins(15),
        )
        .await
        .unwrap();
    let (place, query) = link.url.split_once('?').unwrap();
    assert_eq!(
        place,
        "http://127.0.0.1:1/drop/inbox/131016/residents/a.csv"
    );
    assert!(
        query.contains("X-Amz-Signature=") && query.contains("X-Amz-Expires=900"),
        "{query}"
    );
    // A checksum in the link would be that of an empty file, and every other file would be refused.
    assert!(!query.to_lowercase().contains("checksum"), "{query}");
    let mark = ("x-amz-meta-by".to_owned(), "a.mark".to_owned());
    assert_eq!(link.headers, [mark]);
    assert!(
        query.contains("X-Amz-SignedHeaders=host%3Bx-amz-meta-by"),
        "{query}"
    );
    assert_eq!(link.expires.to_string(), "1970-01-01T00:15:00Z");
}

#[tokio::test]
async fn every_example_of_the_description_is_taken() {
    let examples = examples(&event(CREATE));
    assert!(!examples.is_empty());
    for (_, body) in examples {
        // As far as the table, which is out of reach.
        let event = with_body(event(CREATE), &body);
        function().refuses(&event, 503, "TRY_AGAIN").await;
    }
}
