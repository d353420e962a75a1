//! What was spoilt in the tables: it is named, and holds nobody else up.

use crypto::{ResidentTag, Tag};
use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::LogEntry;
use system::{
    file::Row,
    log::Log,
    town::{CHIYODA, SAPPORO, Town},
};
use tracing::level_filters::LevelFilter;
use vrs::{index::Unreadable, logs::Check};

use super::doses::vaccinate;
use super::world::{World, about, person, scope, with};
use crate::recovery::indexing;

const FIRST: &str = "000000000001";

/// Sets the end of Chiyoda's log back to behind this entry.
async fn set_back(town: &Town, last: &LogEntry) {
    let head = json!({
        "pk": { "S": format!("T#{CHIYODA}#LOG") }, "sk": { "S": "HEAD" }, "v": { "N": "1" },
        "next": { "N": (last.seq + 1).to_string() }, "last": { "B": BASE64.encode(&last.hash) },
    });
    town.put(&head).await;
}

/// Writes another fact over one of the first entry of a partition.
pub(super) async fn spoil(town: &Town, pk: &str, fact: &str, text: &str) {
    let items = town.items().await;
    let entry = &items[&(pk.to_owned(), FIRST.to_owned())];
    let mut entry: Value = serde_json::from_str(entry).unwrap();
    assert!(entry["facts"]["M"][fact]["S"].is_string(), "{entry:#}");
    entry["facts"]["M"][fact]["S"] = text.into();
    town.put(&entry).await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_read_is_named_and_hides_no_other() {
    let world = World::new().await;
    for number in [10, 11] {
        let consent = world.consent(number, &format!("F-{number}")).await;
        assert_eq!(world.ask(&about(number, &consent)).await.status, 200);
    }
    let town = &world.town;
    let row = person(10);
    let resident = town.resident(SAPPORO, row.cell("個別宛名番号")).await;
    let resident = resident.unwrap()["id"].as_str().unwrap().to_owned();
    spoil(town, &format!("T#{CHIYODA}#LOG"), "by", "nobody").await;
    spoil(town, &format!("T#{SAPPORO}#LOG"), "kind", "whispered").await;
    let copy = format!("T#{SAPPORO}#ASKED#{resident}");
    spoil(town, &copy, "outcome", "perhaps").await;

    let tenants = [CHIYODA, SAPPORO].map(|code| scope(code).code());
    let check = Check::of(&town.store(), &tenants, Timestamp::MAX).await;
    let check = check.unwrap();
    assert_eq!(check.entries, 6);
    for code in [CHIYODA, SAPPORO] {
        for said in [
            "cannot be read",
            "does not have the hash that is said of it",
        ] {
            let line = format!("{code}: entry 1 {said}");
            assert!(check.wrong.contains(&line), "{line}: {:?}", check.wrong);
        }
    }
    // Of all else, nothing is said but that one side of the first inquiry is missing.
    let others = check.wrong.iter().filter(|it| !it.contains(": entry 1 "));
    assert_eq!(others.count(), 1, "{:?}", check.wrong);

    let mut kinds = Vec::new();
    let mut path = "/log?limit=2".to_owned();
    loop {
        let page = town.get(CHIYODA, &path).await;
        assert_eq!(page.status, 200, "{}", page.json());
        let page = page.json();
        for entry in page["entries"].as_array().unwrap() {
            kinds.push(entry["kind"].as_str().unwrap().to_owned());
            if entry["seq"] == 1 {
                assert_eq!(entry["facts"]["by"], "nobody", "{entry:#}");
            }
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/log?limit=2&after={next}");
    }
    assert_eq!(kinds, ["concluded", "asked", "concluded", "unknown"]);
    let path = format!("/residents/{resident}/inquiries");
    let seen = town.get(SAPPORO, &path).await;
    assert_eq!(seen.status, 200, "{}", seen.json());
    let seen = &seen.json()["inquiries"][0];
    assert_eq!(
        (&seen["outcome"], &seen["asker"]),
        (&json!("unknown"), &json!(CHIYODA))
    );
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_its_resident_is_not_shown_is_named() {
    let world = World::new().await;
    let consent = world.consent(10, "F-1").await;
    assert_eq!(world.ask(&about(10, &consent)).await.status, 200);
    let town = &world.town;
    let tenants = [CHIYODA, SAPPORO].map(|code| scope(code).code());
    let store = town.store();
    let wrong = async || {
        let check = Check::of(&store, &tenants, Timestamp::MAX).await;
        check.unwrap().wrong
    };
    assert!(wrong().await.is_empty());
    let row = person(10);
    let resident = town.resident(SAPPORO, row.cell("個別宛名番号")).await;
    let resident = resident.unwrap()["id"].as_str().unwrap().to_owned();
    let pk = format!("T#{SAPPORO}#ASKED#{resident}");
    town.delete(&pk, FIRST).await;
    let said = "is not shown to the resident whom it is about as it stands in the log";
    assert_eq!(wrong().await, [format!("{SAPPORO}: entry 1 {said}")]);
}

#[tokio::test(start_paused = true)]
async fn a_log_whose_end_is_spoilt_does_not_keep_the_others_from_being_checked() {
    let world = World::new().await;
    let consent = world.consent(10, "F-1").await;
    assert_eq!(world.ask(&about(10, &consent)).await.status, 200);
    let town = &world.town;
    let pk = format!("T#{CHIYODA}#LOG");
    town.put(&json!({ "pk": { "S": pk }, "sk": { "S": "HEAD" }, "v": { "N": "1" } }))
        .await;
    spoil(town, &format!("T#{SAPPORO}#LOG"), "doses", "many").await;
    let tenants = [CHIYODA, SAPPORO].map(|code| scope(code).code());
    let check = Check::of(&town.store(), &tenants, Timestamp::MAX).await;
    let wrong = check.unwrap().wrong;
    for said in [
        format!("{CHIYODA}: the log cannot be read"),
        format!("{SAPPORO}: entry 1 cannot be read"),
    ] {
        let named = wrong.iter().any(|line| line.starts_with(&said));
        assert!(named, "{said}: {wrong:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn entries_behind_an_end_that_was_lost_or_set_back_are_named() {
    let world = World::new().await;
    for number in [10, 11] {
        let consent = world.consent(number, &format!("F-{number}")).await;
        assert_eq!(world.ask(&about(number, &consent)).await.status, 200);
    }
    let town = &world.town;
    let own = [scope(CHIYODA).code()];
    let store = town.store();
    let wrong = async |settled| Check::of(&store, &own, settled).await.unwrap().wrong;
    let entries = world.log(CHIYODA).await;
    assert_eq!(entries.len(), 4, "asked and concluded, twice");
    let said = |first| {
        format!(
            "{CHIYODA}: entry {first} and all up to 4 stand behind the end of the log, which was lost or set back"
        )
    };
    set_back(town, &entries[1]).await;
    assert_eq!(wrong(Timestamp::MAX).await, [said(3)]);
    // What nobody can tell from entries written since is not held against the log.
    assert!(wrong(entries[2].at).await.is_empty());
    town.delete(&format!("T#{CHIYODA}#LOG"), "HEAD").await;
    assert_eq!(wrong(Timestamp::MAX).await, [said(1)]);
}

#[tokio::test(start_paused = true)]
async fn what_was_cut_off_the_end_of_a_log_is_named_by_the_inquiries_beside_it() {
    let world = World::new().await;
    // Of the second one nobody holds records, so no other log tells of it.
    let mut bases = Vec::new();
    for number in [10, 30] {
        bases.push(world.consent(number, &format!("F-{number}")).await);
        let ask = about(number, &bases[bases.len() - 1]);
        assert_eq!(world.ask(&ask).await.status, 200);
    }
    let town = &world.town;
    let store = town.store();
    let tenants = [CHIYODA, SAPPORO].map(|code| scope(code).code());
    let check = async || Check::of(&store, &tenants, Timestamp::MAX).await.unwrap();
    let entries = world.log(CHIYODA).await;
    let [first, .., last] = &entries[..] else {
        panic!("asked and concluded, twice");
    };
    let sound = check().await;
    assert_eq!(sound.wrong, Vec::<String>::new());
    let end = sound.ends[&tenants[0]];
    assert_eq!((end.next, end.last), (5, last.hash));

    let said = |entry: &LogEntry, what: &str| {
        let inquiry = entry.event.inquiry().unwrap();
        [format!("inquiry {inquiry} of {CHIYODA}: {what}")]
    };
    let log = format!("T#{CHIYODA}#LOG");
    town.delete(&log, "000000000004").await;
    set_back(town, &entries[2]).await;
    let not_said = "answered, which the asker's log does not say";
    assert_eq!(check().await.wrong, said(last, not_said));
    town.delete(&log, "000000000003").await;
    set_back(town, &entries[1]).await;
    let basis = &bases[1];
    let not_said = format!("asked on basis {basis}, which the asker's log does not say");
    assert_eq!(check().await.wrong, said(last, &not_said));
    // Whoever takes that away too is seen in nothing but an end that was kept elsewhere.
    let inquiries = format!("T#{CHIYODA}#Q");
    let id = |entry: &LogEntry| entry.event.inquiry().unwrap().to_string();
    town.delete(&inquiries, &id(last)).await;
    let cut = check().await;
    assert_eq!(cut.wrong, Vec::<String>::new());
    assert_eq!(cut.ends[&tenants[0]].next, 3);
    town.delete(&inquiries, &id(first)).await;
    let gone = "asked by the asker's log, and not among its inquiries";
    assert_eq!(check().await.wrong, said(first, gone));
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_that_cannot_be_read_does_not_keep_its_log_from_being_checked() {
    let world = World::new().await;
    let consent = world.consent(10, "F-1").await;
    assert_eq!(world.ask(&about(10, &consent)).await.status, 200);
    let town = &world.town;
    let id = world.log(CHIYODA).await[0].event.inquiry().unwrap();
    let pk = format!("T#{CHIYODA}#Q");
    town.put(&json!({ "pk": { "S": pk }, "sk": { "S": id.to_string() }, "v": { "N": "1" } }))
        .await;
    let tenants = [CHIYODA, SAPPORO].map(|code| scope(code).code());
    let check = Check::of(&town.store(), &tenants, Timestamp::MAX).await;
    let check = check.unwrap();
    let said = format!("{CHIYODA}: the inquiries beside the log cannot all be read: consent");
    assert_eq!((check.entries, check.wrong), (3, vec![said]));
}

#[tokio::test(start_paused = true)]
async fn a_basis_that_is_made_to_serve_twice_is_named() {
    let world = World::new().await;
    let consent = world.consent(10, "F-1").await;
    let ask = about(10, &consent);
    assert_eq!(world.ask(&ask).await.status, 200);
    let town = &world.town;
    let items = town.items().await;
    let key = (format!("T#{CHIYODA}#CONSENT"), consent.clone());
    let mut basis: Value = serde_json::from_str(&items[&key]).unwrap();
    assert_eq!(basis["stage"]["S"], "answered", "{basis:#}");
    basis["stage"]["S"] = "granted".into();
    town.put(&basis).await;
    assert_eq!(world.ask(&ask).await.status, 200);
    let inquiries = world.log(CHIYODA).await.into_iter();
    let inquiries: Vec<_> = inquiries.filter_map(|it| it.event.inquiry()).collect();
    let second = inquiries.last().unwrap();
    assert_ne!(&inquiries[0], second);
    let tenants = [CHIYODA, SAPPORO].map(|code| scope(code).code());
    let check = Check::of(&town.store(), &tenants, Timestamp::MAX).await;
    let said = format!("{CHIYODA}: entry 1 asks on basis {consent}, as inquiry {second} does");
    assert_eq!(check.unwrap().wrong, [said]);
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_the_index_that_does_not_open_uses_nothing_up() {
    for sealed in [Some("AAAA"), None] {
        an_index_entry_is_spoilt(sealed).await;
    }
}

/// The one entry that leads to a person.
async fn index_entry(town: &Town, row: &Row) -> Value {
    let number = domain::MyNumber::parse(row.cell("個人番号").as_bytes()).unwrap();
    let tags = town.stack.adapters().person_tags().unwrap();
    let tag = tags.tag(number).await.unwrap().text();
    let entries = town.holders().await;
    let mut entries = entries.into_iter().filter(|((pk, _), _)| *pk == tag);
    let (_, entry) = entries.next().unwrap();
    assert!(entries.next().is_none(), "Sapporo alone holds them");
    serde_json::from_str(&entry).unwrap()
}

async fn put_in_index(town: &Town, entry: &Value) {
    let put = json!({ "TableName": "holders", "Item": entry }).to_string();
    let services = town.stack.services();
    let put = services.call_json("DynamoDB_20120810.PutItem", put.into());
    assert_eq!(put.await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_the_index_whose_key_cannot_be_read_is_passed_over() {
    let world = World::new().await;
    let (log, _guard) = Log::catch(LevelFilter::ERROR);
    let town = &world.town;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let mut entry = index_entry(town, &person(10)).await;
    let name = entry["sk"]["S"].as_str().unwrap().to_owned();
    let (_, name) = name.split_once('#').unwrap();
    for key in [format!("{SAPPORO}#0"), format!("nowhere#{name}")] {
        entry["sk"]["S"] = key.into();
        put_in_index(town, &entry).await;
    }
    let answer = world.ask(&about(10, &world.consent(10, "F-1").await)).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(answer.json()["doses"][0]["lot"], "EP2163");
    let text = log.text();
    let lines: Vec<_> = text
        .lines()
        .filter(|it| it.contains("cannot be read and is passed over"))
        .collect();
    assert_eq!(lines.len(), 2, "{text}");
    let named = lines.iter().filter(|it| it.contains(SAPPORO));
    assert_eq!(named.count(), 1, "{lines:?}");
    assert_eq!(text.matches("\"holder_entries_unreadable\":1").count(), 2);
    let now = town.stack.adapters().clock().now();
    let indexing = indexing(town);
    let rebuilt = indexing.rebuild(scope(SAPPORO).code(), true, now).await;
    let rebuilt = rebuilt.unwrap();
    assert!(rebuilt.is_right() && rebuilt.right == 20, "{rebuilt:?}");
}

/// What it holds is replaced, or taken out.
async fn an_index_entry_is_spoilt(sealed: Option<&str>) {
    let world = World::new().await;
    let (log, _guard) = Log::catch(LevelFilter::ERROR);
    let town = &world.town;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let mut entry = index_entry(town, &person(10)).await;
    match sealed {
        Some(sealed) => entry["sealed"] = json!({ "B": sealed }),
        None => assert!(entry.as_object_mut().unwrap().remove("sealed").is_some()),
    }
    put_in_index(town, &entry).await;

    let ask = about(10, &world.consent(10, "F-1").await);
    let failed = world.ask(&ask).await;
    let told = failed.json();
    assert_eq!((failed.status, &told["code"]), (500, &json!("INTERNAL")));
    let text = log.text();
    let mut lines = text.lines();
    let line = lines.find(|it| it.contains("HOLDER_CANNOT_ANSWER"));
    let line = line.unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains(SAPPORO) && line.contains("index"), "{line}");
    assert!(world.log(SAPPORO).await.is_empty());

    let now = town.stack.adapters().clock().now();
    let indexing = indexing(town);
    let rebuilt = indexing.rebuild(scope(SAPPORO).code(), false, now).await;
    let rebuilt = rebuilt.unwrap();
    assert_eq!((rebuilt.missing, rebuilt.wrong), (0, 1));
    let again = with(&ask, "inquiry", told["inquiry"].clone());
    assert_eq!(world.ask(&again).await.json()["doses"][0]["lot"], "EP2163");
}

#[tokio::test(start_paused = true)]
async fn a_basis_that_cannot_be_read_hides_no_inquiry() {
    let world = World::new().await;
    let town = &world.town;
    let consents = [
        world.consent(10, "F-1").await,
        world.consent(11, "F-2").await,
    ];
    for (number, consent) in (10..).zip(&consents) {
        let mut entry = index_entry(town, &person(number)).await;
        entry["sealed"] = json!({ "B": "AAAA" });
        put_in_index(town, &entry).await;
        assert_eq!(world.ask(&about(number, consent)).await.status, 500);
    }
    let state = |listed: &Value, consent: &str| {
        let all = listed["inquiries"].as_array().unwrap();
        let found = all.iter().find(|it| it["consent"] == consent);
        found.unwrap()["state"].clone()
    };
    assert_eq!(world.revoke(&consents[1]).await.status, 200);
    let key = (format!("T#{CHIYODA}#CONSENT"), consents[0].clone());
    let mut consent: Value = serde_json::from_str(&town.items().await[&key]).unwrap();
    consent["state"] = json!({ "S": "?" });
    town.put(&consent).await;
    let listed = town.get(CHIYODA, "/inquiries").await;
    assert_eq!(listed.status, 200, "{}", listed.json());
    let listed = listed.json();
    assert_eq!(state(&listed, &consents[0]), "claimed");
    assert_eq!(state(&listed, &consents[1]), "revoked");
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_the_index_that_leads_nowhere_is_found_and_taken_out() {
    let world = World::new().await;
    let town = &world.town;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let before = town.holders().await;
    let mut entry = index_entry(town, &person(10)).await;
    let sealed = entry["sealed"]["B"].as_str().unwrap();
    let mut of_no_key = BASE64.decode(sealed.as_bytes()).unwrap();
    of_no_key[1] = 200;
    let of_no_key = json!({ "B": BASE64.encode(&of_no_key) });
    // Under other names: garbage, nothing, no bytes, the entry of another name, one of a key that is not there.
    let spoilt = [
        Some(json!({ "B": "AAAA" })),
        None,
        Some(json!({ "S": "AAAA" })),
        Some(entry["sealed"].clone()),
        Some(of_no_key),
    ];
    for (byte, sealed) in (1..).zip(spoilt) {
        entry["sk"]["S"] = format!("{SAPPORO}#{}", Tag::from_bytes([byte; 16])).into();
        let fields = entry.as_object_mut().unwrap();
        match sealed {
            Some(sealed) => fields.insert("sealed".to_owned(), sealed),
            None => fields.remove("sealed"),
        };
        put_in_index(town, &entry).await;
    }
    let ask = about(10, &world.consent(10, "F-1").await);
    let failed = world.ask(&ask).await;
    assert_eq!(failed.status, 500, "{}", failed.json());

    let spoilt = town.holders().await;
    assert_eq!(spoilt.len(), before.len() + 5);
    let indexing = indexing(town);
    let sapporo = scope(SAPPORO).code();
    for only_look in [true, false] {
        assert_eq!(town.holders().await, spoilt);
        let now = town.stack.adapters().clock().now();
        let found = indexing.rebuild(sapporo, only_look, now).await.unwrap();
        assert_eq!((found.right, found.missing, found.wrong), (20, 0, 5));
    }
    assert_eq!(town.holders().await, before);
    let again = with(&ask, "inquiry", failed.json()["inquiry"].clone());
    assert_eq!(world.ask(&again).await.json()["doses"][0]["lot"], "EP2163");
}

#[tokio::test(start_paused = true)]
async fn a_record_that_does_not_open_is_named_and_keeps_nobody_else_from_the_index() {
    let world = World::new().await;
    let town = &world.town;
    let number = person(10).cell("個別宛名番号").to_owned();
    let found = town.resident(SAPPORO, &number).await.unwrap();
    let resident = ResidentTag::parse(found["id"].as_str().unwrap()).unwrap();
    let key = (format!("T#{SAPPORO}#R#{resident}"), "P".to_owned());
    let mut damaged: Value = serde_json::from_str(&town.items().await[&key]).unwrap();
    damaged["newest"]["M"]["m"] = json!({ "B": "AAAA" });
    town.put(&damaged).await;

    let (indexing, tenant) = (indexing(town), scope(SAPPORO).code());
    let now = town.stack.adapters().clock().now();
    let compared = indexing.rebuild(tenant, false, now).await.unwrap();
    assert_eq!((compared.residents, compared.right), (20, 19));
    assert!(compared.is_right(), "{compared:?}");
    let unreadable = Unreadable {
        tenant,
        resident,
        what: "sealed resident",
    };
    assert_eq!(compared.unreadable, [unreadable]);
}

#[tokio::test(start_paused = true)]
async fn a_time_of_entering_that_was_changed_hides_nothing_of_a_log_that_is_older() {
    let world = World::new().await;
    for number in [10, 11] {
        let consent = world.consent(number, &format!("F-{number}")).await;
        assert_eq!(world.ask(&about(number, &consent)).await.status, 200);
    }
    let town = &world.town;
    let entries = world.log(CHIYODA).await;
    let cut = entries[3].event.inquiry().unwrap();
    for number in ["000000000003", "000000000004"] {
        town.delete(&format!("T#{CHIYODA}#LOG"), number).await;
    }
    set_back(town, &entries[1]).await;
    town.delete(&format!("T#{CHIYODA}#Q"), &cut.to_string())
        .await;
    let key = (format!("T#{CHIYODA}#TENANT"), "SETTINGS".to_owned());
    let mut settings: Value = serde_json::from_str(&town.items().await[&key]).unwrap();
    // The last time there is has no milliseconds.
    let late = (Timestamp::MAX - SignedDuration::from_secs(1))
        .as_millisecond()
        .to_string();
    settings["entered_at"] = json!({ "N": late });
    town.put(&settings).await;
    let tenants = [CHIYODA, SAPPORO].map(|code| scope(code).code());
    let check = Check::of(&town.store(), &tenants, Timestamp::MAX).await;
    let said = format!("inquiry {cut} of {CHIYODA}: answered or concluded, and not asked by it");
    assert_eq!(check.unwrap().wrong, [said]);
}
