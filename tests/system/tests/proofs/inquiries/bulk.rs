//! Inquiries by file: each row on its own basis, the very same way.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use store::LogEvent;
use system::{
    file::Row,
    log::Log,
    town::{CHIYODA, SAPPORO},
};

use tracing::level_filters::LevelFilter;

use super::doses::vaccinate;
use super::world::{World, about, person, with};

pub(super) const HEADER: &str = "整理番号,個人番号,生年月日,照会根拠,同意日,同意書番号\n";

pub(super) fn line(reference: &str, row: &Row, form: &str) -> String {
    let (number, born) = (row.cell("個人番号"), row.cell("生年月日"));
    format!("{reference},{number},{born},CONSENT,20210412,{form}\n")
}

/// Drops a file of inquiries and waits for its receipt.
pub(super) async fn drop_file(world: &World, name: &str, lines: &[String]) -> Value {
    let key = format!("inbox/{CHIYODA}/inquiries/{name}.csv");
    let file = HEADER.to_owned() + &lines.concat();
    let dropped = world.town.drop_at(&key, file).await;
    world.town.stack.idle().await;
    world.town.receipt(CHIYODA, &dropped).await
}

/// The same of one row that names the scan of its form.
async fn drop_with_scan(world: &World, name: &str, line: &str, scan: &str) -> Value {
    let (header, row) = (HEADER.trim_end(), line.trim_end());
    let file = format!("{header},同意書ハッシュ値\n{row},{scan}\n");
    let key = format!("inbox/{CHIYODA}/inquiries/{name}.csv");
    let dropped = world.town.drop_at(&key, file).await;
    world.town.stack.idle().await;
    world.town.receipt(CHIYODA, &dropped).await
}

