//! The operator is told of forms that were said to be somebody else's, whatever becomes of the worker.

use serde_json::json;
use system::{
    gate::{Gate, Step},
    log::Log,
    town::CHIYODA,
};
use tracing::level_filters::LevelFilter;

use super::bulk::{drop_file, line, rows};
use super::world::{World, person};

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_once_it_has_counted_has_told_before() {
    let gate = Gate::once(Step::DieAfter, |call| {
        call.function == "ask-inquiries"
            && call.operation == "TransactWriteItems"
            && call.body.contains("mismatched")
    });
    let world = World::behind(&gate).await;
    let (log, _guard) = Log::catch(LevelFilter::INFO);
    world.consent(5, "M-1").await;
    let receipt = drop_file(&world, "one", &[line("A-1", &person(6), "M-1")]).await;
    assert_eq!(rows(&receipt), [1, 0, 1], "{receipt}");
    let text = log.text();
    assert_eq!(gate.stopped(), 1, "it died");
    let told = text
        .lines()
        .filter(|line| line.contains("inquiries_mismatched"));
    assert_eq!(told.count(), 1, "{text}");
    let today = world.town.get(CHIYODA, "/inquiries").await.json()["today"].clone();
    assert_eq!(today["mismatched"], json!(1));
}
