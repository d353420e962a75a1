//! Looking at a piece of a file: what its header and its rows were understood as, and what not.

use std::collections::BTreeSet;

use layouts::{
    Check, ColumnMapping, Duplicates as _, FileProblem, FoundHeader, LayoutColumn, NoticeCode,
    Record, RowProblem, Rows, Rules, Summary, Suspect, Suspects, has_digits_like_data,
    residents::ERROR_COLUMNS,
};
use serde::Serialize;

use crate::kind::Kind;

/// Rows that are shown as they were understood.
const SHOWN_ROWS: usize = 5;
/// Problems of rows that are told.
const SHOWN_PROBLEMS: usize = 200;
/// Cells of the header that are told, and how much of each.
const SHOWN_CELLS: usize = 200;
const CELL_LENGTH: usize = 100;

/// A piece of a file to be looked at.
pub(crate) struct Look<'a> {
    pub(crate) bytes: &'a [u8],
    /// Whether this is all of the file.
    pub(crate) is_complete: bool,
    pub(crate) rules: Rules,
    pub(crate) seed: u64,
}

/// What was seen of a piece of a file.
#[derive(Serialize, Default)]
pub(crate) struct Seen {
    encoding: Option<&'static str>,
    header: Vec<HeaderCell>,
    /// Required columns that no cell of the header is.
    missing: Vec<&'static str>,
    /// The others that none is.
    absent: Vec<&'static str>,
    refusal: Option<Refusal>,
    rows: u32,
    refused: u32,
    first: Vec<Row>,
    problems: Vec<Said>,
    /// Whether there are problems beside those told.
    more: bool,
    notices: Vec<Notice>,
}

/// A cell of the header.
#[derive(Serialize)]
struct HeaderCell {
    found: String,
    #[serde(rename = "use")]
    meaning: &'static str,
    column: Option<&'static str>,
}

/// Why a file like this would be refused whole.
#[derive(Serialize)]
struct Refusal {
    code: &'static str,
    line: Option<u64>,
    column: Option<String>,
    ja: String,
    en: String,
}

/// A row as it was understood.
#[derive(Serialize)]
struct Row {
    line: u64,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    column: &'static str,
    value: Option<String>,
}

/// Why a row would be refused.
#[derive(Serialize)]
struct Said {
    line: u64,
    column: Option<&'static str>,
    code: &'static str,
    ja: String,
    en: String,
}

/// What is accepted and worth a look, on how many rows.
#[derive(Serialize)]
struct Notice {
    code: &'static str,
    ja: &'static str,
    en: &'static str,
    rows: u64,
}

/// What is remembered of the records.
struct Notes<K: Kind> {
    present: Vec<K::Column>,
    lines: Vec<u64>,
    refused: BTreeSet<u32>,
    problems: Vec<RowProblem>,
    first: Vec<Row>,
    duplicates: K::Duplicates,
}

impl Look<'_> {
    /// Reads it as a file of this kind, by this mapping.
    pub(crate) fn of<K: Kind>(&self, mapping: &ColumnMapping) -> Seen {
        let mut seen = Seen::default();
        let mut present = Vec::new();
        match FoundHeader::read(self.bytes) {
            Ok(header) => present = seen.take_header::<K>(&header, mapping),
            Err(problem) => seen.refusal = Some(Refusal::of(&problem)),
        }
        let mut notes = Notes::<K> {
            present,
            lines: Vec::new(),
            refused: BTreeSet::new(),
            problems: Vec::new(),
            first: Vec::new(),
            duplicates: K::Duplicates::new(self.seed),
        };
        let summary = self.check(mapping, &mut |record| notes.take(record, &self.rules));
        match summary {
            Ok(summary) => {
                seen.encoding = Some(summary.header.encoding().as_str());
                seen.notices = summary.notices.iter().map(Notice::of).collect();
                let shared = self.verified(&summary, notes.duplicates.finish());
                for Suspect { index, code } in shared {
                    notes.refused.insert(index);
                    let line = notes.lines.get(index as usize).copied();
                    let line = line.unwrap_or_default();
                    notes.problems.push(RowProblem::beyond::<K>(code, line));
                }
            }
            Err(problem) => seen.refusal = Some(Refusal::of(&problem)),
        }
        notes.problems.sort_by_key(|problem| problem.line);
        seen.rows = u32::try_from(notes.lines.len()).unwrap_or(u32::MAX);
        seen.refused = u32::try_from(notes.refused.len()).unwrap_or(u32::MAX);
        seen.more = notes.problems.len() > SHOWN_PROBLEMS;
        let told = notes.problems.iter().take(SHOWN_PROBLEMS);
        seen.problems = told.map(Said::of).collect();
        seen.first = notes.first;
        seen
    }

    fn check<K: Kind>(
        &self,
        mapping: &ColumnMapping,
        sink: &mut impl FnMut(&Record<'_, K>),
    ) -> Result<Summary<K>, FileProblem> {
        let mut check = Check::new(self.rules, mapping);
        check.push(self.bytes, sink)?;
        if self.is_complete {
            check.finish(sink)
        } else {
            check.leave_off(sink)
        }
    }

    /// What rows share that no two may: all are read again, for they are at hand.
    fn verified<K: Kind>(
        &self,
        summary: &Summary<K>,
        mut suspects: impl Suspects<K>,
    ) -> Vec<Suspect> {
        let start = usize::try_from(summary.header_span.end).unwrap_or(usize::MAX);
        let rows = self.bytes.get(start..).unwrap_or_default();
        let mut rows = Rows::new(&summary.header, self.rules, rows, 0, 2);
        while let Ok(Some(record)) = rows.next() {
            suspects.tell(record.index, &record.keys);
        }
        suspects.finish()
    }
}

