//! What comes in over the API and is not right, each with its stated outcome.

use serde_json::{Value, json};
use system::{
    file::{Encoding, File, Row},
    town::{Answer, CHIYODA, SAPPORO, Town},
    venue::{Venue, dose, line, with},
};

/// A town with three people in the register of Chiyoda.
pub(crate) async fn town() -> Town {
    let town = Town::start().await;
    register(&town, (1..4).map(Row::of).collect()).await;
    town
}

pub(crate) async fn register(town: &Town, rows: Vec<Row>) {
    let file = File::new(rows).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "residents.csv", file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt}");
}

pub(crate) fn said(answer: &Answer) -> (u16, String, Value, Value) {
    let body = answer.json();
    let code = body["code"].as_str().unwrap_or_default().to_owned();
    (
        answer.status,
        code,
        body["field"].clone(),
        body["reason"].clone(),
    )
}

fn finding_codes(answer: &Answer) -> Vec<String> {
    let findings = answer.json()["findings"].clone();
    let codes = findings.as_array().unwrap().iter();
    codes
        .map(|it| it["code"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_line_that_was_misread_is_refused_with_its_cause() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let good = line(&Row::of(1), 1);
    let full_width: String = good
        .chars()
        .map(|c| char::from_u32(u32::from(c) - 0x30 + 0xFF10).unwrap())
        .collect();
    let cases = [
        (good[..17].to_owned(), "LINE_LENGTH"),
        (format!("{good}0"), "LINE_LENGTH"),
        (full_width, "LINE_DIGITS"),
        (good.replacen('0', "O", 1), "LINE_DIGITS"),
        (good.replacen('1', "l", 1), "LINE_DIGITS"),
        (format!("3{}", &good[1..]), "LINE_KIND"),
        (format!("1{}", &good[1..]), "LINE_INTERVIEW_ONLY"),
        (format!("20{}", &good[2..]), "LINE_DOSE_NUMBER"),
        (format!("28{}", &good[2..]), "LINE_DOSE_NUMBER"),
        (good.replacen(CHIYODA, "131017", 1), "LINE_CHECK_DIGIT"),
        (good.replacen(CHIYODA, "130001", 1), "LINE_MUNICIPALITY"),
    ];
    let before = town.whole().await;
    for (line, reason) in cases {
        let looked = venue.post("/doses/lookup", &json!({ "line": line })).await;
        let recorded = venue
            .record(&with(dose(&Row::of(1)), "line", &json!(line)))
            .await;
        for answer in [looked, recorded] {
            let expected = (
                400,
                "FIELD_INVALID".to_owned(),
                json!("line"),
                json!(reason),
            );
            assert_eq!(said(&answer), expected);
            assert!(
                !String::from_utf8(answer.bytes.to_vec())
                    .unwrap()
                    .contains(&line)
            );
        }
    }
    assert_eq!(town.whole().await, before, "nothing of it is kept");
}

#[tokio::test(start_paused = true)]
async fn a_coupon_of_another_municipality_is_refused_by_its_name() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let elsewhere = line(&Row::of(1), 1).replacen(CHIYODA, SAPPORO, 1);
    let looked = venue
        .post("/doses/lookup", &json!({ "line": elsewhere }))
        .await;
    let body = with(dose(&Row::of(1)), "line", &json!(elsewhere));
    let by_number = json!({ "coupon": Row::of(1).cell("券番号"), "municipality": SAPPORO });
    for answer in [
        looked,
        venue.record(&body).await,
        venue.post("/doses/lookup", &by_number).await,
    ] {
        assert_eq!(
            (answer.status, said(&answer).1),
            (422, "COUPON_ELSEWHERE".to_owned())
        );
        let named = json!({ "code": SAPPORO, "name": "札幌市" });
        assert_eq!(answer.json()["municipality"], named);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_coupon_is_said_and_its_dose_waits() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let stranger = Row::of(7);
    let looked = venue
        .post("/doses/lookup", &json!({ "line": line(&stranger, 1) }))
        .await;
    assert_eq!(
        (looked.status, said(&looked).1),
        (404, "COUPON_UNKNOWN".to_owned())
    );
    let recorded = venue.record(&dose(&stranger)).await;
    assert_eq!(
        (recorded.status, recorded.json()["outcome"].clone()),
        (202, json!("waiting"))
    );
    let listed = venue.list("waiting").await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], recorded.json()["id"]);
    assert_eq!(listed[0]["coupon"], stranger.cell("券番号"));
    assert_eq!(listed[0]["resident"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_second_attribute_that_does_not_fit_refuses_and_says_nothing_else() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    assert_eq!(venue.record(&dose(&Row::of(1))).await.status, 201);
    let before = town.whole().await;
    // The right dose, and one with other faults: the answer is the same.
    for given_on in ["2021-03-01", "2030-01-01"] {
        let body = with(dose(&Row::of(1)), "birth_date", &json!("1950-01-01"));
        let answer = venue
            .record(&with(body, "given_on", &json!(given_on)))
            .await;
        assert_eq!(
            (answer.status, said(&answer).1),
            (422, "DOSE_REFUSED".to_owned())
        );
        assert_eq!(finding_codes(&answer), ["second-attribute"]);
    }
    let neither = venue
        .record(&with(dose(&Row::of(1)), "birth_date", &Value::Null))
        .await;
    let missing = (
        400,
        "FIELD_MISSING".to_owned(),
        json!("birth_date"),
        Value::Null,
    );
    assert_eq!(said(&neither), missing);
    assert_eq!(town.whole().await, before);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_of_its_own_coupon_and_of_ten_minutes() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let look = json!({ "line": line(&Row::of(1), 1) });
    let seen = venue.post("/doses/lookup", &look).await.json();
    assert_eq!(seen["kana_initials"], "ヤ ロ");
    assert_eq!((&seen["age"], &seen["sex"]), (&json!(90), &json!("female")));
    for secret in ["山田", "ヤマダ", "A-000001", "1931-02-02"] {
        assert!(!seen.to_string().contains(secret), "{secret}");
    }
    let by_token = |row: &Row| {
        let body = with(dose(row), "birth_date", &Value::Null);
        with(body, "token", &seen["token"])
    };
    let other = venue.record(&by_token(&Row::of(2))).await;
    assert_eq!(
        (other.status, said(&other).1),
        (422, "LOOKUP_EXPIRED".to_owned())
    );
    let own = venue.record(&by_token(&Row::of(1))).await;
    assert_eq!(own.status, 201, "{}", own.json());
    let again = venue.post("/doses/lookup", &look).await.json();
    assert_eq!(again["doses"][0]["vaccine"], "ファイザー");
    tokio::time::sleep(std::time::Duration::from_mins(10)).await;
    let late = venue.record(&by_token(&Row::of(1))).await;
    assert_eq!(
        (late.status, said(&late).1),
        (422, "LOOKUP_EXPIRED".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_repeat_is_answered_with_what_was_done_also_when_its_lookup_is_over() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let look = json!({ "line": line(&Row::of(1), 1) });
    let seen = venue.post("/doses/lookup", &look).await.json();
    let body = with(dose(&Row::of(1)), "birth_date", &Value::Null);
    let body = with(body, "token", &seen["token"]);
    let ask = async |key: &str, body: &Value| {
        let key = [("idempotency-key", key)];
        let answer = venue.ask("POST", "/doses", &key, body).await;
        (answer.status, answer.json())
    };
    let first = ask("once", &body).await;
    assert_eq!(first.0, 201, "{}", first.1);
    tokio::time::sleep(std::time::Duration::from_mins(10)).await;
    let before = town.whole().await;
    assert_eq!(ask("once", &body).await, first);
    let (status, reused) = ask("once", &with(body.clone(), "lot", &json!("EP9605"))).await;
    assert_eq!(
        (status, &reused["code"]),
        (422, &json!("IDEMPOTENCY_KEY_REUSED"))
    );
    let (status, late) = ask("another", &body).await;
    assert_eq!((status, &late["code"]), (422, &json!("LOOKUP_EXPIRED")));
    assert_eq!(town.whole().await, before, "nothing is written");
}

#[tokio::test(start_paused = true)]
async fn a_lot_keeps_its_o_and_zero_apart() {
    let town = town().await;
    town.set(CHIYODA, |settings| {
        let lot = domain::LotNumber::parse("EP0163").unwrap();
        settings.lots.add("COMIRNATY".parse().unwrap(), lot);
    })
    .await;
    let venue = Venue::of(&town, "nurse");
    let of = |row: u32, lot: &str| with(dose(&Row::of(row)), "lot", &json!(lot));
    let good = venue.record(&of(1, "ｅｐ０１６３")).await;
    assert_eq!(
        (good.status, good.json()["outcome"].clone()),
        (201, json!("recorded"))
    );
    let misread = venue.record(&of(2, "EPO163")).await;
    assert_eq!(
        (misread.status, misread.json()["outcome"].clone()),
        (201, json!("review"))
    );
    assert_eq!(finding_codes(&misread), ["lot-unknown"]);
}

#[tokio::test(start_paused = true)]
async fn dates_are_read_as_in_residents_files() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let mut answers = Vec::new();
    for date in [
        "2021-03-01",
        "20210301",
        "2021/3/1",
        "R3.3.1",
        "令和3年3月1日",
        "２０２１０３０１",
    ] {
        let answer = venue
            .record(&with(dose(&Row::of(1)), "given_on", &json!(date)))
            .await;
        answers.push((answer.status, answer.json()["outcome"].clone()));
    }
    assert_eq!(answers[0], (201, json!("recorded")));
    assert!(
        answers[1..]
            .iter()
            .all(|it| *it == (200, json!("unchanged"))),
        "{answers:?}"
    );
    for date in ["2021-02-30", "R3", "03/01/2021", "平成33年3月1日", "x"] {
        let answer = venue
            .record(&with(dose(&Row::of(2)), "given_on", &json!(date)))
            .await;
        let expected = (
            400,
            "FIELD_INVALID".to_owned(),
            json!("given_on"),
            json!("DATE"),
        );
        assert_eq!(said(&answer), expected, "{date}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_rules_refuse_is_answered_with_every_finding() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let by_number = |number: &str| {
        json!({
            "coupon": Row::of(1).cell("券番号"), "municipality": CHIYODA, "number": number,
            "birth_date": Row::of(1).cell("生年月日"),
            "given_on": "2021-03-01", "product": "COMIRNATY", "lot": "EP2163",
        })
    };
    let base = || dose(&Row::of(1));
    let cases = [
        (
            with(base(), "given_on", &json!("2021-04-13")),
            "future-date",
        ),
        (
            with(base(), "given_on", &json!("1920-01-01")),
            "before-programme",
        ),
        (
            with(base(), "given_on", &json!("2021-02-16")),
            "before-programme",
        ),
        (
            with(by_number("3"), "given_on", &json!("2021-04-01")),
            "before-number",
        ),
        (by_number("8"), "number-above-programme"),
        (
            with(base(), "product", &json!("ファイサー")),
            "unknown-product",
        ),
        (
            with(by_number("1"), "programme", &json!("NOSUCH")),
            "unknown-programme",
        ),
        (
            with(by_number("1"), "programme", &json!("covid-19")),
            "unknown-programme",
        ),
    ];
    let before = town.whole().await;
    for (body, code) in cases {
        let answer = venue.record(&body).await;
        assert_eq!(
            (answer.status, said(&answer).1),
            (422, "DOSE_REFUSED".to_owned()),
            "{code}"
        );
        assert!(
            finding_codes(&answer).contains(&code.to_owned()),
            "{code}: {}",
            answer.json()
        );
    }
    let zero = venue.record(&by_number("0")).await;
    let expected = (
        400,
        "FIELD_INVALID".to_owned(),
        json!("number"),
        json!("DOSE_NUMBER"),
    );
    assert_eq!(said(&zero), expected);
    assert_eq!(town.whole().await, before);
}

#[tokio::test(start_paused = true)]
async fn dates_that_are_refused_anyway_tell_nobody_when_the_person_was_born() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let look = json!({ "line": line(&Row::of(1), 1) });
    let token = venue.post("/doses/lookup", &look).await.json()["token"].clone();
    let born = Row::of(1).cell("生年月日").to_owned();
    let by_token = with(
        with(dose(&Row::of(1)), "birth_date", &json!(null)),
        "token",
        &token,
    );
    let misread = with(dose(&Row::of(1)), "birth_date", &json!("1950-01-01"));
    let cases = [
        (dose(&Row::of(1)), "before-programme"),
        (by_token, "before-programme"),
        (misread, "second-attribute"),
    ];
    for (body, code) in cases {
        let mut said = Vec::new();
        for date in ["19200101", &born, "20200101"] {
            let answer = venue
                .record(&with(body.clone(), "given_on", &json!(date)))
                .await;
            said.push(finding_codes(&answer));
        }
        assert!(said[0].contains(&code.to_owned()), "{said:?}");
        assert!(said.iter().all(|it| *it == said[0]), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_of_one_request() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let key = [("idempotency-key", "k")];
    let first = venue.ask("POST", "/doses", &key, &dose(&Row::of(1))).await;
    let before = town.whole().await;
    let again = venue.ask("POST", "/doses", &key, &dose(&Row::of(1))).await;
    assert_eq!(
        (again.status, &again.bytes),
        (201, &first.bytes),
        "the same answer"
    );
    let other = venue.ask("POST", "/doses", &key, &dose(&Row::of(2))).await;
    assert_eq!(
        (other.status, said(&other).1),
        (422, "IDEMPOTENCY_KEY_REUSED".to_owned())
    );
    let without = venue.post("/doses", &dose(&Row::of(1))).await;
    assert_eq!(said(&without).1, "IDEMPOTENCY_KEY_MISSING");
    assert_eq!(town.whole().await, before);
    // Another person's key of the same name is another one.
    let nurse = Venue::of(&town, "nurse-2");
    let own = nurse.ask("POST", "/doses", &key, &dose(&Row::of(2))).await;
    assert_eq!(own.status, 201, "{}", own.json());
}

#[tokio::test(start_paused = true)]
async fn two_venues_record_the_same_dose_in_the_same_second() {
    let town = town().await;
    let (one, other) = (Venue::of(&town, "nurse-1"), Venue::of(&town, "nurse-2"));
    let body = dose(&Row::of(1));
    let (a, b) = tokio::join!(one.record(&body), other.record(&body));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201], "{} {}", a.json(), b.json());
    assert_eq!(a.json()["id"], b.json()["id"]);
    let counts = one.get("/doses/counts").await.json();
    assert_eq!(
        (&counts["recorded"], &counts["conflict"]),
        (&json!(1), &json!(0))
    );
}

#[tokio::test(start_paused = true)]
async fn of_two_venues_with_another_lot_in_the_same_second_one_records_and_one_is_told() {
    let town = town().await;
    let (one, other) = (Venue::of(&town, "nurse-1"), Venue::of(&town, "nurse-2"));
    let body = |lot: &str| with(dose(&Row::of(1)), "lot", &json!(lot));
    let (a, b) = (body("EP2163"), body("EY0779"));
    let (a, b) = tokio::join!(one.record(&a), other.record(&b));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", a.json(), b.json());
    let counts = one.get("/doses/counts").await.json();
    assert_eq!(
        (&counts["recorded"], &counts["conflict"]),
        (&json!(1), &json!(1))
    );
    let listed = one.list("conflict").await;
    assert_eq!(listed.len(), 1, "the newcomer is in the queue");
}

#[tokio::test(start_paused = true)]
async fn a_dose_of_somebody_who_left_is_doubtful_only_after_they_left() {
    let town = town().await;
    let left = Row::of(1).with("異動区分", "2").with("異動日", "20210310");
    // A ledger may blank what whoever has left no longer needs.
    let left = left.with("券番号", "");
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    register(&town, vec![left]).await;
    let venue = Venue::of(&town, "nurse");
    let before = venue.record(&dose(&Row::of(1))).await;
    assert_eq!(
        (before.status, before.json()["outcome"].clone()),
        (201, json!("recorded"))
    );
    let second = with(dose(&Row::of(1)), "line", &json!(line(&Row::of(1), 2)));
    let after = venue
        .record(&with(second, "given_on", &json!("2021-03-22")))
        .await;
    assert_eq!(
        (after.status, after.json()["outcome"].clone()),
        (201, json!("review"))
    );
    assert_eq!(finding_codes(&after), ["removed-before"]);
    let look = json!({ "line": line(&Row::of(1), 1) });
    assert_eq!(
        venue.post("/doses/lookup", &look).await.json()["removed"],
        true
    );
}
