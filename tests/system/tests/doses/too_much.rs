//! Transactions that are more than the table takes for a moment: they are sent again, and nobody has to know.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use system::{
    file::{Encoding, File, Row},
    gate::{Gate, Step},
    log::Log,
    town::{CHIYODA, Dropped, Town, behind},
    venue::{Venue, dose},
};
use tracing::level_filters::LevelFilter;

/// How `DynamoDB` says of an item of a transaction that it was too much.
const REASONS: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];

/// A gate at which so many transactions of a function are too much, and how often its chunks were claimed.
fn gate(function: &'static str, times: usize) -> (Arc<Gate>, Arc<AtomicUsize>) {
    let claims = Arc::new(AtomicUsize::new(0));
    let (counted, mut done) = (Arc::clone(&claims), 0);
    let gate = Gate::new(move |call| {
        if call.function != function {
            return Step::Go;
        }
        let is_claim = call.body.contains("SET attempt = :next");
        counted.fetch_add(usize::from(is_claim), Ordering::SeqCst);
        if call.operation != "TransactWriteItems" || done == times {
            return Step::Go;
        }
        done += 1;
        Step::Cancel(REASONS[done % REASONS.len()])
    });
    (gate, claims)
}

/// A town of one resident.
async fn town(gate: &Arc<Gate>) -> Town {
    let town = Town::with(behind(gate, [])).await;
    let residents = File::new([Row::of(1)]).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "residents.csv", residents).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    town
}

/// Drops a file of one dose.
async fn drop_dose(town: &Town) -> Dropped {
    let header = "自治体コード,券番号,個別宛名番号,接種回,接種日,接種会場名,接種医師名,ワクチンメーカー,ロット番号,予防接種";
    let coupon = Row::of(1).cell("券番号").to_owned();
    let row = format!("{CHIYODA},{coupon},,1,20210301,第一会場,佐藤,ファイザー,EP2163,");
    let key = format!("inbox/{CHIYODA}/doses/a.csv");
    town.drop_at(&key, format!("{header}\r\n{row}\r\n")).await
}

#[tokio::test(start_paused = true)]
async fn a_chunk_whose_transactions_are_too_much_for_seconds_is_recorded_by_its_first_worker() {
    let (gate, claims) = gate("load-doses", 5);
    let town = town(&gate).await;
    let dropped = drop_dose(&town).await;
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(receipt["rows"]["recorded"], 1, "{receipt:#}");
    assert_eq!(gate.stopped(), 5);
    assert_eq!(claims.load(Ordering::SeqCst), 1, "it is not begun anew");
    assert_eq!(town.dead_letters(), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn a_chunk_whose_transactions_are_too_much_for_minutes_costs_its_message_no_attempt() {
    let (gate, claims) = gate("load-doses", 100);
    let town = town(&gate).await;
    let (log, _caught) = Log::catch(LevelFilter::INFO);
    let dropped = drop_dose(&town).await;
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(receipt["rows"]["recorded"], 1, "{receipt:#}");
    let claims = claims.load(Ordering::SeqCst);
    assert!((2..30).contains(&claims), "{claims} workers");
    let log = log.text();
    assert!(log.contains("the table throttles"), "{log}");
    assert!(!log.contains("MESSAGE_"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_venue_does_not_notice_two_of_them_and_is_told_to_come_back_after_three() {
    for (times, status) in [(2, 201), (3, 503)] {
        let (gate, _) = gate("doses", times);
        let town = town(&gate).await;
        let venue = Venue::of(&town, "nurse");
        let body = dose(&Row::of(1));
        let key = [("idempotency-key", "k")];
        let answer = venue.ask("POST", "/doses", &key, &body).await;
        assert_eq!(answer.status, status, "{}", answer.json());
        assert_eq!(gate.stopped(), times);
        let again = venue.ask("POST", "/doses", &key, &body).await;
        assert_eq!(again.status, 201, "{}", again.json());
        assert_eq!(again.json()["outcome"], "recorded");
    }
}
