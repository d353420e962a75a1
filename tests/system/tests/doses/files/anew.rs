//! Rows that name whoever was numbered anew, by the new number alone or by the coupon.

use system::{file::Row, town::CHIYODA};

use super::{DoseLine, counts, file, take_in, town};

const NEW: &str = "A-000901";

/// A dose of whoever has this number, named by it alone.
fn by_number(person: u32, number: u32, resident: &str) -> DoseLine {
    let line = DoseLine::of(person, number).with("券番号", "");
    line.with("個別宛名番号", resident)
}

#[tokio::test(start_paused = true)]
async fn a_row_of_the_new_number_finds_what_was_recorded_under_the_old_one() {
    let town = town().await;
    let before: Vec<_> = (1..4)
        .map(|person| by_number(person, 1, Row::of(person).cell("個別宛名番号")))
        .collect();
    let receipt = take_in(&town, "before.csv", file(&before)).await;
    assert_eq!(counts(&receipt), [3, 3, 0, 0, 0, 0, 0], "{receipt:#}");
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let left = Row::of(1).with("異動区分", "2").with("異動日", "20210330");
    let left = left.with("券番号", "").with("個人番号", "");
    let came = Row::of(1).with("個別宛名番号", NEW);
    crate::bad_input::register(&town, vec![left, came]).await;

    // Doses of one number are recorded together; the others are of people who were not numbered anew.
    let mut rows: Vec<_> = (4..9)
        .map(|person| by_number(person, 1, Row::of(person).cell("個別宛名番号")))
        .collect();
    rows.push(by_number(1, 1, NEW));
    rows.push(by_number(1, 2, NEW));
    let receipt = take_in(&town, "after.csv", file(&rows)).await;
    assert_eq!(counts(&receipt), [7, 6, 1, 0, 0, 0, 0], "{receipt:#}");
    let other = by_number(1, 1, NEW).with("ロット番号", "EP9605");
    let coupon = DoseLine::of(1, 1).with("ロット番号", "EP9600");
    let receipt = take_in(&town, "other.csv", file(&[other, coupon])).await;
    assert_eq!(counts(&receipt), [2, 0, 0, 0, 2, 0, 0], "{receipt:#}");
    let again = take_in(&town, "again.csv", file(&rows)).await;
    assert_eq!(counts(&again), [7, 0, 7, 0, 0, 0, 0], "{again:#}");
}
