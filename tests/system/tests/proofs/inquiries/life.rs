//! Random lives of recorded bases on the real functions: granted, approved, revoked, expired, asked by
//! two inquiries at once, with calls that linger, askers and holders that die before or after a call,
//! inquiries that come again, and an index that hears of the person late or never. Every outcome is held against a simple model
//! (`judge`).
//!
//! A life is its seed: a failure names it, and
//! `LIFE_SEED=<seed> cargo test -p system --test proofs in_both_logs` runs it alone.

mod judge;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{ExportScope, InquiryId, TenantSettings};
use serde_json::{Value, json};
use system::{
    chance::{Chance, asked},
    gate::{Gate, Step},
    town::{CHIYODA, SAPPORO, behind},
};
use tokio::task::JoinSet;

use super::doses::vaccinate;
use super::world::{World, about, person, with};

/// Five thousand in all: a quarter of the seeds in each of four stacks, so that they are lived beside one another.
const LIVES: u64 = 1_250;

/// Persons whom Sapporo holds, and who are protected by nobody.
const HELD: u32 = 18;
/// A person whom nobody holds.
const NEVER_HELD: u32 = 21;

/// How often in a thousand calls something happens to one.
#[derive(Debug, Clone, Copy)]
struct Weather {
    lingers: u64,
    dies: u64,
    dies_after: u64,
}

const CALM: Weather = Weather {
    lingers: 0,
    dies: 0,
    dies_after: 0,
};

/// When the index of holders hears of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hears {
    Before,
    Meanwhile,
    Never,
}

/// A person whom Sapporo holds: under which key the index has them, and the record of the stream that tells
/// it of them.
struct Indexed {
    key: (String, String),
    told: Value,
}

struct Stage {
    world: World,
    /// By the person's number.
    indexed: BTreeMap<u32, Indexed>,
    /// Added to the clock: the time of a basis is up when a life says so.
    ahead: Arc<AtomicI64>,
    weather: Arc<Mutex<(Chance, Weather)>>,
}

/// An answer of one inquiry.
#[derive(Debug)]
struct Heard {
    inquiry: usize,
    status: u16,
    body: Value,
    /// Whether the basis had been revoked, with success, or had expired before it was asked.
    asked_late: bool,
}

/// What happened, in the order in which it did.
#[derive(Debug, Default)]
struct Seen {
    revoked: bool,
    expired: bool,
    heard: Vec<Heard>,
}

impl Stage {
    async fn new() -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let weather = Arc::new(Mutex::new((Chance::new(0), CALM)));
        let drawn = Arc::clone(&weather);
        let gate = Gate::new(move |call| {
            if !["inquiries", "answer-inquiry", "consents"].contains(&call.function) {
                return Step::Go;
            }
            let mut drawn = drawn.lock().unwrap();
            let (chance, weather) = &mut *drawn;
            let weather = *weather;
            if chance.in_thousand(weather.dies) {
                Step::Die
            } else if chance.in_thousand(weather.dies_after) {
                Step::DieAfter
            } else if chance.in_thousand(weather.lingers) {
                Step::Linger
            } else {
                Step::Go
            }
        });
        let world = World::around(behind(&gate, []), Arc::clone(&ahead)).await;
        // Years go by; a full export would ask for each day of them every night.
        for code in [CHIYODA, SAPPORO] {
            let changed = |it: &mut TenantSettings| it.export_scope = ExportScope::Changed;
            world.town.set(code, changed).await;
        }
        // Everybody in the index has a dose there: an answer without it is a wrong one.
        for number in 1..=HELD {
            vaccinate(
                &world,
                SAPPORO,
                &person(number),
                &[(1, "20210407", "EP2163")],
            )
            .await;
        }
        let indexed = indexed(&world).await;
        Self {
            world,
            indexed,
            ahead,
            weather,
        }
    }

    /// The index has not heard of the person yet.
    async fn forget(&self, number: u32) {
        let (person, entry) = self.indexed[&number].key.clone();
        let [person, entry] = [person, entry].map(AttributeValue::S);
        let delete = self.world.town.dynamodb().delete_item();
        let delete = delete.table_name("holders").key("pk", person);
        delete.key("sk", entry).send().await.unwrap();
    }

    /// The stream tells the index of the person.
    async fn tell(&self, number: u32) {
        let told = &self.indexed[&number].told;
        let answer = self.world.invoke_named("vrs-index-holders", told).await;
        assert_eq!(answer, (false, json!({ "batchItemFailures": [] })));
    }

    fn weather(&self, seed: u64, weather: Weather) {
        *self.weather.lock().unwrap() = (Chance::new(seed), weather);
    }

    fn calm(&self) {
        self.weather(0, CALM);
    }
}

