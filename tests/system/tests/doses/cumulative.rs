//! Dose files are cumulative: the rows of last night come again with the next file, whatever became of the person or
//! the dose since.

use ::recording::{Changed, Correction, Incoming, Kept, Outcome, Reasoned, Second, Whom};
use domain::{Date, DoseNumber, DoseState, FindingCode, LotNumber, UploadId};
use store::{DoseAct, DoseId, DoseKey, DoseList, Source};
use system::{
    file::Row,
    office::{Office, first_dose},
    town::{CHIYODA, Town, scope},
};

use crate::together::{record, take_in, town};

const OTHER_COUPON: &str = "9999999999";

/// The first dose of a person as the file of this night says it, by the coupon alone.
fn row_of_night(row: &Row, night: u8) -> Incoming {
    let mut incoming = first_dose(row);
    incoming.second = Second::NotAsked;
    incoming.source = Source::File {
        upload: UploadId::derive(&[night; 32]),
        row: 1,
    };
    incoming
}

/// The same by the number alone.
fn row_by_number(row: &Row, night: u8) -> Incoming {
    let mut incoming = row_of_night(row, night);
    incoming.whom = Whom::Number(row.cell("個別宛名番号").to_owned().into());
    incoming.dose.coupon = None;
    incoming
}

fn recorded(outcome: Outcome) -> Kept {
    match outcome {
        Outcome::Recorded(kept) => kept,
        other => panic!("{other:?}"),
    }
}

fn key(kept: &Kept) -> DoseKey {
    match kept.id {
        DoseId::Dose(key) => key,
        other => panic!("{other}"),
    }
}

fn why() -> Reasoned {
    Reasoned {
        by: String::from("chief").into(),
        why: Some(String::from("別人の接種").into()),
        expected: None,
    }
}

async fn cancel(office: &Office, key: &DoseKey) {
    let (area, now) = (office.area(), office.now());
    let cancelled = office.recorder.cancel(&area, key, &why(), now).await;
    assert!(matches!(cancelled, Ok(Changed::Done(_))), "{cancelled:?}");
}

/// Corrects the lot of what the file says of this person.
async fn correct_lot(office: &Office, key: &DoseKey, row: &Row) {
    let (area, now) = (office.area(), office.now());
    let said = first_dose(row).dose;
    let to = Correction {
        given_on: said.given_on,
        product: said.product,
        lot: LotNumber::parse("EP9605").unwrap(),
        venue: None,
        physician: None,
    };
    let why = why();
    let corrected = office.recorder.correct(&area, key, &to, &why, now).await;
    assert!(matches!(corrected, Ok(Changed::Done(_))), "{corrected:?}");
}

/// One file numbers somebody anew.
async fn number_anew(town: &Town, left: &Row) -> Row {
    let mut came = Row::of(99);
    for same in ["券番号", "個人番号", "生年月日"] {
        came = came.with(same, left.cell(same));
    }
    take_in(town, vec![gone(left), came.clone()]).await;
    came
}

