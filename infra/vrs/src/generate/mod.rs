//! Synthetic residents files: the same bytes for the same seed, on every machine.
//!
//! Everybody is drawn from the seed and their place in the file alone, so a second file says the same
//! people in the same order, and any one of them can be asked for without drawing the others. All My
//! Numbers begin with 9 and are unique over all municipalities of one seed; coupon numbers and 宛名番号
//! are unique within the municipality. Ages are spread as Japan's were in 2021.

mod chance;
mod change;
mod defect;
mod doses;
mod lexicon;
mod percent;
mod person;
mod row;

use std::io::{self, Write};

use domain::{Date, Movement, RowCounts, TenantCode, municipalities};
use jiff::ToSpan;

use chance::{Picks, place};
pub use change::Fate;
pub use defect::Defect;
pub use doses::{DoseDefect, DoseEnd, DosesFile, PlannedDose};
use lexicon::{Lexicon, encode};
pub use percent::{NotAPercent, Percent};
pub use person::Person;
use person::{FIRST_DAY, People};
use row::{Cells, Column, HEADER};

/// More residents than the largest municipality has.
pub const MOST_RESIDENTS: u32 = 4_000_000;

const PURPOSE_CHANGED: u64 = 21;
const PURPOSE_DEFECTS: u64 = 22;
const BLOCK: usize = 64 * 1024;

/// How the file is encoded. UTF-8 without a mark ends its lines with LF, the others with CRLF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Encoding {
    /// UTF-8.
    #[value(name = "utf-8")]
    Utf8,
    /// UTF-8 with a byte order mark, as spreadsheets write it.
    #[value(name = "utf-8-bom")]
    Utf8Bom,
    /// Windows-31J.
    #[value(name = "cp932")]
    Cp932,
}

/// What a file is asked to be.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The municipality whose register it is.
    pub tenant: TenantCode,
    /// Residents in the first file; at most [`MOST_RESIDENTS`].
    pub residents: u32,
    /// The same seed draws the same people.
    pub seed: u64,
    /// How the file is encoded.
    pub encoding: Encoding,
    /// Rows with a defect. Where a defect is about two rows, the second comes on top.
    pub defects: Percent,
    /// Zero for the first file; else this is the second, in which so many residents changed.
    pub changed: Percent,
    /// The day the register is as of; without it 2021-04-01 for a first file, the day after for a second.
    pub as_of: Option<Date>,
}

impl Spec {
    /// A first file in UTF-8 without defects.
    #[must_use]
    pub fn new(tenant: TenantCode, residents: u32, seed: u64) -> Self {
        Self {
            tenant,
            residents,
            seed,
            encoding: Encoding::Utf8,
            defects: Percent::default(),
            changed: Percent::default(),
            as_of: None,
        }
    }
}

/// A residents file that can be written, and asked what it says.
pub struct ResidentsFile {
    spec: Spec,
    as_of: Date,
    people: People,
    /// Those of the first file to whom something happened.
    changed: Picks,
    /// Those who come after the last of the first file.
    added: u64,
    defects: Picks,
}

