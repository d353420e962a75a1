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

const SCHEDULES: u64 = 1_000;
const THREADS: usize = 2;

fn number(name: &str) -> Option<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a person asks for a replay at the prompt"
    )]
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}

/// Prints the seed of a schedule that fails.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the schedule with FAULTS_SEED={} failed", self.0);
        }
    }
}

fn run(seed: u64) -> schedule::Outcome {
    let _named = Named(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(schedule::run(seed))
}

#[test]
fn no_fault_loses_doubles_halves_or_reorders_a_row() {
    if let Some(seed) = number("FAULTS_SEED") {
        println!("{:?}", run(seed));
        return;
    }
    let schedules = number("FAULTS_SCHEDULES").unwrap_or(SCHEDULES);
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
