//! The index of holders, whatever becomes of the function that keeps it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crypto::{PersonTag, Tag};
use data_encoding::BASE64;
use serde_json::{Value, json};
use store::{HolderEntry, HolderIndex, Pointer};
use system::{
    file::{Encoding, File},
    gate::{Gate, Step},
    log::Log,
    town::{CHIYODA, SAPPORO, Town, behind, scope},
};
use tokio::time::Instant;
use tracing::level_filters::LevelFilter;

use super::doses::NAGOYA;
use super::numbers::{gone, take_in};
use super::world::{World, person};
use crate::{
    recovery::indexing,
    register::{bytes, people},
};

/// Where the gate's `decide` is asked by index-holders.
async fn world(mut decide: impl FnMut(&str, &str) -> Step + Send + 'static) -> World {
    let gate = Gate::new(move |call| match call.function {
        "index-holders" => decide(call.operation, call.body),
        _ => Step::Go,
    });
    World::behind(&gate).await
}

#[tokio::test(start_paused = true)]
async fn an_index_whose_keeper_dies_again_and_again_has_no_gap() {
    let mut deaths = 0;
    let world = world(move |operation, _| {
        if operation == "PutItem" && deaths < 5 {
            deaths += 1;
            return if deaths % 2 == 0 {
                Step::Die
            } else {
                Step::DieAfter
            };
        }
        Step::Go
    })
    .await;
    assert_eq!(world.town.holders().await.len(), 23);
    assert!(world.town.dead_letters().is_empty());
}

/// The one record is tried, its batch split, and in the end it is given up; everybody else is in the index,
/// somebody is called, and the index can be made whole from the records.
#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_indexed_is_given_up_alone_and_made_good_from_the_records() {
    let digits = person(12).cell("個人番号").to_owned();
    let poison = BASE64.encode(format!("open-vrs/person/1:{digits}").as_bytes());
    let world = world(move |_, body| {
        if body.contains(&poison) {
            Step::Die
        } else {
            Step::Go
        }
    })
    .await;
    assert_eq!(world.town.holders().await.len(), 22);
    let letters = world.town.dead_letters();
    assert_eq!(letters.into_values().collect::<Vec<_>>(), [1]);
    let now = world.town.stack.adapters().clock().now();
    let indexing = indexing(&world.town);
    let made = indexing
        .rebuild(scope(SAPPORO).code(), false, now)
        .await
        .unwrap();
    assert_eq!((made.right, made.missing, made.wrong), (19, 1, 0));
    assert_eq!(world.town.holders().await.len(), 23);
}

/// What does not open is told of once; the row that mends it is followed.
#[tokio::test(start_paused = true)]
async fn a_number_that_comes_after_one_that_does_not_open_is_indexed() {
    let world = World::new().await;
    let town = &world.town;
    let tag = town.tag(SAPPORO, person(12).cell("個別宛名番号")).await;
    let key = (format!("T#{SAPPORO}#R#{tag}"), "P".to_owned());
    let mut spoilt: Value = serde_json::from_str(&town.items().await[&key]).unwrap();
    spoilt["newest"]["M"]["m"] = json!({ "B": "AAAA" });
    town.put(&spoilt).await;
    town.stack.idle().await;
    let letters = || town.dead_letters().into_values().sum::<usize>();
    assert_eq!((town.holders().await.len(), letters()), (23, 1));
    let given = person(12).with("個人番号", person(21).cell("個人番号"));
    take_in(&world, "given.csv", given).await;
    assert_eq!((town.holders().await.len(), letters()), (24, 1));
}

/// Between two of its pauses the register switches.
#[tokio::test(start_paused = true)]
async fn whoever_leaves_while_the_index_is_made_anew_is_not_passed_over() {
    let world = World::new().await;
    take_in(&world, "left.csv", gone(person(8))).await;
    let now = world.town.stack.adapters().clock().now();
    let mut indexing = indexing(&world.town);
    indexing.pause = Duration::from_hours(1);
    let leaves = async {
        tokio::time::sleep(Duration::from_mins(1)).await;
        take_in(&world, "leaves.csv", gone(person(9))).await;
        world.town.stack.adapters().clock().now()
    };
    let rebuilding = async {
        let found = indexing.rebuild(scope(SAPPORO).code(), true, now).await;
        (found.unwrap(), world.town.stack.adapters().clock().now())
    };
    let ((found, rebuilt), left) = tokio::join!(rebuilding, leaves);
    assert!(left < rebuilt, "{left} is within {rebuilt}");
    assert_eq!((found.residents, found.right), (20, 20), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn a_first_load_takes_the_key_service_no_faster_than_the_setting_says() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let gate = Gate::new(move |call| {
        if call.function == "index-holders" && call.operation == "GenerateMac" {
            seen.lock().unwrap().push(Instant::now());
        }
        Step::Go
    });
    let town = Town::with(behind(&gate, [("HoldersKmsCallsPerSecond", 10)])).await;
    town.take_in(CHIYODA, "residents.csv", bytes(&people(1..22, false)))
        .await;
    let calls = calls.lock().unwrap();
    assert_eq!(calls.len(), 21, "each number once");
    let took = *calls.last().unwrap() - calls[0];
    assert!(took >= Duration::from_millis(1_990), "{took:?}");
}

/// One that leaves while a file of its own is still written.
#[tokio::test(start_paused = true)]
async fn a_record_of_who_does_not_take_part_keeps_nobody_from_the_index() {
    let world = World::new().await;
    let (log, _guard) = Log::catch(LevelFilter::WARN);
    let town = &world.town;
    let sapporo = format!("T#{SAPPORO}#R#");
    let items = town.items().await;
    let mut residents = items
        .iter()
        .filter(|((pk, sk), _)| pk.starts_with(&sapporo) && sk == "P");
    let (_, resident) = residents.next().unwrap();
    let left = resident.replace(&sapporo, &format!("T#{NAGOYA}#R#"));
    town.put(&serde_json::from_str(&left).unwrap()).await;
    let next = File::new([person(21)]).bytes(Encoding::Utf8);
    town.take_in(SAPPORO, "next.csv", next).await;
    assert_eq!(town.holders().await.len(), 24);
    assert!(town.dead_letters().is_empty());
    let text = log.text();
    let said = text
        .lines()
        .filter(|line| line.contains(NAGOYA) && line.contains("does not take part"));
    assert_eq!(said.count(), 1, "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_was_put_anew_since_it_was_read_is_not_taken_out() {
    let town = Town::start().await;
    let index = HolderIndex::new(town.dynamodb(), "holders".to_owned());
    let (scope, person) = (scope(SAPPORO), PersonTag::parse(&"A".repeat(43)).unwrap());
    let [read, anew] = [1, 2].map(|byte| Pointer {
        name: Tag::from_bytes([7; 16]),
        sealed: vec![byte; 40],
    });
    for pointer in [&read, &anew] {
        index.put(&scope, &person, pointer).await.unwrap();
    }
    index.remove(&scope, &person, &read).await.unwrap();
    let stands = HolderEntry {
        holder: scope.code(),
        pointers: vec![anew.clone()],
    };
    assert_eq!(index.of(&person).await.unwrap(), [stands]);
    index.remove(&scope, &person, &anew).await.unwrap();
    assert_eq!(index.of(&person).await.unwrap(), []);
}
