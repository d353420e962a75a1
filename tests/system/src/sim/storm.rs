//! Everything at once, as chance will have it; then calm, in which all must come to its end.

use anyhow::{Result, bail};
use domain::{TenantSettings, UploadState};
use tokio::time::{Duration, Instant};

use super::{
    Fault, Plan, Sim, Told,
    answers::{self, Halves},
    judge::Verdict,
    network::{Call, broken},
    worker::Task,
};
use crate::{
    chance::Chance,
    town::{CHIYODA, SAPPORO, scope},
};

/// The workers that read and decide; loaders are numbered from 0.
const READER: usize = 8;
const STAFF: usize = 9;
/// What has not come to its end after so many steps of calm never will.
const CALM: usize = 6_000;

/// Runs the schedule of a seed to its end and judges what became of it.
pub async fn run_seed(seed: u64, told: Told) -> Result<Verdict> {
    let mut chance = Chance::new(seed);
    let plan = Plan::draw(&mut chance);
    let settings = TenantSettings {
        max_refused_percent: 60,
        max_removed_percent: plan.max_removed_percent,
        ..TenantSettings::default()
    };
    let mut sim = Sim::new(seed, plan.chunk_bytes, &settings, told).await;
    sim.chance = chance;
    sim.tell(format!(
        "{:?}, {} loaders, chunks of {}",
        plan.weather, plan.loaders, plan.chunk_bytes
    ));
    let mut files = plan.files.clone();
    files.reverse();
    let mut storm = Storm { plan, files };
    for _ in 0..storm.plan.steps {
        sim.settle().await;
        if storm.files.is_empty() && sim.has_nothing_to_load() {
            break;
        }
        sim.stormy(&mut storm).await;
    }
    sim.tell("calm".to_owned());
    while let Some(file) = storm.files.pop() {
        sim.drop_file(&file, 1).await;
    }
    sim.calm(storm.plan.loaders).await?;
    sim.judge().await
}

/// A storm under way.
struct Storm {
    plan: Plan,
    /// Files that are still to be dropped, the next one last.
    files: Vec<super::PlannedFile>,
}

impl Sim {
    /// No message is left, and nobody but readers is at work.
    fn has_nothing_to_load(&self) -> bool {
        let reads = |task: &Task| matches!(task, Task::Read(..));
        self.queues.all().is_empty() && self.under_way.values().all(|running| reads(&running.task))
    }

    async fn stormy(&mut self, storm: &mut Storm) {
        let weather = storm.plan.weather;
        let waiting = self.network.waiting();
        if self.chance.in_thousand(weather.crashes) && !self.under_way.is_empty() {
            let runs: Vec<u64> = self.under_way.keys().copied().collect();
            let run = *self.chance.of(&runs);
            self.crash(run).await;
        } else if self.chance.in_thousand(weather.pauses) {
            let pause = self.draw_pause();
            self.pass(pause).await;
        } else if self.chance.in_thousand(weather.slowness) && !waiting.is_empty() {
            let seconds = 3 + self.chance.below(7);
            self.pass(Duration::from_secs(seconds as u64)).await;
        } else if self.chance.in_thousand(250) && self.start(storm).await {
        } else if !waiting.is_empty() {
            let number = *self.chance.of(&waiting);
            self.answer(number, weather.faults).await;
        } else if !self.start(storm).await {
            self.pass(Duration::from_secs(1)).await;
        }
    }

    /// Starts whatever there is to start; false when there is nothing.
    async fn start(&mut self, storm: &mut Storm) -> bool {
        if self.chance.in_thousand(200)
            && let Some(file) = storm.files.pop()
        {
            let repeated = self.chance.in_thousand(storm.plan.weather.repeats);
            let events = if repeated {
                2 + self.chance.below(2)
            } else {
                1
            };
            let dropped = self.drop_file(&file, events).await;
            if self.chance.in_thousand(50) {
                self.hide(&dropped).await;
            }
            return true;
        }
        if self.chance.in_thousand(150) && !self.is_busy(READER) {
            let task = self.draw_reading();
            self.begin(READER, task).await;
            return true;
        }
        if self.chance.in_thousand(50) && !self.is_busy(STAFF) && self.decide().await {
            return true;
        }
        self.deliver(storm.plan.loaders, storm.plan.weather.repeats)
            .await
    }

    /// Hands a message to an idle loader; sometimes one that another loader has in hand.
    async fn deliver(&mut self, loaders: usize, repeats: u64) -> bool {
        let idle: Vec<usize> = (0..loaders)
            .filter(|worker| !self.is_busy(*worker))
            .collect();
        if idle.is_empty() {
            return false;
        }
        let again = self.chance.in_thousand(repeats);
        let in_hand = |number: u64| {
            let mut tasks = self.under_way.values().map(|running| &running.task);
            tasks.any(|task| matches!(task, Task::Message(message) if message.number == number))
        };
        let visible = |message: &super::Message| message.visible_at <= Instant::now();
        let deliverable: Vec<u64> = self
            .queues
            .all()
            .iter()
            .filter(|message| visible(message) && (again || !in_hand(message.number)))
            .map(|message| message.number)
            .collect();
        if deliverable.is_empty() {
            return false;
        }
        let (number, worker) = (*self.chance.of(&deliverable), *self.chance.of(&idle));
        if let Some(message) = self.queues.hand_out(number) {
            self.begin(worker, Task::Message(message)).await;
        }
        true
    }

