//! Calls that must not be answered, each with its stated outcome.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use system::{
    log::Log,
    town::{CHIYODA, SAPPORO},
};
use tracing::level_filters::LevelFilter;

use super::world::{World, about, person, raw, with, without};

/// A call and what must come of it: the status, and the code where it is ours.
struct Hostile {
    what: &'static str,
    request: http::Request<bytes::Bytes>,
    status: u16,
    code: Option<&'static str>,
}

struct Cases<'a> {
    world: &'a World,
    anna: String,
    list: Vec<Hostile>,
}

impl Cases<'_> {
    fn raw(
        &mut self,
        what: &'static str,
        request: http::Request<bytes::Bytes>,
        status: u16,
        code: Option<&'static str>,
    ) {
        self.list.push(Hostile {
            what,
            request,
            status,
            code,
        });
    }

    fn ask(&mut self, what: &'static str, body: &Value, status: u16, code: &'static str) {
        let request = raw("/inquiries", &[&self.anna], body.to_string());
        self.raw(what, request, status, Some(code));
    }

    fn record(&mut self, what: &'static str, body: &Value, status: u16, code: &'static str) {
        let request = raw("/consents", &[&self.anna], body.to_string());
        self.raw(what, request, status, Some(code));
    }

    fn token(&mut self, what: &'static str, tokens: &[&str], body: &Value) {
        self.raw(what, raw("/inquiries", tokens, body.to_string()), 401, None);
    }
}

fn tokens(cases: &mut Cases<'_>, granted: &Value, expired: &str) {
    let anna = cases.anna.clone();
    let [head, claims, signature] = anna.splitn(3, '.').collect::<Vec<_>>()[..] else {
        panic!("a token has three parts");
    };
    let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
    let claims_of = |name: &str, value: Value| {
        let bytes = BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap();
        let mut claims: Value = serde_json::from_slice(&bytes).unwrap();
        claims[name] = value;
        claims
    };
    let issuer = cases.world.town.stack.issuer();
    // Signed by a secret that everybody knows: what the issuer publishes of its key.
    let published = issuer.key_set().unwrap();
    let published = published["keys"][0]["n"].as_str().unwrap().to_owned();
    let published = BASE64URL_NOPAD.decode(published.as_bytes()).unwrap();
    let public = EncodingKey::from_secret(&published);
    let mut by_hand = Header::new(Algorithm::HS256);
    by_hand.kid = Some("local".to_owned());
    let signed = |claims: &Value| jsonwebtoken::encode(&by_hand, claims, &public).unwrap();
    let theirs = claims_of("tenant", json!(SAPPORO)).to_string();
    let theirs = BASE64URL_NOPAD.encode(theirs.as_bytes());
    cases.token("no token", &[], granted);
    cases.token("an empty token", &[""], granted);
    cases.token("an expired token", &[expired], granted);
    cases.token("alg none", &[&format!("{none}.{claims}.")], granted);
    cases.token("no signature", &[&format!("{head}.{claims}.")], granted);
    let other = format!("{head}.{theirs}.{signature}");
    cases.token("another body under the signature", &[&other], granted);
    let hs256 = signed(&claims_of("sub", json!("anna")));
    cases.token("HS256 with the public key", &[&hs256], granted);
    // Both are signed as all are.
    let elsewhere = issuer.sign(&claims_of("iss", json!("https://elsewhere.example")));
    let somebody = issuer.sign(&claims_of("aud", json!("somebody")));
    let (elsewhere, somebody) = (elsewhere.unwrap(), somebody.unwrap());
    cases.token("another issuer", &[&elsewhere], granted);
    cases.token("another audience", &[&somebody], granted);
    cases.token("two authorizations", &[&anna, &anna], granted);
    for (what, roles) in [
        ("no role", &[][..]),
        ("role read", &["read"]),
        ("role approve", &["approve"]),
        ("role doses", &["doses", "register"]),
    ] {
        let token = cases.world.token(CHIYODA, roles, "anna");
        let request = raw("/inquiries", &[&token], granted.to_string());
        cases.raw(what, request, 403, Some("ROLE_MISSING"));
    }
}

