//! Questions to a holder that `inquiries` did not ask.

use serde_json::json;
use store::{LogEvent, Pointer};
use system::{
    log::Log,
    town::{CHIYODA, SAPPORO},
};
use tracing::level_filters::LevelFilter;

use super::world::{World, about, person, with};

/// What the function that answers is told is believed in no part.
#[tokio::test(start_paused = true)]
async fn a_forged_question_to_a_holder_is_not_answered() {
    forged("pointers").await;
}

#[tokio::test(start_paused = true)]
async fn another_valid_number_beside_a_true_pointer_is_not_answered() {
    forged("my_number").await;
}

/// `tried` is what is not the person's in a question that is true in all else.
async fn forged(tried: &str) {
    let world = World::new().await;
    let granted = world.consent(5, "F-5").await;
    let row = person(5);
    let tags = world.town.stack.adapters().person_tags().unwrap();
    let number = domain::MyNumber::parse(row.cell("個人番号").as_bytes()).unwrap();
    let tag = tags.tag(number).await.unwrap();
    let holders = world.town.stack.adapters().holder_index().unwrap();
    let pointer = holders.of(&tag).await.unwrap().remove(0).pointers.remove(0);
    let other = domain::MyNumber::parse(person(6).cell("個人番号").as_bytes()).unwrap();
    let other = tags.tag(other).await.unwrap();
    let others_pointer = holders.of(&other).await.unwrap();
    let others_pointer = others_pointer[0].pointers[0].clone();
    let born = domain::parse_date(row.cell("生年月日"))
        .unwrap()
        .to_string();
    let inquiry = "0178c360-bc00-7bbb-8bbb-bbbbbbbbbbbb";
    let pointers = |pointer: &Pointer| {
        let sealed = data_encoding::BASE64.encode(&pointer.sealed);
        json!([{ "name": pointer.name.to_string(), "sealed": sealed }])
    };
    let true_ask = json!({
        "asker": CHIYODA, "consent": granted, "inquiry": inquiry, "holder": SAPPORO,
        "person": tag.text(), "pointers": pointers(&pointer),
        "my_number": row.cell("個人番号"), "birth_date": born,
    });
    let ended = (false, json!({ "outcome": "basis_ended" }));
    assert_eq!(
        world.invoke(&true_ask).await,
        ended,
        "nobody has claimed the basis"
    );
    let asked = world
        .ask(&with(&about(5, &granted), "inquiry", inquiry))
        .await;
    assert_eq!(asked.status, 200);
    assert_eq!(
        world.invoke(&true_ask).await,
        ended,
        "it was answered already"
    );
    let claimed = world.consent(5, "F-5b").await;
    claim(&world, &claimed, inquiry_2()).await;
    let true_ask = with(
        &with(&true_ask, "consent", claimed.as_str()),
        "inquiry",
        inquiry_2(),
    );
    let entries = world.log(SAPPORO).await.len();
    for (what, name, value) in [
        ("another asker", "asker", json!(SAPPORO)),
        ("another inquiry", "inquiry", json!(inquiry)),
        ("another basis", "consent", json!(granted)),
        ("the asker itself", "holder", json!(CHIYODA)),
        ("another person", "person", json!(other.text())),
        ("another birth date", "birth_date", json!("1980-01-01")),
    ] {
        assert_eq!(
            world.invoke(&with(&true_ask, name, value)).await,
            ended,
            "{what}"
        );
    }
    for (what, name, value) in [
        ("no date", "birth_date", json!("yesterday")),
        ("no number", "my_number", json!("123456789012")),
        ("no code", "holder", json!("131017")),
        ("a field too many", "more", json!("x")),
    ] {
        assert!(
            world.invoke(&with(&true_ask, name, value)).await.0,
            "{what} is an event that fails"
        );
    }
    assert_eq!(world.log(SAPPORO).await.len(), entries);
    // Who takes no part has nothing, and no log.
    let nothing = (false, json!({ "outcome": "given", "doses": [] }));
    let forged = with(&true_ask, "holder", "131024");
    assert_eq!(world.invoke(&forged).await, nothing);
    assert_eq!(world.log("131024").await.len(), 0);
    // A pointer that is not the person's does not open, as one that was spoilt: nothing is answered, and somebody
    // is called.
    if tried == "pointers" {
        let (log, _guard) = Log::catch(LevelFilter::ERROR);
        let forged = with(&true_ask, tried, pointers(&others_pointer));
        let (failed, told) = world.invoke(&forged).await;
        assert_eq!((failed, &told["errorType"]), (true, &json!("Lasting")));
        assert!(log.text().contains("HOLDER_CANNOT_ANSWER"));
        assert_eq!(world.log(SAPPORO).await.len(), entries);
        return;
    }
    // A number that is not the resident's leads to nobody; that it was tried stands in the log.
    let forged = with(&true_ask, tried, person(6).cell("個人番号"));
    assert_eq!(world.invoke(&forged).await, nothing);
    let log = world.log(SAPPORO).await;
    let LogEvent::Answered {
        resident, doses, ..
    } = &log.last().unwrap().event
    else {
        panic!("an answer");
    };
    assert_eq!((log.len(), resident, *doses), (entries + 1, &None, 0));
}

fn inquiry_2() -> &'static str {
    "0178c360-bc00-7ddd-8ddd-dddddddddddd"
}

/// Claims a basis and goes no further, as an inquiry that dies.
pub(super) async fn claim(world: &World, consent: &str, inquiry: &str) {
    let now: jiff::Timestamp = system::town::BEGINNING.parse().unwrap();
    let day = domain::japan_date(now);
    let claim = store::NewClaim {
        basis: domain::basis("CONSENT", day).unwrap(),
        consent: consent.parse().unwrap(),
        inquiry: inquiry.parse().unwrap(),
        by: domain::StaffTag::from_bytes([1; 16]),
        dropped_by: None,
        day,
        per_day: 100,
    };
    let store = world.town.store();
    let claimed = store
        .claim_basis(&super::world::scope(CHIYODA), &claim, &move || now)
        .await;
    assert!(matches!(claimed.unwrap(), store::Claim::Taken));
}
