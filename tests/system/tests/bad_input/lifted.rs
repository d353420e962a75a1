//! An export that lost the values of 支援措置 lifts no protection unasked.

use serde_json::{Value, json};
use system::{
    cost::Counter,
    file::Row,
    town::{CHIYODA, Town, behind},
};

use super::protection::{COLUMN, known, take_in_without};

/// Residents 1 to 20; the first of them, as many as there are cells, have these in the column, all others "0".
fn said(cells: &[&str]) -> Vec<Row> {
    let cells = cells.iter().chain(std::iter::repeat(&"0"));
    let rows = (1..=20).map(Row::of).zip(cells);
    rows.map(|(row, cell)| row.with(COLUMN, cell)).collect()
}

/// A town of twenty of whom so many are protected.
async fn town(protected: usize) -> Town {
    let town = Town::start().await;
    let first = take_in(&town, said(&vec!["1"; protected])).await;
    assert_eq!(first["state"], "in_force", "{first:#}");
    assert_eq!(first["protections_lifted"], 0, "{first:#}");
    town
}

async fn take_in(town: &Town, rows: Vec<Row>) -> Value {
    take_in_without(town, &[], rows).await
}

/// How many rows the receipt notes as lifting a protection.
fn noted(receipt: &Value) -> Option<u64> {
    let notices = receipt["notices"].as_array().unwrap();
    let lifted = notices.iter().find(|it| it["code"] == "PROTECTION_LIFTED");
    lifted.map(|it| it["rows"].as_u64().unwrap())
}

/// Confirms or discards a held file; its receipt then.
async fn decide(town: &Town, held: &Value, act: &str) -> Value {
    let id = held["id"].as_str().unwrap();
    let path = format!("/uploads/{id}/{act}");
    let answer = town.post(CHIYODA, &path, None).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    town.stack.idle().await;
    town.receipt_of(CHIYODA, id).await
}

