//! Who dropped a file: kept of what came by a link of the API, whatever becomes of it, and of nothing else.

use std::time::Duration;

use crypto::staff_tag;
use domain::{StaffTag, TenantCode};
use serde_json::{Value, json};
use store::LogEvent;
use system::{
    log::Log,
    town::{CHIYODA, Dropped},
};
use tracing::level_filters::LevelFilter;

use super::bulk::{HEADER, line};
use super::world::{World, person};

const ANNA: &str = "QX-7719-ANNA";
const BERT: &str = "QX-7719-BERT";

fn tag(who: &str) -> StaffTag {
    staff_tag(TenantCode::parse(CHIYODA).unwrap(), who)
}

/// A file of inquiries about one person.
fn file(number: u32) -> String {
    let form = format!("W-{number}");
    HEADER.to_owned() + &line("A-1", &person(number), &form)
}

/// What the API gives somebody of Chiyoda's to be sent along with a file.
async fn mark_of(world: &World, who: &str, kind: &str, name: &str) -> String {
    let token = world.token(CHIYODA, &["register", "inquire"], who);
    let wish = json!({ "kind": kind, "name": name });
    let ticket = world.town.ask("POST", "/uploads", &token, Some(&wish));
    let ticket = ticket.await.json();
    let key = format!("inbox/{CHIYODA}/{kind}/{name}");
    assert_eq!(ticket["key"], key);
    ticket["headers"]["x-amz-meta-by"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Puts a file as a link would (its own test follows one), or as whoever needs none. Its receipt, and how it is
/// listed.
async fn put(
    world: &World,
    kind: &str,
    name: &str,
    text: String,
    mark: Option<&str>,
) -> [Value; 2] {
    tokio::time::sleep(Duration::from_millis(10)).await;
    let key = format!("inbox/{CHIYODA}/{kind}/{name}");
    let put = world.town.s3().put_object().bucket("drop").key(&key);
    let mut put = put.body(text.into_bytes().into());
    if let Some(mark) = mark {
        put = put.metadata("by", mark);
    }
    let version = put.send().await.unwrap().version_id.unwrap();
    world.town.stack.idle().await;
    let mut listed = world.town.uploads(CHIYODA).await.into_iter();
    let listed = listed.find(|it| it["version"] == version.as_str()).unwrap();
    let dropped = Dropped { key, version };
    [world.town.receipt(CHIYODA, &dropped).await, listed]
}

/// Who asked, and who dropped the file that asked, by Chiyoda's log.
async fn asked(world: &World) -> Vec<(StaffTag, Option<StaffTag>)> {
    let log = world.log(CHIYODA).await;
    let asked = log.iter().filter_map(|entry| match &entry.event {
        LogEvent::Asked { by, dropped_by, .. } => Some((*by, *dropped_by)),
        _ => None,
    });
    asked.collect()
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_dropped_by_a_link_says_who_dropped_it_and_so_does_the_log_of_what_it_asked()
 {
    let (log, _guard) = Log::catch(LevelFilter::DEBUG);
    let world = World::new().await;
    let mark = mark_of(&world, ANNA, "inquiries", "one.csv").await;
    let [receipt, listed] = put(&world, "inquiries", "one.csv", file(5), Some(&mark)).await;
    assert_eq!(receipt["rows"]["answered"], 1, "{receipt}");
    let anna = tag(ANNA).to_string();
    assert_eq!(receipt["dropped_by"], anna.as_str());
    assert_eq!(listed["dropped_by"], anna.as_str());
    // It asks in the name of the file, as whoever begins it anew does.
    let own = tag(&format!("file {}", receipt["id"].as_str().unwrap()));
    assert_eq!(asked(&world).await, [(own, Some(tag(ANNA)))]);
    let shown = world.town.get(CHIYODA, "/log").await.json();
    let mut entries = shown["entries"].as_array().unwrap().iter();
    let entry = entries.find(|it| it["kind"] == "asked").unwrap();
    assert_eq!(entry["facts"]["dropped_by"], anna.as_str());

    // Refused whole, without a look into it, it says so as well.
    let mark = mark_of(&world, BERT, "residents", "residents_20310412.csv").await;
    let text = "x\n".to_owned();
    let [receipt, _] = put(
        &world,
        "residents",
        "residents_20310412.csv",
        text,
        Some(&mark),
    )
    .await;
    assert_eq!(receipt["refusal"]["code"], "AS_OF_IN_FUTURE", "{receipt}");
    assert_eq!(receipt["dropped_by"], tag(BERT).to_string());

    // What the issuer of tokens calls them is nowhere.
    let mut said = world.town.items().await.into_values().collect::<Vec<_>>();
    said.extend([log.text(), receipt.to_string(), shown.to_string(), mark]);
    let keys = world.town.whole().await.objects.into_iter();
    said.extend(keys.map(|(_, key, _)| key));
    for who in [ANNA, BERT] {
        let places = said.iter().filter(|it| it.contains(who));
        assert_eq!(places.count(), 0, "{who}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_straight_into_s3_says_of_nobody_that_they_dropped_it_whatever_it_carries() {
    let world = World::new().await;
    let others = mark_of(&world, ANNA, "inquiries", "other.csv").await;
    let berts = mark_of(&world, BERT, "inquiries", "4.csv").await;
    let (anna, proof) = (tag(ANNA).to_string(), &berts[32..]);
    let carried = [
        None,
        Some(anna.clone()),
        Some("anna".to_owned()),
        Some(others),
        Some(format!("{anna}{proof}")),
        Some(format!("{anna}.{}", "A".repeat(22))),
    ];
    for (number, mark) in carried.iter().enumerate() {
        let name = format!("{number}.csv");
        let text = file(5 + u32::try_from(number).unwrap());
        let [receipt, listed] = put(&world, "inquiries", &name, text, mark.as_deref()).await;
        assert_eq!(receipt["rows"]["answered"], 1, "{receipt}");
        assert_eq!(receipt.get("dropped_by"), None, "{mark:?}");
        assert_eq!(listed["dropped_by"], Value::Null, "{mark:?}");
    }
    let asked = asked(&world).await;
    assert_eq!(asked.len(), carried.len());
    assert!(asked.iter().all(|(_, dropped_by)| dropped_by.is_none()));
    let shown = world.town.get(CHIYODA, "/log").await.json();
    assert!(!shown.to_string().contains("dropped_by"));
    // Under its own name, the one that was made for it says whose it is.
    let [receipt, _] = put(&world, "inquiries", "4.csv", file(15), Some(&berts)).await;
    assert_eq!(receipt["dropped_by"], tag(BERT).to_string());
}
