//! Synthetic dose files: first and second doses of the residents of a first file, by their coupons.

use std::io::{self, Write};

use domain::{Date, RowCounts};
use jiff::ToSpan as _;

use super::chance::{Chance, Picks, place};
use super::lexicon::encode;
use super::{BLOCK, Encoding, ResidentsFile, Spec};

const PURPOSE_DOSES: u64 = 31;
const PURPOSE_DEFECTS: u64 = 32;
/// From here on everybody of twelve years could get the vaccine that most got.
const FIRST_DAY: Date = Date::constant(2021, 6, 7);
const DAYS: u64 = 60;
/// Who was born later is younger than twelve years on that day.
const LAST_BIRTH: Date = Date::constant(2009, 6, 7);
/// Doses of one person.
const COURSE: u8 = 2;

const HEADER: &str =
    "自治体コード,券番号,接種回,接種日,接種会場名,接種医師名,ワクチンメーカー,ロット番号";
const VENUES: [&str; 4] = ["第一会場", "保健センター", "市民体育館", "駅前クリニック"];
const PHYSICIANS: [&str; 4] = ["佐藤", "鈴木", "高橋", "田中"];
const LOTS: [&str; 5] = ["EY0779", "EY5420", "FA4597", "FC8736", "FD0349"];
const OTHER_LOTS: [&str; 3] = ["3003184", "3004667", "3004734"];

/// What is wrong with a row, planted on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DoseDefect {
    /// 券番号 with nine digits.
    CouponNineDigits,
    /// 接種日 on the 31st of June.
    DateImpossible,
    /// 券番号 that nobody has: the dose waits.
    CouponUnknown,
    /// 接種回 0.
    NumberZero,
    /// 接種回 8, which the programme does not have.
    NumberEight,
    /// A second dose a week after the first: doubtful. On a first dose, a maker of no vaccine instead.
    TooSoon,
    /// 接種日 in the year 2999.
    DateFuture,
    /// 接種日 before the programme began.
    BeforeProgramme,
    /// ロット番号 empty.
    LotMissing,
    /// The last field is not there.
    TooFewFields,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DoseEnd {
    /// Recorded.
    Recorded,
    /// Kept with its doubts.
    Review,
    /// Waits for somebody with its coupon.
    Waiting,
    /// Refused.
    Refused,
}

impl DoseDefect {
    /// Every defect; planted in turn.
    pub const ALL: [Self; 10] = [
        Self::CouponNineDigits,
        Self::CouponUnknown,
        Self::TooSoon,
        Self::DateImpossible,
        Self::NumberEight,
        Self::BeforeProgramme,
        Self::NumberZero,
        Self::DateFuture,
        Self::LotMissing,
        Self::TooFewFields,
    ];
}

/// One dose of a file.
#[derive(Clone, Debug)]
pub struct PlannedDose {
    /// Row of the residents file in which its person stands, from 0.
    pub resident: u64,
    /// 券番号 as the file has it, a defect aside.
    pub coupon: u64,
    /// 接種回.
    pub number: u8,
    /// 接種日.
    pub given_on: Date,
    /// ワクチンメーカー.
    pub maker: &'static str,
    /// ロット番号.
    pub lot: &'static str,
    /// What is wrong with the row.
    pub defect: Option<DoseDefect>,
    /// What becomes of it where none of these doses is known.
    pub end: DoseEnd,
    venue: &'static str,
    physician: &'static str,
}

/// A dose file that can be written, and asked what it says.
pub struct DosesFile {
    residents: ResidentsFile,
    encoding: Encoding,
    seed: u64,
    rows: u64,
    defects: Picks,
}

impl DosesFile {
    /// Plans a file of so many doses, or as many as these residents got. `spec`: of their first file;
    /// its encoding and defects are those of the dose file.
    #[must_use]
    pub fn new(spec: Spec, doses: u64) -> Self {
        let residents = ResidentsFile::new(Spec {
            defects: super::Percent::default(),
            changed: super::Percent::default(),
            ..spec
        });
        let grown_up = (0..residents.rows()).filter(|&it| coupon_of(&residents, it).is_some());
        let most = doses.div_ceil(u64::from(COURSE));
        let people = grown_up.take(place(most)).count() as u64;
        let rows = doses.min(people * u64::from(COURSE));
        let seed = spec.seed ^ residents.people.first();
        Self {
            defects: Picks::new(seed, PURPOSE_DEFECTS, rows, spec.defects.of(rows)),
            encoding: spec.encoding,
            residents,
            seed,
            rows,
        }
    }