impl Seen {
    /// Says what the header has; the columns of the layout among it.
    fn take_header<K: Kind>(
        &mut self,
        header: &FoundHeader,
        mapping: &ColumnMapping,
    ) -> Vec<K::Column> {
        self.encoding = Some(header.encoding.as_str());
        let all = || K::Column::ALL.iter().copied();
        let of = |cell: &str| all().find(|it| it.name() == mapping.ours(cell));
        let cells = header.cells.iter();
        self.header = cells
            .clone()
            .take(SHOWN_CELLS)
            .map(|cell| HeaderCell::of(cell, mapping.ours(cell), of(cell).map(K::Column::name)))
            .collect();
        let present: Vec<_> = cells.filter_map(|cell| of(cell)).collect();
        let others = all().filter(|column| !present.contains(column));
        let (missing, absent): (Vec<_>, Vec<_>) = others.partition(|column| column.is_required());
        self.missing = missing.into_iter().map(K::Column::name).collect();
        self.absent = absent.into_iter().map(K::Column::name).collect();
        present
    }
}

impl<K: Kind> Notes<K> {
    fn take(&mut self, record: &Record<'_, K>, rules: &Rules) {
        self.lines.push(record.line);
        self.duplicates.add(record.index, &record.keys);
        match &record.row {
            Ok(row) if self.first.len() < SHOWN_ROWS => {
                let cell = |column: &K::Column| Cell {
                    column: column.name(),
                    value: K::cell(row, *column, rules.tenant),
                };
                self.first.push(Row {
                    line: record.line,
                    cells: self.present.iter().map(cell).collect(),
                });
            }
            Ok(_) => {}
            Err(problems) => {
                self.refused.insert(record.index);
                self.problems.extend_from_slice(problems);
            }
        }
    }
}

/// A cell of the first line. If the line is somebody's data and no header, its digits are hidden.
fn covered(cell: &str) -> impl Iterator<Item = char> {
    let is_data = has_digits_like_data(cell);
    let cover = move |c: char| if is_data && c.is_numeric() { '●' } else { c };
    cell.chars().map(cover)
}

impl HeaderCell {
    fn of(found: &str, ours: &str, column: Option<&'static str>) -> Self {
        let meaning = match column {
            Some(_) => "column",
            None if ERROR_COLUMNS.contains(&ours) => "passed_over",
            None => "unknown",
        };
        Self {
            found: covered(found).take(CELL_LENGTH).collect(),
            meaning,
            column,
        }
    }
}

impl Refusal {
    fn of(problem: &FileProblem) -> Self {
        Self {
            code: problem.code.as_str(),
            line: problem.line,
            column: problem.column.clone(),
            ja: problem.message_ja(),
            en: problem.message_en(),
        }
    }
}

impl Said {
    fn of(problem: &RowProblem) -> Self {
        Self {
            line: problem.line,
            column: problem.column,
            code: problem.code.as_str(),
            ja: problem.message_ja(),
            en: problem.message_en(),
        }
    }
}

impl Notice {
    fn of((code, rows): (&NoticeCode, &u64)) -> Self {
        Self {
            code: code.as_str(),
            ja: code.text_ja(),
            en: code.text_en(),
            rows: *rows,
        }
    }
}
