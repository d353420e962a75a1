//! The loads in short.

use std::time::Duration;

use load::{Latencies, doses, inquiries};

#[tokio::test(flavor = "multi_thread")]
async fn doses_are_recorded_beside_a_load_of_residents_and_none_fails() {
    let plan = doses::Plan {
        rate: 10,
        time: Duration::from_secs(5),
        residents: 200,
    };
    let seen = doses::run(plan).await.unwrap();
    println!("{seen}");
    assert!(seen.is_sound(), "{seen}");
    assert_eq!(seen.latencies.len(), 50);
    assert!(seen.files >= 1);
    let latencies = Latencies(&seen.latencies);
    assert!(latencies.per_mille(500) <= latencies.per_mille(1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_inquiries_is_answered_by_three_holders() {
    let plan = inquiries::Plan {
        rows: 40,
        single: 3,
    };
    let seen = inquiries::run(plan).await.unwrap();
    println!("{seen}");
    assert!(seen.is_sound(plan), "{seen}");
    assert_eq!(seen.single.len(), 3);
}
