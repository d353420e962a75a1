//! A municipality that leaves: nothing of it is left, and nothing of anybody else's is touched.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use system::{
    file::{Encoding, File},
    town::{CHIYODA, SAPPORO},
    whole::Whole,
};
use vrs::{
    erase::{Erased, Erasing, Places},
    logs::Check,
};

use crate::inquiries::{
    doses::vaccinate,
    world::{World, about, person, scope},
};

fn places() -> Places {
    let name = str::to_owned;
    Places {
        records: name("records"),
        holders: name("holders"),
        drop: name("drop"),
        work: name("work"),
    }
}

/// Sapporo asks about somebody whom Chiyoda knows.
async fn ask_of_chiyoda(world: &World) {
    let token = world.token(SAPPORO, &["inquire"], "anna");
    let post = async |path: &str, body: &Value| {
        let answer = world.town.ask("POST", path, &token, Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        answer.json()
    };
    let consent = post("/consents", &world.form(1, "F-9")).await;
    let ask = about(1, consent["id"].as_str().unwrap());
    assert_eq!(post("/inquiries", &ask).await["doses"], json!([]));
}

/// What is there but for what is under a municipality's name.
fn without(whole: Whole, code: &str) -> Whole {
    let (partition, folder) = (format!("T#{code}#"), format!("/{code}/"));
    let items = whole.items.into_iter();
    let objects = whole.objects.into_iter();
    Whole {
        items: items
            .filter(|(key, _)| !key.0.starts_with(&partition))
            .collect(),
        objects: objects
            .filter(|(_, key, _)| !key.contains(&folder))
            .collect(),
        messages: whole.messages,
    }
}

#[tokio::test(start_paused = true)]
async fn a_municipality_that_leaves_leaves_nothing_and_takes_nothing_of_others_with_it() {
    let world = World::new().await;
    let town = &world.town;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let ask = about(10, &world.consent(10, "F-1").await);
    assert_eq!(world.ask(&ask).await.json()["doses"][0]["lot"], "EP2163");
    ask_of_chiyoda(&world).await;
    let asked = town.post(SAPPORO, "/exports", Some(&json!({}))).await;
    assert_eq!(asked.status, 200);
    town.stack.idle().await;
    let before = town.whole().await;
    let kept = without(before.clone(), SAPPORO);
    let own_entries = |entries: BTreeMap<(String, String), String>| {
        let entries = entries.into_keys();
        entries
            .filter(|key| !key.1.starts_with(SAPPORO))
            .collect::<Vec<_>>()
    };
    let entries = own_entries(town.holders().await);
    let gone = Erased {
        items: (before.items.len() - kept.items.len()) as u64,
        entries: town.holders().await.len() as u64 - entries.len() as u64,
        versions: (before.objects.len() - kept.objects.len()) as u64,
    };
    assert!(
        gone.items > 60 && gone.entries == 20 && gone.versions > 5,
        "{gone:?}"
    );

    let config = town.stack.sdk_config();
    let erasing = Erasing::new(&config, town.s3().clone(), places());
    let sapporo = scope(SAPPORO).code();
    let erased = erasing.erase(sapporo).await.unwrap();
    town.stack.idle().await;
    assert_eq!(town.whole().await, kept);
    assert_eq!(erased, gone);
    assert_eq!(own_entries(town.holders().await), entries);
    assert_eq!(town.holders().await.len(), entries.len());
    assert_eq!(town.dead_letters(), BTreeMap::new());
    assert_eq!(erasing.erase(sapporo).await.unwrap(), Erased::default());

    // Its staff are told so; whoever asks about its people is told what others hold.
    let theirs = town.get(SAPPORO, "/uploads").await;
    assert_eq!(theirs.json()["code"], "TENANT_NOT_ENROLLED");
    let again = about(10, &world.consent(10, "F-2").await);
    assert_eq!(world.ask(&again).await.json()["doses"], json!([]));

    // What others' logs have of it is sound still, and has no other side.
    let chiyoda = [scope(CHIYODA).code()];
    let check = Check::of(&town.store(), &chiyoda, Timestamp::MAX).await;
    let check = check.unwrap();
    assert_eq!((check.entries, check.wrong), (5, Vec::<String>::new()));
    assert_eq!(check.left, BTreeMap::from([(sapporo, 2)]));

    // Nor has it when it enters anew; what it is asked from then on has.
    world.wait(3_600);
    town.enrol(SAPPORO).await;
    let both = [chiyoda[0], sapporo];
    let check = Check::of(&town.store(), &both, Timestamp::MAX).await;
    let check = check.unwrap();
    assert_eq!((check.entries, check.wrong), (5, Vec::<String>::new()));
    assert_eq!(check.left, BTreeMap::from([(sapporo, 2)]));
    ask_of_chiyoda(&world).await;
    let check = Check::of(&town.store(), &both, Timestamp::MAX).await;
    let check = check.unwrap();
    assert_eq!((check.entries, check.wrong), (8, Vec::<String>::new()));
    assert_eq!(check.left, BTreeMap::from([(sapporo, 2)]));
}

/// The functions keep keys for a while, and these are gone: whatever was sealed under them could not be opened any more.
#[tokio::test(start_paused = true)]
async fn who_enters_anew_at_once_is_sealed_under_their_new_key() {
    let world = World::new().await;
    let town = &world.town;
    let erasing = Erasing::new(&town.stack.sdk_config(), town.s3().clone(), places());
    erasing.erase(scope(SAPPORO).code()).await.unwrap();
    town.stack.idle().await;
    town.enrol(SAPPORO).await;
    let row = person(10);
    let file = File::new([row.clone()]).bytes(Encoding::Utf8);
    town.take_in(SAPPORO, "anew.csv", file).await;
    assert_eq!(town.holders().await.len(), 4);
    assert_eq!(town.dead_letters(), BTreeMap::new());
    world.wait(3_600);
    let resident = town.resident(SAPPORO, row.cell("個別宛名番号")).await;
    assert_eq!(resident.unwrap()["removed"], false);
}
