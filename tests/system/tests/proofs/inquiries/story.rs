//! What an inquiry is for, and what it tells to whom.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use domain::InquiryId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{HolderOutcome, LogEvent};
use system::{
    file::{Encoding, File},
    gate::{Gate, Step},
    town::{Answer, CHIYODA, SAPPORO},
};
use tokio::task::JoinSet;
use vrs::logs::Check;

use super::doses::{NAGOYA, joins, vaccinate};
use super::forged::claim;
use super::world::{World, about, person, scope, with};

fn outcomes(log: &[store::LogEntry]) -> Vec<HolderOutcome> {
    let outcome = |entry: &store::LogEntry| match &entry.event {
        LogEvent::Answered { outcome, .. } => Some(*outcome),
        _ => None,
    };
    log.iter().filter_map(outcome).collect()
}

/// The answer without the ids that are each inquiry's own.
fn comparable(answer: &Answer) -> (u16, usize, Value, Vec<(String, String)>) {
    let mut body = answer.json();
    for name in ["id", "consent"] {
        assert_eq!(body[name].as_str().unwrap().len(), 36);
        body[name] = Value::Null;
    }
    let headers = answer.headers.clone().into_iter().collect();
    (answer.status, answer.bytes.len(), body, headers)
}

#[tokio::test(start_paused = true)]
async fn nobody_nothing_no_match_and_held_are_one_answer() {
    let world = World::new().await;
    // Known to nobody; known without doses; known under another birth date; address-protected.
    let wrong = world
        .record(&with(&world.form(11, "F-3"), "birth_date", "1990-02-03"))
        .await;
    let asks = [
        about(4_000, &world.consent(4_000, "F-1").await),
        about(10, &world.consent(10, "F-2").await),
        with(&about(11, &wrong), "birth_date", "1990-02-03"),
        about(19, &world.consent(19, "F-4").await),
    ];
    let mut seen = Vec::new();
    for ask in &asks {
        seen.push(comparable(&world.ask(ask).await));
    }
    assert_eq!(seen[0].2["doses"], json!([]));
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:#?}");
    let theirs = outcomes(&world.log(SAPPORO).await);
    assert_eq!(
        theirs,
        [
            HolderOutcome::NoDoses,
            HolderOutcome::NoMatch,
            HolderOutcome::Held
        ]
    );
    // Nor does the asker's own log, or its list, tell them apart.
    let own = world.log(CHIYODA).await;
    let ends = own.iter().filter_map(|entry| match &entry.event {
        LogEvent::Concluded { holders, doses, .. } => Some((holders.len(), *doses)),
        _ => None,
    });
    assert_eq!(ends.collect::<Vec<_>>(), [(0, 0); 4]);
    let today = world.town.get(CHIYODA, "/inquiries").await.json()["today"].clone();
    assert_eq!(today["nothing_found"], 4);
}

#[tokio::test(start_paused = true)]
async fn a_resident_sees_who_asked_about_them() {
    let world = World::new().await;
    let row = person(10);
    let consent = world.consent(10, "F-1").await;
    let answer = world.ask(&about(10, &consent)).await.json();
    let resident = world.town.resident(SAPPORO, row.cell("個別宛名番号")).await;
    let path = format!(
        "/residents/{}/inquiries",
        resident.unwrap()["id"].as_str().unwrap()
    );
    let seen = world.town.get(SAPPORO, &path).await.json();
    let seen = &seen["inquiries"].as_array().unwrap()[..];
    let [seen] = seen else { panic!("{seen:?}") };
    for (name, value) in [
        ("inquiry", answer["id"].clone()),
        ("asker", json!(CHIYODA)),
        ("asker_name", json!("東京都千代田区")),
        ("basis_text", json!("本人の同意")),
        ("purpose", json!("VACCINATION")),
        ("outcome", json!("no_doses")),
    ] {
        assert_eq!(seen[name], value, "{name}");
    }
    let other = world
        .town
        .resident(SAPPORO, person(11).cell("個別宛名番号"))
        .await;
    let path = format!(
        "/residents/{}/inquiries",
        other.unwrap()["id"].as_str().unwrap()
    );
    assert_eq!(
        world.town.get(SAPPORO, &path).await.json()["inquiries"],
        json!([])
    );
}

