//! The functions over the services of the local stack, with everything between them in our hands:
//! which message goes to which worker, which call is answered when and how, who dies, and what time
//! it is.
//!
//! All of it runs on one thread under paused timers. Between two steps every function has gone as
//! far as it can without an answer, so the same choices give the same run.

mod answers;
mod exhaust;
mod judge;
mod network;
mod plan;
mod queue;
mod register;
mod storm;
mod worker;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_config::SdkConfig;
use aws_sdk_s3::primitives::ByteStream;
use domain::{Clock, TenantSettings};
use local::{
    ACCESS_KEY,
    aws::Services,
    dynamodb::LocalDynamoDb,
    kms::LocalKms,
    lambda::LocalLambda,
    s3::{self, LocalS3, ObjectCreated},
    sqs::LocalSqs,
    template::{Place, TEMPLATE, Template},
};
use runtime::{Adapters, Settings};
use tokio::{
    task::JoinSet,
    time::{Duration, Instant},
};

pub use self::{
    answers::Fault,
    exhaust::crash_everywhere,
    judge::Verdict,
    network::{Call, PATIENCE},
    plan::{BIRTH_DATES, NAME, Plan, PlannedFile, Weather, person},
    queue::{Feeds, Message},
    register::{Register, Shown},
    storm::run_seed,
    worker::{Question, Task},
};
use self::{
    network::Network,
    queue::Queues,
    worker::{Ended, Running, Workers},
};
use crate::{
    chance::Chance,
    town::{self, CHIYODA, Dropped, SAPPORO},
};

/// After so long, all that can go on has gone on: time passes only when nobody has anything to do.
const TICK: Duration = Duration::from_millis(1);

/// What was answered to a reader, to be held against the register afterwards.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whose register.
    pub tenant: &'static str,
    /// What was asked.
    pub question: Question,
    /// The generation that was answered.
    pub generation: u64,
    /// The newest generation that any reader had been answered before this one began.
    pub known_before: u64,
    /// Who was found.
    pub found: Vec<Shown>,
}

/// All that was done in a world, step by step.
pub type Told = Arc<Mutex<Vec<String>>>;

/// One world.
pub struct Sim {
    chance: Chance,
    clock: Arc<dyn Clock>,
    template: Arc<Template>,
    region: String,
    chunk_bytes: u64,
    services: Services,
    network: Network,
    queues: Queues,
    created: Arc<Mutex<Vec<ObjectCreated>>>,
    workers: Workers,
    running: JoinSet<Ended>,
    under_way: BTreeMap<u64, Running>,
    runs: u64,
    dropped: Vec<(PlannedFile, Dropped)>,
    seen: Vec<Seen>,
    /// A decision that was not answered, or with "try again": whoever made it makes it once more.
    undecided: Option<Task>,
    told: Told,
}

/// The template, read once.
#[must_use]
pub fn template() -> Arc<Template> {
    static READ: std::sync::OnceLock<Arc<Template>> = std::sync::OnceLock::new();
    Arc::clone(READ.get_or_init(|| {
        let issuer = ("JwtIssuer".to_owned(), "http://127.0.0.1".to_owned());
        let template = Template::parse(TEMPLATE, &[issuer].into(), &Place::default());
        Arc::new(template.unwrap())
    }))
}

impl Sim {
    /// A world with two municipalities and nothing dropped. Needs a runtime of one thread whose
    /// timers are paused.
    pub async fn new(seed: u64, chunk_bytes: u64, settings: &TenantSettings, told: Told) -> Self {
        let template = template();
        let clock: Arc<dyn Clock> = Arc::new(town::timer());
        let created = Arc::<Mutex<Vec<ObjectCreated>>>::default();
        let services = services(&template, &clock, &created);
        let queues = Queues::default();
        let network = Network::new(services.clone(), queues.clone());
        let sim = Self {
            chance: Chance::new(seed),
            region: format!("schedule-{seed}"),
            workers: Workers::default(),
            running: JoinSet::new(),
            under_way: BTreeMap::new(),
            runs: 0,
            dropped: Vec::new(),
            seen: Vec::new(),
            undecided: None,
            told,
            clock,
            template,
            chunk_bytes,
            services,
            network,
            queues,
            created,
        };
        let kms = crypto::Kms::new(aws_sdk_kms::Client::new(&sim.owner()));
        for code in [CHIYODA, SAPPORO] {
            town::enrol(&sim.adapters(), &kms, code, settings).await;
        }
        sim
    }

    /// Rights to everything, and answers at once.
    fn owner(&self) -> SdkConfig {
        self.network.direct(&self.region)
    }

    /// The owner's adapters.
    fn adapters(&self) -> Adapters {
        let mut settings = BTreeMap::new();
        for function in &self.template.functions {
            settings.extend(function.environment.clone());
        }
        settings.insert("RECORDS_KEY_ID".to_owned(), "records".to_owned());
        settings.remove("TENANT_ROLE_ARN");
        Adapters::new(
            Settings::from_map(settings),
            self.owner(),
            Arc::clone(&self.clock),
        )
    }

    fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.owner()).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Drops a file; its event comes so many times.
    pub async fn drop_file(&mut self, file: &PlannedFile, events: usize) -> Dropped {
        self.settle().await;
        let key = format!("inbox/{}/residents/{}", file.tenant, file.name);
        let body = ByteStream::from(file.bytes());
        let put = self
            .s3()
            .put_object()
            .bucket("drop")
            .key(&key)
            .body(body)
            .send();
        let version = put.await.unwrap().version_id.unwrap();
        let created =
            std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner));
        for event in created {
            let body = event.to_notification(&self.region);
            for _ in 0..events {
                self.queues.add(Feeds::ReceiveUpload, &body, Duration::ZERO);
            }
        }
        self.tell(format!("drop {key}, {events} events"));
        let dropped = Dropped { key, version };
        self.dropped.push((file.clone(), dropped.clone()));
        dropped
    }

    /// Deletes a dropped file as people do: in a bucket with versions it only seems gone.
    pub async fn hide(&mut self, dropped: &Dropped) {
        self.tell(format!("delete {}", dropped.key));
        self.s3()
            .delete_object()
            .bucket("drop")
            .key(&dropped.key)
            .send()
            .await
            .unwrap();
    }

    /// Deletes a version for good.
    pub async fn destroy(&mut self, dropped: &Dropped) {
        self.tell(format!("destroy {}", dropped.key));
        let delete = self.s3().delete_object().bucket("drop").key(&dropped.key);
        delete.version_id(&dropped.version).send().await.unwrap();
    }

    /// Lets everybody go on as far as they can without an answer.
    pub async fn settle(&mut self) {
        tokio::time::sleep(TICK).await;
        while let Some(ended) = self.running.try_join_next() {
            if let Ok(ended) = ended {
                self.note_end(ended);
            }
        }
    }

    /// Lets time pass. Nobody waits longer for an answer than their patience lasts, and nobody works
    /// beyond their deadline.
    pub async fn pass(&mut self, time: Duration) {
        self.tell(format!("{} s pass", time.as_secs_f64()));
        let until = Instant::now() + time;
        loop {
            let deadline = self
                .under_way
                .values()
                .map(|running| running.deadline)
                .min();
            let next = deadline.map_or(until, |deadline| deadline.min(until));
            self.give_up_until(next).await;
            tokio::time::sleep_until(next).await;
            self.settle().await;
            let late =
                |(run, running): (&u64, &Running)| (running.deadline <= next).then_some(*run);
            for run in self.under_way.iter().filter_map(late).collect::<Vec<_>>() {
                self.crash(run).await;
            }
            if next >= until {
                return;
            }
        }
    }

    /// Calls whose callers lose patience before that time are over by then: done or not done.
    async fn give_up_until(&mut self, time: Instant) {
        for number in self.network.waiting() {
            let over = self
                .network
                .look(number, |call| call.sent + PATIENCE <= time);
            if over == Some(true)
                && let Some(call) = self.network.take(number)
            {
                self.lose(call).await;
            }
        }
    }

    /// The call may be done, but no answer ever comes.
    async fn lose(&mut self, call: Call) {
        let done = self.chance.in_thousand(500);
        let how = if done {
            "done, not answered"
        } else {
            "not done"
        };
        self.tell(format!("w{} {} {how}", call.worker, call.what));
        let (request, reply) = call.open();
        if done {
            self.network.serve(request).await;
        }
        self.network.leave(reply);
    }

    /// Writes down what is done, to be read when it goes wrong.
    fn tell(&self, what: String) {
        self.told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what);
    }
}

fn services(
    template: &Template,
    clock: &Arc<dyn Clock>,
    created: &Arc<Mutex<Vec<ObjectCreated>>>,
) -> Services {
    let buckets: Vec<_> = template
        .buckets
        .iter()
        .map(|bucket| s3::BucketSpec {
            name: bucket.name.clone(),
            versioned: true,
        })
        .collect();
    let credentials = s3::Credentials {
        access_key: ACCESS_KEY.to_owned(),
        secret_key: ACCESS_KEY.to_owned(),
    };
    let created = Arc::clone(created);
    let on_created: s3::OnCreated = Arc::new(move |object: ObjectCreated| {
        if object.key.starts_with("inbox/") {
            created
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(object);
        }
        true
    });
    let s3 = LocalS3::new(
        s3::Storage::Memory,
        &buckets,
        &credentials,
        on_created,
        Arc::clone(clock),
    );
    Services {
        dynamodb: LocalDynamoDb::open(None, &template.tables, Arc::clone(clock)).unwrap(),
        sqs: LocalSqs::open(None, &[], Arc::clone(clock), 1.0).unwrap(),
        lambda: LocalLambda::default(),
        kms: LocalKms::open(None, &template.keys, "arn:aws:kms:schedule:key/").unwrap(),
        s3: s3.unwrap(),
    }
}
