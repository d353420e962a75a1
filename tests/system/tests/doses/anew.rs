//! Whoever the municipality numbers anew has the doses of before, under the number of before.

use serde_json::{Value, json};
use system::{
    file::Row,
    town::{Answer, CHIYODA, Town},
    venue::{Venue, dose, line, with},
};

use super::{
    bad_input::{register, said, town},
    history::{counts, id, person, second},
};

/// What the second file says of person 1 under their new number.
struct Anew {
    what: &'static str,
    row: Row,
    /// Whether it is one person as far as is stored.
    is_same: bool,
}

fn anew() -> Row {
    Row::of(1).with("個別宛名番号", "A-000901")
}

fn cases() -> Vec<Anew> {
    let other = Row::of(9);
    vec![
        Anew {
            what: "the same My Number and coupon",
            row: anew(),
            is_same: true,
        },
        Anew {
            what: "the same coupon, no My Number",
            row: anew().with("個人番号", ""),
            is_same: true,
        },
        Anew {
            what: "the same coupon, another My Number",
            row: anew().with("個人番号", other.cell("個人番号")),
            is_same: false,
        },
        Anew {
            what: "the same coupon, another birth date",
            row: anew().with("生年月日", other.cell("生年月日")),
            is_same: false,
        },
        Anew {
            what: "the same My Number, another coupon",
            row: other_coupon(),
            is_same: true,
        },
        Anew {
            what: "another coupon, no My Number",
            row: other_coupon().with("個人番号", ""),
            is_same: false,
        },
    ]
}

fn other_coupon() -> Row {
    anew().with("券番号", Row::of(9).cell("券番号"))
}

/// A second file that removes person 1 and registers them as this row says.
async fn number_anew(town: &Town, row: &Row) {
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let left = Row::of(1).with("異動区分", "2").with("異動日", "20210310");
    // No two rows of a file may share these; what is known of them stays.
    let left = left.with("券番号", "").with("個人番号", "");
    register(town, vec![left, row.clone()]).await;
}

/// Dose 1 of person 1, and then the second file.
async fn given_before(town: &Town, venue: &Venue<'_>, row: &Row) -> Answer {
    let first = venue.record(&dose(&Row::of(1))).await;
    assert_eq!(first.status, 201);
    number_anew(town, row).await;
    first
}

async fn looked_up(venue: &Venue<'_>, row: &Row) -> Value {
    let seen = venue
        .post("/doses/lookup", &json!({ "line": line(row, 2) }))
        .await;
    assert_eq!(seen.status, 200, "{}", seen.json());
    seen.json()
}

fn numbers(doses: &Value) -> Vec<(u64, bool)> {
    let doses = doses.as_array().unwrap().iter();
    let number = |it: &Value| {
        let other = it["other_number"].as_bool().unwrap();
        (it["number"].as_u64().unwrap(), other)
    };
    doses.map(number).collect()
}

fn outcome(answer: &Answer) -> (u16, Value) {
    (answer.status, answer.json()["outcome"].clone())
}

#[tokio::test(start_paused = true)]
async fn a_venue_sees_the_doses_of_before_of_nobody_else() {
    for Anew { what, row, is_same } in cases() {
        let town = town().await;
        let venue = Venue::of(&town, "nurse");
        given_before(&town, &venue, &row).await;
        let seen = looked_up(&venue, &row).await;
        let expected: &[(u64, bool)] = if is_same { &[(1, true)] } else { &[] };
        assert_eq!(numbers(&seen["doses"]), expected, "{what}");
        assert_eq!(seen["removed"], false, "{what}");
    }
}

/// Who was numbered anew is looked for among those born on the same day.
#[tokio::test(start_paused = true)]
async fn a_spoilt_record_of_somebody_born_on_the_same_day_hides_nobodys_doses() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let of_that_day = Row::of(5).with("生年月日", Row::of(1).cell("生年月日"));
    register(&town, vec![of_that_day.clone()]).await;
    given_before(&town, &venue, &other_coupon()).await;
    town.spoil(CHIYODA, of_that_day.cell("個別宛名番号")).await;
    let seen = looked_up(&venue, &other_coupon()).await;
    assert_eq!(numbers(&seen["doses"]), [(1, true)]);
    let recorded = venue.record(&second(&other_coupon())).await;
    assert_eq!(outcome(&recorded), (201, json!("recorded")));
}

