//! Tokens that say too little, too much, or something else; and municipalities named elsewhere.

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use system::town::{CHIYODA, SAPPORO};

use super::world::{Ask, World, operations, pairs};

/// One request of every route, with what is Sapporo's in it.
fn asks(world: &World) -> Vec<Ask> {
    let first = |operation: &str| pairs(operation, &world.theirs).remove(0).theirs;
    operations().iter().map(|(id, ..)| first(id)).collect()
}

/// The claims of a sound token of Chiyoda.
fn sound() -> Value {
    let now = runtime::system_clock().as_second();
    json!({
        "iss": "http://127.0.0.1:8080", "aud": "open-vrs", "sub": "staff", "tenant": CHIYODA,
        "roles": ["read", "register"], "iat": now, "nbf": now, "exp": now + 3_600,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = sound();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = sound();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// Every route answers with this status, and problem code where it is ours; nothing is written.
async fn assert_refused(world: &World, token: &str, status: u16, code: Option<&str>, what: &str) {
    for ask in asks(world) {
        let answer = world.ask_as(token, &ask).await;
        let what = format!("{what}: {} {}", ask.method, ask.path);
        assert_eq!(answer.status, status, "{what}: {}", answer.json());
        if let Some(code) = code {
            assert_eq!(answer.json()["code"], code, "{what}");
        }
        world.assert_tells_nothing(&answer, &what);
    }
}

#[tokio::test]
async fn a_token_that_is_not_of_exactly_one_municipality_is_refused_on_every_route() {
    let world = World::new().await;
    let before = world.town.whole().await;
    let count = pairs("countDoses", &world.theirs).remove(0).theirs;
    let control = world.ask_as(&world.signed(&sound()), &count).await;
    assert_eq!(control.status, 200, "a sound token signed by hand is taken");
    for (what, claims) in [
        ("no tenant", without("tenant")),
        ("none", with("tenant", Value::Null)),
        ("a number", with("tenant", json!(11_002))),
        ("a list", with("tenant", json!([CHIYODA]))),
        ("two in a list", with("tenant", json!([CHIYODA, SAPPORO]))),
        (
            "two in a text",
            with("tenant", json!(format!("{CHIYODA},{SAPPORO}"))),
        ),
        (
            "as a gateway writes lists",
            with("tenant", json!(format!("[{CHIYODA} {SAPPORO}]"))),
        ),
        ("a wildcard", with("tenant", json!("*"))),
        ("a key", with("tenant", json!(format!("{CHIYODA}#C")))),
    ] {
        let token = world.signed(&claims);
        assert_refused(&world, &token, 403, Some("TENANT_CLAIM"), what).await;
    }
    let mut elsewhere = without("tenant");
    for name in ["Tenant", "TENANT", "custom:tenant", "tenants", "tenant_id"] {
        elsewhere[name] = json!(SAPPORO);
    }
    let token = world.signed(&elsewhere);
    assert_refused(&world, &token, 403, Some("TENANT_CLAIM"), "elsewhere").await;
    assert_eq!(world.town.whole().await, before);
}

#[tokio::test]
async fn a_token_of_a_municipality_that_takes_no_part_reaches_nothing() {
    let world = World::new().await;
    let before = world.town.whole().await;
    let token = world.signed(&with("tenant", json!("131024")));
    for ask in asks(&world) {
        let answer = world.ask_as(&token, &ask).await;
        assert!(
            (400..500).contains(&answer.status),
            "{ask:?}: {}",
            answer.status
        );
        world.assert_tells_nothing(&answer, &ask.path);
    }
    assert_eq!(world.town.whole().await, before);
}

#[tokio::test]
async fn a_token_that_the_issuer_did_not_give_for_now_and_here_is_refused_on_every_route() {
    let world = World::new().await;
    let past = runtime::system_clock().as_second() - 1;
    for (what, claims) in [
        ("expired", with("exp", json!(past))),
        ("without an end", without("exp")),
        ("not yet", with("nbf", json!(past + 3_600))),
        (
            "of another issuer",
            with("iss", json!("http://127.0.0.1:8081")),
        ),
        ("for another audience", with("aud", json!("somebody"))),
    ] {
        assert_refused(&world, &world.signed(&claims), 401, None, what).await;
    }
    let own = world.town.token(CHIYODA);
    let [head, body, signature] = own.splitn(3, '.').collect::<Vec<_>>()[..] else {
        panic!("a token has three parts");
    };
    let theirs = BASE64URL_NOPAD.encode(with("tenant", json!(SAPPORO)).to_string().as_bytes());
    let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
    let other = World::new().await.town.token(SAPPORO);
    for (what, token) in [
        (
            "another body under the signature",
            format!("{head}.{theirs}.{signature}"),
        ),
        ("no algorithm", format!("{none}.{theirs}.")),
        ("no signature", format!("{head}.{body}.")),
        ("another issuer's key", other),
        ("nothing", String::new()),
        ("two tokens", format!("{own}, {own}")),
    ] {
        assert_refused(&world, &token, 401, None, what).await;
    }
}

#[tokio::test]
async fn a_municipality_named_in_path_query_body_or_header_is_never_believed() {
    let world = World::new().await;
    let before = world.town.whole().await;
    for ask in asks(&world) {
        let plain = world.ask(&ask).await;
        let glue = if ask.path.contains('?') { '&' } else { '?' };
        let in_query = Ask {
            path: format!("{}{glue}tenant={SAPPORO}", ask.path),
            ..ask.clone()
        };
        let mut body = ask.body.clone().unwrap_or_else(|| json!({}));
        body["tenant"] = json!(SAPPORO);
        let in_body = Ask {
            body: Some(body),
            ..ask.clone()
        };
        for ask in [in_query, in_body] {
            let answer = world.ask(&ask).await;
            assert_eq!(answer.status, 400, "{ask:?}: {}", answer.json());
            world.assert_tells_nothing(&answer, &ask.path);
        }
        for prefix in [format!("/{SAPPORO}"), format!("/tenants/{SAPPORO}")] {
            let path = format!("{prefix}{}", ask.path);
            let answer = world
                .ask(&Ask {
                    path,
                    ..ask.clone()
                })
                .await;
            assert_eq!(answer.status, 404, "{prefix} {ask:?}");
        }
        let body = ask.body.as_ref().map(Value::to_string).unwrap_or_default();
        let request = http::Request::builder()
            .method(ask.method.as_str())
            .uri(&ask.path)
            .header(
                "authorization",
                format!("Bearer {}", world.town.token(CHIYODA)),
            )
            .header("if-match", "\"1\"")
            .header("idempotency-key", "k")
            .header("x-tenant", SAPPORO)
            .header("tenant", SAPPORO)
            .body(Bytes::from(body))
            .unwrap();
        let answer = world.town.call(request).await;
        assert_eq!(answer.status, plain.status, "{ask:?}");
        if answer.json().get("url").is_none() {
            assert_eq!(answer, plain, "{ask:?}");
        }
        world.assert_tells_nothing(&answer, &ask.path);
    }
    assert_eq!(world.town.whole().await, before);
}
