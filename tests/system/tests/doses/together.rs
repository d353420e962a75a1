//! Rows of a file that are recorded together: the same outcomes as one by one, and in a race none is lost.

use ::recording::{Incoming, Outcome, Second};
use crypto::ResidentTag;
use domain::{Date, DoseNumber, LotNumber, UploadId};
use store::{DoseCounts, DoseId, Source};
use system::{
    file::{Encoding, File, Row},
    office::{Office, first_dose},
    town::{CHIYODA, Town, scope},
};

const PEOPLE: std::ops::Range<u32> = 1..13;

pub(crate) async fn town() -> (Town, Office) {
    let town = Town::start().await;
    let file = File::new(PEOPLE.map(Row::of)).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "residents.csv", file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt}");
    let office = Office::of(&town, CHIYODA).await;
    (town, office)
}

/// Everybody's first dose, of this lot.
fn first_doses(lot: &str) -> Vec<Incoming> {
    let of = |person| {
        let mut incoming = first_dose(&Row::of(person));
        incoming.dose.lot = LotNumber::parse(lot).unwrap();
        incoming
    };
    PEOPLE.map(of).collect()
}

/// As the loading of dose files does it.
pub(crate) async fn record(town: &Town, office: &Office, rows: &[Incoming]) -> Vec<Outcome> {
    let area = office.area();
    let mut known: Vec<(ResidentTag, &Incoming)> = Vec::new();
    for incoming in rows {
        let tag = office.recorder.only_tag(&area, &incoming.whom).await;
        known.push((tag.unwrap().unwrap(), incoming));
    }
    let register = town.store().register(&scope(CHIYODA)).await.unwrap();
    let (generation, now) = (register.generation(), office.now());
    let outcomes = office
        .recorder
        .record_together(&area, &known, generation, now);
    outcomes.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_row_has_the_outcome_that_it_has_by_itself() {
    let (town, office) = town().await;
    let mut rows = first_doses("EP2163");
    office.record(&rows[0]).await;
    let mut other = rows[1].clone();
    other.dose.lot = LotNumber::parse("EP2164").unwrap();
    office.record(&other).await;
    rows[2].dose.number = DoseNumber::new(2).unwrap();
    rows[2].dose.given_on = Date::constant(2021, 3, 22);
    rows[3].dose.given_on = Date::constant(2021, 2, 16);
    let outcomes = record(&town, &office, &rows).await;
    assert!(matches!(outcomes[0], Outcome::Unchanged(_)), "{outcomes:?}");
    assert!(matches!(outcomes[1], Outcome::Conflict(_)), "{outcomes:?}");
    assert!(matches!(outcomes[2], Outcome::Review(_)), "{outcomes:?}");
    assert!(matches!(outcomes[3], Outcome::Refused(_)), "{outcomes:?}");
    let plain = &outcomes[4..];
    let recorded = |it: &Outcome| matches!(it, Outcome::Recorded(_));
    assert!(plain.iter().all(recorded), "{outcomes:?}");
    let counts = DoseCounts {
        recorded: 10,
        review: 1,
        conflict: 1,
        ..DoseCounts::default()
    };
    assert_eq!(office.counts().await, counts);
    for (person, outcome) in PEOPLE.zip(&outcomes).skip(4) {
        let doses = office.doses(&Row::of(person)).await;
        let Outcome::Recorded(kept) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((doses.doses.len(), kept.revision), (1, 1));
    }

    let before = town.whole().await;
    let again = record(&town, &office, &rows[4..]).await;
    let unchanged = |it: &Outcome| matches!(it, Outcome::Unchanged(_));
    assert!(again.iter().all(unchanged), "{again:?}");
    assert_eq!(town.whole().await, before, "nothing is written");
}

#[tokio::test(start_paused = true)]
async fn two_files_at_once_leave_one_dose_and_one_newcomer_for_everybody() {
    let (town, office) = town().await;
    let (one, other) = (first_doses("EP2163"), first_doses("EP2164"));
    let (one, other) = tokio::join!(record(&town, &office, &one), record(&town, &office, &other));
    for pair in one.iter().zip(&other) {
        assert!(
            matches!(
                pair,
                (Outcome::Recorded(_), Outcome::Conflict(_))
                    | (Outcome::Conflict(_), Outcome::Recorded(_))
            ),
            "{pair:?}"
        );
    }
    let counts = DoseCounts {
        recorded: 12,
        conflict: 12,
        ..DoseCounts::default()
    };
    assert_eq!(office.counts().await, counts);
}

pub(crate) async fn take_in(town: &Town, rows: Vec<Row>) {
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let file = File::new(rows).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "next.csv", file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt}");
}

/// One file numbers somebody anew: it removes them, the cell of the coupon empty, and registers them with it.
async fn number_anew(town: &Town, left: Row) -> Row {
    let came = Row::of(99).with("券番号", left.cell("券番号"));
    let left = left.with("異動区分", "2").with("異動日", "20210310");
    take_in(town, vec![left.with("券番号", ""), came.clone()]).await;
    came
}

/// The first dose of person 1, as a row of a file that names the coupon alone.
fn row_of_a_file() -> Incoming {
    let mut row = first_dose(&Row::of(1));
    row.second = Second::NotAsked;
    row.source = Source::File {
        upload: UploadId::derive(&[1; 32]),
        row: 1,
    };
    row
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_recorded_is_not_recorded_for_who_has_its_coupon_now() {
    let (town, office) = town().await;
    let row = row_of_a_file();
    let recorded = office.record(&row).await;
    assert!(matches!(recorded, Outcome::Recorded(_)), "{recorded:?}");
    let came = number_anew(&town, Row::of(1)).await;
    assert_eq!(office.record(&row).await, recorded);
    assert!(office.doses(&came).await.doses.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_recorded_does_not_wait_for_a_coupon_that_nobody_has_any_more() {
    let (town, office) = town().await;
    let row = row_of_a_file();
    let recorded = office.record(&row).await;
    take_in(&town, vec![Row::of(1).with("券番号", "9999999999")]).await;
    assert_eq!(office.record(&row).await, recorded);
    assert_eq!(office.counts().await.waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_row_of_somebody_who_left_meanwhile_goes_to_who_has_the_coupon_now() {
    let (town, office) = town().await;
    let (area, row) = (office.area(), row_of_a_file());
    let found = office.recorder.only_tag(&area, &row.whom).await.unwrap();
    let found = found.unwrap();
    let came = number_anew(&town, Row::of(1)).await;
    let register = town.store().register(&scope(CHIYODA)).await.unwrap();
    let (rows, generation) = ([(found, &row)], register.generation());
    let outcomes = office
        .recorder
        .record_together(&area, &rows, generation, office.now());
    let outcomes = outcomes.await.unwrap();
    let Outcome::Recorded(kept) = &outcomes[0] else {
        panic!("{outcomes:?}");
    };
    let DoseId::Dose(key) = kept.id else {
        panic!("{kept:?}");
    };
    assert!(key.resident == office.tag(&came), "it is of who came");
}