#[tokio::test(start_paused = true)]
async fn a_resident_sees_also_who_asked_with_another_birth_date() {
    let world = World::new().await;
    let form = with(&world.form(11, "F-1"), "birth_date", "1990-02-03");
    let consent = world.record(&form).await;
    let ask = with(&about(11, &consent), "birth_date", "1990-02-03");
    assert_eq!(world.ask(&ask).await.json()["doses"], json!([]));
    let number = person(11).cell("個別宛名番号").to_owned();
    let resident = world.town.resident(SAPPORO, &number).await.unwrap();
    let path = format!("/residents/{}/inquiries", resident["id"].as_str().unwrap());
    let seen = world.town.get(SAPPORO, &path).await.json();
    assert_eq!(seen["inquiries"][0]["asker"], CHIYODA, "{seen:#}");
    assert_eq!(seen["inquiries"][0]["outcome"], "no_match");
}

#[tokio::test(start_paused = true)]
async fn of_two_who_ask_under_one_id_at_once_one_is_answered() {
    let world = World::new().await;
    let consent = world.consent(10, "F-1").await;
    let id = "0178c360-bc00-7bbb-8bbb-bbbbbbbbbbbb";
    let ask = with(&about(10, &consent), "inquiry", id);
    let by = |who: &str| world.token(CHIYODA, &["inquire"], who);
    let (anna, bert) = (by("anna"), by("bert"));
    let (one, other) = tokio::join!(
        world.town.ask("POST", "/inquiries", &anna, Some(&ask)),
        world.town.ask("POST", "/inquiries", &bert, Some(&ask)),
    );
    let mut answers = [one, other];
    answers.sort_by_key(|answer| answer.status);
    assert_eq!(answers[0].status, 200);
    assert_eq!(answers[1].json()["code"], "CONSENT_USED");
    let asked = world.log(CHIYODA).await;
    assert_eq!(asked.len(), 2, "asked and concluded, once");
}

