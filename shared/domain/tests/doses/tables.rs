use std::collections::HashSet;
use std::str::FromStr;

use domain::{Date, FindingCode, ProductCode, ProgrammeCode, programme, programmes, read_product};

use super::{day, number};

const FILES: [(&str, &str, usize); 5] = [
    ("programmes", include_str!("../../data/programmes.csv"), 5),
    (
        "dose_numbers",
        include_str!("../../data/dose_numbers.csv"),
        3,
    ),
    ("products", include_str!("../../data/products.csv"), 9),
    ("ages", include_str!("../../data/ages.csv"), 6),
    ("intervals", include_str!("../../data/intervals.csv"), 5),
];

/// The rows of a file without version and header.
fn rows(name: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let (_, file, _) = FILES.into_iter().find(|file| file.0 == name).unwrap();
    file.lines().skip(2).map(|line| line.split(',').collect())
}

fn optional<T: FromStr>(cell: &str) -> Option<T> {
    (!cell.is_empty()).then(|| cell.parse().ok().unwrap())
}

#[test]
fn every_file_has_the_same_version_and_as_many_cells_in_every_row() {
    let version = FILES[0].1.lines().next().unwrap();
    assert!(version.starts_with("#version,"));
    for (name, file, cells) in FILES {
        assert_eq!(file.lines().next(), Some(version), "{name}");
        for line in file.lines().skip(1) {
            assert_eq!(line.split(',').count(), cells, "{name}: {line}");
        }
    }
}

#[test]
fn every_row_of_every_file_is_taken_over() {
    let products: usize = programmes().iter().map(|it| it.products().len()).sum();
    assert_eq!(programmes().len(), rows("programmes").count());
    assert_eq!(products, rows("products").count());
    for row in rows("dose_numbers") {
        let programme = programme(row[0].parse().unwrap()).unwrap();
        let first = programme.first_day_of(row[1].parse().unwrap());
        assert_eq!(first, Some(day(row[2])), "{row:?}");
    }
    for row in rows("ages") {
        let programme = programme(row[0].parse().unwrap()).unwrap();
        let product = programme.product(row[1].parse().unwrap()).unwrap();
        let limits = (optional(row[3]), optional(row[4]));
        let exact = product.ages().iter().filter(|limit| {
            limit.from() == day(row[2])
                && limit.youngest_and_oldest() == limits
                && limit.series() == optional(row[5])
        });
        assert_eq!(exact.count(), 1, "{row:?}");
    }
    for row in rows("intervals") {
        let programme = programme(row[0].parse().unwrap()).unwrap();
        let of: Option<ProductCode> = optional(row[2]);
        assert!(
            of.is_none_or(|of| programme.product(of).is_some()),
            "{row:?}"
        );
        let exact = programme.intervals().iter().filter(|it| {
            (it.number(), it.product(), it.from()) == (row[1].parse().unwrap(), of, day(row[3]))
                && Ok(it.shortest()) == row[4].parse()
        });
        assert_eq!(exact.count(), 1, "{row:?}");
    }
}

#[test]
fn every_number_of_a_programme_has_a_first_day_and_later_ones_do_not_come_earlier() {
    for programme in programmes() {
        let days: Vec<_> = (1..=programme.most().get())
            .map(|nth| programme.first_day_of(number(nth)).unwrap())
            .collect();
        assert!(days.is_sorted() && days[0] >= programme.first_day());
        assert_eq!(
            programme.first_day_of(programme.most().next().unwrap()),
            None
        );
    }
}

#[test]
fn a_way_to_write_a_vaccine_means_one_of_them() {
    for row in rows("products") {
        let code: ProgrammeCode = row[0].parse().unwrap();
        let product: ProductCode = row[1].parse().unwrap();
        for written in [row[1], row[2], row[3]]
            .into_iter()
            .chain(row[4].split('|'))
        {
            assert_eq!(read_product(code, written), Ok(product), "{written}");
        }
    }
}

#[test]
fn every_code_of_a_vaccine_is_taken_over_from_its_day_on_and_is_of_no_other() {
    let mut codes = HashSet::new();
    for row in rows("products") {
        let programme = programme(row[0].parse().unwrap()).unwrap();
        let product = programme.product(row[1].parse().unwrap()).unwrap();
        let later = row[6].split('|').filter(|it| !it.is_empty());
        let later = later.map(|it| it.split_once(':').unwrap());
        let mut before = None;
        for (from, code) in [(row[7], row[5])].into_iter().chain(later) {
            let from = day(from);
            assert!(before < Some(from), "{row:?}");
            assert_eq!(product.cvx_on(from), optional_text(code), "{row:?}");
            if let Some(last) = before.replace(from) {
                let until = from.yesterday().unwrap();
                assert_eq!(product.cvx_on(until), product.cvx_on(last), "{row:?}");
            }
            assert!(code.len() <= 3 && code.bytes().all(|it| it.is_ascii_digit()));
            assert!(code.is_empty() || codes.insert(code), "{code}");
        }
    }
}

