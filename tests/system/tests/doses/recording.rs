//! What becomes of one dose, and what is written of it.

use std::sync::atomic::{AtomicI64, Ordering};

use ::recording::{Incoming, Kept, Outcome, Second, Whom};
use crypto::NoncePool;
use domain::{Date, DoseNumber, DoseState, Finding, FindingCode, LotNumber, UploadId, japan_date};
use jiff::SignedDuration;
use store::{
    DoseAct, DoseChange, DoseCounts, DoseId, DoseList, Entry, Listed, Once, Source, WaitingDose,
    WaitingKey, content_id,
};
use system::{
    file::{Encoding, File, Row},
    office::{Office, first_dose},
    town::{CHIYODA, Town, scope},
};

/// A town with these people in the register of Chiyoda.
async fn town(people: std::ops::Range<u32>) -> (Town, Office) {
    let town = Town::start().await;
    register(&town, people.map(Row::of).collect()).await;
    let office = Office::of(&town, CHIYODA).await;
    (town, office)
}

async fn register(town: &Town, rows: Vec<Row>) {
    let file = File::new(rows).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "residents.csv", file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt}");
}

fn second_dose(row: &Row) -> Incoming {
    let mut incoming = first_dose(row);
    incoming.dose.number = DoseNumber::new(2).unwrap();
    incoming.dose.given_on = Date::constant(2021, 3, 22);
    incoming
}

