use std::io;

use crate::residents::{ERROR_COLUMNS, Header};
use crate::safe_csv::{SafeCsvError, SafeCsvWriter};
use crate::split::{Split, Splitter};
use crate::{Encoding, RowProblem};

/// Writes `errors.csv`: the refused rows as they came, in their own encoding and byte for byte, with the
/// codes and the messages of what is wrong in two columns **in front**. There a row that has too few or
/// too many fields still shows them where they stood, and stays wrong until somebody mends it; behind, it
/// would have to be filled up or cut, and could pass when dropped again.
///
/// UTF-8 gets a byte order mark, without which spreadsheets show it garbled. Cells that a spreadsheet
/// would run get an apostrophe, which the reader takes away from files with these two columns.
pub struct ErrorsWriter<W: io::Write> {
    csv: SafeCsvWriter<W>,
    encoding: Encoding,
    /// Where the file itself has such columns, if it is a mended errors.csv; they are left out.
    earlier: [usize; 2],
    guarded: bool,
    splitter: Splitter,
    cells: Vec<Vec<u8>>,
    rows: u64,
}

impl<W: io::Write> ErrorsWriter<W> {
    /// Begins the file with the header of the file that was checked.
    pub fn new(out: W, header: &Header) -> Result<Self, SafeCsvError> {
        let encoding = match header.encoding() {
            Encoding::Utf8 { .. } => Encoding::Utf8 { bom: true },
            Encoding::Cp932 => Encoding::Cp932,
        };
        let mut writer = Self {
            csv: SafeCsvWriter::new(out, encoding)?,
            encoding,
            earlier: header.binding().error_columns(),
            guarded: header.binding().is_guarded(),
            splitter: Splitter::new(1),
            cells: Vec::new(),
            rows: 0,
        };
        writer.write(header.bytes(), ERROR_COLUMNS, false)?;
        Ok(writer)
    }

    /// Adds a refused row: its bytes as they came, and what is wrong with it.
    pub fn row(&mut self, raw: &[u8], problems: &[RowProblem]) -> Result<(), SafeCsvError> {
        let join = |parts: Vec<String>| parts.join(" ");
        let codes = problems
            .iter()
            .map(|problem| problem.code.as_str().to_owned())
            .collect();
        let texts = problems.iter().map(RowProblem::message_ja).collect();
        self.write(raw, [&join(codes), &join(texts)], self.guarded)?;
        self.rows += 1;
        Ok(())
    }

    /// Ends the file and gives back its destination.
    pub fn finish(self) -> Result<W, SafeCsvError> {
        self.csv.finish()
    }

    fn write(&mut self, raw: &[u8], errors: [&str; 2], guarded: bool) -> Result<(), SafeCsvError> {
        let row = self.rows;
        self.cells.clear();
        for error in errors {
            let encoded = self.encoding.encode(error);
            let encoded = encoded.ok_or(SafeCsvError::NotEncodable { row })?;
            self.cells.push(encoded.into_owned());
        }
        if let Ok(Split::Record { .. }) = self.splitter.next(raw, 0, true) {
            let mut scratch = Vec::new();
            for (at, field) in self.splitter.fields().iter().enumerate() {
                if self.earlier.contains(&at) {
                    continue;
                }
                let cell = field.value(raw, &mut scratch);
                let cell = if guarded {
                    crate::guard::unguarded(cell)
                } else {
                    cell
                };
                self.cells.push(cell.to_vec());
            }
        }
        self.csv.bytes_row(self.cells.iter().map(Vec::as_slice))
    }
}
