//! Seeded faults at the seam between functions and services, against a simple model of the register.
//!
//! Each schedule drops three files into a fresh stack in memory, under timers that stand still and
//! jump. Between the functions and AWS, requests are throttled, fail, lose their answers, are half
//! done, take longer than anybody waits, or are the last thing that their invocation ever did;
//! events come twice and late. In the end no row may be lost, doubled or out of order, and no
//! reader may ever have seen half a file.
//!
//! `FAULTS_SEED=n` replays one schedule, `FAULTS_SCHEDULES=n` runs that many.

mod faulty;
mod model;
mod schedule;

use std::sync::atomic::{AtomicU64, Ordering};

use system::chance::{asked, seeded};

const SCHEDULES: u64 = 1_000;
const THREADS: usize = 2;

fn run(seed: u64) -> schedule::Outcome {
    seeded("FAULTS_SEED", seed, schedule::run(seed))
}

#[test]
fn no_fault_loses_doubles_halves_or_reorders_a_row() {
    if let Some(seed) = asked("FAULTS_SEED") {
        println!("{:?}", run(seed));
        return;
    }
    let schedules = asked("FAULTS_SCHEDULES").unwrap_or(SCHEDULES);
    let next = AtomicU64::new(0);
    let work = || {
        let mut sum = schedule::Outcome::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= schedules {
                return sum;
            }
            sum.add(&run(seed));
        }
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no schedule fails"))
            .collect()
    });
    let mut sum = schedule::Outcome::default();
    for outcome in &outcomes {
        sum.add(outcome);
    }
    println!("{schedules} schedules: {sum:?}");
    assert!(sum.faults > schedules * 3, "faults are sown: {sum:?}");
    assert!(sum.in_force > schedules, "files come into force: {sum:?}");
    assert!(
        sum.stale > 0,
        "an older file comes late now and then: {sum:?}"
    );
    assert!(
        sum.reads > schedules * 3,
        "readers read in between: {sum:?}"
    );
}
