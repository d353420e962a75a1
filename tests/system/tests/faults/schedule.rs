//! One schedule: files, faults, readers, and what must be true in the end.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::Generation;
use local::Options;
use serde_json::json;
use store::{Snapshot, Status, Store};
use system::{
    chance::Chance,
    events::notification,
    file::Encoding,
    town::{CHIYODA, Dropped, Town, assert_sums, options, scope},
};

use super::{
    faulty::{Faulty, Sower},
    model::{self, ModelFile, Register},
};

const FILES: usize = 3;

/// What happened, summed over schedules.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) faults: u64,
    pub(crate) in_force: u64,
    pub(crate) stale: u64,
    pub(crate) no_change: u64,
    pub(crate) reads: u64,
}

impl Outcome {
    pub(crate) fn add(&mut self, other: &Self) {
        self.faults += other.faults;
        self.in_force += other.in_force;
        self.stale += other.stale;
        self.no_change += other.no_change;
        self.reads += other.reads;
    }
}

pub(crate) async fn run(seed: u64) -> Outcome {
    let mut chance = Chance::new(seed ^ 0x5EED);
    let sower = Arc::new(Mutex::new(Sower::new(seed)));
    let town = town(&sower).await;
    let files: Vec<ModelFile> = (0..FILES).map(|_| ModelFile::of(&mut chance)).collect();
    let reads = Mutex::new(Vec::new());
    let drops = drop_all(&town, &files, &mut chance);
    let dropped = tokio::select! {
        dropped = drops => dropped,
        () = read_on(&town, &reads, Chance::new(!seed)) => unreachable!("a reader never ends"),
    };
    tokio::select! {
        () = town.stack.idle() => {}
        () = read_on(&town, &reads, Chance::new(!seed)) => unreachable!("a reader never ends"),
    }
    let faults = sower.lock().unwrap().sown;
    let mut outcome =
        hold_against_model(&town, &files, &dropped, &reads.into_inner().unwrap()).await;
    outcome.faults = faults;
    outcome
}

async fn town(sower: &Arc<Mutex<Sower>>) -> Town {
    let sower = Arc::clone(sower);
    let town = Town::with(Options {
        // Two or three rows to a chunk.
        parameters: BTreeMap::from([("ChunkBytes".to_owned(), "250".to_owned())]),
        intercept: Some(Arc::new(move |function: &str, client| match function {
            "receive-upload" | "load-chunk" => Faulty::over(client, Arc::clone(&sower)),
            _ => client,
        })),
        ..options()
    })
    .await;
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    town
}

/// Drops the files, tells of some of them again, and sends messages that nobody asked for.
async fn drop_all(town: &Town, files: &[ModelFile], chance: &mut Chance) -> Vec<Dropped> {
    let mut dropped = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let bytes = file
            .to_file()
            .bytes(*chance.of(&[Encoding::Utf8, Encoding::Cp932]));
        let size = bytes.len();
        let at = town.stack.adapters().clock().now();
        let one = town
            .drop_file(CHIYODA, &format!("{number}.csv"), bytes)
            .await;
        if chance.in_thousand(400) {
            let event = notification(&one, size, &at.to_string());
            town.send("uploads", &event, chance.draw() % 120).await;
        }
        if chance.in_thousand(300) {
            let advance = json!({ "kind": "advance", "tenant": CHIYODA });
            town.send("loads", &advance, chance.draw() % 200).await;
        }
        dropped.push(one);
        tokio::time::sleep(Duration::from_millis(
            chance.draw() % *chance.of(&[1, 300, 90_000]),
        ))
        .await;
    }
    repeat_chunks(town, chance).await;
    dropped
}

/// Chunks of files that are known by now are handed out again.
async fn repeat_chunks(town: &Town, chance: &mut Chance) {
    let uploads = town
        .store()
        .uploads(&scope(CHIYODA), 10, None)
        .await
        .unwrap()
        .items;
    for upload in uploads.iter().filter(|upload| upload.chunks > 0) {
        let chunk = chance.draw() % u64::from(upload.chunks);
        let id = upload.id.to_string();
        let message = json!({ "kind": "chunk", "tenant": CHIYODA, "upload": id, "chunk": chunk });
        town.send("loads", &message, chance.draw() % 100).await;
    }
}

