//! Random sequences of everything that is done to doses, by many callers, held against a simple model.
//!
//! After each step the answer, every revision of the person's doses, their newcomers and the counts are
//! what the model says; lists are read now and then and at the end. Now and then several callers act at
//! once: then answers and doses are those of some order of them.
//!
//! `DOSES_SEED=n` replays one sequence, `DOSES_SEQUENCES=n` runs that many, `DOSES_STEPS=n` makes them so long.

mod books;
mod compare;
mod decide;
mod follow;
mod sequence;
mod step;

use system::chance::{asked, seeded};

const SEQUENCES: u64 = 12;
const STEPS: u64 = 60;

fn run(seed: u64) -> sequence::Seen {
    let steps = asked("DOSES_STEPS").unwrap_or(STEPS);
    seeded("DOSES_SEED", seed, sequence::run(seed, steps))
}

#[test]
fn no_sequence_loses_changes_or_doubles_a_dose() {
    if let Some(seed) = asked("DOSES_SEED") {
        println!("{:?}", run(seed));
        return;
    }
    let mut seen = sequence::Seen::default();
    for seed in 0..asked("DOSES_SEQUENCES").unwrap_or(SEQUENCES) {
        seen.add(&run(seed));
    }
    println!("{seen:?}");
    seen.assert_everything_happened();
}