#[tokio::test(start_paused = true)]
async fn the_dose_behind_one_of_before_is_in_force_and_too_early_a_one_is_not() {
    for Anew { what, row, is_same } in cases() {
        let town = town().await;
        let venue = Venue::of(&town, "nurse");
        given_before(&town, &venue, &row).await;
        let early = with(second(&row), "given_on", &json!("2021-03-02"));
        let early = venue.record(&early).await;
        assert_eq!(outcome(&early), (201, json!("review")), "{what}");
        let found = early.json()["findings"][0]["code"].clone();
        let expected = if is_same {
            "interval-too-short"
        } else {
            "previous-missing"
        };
        assert_eq!(found, expected, "{what}");
        let why = json!({ "reason": "誤り" });
        let cancelled = venue.change("DELETE", &id(&early), 1, &why).await;
        assert_eq!(cancelled.status, 200, "{what}");
        let recorded = venue.record(&second(&row)).await;
        let expected = if is_same { "recorded" } else { "review" };
        assert_eq!(outcome(&recorded), (201, json!(expected)), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_was_taken_before_is_not_given_again() {
    for row in [anew(), anew().with("個人番号", "")] {
        let town = town().await;
        let venue = Venue::of(&town, "nurse");
        let first = given_before(&town, &venue, &row).await;
        let again = venue.record(&dose(&row)).await;
        assert_eq!(outcome(&again), (200, json!("unchanged")));
        assert_eq!(id(&again), id(&first), "it is where it was");
        let other = with(dose(&row), "lot", &json!("EP9605"));
        let conflict = venue.record(&other).await;
        assert_eq!(
            (conflict.status, said(&conflict).1),
            (409, "DOSE_CONFLICT".to_owned())
        );
        assert_eq!(counts(&venue).await, [1, 0, 0, 1, 0, 0]);
        // A lookup's token names the person that was shown, not where the dose is.
        let token = looked_up(&venue, &row).await["token"].clone();
        let by_token = with(dose(&row), "birth_date", &Value::Null);
        let by_token = venue.record(&with(by_token, "token", &token)).await;
        assert_eq!(outcome(&by_token), (200, json!("unchanged")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_does_not_move_to_a_number_that_is_taken_under_the_other_one() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    given_before(&town, &venue, &anew()).await;
    let other = with(dose(&anew()), "given_on", &json!("2021-03-22"));
    assert_eq!(venue.record(&other).await.status, 409);
    let later = with(second(&anew()), "given_on", &json!("2021-04-05"));
    let recorded = venue.record(&later).await;
    assert_eq!(outcome(&recorded), (201, json!("recorded")));
    let newcomer = venue.list("conflict").await[0]["id"].clone();
    let path = format!("/doses/{}/resolve", newcomer.as_str().unwrap());
    let as_second = json!({ "decision": "renumber", "number": "2", "reason": "2回目" });
    let taken = venue.post(&path, &as_second).await;
    assert_eq!(
        (taken.status, said(&taken).1),
        (409, "DOSE_STATE".to_owned())
    );
    let keep = json!({ "decision": "keep", "reason": "誤読" });
    assert_eq!(venue.post(&path, &keep).await.status, 200);
    assert_eq!(counts(&venue).await, [2, 0, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn the_page_of_a_person_shows_what_is_under_all_their_numbers() {
    for row in [anew(), other_coupon(), anew().with("個人番号", "")] {
        let town = town().await;
        let venue = Venue::of(&town, "nurse");
        let first = given_before(&town, &venue, &row).await;
        let behind = venue.record(&second(&row)).await;
        assert_eq!(outcome(&behind), (201, json!("recorded")));
        let page = person(&venue, &id(&behind)).await;
        assert_eq!(numbers(&page["doses"]), [(2, false), (1, true)]);
        assert_eq!(page["doses"][1]["id"], id(&first));
        // And from the record of before.
        let page = person(&venue, &id(&first)).await;
        assert_eq!(numbers(&page["doses"]), [(1, false), (2, true)]);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_was_numbered_anew_has_not_left() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let first = given_before(&town, &venue, &anew()).await;
    let late = json!({
        "given_on": "2021-03-22", "product": "ファイザー", "lot": "EP2163", "reason": "読み違い",
    });
    let corrected = venue.change("PUT", &id(&first), 1, &late).await;
    assert_eq!(corrected.status, 200, "{}", corrected.json());
    assert_eq!(
        corrected.json()["state"],
        "recorded",
        "{}",
        corrected.json()
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_left_under_the_new_number_as_well_is_still_one_person() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    given_before(&town, &venue, &anew()).await;
    let gone = anew().with("異動区分", "2").with("異動日", "20210331");
    register(&town, vec![gone]).await;
    let seen = looked_up(&venue, &anew()).await;
    assert_eq!(numbers(&seen["doses"]), [(1, true)]);
    assert_eq!(seen["removed"], true);
    let again = venue.record(&dose(&anew())).await;
    assert_eq!(outcome(&again), (200, json!("unchanged")));
    // They left when they left last.
    let recorded = venue.record(&second(&anew())).await;
    assert_eq!(outcome(&recorded), (201, json!("recorded")));
}

#[tokio::test(start_paused = true)]
async fn what_stands_under_the_other_number_as_well_is_not_missing_when_it_is_cancelled_under_one()
{
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    // As long as the birth date is mistyped, nothing tells that it is one person.
    let mistyped = anew().with("生年月日", Row::of(9).cell("生年月日"));
    given_before(&town, &venue, &mistyped).await;
    let twice = venue.record(&dose(&mistyped)).await;
    let behind = venue.record(&second(&mistyped)).await;
    for recorded in [&twice, &behind] {
        assert_eq!(outcome(recorded), (201, json!("recorded")));
    }
    register(&town, vec![anew()]).await;
    let why = json!({ "reason": "重複" });
    let cancelled = venue.change("DELETE", &id(&twice), 1, &why).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.json());
    assert_eq!(counts(&venue).await, [2, 0, 1, 0, 0, 0]);
}
