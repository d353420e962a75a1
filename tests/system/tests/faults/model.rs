//! A register as simple as can be: files applied one after the other.

use std::collections::BTreeMap;

use system::{
    chance::Chance,
    file::{File, Row},
};

/// What a row asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Register(u32),
    Remove,
}

/// A file of few residents.
#[derive(Debug, Clone)]
pub(crate) struct ModelFile {
    rows: BTreeMap<u32, Asked>,
}

/// Residents in force: number -> which of their contents.
pub(crate) type Register = BTreeMap<String, String>;

/// People that a schedule knows.
pub(crate) const PEOPLE: u32 = 8;

impl ModelFile {
    pub(crate) fn of(chance: &mut Chance) -> Self {
        let mut rows = BTreeMap::new();
        for number in 1..=PEOPLE {
            match chance.below(10) {
                0..6 => rows.insert(
                    number,
                    Asked::Register(u32::try_from(chance.below(3)).unwrap()),
                ),
                6..8 => rows.insert(number, Asked::Remove),
                _ => None,
            };
        }
        // A file is never empty.
        rows.entry(1).or_insert(Asked::Register(0));
        Self { rows }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows.len() as u64
    }

    pub(crate) fn to_file(&self) -> File {
        File::new(self.rows.iter().map(|(number, asked)| match asked {
            Asked::Register(content) => row(*number, *content),
            Asked::Remove => row(*number, 0).with("異動区分", "2"),
        }))
    }

    pub(crate) fn apply(&self, register: &mut Register) {
        for (number, asked) in &self.rows {
            let row = row(*number, 0);
            match asked {
                Asked::Register(content) => {
                    register.insert(row.cell("個別宛名番号").to_owned(), name(*content));
                }
                Asked::Remove => {
                    register.remove(row.cell("個別宛名番号"));
                }
            }
        }
    }
}

/// The contents of a resident differ in name, coupon and birth date, so that hints change as well.
fn row(number: u32, content: u32) -> Row {
    Row::of(number)
        .with("氏名", &name(content))
        .with(
            "券番号",
            &format!("{:010}", 5_000_000_000 + u64::from(number * 10 + content)),
        )
        .with("生年月日", &format!("19{:02}0102", 50 + content))
}

fn name(content: u32) -> String {
    format!("山田　{}", ["太郎", "次郎", "三郎"][content as usize])
}

/// The 宛名番号 of everybody.
pub(crate) fn numbers() -> Vec<String> {
    (1..=PEOPLE)
        .map(|number| Row::of(number).cell("個別宛名番号").to_owned())
        .collect()
}
