//! What becomes of each kind of row and file.

use encoding_rs::SHIFT_JIS;
use system::{
    file::{Encoding, File, Row},
    town::{CHIYODA, Town},
};

use super::{DoseLine, PEOPLE, codes, counts, errors_of, file, take_in, town};

const RECORDED: usize = 1;
const REVIEW: usize = 3;
const WAITING: usize = 5;
const REFUSED: usize = 6;

/// A file of twenty sound doses and this line; what became of that line.
async fn with_one(town: &Town, name: &str, line: DoseLine) -> (usize, serde_json::Value) {
    let sound = (10..30).map(|person| DoseLine::of(person, 1));
    let lines: Vec<_> = std::iter::once(line).chain(sound).collect();
    let receipt = take_in(town, name, file(&lines)).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    let mut counts = counts(&receipt);
    // Only the first file of a town records the twenty.
    let twenty = if counts[RECORDED] >= 20 { RECORDED } else { 2 };
    counts[twenty] -= 20;
    let outcome = (1..counts.len()).find(|it| counts[*it] == 1);
    (outcome.unwrap(), receipt)
}

#[tokio::test(start_paused = true)]
async fn each_doubtful_or_wrong_row_has_its_outcome_and_its_reason() {
    let town = town().await;
    let first = DoseLine::of(1, 1);
    let cases: &[(DoseLine, usize, &str)] = &[
        // Refused when the file is checked.
        (
            first.clone().with("券番号", "123456789"),
            REFUSED,
            "COUPON_LENGTH",
        ),
        (first.clone().with("券番号", ""), REFUSED, "PERSON_MISSING"),
        (first.clone().with("接種回", "0"), REFUSED, "DOSE_NUMBER"),
        (
            first.clone().with("接種日", "20210230"),
            REFUSED,
            "DATE_IMPOSSIBLE",
        ),
        (
            first.clone().with("接種日", "20210413"),
            REFUSED,
            "DATE_IN_FUTURE",
        ),
        (
            first.clone().with("ワクチンメーカー", "謎"),
            REFUSED,
            "PRODUCT_UNKNOWN",
        ),
        (
            first.clone().with("予防接種", "FLU"),
            REFUSED,
            "PROGRAMME_UNKNOWN",
        ),
        // Refused when it is recorded.
        (
            first.clone().with("接種日", "20210216"),
            REFUSED,
            "before-number before-programme",
        ),
        (
            first.clone().with("接種回", "8"),
            REFUSED,
            "number-above-programme",
        ),
        (first.clone().with("接種回", "3"), REFUSED, "before-number"),
        (
            first
                .clone()
                .with("券番号", "")
                .with("個別宛名番号", "A-999999"),
            REFUSED,
            "unknown-resident",
        ),
        (
            // The coupon is another person's than the number beside it.
            first
                .clone()
                .with("個別宛名番号", Row::of(2).cell("個別宛名番号")),
            REFUSED,
            "second-attribute",
        ),
        // Kept with doubts.
        (DoseLine::of(1, 2), REVIEW, "previous-missing"),
        (
            DoseLine::of(3, 1).with("ワクチンメーカー", "武田/モデルナ"),
            REVIEW,
            "product-not-in-use",
        ),
    ];
    for (number, (line, outcome, code)) in cases.iter().enumerate() {
        let (found, receipt) = with_one(&town, &format!("{number}.csv"), line.clone()).await;
        assert_eq!(found, *outcome, "{code}: {receipt:#}");
        let list = if found == REFUSED {
            "refused_by"
        } else {
            "notices"
        };
        assert_eq!(codes(&receipt, list), code.split(' ').collect::<Vec<_>>());
        if found == REFUSED {
            let errors = errors_of(&town, &receipt).await;
            assert_eq!(errors.lines().count(), 2, "{errors}");
            let row = errors.lines().nth(1).unwrap();
            let (told, message) = row.split_once(',').unwrap();
            let mut told: Vec<_> = told.split(' ').collect();
            told.sort_unstable();
            assert_eq!(told.join(" "), *code);
            assert!(message.starts_with("2行目"), "{row}");
            assert!(row.contains(&line.text()), "the row as it came: {row}");
        } else {
            assert_eq!(receipt["errors_file"], false);
        }
    }
    let nobody = DoseLine::of(1, 1).with("券番号", "9999999999");
    let (found, receipt) = with_one(&town, "waits.csv", nobody).await;
    assert_eq!(found, WAITING, "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn a_coupon_of_another_than_the_number_beside_it_is_told_at_the_coupon() {
    let town = town().await;
    let line = DoseLine::of(1, 1).with("個別宛名番号", Row::of(2).cell("個別宛名番号"));
    let (found, receipt) = with_one(&town, "two.csv", line).await;
    assert_eq!(found, REFUSED, "{receipt:#}");
    let errors = errors_of(&town, &receipt).await;
    let row = errors.lines().nth(1).unwrap();
    let (code, message) = row.split_once(',').unwrap();
    assert_eq!(code, "second-attribute");
    assert!(message.starts_with("2行目「券番号」：　"), "{row}");
    assert!(
        message.contains("宛名番号が接種券の方と一致しません"),
        "{row}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_file_again_is_unchanged_and_another_content_is_a_conflict() {
    let town = town().await;
    let lines: Vec<_> = PEOPLE.map(|person| DoseLine::of(person, 1)).collect();
    let count = lines.len() as u64;
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [count, count, 0, 0, 0, 0, 0]);
    assert_eq!(receipt["errors_file"], false);
    assert!(receipt.get("generation").is_none());
    let receipt = take_in(&town, "again.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [count, 0, count, 0, 0, 0, 0]);
    let other: Vec<_> = lines
        .iter()
        .map(|line| line.clone().with("ロット番号", "ET3674"))
        .collect();
    for name in ["other.csv", "other again.csv"] {
        let receipt = take_in(&town, name, file(&other)).await;
        assert_eq!(counts(&receipt), [count, 0, 0, 0, count, 0, 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn doses_of_one_person_are_recorded_in_order_whatever_the_order_of_the_file() {
    let town = town().await;
    let lines: Vec<_> = PEOPLE
        .flat_map(|person| [DoseLine::of(person, 2), DoseLine::of(person, 1)])
        .collect();
    let count = lines.len() as u64;
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [count, count, 0, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn rows_that_record_one_dose_twice_are_one_dose_or_all_refused() {
    let town = town().await;
    town.set(CHIYODA, |settings| settings.max_refused_percent = 50)
        .await;
    let (same, differs) = (DoseLine::of(1, 1), DoseLine::of(2, 1));
    let lines = [
        same.clone(),
        same,
        differs.clone(),
        differs.with("ロット番号", "ET3674"),
        DoseLine::of(3, 1),
    ];
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [5, 2, 1, 0, 0, 0, 2]);
    assert_eq!(codes(&receipt, "refused_by"), ["DOSE_TWICE"]);
}

#[tokio::test(start_paused = true)]
async fn a_row_keeps_all_its_reasons_when_others_are_refused_after_it() {
    let town = town().await;
    town.set(CHIYODA, |settings| settings.max_refused_percent = 50)
        .await;
    let told = DoseLine::of(2, 1);
    let lines = [
        told.clone(),
        told.with("接種日", "20210230"),
        DoseLine::of(1, 1),
        DoseLine::of(3, 1),
        // Refused only when it is recorded, so that errors.csv is written anew.
        DoseLine::of(4, 1).with("個別宛名番号", "A-000005"),
    ];
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [5, 2, 0, 0, 0, 0, 3], "{receipt:#}");
    let errors = errors_of(&town, &receipt).await;
    let row = |day: &str| errors.lines().find(|line| line.contains(day)).unwrap();
    let codes = |line: &str| {
        let all = ["DATE_IMPOSSIBLE", "DOSE_TWICE"];
        all.map(|code| line.contains(code))
    };
    assert_eq!(codes(row("20210230")), [true, true], "{errors}");
    assert!(errors.contains("second-attribute"), "{errors}");
    let of_two = errors.matches("DOSE_TWICE").count();
    assert_eq!(of_two, 2, "{errors}");
}

#[tokio::test(start_paused = true)]
async fn files_that_cannot_be_trusted_are_refused_whole() {
    let town = town().await;
    let sound = file(&[DoseLine::of(1, 1), DoseLine::of(2, 1)]);
    let (euc, ..) = encoding_rs::EUC_JP.encode(&sound);
    let cases: [(&str, Vec<u8>); 7] = [
        ("UNKNOWN_COLUMN", sound.replace("接種会場名", "氏名").into()),
        (
            "MISSING_COLUMN",
            sound
                .replace(",ロット番号", "")
                .replace(",EP2163", "")
                .into(),
        ),
        (
            "OTHER_MUNICIPALITY",
            sound.replace("131016", "011002").into(),
        ),
        ("EUC_JP", euc.into_owned()),
        ("HEADER_ONLY", sound.lines().next().unwrap().into()),
        ("CUT_IN_QUOTES", (sound.clone() + "131016,\"12").into()),
        (
            "TOO_MANY_REFUSED",
            sound.replace("20210301", "20210230").into(),
        ),
    ];
    for (code, bytes) in cases {
        let receipt = take_in(&town, "bad.csv", bytes).await;
        assert_eq!(receipt["state"], "refused", "{code}: {receipt:#}");
        assert_eq!(receipt["refusal"]["code"], code, "{receipt:#}");
        assert_eq!(receipt["rows"]["in"], receipt["rows"]["refused"], "{code}");
    }
    let receipt = take_in(&town, "sound.csv", sound).await;
    assert_eq!(
        counts(&receipt),
        [2, 2, 0, 0, 0, 0, 0],
        "nothing was there before"
    );
}

#[tokio::test(start_paused = true)]
async fn refused_rows_mended_and_dropped_again_are_recorded_in_either_encoding() {
    for cp932 in [false, true] {
        let town = town().await;
        town.set(CHIYODA, |settings| settings.max_refused_percent = 50)
            .await;
        // One is refused by the check, one when it is recorded.
        let lines = [
            DoseLine::of(1, 1).with("接種日", "20210230"),
            DoseLine::of(2, 1),
            DoseLine::of(3, 1).with("接種日", "20210216"),
        ];
        let text = file(&lines);
        let bytes = if cp932 {
            SHIFT_JIS.encode(&text).0.into_owned()
        } else {
            text.into_bytes()
        };
        let receipt = take_in(&town, "a.csv", bytes).await;
        assert_eq!(counts(&receipt), [3, 1, 0, 0, 0, 0, 2], "{receipt:#}");
        let errors = town.errors(CHIYODA, receipt["id"].as_str().unwrap()).await;
        let errors = errors.unwrap();
        let text = if cp932 {
            SHIFT_JIS.decode(&errors).0.into_owned()
        } else {
            String::from_utf8(errors.to_vec()).unwrap()
        };
        let refused: Vec<_> = text.lines().skip(1).collect();
        assert!(
            refused[0].starts_with("DATE_IMPOSSIBLE,2行目「接種日」"),
            "{text}"
        );
        assert!(
            refused[1].starts_with("before-programme before-number,4行目「接種日」"),
            "{text}"
        );
        assert_eq!(refused.len(), 2);
        let mended = text
            .replace("20210230", "20210301")
            .replace("20210216", "20210301");
        let mended = if cp932 {
            SHIFT_JIS.encode(&mended).0.into_owned()
        } else {
            mended.into_bytes()
        };
        let receipt = take_in(&town, "errors.csv", mended).await;
        assert_eq!(counts(&receipt), [2, 2, 0, 0, 0, 0, 0], "{receipt:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn columns_of_the_municipality_are_mapped_for_dose_files_alone() {
    let town = town().await;
    let text = file(&[DoseLine::of(1, 1)]).replace("ロット番号", "ﾛｯﾄNo");
    let receipt = take_in(&town, "a.csv", text.clone()).await;
    assert_eq!(receipt["refusal"]["code"], "UNKNOWN_COLUMN");
    town.set(CHIYODA, |settings| {
        let pair = ("ﾛｯﾄNo".to_owned(), "ロット番号".to_owned());
        settings.dose_columns.extend([pair]);
    })
    .await;
    let receipt = take_in(&town, "b.csv", text).await;
    assert_eq!(counts(&receipt), [1, 1, 0, 0, 0, 0, 0], "{receipt:#}");
    super::register(&town, PEOPLE.start..PEOPLE.end + 1, "next.csv").await;
}

#[tokio::test(start_paused = true)]
async fn a_row_is_held_to_who_the_person_is_and_to_the_lots_that_came() {
    let town = town().await;
    town.set(CHIYODA, |settings| {
        settings.max_removed_percent = 100;
        for lot in ["EP2163", "EY0163"] {
            let lot = domain::LotNumber::parse(lot).unwrap();
            settings.lots.add("COMIRNATY".parse().unwrap(), lot);
        }
    })
    .await;
    let twin = Row::of(99).with("券番号", Row::of(1).cell("券番号"));
    let left = Row::of(2).with("異動区分", "2").with("異動日", "20210310");
    let bytes = File::new([twin, left]).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "next.csv", bytes).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    let lines = [
        // Two persons have the coupon.
        DoseLine::of(1, 1),
        // Before the person left, and after.
        DoseLine::of(2, 1),
        DoseLine::of(2, 2),
        // O for 0, and the lot as it is.
        DoseLine::of(3, 1).with("ロット番号", "EYO163"),
        DoseLine::of(4, 1).with("ロット番号", "ＥＹ０１６３"),
    ];
    let sound = (10..30).map(|person| DoseLine::of(person, 1));
    let lines: Vec<_> = lines.into_iter().chain(sound).collect();
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [25, 22, 0, 2, 0, 0, 1], "{receipt:#}");
    assert_eq!(codes(&receipt, "refused_by"), ["coupon-of-several"]);
    let doubts = codes(&receipt, "notices");
    assert_eq!(
        doubts,
        ["FULL_WIDTH_FOLDED", "lot-unknown", "removed-before"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_row_goes_to_who_has_the_coupon_now_and_not_to_who_left() {
    let town = town().await;
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let came = Row::of(99).with("券番号", Row::of(1).cell("券番号"));
    let left = Row::of(1).with("異動区分", "2").with("異動日", "20210310");
    let bytes = File::new([left.with("券番号", ""), came]).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "next.csv", bytes).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    let lines = [
        DoseLine::of(1, 1),
        // The number of whoever left stands beside the coupon.
        DoseLine::of(1, 2).with("個別宛名番号", "A-000001"),
    ];
    let sound = (10..30).map(|person| DoseLine::of(person, 1));
    let lines: Vec<_> = lines.into_iter().chain(sound).collect();
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [22, 21, 0, 0, 0, 0, 1], "{receipt:#}");
    assert_eq!(codes(&receipt, "refused_by"), ["second-attribute"]);
}