impl ResidentsFile {
    /// Plans the file; writes nothing yet.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let place = municipalities()
            .iter()
            .position(|it| it.code() == spec.tenant);
        let place = place.and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
        let residents = u64::from(spec.residents.min(MOST_RESIDENTS));
        let changes = spec.changed.of(residents);
        let added = changes / 10;
        let rows = residents + added;
        let seed = spec.seed ^ (place << 32);
        let second_day = FIRST_DAY.saturating_add(1.day());
        let day = if spec.changed.is_zero() {
            FIRST_DAY
        } else {
            second_day
        };
        Self {
            as_of: spec.as_of.unwrap_or(day),
            people: People::new(spec.seed, place, Lexicon::new(spec.encoding)),
            changed: Picks::new(seed, PURPOSE_CHANGED, residents, changes - added),
            added,
            defects: Picks::new(seed, PURPOSE_DEFECTS, rows, spec.defects.of(rows)),
            spec: Spec {
                residents: spec.residents.min(MOST_RESIDENTS),
                ..spec
            },
        }
    }

    /// `residents_YYYYMMDD.csv`, by the day the register is as of.
    #[must_use]
    pub fn name(&self) -> String {
        format!("residents_{}.csv", self.as_of.strftime("%Y%m%d"))
    }

    /// Rows in the file, the header not counted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        u64::from(self.spec.residents) + self.added
    }

    /// What the file says of the resident in row `index`, counted from 0, a defect aside.
    #[must_use]
    pub fn person(&self, index: u64) -> Person<'_> {
        let mut person = self.people.person(index);
        self.fate(index)
            .befall(&mut person, &self.people, index, self.as_of);
        person
    }

    /// What happened to the resident in row `index` since the first file.
    #[must_use]
    pub fn fate(&self, index: u64) -> Fate {
        if index >= u64::from(self.spec.residents) {
            Fate::Added
        } else if self.changed.number_of(index).is_some() {
            Fate::draw(self.spec.seed, index)
        } else {
            Fate::Same
        }
    }

    /// What is wrong with row `index` itself.
    #[must_use]
    pub fn defect(&self, index: u64) -> Option<Defect> {
        let number = self.defects.number_of(index)?;
        let defect = Defect::ALL[place(number % Defect::ALL.len() as u64)];
        if defect.is_shared() && !self.can_share(defect, index) {
            return Some(Defect::MyNumberCheckDigit);
        }
        Some(defect)
    }

    /// Whether row `index` is refused: for its own defect, or because the next row has its number.
    #[must_use]
    pub fn is_refused(&self, index: u64) -> bool {
        self.defect(index).is_some()
            || (index + 1 < self.rows() && self.defect(index + 1).is_some_and(Defect::is_shared))
    }

    /// How the rows of this file end when it is loaded into a register that holds just what could be
    /// taken over from `before`, a first file of the same seed.
    #[must_use]
    pub fn outcomes(&self, before: Option<&Self>) -> RowCounts {
        let mut counts = RowCounts::default();
        for index in 0..self.rows() {
            let known = before.is_some_and(|it| index < it.rows() && !it.is_refused(index));
            let outcome = match self.fate(index) {
                _ if self.is_refused(index) => &mut counts.refused,
                Fate::Removed if known => &mut counts.removed,
                Fate::Removed => &mut counts.unchanged,
                _ if !known => &mut counts.new,
                Fate::Same => &mut counts.unchanged,
                Fate::Moved | Fate::Renamed | Fate::NewCoupon | Fate::Added => &mut counts.changed,
            };
            *outcome += 1;
        }
        counts
    }

    /// Writes the file.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let encoding = self.spec.encoding;
        let line_end: &[u8] = if encoding == Encoding::Utf8 {
            b"\n"
        } else {
            b"\r\n"
        };
        let mut block = Vec::with_capacity(BLOCK + 1024);
        if encoding == Encoding::Utf8Bom {
            block.extend_from_slice(b"\xEF\xBB\xBF");
        }
        block.extend_from_slice(&encode(encoding, HEADER));
        block.extend_from_slice(line_end);
        let (mut cells, mut lender) = (Cells::default(), Cells::default());
        for index in 0..self.rows() {
            self.fill(&mut cells, index);
            if let Some(defect) = self.defect(index) {
                if let Some(column) = defect.shared_column() {
                    self.fill(&mut lender, index - 1);
                    cells.borrow_from(&lender, column);
                }
                defect.plant(&mut cells, encoding);
            }
            cells.write(&mut block, line_end);
            if block.len() >= BLOCK {
                out.write_all(&block)?;
                block.clear();
            }
        }
        out.write_all(&block)?;
        out.flush()
    }

    fn fill(&self, cells: &mut Cells, index: u64) {
        let person = self.person(index);
        cells.fill(self.spec.tenant.as_str().as_bytes(), &person);
        cells.fill_name(&person, &self.people.lexicon.wide_space.written);
    }

    /// Two rows can share a number when the row before is sound and both register somebody with one.
    fn can_share(&self, defect: Defect, index: u64) -> bool {
        let Some(before) = index.checked_sub(1) else {
            return false;
        };
        if self.defects.number_of(before).is_some() {
            return false;
        }
        let (lender, own) = (self.person(before), self.person(index));
        let lends = match defect.shared_column() {
            Some(Column::MyNumber) => lender.my_number.is_some(),
            Some(Column::Coupon) => lender.coupon.is_some(),
            _ => true,
        };
        lends && lender.movement == Movement::Register && own.movement == Movement::Register
    }
}

#[cfg(test)]
mod tests;
