//! Manifests that neither `CURRENT` nor a load can need any more are deleted.

use system::{
    gate::{Gate, Step},
    log::Log,
    town::{CHIYODA, Town, scope},
};
use tracing::level_filters::LevelFilter;

use crate::{
    events::chunks::is_switch,
    register::{assert_in_force, bytes, counts, people, town},
};

async fn manifests(town: &Town) -> Vec<String> {
    town.keys("work", "tenants/131016/manifests/").await
}

/// A file in which so many people have their second name.
async fn take_in(town: &Town, renamed: u32) {
    let mut rows = people(1..renamed, true);
    rows.extend(people(renamed..20, false));
    let receipt = town
        .take_in(CHIYODA, &format!("{renamed}.csv"), bytes(&rows))
        .await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    let register = town.store().register(&scope(CHIYODA)).await.unwrap();
    let generation = register.generation().get();
    assert_eq!(counts(&receipt)[2], u64::from(generation > 1));
    assert_in_force(town, generation, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn the_manifest_in_force_and_the_one_before_stay_and_older_ones_go() {
    let town = town(&Gate::new(|_| Step::Go), 250).await;
    let mut kept = Vec::new();
    for renamed in 1..6 {
        take_in(&town, renamed).await;
        kept.push(manifests(&town).await);
    }
    assert_eq!(
        kept.iter().map(Vec::len).collect::<Vec<_>>(),
        [1, 2, 2, 2, 2]
    );
    for two in kept.windows(2) {
        assert!(two[1].contains(two[0].last().unwrap()), "{two:?}");
    }
    let versions = town.s3().list_object_versions().bucket("work");
    let versions = versions.prefix("tenants/131016/manifests/").send().await;
    let versions = versions.unwrap();
    assert_eq!(
        versions.versions().len(),
        5,
        "earlier versions stay for a while"
    );
    assert_eq!(versions.delete_markers().len(), 3, "each is deleted once");
}

#[tokio::test(start_paused = true)]
async fn what_a_worker_that_died_left_behind_goes_after_the_next_switch() {
    let (mut switches, mut died) = (0, false);
    let gate = Gate::new(move |call| {
        switches += usize::from(is_switch(call));
        let lists = call.operation == "GET" && call.path.contains("list-type=2");
        if lists && switches == 3 && !died {
            died = true;
            return Step::Die;
        }
        Step::Go
    });
    let town = town(&gate, 250).await;
    for renamed in 1..4 {
        take_in(&town, renamed).await;
    }
    assert_eq!(gate.stopped(), 1);
    assert_eq!(manifests(&town).await.len(), 3, "nobody deleted any");
    take_in(&town, 4).await;
    assert_eq!(manifests(&town).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_manifest_of_a_register_in_which_nothing_changes_serves_on() {
    let town = town(&Gate::new(|_| Step::Go), 250).await;
    take_in(&town, 1).await;
    take_in(&town, 2).await;
    let before = manifests(&town).await;
    let mut same = people(1..2, true);
    same.extend(people(2..20, false));
    same.reverse();
    let (log, _caught) = Log::catch(LevelFilter::WARN);
    let receipt = town.take_in(CHIYODA, "same.csv", bytes(&same)).await;
    assert_eq!(receipt["state"], "in_force");
    assert_eq!(counts(&receipt), [19, 0, 0, 19, 0, 0]);
    assert_eq!(manifests(&town).await, before[1..]);
    let said = log.text();
    let said = said.lines().filter(|line| !line.contains("\"_aws\""));
    assert_eq!(said.collect::<Vec<_>>(), Vec::<&str>::new());
}
