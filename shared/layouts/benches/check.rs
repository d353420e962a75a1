//! How long a row takes, per step: `cargo bench -p layouts`. One core, everything in memory, the median of
//! several runs.
#![expect(
    clippy::print_stdout,
    reason = "printing the figures is what it is for"
)]
#![expect(
    clippy::expect_used,
    reason = "over input of its own making; where that is wrong, it stops"
)]
#![expect(clippy::cast_precision_loss, reason = "no figure has sixteen digits")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use domain::{Date, MyNumber, TenantCode};
use layouts::residents::{Check, Duplicates, Header, Record, Rows, Rules, Summary};
use layouts::{ColumnMapping, Duplicates as _, Suspects as _};

const ROWS: usize = 300_000;
const RUNS: usize = 9;
const HEADER: &str = "自治体コード,個別宛名番号,券番号,個人番号,氏名,氏名カナ,生年月日,性別,異動区分,異動日,支援措置\r\n";

fn main() {
    let rules = Rules {
        tenant: TenantCode::parse("131016").expect("Chiyoda is a municipality"),
        today: Date::constant(2021, 4, 1),
        max_bytes: 2_000_000_000,
    };
    println!("{ROWS} rows, median of {RUNS} runs, ns per row (million rows per second)");
    for (name, kana) in [("full-width kana", false), ("half-width kana", true)] {
        let text = file(kana);
        let (cp932, _, lost) = encoding_rs::SHIFT_JIS.encode(&text);
        assert!(!lost, "the rows are made of characters that CP932 has");
        for (encoding, bytes) in [("utf-8", text.as_bytes()), ("cp932", &cp932)] {
            println!("{encoding}, {name}, {} bytes per row", bytes.len() / ROWS);
            measure(rules, bytes);
        }
    }
}

fn measure(rules: Rules, bytes: &[u8]) {
    let checked = check(rules, bytes, |_| {});
    assert_eq!(
        (checked.rows as usize, checked.refused),
        (ROWS, 0),
        "every row is accepted"
    );
    time("check", || {
        let mut sum = 0;
        check(rules, bytes, |record| {
            sum += record.row.map_or(0, |row| row.name.utf8.len());
        });
        sum
    });
    time("check and find duplicates", || {
        let mut duplicates = Duplicates::new(7);
        check(rules, bytes, |record| {
            duplicates.add(record.index, &record.keys);
        });
        let suspects = duplicates.finish();
        let in_doubt = suspects.indexes().len();
        assert_eq!(suspects.finish().len(), in_doubt, "no numbers are shared");
        in_doubt
    });
    let header = &checked.header;
    let header = Header::bind(header.bytes(), header.encoding(), &ColumnMapping::default())
        .expect("it was bound before");
    let start = usize::try_from(checked.header_span.end).expect("it is in memory");
    let range = bytes.get(start..).expect("the header lies within the file");
    time("read a range again", || {
        let mut rows = Rows::new(&header, rules, range, 0, 2);
        let mut sum = 0;
        while let Some(record) = rows.next().expect("it was checked before") {
            sum += record.row.map_or(0, |row| row.name.utf8.len());
        }
        sum
    });
}

fn check(rules: Rules, bytes: &[u8], mut sink: impl FnMut(&Record<'_>)) -> Summary {
    let mut check = Check::new(rules, &ColumnMapping::default());
    for part in bytes.chunks(1024 * 1024) {
        check.push(part, &mut sink).expect("the file is right");
    }
    check.finish(&mut sink).expect("the file is right")
}

fn time<T>(what: &str, mut run: impl FnMut() -> T) {
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let clock = Clock::start();
            black_box(run());
            clock.seconds()
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    let nanos = times
        .get(RUNS / 2)
        .map_or(0.0, |seconds| seconds * 1e9 / ROWS as f64);
    println!("  {what:<28}{nanos:>8.1}{:>10.2}", 1e3 / nanos);
}

/// The time that this thread had the processor, where the system tells it, so that what else runs on the
/// machine counts little; else the time on the wall.
struct Clock {
    processor: Option<f64>,
    wall: Instant,
}

impl Clock {
    fn start() -> Self {
        Self {
            processor: processor_seconds(),
            wall: Instant::now(),
        }
    }

    fn seconds(&self) -> f64 {
        match (self.processor, processor_seconds()) {
            (Some(start), Some(end)) => end - start,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

fn processor_seconds() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: f64 = told.split_whitespace().next()?.parse().ok()?;
    Some(nanos / 1e9)
}

/// Rows as a municipality's system writes them, all of them right.
fn file(half_width: bool) -> String {
    const NAMES: [(&str, &str, &str); 6] = [
        ("山田　太郎", "ヤマダ　タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
        ("佐々木　花子", "ササキ　ハナコ", "ｻｻｷ ﾊﾅｺ"),
        ("髙橋　一", "タカハシ　ハジメ", "ﾀｶﾊｼ ﾊｼﾞﾒ"),
        ("長谷川　美由紀", "ハセガワ　ミユキ", "ﾊｾｶﾞﾜ ﾐﾕｷ"),
        ("林　健", "ハヤシ　ケン", "ﾊﾔｼ ｹﾝ"),
        ("小林　翔太", "コバヤシ　ショウタ", "ｺﾊﾞﾔｼ ｼｮｳﾀ"),
    ];
    let mut text = String::from(HEADER);
    for row in 0..ROWS as u64 {
        let scattered = row.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        let my_number =
            MyNumber::with_check_digit(10_000_000_000 + scattered * 40).expect("eleven digits");
        let my_number = String::from_utf8(my_number.expose_digits().to_vec()).expect("digits");
        let (name, kana, half) = NAMES[scattered as usize % NAMES.len()];
        let kana = if half_width { half } else { kana };
        let (year, month, day) = (
            1925 + scattered % 95,
            1 + scattered % 12,
            1 + scattered % 28,
        );
        let moved = if scattered.is_multiple_of(10) {
            "20210315"
        } else {
            ""
        };
        writeln!(
            text,
            "131016,{:010},{:010},{my_number},{name},{kana},{year}{month:02}{day:02},{},1,{moved},0\r",
            1_000_000 + row, 3_000_000_000 + row, 1 + scattered % 2,
        )
        .expect("a String takes everything");
    }
    text
}