    /// `doses.csv`: a dose file is as of no day.
    #[must_use]
    pub fn name(&self) -> &'static str {
        "doses.csv"
    }

    /// Rows in the file, the header not counted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The doses in the order of the file.
    pub fn doses(&self) -> impl Iterator<Item = PlannedDose> {
        let people = 0..self.residents.rows();
        let courses =
            people.filter_map(|resident| Some((resident, coupon_of(&self.residents, resident)?)));
        let doses = courses.zip(0..).flat_map(|((resident, coupon), nth)| {
            self.course(resident, coupon, nth * u64::from(COURSE))
        });
        doses.take(place(self.rows))
    }

    /// How the rows of this file end where its residents, and none of their doses, are known.
    #[must_use]
    pub fn outcomes(&self) -> RowCounts {
        let mut counts = RowCounts::default();
        for dose in self.doses() {
            *match dose.end {
                DoseEnd::Recorded => &mut counts.recorded,
                DoseEnd::Review => &mut counts.review,
                DoseEnd::Waiting => &mut counts.waiting,
                DoseEnd::Refused => &mut counts.refused,
            } += 1;
        }
        counts
    }

    /// Writes the file.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let line_end: &[u8] = if self.encoding == Encoding::Utf8 {
            b"\n"
        } else {
            b"\r\n"
        };
        let mut block = Vec::with_capacity(BLOCK + 1024);
        if self.encoding == Encoding::Utf8Bom {
            block.extend_from_slice(b"\xEF\xBB\xBF");
        }
        block.extend_from_slice(&encode(self.encoding, HEADER));
        block.extend_from_slice(line_end);
        for (row, dose) in (0..).zip(self.doses()) {
            block.extend_from_slice(&encode(self.encoding, &self.line(row, &dose)));
            block.extend_from_slice(line_end);
            if block.len() >= BLOCK {
                out.write_all(&block)?;
                block.clear();
            }
        }
        out.write_all(&block)?;
        out.flush()
    }

    /// Both doses of a person; `row`: of the first one.
    fn course(&self, resident: u64, coupon: u64, row: u64) -> [PlannedDose; 2] {
        let mut chance = Chance::of(self.seed, PURPOSE_DOSES, resident);
        let age = 2021 - self.residents.person(resident).birth_date.year();
        let other = age > 18 && chance.once_in(8);
        let (maker, lots, pause) = if other {
            ("武田/モデルナ", OTHER_LOTS.as_slice(), 28)
        } else {
            ("ファイザー", LOTS.as_slice(), 21)
        };
        let days = i64::try_from(chance.below(DAYS)).unwrap_or(0);
        let first_day = FIRST_DAY.saturating_add(days.days());
        let pause = pause + i64::try_from(chance.below(4)).unwrap_or(0);
        let mut dose = |number: u8, given_on| {
            let row = row + u64::from(number) - 1;
            let defect = self
                .defects
                .number_of(row)
                .map(|nth| DoseDefect::ALL[place(nth % DoseDefect::ALL.len() as u64)]);
            PlannedDose {
                resident,
                coupon,
                number,
                given_on,
                maker,
                lot: pick(&mut chance, lots),
                defect,
                end: end_of(defect, number),
                venue: pick(&mut chance, &VENUES),
                physician: pick(&mut chance, &PHYSICIANS),
            }
        };
        let first = dose(1, first_day);
        let mut second = dose(2, first_day.saturating_add(pause.days()));
        if second.defect == Some(DoseDefect::TooSoon) {
            second.given_on = first_day.saturating_add(7.days());
        }
        // Without its first dose a second one is doubtful.
        if first.end != DoseEnd::Recorded && second.end == DoseEnd::Recorded {
            second.end = DoseEnd::Review;
        }
        [first, second]
    }

    fn line(&self, row: u64, dose: &PlannedDose) -> String {
        let mut cells = [
            self.residents.spec.tenant.to_string(),
            format!("{:010}", dose.coupon),
            dose.number.to_string(),
            dose.given_on.strftime("%Y%m%d").to_string(),
            dose.venue.to_owned(),
            dose.physician.to_owned(),
            dose.maker.to_owned(),
            dose.lot.to_owned(),
        ];
        let Some(defect) = dose.defect else {
            return cells.join(",");
        };
        let mut fields = cells.len();
        let [_, coupon, number, given_on, _, _, maker, lot] = &mut cells;
        match defect {
            DoseDefect::CouponNineDigits => drop(coupon.pop()),
            DoseDefect::CouponUnknown => {
                *coupon = format!("{:010}", self.residents.people.coupon_of_nobody(row));
            }
            DoseDefect::NumberZero => "0".clone_into(number),
            DoseDefect::NumberEight => "8".clone_into(number),
            DoseDefect::DateImpossible => "20210631".clone_into(given_on),
            DoseDefect::DateFuture => "29990401".clone_into(given_on),
            DoseDefect::BeforeProgramme => "20210101".clone_into(given_on),
            DoseDefect::TooSoon if dose.number == 1 => "ワクチン".clone_into(maker),
            // On a second dose it is the day that is wrong, and stands there already.
            DoseDefect::TooSoon => {}
            DoseDefect::LotMissing => lot.clear(),
            DoseDefect::TooFewFields => fields -= 1,
        }
        cells[..fields].join(",")
    }
}

