//! What can be wrong with a file or a row, and how it is told: what, where, and what to do. Never the
//! value that was read.

use std::fmt;

use domain::{Date, FindingCode};
use thiserror::Error;

use crate::file::{Layout, LayoutColumn};

mod texts;

pub use texts::{NoticeCode, ProblemCode};

/// Who can put a problem right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The municipality that dropped the file.
    Municipality,
    /// Who runs the system.
    Operator,
}

impl Actor {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Municipality => "municipality",
            Self::Operator => "operator",
        }
    }
}

/// Why a file is refused whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct FileProblem {
    /// What is wrong.
    pub code: ProblemCode,
    /// The line where it shows, counted from 1.
    pub line: Option<u64>,
    /// The column it is about: a cell of the header, shortened, never a cell of a row.
    pub column: Option<String>,
    /// The as-of date in the name of the file, where that is what is wrong.
    pub as_of: Option<Date>,
}

impl FileProblem {
    /// A problem of the file as a whole.
    #[must_use]
    pub const fn new(code: ProblemCode) -> Self {
        Self {
            code,
            line: None,
            column: None,
            as_of: None,
        }
    }

    /// A problem that shows on a line.
    #[must_use]
    pub const fn at(code: ProblemCode, line: u64) -> Self {
        Self {
            code,
            line: Some(line),
            column: None,
            as_of: None,
        }
    }

    /// The same of a line that turned out to be this one of the file.
    pub(crate) fn on_line(self, line: u64) -> Self {
        Self {
            line: self.line.map(|_| line),
            ..self
        }
    }

    /// Of a file whose name says that it is as of a day to come.
    #[must_use]
    pub const fn as_of_in_future(as_of: Date) -> Self {
        Self {
            code: ProblemCode::AsOfInFuture,
            line: None,
            column: None,
            as_of: Some(as_of),
        }
    }

    /// A problem of a column of a header, named as there; cut to 40 characters, without control characters.
    pub(crate) fn of_column(code: ProblemCode, name: &str) -> Self {
        let name = name.chars().filter(|c| !c.is_control()).take(40).collect();
        Self {
            line: Some(1),
            column: Some(name),
            ..Self::new(code)
        }
    }

    /// For the staff of the municipality: where, what is wrong, what to do.
    #[must_use]
    pub fn message_ja(&self) -> String {
        let place = match self.as_of {
            Some(date) => format!("ファイル名の日付「{}」：　", date.strftime("%Y%m%d")),
            None => place_ja(self.line, self.column.as_deref()),
        };
        place + self.code.text_ja()
    }

    /// The same in English.
    #[must_use]
    pub fn message_en(&self) -> String {
        let place = match self.as_of {
            Some(date) => format!("date \"{}\" in the name: ", date.strftime("%Y%m%d")),
            None => place_en(self.line, self.column.as_deref()),
        };
        place + self.code.text_en()
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message_en())
    }
}

/// Why a row is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub struct RowProblem {
    /// What is wrong.
    pub code: ProblemCode,
    /// The name of the column in our layout; `None` if it is about the row as a whole.
    pub column: Option<&'static str>,
    /// The line on which the row begins, counted from 1.
    pub line: u64,
}

impl RowProblem {
    /// Found beyond the row, of a file of this layout.
    #[must_use]
    pub fn beyond<L: Layout>(code: ProblemCode, line: u64) -> Self {
        Self {
            code,
            column: L::column_beyond(code).map(LayoutColumn::name),
            line,
        }
    }

    /// For the staff of the municipality: where, what is wrong, what to do.
    #[must_use]
    pub fn message_ja(&self) -> String {
        place_ja(Some(self.line), self.column) + self.code.text_ja()
    }

    /// The same in English.
    #[must_use]
    pub fn message_en(&self) -> String {
        place_en(Some(self.line), self.column) + self.code.text_en()
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message_en())
    }
}

