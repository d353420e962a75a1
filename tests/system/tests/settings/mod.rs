//! A municipality's settings, changed and tried out through the whole stack.

use crypto::WrappedKey;
use data_encoding::BASE64;
use domain::TenantSettings;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::StoreError;
use system::{
    file::{Encoding, File, Row},
    town::{Answer, CHIYODA, SAPPORO, Town, scope},
};

/// Changes settings with these roles, as somebody who saw this revision.
async fn put(town: &Town, roles: &[&str], seen: u64, body: &Value) -> Answer {
    let token = town.stack.token(CHIYODA, roles, "staff").unwrap();
    let (bearer, seen) = (format!("Bearer {token}"), format!("\"{seen}\""));
    let headers = [("authorization", bearer.as_str()), ("if-match", &seen)];
    town.ask_with("PUT", "/settings", &headers, body.to_string())
        .await
}

/// A file whose columns have other names, as another system would write it.
fn foreign(rows: std::ops::Range<u32>, encoding: Encoding) -> Vec<u8> {
    let text = File::new(rows.map(Row::of)).text();
    let text = text.replacen("自治体コード,個別宛名番号", "団体コード,住民番号", 1);
    encoding.encode(&text)
}

fn mapping() -> Value {
    json!({ "団体コード": "自治体コード", "住民番号": "個別宛名番号" })
}

