use std::io;

use domain::Encoding;

use crate::RowProblem;
use crate::encoding::{UTF8_BOM, encode};
use crate::file::{ERROR_COLUMNS, Header, Layout};
use crate::guard::{guarded, unguarded};
use crate::safe_csv::SafeCsvError;
use crate::split::{Field, Split, Splitter};

/// Writes `errors.csv`: the refused rows as they came, in their own encoding and byte for byte, with the
/// codes and the messages of what is wrong in two columns **in front**. There a row that has too few or
/// too many fields still shows them where they stood, and stays wrong until somebody mends it; behind, it
/// would have to be filled up or cut, and could pass when dropped again. For the same reason misplaced
/// quotes are not put right.
///
/// UTF-8 gets a byte order mark, without which spreadsheets show it garbled. Cells that a spreadsheet
/// would run get an apostrophe, which the reader takes away from files with these two columns.
pub struct ErrorsWriter<W: io::Write> {
    out: W,
    encoding: Encoding,
    /// Where the file itself has such columns, if it is a mended errors.csv; they are left out.
    earlier: [usize; 2],
    guarded: bool,
    splitter: Splitter,
    line: Vec<u8>,
    scratch: Vec<u8>,
    rows: u64,
}

impl<W: io::Write> ErrorsWriter<W> {
    /// Begins the file with the header of the file that was checked.
    pub fn new<L: Layout>(mut out: W, header: &Header<L>) -> Result<Self, SafeCsvError> {
        let encoding = match header.encoding() {
            Encoding::Utf8 { .. } => Encoding::Utf8 { bom: true },
            Encoding::Cp932 => Encoding::Cp932,
        };
        if encoding != Encoding::Cp932 {
            out.write_all(UTF8_BOM).map_err(SafeCsvError::Io)?;
        }
        let mut writer = Self {
            out,
            encoding,
            earlier: header.binding().error_columns(),
            guarded: header.binding().is_guarded(),
            splitter: Splitter::new(1),
            line: Vec::new(),
            scratch: Vec::new(),
            rows: 0,
        };
        writer.write(header.bytes(), ERROR_COLUMNS)?;
        Ok(writer)
    }

    /// Adds a refused row: its bytes as they came, and what is wrong with it.
    pub fn row(&mut self, raw: &[u8], problems: &[RowProblem]) -> Result<(), SafeCsvError> {
        let reason = |problem: &RowProblem| (problem.code.as_str(), problem.message_ja());
        self.row_with(raw, problems.iter().map(reason))
    }

    /// The same with reasons of any kind: codes, and messages in Japanese.
    pub fn row_with(
        &mut self,
        raw: &[u8],
        reasons: impl Iterator<Item = (&'static str, String)>,
    ) -> Result<(), SafeCsvError> {
        let (codes, texts): (Vec<_>, Vec<_>) = reasons.unzip();
        self.write(raw, [&codes.join(" "), &texts.join(" ")])?;
        self.rows += 1;
        Ok(())
    }

    /// Ends the file and gives back its destination.
    pub fn finish(mut self) -> Result<W, SafeCsvError> {
        self.out.flush().map_err(SafeCsvError::Io)?;
        Ok(self.out)
    }

    fn write(&mut self, raw: &[u8], errors: [&str; 2]) -> Result<(), SafeCsvError> {
        let row = self.rows;
        self.line.clear();
        for error in errors {
            let encoded = encode(self.encoding, error);
            push_cell(
                &mut self.line,
                &encoded.ok_or(SafeCsvError::NotEncodable { row })?,
            );
        }
        if let Ok(Split::Record(_)) = self.splitter.next(raw, 0, true) {
            for (at, field) in self.splitter.fields().iter().enumerate() {
                if self.earlier.contains(&at) {
                    continue;
                }
                let value = field.value(raw, &mut self.scratch);
                let value = if self.guarded {
                    unguarded(value)
                } else {
                    value
                };
                if field.is_stray() {
                    push_stray(&mut self.line, raw, *field, value);
                } else {
                    push_cell(&mut self.line, value);
                }
            }
        }
        self.line.pop();
        self.line.extend_from_slice(b"\r\n");
        self.out.write_all(&self.line).map_err(SafeCsvError::Io)
    }
}

/// Adds a cell and a comma.
fn push_cell(line: &mut Vec<u8>, value: &[u8]) {
    let value = guarded(value);
    if value
        .iter()
        .any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'))
    {
        line.push(b'"');
        for &byte in &*value {
            line.extend_from_slice(if byte == b'"' {
                b"\"\""
            } else {
                std::slice::from_ref(&byte)
            });
        }
        line.push(b'"');
    } else {
        line.extend_from_slice(&value);
    }
    line.push(b',');
}

/// Adds a cell with text behind its closing quote as it stands, and a comma. The guard goes behind the
/// opening quote.
fn push_stray(line: &mut Vec<u8>, raw: &[u8], field: Field, value: &[u8]) {
    let stray = raw.get(field.start + 1..field.end).unwrap_or_default();
    let is_guarded = stray.first() == Some(&b'\'');
    line.push(b'"');
    if !is_guarded && guarded(value) != value {
        line.push(b'\'');
    }
    line.extend_from_slice(stray);
    line.push(b',');
}
