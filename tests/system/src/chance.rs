//! Chance that comes out of a seed, and the same on every machine.

/// A stream of numbers (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.draw() % end as u64).unwrap()
    }

    /// Happens so often in a thousand times.
    pub fn in_thousand(&mut self, times: u64) -> bool {
        self.draw() % 1_000 < times
    }

    /// One of them.
    pub fn of<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        &some[self.below(some.len())]
    }
}

/// A number that a person sets at the prompt: a seed to run again, or how many of them.
#[must_use]
pub fn asked(name: &str) -> Option<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a person asks for a replay at the prompt; nothing else hands it over"
    )]
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Prints the seed of what fails, by the name under which it is asked for again.
struct Named(&'static str, u64);

impl Drop for Named {
    #[expect(clippy::print_stdout, reason = "a test's own output")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}={} failed", self.0, self.1);
        }
    }
}

/// Runs what a seed decides on a runtime of its own, with one thread and paused timers.
pub fn seeded<T>(name: &'static str, seed: u64, work: impl Future<Output = T>) -> T {
    let _named = Named(name, seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(work)
}