pub(super) async fn answers(world: &World, receipt: &Value) -> Vec<String> {
    let id = receipt["id"].as_str().unwrap();
    let key = format!("outbox/{CHIYODA}/inquiries/{id}/answers.csv");
    let bytes = world.town.object(&key).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

async fn errors(world: &World, receipt: &Value) -> String {
    let id = receipt["id"].as_str().unwrap();
    let bytes = world.town.errors(CHIYODA, id).await.unwrap_or_default();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(super) fn rows(receipt: &Value) -> [u64; 3] {
    ["in", "answered", "refused"].map(|name| receipt["rows"][name].as_u64().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_lot_that_the_encoding_of_the_file_lacks_comes_as_it_is_in_utf_8() {
    let world = World::new().await;
    vaccinate(&world, SAPPORO, &person(5), &[(1, "20210407", "EP〜2163")]).await;
    let key = format!("inbox/{CHIYODA}/inquiries/sjis.csv");
    let file = HEADER.to_owned() + &line("A-5", &person(5), "B-5");
    let file = system::file::Encoding::Cp932.encode(&file);
    let dropped = world.town.drop_at(&key, file).await;
    world.town.stack.idle().await;
    let receipt = world.town.receipt(CHIYODA, &dropped).await;
    assert_eq!(rows(&receipt), [1, 1, 0], "{receipt}");
    assert_eq!(receipt["encoding"], "cp932");
    let answers = answers(&world, &receipt).await;
    assert!(answers[0].contains("EP〜2163"), "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_file_is_asked_row_by_row_and_every_row_is_accounted_for() {
    let world = World::new().await;
    vaccinate(&world, SAPPORO, &person(5), &[(1, "20210407", "EP2163")]).await;
    let mut lines: Vec<_> = (4..=17)
        .map(|number| {
            line(
                &format!("A-{number}"),
                &person(number),
                &format!("B-{number}"),
            )
        })
        .collect();
    // A form of another row; it is the second that finds it used.
    lines.push(line("A-99", &person(18), "B-4"));
    let receipt = drop_file(&world, "one", &lines).await;
    assert_eq!(receipt["state"], "in_force", "{receipt}");
    assert_eq!(rows(&receipt), [15, 14, 1], "{receipt}");
    assert_eq!(receipt["refused_by"][0]["code"], "FORM_USED");
    let answers = answers(&world, &receipt).await;
    assert_eq!(answers.len(), 14);
    let found: Vec<_> = answers.iter().filter(|it| it.contains("EP2163")).collect();
    assert_eq!(
        found,
        ["A-5,COVID19,,20210407,,011002,,,ファイザー,EP2163,,,,,,,,"]
    );
    let came_back = errors(&world, &receipt).await;
    let came_back: Vec<_> = came_back.lines().skip(1).collect();
    let [row] = came_back[..] else {
        panic!("{came_back:?}");
    };
    assert!(row.starts_with("FORM_USED,"), "{row}");
    assert!(row.contains(",A-99,"), "{row}");
    // The people in it are for whoever may ask, and for nobody else who follows it.
    let path = format!("/uploads/{}", receipt["id"].as_str().unwrap());
    for (role, sees) in [("inquire", true), ("read", false), ("register", false)] {
        let token = world.token(CHIYODA, &[role], "anna");
        let shown = world.town.ask("GET", &path, &token, None).await.json();
        for link in ["answers", "errors"] {
            assert_eq!(shown["links"][link].is_object(), sees, "{role} {link}");
        }
        assert!(shown["links"]["receipt"].is_object(), "{role}");
    }
    // One entry for each on either side, and one recorded basis.
    let asked = world.log(CHIYODA).await;
    let asked = asked
        .iter()
        .filter(|it| matches!(it.event, LogEvent::Asked { .. }));
    assert_eq!(asked.count(), 14);
    assert_eq!(world.log(SAPPORO).await.len(), 14);
    assert!(world.town.dead_letters().is_empty());
    // The same file once more under another name asks nobody: the forms are used.
    let again = drop_file(&world, "two", &lines[..1]).await;
    assert_eq!(rows(&again), [1, 0, 1]);
    assert_eq!(world.log(SAPPORO).await.len(), 14);
    // Whose form it was not counts; that it was used does not.
    let today = world.town.get(CHIYODA, "/inquiries").await.json()["today"].clone();
    assert_eq!(
        (&today["mismatched"], &today["asked"]),
        (&json!(1), &json!(14))
    );
}

/// Whether the second reads the form as granted or as answered.
#[tokio::test(start_paused = true)]
async fn of_two_rows_on_one_form_one_is_answered_however_far_apart_they_stand() {
    for between in [0_u32, 20] {
        let world = World::new().await;
        vaccinate(&world, SAPPORO, &person(5), &[(1, "20210407", "EP2163")]).await;
        let others = 4_000..4_000 + between;
        let others = others.map(|it| line(&format!("A-{it}"), &person(it), &format!("J-{it}")));
        let first = line("A-1", &person(5), "J-1");
        let second = line("A-2", &person(5), "J-1");
        let lines: Vec<_> = std::iter::once(first)
            .chain(others)
            .chain([second])
            .collect();
        let receipt = drop_file(&world, "twice", &lines).await;
        let (many, asked) = (u64::from(between) + 2, u64::from(between) + 1);
        assert_eq!(rows(&receipt), [many, asked, 1], "{receipt}");
        assert_eq!(receipt["refused_by"][0]["code"], "FORM_USED");
        let answers = answers(&world, &receipt).await;
        let found = answers.iter().filter(|it| it.contains("EP2163"));
        assert_eq!(found.count(), 1, "{answers:?}");
        let log = world.log(CHIYODA).await;
        let entries = log.iter().filter(|it| it.event.kind() == "asked");
        assert_eq!(entries.count() as u64, asked);
        let today = world.town.get(CHIYODA, "/inquiries").await.json()["today"].clone();
        assert_eq!(today["asked"], json!(asked));
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_cannot_be_asked_come_back_with_their_reason() {
    let world = World::new().await;
    world
        .town
        .set(CHIYODA, |settings| settings.max_refused_percent = 90)
        .await;
    let row = person(5);
    let (number, born) = (
        row.cell("個人番号").to_owned(),
        row.cell("生年月日").to_owned(),
    );
    let last = number.as_bytes()[11];
    let wrong_digit = format!("{}{}", &number[..11], (last - b'0' + 1) % 10);
    let cases = [
        (
            "MY_NUMBER_CHECK_DIGIT",
            format!("1,{wrong_digit},{born},CONSENT,20210412,C-1\n"),
        ),
        (
            "REQUIRED_EMPTY",
            format!("2,,{born},CONSENT,20210412,C-2\n"),
        ),
        (
            "BASIS_UNKNOWN",
            format!("3,{number},{born},LAW,20210412,C-3\n"),
        ),
        (
            "DATE_IN_FUTURE",
            format!("4,{number},{born},CONSENT,20210413,C-4\n"),
        ),
        (
            "CONSENT_TOO_OLD",
            format!("5,{number},{born},CONSENT,20210328,C-5\n"),
        ),
        (
            "FORM_NUMBER",
            format!("6,{number},{born},CONSENT,20210412,{number}\n"),
        ),
        (
            "REQUIRED_EMPTY",
            format!("7,{number},{born},CONSENT,20210412,\n"),
        ),
        (
            "REFERENCE_TWICE",
            format!("8,{number},{born},CONSENT,20210412,C-8\n"),
        ),
        (
            "REFERENCE_TWICE",
            format!("8,{number},{born},CONSENT,20210412,C-9\n"),
        ),
    ];
    let mut lines: Vec<_> = cases.iter().map(|(_, line)| line.clone()).collect();
    lines.push(line("10", &row, "C-10"));
    let receipt = drop_file(&world, "bad", &lines).await;
    assert_eq!(rows(&receipt), [10, 1, 9], "{receipt}");
    let errors = errors(&world, &receipt).await;
    let said: Vec<_> = errors.lines().skip(1).collect();
    for ((code, _), line) in cases.iter().zip(&said) {
        assert!(line.contains(code), "{code}: {line}");
    }
    assert_eq!(world.log(SAPPORO).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_budget_leaves_over_is_asked_the_next_day() {
    let world = World::new().await;
    world
        .town
        .set(CHIYODA, |settings| settings.inquiries_per_day = Some(3))
        .await;
    let lines: Vec<_> = (4..=9)
        .map(|number| {
            line(
                &format!("A-{number}"),
                &person(number),
                &format!("B-{number}"),
            )
        })
        .collect();
    let receipt = drop_file(&world, "today", &lines).await;
    assert_eq!(rows(&receipt), [6, 3, 3], "{receipt}");
    assert_eq!(receipt["refused_by"][0]["code"], "BUDGET_SPENT");
    let errors = errors(&world, &receipt).await;
    world.wait(24 * 3600);
    // errors.csv as it came back is dropped again: bases that were recorded and not asked on serve.
    let key = format!("inbox/{CHIYODA}/inquiries/tomorrow.csv");
    let dropped = world.town.drop_at(&key, errors).await;
    world.town.stack.idle().await;
    let receipt = world.town.receipt(CHIYODA, &dropped).await;
    assert_eq!(rows(&receipt), [3, 3, 0], "{receipt}");
}

#[tokio::test(start_paused = true)]
async fn a_row_is_as_safe_as_a_single_inquiry() {
    let world = World::new().await;
    // Another birth date than the holder's finds nothing, and looks like nothing.
    let row = person(6).with("生年月日", "19910101");
    vaccinate(&world, SAPPORO, &person(6), &[(1, "20210407", "EP2163")]).await;
    let receipt = drop_file(&world, "other", &[line("1", &row, "D-1")]).await;
    assert_eq!(answers(&world, &receipt).await, ["1,,,,,,,,,,,,,,,,,"]);
    // The basis of a row is used up: nobody asks on it through the API.
    let consents = world.town.get(CHIYODA, "/consents").await.json();
    let consent = consents["consents"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(consents["consents"][0]["state"], "answered");
    let ask = with(&about(6, &consent), "birth_date", "1991-01-01");
    assert_eq!(world.ask(&ask).await.json()["code"], "CONSENT_USED");
}

/// What is kept of one person at a holder cannot be read: that row comes back, and only that. Mended, the row
/// that came back goes on where it stood.
#[tokio::test(start_paused = true)]
async fn a_record_that_a_holder_cannot_read_refuses_its_row_alone() {
    let (world, is_lost) = World::where_answers_are_lost().await;
    let (log, _guard) = Log::catch(LevelFilter::INFO);
    vaccinate(&world, SAPPORO, &person(6), &[(1, "20210407", "EP2163")]).await;
    let number = person(6).cell("個別宛名番号").to_owned();
    let found = world.town.resident(SAPPORO, &number).await.unwrap();
    let pk = format!("T#{SAPPORO}#R#{}", found["id"].as_str().unwrap());
    let items = world.town.items().await;
    let sound: Value = serde_json::from_str(&items[&(pk, "P".to_owned())]).unwrap();
    let mut damaged = sound.clone();
    damaged["newest"]["M"]["m"] = json!({ "B": "AAAA" });
    world.town.put(&damaged).await;

    let lines = [5, 6, 7].map(|it| line(&format!("A-{it}"), &person(it), &format!("G-{it}")));
    let receipt = drop_file(&world, "one", &lines).await;
    assert_eq!(receipt["state"], "in_force", "{receipt}");
    assert_eq!(rows(&receipt), [3, 2, 1], "{receipt}");
    assert_eq!(receipt["refused_by"][0]["code"], "HOLDER_CANNOT_ANSWER");
    assert!(
        !world
            .town
            .dead_letters()
            .contains_key("inquiries-dead-letters")
    );
    let left_over = errors(&world, &receipt).await;
    // Asked alone, it says under which id it goes on, and not that it may by itself.
    let consent = world.consent(6, "G-8").await;
    let asked = world.ask(&about(6, &consent)).await;
    let told = asked.json();
    assert_eq!((asked.status, &told["code"]), (500, &json!("INTERNAL")));
    let begun = told["inquiry"].as_str().unwrap().to_owned();
    // Nobody else goes on with what a person began.
    let (row, scan) = (line("B", &person(6), "G-8"), "0".repeat(64));
    let refused = drop_with_scan(&world, "own", &row, &scan).await;
    assert_eq!(refused["refused_by"][0]["code"], "FORM_USED", "{refused}");

    let tag = found["id"].as_str().unwrap();
    let whose = format!(r#""tenant":"{SAPPORO}""#);
    let text = log.text();
    let mut told = text
        .lines()
        .filter(|line| line.contains("HOLDER_CANNOT_ANSWER"));
    assert!(told.clone().count() > 1, "{text}");
    assert!(
        told.all(|line| line.contains(tag) && line.contains(&whose)),
        "{text}"
    );

    // Mended, the file that goes on with it dies before it has written the answer, and is begun anew.
    world.town.put(&sound).await;
    is_lost.store(true, Ordering::SeqCst);
    let key = format!("inbox/{CHIYODA}/inquiries/mended.csv");
    let dropped = world.town.drop_at(&key, left_over).await;
    world.town.stack.idle().await;
    let receipt = world.town.receipt(CHIYODA, &dropped).await;
    assert!(!is_lost.load(Ordering::SeqCst), "it died");
    assert_eq!(rows(&receipt), [1, 1, 0], "{receipt}");
    assert!(answers(&world, &receipt).await[0].contains("EP2163"));
    let again = drop_file(&world, "again", &lines[1..2]).await;
    assert_eq!(again["refused_by"][0]["code"], "FORM_USED");
    let log = world.log(CHIYODA).await;
    let asked = log
        .iter()
        .filter(|it| matches!(it.event, LogEvent::Asked { .. }));
    assert_eq!(
        asked.count(),
        4,
        "the row that came back is no further inquiry"
    );
    assert_eq!(world.log(SAPPORO).await.len(), 3);
    let again = with(&about(6, &consent), "inquiry", begun);
    assert_eq!(world.ask(&again).await.json()["doses"][0]["lot"], "EP2163");
}

/// The days of a consent are counted from the form.
#[tokio::test(start_paused = true)]
async fn a_basis_knows_the_day_of_its_form_and_ends_by_it() {
    let world = World::new().await;
    let signed_on =
        |row: &Row, day: &str, form: &str| line("A", row, form).replace("20210412", day);
    drop_file(&world, "old", &[signed_on(&person(6), "20210330", "H-1")]).await;
    let consents = world.town.get(CHIYODA, "/consents").await.json();
    let basis = &consents["consents"][0];
    assert_eq!(basis["signed_on"], "2021-03-30");
    assert_eq!(basis["expires_at"], "2021-04-13T15:00:00Z");

    let form = with(&world.form(7, "H-2"), "signed_on", "R3.3.30");
    let consent = world.record(&form).await;
    let path = format!("/consents/{consent}");
    let basis = world.town.get(CHIYODA, &path);
    assert_eq!(basis.await.json()["expires_at"], "2021-04-13T15:00:00Z");
    // The same form of another day is another one.
    let other = with(&form, "signed_on", "2021-03-31");
    let other = world.post("/consents", &other);
    assert_eq!(other.await.json()["code"], "EVIDENCE_USED");
    // So is one that ends sooner, while a term that changes nothing is a repeat.
    let sooner = with(&form, "days", "13");
    let sooner = world.post("/consents", &sooner);
    assert_eq!(sooner.await.json()["code"], "EVIDENCE_USED");
    assert_eq!(world.record(&with(&form, "days", "14")).await, consent);
    // A form that says three days says them from its day on.
    let short = with(
        &with(&world.form(8, "H-3"), "signed_on", "2021-04-10"),
        "days",
        "3",
    );
    let short = world.post("/consents", &short).await.json();
    assert_eq!(short["expires_at"], "2021-04-13T15:00:00Z");
    let over = with(
        &with(&world.form(8, "H-4"), "signed_on", "2021-04-08"),
        "days",
        "3",
    );
    let over = world.post("/consents", &over).await.json();
    assert_eq!(
        (&over["code"], &over["field"]),
        (&json!("FIELD_INVALID"), &json!("signed_on"))
    );
    world.wait(2 * 24 * 3600);
    let late = world.ask(&about(7, &consent)).await;
    assert_eq!(late.json()["code"], "CONSENT_EXPIRED");
}

/// Whoever does not name the scan does not say that it is another one.
#[tokio::test(start_paused = true)]
async fn a_form_whose_scan_one_side_does_not_name_is_the_same_form() {
    let world = World::new().await;
    vaccinate(&world, SAPPORO, &person(5), &[(1, "20210407", "EP2163")]).await;
    world.consent(5, "K-1").await;
    let receipt = drop_file(&world, "none", &[line("A-1", &person(5), "K-1")]).await;
    assert_eq!(rows(&receipt), [1, 1, 0], "{receipt}");
    assert!(answers(&world, &receipt).await[0].contains("EP2163"));

    world.consent(6, "K-2").await;
    let (row, other) = (line("A-2", &person(6), "K-2"), "1".repeat(64));
    let receipt = drop_with_scan(&world, "other", &row, &other).await;
    assert_eq!(receipt["refused_by"][0]["code"], "FORM_USED", "{receipt}");

    // Recorded by a row without it, and not asked on yet: staff who name it are told of that basis.
    world
        .town
        .set(CHIYODA, |settings| settings.inquiries_per_day = Some(1))
        .await;
    let receipt = drop_file(&world, "later", &[line("A-3", &person(7), "K-3")]).await;
    assert_eq!(receipt["refused_by"][0]["code"], "BUDGET_SPENT");
    let path = format!("/consents/{}", world.consent(7, "K-3").await);
    let shown = world.town.get(CHIYODA, &path).await.json();
    assert_eq!(
        shown["scan_sha256"],
        Value::Null,
        "it is the row's: {shown}"
    );
}

/// A holder that never answers: the file is tried as often as any message, and then it is an alarm. It goes on
/// when it is put back, and nobody is asked twice.
#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_asked_ends_among_the_dead_letters() {
    let (world, is_broken) = World::where_no_holder_answers().await;
    let lines = [line("1", &person(6), "E-1"), line("2", &person(7), "E-2")];
    let key = format!("inbox/{CHIYODA}/inquiries/stuck.csv");
    let file = HEADER.to_owned() + &lines.concat();
    let dropped = world.town.drop_at(&key, file).await;
    world.town.stack.idle().await;
    assert_eq!(world.town.dead_letters().values().sum::<usize>(), 1);
    assert!(world.log(SAPPORO).await.is_empty());

    is_broken.store(false, Ordering::SeqCst);
    world.town.redrive("inquiries-dead-letters").await;
    world.town.stack.idle().await;
    let receipt = world.town.receipt(CHIYODA, &dropped).await;
    assert_eq!(rows(&receipt), [2, 2, 0], "{receipt}");
    assert_eq!(world.log(SAPPORO).await.len(), 2);
}

/// All that was asked was answered while the bases held; the file comes to its end when they have long ended.
#[tokio::test(start_paused = true)]
async fn a_file_whose_rows_were_answered_is_ended_from_the_dead_letters_after_their_bases() {
    let (world, is_broken) = World::where_no_answers_are_written().await;
    vaccinate(&world, SAPPORO, &person(6), &[(1, "20210407", "EP2163")]).await;
    // Their last day is tomorrow.
    let rows_of = [6, 7].map(|it| line(&format!("A-{it}"), &person(it), &format!("L-{it}")));
    let lines = rows_of.map(|row| row.replace("20210412", "20210330"));
    let key = format!("inbox/{CHIYODA}/inquiries/late.csv");
    let dropped = world
        .town
        .drop_at(&key, HEADER.to_owned() + &lines.concat());
    let dropped = dropped.await;
    world.town.stack.idle().await;
    let letters = world.town.dead_letters();
    assert_eq!(letters.get("inquiries-dead-letters"), Some(&1));
    let before = (world.log(CHIYODA).await, world.log(SAPPORO).await);
    assert_eq!((before.0.len(), before.1.len()), (4, 2));

    world.wait(12 * 24 * 3600);
    // What is kept no longer is swept.
    tokio::time::sleep(std::time::Duration::from_mins(2)).await;
    is_broken.store(false, Ordering::SeqCst);
    world.town.redrive("inquiries-dead-letters").await;
    world.town.stack.idle().await;
    let receipt = world.town.receipt(CHIYODA, &dropped).await;
    assert_eq!(rows(&receipt), [2, 2, 0], "{receipt}");
    assert!(answers(&world, &receipt).await[0].contains("EP2163"));
    let after = (world.log(CHIYODA).await, world.log(SAPPORO).await);
    assert_eq!(after, before);
}
