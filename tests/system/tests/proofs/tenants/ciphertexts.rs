//! A sealed value opens only at its own place: tenant, table, row, attribute, generation.

use crypto::WrappedKey;
use data_encoding::BASE64;
use jiff::SignedDuration;
use serde_json::{Value, json};
use system::{
    file::{Encoding, File, Row},
    log::Log,
    town::{CHIYODA, SAPPORO, Town, scope},
};
use tracing::level_filters::LevelFilter;

/// A person's item in the table, and where it is.
struct Held {
    row: Row,
    id: String,
    item: Value,
}

impl Held {
    async fn of(town: &Town, code: &str, row: Row) -> Self {
        let found = town.resident(code, row.cell("個別宛名番号")).await.unwrap();
        let id = found["id"].as_str().unwrap().to_owned();
        let items = town.items().await;
        let item = &items[&(format!("T#{code}#R#{id}"), "P".to_owned())];
        let item = serde_json::from_str(item).unwrap();
        Self { row, id, item }
    }

    fn cells(&self) -> impl Iterator<Item = &str> {
        ["個別宛名番号", "券番号", "個人番号", "氏名", "氏名カナ"]
            .into_iter()
            .map(|column| self.row.cell(column))
    }
}

/// Two residents of Chiyoda and one of Sapporo, each with two generations.
async fn town() -> (Town, [Held; 3]) {
    let town = Town::start().await;
    for (code, name) in [
        (CHIYODA, "山"),
        (SAPPORO, "山"),
        (CHIYODA, "川"),
        (SAPPORO, "川"),
    ] {
        let row = |number| {
            let row = Row::of(number).with("自治体コード", code);
            let full = format!("{name}{}", row.cell("氏名"));
            row.with("氏名", &full)
        };
        let file = File::new((1..4).map(row)).bytes(Encoding::Utf8);
        let receipt = town.take_in(code, &format!("{name}.csv"), file).await;
        assert_eq!(receipt["state"], "in_force");
    }
    let held = [
        Held::of(&town, CHIYODA, Row::of(1)).await,
        Held::of(&town, CHIYODA, Row::of(2)).await,
        Held::of(&town, SAPPORO, Row::of(1)).await,
    ];
    (town, held)
}

fn slot<'a>(item: &'a Value, slot: &str, attribute: &str) -> &'a Value {
    &item[slot]["M"][attribute]
}

fn set(item: &mut Value, slot: &str, attribute: &str, to: &Value) {
    item[slot]["M"][attribute] = to.clone();
}

/// The item of the first with something moved into it, by what was done.
fn moves([mine, other, theirs]: &[Held; 3]) -> Vec<(&'static str, Value)> {
    let mut moved = Vec::new();
    let mut with = |what, change: &dyn Fn(&mut Value)| {
        let mut item = mine.item.clone();
        change(&mut item);
        assert_ne!(item, mine.item, "{what}");
        moved.push((what, item));
    };
    let from = |held: &Held, of: &str, attribute: &str| slot(&held.item, of, attribute).clone();
    with("the profile of another row", &|item| {
        set(item, "newest", "p", &from(other, "newest", "p"));
    });
    with("the My Number of another row", &|item| {
        set(item, "newest", "m", &from(other, "newest", "m"));
    });
    with("the My Number where the profile belongs", &|item| {
        set(item, "newest", "p", &from(mine, "newest", "m"));
    });
    with("the profile where the My Number belongs", &|item| {
        set(item, "newest", "m", &from(mine, "newest", "p"));
    });
    with("another municipality's profile", &|item| {
        set(item, "newest", "p", &from(theirs, "newest", "p"));
    });
    with("another municipality's whole slot", &|item| {
        item["newest"] = theirs.item["newest"].clone();
    });
    with("another row's whole slot", &|item| {
        item["newest"] = other.item["newest"].clone();
    });
    with("the profile of the generation before", &|item| {
        set(item, "newest", "p", &from(mine, "older", "p"));
    });
    with("a slot under another generation's number", &|item| {
        set(item, "newest", "g", &from(mine, "older", "g"));
    });
    with("a profile without its last byte", &|item| {
        let bytes = from(mine, "newest", "p");
        let mut bytes = data_encoding::BASE64
            .decode(bytes["B"].as_str().unwrap().as_bytes())
            .unwrap();
        bytes.pop();
        set(
            item,
            "newest",
            "p",
            &json!({ "B": data_encoding::BASE64.encode(&bytes) }),
        );
    });
    moved
}

