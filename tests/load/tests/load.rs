//! The load in short.

use std::time::Duration;

use load::{Plan, run};

#[tokio::test(flavor = "multi_thread")]
async fn doses_are_recorded_beside_a_load_of_residents_and_none_fails() {
    let plan = Plan {
        rate: 10,
        time: Duration::from_secs(5),
        residents: 200,
    };
    let seen = run(plan).await.unwrap();
    println!("{seen}");
    assert!(seen.is_sound(), "{seen}");
    assert_eq!(seen.latencies.len(), 50);
    assert!(seen.files >= 1);
    assert!(seen.per_mille(500) <= seen.per_mille(1_000));
}
