//! The export for the immunisation ledger (予防接種台帳向け出力), and the list of doses that wait for their person
//! (接種対象者登録待ちリスト): one row per person, eight columns per dose.

use std::io;

use domain::{CouponNumber, DateTime, Dose, DoseNumber, Encoding, TenantCode, Text, programme};
use thiserror::Error;

use crate::{SafeCsvError, SafeCsvWriter};

mod cell;

pub(crate) use cell::exact;
pub use cell::{Substitute, Substitution};

/// The first column, empty in the waiting list.
pub const NUMBER_COLUMN: &str = "個別宛名番号";

/// The columns of a dose, each behind its number and 回目.
pub const DOSE_COLUMNS: [&str; 8] = [
    "接種履歴登録日時",
    "接種日",
    "券番号",
    "接種自治体コード",
    "接種会場名",
    "接種医師名",
    "ワクチンメーカー",
    "ワクチンロット番号",
];
/// The first of them with text.
const TEXTS: usize = 4;

/// Fewer doses than these never make fewer columns.
const LEAST_DOSES: u8 = 2;

/// The header for so many doses, at least two: 17 columns for two, 57 for seven.
#[must_use]
pub fn header(doses: DoseNumber) -> Vec<String> {
    let doses = 1..=doses.get().max(LEAST_DOSES);
    let of_dose = |nth: u8| DOSE_COLUMNS.map(move |name| format!("{nth}回目{name}"));
    let mut names = vec![NUMBER_COLUMN.to_owned()];
    names.extend(doses.flat_map(of_dose));
    names
}

/// A dose in force, or one that waits.
#[derive(Clone, Copy)]
pub struct LedgerDose<'d> {
    /// What it says.
    pub dose: &'d Dose,
    /// When it was recorded, by the clocks of Japan.
    pub registered_at: DateTime,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerSummary {
    /// Rows below the header.
    pub rows: u64,
    /// Doses in them.
    pub doses: u64,
    /// Characters that the encoding lacks, in the order of the file: the first
    /// [`LedgerSummary::MOST_SUBSTITUTIONS`] of them.
    pub substitutions: Vec<Substitution>,
    /// All of them.
    pub substituted: u64,
}

impl LedgerSummary {
    /// This many are listed; the rest is counted.
    pub const MOST_SUBSTITUTIONS: usize = 1_000;

    fn note(&mut self, substitution: impl FnOnce() -> Substitution) {
        self.substituted += 1;
        if self.substitutions.len() < Self::MOST_SUBSTITUTIONS {
            self.substitutions.push(substitution());
        }
    }
}

/// Why a row was not written. Carries nothing of it.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The destination failed.
    #[error(transparent)]
    Csv(#[from] SafeCsvError),
    /// The number of this row's resident has a character that the encoding lacks. Written otherwise it
    /// could be somebody else's number.
    #[error("the resident number of line {line} has a character that the encoding lacks")]
    Number {
        /// The line, counted from 1.
        line: u64,
    },
    /// The row has a dose for which the header has no columns.
    #[error("there are no columns for dose {number}")]
    NoColumns {
        /// Which dose.
        number: DoseNumber,
    },
}

/// Writes a ledger or a waiting list, safe to open in a spreadsheet. Every row has the columns of the
/// header.
///
/// Text is written as it came: in CP932 with its own bytes where those are more than the text says. A character
/// that CP932 lacks is written by the rules of [`Substitute`] and noted in the summary.
pub struct LedgerWriter<W: io::Write> {
    csv: SafeCsvWriter<W>,
    encoding: Encoding,
    municipality: TenantCode,
    /// Doses that the header has columns for.
    doses: u8,
    /// Cells of the row in the making, kept for their memory.
    cells: Vec<Vec<u8>>,
    written: LedgerSummary,
}

impl<W: io::Write> LedgerWriter<W> {
    /// Begins a file with columns for so many doses, at least two.
    pub fn new(
        out: W,
        encoding: Encoding,
        municipality: TenantCode,
        doses: DoseNumber,
    ) -> Result<Self, LedgerError> {
        let names = header(doses);
        let mut csv = SafeCsvWriter::new(out, encoding)?;
        csv.row(0, names.iter().map(String::as_str))?;
        Ok(Self {
            csv,
            encoding,
            municipality,
            doses: doses.get().max(LEAST_DOSES),
            cells: vec![Vec::new(); names.len()],
            written: LedgerSummary::default(),
        })
    }

