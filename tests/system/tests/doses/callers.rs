//! What no route takes, and who may do what.

use serde_json::{Value, json};
use system::{
    file::Row,
    town::{Answer, CHIYODA, SAPPORO},
    venue::{Venue, dose, line},
};

use crate::bad_input::{said, town};

#[tokio::test(start_paused = true)]
async fn bodies_that_no_route_takes_are_refused_without_their_values() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let id = "BwcHBwcHBwcHBwcHBwcHBw.COVID19.01";
    let routes = [
        ("POST", "/doses/lookup".to_owned()),
        ("POST", "/doses".to_owned()),
        ("PUT", format!("/doses/{id}")),
        ("DELETE", format!("/doses/{id}")),
        ("POST", format!("/doses/{id}/lock")),
        ("POST", format!("/doses/{id}/unlock")),
        ("POST", format!("/doses/{id}/resolve")),
    ];
    let headers = [("idempotency-key", "k"), ("if-match", "\"1\"")];
    let sound = json!({
        "line": line(&Row::of(1), 1), "birth_date": "1931-02-02", "given_on": "2021-03-01",
        "product": "ファイザー", "lot": "EP2163", "reason": "x", "decision": "accept",
    });
    for (method, path) in routes {
        let large = json!({ "reason": "x".repeat(70_000) });
        let answer = venue.ask(method, &path, &headers, &large).await;
        assert_eq!(
            (answer.status, said(&answer).1),
            (413, "BODY_TOO_LARGE".to_owned())
        );
        let mut deep = sound.clone();
        let nested = (0..60).fold(json!("x"), |inner, _| json!([inner]));
        deep["secret"] = nested;
        let answer = venue.ask(method, &path, &headers, &deep).await;
        // No route takes all the fields of `sound` either: whichever comes first is named.
        assert_names_a_field(&answer, &deep);
        // As deep as fits, so that no parser may recurse.
        let deepest = format!(
            "{{\"secret\":{}{}}}",
            "[".repeat(30_000),
            "]".repeat(30_000)
        );
        let answer = venue.ask_raw(method, &path, &headers, deepest).await;
        assert!(
            (400..500).contains(&answer.status) && said(&answer).2 != json!("[["),
            "{path}: {}",
            answer.json()
        );
        let mut unknown = sound.clone();
        unknown["tenant"] = json!("秘密");
        let answer = venue.ask(method, &path, &headers, &unknown).await;
        assert_names_a_field(&answer, &unknown);
        assert!(
            !String::from_utf8(answer.bytes.to_vec())
                .unwrap()
                .contains("秘密")
        );
    }
}

fn assert_names_a_field(answer: &Answer, body: &Value) {
    let (status, code, field, _) = said(answer);
    assert_eq!((status, code.as_str()), (400, "FIELD_UNKNOWN"));
    assert!(body.get(field.as_str().unwrap()).is_some(), "{field}");
}

#[tokio::test(start_paused = true)]
async fn roles_and_municipalities_keep_doses_apart() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let id = venue.record(&dose(&Row::of(1))).await.json()["id"].clone();
    let id = id.as_str().unwrap();
    let resident = id.split('.').next().unwrap();
    let paths = [
        ("GET", format!("/residents/{resident}/doses"), "read"),
        ("PUT", format!("/doses/{id}"), "doses"),
        ("DELETE", format!("/doses/{id}"), "doses"),
        ("POST", format!("/doses/{id}/lock"), "approve"),
        ("POST", format!("/doses/{id}/unlock"), "approve"),
        ("POST", format!("/doses/{id}/resolve"), "doses"),
    ];
    let bodies = |method: &str, path: &str| {
        match method {
        "GET" => String::new(),
        "PUT" => json!({ "given_on": "2021-03-01", "product": "ファイザー", "lot": "EP2163", "reason": "x" })
            .to_string(),
        _ if path.ends_with("resolve") => {
            json!({ "decision": "accept", "reason": "x" }).to_string()
        }
        _ => json!({ "reason": "x" }).to_string(),
    }
    };
    let before = town.whole().await;
    for (method, path, role) in paths {
        for (code, roles, status) in [
            (
                SAPPORO,
                vec!["read", "doses", "approve", "register", "inquire"],
                404,
            ),
            (CHIYODA, all_but(role), 403),
        ] {
            let token = town.stack.token(code, &roles, "staff").unwrap();
            let headers = [
                ("authorization", format!("Bearer {token}")),
                ("if-match", "\"1\"".to_owned()),
            ];
            let headers: Vec<_> = headers.iter().map(|(a, b)| (*a, b.as_str())).collect();
            let answer = town
                .ask_with(method, &path, &headers, bodies(method, &path))
                .await;
            assert_eq!(answer.status, status, "{method} {path} {code}");
        }
    }
    assert_eq!(town.whole().await, before);
}

fn all_but(role: &str) -> Vec<&'static str> {
    let all = ["read", "register", "doses", "inquire", "approve"];
    all.into_iter().filter(|it| *it != role).collect()
}