async fn indexed(world: &World) -> BTreeMap<u32, Indexed> {
    let items = world.town.items().await;
    let tags = world.town.stack.adapters().person_tags().unwrap();
    let entries = world.town.holders().await;
    let mut indexed = BTreeMap::new();
    for number in 1..=HELD {
        let row = person(number);
        let my_number = domain::MyNumber::parse(row.cell("個人番号").as_bytes()).unwrap();
        let resident = world.town.resident(SAPPORO, row.cell("個別宛名番号")).await;
        let resident = resident.unwrap()["id"].as_str().unwrap().to_owned();
        let place = (format!("T#{SAPPORO}#R#{resident}"), "P".to_owned());
        let image: Value = serde_json::from_str(&items[&place]).unwrap();
        let (pk, sk) = place;
        let told = json!({ "Records": [{
            "eventID": "1", "eventName": "INSERT", "eventVersion": "1.1",
            "eventSource": "aws:dynamodb", "awsRegion": "ap-northeast-1",
            "dynamodb": {
                "Keys": { "pk": { "S": pk }, "sk": { "S": sk } },
                "NewImage": image,
                "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
            "eventSourceARN": "arn:aws:dynamodb:ap-northeast-1:000000000000:table/records/stream/1",
        }] });
        let person = tags.tag(my_number).await.unwrap().text();
        let mut keys = entries.keys();
        let key = keys.find(|(pk, sk)| *pk == person && sk.starts_with(SAPPORO));
        let key = key.unwrap().clone();
        indexed.insert(number, Indexed { key, told });
    }
    indexed
}

async fn linger(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

/// Who is asked about, and when the index hears of them.
fn somebody(chance: &mut Chance) -> (u32, Hears) {
    let hears = match chance.below(10) {
        0 => Hears::Never,
        1 | 2 => Hears::Meanwhile,
        _ => Hears::Before,
    };
    if hears == Hears::Never {
        return (NEVER_HELD, hears);
    }
    let number = 1 + chance.below(HELD as usize);
    (u32::try_from(number).unwrap(), hears)
}

/// One life: a basis, two inquiries that may claim it, and what is seen of them.
struct Life {
    stage: Arc<Stage>,
    number: u32,
    hears: Hears,
    needs_approval: bool,
    consent: String,
    ids: [String; 2],
    seen: Mutex<Seen>,
}

impl Life {
    /// Records the basis in good weather; then the weather is this life's.
    async fn begin(stage: &Arc<Stage>, chance: &mut Chance, seed: u64) -> Self {
        let needs_approval = chance.in_thousand(400);
        let (number, hears) = somebody(chance);
        let form = stage.world.form(number, &format!("S-{seed}"));
        let form = if needs_approval {
            with(&form, "basis", "CONSENT_HARD_TO_OBTAIN")
        } else {
            form
        };
        stage.calm();
        let consent = stage.world.record(&form).await;
        if hears == Hears::Meanwhile {
            stage.forget(number).await;
        }
        let dies = *chance.of(&[0, 0, 10, 30]);
        stage.weather(
            chance.draw(),
            Weather {
                lingers: *chance.of(&[0, 300, 700]),
                dies,
                dies_after: dies,
            },
        );
        let now = stage.world.town.stack.adapters().clock().now();
        let random = |n: u8| {
            let mut bytes = [n; 10];
            bytes[2..].copy_from_slice(&seed.to_be_bytes());
            bytes
        };
        Self {
            stage: Arc::clone(stage),
            number,
            hears,
            needs_approval,
            consent,
            ids: [0, 1].map(|n| InquiryId::new(now, random(n)).to_string()),
            seen: Mutex::default(),
        }
    }

    /// Everything that happens in it, beside one another.
    fn tasks(self: &Arc<Self>, chance: &mut Chance) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let it = || Arc::clone(self);
        if self.needs_approval {
            tasks.spawn(it().approve(chance.below(8)));
        }
        for _ in 0..=chance.below(4) {
            let (wait, inquiry) = (chance.below(40), chance.below(2));
            tasks.spawn(it().ask(wait, inquiry));
        }
        if self.hears == Hears::Meanwhile {
            tasks.spawn(it().tell(chance.below(120)));
        }
        if chance.in_thousand(350) {
            tasks.spawn(it().revoke(chance.below(60)));
        }
        if chance.in_thousand(250) {
            tasks.spawn(it().expire(chance.below(80)));
        }
        tasks
    }

    async fn approve(self: Arc<Self>, wait: usize) {
        linger(wait).await;
        self.stage.world.approve(&self.consent, "bert").await;
    }

    async fn ask(self: Arc<Self>, wait: usize, inquiry: usize) {
        linger(wait).await;
        let asked_late = {
            let seen = self.seen.lock().unwrap();
            seen.revoked || seen.expired
        };
        let heard = self.heard(inquiry, asked_late).await;
        self.seen.lock().unwrap().heard.push(heard);
    }

    async fn heard(&self, inquiry: usize, asked_late: bool) -> Heard {
        let body = about(self.number, &self.consent);
        let body = with(&body, "inquiry", self.ids[inquiry].as_str());
        let answer = self.stage.world.ask(&body).await;
        Heard {
            inquiry,
            status: answer.status,
            body: answer.json(),
            asked_late,
        }
    }

    async fn tell(self: Arc<Self>, wait: usize) {
        linger(wait).await;
        self.stage.tell(self.number).await;
    }

    async fn revoke(self: Arc<Self>, wait: usize) {
        linger(wait).await;
        let revoked = self.stage.world.revoke(&self.consent).await.status == 200;
        self.seen.lock().unwrap().revoked |= revoked;
    }

    async fn expire(self: Arc<Self>, wait: usize) {
        linger(wait).await;
        self.stage.ahead.fetch_add(15 * 24 * 3600, Ordering::SeqCst);
        self.seen.lock().unwrap().expired = true;
    }
}

async fn life(stage: &Arc<Stage>, seed: u64) {
    let mut chance = Chance::new(seed);
    let life = Arc::new(Life::begin(stage, &mut chance, seed).await);
    let mut tasks = life.tasks(&mut chance);
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    stage.calm();
    life.judge().await;
    if life.hears == Hears::Meanwhile {
        found_at_last(stage, life.number, seed).await;
    }
    // A day for so many that none of them spends its budget.
    if seed.is_multiple_of(50) {
        stage.ahead.fetch_add(24 * 3600, Ordering::SeqCst);
    }
}

/// Once the index has heard of somebody, everybody who asks finds them.
async fn found_at_last(stage: &Stage, number: u32, seed: u64) {
    let world = &stage.world;
    let consent = world.consent(number, &format!("L-{seed}")).await;
    let answer = world.ask(&about(number, &consent)).await;
    let doses = answer.json()["doses"].clone();
    assert_eq!(doses[0]["lot"], "EP2163", "{doses:#}");
}

async fn lives(seeds: std::ops::Range<u64>) {
    let stage = Arc::new(Stage::new().await);
    // From here on both bases are in force.
    stage.ahead.fetch_add(250 * 24 * 3600, Ordering::SeqCst);
    for seed in seeds {
        let (mut alone, one) = (JoinSet::new(), Arc::clone(&stage));
        alone.spawn(async move { life(&one, seed).await });
        let lived = alone.join_next().await.unwrap();
        assert!(
            lived.is_ok(),
            "the life of seed {seed} failed; \
             `LIFE_SEED={seed} cargo test -p system --test proofs in_both_logs` runs it alone"
        );
    }
    stage.world.log(CHIYODA).await;
    stage.world.log(SAPPORO).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_a_basis_is_one_answer_in_both_logs() {
    if let Some(seed) = asked("LIFE_SEED") {
        lives(seed..seed + 1).await;
        return;
    }
    lives(0..LIVES).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_with_a_second_quarter_of_the_seeds() {
    lives(LIVES..2 * LIVES).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_with_a_third_quarter_of_the_seeds() {
    lives(2 * LIVES..3 * LIVES).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_with_a_fourth_quarter_of_the_seeds() {
    lives(3 * LIVES..4 * LIVES).await;
}
