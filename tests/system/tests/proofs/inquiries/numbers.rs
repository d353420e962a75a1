//! Whose doses are answered where a number was another resident's for a time.

use crypto::ResidentTag;
use serde_json::Value;
use store::{HolderOutcome, LogEvent};
use system::{
    file::{Encoding, File, Row},
    town::SAPPORO,
};

use super::doses::vaccinate;
use super::world::{World, about, person};

/// Sapporo takes in a file with this row alone.
async fn take_in(world: &World, name: &str, row: Row) {
    let file = File::new([row]).bytes(Encoding::Utf8);
    let receipt = world.town.take_in(SAPPORO, name, file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["rows"]["refused"], 0, "{receipt:#}");
}

fn gone(row: Row) -> Row {
    row.with("異動区分", "2").with("個人番号", "")
}

async fn tag(world: &World, row: &Row) -> ResidentTag {
    let resident = world.town.resident(SAPPORO, row.cell("個別宛名番号")).await;
    ResidentTag::parse(resident.unwrap()["id"].as_str().unwrap()).unwrap()
}

async fn doses(world: &World, number: u32, form: &str) -> Value {
    let consent = world.consent(number, form).await;
    let answer = world.ask(&about(number, &consent)).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["doses"].clone()
}

/// About whom Sapporo was asked, as its log has it.
async fn asked_about(world: &World) -> Vec<(Option<ResidentTag>, HolderOutcome)> {
    let entries = world.log(SAPPORO).await.into_iter();
    let asked = entries.filter_map(|entry| match entry.event {
        LogEvent::Answered {
            resident, outcome, ..
        } => Some((resident, outcome)),
        _ => None,
    });
    asked.collect()
}

#[tokio::test(start_paused = true)]
async fn a_number_given_to_another_by_mistake_hides_nobody() {
    let world = World::new().await;
    let (moved, other) = (person(8), person(9));
    vaccinate(&world, SAPPORO, &moved, &[(1, "20210407", "EP2163")]).await;
    vaccinate(&world, SAPPORO, &other, &[(1, "20210408", "EX3617")]).await;
    let (moved_tag, other_tag) = (tag(&world, &moved).await, tag(&world, &other).await);
    take_in(&world, "moved.csv", gone(moved.clone())).await;
    let wrong = other.clone().with("個人番号", moved.cell("個人番号"));
    take_in(&world, "wrong.csv", wrong).await;
    // Two carry it: whoever was born on the day that is asked about is meant.
    assert_eq!(doses(&world, 8, "F-1").await[0]["lot"], "EP2163");
    take_in(&world, "right.csv", other).await;
    assert_eq!(doses(&world, 8, "F-2").await[0]["lot"], "EP2163");
    assert_eq!(doses(&world, 9, "F-3").await[0]["lot"], "EX3617");
    let given = |tag| (Some(tag), HolderOutcome::Given);
    assert_eq!(
        asked_about(&world).await,
        [given(moved_tag), given(moved_tag), given(other_tag)]
    );
    assert!(world.town.dead_letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_second_entry_of_a_resident_that_is_taken_back_hides_nothing() {
    let world = World::new().await;
    let row = person(10);
    vaccinate(&world, SAPPORO, &row, &[(1, "20210407", "EP2163")]).await;
    let first = tag(&world, &row).await;
    let second = row.clone().with("個別宛名番号", "D-10").with("券番号", "");
    take_in(&world, "twice.csv", second.clone()).await;
    take_in(&world, "once.csv", gone(second)).await;
    assert_eq!(doses(&world, 10, "F-1").await[0]["lot"], "EP2163");
    // The index made anew leads to the same.
    let now = world.town.stack.adapters().clock().now();
    let sapporo = super::world::scope(SAPPORO).code();
    let indexing = crate::recovery::indexing(&world.town);
    let compared = indexing.rebuild(sapporo, true, now).await.unwrap();
    assert!(compared.is_right(), "{compared:?}");
    assert_eq!(compared.right, 21);
    let given = (Some(first), HolderOutcome::Given);
    assert_eq!(asked_about(&world).await, [given]);
}
