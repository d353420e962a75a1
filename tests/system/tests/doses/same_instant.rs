//! Two changes of one person's doses in the same instant: each is judged beside what the other made.

use ::recording::Recorder;
use crypto::{NoncePool, Tag};
use domain::{Date, FindingCode};
use runtime::Adapters;
use serde_json::json;
use store::{DoseChange, DoseList, Listed, WaitingDose};
use system::{
    file::Row,
    gate::{Gate, Step},
    office::{Office, first_dose},
    town::CHIYODA,
    venue::{Venue, dose, line, with},
};

use crate::{
    bad_input::{register, town},
    recording::put_waiting,
};

/// Enough people for the two to meet before either is written.
const PEOPLE: u32 = 12;

fn second(row: &Row) -> serde_json::Value {
    let body = with(dose(row), "line", &json!(line(row, 2)));
    with(body, "given_on", &json!("2021-03-22"))
}

/// Number, state and doubts of what stands under a person's numbers.
async fn standing(venue: &Venue<'_>, id: &str) -> Vec<(u64, String, serde_json::Value)> {
    let (resident, _) = id.split_once('.').unwrap();
    let shown = venue.get(&format!("/residents/{resident}/doses")).await;
    let shown = shown.json();
    let doses = shown["doses"].as_array().unwrap().iter();
    let of = |it: &serde_json::Value| {
        let (number, state) = (it["number"].as_u64(), it["state"].as_str());
        let codes = it["findings"].as_array().unwrap().iter();
        let codes = codes.map(|it| it["code"].clone()).collect();
        (number.unwrap(), state.unwrap().to_owned(), codes)
    };
    doses.map(of).collect()
}

#[tokio::test(start_paused = true)]
async fn the_second_dose_sees_the_first_one_of_the_same_instant() {
    let town = town().await;
    register(&town, (1..=PEOPLE).map(Row::of).collect()).await;
    let venue = Venue::of(&town, "nurse");
    for person in 1..=PEOPLE {
        let row = Row::of(person);
        let (one, two) = (dose(&row), second(&row));
        let (first, later) = tokio::join!(venue.record(&one), venue.record(&two));
        assert_eq!((first.status, later.status), (201, 201));
        let id = first.json()["id"].as_str().unwrap().to_owned();
        let in_force = |number| (number, "recorded".to_owned(), json!([]));
        assert_eq!(
            standing(&venue, &id).await,
            [in_force(1), in_force(2)],
            "person {person}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_dose_is_doubtful_whose_predecessor_is_taken_back_in_the_same_instant() {
    let town = town().await;
    register(&town, (1..=PEOPLE).map(Row::of).collect()).await;
    let venue = Venue::of(&town, "nurse");
    for person in 1..=PEOPLE {
        let row = Row::of(person);
        let first = venue.record(&dose(&row)).await;
        let id = first.json()["id"].as_str().unwrap().to_owned();
        let (two, reason) = (second(&row), json!({ "reason": "別人の接種" }));
        let (taken, later) =
            tokio::join!(venue.change("DELETE", &id, 1, &reason), venue.record(&two));
        assert_eq!((taken.status, later.status), (200, 201));
        assert_eq!(
            standing(&venue, &id).await,
            [
                (1, "cancelled".to_owned(), json!([])),
                (2, "review".to_owned(), json!(["previous-missing"])),
            ],
            "person {person}"
        );
    }
}

/// By it, whoever reads them sees whether they are of one moment.
#[tokio::test(start_paused = true)]
async fn the_edition_of_a_persons_doses_counts_every_revision_also_those_that_follow() {
    let town = town().await;
    let (office, venue) = (Office::of(&town, CHIYODA).await, Venue::of(&town, "nurse"));
    let row = Row::of(1);
    assert_eq!(venue.record(&second(&row)).await.status, 201);
    let first = venue.record(&dose(&row)).await;
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let reason = json!({ "reason": "別人の接種" });
    let taken = venue.change("DELETE", &id, 1, &reason).await;
    assert_eq!(taken.status, 200, "{}", taken.json());
    let doses = office.doses(&row).await;
    let last = doses.doses.iter().map(|it| u64::from(it.revision));
    assert_eq!((doses.edition, last.sum()), (5, 5_u64));
    assert_eq!(doses.doses.len() + doses.history.len(), 5);
}

/// Lets the dose that waits for a coupon be compared by a birth date, as the same dose does when it comes once more.
async fn compare_by(office: &Office, coupon: &Tag, birth_date: Date) {
    let (area, store) = (office.area(), office.recorder.store());
    let waiting = store.waiting_for(area.scope, area.keys, coupon).await;
    let again = WaitingDose {
        birth_date: Some(birth_date),
        ..waiting.unwrap().remove(0)
    };
    let mut nonces = NoncePool::default();
    let mut change = DoseChange::new(store, area.scope, area.keys, &mut nonces, office.now());
    change.mark_waiting(&again, Vec::new()).unwrap();
    let change = change.finish().unwrap();
    store.commit(area.scope, change).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_birth_date_that_comes_while_its_dose_is_attached_is_compared() {
    let town = town().await;
    let (office, row) = (Office::of(&town, CHIYODA).await, Row::of(1));
    put_waiting(&office, first_dose(&row)).await;
    let gate = Gate::once(Step::Wait, |call| call.operation == "TransactWriteItems");
    let (adapters, config) = (town.stack.adapters(), town.stack.sdk_config());
    let client = gate.before("office", config.http_client().unwrap());
    let config = config.into_builder().http_client(client).build();
    let adapters = Adapters::new(adapters.settings().clone(), config, adapters.clock());
    let slow = Recorder::new(adapters.store().unwrap());

    let coupon = first_dose(&row).dose.coupon.unwrap();
    let (area, coupon) = (office.area(), office.keys.coupon_tag(coupon));
    let of_another = domain::parse_date(row.cell("生年月日")).unwrap();
    let of_another = of_another.tomorrow().unwrap();
    let again = async {
        gate.reached().await;
        compare_by(&office, &coupon, of_another).await;
        gate.open();
    };
    let (attached, ()) = tokio::join!(slow.attach(&area, &coupon, office.now()), again);
    let attached = attached.unwrap();
    assert_eq!((attached.recorded, attached.waiting), (0, 1));
    assert!(office.doses(&row).await.doses.is_empty());
    let listed = office.list(DoseList::Waiting).await;
    let [Listed::Waiting(waiting)] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!(waiting.birth_date, Some(of_another));
    assert_eq!(waiting.findings, [FindingCode::SecondAttribute]);
    assert_eq!(waiting.revision, 2);
    // What is not marked meanwhile leaves the list.
    let born = of_another.yesterday().unwrap();
    compare_by(&office, &coupon, born).await;
    let attached = slow.attach(&area, &coupon, office.now()).await.unwrap();
    assert_eq!((attached.recorded, attached.waiting), (1, 0));
    assert!(office.list(DoseList::Waiting).await.is_empty());
}