    fn draw_reading(&mut self) -> Task {
        let tenant = if self.chance.in_thousand(100) {
            SAPPORO
        } else {
            CHIYODA
        };
        Task::Read(tenant, self.draw_question())
    }

    /// Lets somebody decide about a held upload, if there is one.
    async fn decide(&mut self) -> bool {
        if let Some(again) = self.undecided.take() {
            self.begin(STAFF, again).await;
            return true;
        }
        for tenant in [CHIYODA, SAPPORO] {
            let held = self
                .uploads(tenant)
                .await
                .into_iter()
                .find(|it| it.state == UploadState::Held);
            if let Some(held) = held {
                // What became stale while it was held can only be discarded.
                let register = self
                    .adapters()
                    .store()
                    .unwrap()
                    .register(&scope(tenant))
                    .await
                    .unwrap();
                let stale = register.is_newer_than(held.as_of, held.dropped_at);
                let discard = stale || self.chance.in_thousand(300);
                let decision = if discard { "discard" } else { "confirm" };
                self.begin(STAFF, Task::Decide(tenant, held.id.to_string(), decision))
                    .await;
                return true;
            }
        }
        false
    }

    fn draw_pause(&mut self) -> Duration {
        let seconds = match self.chance.below(100) {
            0..60 => 1 + self.chance.below(5),
            60..80 => 11 + self.chance.below(20),
            80..95 => 61 + self.chance.below(10),
            _ => 181 + self.chance.below(200),
        };
        Duration::from_secs(seconds as u64)
    }

    /// Answers a call, so often in a thousand wrongly.
    async fn answer(&mut self, number: u64, faults: u64) {
        let Some(call) = self.network.take(number) else {
            return;
        };
        if call.is_orphan() {
            self.lose(call).await;
            return;
        }
        let operation = if call.what.starts_with("S3 ") {
            &call.what
        } else {
            call.operation()
        };
        let possible: Vec<Fault> = Fault::ALL
            .into_iter()
            .filter(|fault| fault.befalls(operation))
            .collect();
        if self.chance.in_thousand(faults) {
            let fault = *self.chance.of(&possible);
            self.fail(call, fault).await;
        } else {
            self.tell(format!("w{} {}", call.worker, call.what));
            let (request, reply) = call.open();
            reply.with(Ok(self.network.serve(request).await));
        }
    }

    /// Lets a call go wrong.
    pub async fn fail(&mut self, call: Call, fault: Fault) {
        self.tell(format!("w{} {}: {fault:?}", call.worker, call.what));
        let what = call.what.clone();
        let operation = call.operation().to_owned();
        let (request, reply) = call.open();
        let answer = match fault {
            Fault::Throttled => Ok(answers::throttled(&what)),
            Fault::Broken => Ok(answers::out_of_order(&what)),
            Fault::Conflict => Ok(answers::cancelled(&request, "TransactionConflict")),
            Fault::TooMuch => Ok(answers::cancelled(&request, "ThrottlingError")),
            Fault::RequestLost => Err(broken()),
            Fault::AnswerLost => {
                self.network.serve(request).await;
                Err(broken())
            }
            Fault::Cut => Ok(answers::cut(self.network.serve(request).await)),
            Fault::Half => {
                let mut halves: Halves = answers::halves(request, &operation, &mut self.chance);
                let done = match halves.done.take() {
                    Some(request) => Some(self.network.serve(request).await),
                    None => None,
                };
                Ok(halves.answer(done))
            }
        };
        reply.with(answer);
    }

    /// Lets everything come to its end, without any more faults.
    pub async fn calm(&mut self, loaders: usize) -> Result<()> {
        for _ in 0..CALM {
            self.settle().await;
            let waiting = self.network.waiting();
            if !waiting.is_empty() && !self.chance.in_thousand(100) {
                let number = *self.chance.of(&waiting);
                self.answer(number, 0).await;
            } else if self.chance.in_thousand(100) && !self.is_busy(READER) {
                let task = self.draw_reading();
                self.begin(READER, task).await;
            } else if self.deliver_anew(loaders).await || !waiting.is_empty() {
                // There is something to answer in the next round.
            } else if !self.under_way.is_empty() {
                self.pass(Duration::from_millis(200)).await;
            } else if let Some(message) = self.queues.all().iter().min_by_key(|it| it.visible_at) {
                let wait = message.visible_at.saturating_duration_since(Instant::now());
                self.pass(wait + Duration::from_secs(1)).await;
            } else if self.undecided.is_some() {
                // Who is told to try again does so after some seconds.
                self.pass(Duration::from_secs(5)).await;
                self.decide().await;
            } else if !self.decide().await {
                return Ok(());
            }
        }
        bail!("it does not come to an end")
    }

    /// In calm weather a message that failed comes back after some time, as the queue has it.
    async fn deliver_anew(&mut self, loaders: usize) -> bool {
        let tired = self.queues.all().iter().any(|message| message.received > 0);
        // Whoever is under way then waits for time to pass as well.
        if tired && self.network.waiting().is_empty() {
            self.pass(Duration::from_secs(7)).await;
        }
        self.deliver(loaders, 0).await
    }
}
