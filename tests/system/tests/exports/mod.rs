//! Doses on their way back to the ledger, through the whole stack.

mod again;
mod changes;
mod listed;
mod once;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use crypto::{NoncePool, TenantKeys};
use data_encoding::HEXLOWER;
use domain::{
    CouponNumber, Date, Dose, DoseNumber, DoseState, LotNumber, ProgrammeCode, ShortText,
    read_product,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{DoseAct, DoseChange, Entry, NextDose, Source, WaitingDose, WaitingKey, content_id};
use system::{
    file::{Encoding, File, Row},
    gate::Gate,
    town::{CHIYODA, SAPPORO, Town, behind, scope},
};

/// A town where five people are in the register.
async fn town() -> Town {
    let town = Town::start().await;
    register(&town).await;
    town
}

/// A town whose functions call through a gate, with the same people.
async fn town_through(gate: &Arc<Gate>) -> Town {
    let town = Town::with(behind(gate, [])).await;
    register(&town).await;
    town
}

async fn register(town: &Town) {
    let file = File::new((1..=5).map(Row::of)).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "first.csv", file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
}

fn number_of(person: u32) -> String {
    Row::of(person).cell("個別宛名番号").to_owned()
}

fn dose(nth: u8, given_on: Date) -> Dose {
    Dose {
        programme: ProgrammeCode::COVID19,
        number: DoseNumber::new(nth).unwrap(),
        given_on,
        product: read_product(ProgrammeCode::COVID19, "ファイザー").unwrap(),
        lot: LotNumber::parse("EY0779").unwrap(),
        venue: ShortText::parse("第一会場").ok(),
        physician: ShortText::parse("𠮷田　医師").ok(),
        coupon: CouponNumber::parse(b"1000000001").ok(),
    }
}

fn entry() -> Entry {
    Entry {
        act: DoseAct::Recorded,
        at: Timestamp::UNIX_EPOCH,
        by: String::from("staff").into(),
        why: None,
        source: Source::Api,
    }
}

async fn keys(town: &Town) -> std::sync::Arc<TenantKeys> {
    let (adapters, scope) = (town.stack.adapters(), scope(CHIYODA));
    let tenant = town.store().tenant(&scope).await.unwrap().unwrap();
    let now = adapters.clock().now();
    tenant.keys(&scope, &adapters.keys(), now).await.unwrap()
}

fn now(town: &Town) -> Timestamp {
    town.stack.adapters().clock().now()
}

/// Puts a dose under its number, or the next revision of it.
async fn put(town: &Town, person: u32, dose: Dose, state: DoseState) {
    put_at(town, person, dose, state, now(town)).await;
}

/// The same, by work that began at another time.
async fn put_at(town: &Town, person: u32, dose: Dose, state: DoseState, now: Timestamp) {
    let (store, scope, keys) = (town.store(), scope(CHIYODA), keys(town).await);
    let tag = keys.resident_tag(&number_of(person));
    let generation = store.register(&scope).await.unwrap().generation();
    let found = store.person_doses(&scope, &keys, &tag, generation).await;
    let found = found.unwrap();
    let before = found.under(dose.programme, dose.number);
    let mut nonces = NoncePool::default();
    let mut change = DoseChange::new(&store, &scope, &keys, &mut nonces, now);
    let next = NextDose {
        dose,
        state,
        locked: false,
        findings: Vec::new(),
        recorded_at: None,
        entry: entry(),
    };
    change.advance(&found, before, next).unwrap();
    let change = change.finish().unwrap();
    store.commit(&scope, change).await.unwrap();
}

async fn put_waiting(town: &Town, dose: Dose) {
    let (store, scope, keys) = (town.store(), scope(CHIYODA), keys(town).await);
    let mut nonces = NoncePool::default();
    let now = town.stack.adapters().clock().now();
    let mut change = DoseChange::new(&store, &scope, &keys, &mut nonces, now);
    let waiting = WaitingDose {
        key: WaitingKey {
            coupon: keys.coupon_tag(dose.coupon.unwrap()),
            programme: dose.programme,
            number: dose.number,
            id: content_id(&keys, &dose),
        },
        dose,
        revision: 0,
        birth_date: None,
        meant: None,
        findings: Vec::new(),
        entry: entry(),
        settled: None,
    };
    change.add_waiting(waiting).unwrap();
    let change = change.finish().unwrap();
    store.commit(&scope, change).await.unwrap();
}

/// Asks for an export and waits for its end.
async fn export(town: &Town, body: Value) -> Value {
    let asked = town.post(CHIYODA, "/exports", Some(&body)).await;
    assert_eq!(asked.status, 200, "{}", asked.json());
    let asked = asked.json();
    assert_eq!(asked["state"], "requested");
    town.stack.idle().await;
    let id = asked["id"].as_str().unwrap();
    town.get(CHIYODA, &format!("/exports/{id}")).await.json()
}

/// A file of an export.
async fn file(town: &Town, export: &Value, name: &str) -> Vec<u8> {
    let id = export["id"].as_str().unwrap();
    let key = format!("outbox/{CHIYODA}/exports/{id}/{name}");
    town.object(&key).await.unwrap().to_vec()
}

/// The rows of a table without its header, by the number of the resident.
async fn rows(town: &Town, export: &Value, name: &str) -> BTreeMap<String, Vec<String>> {
    let bytes = file(town, export, name).await;
    let text = String::from_utf8(bytes).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let rows = reader.records().map(|record| cells(record.unwrap()));
    rows.map(|row| (row[0].clone(), row)).collect()
}

async fn manifest(town: &Town, export: &Value) -> Value {
    serde_json::from_slice(&file(town, export, "manifest.json").await).unwrap()
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let lines = bytes.split(|&byte| byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

const SPRING: Date = Date::constant(2021, 3, 1);
const LATER: Date = Date::constant(2021, 3, 22);

/// Two people with doses in force; one whose only dose is doubtful, one whose only dose was
/// cancelled; a dose that waits.
async fn some_doses(town: &Town) {
    put(town, 1, dose(1, SPRING), DoseState::Recorded).await;
    put(town, 1, dose(2, LATER), DoseState::Recorded).await;
    put(town, 2, dose(1, SPRING), DoseState::Recorded).await;
    put(town, 2, dose(2, LATER), DoseState::Review).await;
    put(town, 3, dose(1, SPRING), DoseState::Review).await;
    put(town, 4, dose(1, SPRING), DoseState::Recorded).await;
    put(town, 4, dose(1, SPRING), DoseState::Cancelled).await;
    let mut waiting = dose(1, SPRING);
    waiting.coupon = CouponNumber::parse(b"9999999999").ok();
    put_waiting(town, waiting).await;
}

#[tokio::test(start_paused = true)]
async fn only_doses_in_force_are_exported_and_the_manifest_says_what_is_there() {
    let town = town().await;
    some_doses(&town).await;
    let export = export(&town, json!({})).await;
    assert_eq!(export["state"], "published", "{export:#}");
    assert_eq!(export["doses"], 3);
    let ledger = rows(&town, &export, "ledger-COVID19.csv").await;
    assert_eq!(
        ledger.keys().cloned().collect::<Vec<_>>(),
        [number_of(1), number_of(2)]
    );
    let first = &ledger[&number_of(1)];
    assert_eq!(first.len(), 17);
    assert_eq!(first[1], "20210412090000");
    assert_eq!(
        first[2..9].join("|"),
        "20210301|1000000001|131016|第一会場|𠮷田　医師|ファイザー|EY0779"
    );
    assert_eq!(first[10], "20210322");
    assert_eq!(ledger[&number_of(2)][9..], [""; 8]);
    let waiting = rows(&town, &export, "waiting-COVID19.csv").await;
    assert_eq!(waiting[""][3], "9999999999");

    let manifest = manifest(&town, &export).await;
    assert_eq!(manifest["counts"]["recorded"], 3);
    assert_eq!(manifest["counts"]["waiting"], 1);
    let files = manifest["files"].as_array().unwrap();
    assert_eq!(files.len(), 4);
    for listed in files {
        let name = listed["name"].as_str().unwrap();
        let bytes = file(&town, &export, name).await;
        assert_eq!(listed["bytes"], bytes.len(), "{name}");
        let sha256 = HEXLOWER.encode(digest(&SHA256, &bytes).as_ref());
        assert_eq!(listed["sha256"], sha256, "{name}");
    }
    assert_eq!(files[0]["rows"], 2);
    assert_eq!(files[0]["doses"], 3);
}

#[tokio::test(start_paused = true)]
async fn the_same_doses_go_out_as_fhir_without_a_name() {
    let town = town().await;
    some_doses(&town).await;
    // Of one maker in other years, and of one without a code.
    let eras = [
        (5, "ファイザー", Date::constant(2022, 10, 1)),
        (6, "ファイザー", Date::constant(2023, 10, 1)),
        (7, "第一三共", Date::constant(2024, 1, 16)),
    ];
    for (nth, maker, given_on) in eras {
        let product = read_product(ProgrammeCode::COVID19, maker).unwrap();
        let dose = Dose {
            product,
            ..dose(nth, given_on)
        };
        put(&town, 5, dose, DoseState::Recorded).await;
    }
    let export = export(&town, json!({})).await;
    let (patients, immunizations) = (
        file(&town, &export, "Patient.ndjson").await,
        file(&town, &export, "Immunization.ndjson").await,
    );
    for bytes in [&patients, &immunizations] {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(!text.contains("山田") && !text.contains("ヤマダ"));
    }
    let people = lines(&patients);
    assert_eq!(people.len(), 3);
    let one = people
        .iter()
        .find(|it| it["identifier"][0]["value"] == number_of(1));
    let given = lines(&immunizations);
    assert_eq!(given.len(), 6);
    let code_on = |day: &str| {
        let mut given = given.iter();
        let of_day = given.find(|it| it["occurrenceDateTime"] == day);
        of_day.unwrap()["vaccineCode"].clone()
    };
    let coding = json!([{ "system": "http://hl7.org/fhir/sid/cvx", "code": "309" }]);
    assert_eq!(code_on("2023-10-01")["coding"], coding);
    assert_eq!(code_on("2022-10-01"), json!({ "text": "コミナティ" }));
    assert_eq!(code_on("2024-01-16"), json!({ "text": "ダイチロナ" }));
    let of_one = format!("Patient/{}", one.unwrap()["id"].as_str().unwrap());
    let of_one: Vec<_> = given
        .iter()
        .filter(|it| it["patient"]["reference"] == of_one)
        .collect();
    assert_eq!(of_one.len(), 2);
    assert_eq!(of_one[0]["vaccineCode"]["coding"][0]["code"], "208");
    assert_eq!(of_one[0]["manufacturer"]["display"], "ファイザー");
    assert_eq!(of_one[0]["occurrenceDateTime"], "2021-03-01");
    assert_eq!(of_one[0]["recorded"], "2021-04-12T09:00:00+09:00");
    assert_eq!(of_one[1]["protocolApplied"][0]["doseNumberPositiveInt"], 2);
    for_the_validator("full", &patients, &immunizations);
}

/// Leaves an export where `.ci/run` holds it against the models of FHIR.
fn for_the_validator(name: &str, patients: &[u8], immunizations: &[u8]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fhir");
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("Patient.ndjson"), patients).unwrap();
    std::fs::write(folder.join("Immunization.ndjson"), immunizations).unwrap();
}

#[tokio::test(start_paused = true)]
async fn there_are_columns_for_as_many_doses_as_occur() {
    let town = town().await;
    put(&town, 1, dose(1, SPRING), DoseState::Recorded).await;
    let of_two = export(&town, json!({})).await;
    assert_eq!(
        rows(&town, &of_two, "ledger-COVID19.csv").await[&number_of(1)].len(),
        17
    );
    put(&town, 2, dose(4, LATER), DoseState::Recorded).await;
    let of_four = export(&town, json!({})).await;
    for table in ["ledger-COVID19.csv", "waiting-COVID19.csv"] {
        let text = String::from_utf8(file(&town, &of_four, table).await).unwrap();
        let header = text.lines().next().unwrap();
        assert_eq!(header.split(',').count(), 33, "{table}");
    }
    put(&town, 2, dose(4, LATER), DoseState::Cancelled).await;
    let of_two = export(&town, json!({})).await;
    assert_eq!(
        rows(&town, &of_two, "ledger-COVID19.csv").await[&number_of(1)].len(),
        17
    );
}

#[tokio::test(start_paused = true)]
async fn cp932_says_which_characters_it_lacks() {
    let town = town().await;
    put(&town, 1, dose(1, SPRING), DoseState::Recorded).await;
    let export = export(&town, json!({ "encoding": "cp932" })).await;
    assert_eq!(export["encoding"], "cp932");
    let bytes = file(&town, &export, "ledger-COVID19.csv").await;
    let (text, _, lossy) = encoding_rs::SHIFT_JIS.decode(&bytes);
    assert!(!lossy && text.contains("〓田　医師"));
    let ledger = &manifest(&town, &export).await["files"][0];
    assert_eq!(ledger["substituted"], 1);
    let expected = json!({
        "line": 2, "column": "1回目接種医師名", "character": "U+20BB7", "written": "〓", "rule": "geta"
    });
    assert_eq!(ledger["substitutions"][0], expected);
}

#[tokio::test(start_paused = true)]
async fn an_export_of_changes_holds_everybody_who_changed_and_says_who_has_no_dose_any_more() {
    let town = town().await;
    put(&town, 1, dose(1, SPRING), DoseState::Recorded).await;
    put(&town, 2, dose(1, SPRING), DoseState::Recorded).await;
    put(&town, 3, dose(1, SPRING), DoseState::Recorded).await;
    let first = export(&town, json!({ "scope": "changed" })).await;
    // Nothing was exported before, so all of it is a change.
    assert_eq!(rows(&town, &first, "ledger-COVID19.csv").await.len(), 3);
    tokio::time::sleep(Duration::from_hours(48)).await;
    town.stack.idle().await;
    put(&town, 2, dose(2, LATER), DoseState::Recorded).await;
    put(&town, 3, dose(1, SPRING), DoseState::Cancelled).await;
    let second = export(&town, json!({ "scope": "changed" })).await;
    let ledger = rows(&town, &second, "ledger-COVID19.csv").await;
    assert_eq!(
        ledger.keys().cloned().collect::<Vec<_>>(),
        [number_of(2), number_of(3)]
    );
    assert_eq!(ledger[&number_of(2)][2], "20210301");
    assert_eq!(ledger[&number_of(2)][10], "20210322");
    assert_eq!(ledger[&number_of(3)][1..], [""; 16]);
    assert_eq!(manifest(&town, &second).await["since"], "2021-04-14");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_agree_with_the_counts_is_not_published() {
    let town = town().await;
    some_doses(&town).await;
    let tag = keys(&town).await.resident_tag(&number_of(1));
    // One count too many, as no transaction of ours leaves it.
    let dynamodb = town.dynamodb();
    let counted = dynamodb
        .update_item()
        .table_name("records")
        .key("pk", attribute(&format!("T#{CHIYODA}#COUNTS")))
        .key("sk", attribute(&format!("{:02}", tag.as_bytes()[0] % 64)))
        .update_expression("ADD recorded :one")
        .expression_attribute_values(
            ":one",
            aws_sdk_dynamodb::types::AttributeValue::N("1".to_owned()),
        );
    counted.send().await.unwrap();
    let export = export(&town, json!({})).await;
    assert_eq!(export["state"], "failed");
    assert_eq!(export["failure"]["code"], "RECORDS_DIFFER");
    assert_eq!(export["failure"]["detail"], "recorded: 4 counted, 3 read");
    assert_eq!(export["files"], json!([]));
    let folder = format!("outbox/{CHIYODA}/exports/");
    assert_eq!(town.keys("drop", &folder).await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_fails_the_export_and_names_nobody() {
    let town = town().await;
    some_doses(&town).await;
    let person = format!("T#{CHIYODA}#R#");
    let items = town.items().await;
    let mut doses = items
        .iter()
        .filter(|((pk, sk), _)| pk.starts_with(&person) && sk.starts_with("D#"));
    let sound = doses.next().unwrap().1;
    let mut spoilt: Value = serde_json::from_str(sound).unwrap();
    spoilt["act"]["S"] = "whispered".into();
    town.put(&spoilt).await;
    let failed = export(&town, json!({})).await;
    assert_eq!(failed["state"], "failed", "{failed:#}");
    assert_eq!(failed["failure"]["code"], "RECORD_UNREADABLE");
    let detail = "a stored item is damaged: act";
    assert_eq!(failed["failure"]["detail"], detail);
    assert_eq!(town.dead_letters(), BTreeMap::new());
    town.put(&serde_json::from_str(sound).unwrap()).await;
    let made = export(&town, json!({})).await;
    assert_eq!(made["state"], "published", "{made:#}");
}

fn attribute(text: &str) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_schedule_exports_every_municipality_that_takes_part_and_once() {
    let town = town().await;
    some_doses(&town).await;
    town.stack.fire("ExportNightly").unwrap();
    town.stack.idle().await;
    let folder = |code: &str| format!("outbox/{code}/exports/");
    for code in [CHIYODA, SAPPORO] {
        assert_eq!(town.keys("drop", &folder(code)).await.len(), 5, "{code}");
    }
    let whole = town.whole().await;
    town.stack.fire("ExportNightly").unwrap();
    town.stack.idle().await;
    assert!(
        town.whole().await == whole,
        "a repeated night changes nothing"
    );
    assert_eq!(town.dead_letters(), BTreeMap::new());
    // By itself, when it is said to.
    let list = town.get(CHIYODA, "/exports").await.json();
    assert_eq!(list["exports"].as_array().unwrap().len(), 1, "{list:#}");
    let next: Timestamp = list["next_nightly"].as_str().unwrap().parse().unwrap();
    let wait = next.duration_since(town.stack.adapters().clock().now());
    let wait = Duration::try_from(wait).unwrap();
    tokio::time::sleep(wait.checked_sub(Duration::from_secs(1)).unwrap()).await;
    town.stack.idle().await;
    assert_eq!(town.keys("drop", &folder(CHIYODA)).await.len(), 5);
    tokio::time::sleep(Duration::from_secs(2)).await;
    town.stack.idle().await;
    assert_eq!(town.keys("drop", &folder(CHIYODA)).await.len(), 10);
    let list = town.get(CHIYODA, "/exports").await.json();
    let requested = |nth: usize| list["exports"][nth]["requested_at"].as_str();
    assert!(requested(0) > requested(1), "{list:#}");
}

#[tokio::test(start_paused = true)]
async fn an_export_belongs_to_its_municipality_and_needs_a_role() {
    let town = town().await;
    let export = export(&town, json!({})).await;
    let path = format!("/exports/{}", export["id"].as_str().unwrap());
    assert_eq!(export["files"].as_array().unwrap().len(), 5);
    assert_eq!(town.get(SAPPORO, &path).await.status, 404);
    assert_eq!(town.get(CHIYODA, "/exports/none").await.status, 404);
    let last = town.get(CHIYODA, "/exports/last").await.json();
    assert_eq!(last["id"], export["id"]);
    assert_eq!(town.get(SAPPORO, "/exports/last").await.status, 404);
    let reader = town.stack.token(CHIYODA, &["read"], "reader").unwrap();
    assert_eq!(town.ask("GET", &path, &reader, None).await.status, 200);
    let empty = json!({});
    let asked = town.ask("POST", "/exports", &reader, Some(&empty)).await;
    assert_eq!(asked.status, 403);
    for (body, code, field) in [
        (json!({ "scope": "some" }), "FIELD_INVALID", "scope"),
        (json!({ "encoding": "utf-16" }), "FIELD_INVALID", "encoding"),
        (json!({ "tenant": SAPPORO }), "FIELD_UNKNOWN", "tenant"),
    ] {
        let refused = town.post(CHIYODA, "/exports", Some(&body)).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.json()["code"], code);
        assert_eq!(refused.json()["field"], field);
    }
}
