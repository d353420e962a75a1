//! One synthetic resident, drawn from seed and place in the file alone.

use domain::{Date, Movement, MyNumber, Sex};
use jiff::Span;

use super::chance::{Chance, Shuffle};
use super::lexicon::{Lexicon, Script, Word};

/// The day all ages are counted back from: the month in which VRS began.
pub(super) const FIRST_DAY: Date = Date::constant(2021, 4, 1);

/// My Numbers and coupon numbers of a municipality come from a stretch of this length of its own, so
/// no two municipalities share a My Number. 1,741 of them fit in ten digits.
pub(super) const STRETCH: u64 = 5_000_000;

/// Where numbers of coupons issued anew begin in a municipality's stretch of coupon numbers.
const COUPONS_AGAIN: u64 = 10_000_000_000 / 2;

/// Where numbers of coupons begin that nobody has.
const COUPONS_OF_NOBODY: u64 = 9_000_000_000;

/// Residents in ten thousands by age, five years to a class, Japan 2021, rounded.
const AGES: [u16; 21] = [
    450, 505, 535, 565, 640, 640, 655, 735, 830, 975, 880, 790, 740, 800, 955, 675, 545, 385, 190,
    55, 8,
];

const PURPOSE_PERSON: u64 = 1;
const PURPOSE_HOUSEHOLD: u64 = 2;
const PURPOSE_MY_NUMBER: u64 = 3;
const PURPOSE_COUPON: u64 = 4;

/// A synthetic resident as the file's row says it.
pub struct Person<'a> {
    /// 個別宛名番号; ten digits in the file.
    pub number: u64,
    /// 券番号; ten digits in the file. Children under twelve have none.
    pub coupon: Option<u64>,
    /// 個人番号. One resident in 300 has none yet.
    pub my_number: Option<MyNumber>,
    pub(super) name: Name<'a>,
    pub(super) half_kana: bool,
    /// 生年月日.
    pub birth_date: Date,
    /// 性別.
    pub sex: Sex,
    /// 異動区分.
    pub movement: Movement,
    /// Whether the file leaves 異動区分 empty, which means the same as 1.
    pub(super) movement_left_empty: bool,
    /// 異動日.
    pub moved_on: Option<Date>,
    pub(super) reason: Option<&'a Word>,
    /// 支援措置.
    pub protected: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Name<'a> {
    Japanese { family: &'a Word, given: &'a Word },
    Foreign(&'a Word),
}

impl Person<'_> {
    /// 氏名, as a reader of the file makes it out.
    #[must_use]
    pub fn name(&self) -> String {
        match self.name {
            Name::Japanese { family, given } => format!("{}\u{3000}{}", family.text, given.text),
            Name::Foreign(full) => full.text.clone(),
        }
    }

    /// 氏名カナ, as the file has it.
    #[must_use]
    pub fn kana(&self) -> String {
        match self.name {
            Name::Japanese { family, given } if self.half_kana => {
                format!("{} {}", family.half_kana.text, given.half_kana.text)
            }
            Name::Japanese { family, given } => {
                format!("{}\u{3000}{}", family.kana.text, given.kana.text)
            }
            Name::Foreign(full) => self.reading(full).text.clone(),
        }
    }

    /// 宛名番号 as the file has it.
    #[must_use]
    pub fn number_text(&self) -> String {
        format!("{:010}", self.number)
    }

    pub(super) fn reading<'w>(&self, word: &'w Word) -> &'w Script {
        if self.half_kana {
            &word.half_kana
        } else {
            &word.kana
        }
    }
}

/// Draws the residents of one municipality.
pub(super) struct People {
    seed: u64,
    /// Where the municipality's stretch of numbers begins.
    first: u64,
    my_numbers: Shuffle,
    coupons: Shuffle,
    pub(super) lexicon: Lexicon,
}

impl People {
    /// `place` is the municipality's place in the list of all.
    pub(super) fn new(seed: u64, place: u64, lexicon: Lexicon) -> Self {
        Self {
            seed,
            first: place * STRETCH,
            my_numbers: Shuffle::new(seed, PURPOSE_MY_NUMBER),
            coupons: Shuffle::new(seed ^ place, PURPOSE_COUPON),
            lexicon,
        }
    }