#[tokio::test(start_paused = true)]
async fn a_repeat_that_overtakes_its_first_request_takes_nothing_from_it() {
    let gate = Gate::once(Step::Wait, |call| {
        call.function == "inquiries" && call.path.contains("/invocations")
    });
    let world = World::behind(&gate).await;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let consent = world.consent(10, "F-1").await;
    let id = "0178c360-bc00-7bbb-8bbb-bbbbbbbbbbbb";
    let ask = with(&about(10, &consent), "inquiry", id);
    let repeat = async {
        gate.reached().await;
        let answer = world.ask(&ask).await;
        gate.open();
        answer
    };
    let (first, repeat) = tokio::join!(world.ask(&ask), repeat);
    for answer in [first, repeat] {
        assert_eq!(answer.status, 200, "{}", answer.json());
        assert_eq!(answer.json()["doses"][0]["lot"], "EP2163");
    }
    assert_eq!(
        world.log(CHIYODA).await.len(),
        2,
        "asked and concluded, once"
    );
    assert_eq!(world.log(SAPPORO).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_municipality_under_the_same_id_gets_its_own_answer() {
    let world = World::new().await;
    joins(&world, NAGOYA).await;
    for (number, lot) in [(7, "EP2163"), (8, "EX3617")] {
        vaccinate(&world, SAPPORO, &person(number), &[(1, "20210407", lot)]).await;
    }
    let id = "0178c360-bc00-7bbb-8bbb-bbbbbbbbbbbb";
    let mut answers = Vec::new();
    for (code, number) in [(CHIYODA, 7), (NAGOYA, 8)] {
        let token = world.token(code, &["inquire"], "anna");
        let form = world.form(number, &format!("F-{number}"));
        let consent = world
            .town
            .ask("POST", "/consents", &token, Some(&form))
            .await;
        let consent = consent.json()["id"].as_str().unwrap().to_owned();
        let ask = with(&about(number, &consent), "inquiry", id);
        let answer = world
            .town
            .ask("POST", "/inquiries", &token, Some(&ask))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        answers.push(answer.json()["doses"][0]["lot"].clone());
    }
    assert_eq!(answers, ["EP2163", "EX3617"], "each its own person's");
    let given = outcomes(&world.log(SAPPORO).await);
    assert_eq!(given, [HolderOutcome::Given; 2], "one entry for each asker");
    let tenants = [CHIYODA, SAPPORO, NAGOYA].map(|code| scope(code).code());
    let check = Check::of(&world.town.store(), &tenants, Timestamp::MAX).await;
    assert_eq!(check.unwrap().wrong, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_that_broke_off_says_under_which_id_it_goes_on() {
    let (world, broken) = World::where_no_holder_answers().await;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let ask = about(10, &world.consent(10, "F-1").await);
    // What dies is a task of its own.
    let world = Arc::new(world);
    let (mut apart, asker, asked) = (JoinSet::new(), Arc::clone(&world), ask.clone());
    apart.spawn(async move { asker.ask(&asked).await });
    let off = apart.join_next().await.unwrap().unwrap();
    assert_eq!(
        (off.status, &off.json()["code"]),
        (503, &json!("TRY_AGAIN"))
    );
    broken.store(false, Ordering::SeqCst);
    assert_eq!(world.ask(&ask).await.json()["code"], "CONSENT_USED");
    let id = off.json()["inquiry"].clone();
    let again = world.ask(&with(&ask, "inquiry", id.clone())).await.json();
    assert_eq!(
        (&again["id"], &again["doses"][0]["lot"]),
        (&id, &json!("EP2163"))
    );
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_whose_basis_ended_before_it_was_answered_is_shown_so() {
    let world = World::new().await;
    let answered = world.ask(&about(10, &world.consent(10, "F-1").await)).await;
    let answered = answered.json()["id"].as_str().unwrap().to_owned();
    let left = [
        "0178c360-bc00-7bbb-8bbb-bbbbbbbbbbbb",
        "0178c360-bc00-7ccc-8ccc-cccccccccccc",
    ];
    let bases = [
        world.consent(11, "F-2").await,
        world.consent(12, "F-3").await,
    ];
    for (basis, inquiry) in bases.iter().zip(left) {
        claim(&world, basis, inquiry).await;
    }
    let states = async || {
        let page = world.town.get(CHIYODA, "/inquiries").await.json();
        let mut states = BTreeMap::new();
        for listed in page["inquiries"].as_array().unwrap() {
            let id = listed["id"].as_str().unwrap().to_owned();
            let path = format!("/inquiries/{id}");
            assert_eq!(world.town.get(CHIYODA, &path).await.json(), *listed);
            states.insert(id, listed["state"].as_str().unwrap().to_owned());
        }
        assert_eq!(states.len(), 3, "{page:#}");
        [answered.as_str(), left[0], left[1]].map(|id| states[id].clone())
    };
    assert_eq!(states().await, ["answered", "claimed", "claimed"]);
    assert_eq!(world.revoke(&bases[0]).await.status, 200);
    assert_eq!(states().await, ["answered", "revoked", "claimed"]);
    world.wait(14 * 24 * 3600);
    assert_eq!(states().await, ["answered", "revoked", "expired"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_lost_an_answer_is_told_under_which_id_it_is_shown_again() {
    let world = World::new().await;
    vaccinate(&world, SAPPORO, &person(10), &[(1, "20210407", "EP2163")]).await;
    let ask = about(10, &world.consent(10, "F-1").await);
    let lost = world.ask(&ask).await;
    assert_eq!(lost.status, 200);
    let told = world.ask(&ask).await.json();
    assert_eq!(
        (&told["code"], &told["inquiry"]),
        (&json!("CONSENT_USED"), &lost.json()["id"])
    );
    let again = with(&ask, "inquiry", told["inquiry"].clone());
    assert_eq!(world.ask(&again).await, lost);
    // To anybody else it says no more than that.
    let bert = world.token(CHIYODA, &["inquire"], "bert");
    for ask in [ask, again] {
        let told = world
            .town
            .ask("POST", "/inquiries", &bert, Some(&ask))
            .await;
        let told = told.json();
        assert_eq!(told["code"], "CONSENT_USED");
        assert!(told.get("inquiry").is_none(), "{told:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_index_follows_the_register() {
    let world = World::new().await;
    // 20 persons at Sapporo and 3 at Chiyoda, who are other municipalities' people of the same number.
    assert_eq!(world.town.holders().await.len(), 23);
    let changed = (1..21).map(|number| {
        let row = person(number);
        if number == 12 {
            row.with("個人番号", person(500).cell("個人番号"))
        } else {
            row
        }
    });
    let file = File::new(changed).bytes(Encoding::Utf8);
    world
        .town
        .take_in(SAPPORO, "changed.csv", file.clone())
        .await;
    assert_eq!(
        world.town.holders().await.len(),
        24,
        "the new number is there"
    );
    let before = world.town.holders().await;
    world.town.take_in(SAPPORO, "again.csv", file).await;
    assert_eq!(
        world.town.holders().await,
        before,
        "what did not change is not touched"
    );
    // The old number still points to a resident whose number is another by now.
    let consent = world.consent(12, "F-12").await;
    let answer = world.ask(&about(12, &consent)).await;
    assert_eq!(answer.json()["doses"], json!([]));
    assert_eq!(
        outcomes(&world.log(SAPPORO).await),
        [HolderOutcome::NoMatch]
    );
    assert!(world.town.dead_letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_held_is_answered_after_the_holder_decided_so() {
    let world = World::new().await;
    vaccinate(&world, SAPPORO, &person(19), &[(1, "20210407", "EP2163")]).await;
    let row = person(19);
    let resident = world.town.resident(SAPPORO, row.cell("個別宛名番号")).await;
    let resident = resident.unwrap()["id"].as_str().unwrap().to_owned();
    // Not even that a dose cannot be read is told of whoever is held.
    let (pk, sk) = (format!("T#{SAPPORO}#R#{resident}"), "D#COVID19#01");
    let items = world.town.items().await;
    let sound: Value = serde_json::from_str(&items[&(pk.clone(), sk.to_owned())]).unwrap();
    let damaged = json!({ "pk": { "S": pk }, "sk": { "S": sk }, "v": { "N": "1" } });
    world.town.put(&damaged).await;
    let held = world.ask(&about(19, &world.consent(19, "F-1").await)).await;
    assert_eq!((held.status, &held.json()["doses"]), (200, &json!([])));
    world.town.put(&sound).await;
    let inquiry = held.json()["id"].as_str().unwrap().to_owned();
    let release = |inquiry: &str, role: &'static str| {
        let path = format!("/residents/{resident}/inquiries/{inquiry}/release");
        let token = world.token(SAPPORO, &[role], "boss");
        let world = &world;
        async move { world.town.ask("POST", &path, &token, None).await }
    };
    assert_eq!(release(&inquiry, "inquire").await.status, 403);
    let other = "0178c360-bc00-7bbb-8bbb-bbbbbbbbbbbb";
    assert_eq!(release(other, "approve").await.status, 404);
    assert_eq!(release(&inquiry, "approve").await.status, 200);
    // The used basis stays used; a new one is answered, for a while.
    let again = world.ask(&about(19, &world.consent(19, "F-2").await)).await;
    assert_eq!(again.json()["doses"][0]["lot"], "EP2163");
    world.wait(14 * 24 * 3600);
    let late = world.ask(&about(19, &world.consent(19, "F-3").await)).await;
    assert_eq!(late.json()["doses"], json!([]));
    let log = world.log(SAPPORO).await;
    assert_eq!(log[1].event.kind(), "released");
    assert_eq!(
        outcomes(&log),
        [
            HolderOutcome::Held,
            HolderOutcome::Given,
            HolderOutcome::Held
        ]
    );
}

/// Its place among the others is the time in its id.
#[tokio::test(start_paused = true)]
async fn an_inquiry_is_of_the_time_between_its_basis_and_now_give_or_take_an_hour() {
    let world = World::new().await;
    let consents = [world.consent(5, "F-5").await, world.consent(6, "F-6").await];
    let first = consents[0].parse().unwrap();
    let store = world.town.store();
    let basis = store.consent(&scope(CHIYODA), &first).await.unwrap();
    world.wait(3 * 3600);
    let now = world.town.stack.adapters().clock().now();
    let hour = SignedDuration::from_hours(1);
    let (earliest, latest) = (basis.unwrap().recorded_at - hour, now + hour);
    let ask = async |number, made_at: Timestamp| {
        let id = InquiryId::new(made_at, [7; 10]).to_string();
        let consent = if number == 5 {
            &consents[0]
        } else {
            &consents[1]
        };
        let asked = world
            .ask(&with(&about(number, consent), "inquiry", id))
            .await;
        asked.status
    };
    assert_eq!(ask(5, earliest - SignedDuration::from_millis(1)).await, 400);
    assert_eq!(ask(6, latest + SignedDuration::from_mins(1)).await, 400);
    assert_eq!(ask(5, earliest).await, 200);
    assert_eq!(ask(6, latest).await, 200);
}
