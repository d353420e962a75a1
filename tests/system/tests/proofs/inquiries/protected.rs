//! Who asked about somebody protected is where they went: whoever may decide about it knows, and nobody else.

use std::collections::HashSet;

use crypto::ResidentTag;
use domain::{StaffTag, TenantCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::Releasing;
use system::{
    file::{Encoding, File},
    town::{CHIYODA, SAPPORO},
};
use vrs::logs::Check;

use super::doses::vaccinate;
use super::numbers::{gone, take_in};
use super::spoilt::spoil;
use super::world::{World, about, person, scope, with};

/// Everything but the role to approve.
const NOT_APPROVE: [&[&str]; 2] = [&["read"], &["read", "register", "doses", "inquire"]];

async fn resident(world: &World, number: u32) -> String {
    let row = person(number);
    let resident = world.town.resident(SAPPORO, row.cell("個別宛名番号")).await;
    resident.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Chiyoda asks on a form of its own; the id of its inquiry.
async fn ask(world: &World, number: u32, form: &str) -> String {
    let consent = world.consent(number, form).await;
    let answer = world.ask(&about(number, &consent)).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// A list of Sapporo's as somebody with these roles is given it, and as it is written.
async fn seen(world: &World, roles: &[&str], path: &str, list: &str) -> (Vec<Value>, String) {
    let token = world.token(SAPPORO, roles, "anna");
    let answer = world.town.ask("GET", path, &token, None).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let text = std::str::from_utf8(&answer.bytes).unwrap().to_owned();
    (answer.json()[list].as_array().unwrap().clone(), text)
}

/// Neither its code nor its name, nor what it calls its inquiries.
fn names_chiyoda(text: &str, inquiries: &[&str]) -> bool {
    let names = [CHIYODA, "千代田"];
    names
        .iter()
        .chain(inquiries)
        .any(|name| text.contains(*name))
}

fn each<'a>(entries: &'a [Value], name: &str) -> Vec<&'a Value> {
    entries.iter().map(|entry| &entry[name]).collect()
}

/// One that was held back and released, and one that was given thereupon.
async fn held_and_released(world: &World) -> [String; 2] {
    vaccinate(world, SAPPORO, &person(19), &[(1, "20210407", "EP2163")]).await;
    let held = ask(world, 19, "F-1").await;
    let path = format!(
        "/residents/{}/inquiries/{held}/release",
        resident(world, 19).await
    );
    let token = world.token(SAPPORO, &["approve"], "boss");
    let released = world.town.ask("POST", &path, &token, None).await;
    assert_eq!(released.status, 200, "{}", released.json());
    [held, ask(world, 19, "F-2").await]
}

#[tokio::test(start_paused = true)]
async fn who_asked_about_somebody_protected_is_shown_to_whoever_may_approve() {
    let world = World::new().await;
    let [held, given] = held_and_released(&world).await;
    // Their number, and another birth date.
    let form = with(&world.form(19, "F-3"), "birth_date", "1990-02-03");
    let consent = world.record(&form).await;
    let wrong = with(&about(19, &consent), "birth_date", "1990-02-03");
    let wrong = world.ask(&wrong).await.json()["id"].take();
    let wrong = wrong.as_str().unwrap();
    let ids = [wrong, given.as_str(), held.as_str()];
    let path = format!("/residents/{}/inquiries", resident(&world, 19).await);
    for roles in NOT_APPROVE {
        let (inquiries, text) = seen(&world, roles, &path, "inquiries").await;
        assert_eq!(each(&inquiries, "outcome"), ["no_match", "given", "held"]);
        for name in ["inquiry", "asker", "asker_name"] {
            assert_eq!(each(&inquiries, name), [&Value::Null; 3], "{name}");
        }
        assert!(!names_chiyoda(&text, &ids), "{text}");
    }
    let (inquiries, _) = seen(&world, &["read", "approve"], &path, "inquiries").await;
    assert_eq!(each(&inquiries, "outcome"), ["no_match", "given", "held"]);
    assert_eq!(each(&inquiries, "inquiry"), ids);
    assert_eq!(each(&inquiries, "asker"), [CHIYODA; 3]);
    assert_eq!(each(&inquiries, "asker_name"), ["東京都千代田区"; 3]);
    // Of anybody else, whoever may look them up is shown it.
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let other = ask(&world, 10, "F-4").await;
    let path = format!("/residents/{}/inquiries", resident(&world, 10).await);
    let (inquiries, _) = seen(&world, &["read"], &path, "inquiries").await;
    assert_eq!(each(&inquiries, "inquiry"), [&other]);
    assert_eq!(each(&inquiries, "asker"), [CHIYODA]);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_held_back_who_asked_is_not_told_either() {
    let world = World::new().await;
    world
        .town
        .set(SAPPORO, |settings| settings.hold_protected = false)
        .await;
    vaccinate(&world, SAPPORO, &person(19), &[(1, "20210407", "EP2163")]).await;
    let given = ask(&world, 19, "F-1").await;
    let path = format!("/residents/{}/inquiries", resident(&world, 19).await);
    let (inquiries, text) = seen(&world, &["read"], &path, "inquiries").await;
    assert_eq!(each(&inquiries, "outcome"), ["given"]);
    assert!(!names_chiyoda(&text, &[&given]), "{text}");
    let (entries, text) = seen(&world, &["inquire"], "/log", "entries").await;
    assert_eq!(each(&entries, "kind"), ["withheld"]);
    assert!(!names_chiyoda(&text, &[&given]), "{text}");
}

/// The log is one chain for everybody, and what it says of protected people is for whoever may approve.
#[tokio::test(start_paused = true)]
async fn in_the_log_only_the_place_of_such_an_entry_is_shown() {
    let world = World::new().await;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let other = ask(&world, 10, "F-0").await;
    let [held, given] = held_and_released(&world).await;
    let (all, _) = seen(&world, &["approve"], "/log", "entries").await;
    assert_eq!(
        each(&all, "kind"),
        ["answered", "released", "answered", "answered"]
    );
    let protected: Vec<_> = all.iter().map(|it| &it["facts"]["protected"]).collect();
    assert_eq!(
        protected,
        [&json!("yes"), &Value::Null, &json!("yes"), &Value::Null]
    );

    let (shown, text) = seen(&world, &["inquire"], "/log", "entries").await;
    assert_eq!(
        each(&shown, "kind"),
        ["withheld", "withheld", "withheld", "answered"]
    );
    for (entry, whole) in shown.iter().zip(&all) {
        for name in ["seq", "at", "before", "hash"] {
            assert_eq!(entry[name], whole[name], "{name}");
        }
    }
    assert_eq!(each(&shown[..3], "facts"), [&json!({}); 3]);
    assert_eq!(shown[3], all[3], "who is not protected");
    assert_eq!(shown[3]["facts"]["inquiry"], other.as_str());
    for id in [&held, &given] {
        assert!(!text.contains(id.as_str()), "{text}");
    }
    let tenants = [CHIYODA, SAPPORO].map(|code| scope(code).code());
    let check = Check::of(&world.town.store(), &tenants, Timestamp::MAX).await;
    assert_eq!(check.unwrap().wrong, Vec::<String>::new());
}

/// What Sapporo's people may see of an inquiry about person 10: of whom it is listed, and in the log.
async fn is_told(world: &World, id: &str, resident: &str) -> [bool; 2] {
    let path = format!("/residents/{resident}/inquiries");
    let mut told = [true; 2];
    for roles in NOT_APPROVE {
        let (inquiries, text) = seen(world, roles, &path, "inquiries").await;
        assert_eq!(each(&inquiries, "outcome"), ["given"], "listed in any case");
        told[0] &= names_chiyoda(&text, &[id]);
    }
    let (_, text) = seen(world, &["inquire"], "/log", "entries").await;
    told[1] = names_chiyoda(&text, &[id]);
    // Whoever may approve is told in any case.
    for (path, roles) in [
        (&*path, &["read", "approve"][..]),
        ("/log", &["approve"][..]),
    ] {
        let list = if path == "/log" {
            "entries"
        } else {
            "inquiries"
        };
        let (_, text) = seen(world, roles, path, list).await;
        assert!(names_chiyoda(&text, &[id]), "{path}");
    }
    told
}

#[tokio::test(start_paused = true)]
async fn who_asked_before_somebody_was_protected_is_not_told_from_then_on() {
    let world = World::new().await;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let id = ask(&world, 10, "F-1").await;
    let resident = resident(&world, 10).await;
    let is_told = async || is_told(&world, &id, &resident).await;
    assert_eq!(is_told().await, [true, true]);
    let said = |cell| person(10).with("支援措置", cell);
    take_in(&world, "protected.csv", said("1")).await;
    assert_eq!(is_told().await, [false, false]);
    // In a register that was loaded before there were markers, the resident in force tells; who has left, too.
    let pk = format!("T#{SAPPORO}#PROTECTED");
    world.town.delete(&pk, &resident).await;
    assert_eq!(is_told().await, [false, false], "in force");
    take_in(&world, "gone.csv", gone(said(""))).await;
    world.town.delete(&pk, &resident).await;
    assert_eq!(is_told().await, [false, false], "gone");
    // And once they are no longer protected, that they were.
    let town = &world.town;
    town.set(SAPPORO, |settings| settings.max_removed_percent = 100)
        .await;
    take_in(&world, "back.csv", said("1")).await;
    take_in(&world, "no-longer.csv", said("0")).await;
    assert_eq!(is_told().await, [false, false], "once");
    world.town.delete(&pk, &resident).await;
    assert_eq!(
        is_told().await,
        [true, true],
        "the marker, and nothing else"
    );
}

/// Of whom it was not known once, by a file without the column.
#[tokio::test(start_paused = true)]
async fn who_asked_about_somebody_of_whom_it_was_not_known_is_told_on_no_page_however_short() {
    let world = World::new().await;
    world
        .town
        .set(SAPPORO, |settings| settings.hold_protected = false)
        .await;
    let mut file = File::new([person(21)]);
    file.columns.retain(|it| *it != "支援措置");
    let unknown = file.bytes(Encoding::Utf8);
    world.town.take_in(SAPPORO, "unknown.csv", unknown).await;
    vaccinate(&world, SAPPORO, &person(21), &[(1, "20210407", "EP2163")]).await;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let unknown = ask(&world, 21, "F-1").await;
    take_in(&world, "known.csv", person(21)).await;
    let known = ask(&world, 21, "F-2").await;
    ask(&world, 10, "F-3").await;
    let path = format!(
        "/residents/{}/inquiries?limit=1",
        resident(&world, 21).await
    );
    let mut page = path.clone();
    // A full page says that there may be another one.
    let mut outcomes = Vec::new();
    loop {
        let (inquiries, text) = seen(&world, &["read"], &page, "inquiries").await;
        outcomes.extend(each(&inquiries, "outcome").into_iter().cloned());
        assert!(!names_chiyoda(&text, &[&unknown, &known]), "{text}");
        let shown: Value = serde_json::from_str(&text).unwrap();
        let Some(next) = shown["next"].as_str() else {
            break;
        };
        page = format!("{path}&after={next}");
    }
    assert_eq!(outcomes, ["given", "given"]);
    let (entries, _) = seen(&world, &["inquire"], "/log", "entries").await;
    assert_eq!(each(&entries, "kind"), ["answered", "withheld", "withheld"]);
    let (entries, _) = seen(&world, &["approve"], "/log", "entries").await;
    assert_eq!(each(&entries, "kind"), ["answered"; 3]);
}

/// Whoever may write a register can put a stranger's number into it.
#[tokio::test(start_paused = true)]
async fn an_answer_that_gave_no_dose_is_for_whoever_may_approve() {
    let world = World::new().await;
    let none = ask(&world, 10, "F-1").await;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let given = ask(&world, 10, "F-2").await;
    let form = with(&world.form(10, "F-3"), "birth_date", "1990-02-03");
    let consent = world.record(&form).await;
    let wrong = with(&about(10, &consent), "birth_date", "1990-02-03");
    assert_eq!(world.ask(&wrong).await.status, 200);
    let path = format!("/residents/{}/inquiries", resident(&world, 10).await);
    let outcomes = ["no_match", "given", "no_doses"];
    for roles in NOT_APPROVE {
        let (inquiries, text) = seen(&world, roles, &path, "inquiries").await;
        assert_eq!(each(&inquiries, "outcome"), outcomes);
        let asker = json!(CHIYODA);
        assert_eq!(
            each(&inquiries, "asker"),
            [&Value::Null, &asker, &Value::Null]
        );
        assert!(text.contains(&given) && !text.contains(&none), "{text}");
    }
    let (entries, text) = seen(&world, &["inquire"], "/log", "entries").await;
    assert_eq!(each(&entries, "kind"), ["withheld", "answered", "withheld"]);
    assert!(text.contains(&given) && !text.contains(&none), "{text}");
    let (entries, _) = seen(&world, &["approve"], "/log", "entries").await;
    assert_eq!(each(&entries, "kind"), ["answered"; 3]);
}

/// Nobody knows of whom it tells. That it is spoilt is not hidden.
#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_read_may_be_about_somebody_protected() {
    let world = World::new().await;
    let id = ask(&world, 10, "F-1").await;
    let resident = resident(&world, 10).await;
    for pk in ["LOG".to_owned(), format!("ASKED#{resident}")] {
        spoil(&world.town, &format!("T#{SAPPORO}#{pk}"), "outcome", "x").await;
    }
    let (entries, text) = seen(&world, &["inquire"], "/log", "entries").await;
    assert_eq!(each(&entries, "kind"), ["unknown"]);
    assert!(!names_chiyoda(&text, &[&id]), "{text}");
    let path = format!("/residents/{resident}/inquiries");
    let (inquiries, text) = seen(&world, &["read"], &path, "inquiries").await;
    assert_eq!(each(&inquiries, "outcome"), ["unknown"]);
    assert!(!names_chiyoda(&text, &[&id]), "{text}");
}

/// That somebody was protected can be taken out of an entry: its hash tells of it.
#[tokio::test(start_paused = true)]
async fn an_answer_that_was_changed_may_have_been_about_somebody_protected() {
    let world = World::new().await;
    let [_, given] = held_and_released(&world).await;
    let resident = resident(&world, 19).await;
    let inquiry = json!({ "S": given });
    for pk in ["LOG".to_owned(), format!("ASKED#{resident}")] {
        let pk = format!("T#{SAPPORO}#{pk}");
        let items = world.town.items().await;
        let mut of = items.iter().filter(|((of, _), _)| *of == pk);
        let mut found = of.find_map(|(_, item)| {
            let item: Value = serde_json::from_str(item).unwrap();
            (item["facts"]["M"]["inquiry"] == inquiry).then_some(item)
        });
        let entry = found.as_mut().unwrap();
        let facts = entry["facts"]["M"].as_object_mut().unwrap();
        assert!(facts.remove("protected").is_some());
        world.town.put(entry).await;
    }
    let (entries, text) = seen(&world, &["inquire"], "/log", "entries").await;
    assert_eq!(each(&entries, "kind"), ["unknown", "withheld", "withheld"]);
    assert!(!names_chiyoda(&text, &[&given]), "{text}");
    let path = format!("/residents/{resident}/inquiries");
    let (_, text) = seen(&world, &["read"], &path, "inquiries").await;
    assert!(!names_chiyoda(&text, &[&given]), "{text}");
}

/// However many have asked since, as long as it may be asked again.
#[tokio::test(start_paused = true)]
async fn what_was_held_is_released_however_many_asked_after_it() {
    let world = World::new().await;
    let held = ask(&world, 19, "F-1").await;
    let resident = resident(&world, 19).await;
    let pk = format!("T#{SAPPORO}#ASKED#{resident}");
    let items = world.town.items().await;
    let (_, entry) = items.iter().find(|((of, _), _)| *of == pk).unwrap();
    let mut entry: Value = serde_json::from_str(entry).unwrap();
    entry["facts"]["M"]["inquiry"]["S"] = json!("0178c360-bc00-7bbb-8bbb-bbbbbbbbbbbb");
    entry["facts"]["M"]["outcome"]["S"] = json!("no_match");
    // More than are read at once, behind whatever the release itself will write.
    for seq in 1_000..1_450 {
        entry["sk"]["S"] = json!(format!("{seq:012}"));
        world.town.put(&entry).await;
    }
    let path = format!("/residents/{resident}/inquiries/{held}/release");
    let token = world.token(SAPPORO, &["approve"], "boss");
    let released = world.town.ask("POST", &path, &token, None).await;
    assert_eq!(released.status, 200, "{}", released.json());
    // Nobody looks through years of them.
    world.wait(15 * 24 * 3600 + 1);
    let token = world.token(SAPPORO, &["approve"], "boss");
    let late = world.town.ask("POST", &path, &token, None).await;
    assert_eq!(late.status, 404);
}

/// To the last millisecond of fourteen days.
#[tokio::test(start_paused = true)]
async fn a_release_is_of_one_resident_one_asker_and_fourteen_days() {
    let world = World::new().await;
    let held = ask(&world, 19, "F-1").await.parse().unwrap();
    let tag = async |number| {
        let row = person(number);
        world.town.tag(SAPPORO, row.cell("個別宛名番号")).await
    };
    let (resident, other) = (tag(19).await, tag(18).await);
    let (store, holder) = (world.town.store(), scope(SAPPORO));
    let now = world.town.stack.adapters().clock().now();
    let by = StaffTag::from_bytes([1; 16]);
    let release = async |of: &ResidentTag| {
        let released = store.release(&holder, of, &held, by, now).await;
        released.unwrap()
    };
    assert_eq!(release(&other).await, Releasing::NotHeld);
    let until = now + SignedDuration::from_hours(14 * 24);
    assert_eq!(release(&resident).await, Releasing::Until(until));
    let is_released = async |of: &ResidentTag, asker: TenantCode, at| {
        let released = store.is_released(&holder, of, asker, at).await;
        released.unwrap()
    };
    let asker = scope(CHIYODA).code();
    let last = until - SignedDuration::from_millis(1);
    assert!(is_released(&resident, asker, last).await);
    assert!(!is_released(&resident, asker, until).await);
    assert!(!is_released(&other, asker, last).await);
    assert!(!is_released(&resident, holder.code(), last).await);
}

/// Whoever asks chooses the name of an inquiry, and two may choose the same.
#[tokio::test(start_paused = true)]
async fn of_two_askers_under_one_name_neither_is_released() {
    let world = World::new().await;
    let held = ask(&world, 19, "F-1").await;
    let resident = resident(&world, 19).await;
    let pk = format!("T#{SAPPORO}#ASKED#{resident}");
    let items = world.town.items().await;
    let (_, entry) = items.iter().find(|((of, _), _)| *of == pk).unwrap();
    let mut entry: Value = serde_json::from_str(entry).unwrap();
    let second = "000000001000";
    entry["sk"]["S"] = json!(second);
    entry["facts"]["M"]["asker"]["S"] = json!("131024");
    world.town.put(&entry).await;
    let path = format!("/residents/{resident}/inquiries/{held}/release");
    let token = world.token(SAPPORO, &["approve"], "boss");
    let release = async || world.town.ask("POST", &path, &token, None).await.status;
    assert_eq!(release().await, 404);
    world.town.delete(&pk, second).await;
    assert_eq!(release().await, 200);
}

/// Sapporo takes in a person of whom no file has ever said whether they are protected.
async fn take_in_unsaid(world: &World, number: u32) {
    let mut file = File::new([person(number)]);
    file.columns.retain(|column| *column != "支援措置");
    let file = file.bytes(Encoding::Utf8);
    let receipt = world.town.take_in(SAPPORO, "unsaid.csv", file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_not_known_to_be_unprotected_is_held_and_who_asked_is_not_told() {
    let world = World::new().await;
    take_in_unsaid(&world, 30).await;
    vaccinate(&world, SAPPORO, &person(30), &[(1, "20210407", "EP2163")]).await;
    let held = ask(&world, 30, "F-1").await;
    world
        .town
        .set(SAPPORO, |settings| settings.hold_protected = false)
        .await;
    let given = ask(&world, 30, "F-2").await;
    let path = format!("/residents/{}/inquiries", resident(&world, 30).await);
    for roles in NOT_APPROVE {
        let (inquiries, text) = seen(&world, roles, &path, "inquiries").await;
        assert_eq!(each(&inquiries, "outcome"), ["given", "held"]);
        assert!(!names_chiyoda(&text, &[&held, &given]), "{text}");
    }
    let (entries, text) = seen(&world, &["inquire"], "/log", "entries").await;
    assert_eq!(each(&entries, "kind"), ["withheld", "withheld"]);
    assert!(!names_chiyoda(&text, &[&held, &given]), "{text}");
}

#[tokio::test(start_paused = true)]
async fn whoever_the_register_does_not_say_is_unprotected_may_be_protected() {
    let world = World::new().await;
    take_in_unsaid(&world, 30).await;
    let (store, holder) = (world.town.store(), scope(SAPPORO));
    let adapters = world.town.stack.adapters();
    let tenant = store.tenant(&holder).await.unwrap().unwrap();
    let now = adapters.clock().now();
    let keys = tenant.keys(&holder, &adapters.keys(), now).await.unwrap();
    let [protected, unprotected, unsaid] =
        [19, 10, 30].map(|number| keys.resident_tag(person(number).cell("個別宛名番号")));
    // Nobody, and more than are read at once.
    let mut all: Vec<_> = (0..150)
        .map(|it| ResidentTag::from_bytes([it; 16]))
        .collect();
    all.extend([protected, unsaid]);
    let expected: HashSet<_> = all.iter().copied().collect();
    all.push(unprotected);
    let may_be = store.may_ever_be_protected(&holder, &keys, &all).await;
    assert_eq!(may_be.unwrap(), expected);
}
