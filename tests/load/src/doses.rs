//! Doses come at a steady rate, whether those before are answered or not, while residents files are loaded
//! one after the other. Nothing may fail.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local::Options;
use system::{
    file::{Encoding, File, Row},
    town::{CHIYODA, Town},
    venue::{Venue, dose},
};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::Latencies;

/// How much comes, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Doses in a second.
    pub rate: u32,
    /// How long they come.
    pub time: Duration,
    /// Residents in each file that is loaded meanwhile.
    pub residents: u32,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// How long each dose took from the moment it was due, in ascending order.
    pub latencies: Vec<Duration>,
    /// Answers that were not "recorded", by status.
    pub failed: BTreeMap<u16, u64>,
    /// Residents files that came into force meanwhile.
    pub files: u64,
    /// Rows in them.
    pub rows: u64,
    /// Doses that are in force at the end, as the records count them.
    pub counted: u64,
    /// Messages that ended among the dead letters.
    pub dead_letters: usize,
    /// The whole of it.
    pub time: Duration,
}

/// Fills a fresh stack in a folder of its own, then lets doses and files come.
pub async fn run(plan: Plan) -> Result<Seen> {
    let folder = tempfile::tempdir()?;
    let town = Town::with(Options {
        data: Some(folder.path().to_owned()),
        ..Options::default()
    })
    .await;
    let town = Arc::new(town);
    let count = u32::try_from(plan.time.as_secs())? * plan.rate;
    let people = File::new((0..count).map(|nth| Row::of(adult(nth)))).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "people.csv", people).await;
    ensure!(
        receipt["state"] == "in_force",
        "the people came not in: {receipt}"
    );

    let began = Instant::now();
    let files = load_files(&town, plan, adult(count));
    let (seen, files) = tokio::try_join!(record(&town, plan, count), files)?;
    let mut seen = seen;
    (seen.files, seen.rows) = files;
    seen.time = began.elapsed();
    let counts = town.get(CHIYODA, "/doses/counts").await.json();
    seen.counted = counts["recorded"].as_u64().context("no count")?;
    seen.dead_letters = town.dead_letters().values().sum();
    Ok(seen)
}

/// The number of an adult: of eighty rows the last five are of people too young for the vaccine.
const fn adult(nth: u32) -> u32 {
    nth / 75 * 80 + nth % 75
}

/// One dose at each tick, whether those before are answered or not.
async fn record(town: &Arc<Town>, plan: Plan, count: u32) -> Result<Seen> {
    let mut ticks = interval(Duration::from_secs(1) / plan.rate);
    // What is late comes at once, as a queue before a venue does.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    for person in 0..count {
        let due = ticks.tick().await;
        let town = Arc::clone(town);
        under_way.spawn(async move {
            let venue = Venue::of(&town, &format!("nurse-{person}"));
            let key = person.to_string();
            let key = [("idempotency-key", key.as_str())];
            let body = dose(&Row::of(adult(person)));
            let answer = venue.ask("POST", "/doses", &key, &body).await;
            (answer.status, answer.json(), due.elapsed())
        });
    }
    let mut seen = Seen::default();
    while let Some(done) = under_way.join_next().await {
        let (status, body, latency) = done?;
        seen.latencies.push(latency);
        if status != 201 || body["outcome"] != "recorded" {
            *seen.failed.entry(status).or_default() += 1;
        }
    }
    seen.latencies.sort_unstable();
    Ok(seen)
}

/// Residents files of others, one after the other, each time with other names.
async fn load_files(town: &Town, plan: Plan, first: u32) -> Result<(u64, u64)> {
    let ends = Instant::now() + plan.time;
    let mut files = 0;
    while files == 0 || Instant::now() < ends {
        let name = format!("山田　第{files}");
        let rows = (first..first + plan.residents).map(|it| Row::of(it).with("氏名", &name));
        let bytes = File::new(rows).bytes(Encoding::Cp932);
        let receipt = town.take_in(CHIYODA, &format!("{files}.csv"), bytes).await;
        ensure!(
            receipt["state"] == "in_force",
            "a file came not in: {receipt}"
        );
        files += 1;
    }
    Ok((files, files * u64::from(plan.residents)))
}

impl Seen {
    /// Whether nothing failed and every dose is there.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.failed.is_empty()
            && self.dead_letters == 0
            && self.counted == self.latencies.len() as u64
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doses = self.latencies.len();
        writeln!(
            f,
            "{doses} doses in {:.0} s, {} in force",
            self.time.as_secs_f64(),
            self.counted
        )?;
        writeln!(
            f,
            "{} residents files of {} rows came into force beside them",
            self.files, self.rows
        )?;
        writeln!(f, "latency  {}", Latencies(&self.latencies))?;
        write!(
            f,
            "failed   {:?}, dead letters {}",
            self.failed, self.dead_letters
        )
    }
}
