use std::io;

use domain::{Date, Encoding, TenantCode};

use crate::file::LayoutColumn as _;
use crate::ledger::{DOSE_COLUMNS, exact};
use crate::{SafeCsvError, SafeCsvWriter};

use super::columns::Column;

/// Places of the columns that an answer fills in, among those of a dose in the ledger. The others stay
/// empty: they are never told to another municipality.
const GIVEN_ON: usize = 1;
const HOLDER: usize = 3;
const MAKER: usize = 6;
const LOT: usize = 7;
/// Before the doses: 整理番号 and 予防接種.
const BEFORE: usize = 2;
/// Fewer doses than these never make fewer columns.
const LEAST_DOSES: u8 = 2;

/// A dose that another municipality holds.
#[derive(Clone, Copy, Debug)]
pub struct AnsweredDose<'a> {
    /// Code of the programme.
    pub programme: &'a str,
    /// Its number.
    pub number: u8,
    /// 接種日.
    pub given_on: Date,
    /// 接種自治体コード: who holds it.
    pub holder: TenantCode,
    /// ワクチンメーカー.
    pub maker: &'a str,
    /// ワクチンロット番号.
    pub lot: &'a str,
}

/// Writes the answers to a file of inquiries: 整理番号, 予防接種, and for each dose the columns that it has
/// in the ledger. Safe to open in a spreadsheet.
///
/// A row is for one programme. Where two doses have the same number, of two municipalities or in two records at
/// one, a further row with the same 整理番号 has the second. Whoever has no dose has one row without any.
pub struct AnswersWriter<W: io::Write> {
    csv: SafeCsvWriter<W>,
    encoding: Encoding,
    doses: u8,
    rows: u64,
}

impl<W: io::Write> AnswersWriter<W> {
    /// Begins a file with columns for so many doses, at least two.
    pub fn new(out: W, encoding: Encoding, doses: u8) -> Result<Self, SafeCsvError> {
        let doses = doses.max(LEAST_DOSES);
        let mut names = vec![
            Column::Reference.name().to_owned(),
            Column::Programmes.name().to_owned(),
        ];
        let of_dose = |nth: u8| DOSE_COLUMNS.map(move |name| format!("{nth}回目{name}"));
        names.extend((1..=doses).flat_map(of_dose));
        let mut csv = SafeCsvWriter::new(out, encoding)?;
        csv.row(0, names.iter().map(String::as_str))?;
        Ok(Self {
            csv,
            encoding,
            doses,
            rows: 0,
        })
    }

    /// Adds the answer to one inquiry; doses with a number above the columns are left out by nobody, for
    /// the caller has counted them.
    pub fn answer(
        &mut self,
        reference: &str,
        doses: &[AnsweredDose<'_>],
    ) -> Result<(), SafeCsvError> {
        let mut left: Vec<_> = doses.iter().collect();
        left.sort_by_key(|dose| (dose.programme, dose.number, dose.holder));
        if left.is_empty() {
            return self.row(reference, "", &[]);
        }
        while let Some(first) = left.first() {
            let programme = first.programme;
            let mut row: Vec<&AnsweredDose<'_>> = Vec::new();
            left.retain(|dose| {
                let taken = row.last().is_some_and(|last| last.number == dose.number);
                let fits = dose.programme == programme && !taken;
                if fits {
                    row.push(dose);
                }
                !fits
            });
            self.row(reference, programme, &row)?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        reference: &str,
        programme: &str,
        doses: &[&AnsweredDose<'_>],
    ) -> Result<(), SafeCsvError> {
        let width = BEFORE + DOSE_COLUMNS.len() * usize::from(self.doses);
        let mut cells = vec![String::new(); width];
        let mut put = |at: usize, text: &str| {
            if let Some(cell) = cells.get_mut(at) {
                text.clone_into(cell);
            }
        };
        put(0, reference);
        put(1, programme);
        for dose in doses {
            let nth = usize::from(dose.number.saturating_sub(1));
            let first = BEFORE + DOSE_COLUMNS.len() * nth;
            let day = dose.given_on;
            let day = format!("{:04}{:02}{:02}", day.year(), day.month(), day.day());
            put(first + GIVEN_ON, &day);
            put(first + HOLDER, dose.holder.as_str());
            put(first + MAKER, dose.maker);
            put(first + LOT, dose.lot);
        }
        self.rows += 1;
        let encoded: Option<Vec<_>> = cells.iter().map(|it| exact(self.encoding, it)).collect();
        let encoded = encoded.ok_or(SafeCsvError::NotEncodable { row: self.rows })?;
        self.csv.bytes_row(encoded.iter().map(AsRef::as_ref))
    }

    /// Ends the file and gives back its destination.
    pub fn finish(self) -> Result<W, SafeCsvError> {
        self.csv.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dose(number: u8, holder: &str, lot: &'static str) -> AnsweredDose<'static> {
        AnsweredDose {
            programme: "COVID19",
            number,
            given_on: Date::constant(2021, 6, 1),
            holder: TenantCode::parse(holder).unwrap(),
            maker: "ファイザー",
            lot,
        }
    }

    #[test]
    fn what_the_encoding_lacks_is_not_written_as_something_else() {
        for lot in ["EY\u{A0}0779", "EY¥0779", "〜1"] {
            let encoding = Encoding::Cp932;
            let mut writer = AnswersWriter::new(Vec::new(), encoding, 1).unwrap();
            let refused = writer.answer("A-1", &[dose(1, "011002", lot)]);
            let row = matches!(refused, Err(SafeCsvError::NotEncodable { row: 1 }));
            assert!(row, "{lot}: {refused:?}");
        }
    }

    #[test]
    fn answers_stand_as_in_the_ledger_with_the_reference_first() {
        let mut writer = AnswersWriter::new(Vec::new(), Encoding::Utf8 { bom: false }, 1).unwrap();
        let doses = [
            dose(2, "011002", "B"),
            dose(1, "011002", "A"),
            dose(1, "131016", "C"),
        ];
        writer.answer("A-1", &doses).unwrap();
        writer.answer("=2", &[]).unwrap();
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let header = "整理番号,予防接種,1回目接種履歴登録日時,1回目接種日,1回目券番号,1回目接種自治体コード,";
        assert!(lines[0].starts_with(header), "{}", lines[0]);
        assert_eq!(lines[0].split(',').count(), 18);
        assert_eq!(
            lines[1..],
            [
                "A-1,COVID19,,20210601,,011002,,,ファイザー,A,,20210601,,011002,,,ファイザー,B",
                "A-1,COVID19,,20210601,,131016,,,ファイザー,C,,,,,,,,",
                "'=2,,,,,,,,,,,,,,,,,",
            ]
        );
    }
}