/// Reads everybody now and then, for ever.
async fn read_on(town: &Town, reads: &Mutex<Vec<(Generation, Register)>>, mut chance: Chance) {
    let store = town.store();
    loop {
        let longest = *chance.of(&[400, 40_000, 1_000_000]);
        tokio::time::sleep(Duration::from_millis(1 + chance.draw() % longest)).await;
        if let Ok(snapshot) = snapshot(town, &store).await {
            let read = as_register(&snapshot);
            reads.lock().unwrap().push((snapshot.generation, read));
        }
    }
}

async fn snapshot(town: &Town, store: &Store) -> Result<Snapshot, store::StoreError> {
    let (adapters, scope) = (town.stack.adapters(), scope(CHIYODA));
    let tenant = store
        .tenant(&scope)
        .await?
        .expect("the municipality takes part");
    let keys = tenant
        .keys(&scope, &adapters.keys(), adapters.clock().now())
        .await?;
    let tags: Vec<_> = model::numbers()
        .iter()
        .map(|number| keys.resident_tag(number))
        .collect();
    store.residents_by_tag(&scope, &keys, &tags).await
}

fn as_register(snapshot: &Snapshot) -> Register {
    let everybody = snapshot.residents.iter();
    let in_force = everybody.filter(|found| found.status == Status::Registered);
    in_force
        .map(|found| &found.resident.resident)
        .map(|one| (one.number.expose().clone(), one.name.utf8.expose().clone()))
        .collect()
}

async fn hold_against_model(
    town: &Town,
    files: &[ModelFile],
    dropped: &[Dropped],
    reads: &[(Generation, Register)],
) -> Outcome {
    assert!(
        town.dead_letters().is_empty(),
        "nothing is given up: {:?}",
        town.dead_letters()
    );
    let mut outcome = Outcome {
        reads: reads.len() as u64,
        ..Outcome::default()
    };
    let mut by_generation = BTreeMap::new();
    let uploads = town
        .store()
        .uploads(&scope(CHIYODA), 10, None)
        .await
        .unwrap()
        .items;
    for (file, dropped) in files.iter().zip(dropped) {
        let upload = uploads
            .iter()
            .find(|upload| upload.version == dropped.version);
        let id = upload.expect("every dropped file is listed").id.to_string();
        let receipt = town.receipt_of(CHIYODA, &id).await;
        assert_sums(&receipt);
        assert_eq!(receipt["rows"]["in"], file.rows(), "{receipt:#}");
        match receipt["state"].as_str().unwrap() {
            "in_force" => {
                outcome.in_force += 1;
                by_generation.insert(receipt["generation"].as_u64().unwrap(), file);
            }
            "no_change" => outcome.no_change += 1,
            "refused" => {
                assert_eq!(receipt["refusal"]["code"], "STALE", "{receipt:#}");
                outcome.stale += 1;
            }
            other => panic!("a file ended as {other}: {receipt:#}"),
        }
    }
    let numbers: Vec<u64> = by_generation.keys().copied().collect();
    assert!(
        numbers.iter().copied().eq(1..=numbers.len() as u64),
        "no gap: {numbers:?}"
    );
    let mut registers = vec![Register::new()];
    for file in by_generation.values() {
        let mut next = registers.last().unwrap().clone();
        file.apply(&mut next);
        registers.push(next);
    }
    let end = snapshot(town, &town.store()).await.unwrap();
    assert_eq!(end.generation.get(), numbers.len() as u64);
    let reads = reads
        .iter()
        .cloned()
        .chain([(end.generation, as_register(&end))]);
    let mut newest = 0;
    for (generation, read) in reads {
        assert!(generation.get() >= newest, "a reader never goes back");
        newest = generation.get();
        let expected = &registers[usize::try_from(newest).unwrap()];
        assert_eq!(
            &read, expected,
            "what is read is generation {newest}, whole"
        );
    }
    outcome
}