fn places(cases: &mut Cases<'_>, granted: &Value) {
    let body = with(granted, "tenant", SAPPORO);
    cases.ask("a tenant in the body", &body, 400, "FIELD_UNKNOWN");
    let anna = cases.anna.clone();
    let text = granted.to_string();
    let request = raw(&format!("/{SAPPORO}/inquiries"), &[&anna], text.clone());
    cases.raw("a tenant in the path", request, 404, None);
    let path = format!("/inquiries?tenant={SAPPORO}");
    let request = raw(&path, &[&anna], text.clone());
    cases.raw("a tenant in the query", request, 400, Some("QUERY_UNKNOWN"));
    let doubled = text.replacen('{', "{\"consent\":\"x\",", 1);
    let request = raw("/inquiries", &[&anna], doubled);
    cases.raw("a doubled key", request, 400, Some("FIELD_DOUBLED"));
    let deep = ["{\"consent\":", &"[".repeat(20_000)].concat();
    let request = raw("/inquiries", &[&anna], deep);
    cases.raw("too deep a body", request, 400, Some("BODY_MALFORMED"));
    let large = with(granted, "purpose", "x".repeat(70_000)).to_string();
    let request = raw("/inquiries", &[&anna], large);
    cases.raw("too large a body", request, 413, Some("BODY_TOO_LARGE"));
    let request = raw("/inquiries", &[&anna], "");
    cases.raw("no body", request, 400, Some("FIELD_MISSING"));
}

fn numbers(cases: &mut Cases<'_>, granted: &Value) {
    let digits = person(1).cell("個人番号").to_owned();
    let last = digits.chars().last().unwrap();
    let other = if last == '9' { '0' } else { '9' };
    let typo = format!("{}{other}", &digits[..11]);
    let wide: String = digits
        .chars()
        .map(|it| char::from_u32(u32::from(it) + 0xFEE0).unwrap())
        .collect();
    for (what, number) in [
        ("a lost zero", &digits[1..]),
        ("a digit too many", &format!("{digits}0")),
        ("a wrong check digit", &typo),
        ("full width", &wide),
        (
            "hyphens",
            &format!("{}-{}-{}", &digits[..4], &digits[4..8], &digits[8..]),
        ),
        ("as a spreadsheet rounds it", "9.83206E+11"),
        ("a letter for a digit", &digits.replace('0', "O")),
        ("blanks around it", &format!(" {digits} ")),
        ("no number", "abcdefghijkl"),
        ("nothing", ""),
    ] {
        cases.ask(
            what,
            &with(granted, "my_number", number),
            400,
            "FIELD_INVALID",
        );
    }
    let number: u64 = digits.parse().unwrap();
    let body = with(granted, "my_number", number);
    cases.ask("a number that is no text", &body, 400, "FIELD_INVALID");
    let body = with(granted, "birth_date", "19800230");
    cases.ask("no such day", &body, 400, "FIELD_INVALID");
    let body = with(granted, "my_number", person(2).cell("個人番号"));
    cases.ask("another person", &body, 409, "PERSON_MISMATCH");
    let body = with(granted, "birth_date", "19800101");
    cases.ask("another birth date", &body, 409, "PERSON_MISMATCH");
}

