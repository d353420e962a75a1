use super::*;
use crate::template::Authorizer;

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const URL: &str = "http://127.0.0.1:8080";

fn issuer() -> Issuer {
    let authorizer = Authorizer {
        issuer: URL.to_owned(),
        audience: vec!["open-vrs".to_owned()],
    };
    Issuer::new(&authorizer, None)
}

fn now() -> Timestamp {
    Timestamp::from_second(1_000_000).unwrap()
}

fn asked() -> String {
    format!(
        "response_type=code&client_id=open-vrs&redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2F&state=s%26t\
         &nonce=n&code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
}

fn ask(issuer: &Issuer, request: &Request<Bytes>) -> Response<Bytes> {
    answer(issuer, request, now()).unwrap()
}

fn post(issuer: &Issuer, path: &str, body: String) -> Response<Bytes> {
    ask(issuer, &Request::post(path).body(body.into()).unwrap())
}

/// Where the browser is sent after somebody signed in.
fn sign_in(issuer: &Issuer) -> String {
    let who = format!("{}&tenant=131016&person=a&role=read&role=root", asked());
    let answer = post(issuer, AUTHORIZE, who);
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let to = answer.headers()[header::LOCATION].to_str().unwrap();
    to.to_owned()
}

fn exchange(issuer: &Issuer, code: &str, verifier: &str) -> (StatusCode, serde_json::Value) {
    let body = format!(
        "grant_type=authorization_code&client_id=open-vrs&redirect_uri={URL}/&code={code}&code_verifier={verifier}"
    );
    let answer = post(issuer, TOKEN, body);
    let json = serde_json::from_slice(answer.body()).unwrap();
    (answer.status(), json)
}

#[test]
fn whoever_signs_in_gets_one_token_for_what_they_said() {
    let issuer = issuer();
    let form = Request::get(format!("{AUTHORIZE}?{}", asked()));
    let form = ask(&issuer, &form.body(Bytes::new()).unwrap());
    assert_eq!(form.status(), StatusCode::OK);
    let page = std::str::from_utf8(form.body()).unwrap();
    assert!(page.contains("s&amp;t") && page.contains("千代田区"));
    let to = sign_in(&issuer);
    let code = to.strip_prefix("http://127.0.0.1:8080/?code=").unwrap();
    let code = code.strip_suffix("&state=s%26t").unwrap();
    let (status, tokens) = exchange(&issuer, code, VERIFIER);
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    let claims = issuer.verify(token, now()).unwrap();
    assert_eq!(claims["tenant"], "131016");
    assert_eq!(claims["roles"], json!(["read"]));
    assert_eq!(claims["sub"], "a");
    assert_eq!(claims["nonce"], "n");
    let (_, again) = exchange(&issuer, code, VERIFIER);
    assert_eq!(again, json!({ "error": "invalid_grant" }));
}

#[test]
fn a_wrong_verifier_gets_nothing_and_uses_the_code_up() {
    let issuer = issuer();
    let to = sign_in(&issuer);
    let code = to.split(['=', '&']).nth(1).unwrap();
    for verifier in [&"a".repeat(43), VERIFIER] {
        let (status, answer) = exchange(&issuer, code, verifier);
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(answer, json!({ "error": "invalid_grant" }));
    }
}

#[test]
fn nobody_is_sent_anywhere_but_to_the_console() {
    let issuer = issuer();
    for (from, to) in [
        ("127.0.0.1%3A8080", "evil.example"),
        ("client_id=open-vrs", "client_id=other"),
        ("response_type=code", "response_type=token"),
        ("=S256", "=plain"),
        (CHALLENGE, "short"),
        ("&state", "&client_id=open-vrs&state"),
    ] {
        let changed = asked().replace(from, to);
        assert_ne!(changed, asked());
        let form = Request::get(format!("{AUTHORIZE}?{changed}"));
        let form = ask(&issuer, &form.body(Bytes::new()).unwrap());
        assert_eq!(form.status(), StatusCode::BAD_REQUEST, "{to}");
        let posted = post(
            &issuer,
            AUTHORIZE,
            format!("{changed}&tenant=131016&person=a"),
        );
        assert_eq!(posted.status(), StatusCode::BAD_REQUEST, "{to}");
    }
    let foreign = Request::post(AUTHORIZE).header(header::ORIGIN, "http://evil.example");
    let body = format!("{}&tenant=131016&person=a", asked());
    let foreign = ask(&issuer, &foreign.body(body.into()).unwrap());
    assert_eq!(foreign.status(), StatusCode::BAD_REQUEST);
}

#[test]
fn a_municipality_that_is_none_is_asked_for_again() {
    let issuer = issuer();
    for who in [
        "tenant=131017&person=a",
        "person=a",
        "tenant=131016&person=+",
    ] {
        let answer = post(&issuer, AUTHORIZE, format!("{}&{who}", asked()));
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{who}");
        let page = std::str::from_utf8(answer.body()).unwrap();
        assert!(page.contains("role=\"alert\""), "{who}");
    }
}
