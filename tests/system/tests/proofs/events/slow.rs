//! Calls that take long, by the clock of the functions.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use local::Options;
use system::{
    file::{COLUMNS, Encoding, File},
    gate::{Call, Gate, Step},
    log::Log,
    town::{CHIYODA, Town, behind, timer_ahead},
};
use tracing::level_filters::LevelFilter;

use super::chunks::{ONE_CHUNK, is_switch, repeat_chunks};
use crate::register::{bytes, counts, people};

/// A town whose clock is so many seconds ahead.
async fn town_ahead(gate: &Arc<Gate>, ahead: &Arc<AtomicI64>) -> Town {
    Town::with(Options {
        clock: timer_ahead(ahead, SignedDuration::from_secs),
        ..behind(gate, [("ChunkBytes", ONE_CHUNK)])
    })
    .await
}

/// These people by their second names, without the column 支援措置: what is in force of it is read.
fn renamed(numbers: Range<u32>) -> Vec<u8> {
    let mut file = File::new(people(numbers, true));
    let columns = COLUMNS.into_iter();
    file.columns = columns.filter(|it| *it != "支援措置").collect();
    file.bytes(Encoding::Utf8)
}

/// A hundred residents of whom something stays as it is.
fn is_read(call: &Call<'_>) -> bool {
    call.function == "load-chunk" && call.operation == "BatchGetItem"
}

#[tokio::test(start_paused = true)]
async fn a_chunk_whose_residents_are_read_slowly_is_not_taken_from_its_worker() {
    let ahead = Arc::new(AtomicI64::new(0));
    let (clock, mut reads) = (Arc::clone(&ahead), 0);
    let gate = Gate::new(move |call| {
        if !is_read(call) {
            return Step::Go;
        }
        clock.fetch_add(5, Ordering::SeqCst);
        reads += 1;
        // By now a minute has passed since the chunk was claimed.
        if reads == 13 { Step::Wait } else { Step::Go }
    });
    let town = town_ahead(&gate, &ahead).await;
    let first = bytes(&people(1..1_301, false));
    let receipt = town.take_in(CHIYODA, "1.csv", first).await;
    assert_eq!(counts(&receipt), [1_300, 1_300, 0, 0, 0, 0]);
    let (log, _caught) = Log::catch(LevelFilter::INFO);
    let second = renamed(1..1_301);
    let dropped = town.drop_file(CHIYODA, "2.csv", second).await;
    gate.reached().await;
    assert_eq!(repeat_chunks(&town).await, 1);
    let mut looks = 0;
    while !log.text().contains("another worker has the chunk") {
        looks += 1;
        assert!(looks < 5_000, "a second worker took the chunk");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    gate.open();
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), [1_300, 0, 1_300, 0, 0, 0]);
    assert_eq!(town.dead_letters(), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_residents_until_its_time_is_up_stops_and_the_next_goes_on() {
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&ahead);
    let reads = Arc::new(AtomicUsize::new(0));
    let made = Arc::clone(&reads);
    let gate = Gate::new(move |call| {
        // Eight are under way at once.
        if is_read(call) && made.fetch_add(1, Ordering::SeqCst) < 8 {
            clock.fetch_add(20, Ordering::SeqCst);
        }
        Step::Go
    });
    let town = town_ahead(&gate, &ahead).await;
    let first = bytes(&people(1..851, false));
    town.take_in(CHIYODA, "1.csv", first).await;
    let (log, _caught) = Log::catch(LevelFilter::INFO);
    let receipt = town.take_in(CHIYODA, "2.csv", renamed(1..851)).await;
    assert_eq!(counts(&receipt), [850, 0, 850, 0, 0, 0]);
    let log = log.text();
    assert_eq!(log.matches("out of time").count(), 1, "{log}");
    let reads = reads.load(Ordering::SeqCst);
    assert_eq!(reads, 8 + 9, "the first worker sends nothing more");
    assert_eq!(town.dead_letters(), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn whoever_loads_the_last_chunk_in_its_last_minute_leaves_the_merge_to_the_next() {
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&ahead);
    let workers = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let seen = Arc::clone(&workers);
    let gate = Gate::new(move |call| {
        let [loads, switches] = &*seen;
        if call.function == "load-chunk" && call.body.contains("ADD chunks_done") {
            loads.store(call.invocation, Ordering::SeqCst);
            // Of its three minutes.
            clock.fetch_add(130, Ordering::SeqCst);
        } else if is_switch(call) {
            switches.store(call.invocation, Ordering::SeqCst);
        }
        Step::Go
    });
    let town = town_ahead(&gate, &ahead).await;
    let file = bytes(&people(1..30, false));
    let receipt = town.take_in(CHIYODA, "a.csv", file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(counts(&receipt), [29, 29, 0, 0, 0, 0]);
    let [loads, switches] = [0, 1].map(|it: usize| workers[it].load(Ordering::SeqCst));
    assert!(0 < loads && loads < switches, "{loads} {switches}");
    assert_eq!(town.dead_letters(), BTreeMap::new());
}
