use std::marker::PhantomData;

use domain::Encoding;

use super::layout::{ERROR_COLUMNS, Layout, LayoutColumn, MAX_COLUMNS, of_name};
use crate::encoding::{UTF8_BOM, decode, of_header, refuse_by_opening};
use crate::split::{Field, Place, Split, Splitter};
use crate::{ColumnMapping, FileProblem, ProblemCode};

/// The header of a file, its columns found by name, in whatever order they stand.
#[derive(Clone, Debug)]
pub struct Header<L> {
    bytes: Vec<u8>,
    encoding: Encoding,
    binding: Binding<L>,
}

/// Where each column stands in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding<L> {
    /// By column; [`Binding::ABSENT`] if the file does not have it.
    positions: [usize; MAX_COLUMNS],
    /// How many fields a row has.
    pub(crate) width: usize,
    /// Where the columns of an errors.csv stand. A file with both of them has guarded cells.
    errors: [usize; 2],
    layout: PhantomData<L>,
}

impl<L: Layout> Binding<L> {
    const ABSENT: usize = usize::MAX;

    /// Where the column stands, counted from 0; behind every row if the file does not have it.
    #[inline]
    pub(crate) fn position(&self, column: L::Column) -> usize {
        self.positions
            .get(column.place())
            .copied()
            .unwrap_or(Self::ABSENT)
    }

    /// Whether the file is a mended errors.csv, whose cells may be guarded.
    #[inline]
    pub(crate) const fn is_guarded(&self) -> bool {
        self.errors[0] != Self::ABSENT && self.errors[1] != Self::ABSENT
    }

    /// Where the columns of an errors.csv stand; behind every row if the file does not have them.
    pub(crate) const fn error_columns(&self) -> [usize; 2] {
        self.errors
    }
}

impl<L: Layout> Header<L> {
    /// Binds the columns of a header: the bytes of the file's first record, without a byte order mark.
    ///
    /// Refuses what has an unknown column, a required one missing, one twice, or no header at all; the line
    /// of the problem is counted from the header.
    pub fn bind(
        bytes: &[u8],
        encoding: Encoding,
        mapping: &ColumnMapping,
    ) -> Result<Self, FileProblem> {
        let cells = cells(bytes, encoding)?;
        let mut binding = Binding {
            positions: [Binding::<L>::ABSENT; MAX_COLUMNS],
            width: cells.len(),
            errors: [Binding::<L>::ABSENT; 2],
            layout: PhantomData,
        };
        let known = count_known::<L>(&cells, mapping);
        for (at, cell) in cells.iter().enumerate() {
            let Some(place) = binding.place(mapping.ours(cell)) else {
                return Err(unknown::<L>(cell, &cells, known, mapping));
            };
            if *place != Binding::<L>::ABSENT {
                return Err(FileProblem::of_column(ProblemCode::DoubledColumn, cell));
            }
            *place = at;
        }
        let bound = Self {
            bytes: bytes.to_vec(),
            encoding,
            binding,
        };
        let missing = bound.absent().find(|column| column.is_required());
        match missing {
            Some(column) => Err(FileProblem::of_column(
                ProblemCode::MissingColumn,
                column.name(),
            )),
            None => Ok(bound),
        }
    }

    /// The encoding of the file.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The header as it stands in the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Columns of the layout that the file does not have.
    pub fn absent(&self) -> impl Iterator<Item = L::Column> {
        let binding = self.binding;
        L::Column::ALL
            .iter()
            .copied()
            .filter(move |&column| binding.position(column) == Binding::<L>::ABSENT)
    }

    /// Whether the file has the column.
    #[must_use]
    pub fn has(&self, column: L::Column) -> bool {
        self.binding.position(column) != Binding::<L>::ABSENT
    }

    pub(crate) const fn binding(&self) -> &Binding<L> {
        &self.binding
    }

    /// The same header of a file whose encoding was told by its rows.
    pub(crate) fn in_encoding(self, encoding: Encoding) -> Self {
        Self { encoding, ..self }
    }
}

