//! Events and messages that come again, and workers that die: the same end each time.

use std::time::Duration;

use serde_json::json;
use store::DoseId;
use system::{
    file::{Encoding, File, Row},
    gate::{Call, Gate, Step},
    office::Office,
    town::{CHIYODA, Town},
    venue::Venue,
};

use super::{DoseLine, PEOPLE, codes, counts, drop_doses, errors_of, file, take_in, town_through};

/// Room for all rows of a test.
const ONE_CHUNK: u32 = 1 << 20;
/// Some three rows.
const SMALL: u32 = 250;

fn is_of_loader(call: &Call<'_>) -> bool {
    call.function == "load-doses"
}

/// All kinds of outcomes: recorded, twice the same, doubtful, refused by the check, refused when it is
/// recorded, waiting.
fn lines() -> Vec<DoseLine> {
    let mut lines: Vec<_> = PEOPLE.map(|person| DoseLine::of(person, 1)).collect();
    lines.push(DoseLine::of(1, 1));
    lines[30] = DoseLine::of(31, 2);
    lines[31] = DoseLine::of(32, 1).with("接種日", "20210230");
    lines[32] = DoseLine::of(33, 1).with("接種日", "20210216");
    lines[33] = DoseLine::of(34, 1).with("券番号", "9999999999");
    lines
}

const EXPECTED: [u64; 7] = [40, 35, 1, 1, 0, 1, 2];

/// Sends every chunk of the newest upload once more.
async fn repeat_chunks(town: &Town) -> u64 {
    let upload = town.uploads(CHIYODA).await.remove(0);
    assert_eq!(upload["kind"], "doses");
    let id = upload["id"].as_str().unwrap();
    let shown = town.get(CHIYODA, &format!("/uploads/{id}")).await.json();
    let chunks = shown["chunks"]["total"].as_u64().unwrap();
    for chunk in 0..chunks {
        let message = json!({ "kind": "chunk", "tenant": CHIYODA, "upload": id, "chunk": chunk });
        town.send("doses", &message, 0).await;
    }
    chunks
}

#[tokio::test(start_paused = true)]
async fn chunks_that_are_delivered_again_after_the_load_change_nothing() {
    let town = town_through(&Gate::new(|_| Step::Go), SMALL).await;
    let receipt = take_in(&town, "a.csv", file(&lines())).await;
    assert_eq!(counts(&receipt), EXPECTED, "{receipt:#}");
    let before = town.whole().await;
    assert!(repeat_chunks(&town).await > 5, "several chunks");
    town.stack.idle().await;
    assert_eq!(town.whole().await.items, before.items);
    let again = town
        .receipt_of(CHIYODA, receipt["id"].as_str().unwrap())
        .await;
    assert_eq!(again, receipt);
}