fn optional_text(cell: &str) -> Option<&str> {
    (!cell.is_empty()).then_some(cell)
}

#[test]
fn a_vaccine_is_coded_only_where_its_name_and_the_day_say_which_one_it_was() {
    let covid = programme(ProgrammeCode::COVID19).unwrap();
    let cases = [
        ("ファイザー", "2021-06-10", Some("208")),
        ("ファイザー", "2022-09-19", Some("208")),
        // Against one strain or two.
        ("ファイザー", "2022-09-20", None),
        ("ファイザー", "2023-09-19", None),
        // Against XBB.1.5 alone.
        ("ファイザー", "2023-09-20", Some("309")),
        ("ファイザー（5～11歳用）", "2023-03-07", Some("218")),
        ("ファイザー（5～11歳用）", "2023-03-08", None),
        ("ファイザー（6か月～4歳用）", "2023-09-19", Some("219")),
        ("ファイザー（6か月～4歳用）", "2023-09-20", None),
        ("武田/モデルナ", "2022-09-19", Some("207")),
        ("武田/モデルナ", "2022-09-20", None),
        ("武田/モデルナ", "2023-10-01", None),
        ("武田/ノババックス", "2023-12-25", Some("211")),
        ("第一三共", "2024-01-16", None),
    ];
    for (maker, on, code) in cases {
        let product = covid.product_as_written(maker).unwrap();
        assert_eq!(product.cvx_on(day(on)), code, "{maker} {on}");
    }
}

#[test]
fn width_case_and_blanks_do_not_count_in_the_name_of_a_vaccine() {
    let same = [
        ("ﾌｧｲｻﾞｰ", "COMIRNATY"),
        (" ファイザー　", "COMIRNATY"),
        ("pfizer", "COMIRNATY"),
        ("ＰＦＩＺＥＲ", "COMIRNATY"),
        ("武田／モデルナ", "SPIKEVAX"),
        ("ﾓﾃﾞﾙﾅ", "SPIKEVAX"),
        ("ファイザー(5～11歳用)", "COMIRNATY5TO11"),
        ("ファイザー（５〜１１歳用）", "COMIRNATY5TO11"),
        (
            "コミナティＲＴＵ筋注（２価：起源株／オミクロン株ＢＡ．４－５）",
            "COMIRNATY",
        ),
        ("コミナティ(BA.1)", "COMIRNATY"),
        ("スパイクバックス（BA.4-5）", "SPIKEVAX"),
        ("ダイチロナ筋注", "DAICHIRONA"),
    ];
    for (written, code) in same {
        let product = read_product(ProgrammeCode::COVID19, written).unwrap();
        assert_eq!(product.as_str(), code, "{written}");
    }
    for written in ["", "ファイザ", "ファイサー", "不明"] {
        let refused = read_product(ProgrammeCode::COVID19, written);
        assert_eq!(refused, Err(FindingCode::UnknownProduct), "{written}");
    }
    let refused = read_product("FLU2021".parse().unwrap(), "ファイザー");
    assert_eq!(refused, Err(FindingCode::UnknownProgramme));
}

#[test]
fn the_products_and_first_days_are_those_of_the_programme() {
    const SUMMER: Date = Date::constant(2022, 7, 1);
    let covid = programme(ProgrammeCode::COVID19).unwrap();
    let cvx = [
        ("ファイザー", "コミナティ", "208"),
        ("武田/モデルナ", "スパイクバックス", "207"),
        ("アストラゼネカ", "バキスゼブリア", "210"),
        ("武田/ノババックス", "ヌバキソビッド", "211"),
        ("ヤンセン", "ジェコビデン", "212"),
    ];
    for (maker, name, code) in cvx {
        let product = covid.product_as_written(maker).unwrap();
        assert_eq!(
            (product.maker(), product.name(), product.cvx_on(SUMMER)),
            (maker, name, Some(code))
        );
    }
    let first_days = [
        "2021-02-17",
        "2021-02-17",
        "2021-12-01",
        "2022-05-25",
        "2022-09-20",
        "2023-05-08",
        "2023-09-20",
    ];
    for (nth, first) in (1..).zip(first_days) {
        assert_eq!(covid.first_day_of(number(nth)), Some(day(first)));
    }
    assert_eq!(covid.most(), number(7));
}