fn kept(outcome: Outcome) -> Kept {
    match outcome {
        Outcome::Recorded(kept)
        | Outcome::Unchanged(kept)
        | Outcome::Review(kept)
        | Outcome::Conflict(kept)
        | Outcome::Waiting(kept) => kept,
        Outcome::Refused(findings) => panic!("refused: {findings:?}"),
        Outcome::Withdrawn(kept) => panic!("withdrawn: {kept:?}"),
        Outcome::KeyReused => panic!("key reused"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_dose_is_recorded_once_and_counted() {
    let (town, office) = town(1..4).await;
    let row = Row::of(1);
    let outcome = office.record(&first_dose(&row)).await;
    let Outcome::Recorded(kept) = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((kept.revision, kept.findings.len()), (1, 0));
    let doses = office.doses(&row).await;
    assert_eq!(doses.doses.len(), 1);
    let stored = &doses.doses[0];
    assert_eq!(stored.dose, first_dose(&row).dose);
    assert_eq!((stored.state, stored.locked), (DoseState::Recorded, false));
    assert_eq!(stored.entry.by.expose(), "nurse");
    let counts = DoseCounts {
        recorded: 1,
        ..DoseCounts::default()
    };
    assert_eq!(office.counts().await, counts);
    let store = office.recorder.store();
    let today = japan_date(office.now());
    let touched = store.touched(&scope(CHIYODA), today, 10, None).await;
    assert_eq!(touched.unwrap().residents, [office.tag(&row)]);

    let before = town.whole().await;
    let again = office.record(&first_dose(&row)).await;
    assert_eq!(again, Outcome::Unchanged(kept.clone()));
    assert_eq!(town.whole().await, before, "nothing is written");
}

#[tokio::test(start_paused = true)]
async fn a_doubtful_dose_is_kept_aside_and_listed() {
    let (_town, office) = town(1..4).await;
    let row = Row::of(1);
    let outcome = office.record(&second_dose(&row)).await;
    let Outcome::Review(kept) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(kept.findings, [FindingCode::PreviousMissing]);
    assert_eq!(office.counts().await.review, 1);
    let listed = office.list(DoseList::Review).await;
    let [Listed::Dose(tag, dose)] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!(*tag, office.tag(&row));
    assert_eq!(dose.findings, kept.findings);
}

#[tokio::test(start_paused = true)]
async fn what_was_doubtful_for_want_of_the_dose_before_comes_into_force_with_it() {
    let (_town, office) = town(1..4).await;
    let row = Row::of(1);
    let mut third = second_dose(&row);
    third.dose.number = DoseNumber::new(3).unwrap();
    third.dose.given_on = Date::constant(2021, 12, 5);
    let mut first = first_dose(&row);
    first.by = "first-desk".to_owned().into();
    let (area, later) = (office.area(), "2022-01-05T00:00:00Z".parse().unwrap());
    for doubtful in [third, second_dose(&row)] {
        let outcome = office
            .recorder
            .record(&area, &doubtful, later)
            .await
            .unwrap();
        assert!(matches!(outcome, Outcome::Review(_)), "{outcome:?}");
    }
    let outcome = office.recorder.record(&area, &first, later).await.unwrap();
    assert!(matches!(outcome, Outcome::Recorded(_)), "{outcome:?}");

    let counts = DoseCounts {
        recorded: 3,
        ..DoseCounts::default()
    };
    assert_eq!(office.counts().await, counts);
    assert_eq!(office.list(DoseList::Review).await.len(), 0);
    let doses = office.doses(&row).await;
    assert_eq!(doses.doses.len(), 3);
    for (dose, doubtful) in doses.doses[1..].iter().zip(&doses.history) {
        assert_eq!((dose.state, dose.revision), (DoseState::Recorded, 2));
        assert_eq!(dose.entry.act, DoseAct::Rechecked);
        assert_eq!(*dose.entry.by.expose(), "first-desk");
        assert!(dose.findings.is_empty(), "{:?}", dose.findings);
        assert_eq!((doubtful.state, doubtful.revision), (DoseState::Review, 1));
        assert_eq!(doubtful.dose, dose.dose);
        assert_eq!(doubtful.recorded_at, dose.recorded_at);
    }
}

#[tokio::test(start_paused = true)]
async fn a_doubtful_dose_takes_no_doubt_away_and_another_doubt_stays() {
    let (_town, office) = town(1..4).await;
    // The first one's day is doubtful, for it is behind the second one's.
    let row = Row::of(1);
    office.record(&second_dose(&row)).await;
    let mut late = first_dose(&row);
    late.dose.given_on = Date::constant(2021, 3, 29);
    let outcome = office.record(&late).await;
    assert!(matches!(outcome, Outcome::Review(_)), "{outcome:?}");
    assert_eq!(office.counts().await.review, 2);
    // The second one is doubtful for something else as well.
    let row = Row::of(2);
    let mut other = second_dose(&row);
    other.dose.product = "SPIKEVAX".parse().unwrap();
    let findings = kept(office.record(&other).await).findings;
    assert!(findings.len() > 1, "{findings:?}");
    office.record(&first_dose(&row)).await;
    assert_eq!(office.counts().await.review, 3);
    let left = &office.doses(&row).await.doses[1].findings;
    let missing = FindingCode::PreviousMissing;
    assert!(findings.contains(&missing), "{findings:?}");
    let others: Vec<_> = findings.into_iter().filter(|it| *it != missing).collect();
    assert_eq!(*left, others);
}

#[tokio::test(start_paused = true)]
async fn another_content_for_a_taken_number_stands_in_the_queue_once() {
    let (town, office) = town(1..4).await;
    let row = Row::of(1);
    office.record(&first_dose(&row)).await;
    let mut other = first_dose(&row);
    other.dose.lot = LotNumber::parse("EP2164").unwrap();
    let outcome = office.record(&other).await;
    let Outcome::Conflict(kept) = &outcome else {
        panic!("{outcome:?}");
    };
    let DoseId::Newcomer(key) = kept.id else {
        panic!("{kept:?}");
    };
    let before = town.whole().await;
    assert_eq!(office.record(&other).await, outcome);
    assert_eq!(town.whole().await, before, "a repeat is the same newcomer");
    let doses = office.doses(&row).await;
    assert_eq!(doses.doses[0].dose, first_dose(&row).dose);
    assert_eq!(doses.doses[0].revision, 1);
    assert_eq!(doses.newcomers.len(), 1);
    assert_eq!(doses.newcomers[0].id, key.id);
    assert_eq!(office.list(DoseList::Conflict).await.len(), 1);
    let counts = DoseCounts {
        recorded: 1,
        conflict: 1,
        ..DoseCounts::default()
    };
    assert_eq!(office.counts().await, counts);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_right_is_refused_and_leaves_nothing() {
    let (town, office) = town(1..4).await;
    let row = Row::of(1);
    let with = |change: &dyn Fn(&mut Incoming)| {
        let mut incoming = first_dose(&row);
        change(&mut incoming);
        incoming
    };
    let another = Second::BirthDate(Date::constant(1950, 1, 1));
    let cases = [
        (
            with(&|it| it.second = another.clone()),
            FindingCode::SecondAttribute,
        ),
        (
            with(&|it| it.dose.given_on = Date::constant(2021, 4, 13)),
            FindingCode::FutureDate,
        ),
        (
            with(&|it| it.dose.product = "NOSUCH".parse().unwrap()),
            FindingCode::UnknownProduct,
        ),
        (
            with(&|it| it.dose.number = DoseNumber::new(8).unwrap()),
            FindingCode::NumberAboveProgramme,
        ),
        (
            with(&|it| it.whom = Whom::Number(String::from("B-1").into())),
            FindingCode::UnknownResident,
        ),
    ];
    let before = town.whole().await;
    for (incoming, code) in cases {
        let outcome = office.record(&incoming).await;
        let Outcome::Refused(findings) = &outcome else {
            panic!("{code}: {outcome:?}");
        };
        assert!(findings.contains(&Finding::from(code)), "{findings:?}");
    }
    assert_eq!(town.whole().await, before);
}

#[tokio::test(start_paused = true)]
async fn two_persons_of_one_coupon_are_nobodys() {
    let (town, office) = town(1..4).await;
    let twin = Row::of(9).with("券番号", Row::of(1).cell("券番号"));
    register(&town, vec![twin]).await;
    let outcome = office.record(&first_dose(&Row::of(1))).await;
    let refused = Outcome::Refused(vec![FindingCode::CouponOfSeveral.into()]);
    assert_eq!(outcome, refused);
}

#[tokio::test(start_paused = true)]
async fn a_dose_of_a_coupon_nobody_has_waits_and_is_attached_under_the_same_checks() {
    let (town, office) = town(1..4).await;
    let (fits, misread) = (Row::of(7), Row::of(8));
    let first = office.record(&first_dose(&fits)).await;
    let at = office.now();
    assert!(matches!(first, Outcome::Waiting(_)), "{first:?}");
    assert_eq!(office.record(&first_dose(&fits)).await, first);
    let mut wrong = first_dose(&misread);
    wrong.second = Second::BirthDate(Date::constant(1950, 1, 1));
    office.record(&wrong).await;
    assert_eq!(office.counts().await.waiting, 2);
    assert_eq!(office.attach().await, 0, "nobody has come");

    register(&town, vec![fits.clone(), misread.clone()]).await;
    // The loading of the file may have attached it by itself.
    office.attach().await;
    let doses = office.doses(&fits).await.doses;
    assert_eq!(doses.len(), 1);
    assert_eq!(doses[0].entry.act, DoseAct::Attached);
    assert_eq!(doses[0].recorded_at.as_millisecond(), at.as_millisecond());
    assert!(office.doses(&misread).await.doses.is_empty());
    let listed = office.list(DoseList::Waiting).await;
    let [Listed::Waiting(waiting)] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!(waiting.findings, [FindingCode::SecondAttribute]);
    let counts = DoseCounts {
        recorded: 1,
        waiting: 1,
        ..DoseCounts::default()
    };
    assert_eq!(office.counts().await, counts);
    let before = town.whole().await;
    assert_eq!(office.attach().await, 0);
    assert_eq!(town.whole().await, before, "nothing new is said");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_dose_of_a_named_person_goes_to_nobody_else_who_gets_its_coupon() {
    let (town, office) = town(1..4).await;
    // Of person 1, with a coupon that was misread and that nobody has yet.
    let (meant, later) = (Row::of(1), Row::of(7));
    let mut misread = first_dose(&later);
    misread.second = Second::Seen(office.tag(&meant));
    let outcome = office.record(&misread).await;
    assert!(matches!(outcome, Outcome::Waiting(_)), "{outcome:?}");

    let everybody = [1, 2, 3, 7].map(Row::of);
    register(&town, everybody.to_vec()).await;
    office.attach().await;
    assert!(office.doses(&later).await.doses.is_empty());
    assert!(office.doses(&meant).await.doses.is_empty());
    let listed = office.list(DoseList::Waiting).await;
    let [Listed::Waiting(waiting)] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!(waiting.findings, [FindingCode::SecondAttribute]);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_dose_says_why_it_waits_as_long_as_somebody_has_its_coupon() {
    let (town, office) = town(1..4).await;
    let other = Row::of(7);
    let mut misread = first_dose(&other);
    misread.second = Second::BirthDate(Date::constant(1950, 1, 1));
    office.record(&misread).await;
    let said = async || {
        office.attach().await;
        let listed = office.list(DoseList::Waiting).await;
        let [Listed::Waiting(waiting)] = listed.as_slice() else {
            panic!("{listed:?}");
        };
        waiting.findings.clone()
    };
    register(&town, vec![other.clone()]).await;
    assert_eq!(said().await, [FindingCode::SecondAttribute]);
    register(&town, vec![other.with("券番号", "1000000099")]).await;
    assert_eq!(said().await, Vec::new(), "nobody has it any more");
}

/// Puts a dose on the waiting list as if its person came after it.
pub(crate) async fn put_waiting(office: &Office, incoming: Incoming) {
    let (area, dose) = (office.area(), incoming.dose);
    let waiting = WaitingDose {
        key: WaitingKey {
            coupon: area.keys.coupon_tag(dose.coupon.unwrap()),
            programme: dose.programme,
            number: dose.number,
            id: content_id(area.keys, &dose),
        },
        dose,
        revision: 0,
        birth_date: None,
        meant: None,
        findings: Vec::new(),
        entry: Entry {
            act: DoseAct::Recorded,
            at: office.now(),
            by: incoming.by,
            why: None,
            source: Source::Api,
        },
        settled: None,
    };
    let (store, mut nonces) = (office.recorder.store(), NoncePool::default());
    let mut change = DoseChange::new(store, area.scope, area.keys, &mut nonces, office.now());
    change.add_waiting(waiting).unwrap();
    let change = change.finish().unwrap();
    store.commit(area.scope, change).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_attached_is_noted_under_the_day_on_which_it_is() {
    let (_town, office) = town(1..4).await;
    for person in [1, 2] {
        put_waiting(&office, first_dose(&Row::of(person))).await;
    }
    let (area, store) = (office.area(), office.recorder.store());
    let (start, days) = (office.now(), AtomicI64::new(0));
    // A day passes each time it is asked.
    let clock = || start + SignedDuration::from_hours(24 * days.fetch_add(1, Ordering::Relaxed));
    let attached = office.recorder.attach_some(&area, 100, None, &clock).await;
    assert_eq!(attached.unwrap().0.recorded, 2);
    let today = japan_date(office.now());
    for day in [today, today.tomorrow().unwrap()] {
        let touched = store.touched(area.scope, day, 10, None).await.unwrap();
        assert_eq!(touched.residents.len(), 1, "{day}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_key_is_done_once() {
    let (town, office) = town(1..4).await;
    let row = Row::of(1);
    let once = |body: &[u8]| Some(Once::new(&office.keys, "nurse", "k-1", body));
    let mut incoming = first_dose(&row);
    incoming.once = once(b"{1}");
    let outcome = office.record(&incoming).await;
    assert!(matches!(outcome, Outcome::Recorded(_)), "{outcome:?}");
    let before = town.whole().await;
    assert_eq!(office.record(&incoming).await, outcome, "the same answer");
    incoming.once = once(b"{2}");
    incoming.dose.lot = LotNumber::parse("EP2164").unwrap();
    assert_eq!(office.record(&incoming).await, Outcome::KeyReused);
    assert_eq!(town.whole().await, before);
    // The same key of somebody else is another key.
    incoming.once = Some(Once::new(&office.keys, "physician", "k-1", b"{2}"));
    let theirs = office.record(&incoming).await;
    assert!(matches!(theirs, Outcome::Conflict(_)), "{theirs:?}");
}

#[tokio::test(start_paused = true)]
async fn a_row_of_a_file_is_known_again_by_its_place() {
    let (town, office) = town(1..4).await;
    let source = |row| Source::File {
        upload: UploadId::derive(&[1; 32]),
        row,
    };
    let mut row_of_file = first_dose(&Row::of(1));
    row_of_file.source = source(1);
    let mut doubled = row_of_file.clone();
    doubled.source = source(2);
    let first = office.record(&row_of_file).await;
    assert!(matches!(first, Outcome::Recorded(_)));
    let before = town.whole().await;
    assert_eq!(office.record(&row_of_file).await, first);
    let second = office.record(&doubled).await;
    assert_eq!(second, Outcome::Unchanged(kept(first)));
    assert_eq!(town.whole().await, before);
}

#[tokio::test(start_paused = true)]
async fn the_same_dose_from_many_at_once_is_one_dose() {
    let (_town, office) = town(1..4).await;
    let row = Row::of(2);
    let mut doses: Vec<_> = (0..4).map(|_| first_dose(&row)).collect();
    for (dose, lot) in doses.iter_mut().zip(["A1", "A1", "A2", "A2"]) {
        dose.dose.lot = LotNumber::parse(lot).unwrap();
    }
    let (a, b, c, d) = tokio::join!(
        office.record(&doses[0]),
        office.record(&doses[1]),
        office.record(&doses[2]),
        office.record(&doses[3]),
    );
    let outcomes = [a, b, c, d];
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|it| is(it)).count();
    assert_eq!(count(|it| matches!(it, Outcome::Recorded(_))), 1);
    assert_eq!(count(|it| matches!(it, Outcome::Unchanged(_))), 1);
    assert_eq!(count(|it| matches!(it, Outcome::Conflict(_))), 2);
    let counts = DoseCounts {
        recorded: 1,
        conflict: 1,
        ..DoseCounts::default()
    };
    assert_eq!(office.counts().await, counts);
}
