//! A file under check, and all that comes of it.

use domain::{Date, Resident, TenantCode};
use encoding_rs::SHIFT_JIS;
use layouts::residents::{Check, Record, Rules, Summary};
use layouts::{ColumnMapping, FileProblem, NoticeCode, ProblemCode};

pub(crate) const HEADER: &str = "自治体コード,個別宛名番号,券番号,個人番号,氏名,氏名カナ,生年月日,性別,異動区分,異動日,異動事由,支援措置";
pub(crate) const ROW: &str =
    "131016,1001,1234567890,983205673214,山田　太郎,ヤマダ　タロウ,19500102,1,1,20210301,転入,0";

/// A refused row: the line on which it begins, and its problems with their columns.
pub(crate) type Refused = (u64, Vec<(ProblemCode, Option<&'static str>)>);

#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) accepted: Vec<Resident>,
    pub(crate) notices: Vec<NoticeCode>,
    pub(crate) refused: Vec<Refused>,
    /// The refused rows as they came, with their problems.
    pub(crate) refused_raw: Vec<(Vec<u8>, Vec<layouts::RowProblem>)>,
    pub(crate) file: Option<Result<Summary, FileProblem>>,
}

impl Outcome {
    pub(crate) fn summary(&self) -> &Summary {
        self.file.as_ref().unwrap().as_ref().unwrap()
    }

    pub(crate) fn problem(&self) -> &FileProblem {
        self.file.as_ref().unwrap().as_ref().unwrap_err()
    }

    /// The one row of a file with one row.
    pub(crate) fn only_resident(&self) -> &Resident {
        assert_eq!(self.refused, []);
        assert_eq!(self.accepted.len(), 1);
        &self.accepted[0]
    }
}

pub(crate) fn rules() -> Rules {
    Rules {
        tenant: TenantCode::parse("131016").unwrap(),
        today: Date::constant(2021, 4, 1),
        max_bytes: 2_000_000_000,
    }
}

pub(crate) fn check(bytes: &[u8]) -> Outcome {
    check_mapped(bytes, &ColumnMapping::default())
}

pub(crate) fn check_mapped(bytes: &[u8], mapping: &ColumnMapping) -> Outcome {
    check_for(rules(), bytes, mapping)
}

pub(crate) fn check_for(rules: Rules, bytes: &[u8], mapping: &ColumnMapping) -> Outcome {
    let mut outcome = Outcome::default();
    let mut records = 0;
    let mut sink = |record: &Record<'_>| {
        assert_eq!(record.index, records, "every record comes, and in order");
        records += 1;
        outcome.notices.extend(record.notices.iter());
        match record.row {
            Ok(row) => outcome.accepted.push(row.to_resident()),
            Err(problems) => {
                let named = problems
                    .iter()
                    .map(|problem| (problem.code, problem.column));
                outcome.refused.push((record.line, named.collect()));
                outcome
                    .refused_raw
                    .push((record.raw.to_vec(), problems.to_vec()));
            }
        }
    };
    let mut check = Check::new(rules, mapping);
    let file = check
        .push(bytes, &mut sink)
        .and_then(|()| check.finish(&mut sink));
    if let Ok(summary) = &file {
        assert_eq!(
            u64::from(summary.rows),
            u64::from(records),
            "rows in = records out"
        );
        assert_eq!(summary.refused as usize, outcome.refused.len());
    }
    outcome.file = Some(file);
    outcome
}

/// Header and rows, each with CR LF.
pub(crate) fn file(rows: &[&str]) -> String {
    file_under(HEADER, rows)
}

/// The same under another header.
pub(crate) fn file_under(header: &str, rows: &[&str]) -> String {
    let lines = [&[header], rows].concat();
    lines.iter().flat_map(|row| [row, "\r\n"]).collect()
}

pub(crate) fn cp932(text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = SHIFT_JIS.encode(text);
    assert!(!unmappable, "{text}");
    bytes.into_owned()
}

/// The usual row with one column changed.
pub(crate) fn row_with(column: &str, value: &str) -> String {
    row_under(HEADER, ROW, column, value)
}

/// The same of a row under another header.
pub(crate) fn row_under(header: &str, row: &str, column: &str, value: &str) -> String {
    let at = header.split(',').position(|name| name == column).unwrap();
    let mut cells: Vec<_> = row.split(',').collect();
    cells[at] = value;
    cells.join(",")
}
