//! What one inquiry costs: calls and write units of every function that has a part in it. Cost and
//! latency that follow from them stand in `tests/bench/README.md`.

use system::{
    cost::{Cost, Counter},
    town::SAPPORO,
};

use super::{
    doses::{FUKUOKA, NAGOYA, joins, vaccinate},
    world::{World, about, person},
};

#[tokio::test(start_paused = true)]
async fn an_inquiry_over_three_holders_costs_few_calls() {
    let counter = Counter::default();
    let gate = counter.gate(&["inquiries", "answer-inquiry"]);
    let world = World::behind(&gate).await;
    joins(&world, FUKUOKA).await;
    joins(&world, NAGOYA).await;
    for number in [7, 8] {
        for (code, lot) in [(SAPPORO, "EP2163"), (FUKUOKA, "EX3617"), (NAGOYA, "ET9096")] {
            vaccinate(&world, code, &person(number), &[(1, "20210407", lot)]).await;
        }
    }
    let (first, second) = (world.consent(7, "F-7").await, world.consent(8, "F-8").await);
    // The first one of a minute also reads settings and keys.
    assert_eq!(world.ask(&about(7, &first)).await.status, 200);
    let _ = counter.take();
    let answer = world.ask(&about(8, &second)).await;
    assert_eq!(answer.json()["doses"].as_array().unwrap().len(), 3);
    let calls = [
        // Settings; who holds records.
        ("inquiries Query", 2),
        // The basis.
        ("inquiries GetItem", 1),
        // The person's tag.
        ("inquiries GenerateMac", 1),
        // Claim and end: what each stands on, and all that it changes with the entry of the log.
        ("inquiries BatchGetItem", 2),
        ("inquiries TransactWriteItems", 2),
        ("inquiries Invoke", 3),
        // For each holder the basis, and which register is in force.
        ("answer-inquiry GetItem", 3 * 2),
        // Settings and keys; the resident with their doses.
        ("answer-inquiry Query", 3 * 2),
        ("answer-inquiry BatchGetItem", 3),
        ("answer-inquiry TransactWriteItems", 3),
    ];
    let items = 5 + 5 + 3 * 4;
    assert_eq!(counter.take(), Cost::of(calls, items, 2 * items));
}