#[tokio::test(start_paused = true)]
async fn a_column_that_lost_its_values_is_held_with_the_number_of_protections_it_would_lift() {
    let town = town(10).await;
    let blank = || said(&[""; 20]);
    let all: Vec<u32> = (1..=10).collect();
    for (act, state, protected) in [
        ("discard", "discarded", true),
        ("confirm", "in_force", false),
    ] {
        let receipt = take_in(&town, blank()).await;
        assert_eq!(receipt["state"], "held", "{receipt:#}");
        let held = &receipt["held"];
        assert_eq!(held["codes"], json!(["TOO_MANY_UNPROTECTED"]));
        let numbers = ["removals", "protections_lifted", "protected"].map(|it| &held[it]);
        assert_eq!(numbers, [0, 10, 10], "{held:#}");
        let said = held["ja"].as_str().unwrap();
        let asked = "支援措置の解除 10人（現在の対象者 10人）";
        assert!(said.contains(asked) && !said.contains("削除"), "{said}");
        let known_now = known(&town, &all).await;
        assert_eq!(known_now, Value::from(vec![true; 10]), "until then");

        let receipt = decide(&town, &receipt, act).await;
        assert_eq!(receipt["state"], state, "{receipt:#}");
        let lifted = (act == "confirm").then_some(10);
        assert_eq!(receipt["protections_lifted"].as_u64(), lifted);
        assert_eq!(noted(&receipt), lifted, "{receipt:#}");
        let known_now = known(&town, &all).await;
        assert_eq!(known_now, Value::from(vec![protected; 10]), "{act}");
    }
    // By now nobody has one that could be lifted.
    let receipt = take_in(&town, blank()).await;
    assert_eq!(receipt["protections_lifted"], 0, "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn as_many_protections_as_the_municipality_lets_go_are_lifted_and_told() {
    for (protected, lifted, is_held) in
        [(10, 1, false), (10, 2, false), (10, 3, true), (1, 1, true)]
    {
        let town = town(protected).await;
        let mut cells = vec!["1"; protected];
        cells[..lifted].fill("");
        let receipt = take_in(&town, said(&cells)).await;
        let state = if is_held { "held" } else { "in_force" };
        assert_eq!(receipt["state"], state, "{lifted} of {protected}");
        assert_eq!(receipt["protections_lifted"], lifted, "{receipt:#}");
        assert_eq!(noted(&receipt), Some(lifted as u64), "{receipt:#}");
        assert_eq!(known(&town, &[1]).await, json!([is_held]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_column_without_values_in_small_files_is_held_once_they_lifted_many_since_somebody_looked()
 {
    let town = town(10).await;
    let blank = |number| take_in(&town, vec![Row::of(number).with(COLUMN, "")]);
    for number in [1, 2] {
        let receipt = blank(number).await;
        assert_eq!(receipt["state"], "in_force", "{receipt:#}");
        assert_eq!(receipt["protections_lifted"], 1, "{receipt:#}");
    }
    for _ in 0..2 {
        let receipt = blank(3).await;
        assert_eq!(receipt["state"], "held", "{receipt:#}");
        let held = &receipt["held"];
        assert_eq!(held["codes"], json!(["TOO_MANY_UNPROTECTED"]));
        let names = [
            "protections_lifted",
            "protected",
            "protections_lifted_before",
        ];
        assert_eq!(names.map(|it| &held[it]), [1, 8, 2], "{held:#}");
        let said = held["ja"].as_str().unwrap();
        assert!(said.contains("すでに2人を解除している"), "{said}");
        // Whoever lifts none is not asked because of others.
        let newcomer = blank(21).await;
        assert_eq!(newcomer["state"], "in_force", "{newcomer:#}");
        assert_eq!(known(&town, &[3]).await, json!([true]));
        decide(&town, &receipt, "discard").await;
    }
    let receipt = blank(3).await;
    decide(&town, &receipt, "confirm").await;
    assert_eq!(known(&town, &[3]).await, json!([false]));
    // From then on they are counted anew.
    let receipt = blank(4).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    let receipt = blank(5).await;
    let held = ["protections_lifted", "protections_lifted_before"].map(|it| &receipt["held"][it]);
    assert_eq!(held, [1, 1], "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_or_left_loses_protection_no_more_unasked_than_others() {
    let three = |cell, movement| {
        let mut rows = said(&[cell; 3]);
        rows.truncate(3);
        let rows = rows.into_iter();
        rows.map(|row| row.with("異動区分", movement)).collect()
    };
    let town = town(10).await;
    let by_leaving = take_in(&town, three("0", "2")).await;
    decide(&town, &by_leaving, "discard").await;
    let kept = take_in(&town, three("", "2")).await;
    assert_eq!(kept["state"], "in_force", "{kept:#}");
    assert_eq!(kept["protections_lifted"], 0, "{kept:#}");
    let once_more = take_in(&town, three("0", "2")).await;
    let by_coming_back = take_in(&town, three("", "1")).await;
    for (case, receipt) in [
        ("leave", by_leaving),
        ("left", once_more),
        ("came back", by_coming_back),
    ] {
        assert_eq!(receipt["state"], "held", "{case}: {receipt:#}");
        let held = &receipt["held"];
        assert_eq!(held["codes"], json!(["TOO_MANY_UNPROTECTED"]), "{case}");
        let numbers = ["protections_lifted", "protected"].map(|it| &held[it]);
        assert_eq!(numbers, [3, 10], "{case}: {held:#}");
    }
    // Who left and is not named does not make those in the register seem many.
    let mut rest = said(&[""; 10]);
    let receipt = take_in(&town, rest.drain(3..).collect()).await;
    let held = ["protections_lifted", "protected"].map(|it| &receipt["held"][it]);
    assert_eq!(held, [7, 7], "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn a_spoilt_record_of_somebody_protected_holds_no_file_up_and_counts_as_protected() {
    let town = town(10).await;
    town.spoil(CHIYODA, Row::of(1).cell("個別宛名番号")).await;

    let mut same = said(&["1"; 10]);
    same[19] = same[19].clone().with("氏名", "山田　改");
    let receipt = take_in(&town, same).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["protections_lifted"], 0, "{receipt:#}");
    let receipt = take_in(&town, said(&[""; 20])).await;
    let held = ["protections_lifted", "protected"].map(|it| &receipt["held"][it]);
    assert_eq!(held, [10, 10], "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn where_all_were_once_protected_few_are_read_to_see_whom_a_file_leaves_unprotected() {
    let counter = Counter::default();
    let gate = counter.gate(&["receive-upload"]);
    let town = Town::with(behind(&gate, [])).await;
    let said = |people: std::ops::RangeInclusive<u32>, cell| {
        let rows = people.map(Row::of);
        rows.map(|row| row.with(COLUMN, cell)).collect::<Vec<_>>()
    };
    let reads = || {
        let calls = counter.take().calls;
        calls.get("receive-upload BatchGetItem").copied()
    };
    let first = take_in(&town, said(1..=120, "1")).await;
    assert_eq!((first["state"].as_str(), reads()), (Some("in_force"), None));

    let newcomer = take_in(&town, said(121..=121, "0")).await;
    assert_eq!(newcomer["protections_lifted"], 0, "{newcomer:#}");
    assert_eq!(reads(), None, "nobody is named");

    let put_right = take_in(&town, said(1..=120, "0")).await;
    assert_eq!(put_right["held"]["protected"], 120, "{put_right:#}");
    assert_eq!(reads(), Some(2), "a hundred at a time");
    decide(&town, &put_right, "confirm").await;

    let mut next_day = said(1..=120, "0");
    next_day[0] = next_day[0].clone().with("氏名", "山田　改");
    let next_day = take_in(&town, next_day).await;
    assert_eq!(next_day["state"], "in_force", "{next_day:#}");
    assert_eq!(next_day["protections_lifted"], 0, "{next_day:#}");
    assert_eq!(reads(), Some(1), "of whom the file says something else");
}

#[tokio::test(start_paused = true)]
async fn a_file_without_the_column_lifts_nobodys_protection_and_is_not_held() {
    let town = town(10).await;
    let renamed = said(&[]).into_iter();
    let renamed = renamed.map(|row| row.with("氏名", "山田　改")).collect();
    let receipt = take_in_without(&town, &[COLUMN], renamed).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["protections_lifted"], 0, "{receipt:#}");
    assert_eq!(noted(&receipt), None, "{receipt:#}");
    assert_eq!(known(&town, &[1, 10]).await, json!([true, true]));
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_refused_lift_nobodys_protection() {
    let town = town(2).await;
    town.set(CHIYODA, |settings| settings.max_refused_percent = 60)
        .await;
    let mut rows = said(&["", "1"]);
    rows.push(rows[0].clone());
    let receipt = take_in(&town, rows).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["rows"]["refused"], 2, "{receipt:#}");
    assert_eq!(receipt["protections_lifted"], 0, "{receipt:#}");
    assert_eq!(known(&town, &[1, 2]).await, json!([true, true]));
}

#[tokio::test(start_paused = true)]
async fn a_file_held_for_both_reasons_says_both_and_is_confirmed_once() {
    let town = town(10).await;
    let rows = said(&[""; 10]).into_iter().enumerate();
    let rows = rows.map(|(place, row)| {
        if place < 10 {
            row
        } else {
            row.with("異動区分", "2")
        }
    });
    let receipt = take_in(&town, rows.collect()).await;
    let held = &receipt["held"];
    let both = json!(["TOO_MANY_REMOVED", "TOO_MANY_UNPROTECTED"]);
    assert_eq!(held["codes"], both, "{receipt:#}");
    let numbers = ["removals", "register", "protections_lifted", "protected"];
    assert_eq!(numbers.map(|it| &held[it]), [10, 20, 10, 10], "{held:#}");
    let said = held["ja"].as_str().unwrap();
    for part in ["登録されている20人のうち10人を削除", "支援措置の解除 10人"]
    {
        assert!(said.contains(part), "{said}");
    }
    let receipt = decide(&town, &receipt, "confirm").await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["rows"]["removed"], 10, "{receipt:#}");
    assert_eq!(known(&town, &[1, 10]).await, json!([false, false]));
}
