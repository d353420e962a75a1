//! Whose doses are answered where a number was another resident's for a time.

use crypto::ResidentTag;
use serde_json::Value;
use store::{HolderOutcome, LogEvent};
use system::{
    file::{Encoding, File, Row},
    town::SAPPORO,
};

use super::doses::vaccinate;
use super::world::{World, about, person, scope, with};

/// Sapporo takes in a file with this row alone.
pub(super) async fn take_in(world: &World, name: &str, row: Row) {
    let file = File::new([row]).bytes(Encoding::Utf8);
    let receipt = world.town.take_in(SAPPORO, name, file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["rows"]["refused"], 0, "{receipt:#}");
}

pub(super) fn gone(row: Row) -> Row {
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
    let sapporo = scope(SAPPORO).code();
    let indexing = crate::recovery::indexing(&world.town);
    let compared = indexing.rebuild(sapporo, true, now).await.unwrap();
    assert!(compared.is_right(), "{compared:?}");
    assert_eq!(compared.right, 21);
    let given = (Some(first), HolderOutcome::Given);
    assert_eq!(asked_about(&world).await, [given]);
}

/// The same person under a number of the municipality's own that is new to it.
fn back(row: &Row, number: &str) -> Row {
    let row = row.clone().with("個別宛名番号", number);
    row.with("券番号", "").with("支援措置", "")
}

/// What each of these shows of who asked about it, newest first.
async fn shown(world: &World, tags: [ResidentTag; 2]) -> [Vec<HolderOutcome>; 2] {
    let (store, sapporo) = (world.town.store(), scope(SAPPORO));
    let mut shown = [Vec::new(), Vec::new()];
    for (tag, outcomes) in tags.iter().zip(&mut shown) {
        let page = store.inquiries_about(&sapporo, tag, 10, None);
        let entries = page.await.unwrap().items.into_iter();
        outcomes.extend(entries.filter_map(|entry| match entry.event {
            LogEvent::Answered { outcome, .. } => Some(outcome),
            _ => None,
        }));
    }
    shown
}

#[tokio::test(start_paused = true)]
async fn of_whoever_came_back_under_another_number_all_records_are_answered() {
    let world = World::new().await;
    let before = person(11);
    vaccinate(&world, SAPPORO, &before, &[(1, "20210407", "EP2163")]).await;
    let first = tag(&world, &before).await;
    take_in(&world, "gone.csv", gone(before.clone())).await;
    let after = back(&before, "D-11");
    take_in(&world, "back.csv", after.clone()).await;
    let second = tag(&world, &after).await;
    let lots = |doses: &Value| -> Vec<String> {
        let doses = doses.as_array().unwrap().iter();
        let lots = doses.map(|dose| dose["lot"].as_str().unwrap().to_owned());
        lots.collect()
    };
    assert_eq!(lots(&doses(&world, 11, "F-1").await), ["EP2163"]);
    // The same once more is one, and another one under its number stands beside it.
    vaccinate(&world, SAPPORO, &after, &[(1, "20210407", "EP2163")]).await;
    assert_eq!(lots(&doses(&world, 11, "F-2").await), ["EP2163"]);
    let (other, form) = (person(12), "F-3");
    vaccinate(&world, SAPPORO, &other, &[(1, "20210407", "EP2163")]).await;
    take_in(&world, "other-gone.csv", gone(other.clone())).await;
    let back_too = back(&other, "D-12");
    take_in(&world, "other-back.csv", back_too.clone()).await;
    vaccinate(&world, SAPPORO, &back_too, &[(1, "20210408", "EX3617")]).await;
    assert_eq!(lots(&doses(&world, 12, form).await), ["EP2163", "EX3617"]);

    let given = || vec![HolderOutcome::Given; 2];
    assert_eq!(shown(&world, [first, second]).await, [given(), given()]);
    let entries = asked_about(&world).await;
    let named = (Some(second), HolderOutcome::Given);
    assert_eq!((entries.len(), entries[0]), (3, named));
    assert!(world.town.dead_letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_was_protected_before_they_came_back_is_held() {
    let world = World::new().await;
    let before = person(19);
    vaccinate(&world, SAPPORO, &before, &[(1, "20210407", "EP2163")]).await;
    let first = tag(&world, &before).await;
    take_in(&world, "gone.csv", gone(before.clone())).await;
    let after = back(&before, "D-19");
    take_in(&world, "back.csv", after.clone()).await;
    let second = tag(&world, &after).await;
    vaccinate(&world, SAPPORO, &after, &[(1, "20210408", "EX3617")]).await;
    let consent = world.consent(19, "F-1").await;
    let held = world.ask(&about(19, &consent)).await.json();
    assert_eq!(held["doses"], serde_json::json!([]));
    let named = (Some(first), HolderOutcome::Held);
    assert_eq!(asked_about(&world).await, [named]);
    let is_held = || vec![HolderOutcome::Held];
    assert_eq!(shown(&world, [first, second]).await, [is_held(), is_held()]);
    // It is decided about the person, at whichever record that is said.
    let inquiry = held["id"].as_str().unwrap();
    let path = format!("/residents/{second}/inquiries/{inquiry}/release");
    let token = world.token(SAPPORO, &["approve"], "boss");
    let released = world.town.ask("POST", &path, &token, None).await;
    assert_eq!(released.status, 200, "{}", released.json());
    let answered = doses(&world, 19, "F-2").await;
    assert_eq!(answered.as_array().unwrap().len(), 2, "{answered}");
}

#[tokio::test(start_paused = true)]
async fn of_several_whom_no_birth_date_fits_whoever_may_be_protected_is_named() {
    let world = World::new().await;
    let (guarded, other) = (person(19), person(9));
    let named = tag(&world, &guarded).await;
    take_in(&world, "gone.csv", gone(guarded.clone())).await;
    // In the register, and so before whoever has left it.
    let wrong = other.with("個人番号", guarded.cell("個人番号"));
    take_in(&world, "wrong.csv", wrong).await;
    let form = with(&world.form(19, "F-1"), "birth_date", "1990-02-03");
    let consent = world.record(&form).await;
    let ask = with(&about(19, &consent), "birth_date", "1990-02-03");
    assert_eq!(world.ask(&ask).await.status, 200);
    let no_match = (Some(named), HolderOutcome::NoMatch);
    assert_eq!(asked_about(&world).await, [no_match]);
    let entry = &world.log(SAPPORO).await[0];
    assert!(entry.event.tells_of_protected());
}
