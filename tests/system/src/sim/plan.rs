//! What a schedule is about, drawn from its seed: files, and how much goes wrong.

use crate::{
    chance::Chance,
    file::{Encoding, File, Row},
    town::{CHIYODA, SAPPORO},
};

/// Everybody is born on one of these days, so that one search finds them all.
pub const BIRTH_DATES: [&str; 2] = ["19800412", "19800413"];
/// A part of everybody's name.
pub const NAME: &str = "山";

/// A file to be dropped.
#[derive(Debug, Clone)]
pub struct PlannedFile {
    /// Whose.
    pub tenant: &'static str,
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: Vec<Row>,
    /// How it is encoded.
    pub encoding: Encoding,
}

impl PlannedFile {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        File::new(self.rows.iter().cloned()).bytes(self.encoding)
    }
}

/// How much goes wrong: so often in a thousand steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// A call is answered wrongly, or not at all.
    pub faults: u64,
    /// A worker dies.
    pub crashes: u64,
    /// Time passes: mostly some seconds, at times minutes.
    pub pauses: u64,
    /// The network is slow: seconds pass before a call is answered.
    pub slowness: u64,
    /// A message comes once more.
    pub repeats: u64,
}

/// A schedule's plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Files in the order in which they are dropped.
    pub files: Vec<PlannedFile>,
    /// How many bytes make a chunk.
    pub chunk_bytes: u64,
    /// Of the register may be removed unasked, in percent.
    pub max_removed_percent: u8,
    /// While it lasts.
    pub weather: Weather,
    /// For so many steps.
    pub steps: usize,
    /// Workers that load.
    pub loaders: usize,
}

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn draw(chance: &mut Chance) -> Self {
        let people = 4 + chance.below(5);
        let count = 2 + chance.below(2);
        let mut files: Vec<PlannedFile> = Vec::new();
        for place in 0..count {
            let file = match files.last() {
                Some(before) if chance.in_thousand(80) => before.clone(),
                _ => draw_file(chance, place, people),
            };
            files.push(file);
        }
        if chance.in_thousand(150) {
            let mut other = draw_file(chance, count, people);
            other.tenant = SAPPORO;
            for row in &mut other.rows {
                *row = row.clone().with("自治体コード", SAPPORO);
            }
            files.insert(chance.below(files.len() + 1), other);
        }
        Self {
            files,
            chunk_bytes: 100 + chance.below(500) as u64,
            max_removed_percent: *chance.of(&[100, 100, 100, 30]),
            weather: Weather {
                faults: *chance.of(&[0, 20, 80, 200]),
                crashes: *chance.of(&[0, 3, 10, 40]),
                pauses: *chance.of(&[0, 5, 20]),
                slowness: *chance.of(&[0, 0, 0, 100, 400]),
                repeats: *chance.of(&[0, 100, 400]),
            },
            steps: 100 + chance.below(500),
            loaders: 1 + chance.below(3),
        }
    }
}

fn draw_file(chance: &mut Chance, place: usize, people: usize) -> PlannedFile {
    let name = if chance.in_thousand(400) {
        format!("residents_202104{:02}.csv", 1 + chance.below(9))
    } else if chance.in_thousand(300) {
        "again.csv".to_owned()
    } else {
        format!("file-{place}.csv")
    };
    let mut rows = Vec::new();
    for person in 0..u32::try_from(people).unwrap() {
        if chance.in_thousand(750) {
            rows.push(draw_row(chance, person));
        }
    }
    if chance.in_thousand(300) || rows.is_empty() {
        rows.push(person(99, 0));
        let bad = Row::of(98).with("性別", "7");
        rows.insert(chance.below(rows.len()), bad);
    }
    let encoding = *chance.of(&[Encoding::Utf8, Encoding::Utf8Bom, Encoding::Cp932]);
    PlannedFile {
        tenant: CHIYODA,
        name,
        rows,
        encoding,
    }
}

fn draw_row(chance: &mut Chance, number: u32) -> Row {
    let row = person(number, chance.below(3));
    if chance.in_thousand(150) {
        row.with("異動区分", "2")
    } else {
        row
    }
}

/// One of the ways in which a person may stand in a file; each has a coupon of its own.
#[must_use]
pub fn person(number: u32, variant: usize) -> Row {
    let name = format!("{NAME}田{number}{}", ["", "の二", "の三"][variant]);
    let coupon = format!(
        "{:010}",
        5_000_000 + number * 10 + u32::try_from(variant).unwrap()
    );
    let born = BIRTH_DATES[usize::from(variant == 2)];
    Row::of(number)
        .with("氏名", &name)
        .with("券番号", &coupon)
        .with("生年月日", born)
}