/// The worker of the only chunk dies at its n-th call of this operation.
async fn dies_at(operation: &'static str, nth: usize, step: Step) {
    let mut calls = 0;
    let gate = Gate::new(move |call| {
        if !is_of_loader(call) || call.operation != operation {
            return Step::Go;
        }
        calls += 1;
        if calls == nth { step } else { Step::Go }
    });
    let town = town_through(&gate, ONE_CHUNK).await;
    let dropped = drop_doses(&town, "a.csv", file(&lines())).await;
    town.stack.idle().await;
    assert_eq!(gate.stopped(), 1, "{operation} {nth}: a worker died");
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), EXPECTED, "{operation} {nth}: {receipt:#}");
    let errors = errors_of(&town, &receipt).await;
    assert_eq!(errors.lines().count(), 3, "{errors}");
    let receipt = take_in(&town, "again.csv", file(&lines())).await;
    assert_eq!(
        counts(&receipt)[2],
        36 + 1,
        "all of it was recorded: {receipt:#}"
    );
    assert_eq!(town.dead_letters(), std::collections::BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_among_its_doses_leaves_no_gap_and_no_double() {
    for nth in [1, 10, 20] {
        dies_at("TransactWriteItems", nth, Step::Die).await;
        dies_at("TransactWriteItems", nth, Step::DieAfter).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_before_the_receipt_leaves_it_to_the_next() {
    // The first PUT is what the chunk leaves, then errors.csv, then the receipt.
    for nth in [1, 2, 3] {
        dies_at("PUT", nth, Step::Die).await;
        dies_at("PUT", nth, Step::DieAfter).await;
    }
}

#[tokio::test(start_paused = true)]
async fn second_doses_are_in_force_as_soon_as_the_file_with_the_first_ones_is_in() {
    let town = town_through(&Gate::new(|_| Step::Go), ONE_CHUNK).await;
    let people = PEOPLE.len() as u64;
    let of = |number| {
        let lines: Vec<_> = PEOPLE.map(|person| DoseLine::of(person, number)).collect();
        file(&lines)
    };
    let seconds = take_in(&town, "seconds.csv", of(2)).await;
    assert_eq!(counts(&seconds), [people, 0, 0, people, 0, 0, 0]);
    let firsts = take_in(&town, "firsts.csv", of(1)).await;
    assert_eq!(counts(&firsts), [people, people, 0, 0, 0, 0, 0]);
    let now = town.get(CHIYODA, "/doses/counts").await.json();
    assert_eq!(
        (&now["recorded"], &now["review"]),
        (&json!(2 * people), &json!(0))
    );
    // The rows of the first file are known for what they were.
    let before = town.whole().await;
    assert!(repeat_chunks(&town).await > 0);
    town.stack.idle().await;
    assert_eq!(town.whole().await.items, before.items);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_staff_cancelled_is_refused_with_its_reason_in_each_later_file() {
    let town = town_through(&Gate::new(|_| Step::Go), ONE_CHUNK).await;
    let lines = [DoseLine::of(1, 1), DoseLine::of(2, 1)];
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [2, 2, 0, 0, 0, 0, 0], "{receipt:#}");
    let venue = Venue::of(&town, "chief");
    let (office, person) = (Office::of(&town, CHIYODA).await, Row::of(1));
    let key = office.doses(&person).await.doses[0].key(office.tag(&person));
    let id = DoseId::Dose(key).to_string();
    let why = json!({ "reason": "別人の接種" });
    assert_eq!(venue.change("DELETE", &id, 1, &why).await.status, 200);
    for name in ["b.csv", "c.csv"] {
        let receipt = take_in(&town, name, file(&lines)).await;
        assert_eq!(counts(&receipt), [2, 0, 1, 0, 0, 0, 1], "{receipt:#}");
        assert_eq!(codes(&receipt, "refused_by"), ["cancelled-before"]);
        let errors = errors_of(&town, &receipt).await;
        assert!(errors.contains("以前に取り消されています"), "{errors}");
    }
    for list in ["review", "conflict", "waiting"] {
        assert!(venue.list(list).await.is_empty(), "{list}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_coupon_that_two_have_since_the_file_was_begun_is_nobodys() {
    let mut asked = 0;
    let gate = Gate::new(move |call| {
        // The second coupon: whose the first one is, is known by then.
        let asks_whose = is_of_loader(call) && call.body.contains(&format!("T#{CHIYODA}#C#"));
        asked += u32::from(asks_whose);
        if asks_whose && asked == 2 {
            Step::Wait
        } else {
            Step::Go
        }
    });
    let town = town_through(&gate, ONE_CHUNK).await;
    let rows = [1, 2].map(|person| DoseLine::of(person, 1).with("個別宛名番号", ""));
    let dropped = drop_doses(&town, "a.csv", file(&rows)).await;
    gate.reached().await;
    let twin = Row::of(50).with("券番号", Row::of(1).cell("券番号"));
    let twin = File::new([twin]).bytes(Encoding::Utf8);
    let residents = town.drop_file(CHIYODA, "twin.csv", twin).await;
    town.reaches(CHIYODA, &residents, "in_force").await;
    // A register that was seen a moment ago is not asked for again.
    tokio::time::advance(Duration::from_secs(2)).await;
    gate.open();
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), [2, 1, 0, 0, 0, 0, 1], "{receipt:#}");
    assert_eq!(receipt["refused_by"][0]["code"], "coupon-of-several");
}