/// What a finding says of the dose on a row: where, what is wrong, what to do, in Japanese.
#[must_use]
pub fn finding_ja(finding: FindingCode, line: u64) -> String {
    let column = crate::doses::column_of(finding).map(LayoutColumn::name);
    place_ja(Some(line), column) + finding.text_ja()
}

fn place_ja(line: Option<u64>, column: Option<&str>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!("{line}行目「{column}」：　"),
        (Some(line), None) => format!("{line}行目：　"),
        (None, Some(column)) => format!("「{column}」：　"),
        (None, None) => String::new(),
    }
}

fn place_en(line: Option<u64>, column: Option<&str>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!("line {line}, column \"{column}\": "),
        (Some(line), None) => format!("line {line}: "),
        (None, Some(column)) => format!("column \"{column}\": "),
        (None, None) => String::new(),
    }
}

/// The notices of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notices(u16);

impl Notices {
    pub(crate) fn add(&mut self, code: NoticeCode) {
        self.0 |= 1 << (code as u16);
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them once.
    pub fn iter(self) -> impl Iterator<Item = NoticeCode> {
        NoticeCode::ALL
            .into_iter()
            .filter(move |&code| self.0 & 1 << (code as u16) != 0)
    }
}

/// What a stored code means, in Japanese and in English, whether of a problem, a notice or a finding about a
/// dose; `None` for a word that is no code.
#[must_use]
pub fn describe(code: &str) -> Option<(&'static str, &'static str)> {
    let problem = code.parse::<ProblemCode>().ok();
    let notice = || code.parse::<NoticeCode>().ok();
    let finding = || code.parse::<FindingCode>().ok();
    problem
        .map(|it| (it.text_ja(), it.text_en()))
        .or_else(|| notice().map(|it| (it.text_ja(), it.text_en())))
        .or_else(|| finding().map(|it| (it.text_ja(), it.text_en())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::UnknownWord;

    use super::*;

    #[test]
    fn every_code_is_its_own_and_is_read_back() {
        let words: BTreeSet<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), ProblemCode::ALL.len());
        for code in ProblemCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(code));
        }
        for code in NoticeCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(code));
        }
        assert_eq!("NOT_A_CODE".parse::<ProblemCode>(), Err(UnknownWord));
    }

    #[test]
    fn every_text_can_be_written_in_cp932() {
        let problems = ProblemCode::ALL.iter().map(|code| code.text_ja());
        let notices = NoticeCode::ALL.iter().map(|code| code.text_ja());
        let findings = FindingCode::ALL.iter().map(|code| code.text_ja());
        for text in problems.chain(notices).chain(findings) {
            assert!(crate::cp932::encode(text).is_some(), "{text}");
            assert!(text.ends_with('。'), "{text}");
        }
        assert!(crate::cp932::encode(&place_ja(Some(1), Some("氏名"))).is_some());
    }

    #[test]
    fn a_message_says_where() {
        let code = ProblemCode::MyNumberCheckDigit;
        let problem = RowProblem {
            code,
            column: Some("個人番号"),
            line: 12,
        };
        assert!(problem.message_ja().starts_with("12行目「個人番号」：　"));
        assert!(
            problem
                .message_en()
                .starts_with("line 12, column \"個人番号\": ")
        );
        let problem = FileProblem::of_column(ProblemCode::UnknownColumn, &"住\t所".repeat(30));
        assert_eq!(problem.column.map(|name| name.chars().count()), Some(40));
    }

    #[test]
    fn a_message_names_the_date_that_is_still_to_come() {
        let problem = FileProblem::as_of_in_future(Date::constant(2031, 4, 1));
        assert!(
            problem
                .message_ja()
                .starts_with("ファイル名の日付「20310401」：　")
        );
        assert!(
            problem
                .message_en()
                .starts_with("date \"20310401\" in the name: ")
        );
    }

    #[test]
    fn notices_are_kept_once_each() {
        let mut notices = Notices::default();
        assert!(notices.is_empty());
        for code in NoticeCode::ALL {
            notices.add(code);
            notices.add(code);
        }
        assert!(notices.iter().eq(NoticeCode::ALL));
    }
}