async fn dry_run(town: &Town, mut body: Value, bytes: &[u8]) -> Value {
    body["sample"] = BASE64.encode(bytes).into();
    let answer = town.post(CHIYODA, "/settings/dry-run", Some(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_is_set_is_what_the_next_file_is_read_by() {
    let town = Town::start().await;
    let shown = town.get(CHIYODA, "/settings").await;
    assert_eq!(shown.headers["etag"], "\"1\"");
    let shown = shown.json();
    assert_eq!(shown["columns"], json!({ "residents": {}, "doses": {} }));
    let known = shown["known"]["columns"]["residents"].as_array().unwrap();
    assert_eq!(
        (known.len(), &known[0]["name"]),
        (12, &json!("自治体コード"))
    );
    let bytes = foreign(1..4, Encoding::Cp932);
    let refused = town.take_in(CHIYODA, "a.csv", bytes.clone()).await;
    assert_eq!(refused["refusal"]["code"], "UNKNOWN_COLUMN", "{refused:#}");

    let wanted = json!({ "columns": { "residents": mapping() }, "export_scope": "changed" });
    let changed = put(&town, &["register"], 1, &wanted).await;
    assert_eq!(changed.status, 200, "{}", changed.json());
    assert_eq!(changed.headers["etag"], "\"2\"");
    assert_eq!(changed.json()["columns"]["residents"], mapping());
    assert_eq!(changed.json(), town.get(CHIYODA, "/settings").await.json());
    let receipt = town.take_in(CHIYODA, "b.csv", bytes).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");

    let again = put(&town, &["register"], 2, &wanted).await;
    assert_eq!(again.json()["revision"], 2, "nothing was changed");
    let stale = put(&town, &["register"], 1, &wanted).await;
    assert_eq!(
        (stale.status, &stale.json()["code"]),
        (412, &json!("REVISION_STALE"))
    );
    let theirs = town.get(SAPPORO, "/settings").await.json();
    let of = json!({ "code": SAPPORO, "name": "札幌市" });
    assert_eq!(theirs["municipality"], of);
    assert_eq!(theirs["columns"], json!({ "residents": {}, "doses": {} }));
}

#[tokio::test(start_paused = true)]
async fn settings_that_make_no_sense_are_refused_and_nothing_is_changed() {
    let town = Town::start().await;
    for (said, reason) in [
        (
            json!({ "columns": { "residents": { "住所": "住所" } } }),
            "COLUMNS",
        ),
        (
            json!({ "columns": { "doses": { "a": "接種日", "b": "接種日" } } }),
            "COLUMNS",
        ),
        (
            json!({ "columns": { "doses": { "　": "接種日" } } }),
            "COLUMNS",
        ),
        (json!({ "lots": { "ASPIRIN": ["1"] } }), "PRODUCT"),
    ] {
        let answer = put(&town, &["register"], 1, &said).await;
        assert_eq!(
            (answer.status, &answer.json()["reason"]),
            (400, &json!(reason)),
            "{said}"
        );
    }
    assert_eq!(town.get(CHIYODA, "/settings").await.json()["revision"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_guards_the_register_needs_who_approves() {
    let town = Town::start().await;
    let wanted = json!({ "max_removed_percent": 90 });
    let refused = put(&town, &["register"], 1, &wanted).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (403, &json!("ROLE_MISSING"))
    );
    // Named as it is, it is no change.
    let same = json!({ "max_removed_percent": 20, "max_refused_percent": 10 });
    assert_eq!(put(&town, &["register"], 1, &same).await.status, 200);
    let changed = put(&town, &["register", "approve"], 1, &wanted).await;
    assert_eq!(changed.json()["max_removed_percent"], 90);
}

#[tokio::test(start_paused = true)]
async fn what_guards_people_needs_who_approves() {
    let town = Town::start().await;
    let shown = town.get(CHIYODA, "/settings").await.json();
    assert_eq!(
        (&shown["hold_protected"], &shown["inquiries_per_day"]),
        (&json!(true), &Value::Null)
    );
    for wanted in [
        json!({ "hold_protected": false }),
        json!({ "inquiries_per_day": 30 }),
        json!({ "max_refused_percent": 11 }),
        json!({ "max_removed_percent": 21 }),
    ] {
        let refused = put(&town, &["register"], 1, &wanted).await;
        assert_eq!(refused.json()["code"], "ROLE_MISSING", "{wanted}");
    }
    let wanted = json!({ "hold_protected": false, "inquiries_per_day": 30 });
    let changed = put(&town, &["register", "approve"], 1, &wanted).await;
    assert_eq!(changed.status, 200, "{}", changed.json());
    let page = town.get(CHIYODA, "/inquiries").await.json();
    assert_eq!(page["today"]["per_day"], 30);
    // What is not named stays.
    let wanted = json!({ "export_scope": "changed" });
    let changed = put(&town, &["register"], 2, &wanted).await.json();
    assert_eq!(
        (&changed["hold_protected"], &changed["inquiries_per_day"]),
        (&json!(false), &json!(30))
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_raises_the_budget_above_what_the_operator_allows() {
    let town = Town::start().await;
    let raised = json!({ "inquiries_per_day": 5_000 });
    let changed = put(&town, &["register", "approve"], 1, &raised).await;
    assert_eq!(changed.status, 200);
    town.set(CHIYODA, |settings| settings.inquiries_at_most = Some(60))
        .await;
    let page = town.get(CHIYODA, "/inquiries").await.json();
    assert_eq!(page["today"]["per_day"], 60);
    let shown = town.get(CHIYODA, "/settings").await.json();
    assert_eq!(shown["inquiries_at_most"], 60);
    let revision = shown["revision"].as_u64().unwrap();
    for (wanted, status) in [(61, 400), (60, 200)] {
        let wanted = json!({ "inquiries_per_day": wanted });
        let answer = put(&town, &["register", "approve"], revision, &wanted).await;
        assert_eq!(answer.status, status, "{}", answer.json());
    }
    // It is not the municipality's to set.
    let own = json!({ "inquiries_at_most": 1_000 });
    let refused = put(&town, &["register", "approve"], 4, &own).await;
    assert_eq!(refused.status, 400);
}

/// Also where both have read the settings before either writes.
#[tokio::test(start_paused = true)]
async fn of_two_who_change_what_they_both_saw_one_is_told() {
    let town = Town::start().await;
    let [a, b] = ["EP2163", "EY0779"].map(|lot| json!({ "lots": { "COMIRNATY": [lot] } }));
    let (one, other) = tokio::join!(
        put(&town, &["register"], 1, &a),
        put(&town, &["register"], 1, &b),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "{} {}", one.json(), other.json());

    let (store, scope) = (town.store(), scope(CHIYODA));
    let before = store.tenant(&scope).await.unwrap().unwrap().settings;
    let with = |max_removed_percent| TenantSettings {
        max_removed_percent,
        revision: before.revision + 1,
        ..before.clone()
    };
    store.set_tenant(&scope, &with(30)).await.unwrap();
    let late = store.set_tenant(&scope, &with(40)).await;
    assert!(matches!(late, Err(StoreError::Moved)), "{late:?}");
    let shown = town.get(CHIYODA, "/settings").await.json();
    assert_eq!(shown["max_removed_percent"], 30);
}

/// Its records open by its first key alone.
#[tokio::test(start_paused = true)]
async fn whoever_takes_part_keeps_their_key_and_settings_when_they_are_entered_again() {
    let town = Town::start().await;
    let before = town.whole().await;
    for version in [1, 2] {
        let key = WrappedKey {
            version,
            blob: vec![9; 32],
        };
        let settings = TenantSettings::default();
        let (store, scope, now) = (town.store(), scope(CHIYODA), Timestamp::UNIX_EPOCH);
        let again = store.add_tenant(&scope, &settings, &key, now).await;
        assert!(matches!(again, Err(StoreError::Moved)), "{again:?}");
    }
    assert_eq!(town.whole().await, before);
}

#[tokio::test(start_paused = true)]
async fn lots_are_set_as_a_whole_and_in_one_spelling() {
    let town = Town::start().await;
    let set = async |seen, lots: Value| {
        let answer = put(&town, &["register"], seen, &json!({ "lots": lots })).await;
        answer.json()["lots"].clone()
    };
    let lots = set(1, json!({ "COMIRNATY": ["ey0779", "EY0779", "EP2163"] })).await;
    assert_eq!(lots, json!({ "COMIRNATY": ["EP2163", "EY0779"] }));
    assert_eq!(set(2, json!({})).await, json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_a_file_is_understood_as_and_stores_nothing() {
    let town = Town::start().await;
    let before = town.whole().await;
    let mut file = foreign(1..8, Encoding::Cp932);
    let bad = Row::of(9).with("性別", "7").with("支援措置", "1");
    let twice = Row::of(3).with("券番号", "").with("個人番号", "");
    for row in [bad, twice] {
        let text = File::new([row]).text();
        let (_, row) = text.split_once("\r\n").unwrap();
        file.extend(Encoding::Cp932.encode(row));
    }
    let seen = dry_run(
        &town,
        json!({ "kind": "residents", "columns": mapping() }),
        &file,
    )
    .await;
    assert_eq!(seen["encoding"], "cp932");
    assert_eq!(seen["refusal"], Value::Null, "{seen:#}");
    assert_eq!(
        seen["header"][1],
        json!({ "found": "住民番号", "use": "column", "column": "個別宛名番号" })
    );
    assert_eq!(
        (&seen["missing"], &seen["absent"]),
        (&json!([]), &json!([]))
    );
    assert_eq!((&seen["rows"], &seen["refused"]), (&json!(9), &json!(3)));
    let problems = seen["problems"].as_array().unwrap();
    let told: Vec<_> = problems
        .iter()
        .map(|it| (&it["line"], &it["column"], &it["code"]))
        .collect();
    let expected = [
        (
            json!(4),
            json!("個別宛名番号"),
            json!("RESIDENT_NUMBER_TWICE"),
        ),
        (json!(9), json!("性別"), json!("SEX_UNKNOWN")),
        (
            json!(10),
            json!("個別宛名番号"),
            json!("RESIDENT_NUMBER_TWICE"),
        ),
    ];
    assert_eq!(
        told,
        expected
            .iter()
            .map(|it| (&it.0, &it.1, &it.2))
            .collect::<Vec<_>>()
    );
    let first = seen["first"].as_array().unwrap();
    assert_eq!((first.len(), &first[0]["line"]), (5, &json!(2)));
    let cells = first[0]["cells"].as_array().unwrap();
    let of = |column: &str| &cells.iter().find(|it| it["column"] == column).unwrap()["value"];
    assert_eq!(of("個別宛名番号"), "A-000001");
    assert_eq!(of("生年月日"), "1931-02-02");
    assert_eq!(of("個人番号"), "●●●●●●●●●●●●");
    assert_eq!(of("支援措置"), "なし");
    assert!(!seen.to_string().contains(Row::of(1).cell("個人番号")));
    assert_eq!(town.whole().await, before, "nothing is stored");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_names_the_columns_that_are_left_to_map() {
    let town = Town::start().await;
    let file = foreign(1..3, Encoding::Utf8Bom);
    let seen = dry_run(&town, json!({ "kind": "residents", "columns": {} }), &file).await;
    assert_eq!(seen["refusal"]["code"], "UNKNOWN_COLUMN", "{seen:#}");
    assert_eq!(seen["encoding"], "utf-8-bom");
    assert_eq!(
        seen["header"][0],
        json!({ "found": "団体コード", "use": "unknown", "column": null })
    );
    assert_eq!(seen["missing"], json!(["自治体コード", "個別宛名番号"]));
    // None of the names is known: still all of them are told.
    let other = "コード,番号,名前\r\n131016,7,山田\r\n".as_bytes();
    let seen = dry_run(&town, json!({ "kind": "residents" }), other).await;
    assert_eq!(seen["refusal"]["code"], "NO_HEADER", "{seen:#}");
    assert_eq!(seen["header"].as_array().unwrap().len(), 3);
    // No header at all: nobody's numbers are shown as names of columns.
    let bare = "131016,7,983205673214,1980-04-01\r\n".as_bytes();
    let seen = dry_run(&town, json!({ "kind": "residents" }), bare).await;
    let found = |at: usize| seen["header"][at]["found"].clone();
    assert_eq!([found(2), found(3)], ["●●●●●●●●●●●●", "●●●●-●●-●●"]);
    // What is no CSV at all.
    let seen = dry_run(&town, json!({ "kind": "residents" }), b"PK\x03\x04....").await;
    assert_eq!(
        (&seen["refusal"]["code"], &seen["header"]),
        (&json!("SPREADSHEET_OR_ZIP"), &json!([]))
    );
}

#[tokio::test(start_paused = true)]
async fn the_beginning_of_a_file_ends_with_its_last_whole_row() {
    let town = Town::start().await;
    let text = File::new((1..2_000).map(Row::of)).text();
    let in_row = text.find("A-001500").unwrap() + "A-001500".len();
    let in_character = in_row + text[in_row..].find('山').unwrap() + 1;
    let body = |complete: bool| json!({ "kind": "residents", "complete": complete });
    for end in [in_row, in_character] {
        let seen = dry_run(&town, body(false), &text.as_bytes()[..end]).await;
        assert_eq!(
            (&seen["rows"], &seen["refused"], &seen["refusal"]),
            (&json!(1_499), &json!(0), &Value::Null),
            "{seen:#}"
        );
    }
    // As whole files they end in the middle of a row, and of a character.
    let whole = dry_run(&town, body(true), &text.as_bytes()[..in_row]).await;
    assert_eq!(
        (&whole["rows"], &whole["refused"], &whole["refusal"]),
        (&json!(1_500), &json!(1), &Value::Null),
        "{whole:#}"
    );
    assert_eq!(whole["problems"][0]["code"], "TOO_FEW_FIELDS");
    let whole = dry_run(&town, body(true), &text.as_bytes()[..in_character]).await;
    assert_eq!(whole["refusal"]["code"], "CUT_IN_CHARACTER", "{whole:#}");
}

#[tokio::test(start_paused = true)]
async fn a_dose_file_is_tried_the_same_way() {
    let town = Town::start().await;
    let file = "自治体コード,券番号,回,接種日,ワクチンメーカー,ロット番号\r\n\
                131016,1000000001,1,R3.3.1,ファイザー,EY0779\r\n\
                131016,1000000002,8,R3.3.1,ファイザー,EY0779\r\n";
    let columns = json!({ "回": "接種回" });
    let body = json!({ "kind": "doses", "columns": columns });
    let seen = dry_run(&town, body, file.as_bytes()).await;
    assert_eq!(
        (&seen["rows"], &seen["refusal"]),
        (&json!(2), &Value::Null),
        "{seen:#}"
    );
    let cells = seen["first"][0]["cells"].as_array().unwrap();
    assert_eq!(
        cells[3],
        json!({ "column": "接種日", "value": "2021-03-01" })
    );
    assert_eq!(cells[4]["value"], "ファイザー（コミナティ）");
}

#[tokio::test(start_paused = true)]
async fn a_file_is_loaded_by_the_columns_it_was_checked_by_whatever_is_set_meanwhile() {
    let town = Town::start().await;
    let wanted = json!({ "columns": { "residents": mapping() } });
    put(&town, &["register"], 1, &wanted).await;
    let receipt = town
        .take_in(CHIYODA, "a.csv", foreign(1..11, Encoding::Cp932))
        .await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    let leaves = (1..9).map(|it| Row::of(it).with("異動区分", "2"));
    let leaves = File::new(leaves).text();
    let leaves = leaves.replacen("自治体コード,個別宛名番号", "団体コード,住民番号", 1);
    let held = town.take_in(CHIYODA, "b.csv", leaves).await;
    assert_eq!(held["state"], "held", "{held:#}");
    let none = json!({ "columns": { "residents": {} } });
    assert_eq!(put(&town, &["register"], 2, &none).await.status, 200);
    let path = format!("/uploads/{}", held["id"].as_str().unwrap());
    town.post(CHIYODA, &format!("{path}/confirm"), None).await;
    town.stack.idle().await;
    let shown = town.get(CHIYODA, &path).await.json();
    assert_eq!(shown["state"], "in_force", "{shown:#}");
    assert_eq!(town.dead_letters().len(), 0);
}
