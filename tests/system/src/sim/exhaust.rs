//! One load of two files, and a crash at every place where one can happen.

use anyhow::{Result, bail};
use domain::TenantSettings;
use tokio::time::{Duration, Instant};

use super::{
    BIRTH_DATES, PlannedFile, Question, Sim, Told, judge::Verdict, plan::person, worker::Task,
};
use crate::{
    file::{Encoding, Row},
    town::CHIYODA,
};

const LOADER: usize = 0;
const READER: usize = 8;

/// Somebody comes, somebody changes, leaves, stays, is refused.
fn files() -> [PlannedFile; 2] {
    let file = |name: &str, rows: Vec<Row>| PlannedFile {
        tenant: CHIYODA,
        name: name.to_owned(),
        rows,
        encoding: Encoding::Utf8,
    };
    let first = (0..4).map(|number| person(number, 0)).collect();
    let second = vec![
        person(0, 0),
        person(1, 1),
        person(2, 0).with("異動区分", "2"),
        Row::of(98).with("性別", "7"),
        person(4, 0),
        person(3, 2),
    ];
    [file("first.csv", first), file("second.csv", second)]
}

/// Loads the two files on one worker, which dies at its `crash`-th call: before the call is done, or
/// after. Returns how many calls there were.
pub async fn crash_everywhere(
    crash: Option<(usize, bool)>,
    told: Told,
) -> Result<(usize, Verdict)> {
    let settings = TenantSettings {
        max_refused_percent: 60,
        ..TenantSettings::default()
    };
    let settings = TenantSettings {
        max_removed_percent: 60,
        ..settings
    };
    let mut sim = Sim::new(7, 300, &settings, told).await;
    let mut files = files().to_vec();
    files.reverse();
    let mut calls = 0;
    for _ in 0..5_000 {
        sim.settle().await;
        if let Some(number) = sim.network.waiting().first().copied() {
            calls += 1;
            match crash {
                Some((at, done)) if at == calls => sim.die_at(number, done).await,
                _ => sim.serve(number).await,
            }
        } else if !sim.under_way.is_empty() {
            sim.pass(Duration::from_millis(200)).await;
        } else if let Some(message) = sim.queues.all().first().cloned() {
            let wait = message.visible_at.saturating_duration_since(Instant::now());
            // One that failed comes back after a while.
            let again = Duration::from_secs(if message.received > 0 { 7 } else { 0 });
            sim.pass(wait + again).await;
            if let Some(message) = sim.queues.hand_out(message.number) {
                sim.begin(LOADER, Task::Message(message)).await;
            }
        } else if let Some(file) = files.pop() {
            sim.drop_file(&file, 1).await;
        } else {
            return Ok((calls, sim.judge().await?));
        }
    }
    bail!("it does not come to an end")
}

impl Sim {
    async fn die_at(&mut self, number: u64, done: bool) {
        let Some(call) = self.network.take(number) else {
            return;
        };
        self.tell(format!(
            "w{} {} {}",
            call.worker,
            call.what,
            if done { "done" } else { "not done" }
        ));
        let (request, reply) = call.open();
        if done {
            self.network.serve(request).await;
        }
        self.network.leave(reply);
        for run in self.under_way.keys().copied().collect::<Vec<_>>() {
            self.crash(run).await;
        }
        // Whoever looks at that moment sees one generation.
        let question = Question::Born(BIRTH_DATES[0]);
        let run = self.begin(READER, Task::Read(CHIYODA, question)).await;
        self.finish(run).await;
    }
}
