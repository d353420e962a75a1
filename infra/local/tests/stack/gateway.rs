use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use local::LocalStack;
use serde_json::{Value, json};

use crate::world;

const TENANT: &str = "131016";

async fn ask(stack: &LocalStack, method: &str, path: &str, token: Option<&str>) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    stack.api(request.body(Bytes::new()).unwrap()).await
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn a_caller_with_a_token_reaches_the_function() {
    let stack = world::in_memory();
    world::add_tenant(&stack, TENANT).await;
    let token = stack.token(TENANT, &["read"], "someone").unwrap();
    let answer = ask(&stack, "GET", "/uploads?limit=5", Some(&token)).await;
    assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.body());
    let answer = ask(
        &stack,
        "GET",
        "/residents/AAAAAAAAAAAAAAAAAAAAAA",
        Some(&token),
    )
    .await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        answer.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let answer = ask(&stack, "POST", "/uploads", Some(&token)).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_path_that_is_no_route_is_not_found_and_asks_no_function() {
    let stack = world::in_memory();
    let token = stack.token(TENANT, &["read"], "someone").unwrap();
    for (method, path) in [
        ("POST", "/"),
        ("GET", "/residents"),
        ("GET", "/residents/"),
        ("GET", "/residents/a/b"),
        ("GET", "/residents/%FF"),
        ("DELETE", "/uploads"),
        ("GET", "/uploads/a/confirm"),
        ("POST", "//uploads"),
    ] {
        let answer = ask(&stack, method, path, Some(&token)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(json_of(&answer), json!({ "message": "Not Found" }));
    }
}

#[tokio::test]
async fn without_one_valid_token_nobody_passes() {
    let stack = world::in_memory();
    let good = stack.token(TENANT, &["read"], "someone").unwrap();
    let foreign = world::in_memory()
        .token(TENANT, &["read"], "someone")
        .unwrap();
    let broken = good.replace('.', "");
    for token in [
        None,
        Some(""),
        Some(foreign.as_str()),
        Some(broken.as_str()),
    ] {
        let answer = ask(&stack, "GET", "/uploads", token).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    let value = format!("Bearer {good}");
    let twice = Request::get("/uploads")
        .header(header::AUTHORIZATION, &value)
        .header(header::AUTHORIZATION, &value);
    let answer = stack.api(twice.body(Bytes::new()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let basic = Request::get("/uploads").header(header::AUTHORIZATION, format!("Basic {good}"));
    let answer = stack.api(basic.body(Bytes::new()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn a_token_runs_out() {
    let stack = world::in_memory();
    world::add_tenant(&stack, TENANT).await;
    let token = stack.token(TENANT, &["read"], "someone").unwrap();
    for (hours, status) in [(11, StatusCode::OK), (2, StatusCode::UNAUTHORIZED)] {
        tokio::time::sleep(Duration::from_secs(hours * 3600)).await;
        assert_eq!(
            ask(&stack, "GET", "/uploads", Some(&token)).await.status(),
            status
        );
    }
}

#[tokio::test]
async fn a_body_of_more_than_ten_megabytes_is_refused() {
    let stack = world::in_memory();
    let token = stack.token(TENANT, &["register"], "someone").unwrap();
    let request =
        Request::post("/uploads").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let body = Bytes::from(vec![b' '; (10 << 20) + 1]);
    let answer = stack.api(request.body(body).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_issuer_describes_itself_and_its_keys_verify_its_tokens() {
    let stack = world::in_memory();
    let about = json_of(&ask(&stack, "GET", "/.well-known/openid-configuration", None).await);
    assert_eq!(about["issuer"], stack.urls().api);
    assert_eq!(about["jwks_uri"], format!("{}/jwks.json", stack.urls().api));
    let keys = json_of(&ask(&stack, "GET", "/jwks.json", None).await);
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys).unwrap();
    let token = stack.token(TENANT, &["read"], "someone").unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(&keys.keys[0]).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.set_audience(&["open-vrs"]);
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &rules)
        .unwrap()
        .claims;
    assert_eq!(claims["tenant"], TENANT);
    assert_eq!(claims["roles"], json!(["read"]));
}

#[tokio::test]
async fn a_page_in_a_browser_gets_no_token() {
    let stack = world::in_memory();
    let wish = json!({ "tenant": TENANT, "roles": ["read"] }).to_string();
    for (host, kind, status) in [
        ("127.0.0.1:8080", "application/json", StatusCode::OK),
        ("localhost:8080", "application/json", StatusCode::OK),
        (
            "evil.example:8080",
            "application/json",
            StatusCode::FORBIDDEN,
        ),
        (
            "127.0.0.1.evil.example",
            "application/json",
            StatusCode::FORBIDDEN,
        ),
        (
            "127.0.0.1:8080",
            "text/plain",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
    ] {
        let request = Request::post("/local/token")
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, kind)
            .body(Bytes::from(wish.clone()));
        let answer = stack.api(request.unwrap()).await;
        assert_eq!(answer.status(), status, "{host} {kind}");
    }
}
