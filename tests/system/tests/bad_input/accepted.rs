//! What is unusual and accepted all the same.

use serde_json::{Value, json};
use system::{
    file::{COLUMNS, Encoding, File, Row},
    town::{CHIYODA, Town, scope},
};

use super::town;

/// Everybody is in force, and nothing was refused.
async fn assert_all_in(
    town: &Town,
    receipt: &Value,
    rows: impl IntoIterator<Item = Row>,
    what: &str,
) {
    assert_eq!(receipt["state"], "in_force", "{what}: {receipt:#}");
    assert_eq!(receipt["rows"]["refused"], 0, "{what}: {receipt:#}");
    assert_eq!(receipt["errors_file"], false, "{what}");
    for row in rows {
        let resident = town.resident(CHIYODA, row.cell("個別宛名番号")).await;
        let resident = resident.unwrap_or_else(|| panic!("{what}: somebody is lost"));
        assert_eq!(resident["name"], row.cell("氏名"), "{what}");
        assert_eq!(resident["coupon"], row.cell("券番号"), "{what}");
        assert_eq!(resident["my_number_registered"], true, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn line_ends_marks_and_what_comes_behind_the_last_row_make_no_difference() {
    let town = town().await;
    let lf = |text: &str| text.replace("\r\n", "\n");
    let changes: [(&str, Encoding, &dyn Fn(&str) -> String); 9] = [
        ("CRLF", Encoding::Utf8, &str::to_owned),
        ("LF", Encoding::Utf8, &lf),
        ("a byte order mark", Encoding::Utf8Bom, &lf),
        ("CRLF and LF", Encoding::Utf8, &|text| {
            text.replacen("\r\n", "\n", 3)
        }),
        ("trailing empty lines", Encoding::Cp932, &|text| {
            format!("{text}\r\n\r\n\n")
        }),
        ("an end-of-file mark", Encoding::Cp932, &|text| {
            format!("{text}\u{1A}")
        }),
        ("all of it", Encoding::Utf8Bom, &|text| {
            format!("{}\n\r\n\u{1A}", lf(text))
        }),
        ("no line end at the end", Encoding::Cp932, &|text| {
            text.trim_end().to_owned()
        }),
        ("empty lines between", Encoding::Utf8, &|text| {
            text.replace("\r\n", "\r\n\r\n")
        }),
    ];
    for (from, (what, encoding, change)) in (1_000..).step_by(10).zip(changes) {
        let file = File::new((from..from + 5).map(Row::of));
        let receipt = town
            .take_in(CHIYODA, "a.csv", encoding.encode(&change(&file.text())))
            .await;
        assert_eq!(receipt["rows"]["new"], 5, "{what}: {receipt:#}");
        assert_all_in(&town, &receipt, file.rows, what).await;
    }
}

#[tokio::test(start_paused = true)]
async fn columns_stand_in_any_order_and_optional_ones_may_be_absent() {
    let town = town().await;
    let mut backwards = File::new((10..15).map(Row::of));
    backwards.columns.reverse();
    let receipt = town
        .take_in(CHIYODA, "a.csv", backwards.bytes(Encoding::Cp932))
        .await;
    assert_all_in(&town, &receipt, backwards.rows, "backwards").await;

    let mut few = File::new((20..25).map(Row::of));
    few.columns = vec![
        "性別",
        "生年月日",
        "氏名",
        "券番号",
        "個人番号",
        "個別宛名番号",
        "自治体コード",
    ];
    few.line_end = "\n";
    let mut text = few.columns.join(",") + "\n";
    for row in &few.rows {
        text += &(few
            .columns
            .iter()
            .map(|it| row.cell(it))
            .collect::<Vec<_>>()
            .join(",")
            + "\n");
    }
    let receipt = town.take_in(CHIYODA, "a.csv", text).await;
    assert_all_in(&town, &receipt, few.rows, "few").await;
    assert_eq!(
        receipt["notices"][0]["code"], "COLUMN_ABSENT",
        "{receipt:#}"
    );
    for (language, told) in [("ja", "登録済みの方の値をそのまま"), ("en", "stays")] {
        let text = receipt["notices"][0][language].as_str().unwrap();
        assert!(text.contains(told), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_spreadsheet_writes_for_emptied_rows_is_passed_over() {
    let town = town().await;
    let file = File::new((10..40).map(Row::of));
    let text = file.text() + &",,,,,,,,,,,\r\n".repeat(40);
    for encoding in [Encoding::Utf8, Encoding::Cp932] {
        let receipt = town.take_in(CHIYODA, "a.csv", encoding.encode(&text)).await;
        assert_eq!(receipt["state"], "in_force", "{receipt:#}");
        assert_eq!(receipt["rows"]["in"], 30, "{receipt:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_municipalitys_own_column_names_are_mapped_by_its_settings() {
    let town = town().await;
    let file = File::new((10..15).map(Row::of));
    let text = file.text().replacen("個別宛名番号", "住民番号", 1);
    let receipt = town.take_in(CHIYODA, "a.csv", text.clone()).await;
    assert_eq!(receipt["refusal"]["code"], "UNKNOWN_COLUMN", "{receipt:#}");
    town.set(CHIYODA, |settings| {
        settings
            .columns
            .insert("住民番号".to_owned(), "個別宛名番号".to_owned());
    })
    .await;
    let receipt = town.take_in(CHIYODA, "a.csv", text).await;
    assert_all_in(&town, &receipt, file.rows, "mapped").await;
}

/// A cell as it comes, what the API then shows, and the notice that is given.
struct Unusual {
    column: &'static str,
    cell: &'static str,
    shown: (&'static str, Value),
    notice: Option<&'static str>,
}

fn unusual(
    column: &'static str,
    cell: &'static str,
    shown: (&'static str, &str),
    notice: Option<&'static str>,
) -> Unusual {
    Unusual {
        column,
        cell,
        shown: (shown.0, json!(shown.1)),
        notice,
    }
}

fn cells() -> Vec<Unusual> {
    let folded = Some("FULL_WIDTH_FOLDED");
    let date = |cell, date| unusual("生年月日", cell, ("birth_date", date), None);
    vec![
        unusual(
            "券番号",
            "７７７７７７７７７７",
            ("coupon", "7777777777"),
            folded,
        ),
        unusual("性別", "２", ("sex", "female"), folded),
        unusual("性別", "9", ("sex", "not_applicable"), None),
        unusual("氏名カナ", "ﾔﾏﾀﾞ ﾀﾛｳ", ("kana", "ﾔﾏﾀﾞ ﾀﾛｳ"), None),
        unusual("氏名", "山田\r\n太郎", ("name", "山田\r\n太郎"), None),
        unusual(
            "氏名",
            "山田 \"太郎\", 様",
            ("name", "山田 \"太郎\", 様"),
            None,
        ),
        unusual(
            "氏名",
            "ＪＯＨＮ〜スミス－１",
            ("name", "ＪＯＨＮ〜スミス－１"),
            None,
        ),
        unusual("氏名", "髙橋　﨑", ("name", "髙橋　﨑"), None),
        unusual(
            "自治体コード",
            "13101",
            ("sex", "male"),
            Some("FIVE_DIGIT_MUNICIPALITY_CODE"),
        ),
        unusual("自治体コード", "１３１０１６", ("sex", "male"), folded),
        unusual("異動日", "令和3年4月1日", ("moved_on", "2021-04-01"), None),
        date("1980-04-12", "1980-04-12"),
        date("1980/4/2", "1980-04-02"),
        date("S64.1.7", "1989-01-07"),
        date("昭和64年1月7日", "1989-01-07"),
        date("H1.1.8", "1989-01-08"),
        date("平成元年1月8日", "1989-01-08"),
        date("H31.4.30", "2019-04-30"),
        date("令和元年5月1日", "2019-05-01"),
        date("T15.12.24", "1926-12-24"),
        date("昭和元年12月25日", "1926-12-25"),
        date("M45.7.29", "1912-07-29"),
        date("大正元年7月30日", "1912-07-30"),
        unusual(
            "生年月日",
            "Ｓ６４．１．７",
            ("birth_date", "1989-01-07"),
            folded,
        ),
        unusual(
            "生年月日",
            "１９８９０１０７",
            ("birth_date", "1989-01-07"),
            folded,
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn unusual_cells_are_read_as_they_are_meant() {
    let town = town().await;
    for encoding in [Encoding::Utf8, Encoding::Cp932] {
        let base = if encoding == Encoding::Utf8 {
            1_000
        } else {
            2_000
        };
        for (number, case) in (base + 1..).step_by(2).zip(cells()) {
            let what = format!("{} {} in {encoding:?}", case.column, case.cell);
            // CP932 has one wave dash, which reads as the full-width tilde.
            let cell = if encoding == Encoding::Cp932 {
                case.cell.replace('〜', "～")
            } else {
                case.cell.to_owned()
            };
            let row = Row::of(number - number % 2)
                .with("性別", "1")
                .with(case.column, &cell);
            let file = File::new([row.clone()]).bytes(encoding);
            let receipt = town.take_in(CHIYODA, "a.csv", file).await;
            assert_eq!(receipt["state"], "in_force", "{what}: {receipt:#}");
            let resident = town
                .resident(CHIYODA, row.cell("個別宛名番号"))
                .await
                .unwrap();
            let (field, shown) = case.shown;
            let shown = json!(shown.as_str().unwrap().replace('〜', cell_wave(encoding)));
            assert_eq!(resident[field], shown, "{what}: {resident}");
            let notices: Vec<_> = receipt["notices"]
                .as_array()
                .unwrap()
                .iter()
                .map(|notice| notice["code"].as_str().unwrap())
                .collect();
            assert_eq!(
                notices,
                case.notice.into_iter().collect::<Vec<_>>(),
                "{what}"
            );
        }
    }
}

fn cell_wave(encoding: Encoding) -> &'static str {
    if encoding == Encoding::Cp932 {
        "～"
    } else {
        "〜"
    }
}

#[tokio::test(start_paused = true)]
async fn full_width_numbers_are_the_same_numbers() {
    let town = town().await;
    let plain = Row::of(1_000);
    let wide = |text: &str| -> String {
        text.chars()
            .map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap())
            .collect()
    };
    let folded = plain
        .clone()
        .with("個別宛名番号", &wide(plain.cell("個別宛名番号")))
        .with("券番号", &wide(plain.cell("券番号")))
        .with("個人番号", &wide(plain.cell("個人番号")));
    let receipt = town
        .take_in(CHIYODA, "a.csv", File::new([folded]).bytes(Encoding::Cp932))
        .await;
    assert_all_in(&town, &receipt, [plain.clone()], "full width").await;
    // It says what the plain row says, so nothing is written.
    let receipt = town
        .take_in(
            CHIYODA,
            "a.csv",
            File::new([plain.clone()]).bytes(Encoding::Utf8),
        )
        .await;
    assert_eq!(receipt["rows"]["unchanged"], 1, "{receipt:#}");
    // The dash of a number may be any dash.
    for dash in ['‐', '–', '−', '－'] {
        let number = plain.cell("個別宛名番号").replace('-', &dash.to_string());
        let same = File::new([plain.clone().with("個別宛名番号", &number)]);
        let receipt = town
            .take_in(CHIYODA, "a.csv", same.bytes(Encoding::Utf8))
            .await;
        assert_eq!(receipt["rows"]["unchanged"], 1, "{dash}: {receipt:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_are_found_in_whatever_width_and_kana_they_are_written() {
    let town = town().await;
    let row = Row::of(1_000)
        .with("氏名", "ジョン〜スミス")
        .with("氏名カナ", "ｼﾞｮﾝ ｽﾐｽ")
        .with("生年月日", "19800412");
    let receipt = town
        .take_in(CHIYODA, "a.csv", File::new([row]).bytes(Encoding::Utf8))
        .await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    for name in [
        "ジョン",
        "じょん",
        "ｼﾞｮﾝ",
        "ジヨン",
        "スミス",
        "ﾝ〜ｽ",
        "ン～ス",
        "ジョンスミス",
    ] {
        for birth_date in ["19800412", "昭和55年4月12日", "S55.4.12", "1980-04-12"] {
            let by = json!({ "birth_date": birth_date, "name": name });
            assert_eq!(town.search(CHIYODA, &by).await.len(), 1, "{by}");
        }
    }
    let by = json!({ "birth_date": "19800413", "name": "ジョン" });
    assert_eq!(town.search(CHIYODA, &by).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn characters_of_the_users_own_are_reported_and_kept_as_they_came() {
    let town = town().await;
    let number = Row::of(1_000).cell("個別宛名番号").to_owned();
    // F0 40 is the first of CP932's own characters; FA 58 is one of those it has twice.
    let text = File::new([Row::of(1_000).with("氏名", "@@")]).bytes(Encoding::Cp932);
    let place = text.windows(2).position(|it| it == b"@@").unwrap();
    for original in [[0xF0, 0x40], [0xFA, 0x58]] {
        let mut bytes = text.clone();
        bytes[place..place + 2].copy_from_slice(&original);
        let receipt = town.take_in(CHIYODA, "a.csv", bytes).await;
        assert_eq!(receipt["state"], "in_force", "{receipt:#}");
        let reported = receipt["notices"][0]["code"] == "PRIVATE_CHARACTER";
        assert_eq!(reported, original[0] == 0xF0, "{receipt:#}");
        let shown = town.resident(CHIYODA, &number).await.unwrap();
        assert_eq!(shown["gaiji"], reported, "{shown}");

        let adapters = town.stack.adapters();
        let (store, scope) = (town.store(), scope(CHIYODA));
        let tenant = store.tenant(&scope).await.unwrap().unwrap();
        let keys = tenant
            .keys(&scope, &adapters.keys(), adapters.clock().now())
            .await
            .unwrap();
        let tag = keys.resident_tag(&number);
        let snapshot = store.residents_by_tag(&scope, &keys, &[tag]).await.unwrap();
        let name = &snapshot.residents[0].resident.resident.name;
        // The code of the users' own follows from the character.
        let kept = name.original.as_ref().map(|it| it.expose().clone());
        assert_eq!(kept, (!reported).then(|| original.to_vec()));
        let is_own = name.utf8.expose().contains('\u{E000}');
        assert_eq!(is_own, reported);
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_in_the_layouts_own_order_needs_no_header_of_its_own_case() {
    let town = town().await;
    let file = File::new((10..12).map(Row::of));
    let quoted = COLUMNS.map(|column| format!("\"{column}\"")).join(",");
    let text = file.text().replacen(&COLUMNS.join(","), &quoted, 1);
    let receipt = town.take_in(CHIYODA, "a.csv", text).await;
    assert_all_in(&town, &receipt, file.rows, "quoted header").await;
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_and_never_was_in_the_register_is_told_and_unchanged() {
    let town = town().await;
    let stranger = Row::of(30).with("異動区分", "2");
    let file = File::new([Row::of(1), stranger.clone()]).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "leaves.csv", file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["rows"]["unchanged"], 2, "{receipt:#}");
    let mut notices = receipt["notices"].as_array().unwrap().iter();
    let told = notices.find(|it| it["code"] == "REMOVAL_OF_UNKNOWN");
    assert_eq!(told.unwrap()["rows"], 1, "{receipt:#}");
    let number = stranger.cell("個別宛名番号");
    let found = town.search(CHIYODA, &json!({ "number": number })).await;
    assert_eq!(found, Vec::<Value>::new());
}
