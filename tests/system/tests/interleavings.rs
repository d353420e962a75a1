//! The functions interleaved call by call, as a seed has it, against a model of the register.
//!
//! Beside `faults`, where the host of the local stack feeds the functions and the timers decide what
//! overlaps: here several workers, readers and staff are under way at once, and the seed decides
//! which call of whom is answered next and how: throttled, failed, done without an answer, not done
//! without an answer, half done, in conflict, too much, cut off; seconds and minutes pass between two calls,
//! workers die between any two of them and what they sent arrives after their death; messages
//! come again, in any order, to two workers at once. Every reader must see exactly one generation.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use system::{
    chance::asked,
    log::Log,
    sim::{Told, Verdict, crash_everywhere, run_seed},
};
use tracing::level_filters::LevelFilter;

/// Schedules in a usual test run.
const SCHEDULES: u64 = 1_000;
/// So much is told of a schedule that fails.
const LAST_STEPS: usize = 120;

/// Nothing that went wrong was of a kind that faults outside cannot cause.
fn judge(log: &Log) -> Result<()> {
    let never = [
        "damaged",
        "panicked",
        "PANIC",
        "refused the call",
        "does not read as",
        "NotThe",
    ];
    let lines = log.text();
    match lines
        .lines()
        .find(|line| never.iter().any(|word| line.contains(word)))
    {
        None => Ok(()),
        Some(line) => bail!("a function says {line}"),
    }
}

/// Runs on a runtime of its own, with one thread and paused timers.
fn alone<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let (log, _caught) = Log::catch(LevelFilter::INFO);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    let result = runtime.block_on(work)?;
    judge(&log)?;
    Ok(result)
}

/// The same, with what was done before it failed.
fn told<T>(work: impl FnOnce(Told) -> Result<T>) -> Result<T> {
    let told = Told::default();
    let result = catch_unwind(AssertUnwindSafe(|| work(Arc::clone(&told))));
    let result = result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&it| it.to_owned()));
        bail!("it panicked: {}", text.unwrap_or_default())
    });
    result.with_context(|| {
        let told = told.lock().unwrap_or_else(PoisonError::into_inner);
        let from = told.len().saturating_sub(LAST_STEPS);
        format!(
            "after {} steps, the last of which were\n  {}",
            told.len(),
            told[from..].join("\n  ")
        )
    })
}

fn run(seed: u64) -> Result<Verdict> {
    let seeded = |told| alone(run_seed(seed, told));
    told(seeded).with_context(|| {
        format!("schedule {seed} fails; `SCHEDULE_SEED={seed} cargo test -p system interleavings` runs it again")
    })
}

/// Does the work numbered `0..count` on all cores, stopping at the first failure.
fn on_all_cores(count: u64, work: impl Fn(u64) -> Result<Verdict> + Sync) -> Verdict {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (sum, failure) = (Mutex::new(Verdict::default()), Mutex::new(None));
    let worker = || {
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            match work(number) {
                Ok(verdict) => {
                    let mut sum = sum.lock().unwrap();
                    *sum = sum.and(verdict);
                }
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    failure.lock().unwrap().get_or_insert(error);
                }
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(worker);
        }
    });
    if let Some(error) = failure.into_inner().unwrap() {
        panic!("{error:?}");
    }
    sum.into_inner().unwrap()
}

#[test]
fn no_row_is_lost_doubled_half_visible_or_out_of_order() {
    if let Some(seed) = asked("SCHEDULE_SEED") {
        println!("schedule {seed}: {:?}", run(seed).unwrap());
        return;
    }
    let schedules = asked("SCHEDULES").unwrap_or(SCHEDULES);
    let started = Instant::now();
    let sum = on_all_cores(schedules, run);
    println!(
        "{schedules} schedules in {:.1} s: {sum:?}",
        started.elapsed().as_secs_f64()
    );
    assert!(sum.readings as u64 > schedules, "readers hardly ever asked");
    assert!(
        sum.in_force as u64 > schedules,
        "hardly anything came into force"
    );
}

#[test]
fn a_crash_between_any_two_calls_changes_nothing() {
    let run = |crash| told(|told| alone(crash_everywhere(crash, told)));
    let (calls, _) = run(None).unwrap();
    assert!(calls > 100, "{calls} calls are hardly a load");
    let crashes = AtomicUsize::new(0);
    on_all_cores(2 * calls as u64, |number| {
        let crash = (usize::try_from(number / 2)? + 1, number % 2 == 1);
        crashes.fetch_add(1, Ordering::Relaxed);
        let (_, verdict) = run(Some(crash)).with_context(|| format!("a crash at {crash:?}"))?;
        Ok(verdict)
    });
    println!("{} crashes over {calls} calls", crashes.into_inner());
}

#[test]
fn the_same_seed_gives_the_same_schedule() {
    for seed in [3, 77] {
        let told = || {
            let told = Told::default();
            alone(run_seed(seed, Arc::clone(&told))).unwrap();
            std::mem::take(&mut *told.lock().unwrap())
        };
        let (first, second) = (told(), told());
        let differs = first
            .iter()
            .zip(&second)
            .find(|(first, second)| first != second);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}