/// The coupon of a resident who is old enough.
fn coupon_of(residents: &ResidentsFile, index: u64) -> Option<u64> {
    let person = residents.person(index);
    person.coupon.filter(|_| person.birth_date <= LAST_BIRTH)
}

fn pick(chance: &mut Chance, list: &[&'static str]) -> &'static str {
    let picked: &&'static str = chance.any(list);
    picked
}

fn end_of(defect: Option<DoseDefect>, number: u8) -> DoseEnd {
    match defect {
        None => DoseEnd::Recorded,
        Some(DoseDefect::CouponUnknown) => DoseEnd::Waiting,
        Some(DoseDefect::TooSoon) if number > 1 => DoseEnd::Review,
        Some(_) => DoseEnd::Refused,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Percent;
    use super::*;

    fn spec(defects: u32) -> Spec {
        Spec {
            defects: Percent::new(defects),
            ..Spec::new("131016".parse().unwrap(), 2_000, 5)
        }
    }

    fn written(file: &DosesFile) -> Vec<u8> {
        let mut bytes = Vec::new();
        file.write(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_same_seed_writes_the_same_bytes_and_another_seed_others() {
        let file = written(&DosesFile::new(spec(5), 1_000));
        assert_eq!(file, written(&DosesFile::new(spec(5), 1_000)));
        let other = Spec { seed: 6, ..spec(5) };
        assert_ne!(file, written(&DosesFile::new(other, 1_000)));
        assert_eq!(String::from_utf8(file).unwrap().lines().count(), 1_001);
    }

    #[test]
    fn every_encoding_says_the_same() {
        let text = |encoding| {
            let file = written(&DosesFile::new(
                Spec {
                    encoding,
                    ..spec(5)
                },
                500,
            ));
            match encoding {
                Encoding::Cp932 => encoding_rs::SHIFT_JIS.decode(&file).0.into_owned(),
                Encoding::Utf8 | Encoding::Utf8Bom => String::from_utf8(file).unwrap(),
            }
        };
        let lines = |text: String| text.trim_start_matches('\u{FEFF}').replace('\r', "");
        let usual = lines(text(Encoding::Utf8));
        assert_eq!(lines(text(Encoding::Utf8Bom)), usual);
        assert_eq!(lines(text(Encoding::Cp932)), usual);
    }

    #[test]
    fn the_outcomes_add_up_and_every_defect_is_planted() {
        let file = DosesFile::new(spec(10), 1_000);
        assert_eq!(file.outcomes().total(), file.rows());
        let defects: BTreeSet<_> = file
            .doses()
            .filter_map(|dose| dose.defect)
            .map(|defect| format!("{defect:?}"))
            .collect();
        assert_eq!(defects.len(), DoseDefect::ALL.len());
        let sound = DosesFile::new(spec(0), 1_000);
        assert_eq!(sound.outcomes().recorded, 1_000);
    }

    #[test]
    fn no_more_doses_are_written_than_residents_got() {
        let file = DosesFile::new(
            Spec {
                residents: 20,
                ..spec(0)
            },
            1_000,
        );
        assert!(file.rows() <= 40);
        assert_eq!(file.doses().count() as u64, file.rows());
    }
}
