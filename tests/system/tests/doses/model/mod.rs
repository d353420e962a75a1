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

const SEQUENCES: u64 = 12;
const STEPS: u64 = 60;

fn number(name: &str) -> Option<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a person asks for a replay at the prompt"
    )]
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

/// Prints the seed of a sequence that fails.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the sequence with DOSES_SEED={} failed", self.0);
        }
    }
}

fn run(seed: u64) -> sequence::Seen {
    let _named = Named(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(sequence::run(seed, number("DOSES_STEPS").unwrap_or(STEPS)))
}

#[test]
fn no_sequence_loses_changes_or_doubles_a_dose() {
    if let Some(seed) = number("DOSES_SEED") {
        println!("{:?}", run(seed));
        return;
    }
    let mut seen = sequence::Seen::default();
    for seed in 0..number("DOSES_SEQUENCES").unwrap_or(SEQUENCES) {
        seen.add(&run(seed));
    }
    println!("{seen:?}");
    seen.assert_everything_happened();
}