    /// Adds a resident with all their doses in force, in any order. Without a dose the row says that there
    /// is none (any more).
    pub fn person(&mut self, number: &str, doses: &[LedgerDose<'_>]) -> Result<(), LedgerError> {
        let line = self.line();
        let number = cell::exact(self.encoding, number).ok_or(LedgerError::Number { line })?;
        self.row(&number, doses)
    }

    /// Adds a dose that waits for its person.
    pub fn waiting(&mut self, dose: LedgerDose<'_>) -> Result<(), LedgerError> {
        self.row(&[], &[dose])
    }

    /// Ends the file and gives back its destination.
    pub fn finish(self) -> Result<(W, LedgerSummary), LedgerError> {
        Ok((self.csv.finish()?, self.written))
    }

    /// The line of the next row, counted from 1; no cell holds a line break.
    fn line(&self) -> u64 {
        self.written.rows + 2
    }

    fn row(&mut self, number: &[u8], doses: &[LedgerDose<'_>]) -> Result<(), LedgerError> {
        for cell in &mut self.cells {
            cell.clear();
        }
        if let Some(first) = self.cells.first_mut() {
            first.extend_from_slice(number);
        }
        for dose in doses {
            self.dose(dose)?;
        }
        self.csv.bytes_row(self.cells.iter().map(Vec::as_slice))?;
        self.written.rows += 1;
        self.written.doses += doses.len() as u64;
        Ok(())
    }

    fn dose(&mut self, of: &LedgerDose<'_>) -> Result<(), LedgerError> {
        let (dose, line) = (of.dose, self.line());
        let number = dose.number;
        let first = 1 + DOSE_COLUMNS.len() * usize::from(number.get() - 1);
        let cells = self.cells.get_mut(first..first + DOSE_COLUMNS.len());
        let cells = cells.filter(|_| number.get() <= self.doses);
        let Some([at, given_on, coupon, code, texts @ ..]) = cells else {
            return Err(LedgerError::NoColumns { number });
        };
        push_time(at, of.registered_at);
        push_date(given_on, dose.given_on);
        let digits = dose.coupon.map(CouponNumber::expose_digits);
        coupon.extend_from_slice(digits.as_ref().map_or(&[], |digits| &digits[..]));
        code.extend_from_slice(self.municipality.as_str().as_bytes());
        let product = programme(dose.programme).and_then(|it| it.product(dose.product));
        let said = [
            dose.venue.as_ref().map(|venue| venue.text().as_text()),
            dose.physician.as_ref().map(|name| name.text().as_text()),
            // The tables keep every vaccine they ever had.
            product.map(|product| Text::new(product.maker())),
            Some(Text::new(dose.lot.as_str())),
        ];
        let names = DOSE_COLUMNS.iter().skip(TEXTS);
        for ((cell, text), name) in texts.iter_mut().zip(said).zip(names) {
            let Some(text) = text else { continue };
            cell::push(self.encoding, text, cell, |character, written| {
                self.written.note(|| Substitution {
                    line,
                    column: format!("{number}回目{name}"),
                    character,
                    written,
                });
            });
        }
        Ok(())
    }
}

impl LedgerWriter<Vec<u8>> {
    /// How many bytes [`LedgerWriter::take`] would give, to some kilobytes.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.csv.out().len()
    }

    /// All that was written since the beginning or the last such call, for a file that is sent as it
    /// grows. [`LedgerWriter::finish`] gives the rest.
    pub fn take(&mut self) -> Result<Vec<u8>, LedgerError> {
        Ok(self.csv.take()?)
    }
}

fn push_date(cell: &mut Vec<u8>, date: domain::Date) {
    let digits = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
    cell.extend_from_slice(digits.as_bytes());
}

fn push_time(cell: &mut Vec<u8>, at: DateTime) {
    push_date(cell, at.date());
    let digits = format!("{:02}{:02}{:02}", at.hour(), at.minute(), at.second());
    cell.extend_from_slice(digits.as_bytes());
}
