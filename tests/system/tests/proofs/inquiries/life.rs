//! Random lives of recorded bases on the real functions: granted, approved, revoked, expired, asked by
//! two inquiries at once, with calls that linger, askers and holders that die before or after a call,
//! inquiries that come again, and an index that hears of the person late or never. Every outcome is held against a simple model.
//!
//! A life is its seed: a failure names it, and
//! `LIFE_SEED=<seed> cargo test -p system --test proofs in_both_logs` runs it alone.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{ConsentId, ConsentState, ExportScope, InquiryId, TenantSettings};
use serde_json::{Value, json};
use store::LogEvent;
use system::{
    chance::{Chance, asked},
    gate::{Gate, Step},
    town::{CHIYODA, SAPPORO, behind},
};
use tokio::task::JoinSet;

use super::doses::vaccinate;
use super::world::{World, about, person, scope, with};

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
        let (ahead, calm) = (
            Arc::new(AtomicI64::new(0)),
            Weather {
                lingers: 0,
                dies: 0,
                dies_after: 0,
            },
        );
        let weather = Arc::new(Mutex::new((Chance::new(0), calm)));
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
        self.weather(
            0,
            Weather {
                lingers: 0,
                dies: 0,
                dies_after: 0,
            },
        );
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

async fn life(stage: &Arc<Stage>, seed: u64) {
    let mut chance = Chance::new(seed);
    let needs_approval = chance.in_thousand(400);
    let (number, hears) = somebody(&mut chance);
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
    let ids = [0, 1].map(|n| InquiryId::new(now, random(n)).to_string());
    let seen = Arc::new(Mutex::new(Seen::default()));
    let mut tasks = JoinSet::new();
    if needs_approval {
        let (stage, consent, wait) = (Arc::clone(stage), consent.clone(), chance.below(8));
        tasks.spawn(async move {
            linger(wait).await;
            stage.world.approve(&consent, "bert").await;
        });
    }
    for _ in 0..=chance.below(4) {
        let (stage, seen, wait) = (Arc::clone(stage), Arc::clone(&seen), chance.below(40));
        let inquiry = chance.below(2);
        let body = with(&about(number, &consent), "inquiry", ids[inquiry].as_str());
        tasks.spawn(async move {
            linger(wait).await;
            let asked_late = {
                let seen = seen.lock().unwrap();
                seen.revoked || seen.expired
            };
            let answer = stage.world.ask(&body).await;
            seen.lock().unwrap().heard.push(Heard {
                inquiry,
                status: answer.status,
                body: answer.json(),
                asked_late,
            });
        });
    }
    if hears == Hears::Meanwhile {
        let (stage, wait) = (Arc::clone(stage), chance.below(120));
        tasks.spawn(async move {
            linger(wait).await;
            stage.tell(number).await;
        });
    }
    if chance.in_thousand(350) {
        let (stage, seen) = (Arc::clone(stage), Arc::clone(&seen));
        let (consent, wait) = (consent.clone(), chance.below(60));
        tasks.spawn(async move {
            linger(wait).await;
            let revoked = stage.world.revoke(&consent).await.status == 200;
            seen.lock().unwrap().revoked |= revoked;
        });
    }
    if chance.in_thousand(250) {
        let (stage, seen, wait) = (Arc::clone(stage), Arc::clone(&seen), chance.below(80));
        tasks.spawn(async move {
            linger(wait).await;
            stage.ahead.fetch_add(15 * 24 * 3600, Ordering::SeqCst);
            seen.lock().unwrap().expired = true;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    stage.calm();
    let seen = Arc::into_inner(seen).unwrap().into_inner().unwrap();
    let about = (number, hears);
    judge(stage, &consent, about, &ids, seen).await;
    if hears == Hears::Meanwhile {
        found_at_last(stage, number, seed).await;
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

/// The model: one basis is one answer, and what was begun can be ended by whoever began it.
async fn judge(
    stage: &Stage,
    consent: &str,
    (number, hears): (u32, Hears),
    ids: &[String; 2],
    mut seen: Seen,
) {
    let world = &stage.world;
    let id: ConsentId = consent.parse().unwrap();
    let stored = world
        .town
        .store()
        .consent(&scope(CHIYODA), &id)
        .await
        .unwrap()
        .unwrap();
    let now = world.town.stack.adapters().clock().now();
    let state = stored.life.state(now);
    // What stands granted or claimed is answered once its own inquiry comes again, in good weather.
    if matches!(state, ConsentState::Granted | ConsentState::Claimed) {
        for (inquiry, own) in ids.iter().enumerate() {
            let answer = world
                .ask(&with(&about(number, consent), "inquiry", own.as_str()))
                .await;
            seen.heard.push(Heard {
                inquiry,
                status: answer.status,
                body: answer.json(),
                asked_late: false,
            });
        }
        assert!(
            seen.heard.iter().any(|it| it.status == 200),
            "it can be ended: {seen:#?}"
        );
    }
    let answered: Vec<&Heard> = seen.heard.iter().filter(|it| it.status == 200).collect();
    for heard in &answered {
        assert_eq!(heard.inquiry, answered[0].inquiry, "one inquiry: {seen:#?}");
        assert_eq!(
            heard.body, answered[0].body,
            "the same answer each time: {seen:#?}"
        );
        assert!(!heard.asked_late, "asked after the end: {seen:#?}");
        let lots = heard.body["doses"].as_array().unwrap().iter();
        let lots: Vec<_> = lots.map(|dose| dose["lot"].as_str().unwrap()).collect();
        let right = match hears {
            Hears::Never => lots.is_empty(),
            Hears::Before => lots == ["EP2163"],
            Hears::Meanwhile => lots.is_empty() || lots == ["EP2163"],
        };
        assert!(right, "what the holder has, as {hears:?}: {lots:?}");
    }
    assert!(
        answered.is_empty() || !seen.revoked,
        "revoked, and answered: {seen:#?}"
    );
    for refused in seen.heard.iter().filter(|it| it.status != 200) {
        let code = refused.body["code"].as_str().unwrap_or("died");
        let known = [
            "CONSENT_NOT_APPROVED",
            "CONSENT_USED",
            "CONSENT_REVOKED",
            "CONSENT_EXPIRED",
            "TRY_AGAIN",
            "died",
        ];
        assert!(known.contains(&code), "{code}: {seen:#?}");
    }
    let mut kinds: BTreeMap<(usize, &str, &str), u32> = BTreeMap::new();
    for code in [CHIYODA, SAPPORO] {
        for entry in world.newest_entries(code).await {
            let of = ids
                .iter()
                .position(|id| entry.event.fact("inquiry").as_ref() == Some(id));
            if let Some(of) = of {
                *kinds.entry((of, code, entry.event.kind())).or_default() += 1;
            }
            if let LogEvent::Answered { asker, .. } = &entry.event {
                assert_eq!((asker.as_str(), code), (CHIYODA, SAPPORO));
            }
        }
    }
    assert!(
        kinds.values().all(|count| *count == 1),
        "no second entry: {kinds:?}"
    );
    if let Some(heard) = answered.first() {
        let has = |code, kind| kinds.contains_key(&(heard.inquiry, code, kind));
        assert!(
            has(CHIYODA, "asked") && has(CHIYODA, "concluded"),
            "{kinds:?}"
        );
        let empty = heard.body["doses"] == json!([]);
        assert!(empty || has(SAPPORO, "answered"), "{kinds:?}");
    }
    let askers = kinds.keys().filter(|(_, _, kind)| *kind == "asked").count();
    assert!(askers <= 1, "one inquiry has claimed it: {kinds:?}");
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
