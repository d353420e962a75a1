//! Correcting, cancelling, locking, deciding: nothing is overwritten, nothing vanishes.

use serde_json::{Value, json};
use system::{
    file::Row,
    town::Answer,
    venue::{Venue, dose, line, with},
};

use crate::bad_input::{register, town};

/// A second dose of the person of a row.
pub(crate) fn second(row: &Row) -> Value {
    let body = with(dose(row), "line", &json!(line(row, 2)));
    with(body, "given_on", &json!("2021-03-22"))
}

pub(crate) fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn code(answer: &Answer) -> (u16, Value) {
    (answer.status, answer.json()["code"].clone())
}

fn correction(lot: &str) -> Value {
    json!({ "given_on": "2021-03-01", "product": "ファイザー", "lot": lot, "reason": "読み違い" })
}

pub(crate) async fn person(venue: &Venue<'_>, id: &str) -> Value {
    let resident = id.split('.').next().unwrap();
    let answer = venue.get(&format!("/residents/{resident}/doses")).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

pub(crate) async fn counts(venue: &Venue<'_>) -> [i64; 6] {
    let counts = venue.get("/doses/counts").await.json();
    [
        "recorded",
        "review",
        "cancelled",
        "conflict",
        "waiting",
        "locked",
    ]
    .map(|name| counts[name].as_i64().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_correction_keeps_what_was_there_with_who_when_and_why() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let recorded = venue.record(&dose(&Row::of(1))).await;
    assert_eq!(recorded.headers["etag"], "\"1\"");
    let id = id(&recorded);
    let corrected = venue.change("PUT", &id, 1, &correction("EP9605")).await;
    assert_eq!(corrected.status, 200, "{}", corrected.json());
    assert_eq!(corrected.headers["etag"], "\"2\"");
    let old = venue.change("PUT", &id, 1, &correction("EP0000")).await;
    assert_eq!(code(&old), (412, json!("REVISION_STALE")));
    let blind = venue
        .ask("PUT", &format!("/doses/{id}"), &[], &correction("EP0000"))
        .await;
    assert_eq!(code(&blind), (428, json!("REVISION_MISSING")));
    let same = venue.change("PUT", &id, 2, &correction("EP9605")).await;
    assert_eq!((same.status, same.headers["etag"].as_str()), (200, "\"2\""));

    let shown = &person(&venue, &id).await["doses"][0];
    assert_eq!(
        (&shown["lot"], &shown["revision"]),
        (&json!("EP9605"), &json!(2))
    );
    assert_eq!(
        (&shown["act"], &shown["by"]),
        (&json!("corrected"), &json!("nurse"))
    );
    assert_eq!(shown["reason"], "読み違い");
    let history = shown["history"].as_array().unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(
        (&history[0]["lot"], &history[0]["act"]),
        (&json!("EP2163"), &json!("recorded"))
    );
    assert_eq!(history[0]["recorded_at"], shown["recorded_at"]);
    assert_eq!(counts(&venue).await, [1, 0, 0, 0, 0, 0]);

    // What was corrected away comes again from another system: it does not overwrite.
    let again = venue.record(&dose(&Row::of(1))).await;
    assert_eq!(code(&again), (409, json!("DOSE_CONFLICT")));
    assert_eq!(person(&venue, &id).await["doses"][0]["lot"], "EP9605");
}

#[tokio::test(start_paused = true)]
async fn what_was_corrected_and_then_cancelled_does_not_come_back_by_itself() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let wrong = dose(&Row::of(1));
    let id = id(&venue.record(&wrong).await);
    let corrected = venue.change("PUT", &id, 1, &correction("EP9605")).await;
    assert_eq!(corrected.status, 200, "{}", corrected.json());
    let why = json!({ "reason": "別人" });
    assert_eq!(venue.change("DELETE", &id, 2, &why).await.status, 200);
    // The ledger that never heard of the correction says the same once more.
    let again = venue.record(&wrong).await;
    assert_eq!(again.json()["outcome"], "review", "{}", again.json());
    let listed = venue.list("review").await;
    assert_eq!(
        listed[0]["findings"][0]["code"], "cancelled-before",
        "{listed:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_correction_is_under_the_same_checks() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let first = id(&venue.record(&dose(&Row::of(1))).await);
    let future = with(correction("EP2163"), "given_on", &json!("2022-01-01"));
    let refused = venue.change("PUT", &first, 1, &future).await;
    assert_eq!(code(&refused), (422, json!("DOSE_REFUSED")));
    venue.record(&second(&Row::of(1))).await;
    let close = with(correction("EP2163"), "given_on", &json!("2021-03-20"));
    let doubtful = venue.change("PUT", &first, 1, &close).await;
    assert_eq!(
        (doubtful.status, &doubtful.json()["state"]),
        (200, &json!("review"))
    );
    assert_eq!(counts(&venue).await, [1, 1, 0, 0, 0, 0]);
    assert_eq!(venue.list("review").await[0]["id"], first.as_str());
}

#[tokio::test(start_paused = true)]
async fn a_locked_dose_stays_as_it_is_until_it_is_unlocked() {
    let town = town().await;
    let venue = Venue::of(&town, "chief");
    let id = id(&venue.record(&dose(&Row::of(1))).await);
    let lock = format!("/doses/{id}/lock");
    let locked = venue.post(&lock, &Value::Null).await;
    assert_eq!(
        (locked.status, &locked.json()["locked"]),
        (200, &json!(true))
    );
    let before = town.whole().await;
    assert_eq!(venue.post(&lock, &Value::Null).await.status, 200);
    assert_eq!(town.whole().await, before, "locking again changes nothing");
    for (method, body) in [
        ("PUT", correction("EP9605")),
        ("DELETE", json!({ "reason": "x" })),
    ] {
        let refused = venue.change(method, &id, 2, &body).await;
        assert_eq!(code(&refused), (423, json!("DOSE_LOCKED")), "{method}");
    }
    assert_eq!(town.whole().await, before);
    let other = venue
        .record(&with(dose(&Row::of(1)), "lot", &json!("EP9605")))
        .await;
    assert_eq!(code(&other), (409, json!("DOSE_CONFLICT")));
    let newcomer = other.json()["id"].as_str().unwrap().to_owned();
    let replace = json!({ "decision": "replace", "reason": "x" });
    let refused = venue
        .post(&format!("/doses/{newcomer}/resolve"), &replace)
        .await;
    assert_eq!(code(&refused), (423, json!("DOSE_LOCKED")));
    assert_eq!(venue.list("locked").await.len(), 1);
    assert_eq!(counts(&venue).await, [1, 0, 0, 1, 0, 1]);

    let unlock = format!("/doses/{id}/unlock");
    assert_eq!(
        venue
            .post(&unlock, &json!({ "reason": "訂正のため" }))
            .await
            .status,
        200
    );
    assert_eq!(
        venue
            .change("PUT", &id, 3, &correction("EP9605"))
            .await
            .status,
        200
    );
    assert!(venue.list("locked").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_dose_frees_its_number_and_does_not_come_back_by_itself() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let id = id(&venue.record(&dose(&Row::of(1))).await);
    let why = json!({ "reason": "二重登録" });
    let cancelled = venue.change("DELETE", &id, 1, &why).await;
    assert_eq!(
        (cancelled.status, &cancelled.json()["state"]),
        (200, &json!("cancelled"))
    );
    let twice = venue.change("DELETE", &id, 2, &why).await;
    assert_eq!(code(&twice), (409, json!("DOSE_STATE")));
    let same = venue.record(&dose(&Row::of(1))).await;
    assert_eq!(same.json()["outcome"], "review");
    assert_eq!(same.json()["findings"][0]["code"], "cancelled-before");
    assert_eq!(counts(&venue).await, [0, 1, 0, 0, 0, 0]);

    let resolve = format!("/doses/{id}/resolve");
    let accept = json!({ "decision": "accept", "reason": "接種済証で確認" });
    assert_eq!(
        venue.post(&resolve, &accept).await.json()["state"],
        "recorded"
    );
    let again = venue.post(&resolve, &accept).await;
    assert_eq!((again.status, &again.json()["revision"]), (200, &json!(4)));
    let anew = json!({ "decision": "accept", "reason": "本人に確認" });
    assert_eq!(
        code(&venue.post(&resolve, &anew).await),
        (409, json!("DOSE_STATE")),
        "it is not in review any more"
    );
    let shown = &person(&venue, &id).await["doses"][0];
    let acts: Vec<_> = shown["history"].as_array().unwrap().iter().collect();
    let acts: Vec<_> = acts.iter().map(|it| it["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["recorded", "cancelled", "recorded"]);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_stands_until_somebody_decides_and_is_never_lost() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let first = id(&venue.record(&dose(&Row::of(1))).await);
    let mut newcomers = Vec::new();
    for lot in ["A", "B", "C"] {
        let body = with(dose(&Row::of(1)), "lot", &json!(lot));
        let refused = venue.record(&body).await;
        assert_eq!(code(&refused), (409, json!("DOSE_CONFLICT")));
        newcomers.push(refused.json()["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(counts(&venue).await, [1, 0, 0, 3, 0, 0]);
    assert_eq!(venue.list("conflict").await.len(), 3);

    let decide = async |id: &str, body: Value| {
        let answer = venue.post(&format!("/doses/{id}/resolve"), &body).await;
        (answer.status, answer.json())
    };
    let keep = json!({ "decision": "keep", "reason": "誤読" });
    let (status, kept) = decide(&newcomers[0], keep.clone()).await;
    assert_eq!((status, &kept["settled"]), (200, &json!(true)));
    let (status, _) = decide(&newcomers[0], keep.clone()).await;
    assert_eq!(status, 200, "deciding the same again changes nothing");
    let replace = json!({ "decision": "replace", "reason": "予診票で確認" });
    let (status, late) = decide(&newcomers[0], replace.clone()).await;
    assert_eq!((status, &late["code"]), (409, &json!("DOSE_STATE")));
    let (status, replaced) = decide(&newcomers[1], replace).await;
    assert_eq!((status, &replaced["lot"]), (200, &json!("B")));

    let away = json!({ "decision": "renumber", "number": "1", "reason": "x" });
    let (status, taken) = decide(&newcomers[2], away).await;
    assert_eq!((status, &taken["code"]), (409, &json!("DOSE_STATE")));
    let third = json!({ "decision": "renumber", "number": "3", "reason": "x" });
    let (status, early) = decide(&newcomers[2], third).await;
    assert_eq!(
        (status, &early["code"]),
        (422, &json!("DOSE_REFUSED")),
        "third doses come later"
    );
    let both = json!({
        "decision": "renumber", "number": "1", "holder_number": "2", "reason": "順番の誤り",
    });
    let (status, moved) = decide(&newcomers[2], both.clone()).await;
    assert_eq!(
        (status, &moved["lot"], &moved["number"]),
        (200, &json!("C"), &json!(1))
    );
    let (status, again) = decide(&newcomers[2], both).await;
    assert_eq!((status, &again["settled"]), (200, &json!(true)));
    let elsewhere = json!({ "decision": "renumber", "number": "3", "reason": "x" });
    let (status, other) = decide(&newcomers[2], elsewhere).await;
    assert_eq!((status, &other["code"]), (409, &json!("DOSE_STATE")));

    let shown = person(&venue, &first).await;
    let lots: Vec<_> = shown["doses"].as_array().unwrap().iter().collect();
    let lots: Vec<_> = lots.iter().map(|it| it["lot"].as_str().unwrap()).collect();
    assert_eq!(lots, ["C", "B"]);
    let how: Vec<_> = shown["newcomers"].as_array().unwrap().iter().collect();
    assert_eq!(how.len(), 3);
    assert!(how.iter().all(|it| !it["settled"].is_null()));
    assert!(venue.list("conflict").await.is_empty());
    // Both are of the same day, so both are doubtful now.
    assert_eq!(counts(&venue).await, [0, 2, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_moves_what_is_there_is_not_the_one_that_left_it() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let first = id(&venue.record(&dose(&Row::of(1))).await);
    let later = with(dose(&Row::of(1)), "given_on", &json!("2021-03-22"));
    let newcomer = venue.record(&later).await.json()["id"].clone();
    let path = format!("/doses/{}/resolve", newcomer.as_str().unwrap());
    let leaves = json!({ "decision": "renumber", "number": "2", "reason": "順番の誤り" });
    let put = venue.post(&path, &leaves).await;
    assert_eq!((put.status, &put.json()["number"]), (200, &json!(2)));
    let before = town.whole().await;
    let again = venue.post(&path, &leaves).await;
    assert_eq!(
        (again.status, &again.json()["settled"]),
        (200, &json!(true))
    );
    for away in ["2", "3"] {
        let moves = with(leaves.clone(), "holder_number", &json!(away));
        let refused = venue.post(&path, &moves).await;
        assert_eq!(code(&refused), (409, json!("DOSE_STATE")), "{away}");
    }
    assert_eq!(town.whole().await, before);
    let shown = person(&venue, &first).await;
    assert_eq!(shown["doses"][0]["number"], 1);
    assert_eq!(shown["doses"][0]["act"], "recorded");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_dose_can_be_withdrawn_and_is_then_no_longer_waited_for() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let stranger = Row::of(7);
    let waiting = id(&venue.record(&dose(&stranger)).await);
    let withdraw = json!({ "decision": "withdraw", "reason": "誤読" });
    let path = format!("/doses/{waiting}/resolve");
    for _ in 0..2 {
        let answer = venue.post(&path, &withdraw).await;
        assert_eq!(
            (answer.status, answer.json()["settled"].clone()),
            (200, json!(true))
        );
    }
    let wrong = json!({ "decision": "accept", "reason": "x" });
    let answer = venue.post(&path, &wrong).await;
    assert_eq!(code(&answer), (400, json!("FIELD_INVALID")));
    assert_eq!(counts(&venue).await, [0; 6]);
    assert!(venue.list("waiting").await.is_empty());
    // Who brings it again hears so, and not that it waits.
    let again = venue.record(&dose(&stranger)).await;
    assert_eq!(
        code(&again),
        (422, json!("DOSE_REFUSED")),
        "{}",
        again.json()
    );
    let said = again.json();
    assert_eq!(said["findings"][0]["code"], "cancelled-before");
    assert_eq!(said["findings"][0]["refuses"], true);
    assert_eq!(said["id"], waiting.as_str());
    assert_eq!(counts(&venue).await, [0; 6]);
    // Nor does it come into force by itself once somebody has the coupon.
    register(&town, [1, 2, 3, 7].map(Row::of).to_vec()).await;
    let found = venue.record(&dose(&stranger)).await;
    let said = found.json();
    assert_eq!((found.status, &said["outcome"]), (201, &json!("review")));
    assert_eq!(said["findings"][0]["code"], "cancelled-before", "{said}");
    let shown = person(&venue, &id(&found)).await;
    assert_eq!(shown["withdrawn"][0]["id"], waiting.as_str());
    assert_eq!(shown["withdrawn"][0]["settled"]["reason"], "誤読");
    assert_eq!(counts(&venue).await, [0, 1, 0, 0, 0, 0]);
    let other = with(dose(&stranger), "lot", &json!("EP9605"));
    assert_eq!(venue.record(&other).await.status, 409, "decided by hand");
}

#[tokio::test(start_paused = true)]
async fn who_withdrew_a_waiting_dose_and_why_stays_readable() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let waiting = id(&venue.record(&dose(&Row::of(7))).await);
    let path = format!("/doses/{waiting}");
    let shown = venue.get(&path).await.json();
    assert_eq!(
        (&shown["lot"], &shown["by"]),
        (&json!("EP2163"), &json!("nurse"))
    );
    assert_eq!(
        (&shown["id"], &shown["settled"]),
        (&json!(waiting), &Value::Null)
    );
    let withdraw = json!({ "decision": "withdraw", "reason": "誤読" });
    let chief = Venue::of(&town, "chief");
    chief.post(&format!("{path}/resolve"), &withdraw).await;
    let settled = venue.get(&path).await.json()["settled"].clone();
    assert_eq!(
        settled,
        json!({ "how": "withdrawn", "at": settled["at"], "by": "chief", "reason": "誤読" })
    );
    assert!(settled["at"].is_string());
    // Doses and newcomers are read with their person.
    let recorded = id(&venue.record(&dose(&Row::of(1))).await);
    let other = venue
        .record(&with(dose(&Row::of(1)), "lot", &json!("A")))
        .await;
    for id in [recorded, id(&other), "x".to_owned()] {
        assert_eq!(venue.get(&format!("/doses/{id}")).await.status, 404, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn lists_are_given_as_csv_that_a_spreadsheet_does_not_run() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let body = with(second(&Row::of(1)), "venue", &json!("=1+1"));
    venue.record(&body).await;
    let accept = [("accept", "text/csv")];
    let csv = venue
        .ask("GET", "/doses?state=review&limit=1", &accept, &Value::Null)
        .await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let text = String::from_utf8(csv.bytes.to_vec()).unwrap();
    assert!(text.starts_with("\u{FEFF}ID,状態,一覧登録日時"), "{text}");
    assert!(
        text.contains(",要確認,") && text.contains("'=1+1"),
        "{text}"
    );
    assert!(text.contains("前の回の接種記録がありません"), "{text}");
    // The time in Japan.
    assert!(text.contains(",2021-04-12 09:00,"), "{text}");
    for path in ["/doses", "/doses?state=x", "/doses?state=review&name=x"] {
        assert_eq!(venue.get(path).await.status, 400, "{path}");
    }
}