    /// The resident at this place of the file before anything happened to them.
    pub(super) fn person(&self, index: u64) -> Person<'_> {
        let mut chance = Chance::of(self.seed ^ self.first, PURPOSE_PERSON, index);
        let birth_date = birth_date(&mut chance);
        let sex = sex(&mut chance);
        let age = FIRST_DAY.year() - birth_date.year();
        let mut person = Person {
            // Numbers of residents who left leave gaps.
            number: 10_000_000 + index * 7 + chance.below(7),
            coupon: (age >= 12).then(|| self.coupons.at(index)),
            my_number: if chance.once_in(300) {
                None
            } else {
                self.my_number(index)
            },
            name: self.name(&mut chance, index, sex, age),
            half_kana: chance.once_in(50),
            birth_date,
            sex,
            movement: Movement::Register,
            movement_left_empty: chance.once_in(8),
            moved_on: None,
            reason: None,
            protected: chance.once_in(400),
        };
        if chance.once_in(7) {
            self.give_history(&mut person, &mut chance);
        }
        person
    }

    /// Where the municipality's stretch of numbers begins.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The number of a coupon that no resident gets.
    pub(super) fn coupon_of_nobody(&self, index: u64) -> u64 {
        self.coupons.at(COUPONS_OF_NOBODY + index)
    }

    /// The number of the coupon the resident gets in place of the first.
    pub(super) fn coupon_again(&self, index: u64) -> u64 {
        self.coupons.at(COUPONS_AGAIN + index)
    }

    /// Ten digits behind a 9: whoever knows that sees that the number is made up.
    fn my_number(&self, index: u64) -> Option<MyNumber> {
        MyNumber::with_check_digit(90_000_000_000 + self.my_numbers.at(self.first + index))
    }

    fn name(&self, chance: &mut Chance, index: u64, sex: Sex, age: i16) -> Name<'_> {
        let words = &self.lexicon;
        if chance.once_in(45) {
            return Name::Foreign(chance.any(&words.foreign));
        }
        // Eleven people live in five households; a household has one surname.
        let household = index * 5 / 11;
        let mut shared = Chance::of(self.seed ^ self.first, PURPOSE_HOUSEHOLD, household);
        let family = if shared.once_in(150) {
            shared.any(&words.rare_surnames)
        } else {
            shared.favoured(&words.surnames)
        };
        let given = chance.any(match (sex, age >= 45) {
            (Sex::Male | Sex::NotApplicable, true) => &words.men_older,
            (Sex::Male | Sex::NotApplicable, false) => &words.men_younger,
            (Sex::Female | Sex::Unknown, true) => &words.women_older,
            (Sex::Female | Sex::Unknown, false) => &words.women_younger,
        });
        Name::Japanese { family, given }
    }

    /// How the resident came here, some time before the file was written.
    fn give_history<'a>(&'a self, person: &mut Person<'a>, chance: &mut Chance) {
        let reasons = &self.lexicon.reasons;
        let moved_on = days_before(FIRST_DAY, 1 + chance.below(3650));
        if moved_on <= person.birth_date {
            (person.moved_on, person.reason) = (Some(person.birth_date), Some(&reasons.born));
        } else {
            let within = chance.once_in(3);
            let reason = if within {
                &reasons.moved_within
            } else {
                &reasons.moved_in
            };
            (person.moved_on, person.reason) = (Some(moved_on), Some(reason));
        }
    }
}

fn birth_date(chance: &mut Chance) -> Date {
    let all: u16 = AGES.iter().sum();
    let mut draw = chance.below(u64::from(all));
    let mut days = 0;
    for people in AGES {
        if draw < u64::from(people) {
            break;
        }
        draw -= u64::from(people);
        days += 5 * 365 + 1;
    }
    days_before(FIRST_DAY, days + chance.below(5 * 365 + 1))
}

fn sex(chance: &mut Chance) -> Sex {
    match chance.below(2000) {
        0 => Sex::Unknown,
        1 => Sex::NotApplicable,
        draw if draw % 100 < 49 => Sex::Male,
        _ => Sex::Female,
    }
}

/// `days` is at most a few human lives.
pub(super) fn days_before(date: Date, days: u64) -> Date {
    let days = i64::try_from(days).unwrap_or(0);
    date.saturating_sub(Span::new().days(days))
}
