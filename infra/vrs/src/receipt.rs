//! A receipt as staff of a municipality read it.

use std::io::{self, Write};

use anyhow::{Context as _, Result, bail};
use domain::{FileKind, RowCounts};
use serde::Deserialize;
use serde_json::Value;

use crate::text::{grouped, padded, width, wrapped};

/// Width of the terminal.
const COLUMNS: usize = 100;

/// What is shown of a receipt, out of `receipt.json` or `GET /uploads/{id}`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) id: String,
    pub(crate) file: String,
    /// `residents`, `doses` or `inquiries`.
    pub(crate) kind: String,
    /// Version of the object that was read.
    pub(crate) version: String,
    pub(crate) municipality: Municipality,
    pub(crate) state: String,
    pub(crate) state_text: Words,
    pub(crate) ended: bool,
    pub(crate) generation: Option<u64>,
    pub(crate) encoding: Option<String>,
    pub(crate) rows: Rows,
    /// Rows that `rows` does not count yet, although they are done with; only the API says so.
    #[serde(default)]
    pub(crate) under_way: Option<u64>,
    pub(crate) refused_by: Vec<Reason>,
    pub(crate) notices: Vec<Reason>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) held: Option<Words>,
    pub(crate) errors_file: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Municipality {
    pub(crate) code: String,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Words {
    pub(crate) ja: String,
}

/// Where rows went; the outcomes that a kind of file does not have are 0.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(crate) struct Rows {
    #[serde(rename = "in")]
    pub(crate) total: u64,
    pub(crate) new: u64,
    pub(crate) changed: u64,
    pub(crate) unchanged: u64,
    pub(crate) removed: u64,
    pub(crate) recorded: u64,
    pub(crate) review: u64,
    pub(crate) conflict: u64,
    pub(crate) waiting: u64,
    pub(crate) answered: u64,
    pub(crate) refused: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reason {
    pub(crate) code: String,
    pub(crate) rows: u64,
    pub(crate) ja: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) line: Option<u64>,
    pub(crate) ja: String,
}

impl Rows {
    /// Rows that have come to their end.
    pub(crate) fn accounted(&self) -> u64 {
        self.counts().total()
    }

    /// The outcomes.
    pub(crate) fn counts(&self) -> RowCounts {
        let &Self {
            total: _,
            new,
            changed,
            unchanged,
            removed,
            recorded,
            review,
            conflict,
            waiting,
            answered,
            refused,
        } = self;
        RowCounts {
            new,
            changed,
            unchanged,
            removed,
            recorded,
            review,
            conflict,
            waiting,
            answered,
            refused,
        }
    }
}

impl Receipt {
    /// Fails with the reason where the file lay where none is expected.
    pub(crate) fn read(document: &Value) -> Result<Self> {
        if let (None, Some(refusal)) = (document.get("version"), document.get("refusal")) {
            let Refusal { code, ja, .. } = Refusal::deserialize(refusal)?;
            bail!("the file was refused: {ja} [{code}]");
        }
        Receipt::deserialize(document).context("that is no receipt")
    }

    /// The sentence with which a receipt begins.
    pub(crate) fn headline(&self) -> String {
        match self.generation {
            Some(generation) => format!("{}（第{generation}世代）", self.state_text.ja),
            None => self.state_text.ja.clone(),
        }
    }

    /// Prints the receipt; every line begins with `indent`, at most `reasons` reasons are listed.
    pub(crate) fn print(
        &self,
        out: &mut dyn Write,
        indent: &str,
        reasons: usize,
    ) -> io::Result<()> {
        let Municipality { code, name } = &self.municipality;
        let encoding = self.encoding.as_deref().unwrap_or("—");
        writeln!(
            out,
            "{indent}受領書  {name} ({code})  {}  {encoding}",
            self.file
        )?;
        writeln!(out, "{indent}{}", self.headline())?;
        if let Some(Refusal { code, line, ja }) = &self.refusal {
            let place = line.map(|line| format!("{line}行目  ")).unwrap_or_default();
            for line in wrapped(&format!("{place}{ja} [{code}]"), COLUMNS - width(indent)) {
                writeln!(out, "{indent}{line}")?;
            }
        }
        if let Some(held) = &self.held {
            for line in wrapped(&held.ja, COLUMNS - width(indent)) {
                writeln!(out, "{indent}{line}")?;
            }
        }
        self.print_rows(out, indent)?;
        print_reasons(out, indent, "取り込めない理由", &self.refused_by, reasons)?;
        print_reasons(out, indent, "ご確認ください", &self.notices, reasons)
    }

    fn print_rows(&self, out: &mut dyn Write, indent: &str) -> io::Result<()> {
        let rows = &self.rows;
        let is_of = |kind: FileKind| self.kind == kind.as_str();
        // Each as the console calls it.
        let outcomes: &[(&str, u64)] = if is_of(FileKind::Doses) {
            &[
                ("記録", rows.recorded),
                ("変わりなし", rows.unchanged),
                ("要確認", rows.review),
                ("食い違い", rows.conflict),
                ("住民の登録待ち", rows.waiting),
            ]
        } else if is_of(FileKind::Inquiries) {
            &[("照会済み", rows.answered)]
        } else {
            &[
                ("新しく登録", rows.new),
                ("変更", rows.changed),
                ("変わりなし", rows.unchanged),
                ("削除", rows.removed),
            ]
        };
        let refused = if is_of(FileKind::Inquiries) {
            "照会していない"
        } else {
            "取り込めない"
        };
        let ends = ([("行数", rows.total)], [(refused, rows.refused)]);
        let columns = ends.0.iter().chain(outcomes).chain(&ends.1);
        let (titles, counts): (String, String) = columns
            .map(|(title, count)| {
                let columns = width(title).max(8) + 2;
                (right(title, columns), right(&grouped(*count), columns))
            })
            .unzip();
        writeln!(out, "{indent}{titles}\n{indent}{counts}")
    }
}

fn print_reasons(
    out: &mut dyn Write,
    indent: &str,
    title: &str,
    reasons: &[Reason],
    most: usize,
) -> io::Result<()> {
    if reasons.is_empty() || most == 0 {
        return Ok(());
    }
    writeln!(out, "{indent}{title}:")?;
    for Reason { code, rows, ja } in reasons.iter().take(most) {
        let mut before = right(&grouped(*rows), 10);
        for line in wrapped(&format!("{ja} [{code}]"), COLUMNS - width(indent) - 12) {
            writeln!(out, "{indent}{before}  {line}")?;
            before = right("", 10);
        }
    }
    if let Some(more) = reasons.len().checked_sub(most).filter(|more| *more > 0) {
        writeln!(out, "{indent}{}  ほか{more}種類", padded("", 10))?;
    }
    Ok(())
}

/// The text at the right end of so many columns.
fn right(text: &str, columns: usize) -> String {
    let spaces = columns.saturating_sub(width(text));
    format!("{:spaces$}{text}", "")
}

#[cfg(test)]
mod tests {
    use domain::UploadId;
    use layouts::{FileProblem, ProblemCode};

    use super::*;

    #[test]
    fn the_receipt_of_a_file_that_lay_elsewhere_says_why() {
        let problem = FileProblem::new(ProblemCode::UnknownKind);
        let receipt = receipts::Unplaced::of(&UploadId::derive(&[1; 32]), &problem);
        let receipt: Value = serde_json::from_slice(&receipt.to_json()).unwrap();
        let said = Receipt::read(&receipt).unwrap_err().to_string();
        assert!(said.contains(&problem.message_ja()), "{said}");
        assert!(said.contains(problem.code.as_str()), "{said}");
    }
}