fn terms(cases: &mut Cases<'_>, granted: &Value) {
    let body = with(granted, "purpose", "CERTIFICATE");
    cases.ask("another purpose", &body, 409, "SCOPE_EXCEEDED");
    let body = with(granted, "programmes", "COVID19 HPV");
    cases.ask("a wider scope", &body, 409, "SCOPE_EXCEEDED");
    let body = with(granted, "consent", "0178c360-bc00-7aaa-8aaa-aaaaaaaaaaaa");
    cases.ask("no such basis", &body, 404, "NOT_FOUND");
    let upper = granted["consent"].as_str().unwrap().to_uppercase();
    let body = with(granted, "consent", upper);
    cases.ask("an id in another spelling", &body, 400, "FIELD_INVALID");
    let body = with(granted, "inquiry", "01234567-89ab-4def-8123-456789abcdef");
    cases.ask(
        "an inquiry's id of another kind",
        &body,
        400,
        "FIELD_INVALID",
    );
    for (what, inquiry) in [
        (
            "an inquiry's id that would stand last",
            "00000000-0000-7000-8000-000000000001",
        ),
        (
            "an inquiry's id of two hours before its basis",
            "0178c819-3b00-7bbb-8bbb-bbbbbbbbbbbb",
        ),
        (
            "an inquiry's id of years to come",
            "0278c360-bc00-7bbb-8bbb-bbbbbbbbbbbb",
        ),
        (
            "an inquiry's id of no time",
            "ffffffff-ffff-7bbb-8bbb-bbbbbbbbbbbb",
        ),
    ] {
        let body = with(granted, "inquiry", inquiry);
        cases.ask(what, &body, 400, "FIELD_INVALID");
    }
    let form = cases.world.form(5, "F-unused");
    for (what, name, value) in [
        ("an unknown basis", "basis", "ROYAL_ORDER"),
        (
            "a basis that is not in force yet",
            "basis",
            "CONSENT_HARD_TO_OBTAIN",
        ),
        ("an unknown purpose", "purpose", "CURIOSITY"),
        ("an unknown programme", "programmes", "COVID20"),
        ("all programmes", "programmes", "*"),
        ("a scan that is none", "scan_sha256", "abc"),
        (
            "a name for a form's number",
            "evidence_number",
            "山田太郎の同意書",
        ),
        (
            "a My Number for a form's number",
            "evidence_number",
            "983205673214",
        ),
        ("more days than there are", "days", "15"),
        ("no days", "days", "0"),
        ("a form of tomorrow", "signed_on", "20300101"),
        ("a form of last year", "signed_on", "20200412"),
        ("a form of no day", "signed_on", "yesterday"),
        ("born tomorrow", "birth_date", "20300101"),
    ] {
        cases.record(what, &with(&form, name, value), 400, "FIELD_INVALID");
    }
    for (what, name) in [
        ("a consent without a scan", "scan_sha256"),
        ("a form without its day", "signed_on"),
    ] {
        let without = without(&form, name);
        cases.record(what, &without, 400, "FIELD_INVALID");
    }
    let again = with(
        &cases.world.form(6, "F-granted"),
        "my_number",
        person(6).cell("個人番号"),
    );
    cases.record("a form for somebody else", &again, 409, "EVIDENCE_USED");
}