/// What removes somebody; the rest that is known of them stays.
fn gone(left: &Row) -> Row {
    let left = left.clone().with("異動区分", "2");
    let left = left.with("異動日", "20210310");
    left.with("券番号", "").with("個人番号", "")
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_under_a_coupon_that_was_replaced_is_unchanged_and_waits_for_nobody() {
    let (town, office) = town().await;
    let row = Row::of(1);
    let kept = recorded(office.record(&row_of_night(&row, 1)).await);
    let replaced = row.clone().with("券番号", OTHER_COUPON);
    take_in(&town, vec![replaced]).await;
    // A venue that still reads the old coupon brings it on the list.
    let waits = office.record(&first_dose(&row)).await;
    assert!(matches!(waits, Outcome::Waiting(_)), "{waits:?}");
    let mut with_number = row_of_night(&row, 2);
    with_number.second = Second::Seen(office.tag(&row));
    for again in [with_number, row_of_night(&row, 3)] {
        let unchanged = Outcome::Unchanged(kept.clone());
        assert_eq!(office.record(&again).await, unchanged);
        assert!(office.list(DoseList::Waiting).await.is_empty());
    }
    // Beside the number of somebody else it is not theirs.
    let mut misread = row_of_night(&row, 4);
    misread.second = Second::Seen(office.tag(&Row::of(2)));
    let waits = office.record(&misread).await;
    assert!(matches!(waits, Outcome::Waiting(_)), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_for_somebody_is_unchanged_once_they_are_numbered_anew() {
    let (town, office) = town().await;
    let left = Row::of(1);
    let kept = recorded(office.record(&row_of_night(&left, 1)).await);
    let came = number_anew(&town, &left).await;
    let seen = |row: &Row, night| {
        let mut incoming = row_of_night(&left, night);
        incoming.second = Second::Seen(office.tag(row));
        incoming
    };
    let rows = [
        row_of_night(&left, 2),
        seen(&left, 3),
        seen(&came, 4),
        row_by_number(&came, 5),
    ];
    for row in &rows {
        let unchanged = Outcome::Unchanged(kept.clone());
        assert_eq!(office.record(row).await, unchanged, "{:?}", row.source);
    }
    // Rows by number are recorded together.
    let together = record(&town, &office, &rows[3..]).await;
    assert_eq!(together, [Outcome::Unchanged(kept)]);
    assert!(office.doses(&came).await.doses.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_came_under_the_new_number_is_unchanged_under_the_old_one() {
    let (town, office) = town().await;
    let left = Row::of(1);
    let came = number_anew(&town, &left).await;
    let kept = recorded(office.record(&row_of_night(&left, 1)).await);
    assert!(key(&kept).resident == office.tag(&came));
    let rows = [row_by_number(&left, 2)];
    let unchanged = [Outcome::Unchanged(kept)];
    assert_eq!(record(&town, &office, &rows).await, unchanged);
    assert!(office.doses(&left).await.doses.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_waits_beside_the_number_of_before_is_of_who_has_its_coupon_under_a_new_one() {
    let (town, office) = town().await;
    let left = Row::of(1);
    let mut came = Row::of(99).with("券番号", OTHER_COUPON);
    for same in ["個人番号", "生年月日"] {
        came = came.with(same, left.cell(same));
    }
    // The coupon of tomorrow beside the number of today.
    let mut early = row_of_night(&came, 1);
    early.second = Second::Seen(office.tag(&left));
    let waits = office.record(&early).await;
    assert!(matches!(waits, Outcome::Waiting(_)), "{waits:?}");
    take_in(&town, vec![gone(&left), came.clone()]).await;
    assert!(office.list(DoseList::Waiting).await.is_empty());
    let attached = office.doses(&came).await.doses;
    assert_eq!(attached.len(), 1);
    assert_eq!(attached[0].state, DoseState::Recorded);
}

#[tokio::test(start_paused = true)]
async fn the_same_vaccine_of_the_same_day_of_somebody_else_who_has_the_coupon_now_is_theirs() {
    let (town, office) = town().await;
    let (before, now) = (Row::of(1), Row::of(98));
    // Recorded by number: nothing says that it came under the coupon.
    recorded(office.record(&row_by_number(&before, 1)).await);
    let before = before.with("券番号", OTHER_COUPON);
    let now = now.with("券番号", Row::of(1).cell("券番号"));
    take_in(&town, vec![before, now.clone()]).await;
    let kept = recorded(office.record(&row_of_night(&now, 2)).await);
    assert!(key(&kept).resident == office.tag(&now));
}

#[tokio::test(start_paused = true)]
async fn the_coupon_of_who_left_is_of_who_came_with_it_since_the_register_was_asked_for() {
    let (town, office) = town().await;
    let left = Row::of(1);
    take_in(&town, vec![gone(&left)]).await;
    let register = town.store().register(&scope(CHIYODA)).await.unwrap();
    let came = Row::of(99).with("券番号", left.cell("券番号"));
    take_in(&town, vec![came.clone()]).await;
    let (area, row) = (office.area(), row_of_night(&came, 1));
    let before = Some(register.generation());
    let recorder = &office.recorder;
    let outcome = recorder.record_under(&area, &row, before, office.now());
    let kept = recorded(outcome.await.unwrap());
    assert!(key(&kept).resident == office.tag(&came));
}

#[tokio::test(start_paused = true)]
async fn whoever_left_with_another_coupon_is_not_who_has_their_former_one_now() {
    let (town, office) = town().await;
    let left = Row::of(1);
    recorded(office.record(&row_by_number(&left, 1)).await);
    // As twins whose coupons were exchanged; of one of them no My Number is known.
    let came = Row::of(99).with("個人番号", "");
    let came = came.with("生年月日", left.cell("生年月日"));
    let came = came.with("券番号", left.cell("券番号"));
    take_in(&town, vec![left.clone().with("券番号", OTHER_COUPON)]).await;
    take_in(&town, vec![gone(&left), came.clone()]).await;
    let kept = recorded(office.record(&row_of_night(&came, 2)).await);
    assert!(key(&kept).resident == office.tag(&came));
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_under_a_coupon_does_not_come_upon_a_dose_of_who_has_it_now() {
    let (town, office) = town().await;
    let before = Row::of(1);
    let night = |night| row_of_night(&before, night);
    let kept = recorded(office.record(&night(1)).await);
    let now = Row::of(98).with("券番号", before.cell("券番号"));
    let replaced = before.clone().with("券番号", OTHER_COUPON);
    take_in(&town, vec![replaced, now.clone()]).await;
    let mut own = first_dose(&now);
    own.dose.lot = LotNumber::parse("EP9605").unwrap();
    recorded(office.record(&own).await);
    assert_eq!(office.record(&night(2)).await, Outcome::Unchanged(kept));
    assert!(office.list(DoseList::Conflict).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_staff_cancelled_is_refused_each_night_and_stands_in_no_queue() {
    let (town, office) = town().await;
    let row = Row::of(1);
    let kept = recorded(office.record(&row_of_night(&row, 1)).await);
    cancel(&office, &key(&kept)).await;
    let refused = |outcome: Outcome| match outcome {
        Outcome::Withdrawn(again) => {
            assert_eq!(again.id, kept.id);
            assert_eq!(again.findings, [FindingCode::CancelledBefore]);
        }
        other => panic!("{other:?}"),
    };
    let before = town.whole().await;
    for night in [2, 3] {
        refused(office.record(&row_of_night(&row, night)).await);
        let rows = [row_of_night(&row, night)];
        let together = record(&town, &office, &rows).await;
        together.into_iter().for_each(refused);
    }
    assert_eq!(town.whole().await, before, "nothing is written");

    // Also beside what was recorded in its place, and when their coupon is another.
    let mut right = first_dose(&row);
    right.dose.lot = LotNumber::parse("EP9605").unwrap();
    recorded(office.record(&right).await);
    refused(office.record(&row_of_night(&row, 4)).await);
    take_in(&town, vec![row.clone().with("券番号", OTHER_COUPON)]).await;
    refused(office.record(&row_of_night(&row, 5)).await);
    for list in [DoseList::Review, DoseList::Conflict, DoseList::Waiting] {
        assert!(office.list(list).await.is_empty(), "{}", list.as_str());
    }
}

#[tokio::test(start_paused = true)]
async fn what_staff_cancelled_does_not_come_back_under_a_new_number() {
    let (town, office) = town().await;
    let left = Row::of(1);
    let kept = recorded(office.record(&row_of_night(&left, 1)).await);
    cancel(&office, &key(&kept)).await;
    let came = number_anew(&town, &left).await;
    let refused = office.record(&row_of_night(&left, 2)).await;
    assert!(matches!(refused, Outcome::Withdrawn(_)), "{refused:?}");
    assert!(office.doses(&came).await.doses.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_corrected_before_it_was_cancelled_is_looked_at_once() {
    let (_town, office) = town().await;
    let row = Row::of(1);
    let kept = recorded(office.record(&row_of_night(&row, 1)).await);
    correct_lot(&office, &key(&kept), &row).await;
    cancel(&office, &key(&kept)).await;
    let doubtful = office.record(&row_of_night(&row, 2)).await;
    assert!(matches!(doubtful, Outcome::Review(_)), "{doubtful:?}");
    cancel(&office, &key(&kept)).await;
    let refused = office.record(&row_of_night(&row, 3)).await;
    assert!(matches!(refused, Outcome::Withdrawn(_)), "{refused:?}");
    // Somebody at a desk is heard.
    let doubtful = office.record(&first_dose(&row)).await;
    assert!(matches!(doubtful, Outcome::Review(_)), "{doubtful:?}");
    let stands = &office.doses(&row).await.doses[0];
    assert_eq!(stands.state, DoseState::Review);
    assert_eq!(stands.entry.act, DoseAct::Recorded);
}

#[tokio::test(start_paused = true)]
async fn what_was_somebody_elses_under_a_coupon_does_not_come_into_force_unseen_for_who_has_it_now()
{
    for is_cancelled in [false, true] {
        let (town, office) = town().await;
        let before = Row::of(1);
        let kept = recorded(office.record(&row_of_night(&before, 1)).await);
        if is_cancelled {
            cancel(&office, &key(&kept)).await;
        } else {
            correct_lot(&office, &key(&kept), &before).await;
        }
        let now = Row::of(98).with("券番号", before.cell("券番号"));
        let replaced = before.clone().with("券番号", OTHER_COUPON);
        take_in(&town, vec![replaced, now.clone()]).await;
        let doubtful = match office.record(&row_of_night(&before, 2)).await {
            Outcome::Review(kept) => kept,
            other => panic!("{other:?}"),
        };
        assert!(key(&doubtful).resident == office.tag(&now));
        assert_eq!(doubtful.findings, [FindingCode::RecordedForAnother]);
        let again = office.record(&row_of_night(&before, 3)).await;
        assert!(matches!(again, Outcome::Unchanged(_)), "{again:?}");
        // Once somebody said that it is not theirs either, it does not come back.
        cancel(&office, &key(&doubtful)).await;
        let again = office.record(&row_of_night(&before, 4)).await;
        assert!(matches!(again, Outcome::Withdrawn(_)), "{again:?}");
        // Another dose under the coupon is theirs.
        let mut own = row_of_night(&before, 4);
        own.dose.given_on = Date::constant(2021, 3, 2);
        recorded(office.record(&own).await);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_under_a_coupon_that_two_have_now_is_unchanged_where_the_row_names_one() {
    let (town, office) = town().await;
    let row = Row::of(1);
    let kept = recorded(office.record(&row_of_night(&row, 1)).await);
    let twin = Row::of(98).with("券番号", row.cell("券番号"));
    take_in(&town, vec![twin.clone()]).await;
    let named = |of: &Row| {
        let mut incoming = row_of_night(&row, 2);
        incoming.second = Second::Seen(office.tag(of));
        incoming
    };
    assert_eq!(office.record(&named(&row)).await, Outcome::Unchanged(kept));
    for nobodys in [named(&twin), row_of_night(&row, 3)] {
        let refused = Outcome::Refused(vec![FindingCode::CouponOfSeveral.into()]);
        assert_eq!(office.record(&nobodys).await, refused);
    }
}

#[tokio::test(start_paused = true)]
async fn a_former_number_beside_the_coupon_names_the_same_person_and_anybody_elses_does_not() {
    let (town, office) = town().await;
    let left = Row::of(1);
    recorded(office.record(&row_of_night(&left, 1)).await);
    let came = number_anew(&town, &left).await;
    let second = |of: &Row| {
        let mut incoming = row_of_night(&left, 2);
        incoming.dose.number = DoseNumber::new(2).unwrap();
        incoming.dose.given_on = Date::constant(2021, 3, 22);
        incoming.second = Second::Seen(office.tag(of));
        incoming
    };
    let refused = Outcome::Refused(vec![FindingCode::SecondAttribute.into()]);
    assert_eq!(office.record(&second(&Row::of(2))).await, refused);
    let kept = recorded(office.record(&second(&left)).await);
    assert!(key(&kept).resident == office.tag(&came));
}

#[tokio::test(start_paused = true)]
async fn a_former_number_beside_another_coupon_names_who_has_the_same_my_number() {
    let (town, office) = town().await;
    let left = Row::of(1);
    let before = recorded(office.record(&row_of_night(&left, 1)).await);
    let came = Row::of(99).with("個人番号", left.cell("個人番号"));
    let came = came.with("生年月日", left.cell("生年月日"));
    take_in(&town, vec![gone(&left), came.clone()]).await;
    let row = |number: u8, day: i8, of: &Row| {
        let mut incoming = row_of_night(&came, 2);
        incoming.dose.number = DoseNumber::new(number).unwrap();
        incoming.dose.given_on = Date::constant(2021, 3, day);
        incoming.second = Second::Seen(office.tag(of));
        incoming
    };
    let outcome = async |row| record(&town, &office, &[row]).await.remove(0);
    let refused = Outcome::Refused(vec![FindingCode::SecondAttribute.into()]);
    assert_eq!(outcome(row(2, 22, &Row::of(2))).await, refused);
    let unchanged = Outcome::Unchanged(before);
    assert_eq!(outcome(row(1, 1, &left)).await, unchanged);
    let second = recorded(outcome(row(2, 22, &left)).await);
    assert!(key(&second).resident == office.tag(&came));
}