#[tokio::test(start_paused = true)]
async fn a_ciphertext_that_was_moved_does_not_open_and_tells_nothing() {
    let (town, held) = town().await;
    let (log, _caught) = Log::catch(LevelFilter::DEBUG);
    let path = format!("/residents/{}", held[0].id);
    let by_number = json!({ "number": held[0].row.cell("個別宛名番号") });
    for (count, (what, item)) in moves(&held).into_iter().enumerate() {
        town.put(&item).await;
        let read = town.get(CHIYODA, &path).await;
        let found = town
            .post(CHIYODA, "/residents/search", Some(&by_number))
            .await;
        for answer in [read, found] {
            assert_eq!(answer.status, 500, "{what}: {}", answer.json());
            assert_eq!(answer.json()["code"], "INTERNAL", "{what}");
            let text = answer.json().to_string();
            for cell in held.iter().flat_map(Held::cells) {
                assert!(!text.contains(cell), "{what}: {text}");
            }
        }
        let damaged = log.text().matches("a stored item is damaged").count();
        assert_eq!(damaged, 2 * (count + 1), "{what} is logged");
    }
    for cell in held.iter().flat_map(Held::cells) {
        assert!(!log.text().contains(cell), "{}", log.text());
    }
    town.put(&held[0].item).await;
    assert_eq!(
        town.get(CHIYODA, &path).await.status,
        200,
        "at its place it opens"
    );
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_copied_under_another_key_does_not_open() {
    let (town, [mine, other, theirs]) = town().await;
    for (from, code, to) in [
        (&other, CHIYODA, &mine.id),
        (&theirs, CHIYODA, &mine.id),
        (&mine, SAPPORO, &theirs.id),
        // Under its own tag, but in the other municipality's area.
        (&theirs, CHIYODA, &theirs.id),
    ] {
        let mut item = from.item.clone();
        item["pk"] = json!({ "S": format!("T#{code}#R#{to}") });
        town.put(&item).await;
        let answer = town.get(code, &format!("/residents/{to}")).await;
        assert_eq!(answer.status, 500, "{code}");
        assert_eq!(answer.json()["code"], "INTERNAL", "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrapped_key_that_was_moved_to_another_municipality_does_not_unwrap() {
    let town = Town::start().await;
    let key = |code: &str| (format!("T#{code}#TENANT"), "KEY#001".to_owned());
    let items = town.items().await;
    let mut theirs: Value = serde_json::from_str(&items[&key(SAPPORO)]).unwrap();
    theirs["pk"] = json!({ "S": key(CHIYODA).0 });
    town.put(&theirs).await;
    let by = json!({ "number": "A-000001" });
    let answer = town.post(CHIYODA, "/residents/search", Some(&by)).await;
    assert_eq!(answer.status, 500, "{}", answer.json());
    let own = town.post(SAPPORO, "/residents/search", Some(&by)).await;
    assert_eq!(own.status, 200, "where it belongs it unwraps");
}

/// So long the right to decrypt goes on after it was taken away.
#[tokio::test(start_paused = true)]
async fn unwrapped_keys_are_kept_for_their_municipality_and_less_than_a_quarter_of_an_hour() {
    let town = Town::start().await;
    let (adapters, store) = (town.stack.adapters(), town.store());
    let [ours, theirs] = [CHIYODA, SAPPORO].map(scope);
    let (ring, now) = (adapters.keys(), adapters.clock().now());
    let wrapped = wrapped_key(&town, CHIYODA).await;
    let tenant = store.tenant(&ours).await.unwrap().unwrap();
    tenant.keys(&ours, &ring, now).await.unwrap();
    let end = now + SignedDuration::from_mins(15);
    let last = end - SignedDuration::from_millis(1);
    let kept = ring.kept(ours.code(), &wrapped, last).unwrap();
    assert_eq!(kept.tenant(), ours.code());
    assert!(ring.kept(ours.code(), &wrapped, end).is_none());
    assert!(ring.kept(theirs.code(), &wrapped, last).is_none());
    // It entered anew since: its keys are others.
    let anew = wrapped_key(&town, SAPPORO).await;
    assert!(ring.kept(ours.code(), &anew, last).is_none());
}

async fn wrapped_key(town: &Town, code: &str) -> [WrappedKey; 1] {
    let items = town.items().await;
    let item = &items[&(format!("T#{code}#TENANT"), "KEY#001".to_owned())];
    let item: Value = serde_json::from_str(item).unwrap();
    let blob = item["wrapped_key"]["B"].as_str().unwrap();
    let blob = BASE64.decode(blob.as_bytes()).unwrap();
    [WrappedKey { version: 1, blob }]
}
