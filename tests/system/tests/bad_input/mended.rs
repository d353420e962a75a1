//! What we write can be opened in a spreadsheet without harm, and read again by ourselves.

use system::{
    file::{COLUMNS, Encoding, File, Row},
    town::CHIYODA,
};

use super::{Table, town};

#[tokio::test(start_paused = true)]
async fn no_cell_of_errors_csv_runs_in_a_spreadsheet_and_the_guard_goes_when_it_comes_back() {
    let names = [
        "=1+1", "+81 3", "-田", "@田", "＝田", "＋田", "－田", "＠田", "'=1", "\t=1", "山\n田",
    ];
    for encoding in [Encoding::Utf8, Encoding::Cp932] {
        let town = town().await;
        town.set(CHIYODA, |settings| settings.max_refused_percent = 99)
            .await;
        let bad = |(number, name): (u32, &&str)| {
            Row::of(number)
                .with("氏名", name)
                .with("異動事由", name)
                .with("性別", "7")
        };
        let sound = (500..501).map(Row::of);
        let file = File::new((100..).zip(&names).map(bad).chain(sound));
        let receipt = town.take_in(CHIYODA, "a.csv", file.bytes(encoding)).await;
        assert_eq!(receipt["rows"]["refused"], names.len(), "{receipt:#}");

        let errors = town
            .errors(CHIYODA, receipt["id"].as_str().unwrap())
            .await
            .unwrap();
        let mut errors = Table::read(&errors, encoding == Encoding::Cp932);
        for row in &errors.rows {
            for cell in row {
                let solid = cell.trim_start_matches(' ');
                let runs =
                    solid.starts_with(|c: char| "=+-@＝＋－＠".contains(c) || c.is_control());
                assert!(!runs, "{cell:?}");
            }
        }
        // Only the sex is mended; the apostrophes stay, as a spreadsheet leaves them.
        let sex = 2 + COLUMNS.iter().position(|column| *column == "性別").unwrap();
        for row in &mut errors.rows {
            row[sex] = "1".to_owned();
        }
        let encoding = if encoding == Encoding::Utf8 {
            Encoding::Utf8Bom
        } else {
            encoding
        };
        let receipt = town
            .take_in(CHIYODA, "errors.csv", errors.write(encoding))
            .await;
        assert_eq!(receipt["rows"]["new"], names.len(), "{receipt:#}");
        for (number, name) in (100..).zip(names) {
            let resident = town
                .resident(CHIYODA, Row::of(number).cell("個別宛名番号"))
                .await;
            assert_eq!(resident.unwrap()["name"], name);
        }
    }
}

/// The refused rows of a file are linked for whoever has one of these roles, the receipt for everybody who follows it.
#[tokio::test(start_paused = true)]
async fn refused_rows_that_hold_my_numbers_are_linked_only_for_whoever_may_drop_such_files() {
    let town = town().await;
    town.set(CHIYODA, |settings| settings.max_refused_percent = 99)
        .await;
    let residents = File::new([Row::of(100).with("性別", "7"), Row::of(101)]);
    let doses = "自治体コード,券番号,接種回,接種日,接種会場名,接種医師名,ワクチンメーカー,ロット番号\r\n\
                 131016,0000001234,1,20210410,第一会場,,ファイザー,EY0779\r\n\
                 131016,0000001235,1,20211345,第一会場,,ファイザー,EY0779\r\n";
    for (kind, file, sees) in [
        (
            "residents",
            residents.bytes(Encoding::Utf8),
            &["register"][..],
        ),
        (
            "doses",
            doses.as_bytes().to_vec(),
            &["read", "register", "doses"],
        ),
    ] {
        let key = format!("inbox/{CHIYODA}/{kind}/a.csv");
        let dropped = town.drop_at(&key, file).await;
        town.stack.idle().await;
        let receipt = town.receipt(CHIYODA, &dropped).await;
        assert_eq!(receipt["errors_file"], true, "{kind}: {receipt:#}");
        let path = format!("/uploads/{}", receipt["id"].as_str().unwrap());
        for role in ["read", "register", "doses", "inquire"] {
            let token = town.stack.token(CHIYODA, &[role], "anna").unwrap();
            let shown = town.ask("GET", &path, &token, None).await.json();
            let errors = &shown["links"]["errors"];
            assert_eq!(errors.is_object(), sees.contains(&role), "{kind} {role}");
            assert!(shown["links"]["receipt"].is_object(), "{kind} {role}");
            assert_eq!(shown["errors_file"], true, "{kind} {role}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_half_mended_file_comes_back_with_what_is_still_wrong() {
    let town = town().await;
    town.set(CHIYODA, |settings| settings.max_refused_percent = 60)
        .await;
    let bad = [
        Row::of(100).with("性別", "7").with("生年月日", "20210230"),
        Row::of(101).with("性別", "7"),
    ];
    let sound = (500..503).map(Row::of);
    let file = File::new(bad.into_iter().chain(sound));
    let receipt = town
        .take_in(CHIYODA, "a.csv", file.bytes(Encoding::Utf8))
        .await;
    let errors = town
        .errors(CHIYODA, receipt["id"].as_str().unwrap())
        .await
        .unwrap();
    let mut errors = Table::read(&errors, false);
    assert_eq!(errors.rows[0][0], "DATE_IMPOSSIBLE SEX_UNKNOWN");
    let sex = 2 + COLUMNS.iter().position(|column| *column == "性別").unwrap();
    for row in &mut errors.rows {
        row[sex] = "1".to_owned();
    }
    let mended = errors.write(Encoding::Utf8Bom);
    let receipt = town.take_in(CHIYODA, "errors.csv", mended).await;
    assert_eq!(receipt["rows"]["new"], 1, "{receipt:#}");
    assert_eq!(receipt["rows"]["refused"], 1, "{receipt:#}");
    let errors = town
        .errors(CHIYODA, receipt["id"].as_str().unwrap())
        .await
        .unwrap();
    let errors = Table::read(&errors, false);
    assert_eq!(
        errors.header.len(),
        2 + COLUMNS.len(),
        "the columns of errors are there once"
    );
    assert_eq!(errors.rows[0][0], "DATE_IMPOSSIBLE");
    assert_eq!(errors.rows[0][3], Row::of(100).cell("個別宛名番号"));
}