#[tokio::test(start_paused = true)]
async fn hostile_calls_end_as_stated_and_none_is_answered() {
    let world = World::new().await;
    let early = world.token(CHIYODA, &["inquire"], "anna");
    let soon_over = with(&world.form(7, "F-short"), "days", "1");
    let expired = world.record(&soon_over).await;
    world.wait(24 * 3600);
    let granted = world.consent(1, "F-granted").await;
    let used = world.consent(2, "F-used").await;
    assert_eq!(world.ask(&about(2, &used)).await.status, 200);
    let revoked = world.consent(3, "F-revoked").await;
    assert_eq!(world.revoke(&revoked).await.status, 200);
    let sapporo = world.token(SAPPORO, &["inquire"], "anna");
    let form = world.form(4, "F-4");
    let theirs = world.town.ask("POST", "/consents", &sapporo, Some(&form));
    let theirs = theirs.await.json()["id"].as_str().unwrap().to_owned();
    let before = (
        world.log(CHIYODA).await.len(),
        world.log(SAPPORO).await.len(),
    );

    let mut cases = Cases {
        world: &world,
        anna: world.token(CHIYODA, &["inquire"], "anna"),
        list: Vec::new(),
    };
    let body = about(1, &granted);
    tokens(&mut cases, &body, &early);
    places(&mut cases, &body);
    numbers(&mut cases, &body);
    terms(&mut cases, &body);
    cases.ask(
        "another municipality's basis",
        &about(4, &theirs),
        404,
        "NOT_FOUND",
    );
    cases.ask("a used basis", &about(2, &used), 409, "CONSENT_USED");
    cases.ask(
        "a revoked basis",
        &about(3, &revoked),
        409,
        "CONSENT_REVOKED",
    );
    cases.ask(
        "a basis that is over",
        &about(7, &expired),
        409,
        "CONSENT_EXPIRED",
    );
    assert!(cases.list.len() >= 40, "{} calls", cases.list.len());
    println!("{} hostile calls", cases.list.len());
    for hostile in cases.list {
        let answer = world.town.call(hostile.request).await;
        let what = hostile.what;
        assert_eq!(answer.status, hostile.status, "{what}: {:?}", answer.bytes);
        if let Some(code) = hostile.code {
            assert_eq!(answer.json()["code"], code, "{what}");
        }
        let text = std::str::from_utf8(&answer.bytes).unwrap();
        assert!(!text.contains("doses"), "{what}");
    }
    let after = (
        world.log(CHIYODA).await.len(),
        world.log(SAPPORO).await.len(),
    );
    assert_eq!(after, before, "nobody asked, and nobody answered");
    let answer = world.ask(&body).await;
    assert_eq!(
        answer.status,
        200,
        "what they stood on was sound: {}",
        answer.json()
    );
}