impl<L: Layout> Binding<L> {
    fn place(&mut self, name: &str) -> Option<&mut usize> {
        if let Some(at) = ERROR_COLUMNS.iter().position(|&column| column == name) {
            return self.errors.get_mut(at);
        }
        self.positions.get_mut(of_name::<L::Column>(name)?.place())
    }
}

/// The first line of any CSV file, whatever its columns are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundHeader {
    /// As far as the header tells: plain ASCII counts as UTF-8.
    pub encoding: Encoding,
    /// What stands in its cells.
    pub cells: Vec<String>,
}

impl FoundHeader {
    /// Reads the first line of a file that begins so.
    pub fn read(opening: &[u8]) -> Result<Self, FileProblem> {
        refuse_by_opening(opening).map_err(FileProblem::new)?;
        let (bom, rest) = match opening.strip_prefix(UTF8_BOM) {
            Some(rest) => (true, rest),
            None => (false, opening),
        };
        let split = Splitter::new(1).next(rest, 0, true);
        let split = split.map_err(|problem| FileProblem::at(problem.code, problem.line))?;
        let Split::Record(Place { start, end, line }) = split else {
            return Err(FileProblem::at(ProblemCode::NoHeader, 1));
        };
        let bytes = rest.get(start..end).unwrap_or_default();
        let encoding = if bom {
            Encoding::Utf8 { bom }
        } else {
            let told = of_header(bytes, |_| true).map_err(|code| FileProblem::at(code, line))?;
            told.unwrap_or(Encoding::Utf8 { bom })
        };
        let cells = cells(bytes, encoding).map_err(|problem| problem.on_line(line))?;
        Ok(Self { encoding, cells })
    }
}

/// Whether this text is a header of ours, in the right encoding.
pub(super) fn is_header<L: Layout>(text: &str, mapping: &ColumnMapping) -> bool {
    let bytes = text.as_bytes();
    cells(bytes, Encoding::Utf8 { bom: false })
        .is_ok_and(|cells| count_known::<L>(&cells, mapping) > 0)
}

fn cells(bytes: &[u8], encoding: Encoding) -> Result<Vec<String>, FileProblem> {
    let mut splitter = Splitter::new(1);
    let split = splitter.next(bytes, 0, true);
    match split.map_err(|problem| FileProblem::at(problem.code, problem.line))? {
        Split::Record(_) => {}
        Split::Incomplete { .. } | Split::Nothing => {
            return Err(FileProblem::at(ProblemCode::NoHeader, 1));
        }
    }
    splitter
        .fields()
        .iter()
        .map(|field| cell(*field, bytes, encoding))
        .collect()
}

fn cell(field: Field, bytes: &[u8], encoding: Encoding) -> Result<String, FileProblem> {
    let mut scratch = Vec::new();
    match decode(encoding, field.value(bytes, &mut scratch)) {
        Some(text) => Ok(text.into_owned()),
        None => Err(FileProblem::at(
            crate::encoding::undecodable(encoding, bytes, false),
            1,
        )),
    }
}

fn is_known<L: Layout>(name: &str) -> bool {
    of_name::<L::Column>(name).is_some() || ERROR_COLUMNS.contains(&name)
}

fn count_known<L: Layout>(cells: &[String], mapping: &ColumnMapping) -> usize {
    cells
        .iter()
        .filter(|cell| is_known::<L>(mapping.ours(cell)))
        .count()
}

/// What an unknown cell means. The cell is named only where the line is a header beyond doubt: without
/// one, the first line is a person.
fn unknown<L: Layout>(
    cell: &str,
    cells: &[String],
    known: usize,
    mapping: &ColumnMapping,
) -> FileProblem {
    let divided_by = |sign: char| {
        let parts = cells.iter().flat_map(|cell| cell.split(sign));
        parts
            .filter(|part| is_known::<L>(mapping.ours(part.trim_matches('"'))))
            .count()
    };
    if divided_by('\t').max(divided_by(';')) > known {
        FileProblem::at(ProblemCode::WrongDelimiter, 1)
    } else if known < 3 {
        FileProblem::at(ProblemCode::NoHeader, 1)
    } else {
        FileProblem::of_column(ProblemCode::UnknownColumn, cell)
    }
}
