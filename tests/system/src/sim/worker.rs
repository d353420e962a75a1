//! Workers: environments in which functions run, one invocation at a time.

use std::{collections::BTreeMap, sync::Arc};

use runtime::{Adapters, Handler, Settings};
use serde_json::{Value, json};
use tokio::{
    task::AbortHandle,
    time::{Duration, Instant},
};

use super::{
    BIRTH_DATES, NAME, Seen, Shown, Sim,
    network::broken,
    queue::{Feeds, Message},
};
/// What a reader asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Everybody born on a day, by birth date and name.
    Born(&'static str),
    /// By coupon.
    Coupon(String),
    /// By 宛名番号.
    Number(String),
}

/// What a worker is busy with.
#[derive(Debug, Clone)]
pub enum Task {
    /// A message of a queue.
    Message(Message),
    /// A reader's question.
    Read(&'static str, Question),
    /// A person's decision on a held upload: `confirm` or `discard`.
    Decide(&'static str, String, &'static str),
}

/// An invocation under way.
pub(super) struct Running {
    pub(super) worker: usize,
    pub(super) task: Task,
    pub(super) deadline: Instant,
    known_before: u64,
    handle: AbortHandle,
}

/// An invocation that came to its end.
pub(super) struct Ended {
    run: u64,
    answer: Result<Vec<u8>, String>,
}

/// Functions by worker and package; made when they are needed, kept while the worker lives.
#[derive(Default)]
pub(super) struct Workers(BTreeMap<(usize, &'static str), Arc<Handler>>);

impl Task {
    fn package(&self) -> &'static str {
        match self {
            Self::Message(message) => match message.feeds {
                Feeds::ReceiveUpload => "receive-upload",
                Feeds::LoadChunk => "load-chunk",
            },
            Self::Read(..) => "residents",
            Self::Decide(..) => "uploads",
        }
    }

    fn event(&self) -> Value {
        match self {
            Self::Message(message) => json!({ "Records": [{
                "messageId": message.number.to_string(),
                "receiptHandle": message.number.to_string(),
                "body": message.body,
                "attributes": { "ApproximateReceiveCount": message.received.to_string() },
            }]}),
            Self::Read(tenant, question) => {
                let body = match question {
                    Question::Born(date) => json!({ "birth_date": date, "name": NAME }),
                    Question::Coupon(coupon) => json!({ "coupon": coupon }),
                    Question::Number(number) => json!({ "number": number }),
                };
                request(
                    "POST /residents/search",
                    tenant,
                    json!({}),
                    &body.to_string(),
                )
            }
            Self::Decide(tenant, id, decision) => {
                let route = format!("POST /uploads/{{id}}/{decision}");
                request(&route, tenant, json!({ "id": id }), "")
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made where it is called")]
fn request(route: &str, tenant: &str, parameters: Value, body: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": route,
        "pathParameters": parameters,
        "requestContext": { "authorizer": { "jwt": { "claims": {
            "sub": "staff", "tenant": tenant, "roles": "[read register]",
        }}}},
        "body": body,
    })
}

impl Sim {
    /// Begins an invocation on a worker; returns its number.
    pub async fn begin(&mut self, worker: usize, task: Task) -> u64 {
        let package = task.package();
        let function = self.function(worker, package);
        let timeout = self.timeout(package);
        let deadline = self.clock.now().saturating_add(timeout).unwrap();
        let event = task.event().to_string().into_bytes();
        self.runs += 1;
        let run = self.runs;
        self.tell(format!(
            "w{worker} begins {package} ({})",
            Self::described(&task)
        ));
        let handle = self.running.spawn(async move {
            let answer = runtime::dispatch(&function, &event, deadline).await;
            Ended {
                run,
                answer: answer.map_err(|error| error.to_string()),
            }
        });
        let known_before = match &task {
            Task::Read(tenant, _) => self.newest_seen(tenant),
            Task::Message(_) | Task::Decide(..) => 0,
        };
        let deadline = Instant::now() + timeout;
        self.under_way.insert(
            run,
            Running {
                worker,
                task,
                deadline,
                known_before,
                handle,
            },
        );
        self.settle().await;
        run
    }

    fn newest_seen(&self, tenant: &str) -> u64 {
        let seen = self.seen.iter().filter(|seen| seen.tenant == tenant);
        seen.map(|seen| seen.generation).max().unwrap_or(0)
    }

    fn described(task: &Task) -> String {
        match task {
            Task::Message(message) if message.feeds == Feeds::ReceiveUpload => {
                format!("message {}", message.number)
            }
            Task::Message(message) => message.body.clone(),
            Task::Read(tenant, question) => format!("{tenant} {question:?}"),
            Task::Decide(_, _, decision) => (*decision).to_owned(),
        }
    }

    /// The worker dies, or is ended at its deadline. What it sent is still on its way.
    pub async fn crash(&mut self, run: u64) {
        let Some(running) = self.under_way.remove(&run) else {
            return;
        };
        self.tell(format!("w{} dies", running.worker));
        running.handle.abort();
        if matches!(running.task, Task::Decide(..)) {
            self.undecided = Some(running.task);
        }
        // Sometimes the environment is used again, with what it keeps.
        if self.chance.in_thousand(300) {
            self.workers
                .0
                .retain(|(worker, _), _| *worker != running.worker);
        }
        self.settle().await;
    }

    /// Whether an invocation is still under way.
    #[must_use]
    pub fn runs(&self, run: u64) -> bool {
        self.under_way.contains_key(&run)
    }

    /// Whether the worker is busy.
    #[must_use]
    pub fn is_busy(&self, worker: usize) -> bool {
        self.under_way
            .values()
            .any(|running| running.worker == worker)
    }

    fn function(&mut self, worker: usize, package: &'static str) -> Arc<Handler> {
        if let Some(function) = self.workers.0.get(&(worker, package)) {
            return Arc::clone(function);
        }
        let functions = &self.template.functions;
        let function = functions
            .iter()
            .find(|function| function.package == package)
            .unwrap();
        let mut environment = function.environment.clone();
        environment.insert("CHUNK_BYTES".to_owned(), self.chunk_bytes.to_string());
        // Schedules are about what is written; whose right it is, is proved elsewhere.
        environment.remove("TENANT_ROLE_ARN");
        let config = self.network.config(worker, &self.region);
        let adapters = Adapters::new(
            Settings::from_map(environment),
            config,
            Arc::clone(&self.clock),
        );
        let handler = Arc::new(local::functions::build(package, &adapters).unwrap());
        self.workers
            .0
            .insert((worker, package), Arc::clone(&handler));
        handler
    }

    fn timeout(&self, package: &str) -> Duration {
        let functions = &self.template.functions;
        functions
            .iter()
            .find(|function| function.package == package)
            .unwrap()
            .timeout
    }

    pub(super) fn note_end(&mut self, ended: Ended) {
        let Some(running) = self.under_way.remove(&ended.run) else {
            return;
        };
        let answer = ended.answer.expect("dispatch understands our events");
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let what = match &running.task {
            Task::Message(message) => {
                let failed = !answer["batchItemFailures"].as_array().unwrap().is_empty();
                if !failed {
                    self.queues.delete(message.number);
                }
                if failed { "failed" } else { "done" }.to_owned()
            }
            Task::Read(tenant, question) => {
                self.note_answer(tenant, question.clone(), &answer, running.known_before)
            }
            Task::Decide(..) => {
                let status = answer["statusCode"].as_u64().unwrap();
                assert!(
                    [200, 409, 503].contains(&status),
                    "a decision is answered {answer}"
                );
                if status == 503 {
                    self.undecided = Some(running.task.clone());
                }
                status.to_string()
            }
        };
        self.tell(format!("w{} ends: {what}", running.worker));
    }

    fn note_answer(
        &mut self,
        tenant: &'static str,
        question: Question,
        answer: &Value,
        known_before: u64,
    ) -> String {
        let status = answer["statusCode"].as_u64().unwrap();
        // Passing trouble is not the reader's fault; anything else would be ours.
        assert!(
            status == 200 || status == 503,
            "a reader is answered {answer}"
        );
        if status == 200 {
            let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            let found = body["residents"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|it| it["removed"] == false)
                .map(Shown::read)
                .collect();
            let generation = body["generation"].as_u64().unwrap();
            self.seen.push(Seen {
                tenant,
                question,
                generation,
                known_before,
                found,
            });
        }
        status.to_string()
    }

    /// Answers the oldest call of an invocation as it should be; false when there is none.
    pub async fn serve_one(&mut self, run: u64) -> bool {
        let Some(worker) = self.under_way.get(&run).map(|running| running.worker) else {
            return false;
        };
        let ours = |number: &u64| self.network.look(*number, |call| call.worker) == Some(worker);
        match self.network.waiting().into_iter().find(ours) {
            Some(number) => {
                self.serve(number).await;
                true
            }
            None => false,
        }
    }

    /// Answers a call as it should be.
    pub async fn serve(&mut self, number: u64) {
        if let Some(call) = self.network.take(number) {
            self.tell(format!("w{} {}", call.worker, call.what));
            let (request, reply) = call.open();
            reply.with(Ok(self.network.serve(request).await));
        }
        self.settle().await;
    }

    /// Lets an invocation come to its end undisturbed; returns how many calls it made.
    pub async fn finish(&mut self, run: u64) -> usize {
        let mut calls = 0;
        while self.runs(run) {
            if self.serve_one(run).await {
                calls += 1;
            } else {
                self.pass(Duration::from_millis(100)).await;
            }
        }
        calls
    }

    /// Breaks the connection under every call of an invocation.
    pub async fn cut_off(&mut self, run: u64) {
        let Some(worker) = self.under_way.get(&run).map(|running| running.worker) else {
            return;
        };
        for number in self.network.waiting() {
            if self.network.look(number, |call| call.worker) == Some(worker)
                && let Some(call) = self.network.take(number)
            {
                call.open().1.with(Err(broken()));
            }
        }
        self.settle().await;
    }

    /// Everything that readers could ask, drawn by chance.
    pub(super) fn draw_question(&mut self) -> Question {
        match self.chance.below(10) {
            0 => Question::Coupon(format!("{:010}", 5_000_000 + self.chance.below(90))),
            1 => Question::Number(format!("A-{:06}", self.chance.below(9))),
            2 => Question::Born(BIRTH_DATES[1]),
            _ => Question::Born(BIRTH_DATES[0]),
        }
    }
}