#[tokio::test(start_paused = true)]
async fn without_consent_nobody_asks_alone() {
    let world = World::new().await;
    // The reading of the law that allows it begins in December.
    world.wait(250 * 24 * 3600);
    let basis = with(&world.form(1, "D-7"), "basis", "CONSENT_HARD_TO_OBTAIN");
    let draft = world.record(&basis).await;
    let body = about(1, &draft);
    let code = |answer: &system::town::Answer| answer.json()["code"].clone();
    let early = world.ask(&body).await;
    assert_eq!(
        (early.status, code(&early)),
        (409, json!("CONSENT_NOT_APPROVED"))
    );
    let alone = world.approve(&draft, "anna").await;
    assert_eq!(
        (alone.status, code(&alone)),
        (403, json!("APPROVED_BY_RECORDER"))
    );
    let role = world
        .post(&format!("/consents/{draft}/approve"), &json!({}))
        .await;
    assert_eq!((role.status, code(&role)), (403, json!("ROLE_MISSING")));
    let other = world.token(SAPPORO, &["approve"], "bert");
    let path = format!("/consents/{draft}/approve");
    let other = world.town.ask("POST", &path, &other, None).await;
    assert_eq!(other.status, 404);
    assert_eq!(world.approve(&draft, "bert").await.status, 200);
    let twice = world.approve(&draft, "carl").await;
    assert_eq!(
        (twice.status, code(&twice)),
        (409, json!("CONSENT_NOT_WAITING"))
    );
    assert_eq!(world.ask(&body).await.status, 200);
    let page = world.town.get(CHIYODA, "/inquiries").await.json();
    assert_eq!(
        (&page["today"]["asked"], &page["today"]["without_consent"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test(start_paused = true)]
async fn of_ten_callers_with_one_basis_one_is_answered() {
    let world = World::new().await;
    let consent = world.consent(1, "F-1").await;
    let body = about(1, &consent);
    let asks = (0..10).map(|_| world.ask(&body));
    let answers = futures::future::join_all(asks).await;
    let answered = answers.iter().filter(|answer| answer.status == 200).count();
    let turned_away = answers
        .iter()
        .filter(|answer| answer.json()["code"] == "CONSENT_USED");
    assert_eq!((answered, turned_away.count()), (1, 9));
    assert_eq!(world.log(SAPPORO).await.len(), 1);
    assert_eq!(world.log(CHIYODA).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_is_repeated_by_its_own_person_and_in_its_own_words_only() {
    let world = World::new().await;
    let (first, second) = (world.consent(1, "F-1").await, world.consent(2, "F-2").await);
    let inquiry = "0178c360-bc00-7bbb-8bbb-bbbbbbbbbbbb";
    let body = with(&about(1, &first), "inquiry", inquiry);
    let answer = world.ask(&body).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let logs = (world.log(CHIYODA).await, world.log(SAPPORO).await);
    assert_eq!(world.ask(&body).await, answer, "the same again");
    let replay = world
        .ask(&with(&about(2, &second), "inquiry", inquiry))
        .await;
    assert_eq!(
        replay.json()["code"],
        "FIELD_INVALID",
        "under another basis"
    );
    let person = world.ask(&with(&body, "birth_date", "19700101")).await;
    assert_eq!(person.json()["code"], "PERSON_MISMATCH");
    let bert = world.token(CHIYODA, &["inquire"], "bert");
    let bert = world
        .town
        .ask("POST", "/inquiries", &bert, Some(&body))
        .await;
    assert_eq!(
        bert.json()["code"],
        "CONSENT_USED",
        "by another person of staff"
    );
    let other = with(&body, "inquiry", "0178c360-bc00-7ccc-8ccc-cccccccccccc");
    assert_eq!(world.ask(&other).await.json()["code"], "CONSENT_USED");
    assert_eq!((world.log(CHIYODA).await, world.log(SAPPORO).await), logs);
    world.wait(14 * 24 * 3600);
    assert_eq!(world.ask(&body).await.json()["code"], "CONSENT_EXPIRED");
}

#[tokio::test(start_paused = true)]
async fn numbers_cannot_be_tried_and_the_budget_ends_what_can() {
    let world = World::new().await;
    let (log, _guard) = Log::catch(LevelFilter::INFO);
    let today = async || world.town.get(CHIYODA, "/inquiries").await.json()["today"].clone();
    let consent = world.consent(1, "F-1").await;
    for number in 2..60 {
        let guess = with(
            &about(number, &consent),
            "birth_date",
            person(1).cell("生年月日"),
        );
        let answer = world.ask(&guess).await;
        assert_eq!(answer.json()["code"], "PERSON_MISMATCH", "{number}");
    }
    assert!(world.log(SAPPORO).await.is_empty());
    // Two hundred are not yet reached; of a budget of two, what is usual is.
    let seen = today().await;
    assert_eq!(
        (&seen["mismatched"], &seen["asked"]),
        (&json!(58), &json!(0))
    );
    // A form's number does not tell whose it is either, however often it is tried.
    for number in 2..12 {
        let guess = person(number).cell("個人番号").to_owned();
        let form = with(&world.form(1, "F-1"), "my_number", guess);
        let answer = world.post("/consents", &form).await;
        assert_eq!(answer.json()["code"], "EVIDENCE_USED", "{number}");
    }
    assert_eq!(today().await["mismatched"], 68);
    assert_eq!(seen["many_misses"], false);
    assert!(!log.text().contains("inquiries_many_misses"));
    world
        .town
        .set(CHIYODA, |settings| settings.inquiries_per_day = Some(2))
        .await;
    let mut codes = Vec::new();
    for number in 4..8 {
        let consent = world.consent(number, &format!("G-{number}")).await;
        codes.push(world.ask(&about(number, &consent)).await.status);
    }
    assert_eq!(codes, [200, 200, 429, 429]);
    let seen = today().await;
    assert_eq!((&seen["per_day"], &seen["asked"]), (&json!(2), &json!(2)));
    // Staff see it, and so does the operator.
    assert_eq!(seen["many_misses"], true);
    let lines = log.text();
    let raised = lines
        .lines()
        .filter(|it| it.contains("inquiries_many_misses"));
    assert!(raised.clone().count() > 0);
    for line in raised {
        assert!(line.contains(r#""tenant":"131016""#), "{line}");
    }
    world.wait(24 * 3600);
    let consent = world.consent(9, "G-9").await;
    assert_eq!(
        world.ask(&about(9, &consent)).await.status,
        200,
        "the next day"
    );
}
