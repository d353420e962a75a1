use std::io;

use domain::Encoding;
use thiserror::Error;

use crate::encoding::{UTF8_BOM, encode};
use crate::guard::guarded;

/// Writes CSV that is safe to open in a spreadsheet: a cell that one would run begins with an
/// apostrophe instead. Lines end with CR LF; in UTF-8 with a byte order mark if the encoding has one.
pub struct SafeCsvWriter<W: io::Write> {
    csv: csv::Writer<W>,
    encoding: Encoding,
}

/// Why CSV could not be written.
#[derive(Debug, Error)]
pub enum SafeCsvError {
    /// The destination failed.
    #[error("cannot write")]
    Io(#[source] io::Error),
    /// A cell of this row has a character that the encoding lacks. Rows are counted from 0.
    #[error("row {row} has a character that the encoding lacks")]
    NotEncodable {
        /// The row, counted from 0.
        row: u64,
    },
}

impl From<csv::Error> for SafeCsvError {
    fn from(error: csv::Error) -> Self {
        Self::Io(error.into())
    }
}

impl<W: io::Write> SafeCsvWriter<W> {
    /// Begins a file.
    pub fn new(mut out: W, encoding: Encoding) -> Result<Self, SafeCsvError> {
        if encoding == (Encoding::Utf8 { bom: true }) {
            out.write_all(UTF8_BOM).map_err(SafeCsvError::Io)?;
        }
        let csv = csv_writer(out);
        Ok(Self { csv, encoding })
    }

    /// Writes one row. `row` is its number for an error. Nothing of the row is written if a cell has a
    /// character that the encoding lacks.
    pub fn row<'c>(
        &mut self,
        row: u64,
        cells: impl IntoIterator<Item = &'c str>,
    ) -> Result<(), SafeCsvError> {
        let encoded: Option<Vec<_>> = cells
            .into_iter()
            .map(|cell| encode(self.encoding, cell))
            .collect();
        let encoded = encoded.ok_or(SafeCsvError::NotEncodable { row })?;
        self.bytes_row(encoded.iter().map(AsRef::as_ref))
    }

    /// Writes one row of cells that are encoded already.
    pub(crate) fn bytes_row<'c>(
        &mut self,
        cells: impl IntoIterator<Item = &'c [u8]>,
    ) -> Result<(), SafeCsvError> {
        for cell in cells {
            self.csv.write_field(guarded(cell))?;
        }
        self.csv.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Bytes that the destination was given so far; the last few kilobytes may still be on their way.
    pub(crate) fn out(&self) -> &W {
        self.csv.get_ref()
    }

    /// Ends the file and gives back its destination.
    pub fn finish(self) -> Result<W, SafeCsvError> {
        self.csv
            .into_inner()
            .map_err(|error| SafeCsvError::Io(error.into_error()))
    }
}

fn csv_writer<W: io::Write>(out: W) -> csv::Writer<W> {
    csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(out)
}

impl SafeCsvWriter<Vec<u8>> {
    /// All that was written since the beginning or the last such call, for a file that is sent as it
    /// grows.
    pub(crate) fn take(&mut self) -> Result<Vec<u8>, SafeCsvError> {
        let written = std::mem::replace(&mut self.csv, csv_writer(Vec::new()));
        let written = written.into_inner();
        written.map_err(|error| SafeCsvError::Io(error.into_error()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_guarded_and_quoted_in_each_encoding() {
        let expected = "'=1+1,\"a,b\",\"c\"\"d\",山田\r\n\"\"\r\n";
        for encoding in [Encoding::Utf8 { bom: true }, Encoding::Cp932] {
            let mut writer = SafeCsvWriter::new(Vec::new(), encoding).unwrap();
            writer.row(0, ["=1+1", "a,b", "c\"d", "山田"]).unwrap();
            writer.row(1, [""]).unwrap();
            let written = writer.finish().unwrap();
            let text = crate::encoding::decode(encoding, &written).unwrap();
            let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
            assert_eq!(text, expected);
            assert_eq!(written.starts_with(UTF8_BOM), encoding != Encoding::Cp932);
        }
    }

    #[test]
    fn a_character_that_the_encoding_lacks_is_an_error_and_never_replaced() {
        let mut writer = SafeCsvWriter::new(Vec::new(), Encoding::Cp932).unwrap();
        let error = writer.row(7, ["a", "𠮷"]).unwrap_err();
        assert!(matches!(error, SafeCsvError::NotEncodable { row: 7 }));
        assert!(writer.finish().unwrap().is_empty());
    }
}
