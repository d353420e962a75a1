//! What the columns of the layout mean, and what a row of it asks. Whether a form was used before, only
//! the record of bases knows.

use data_encoding::HEXLOWER_PERMISSIVE;
use domain::{Basis, Date, EvidenceKind, MyNumber, Purpose, basis, is_evidence_number};

use super::columns::Column;
use super::duplicates::Duplicates;
use super::row::{InquiryRow, RowKeys};
use crate::ProblemCode;
use crate::file::{Layout, Piece, RowCheck};

const MAX_REFERENCE: usize = 40;
const MAX_WORDS: usize = 200;

/// The layout of bulk inquiries.
#[derive(Clone, Copy, Debug)]
pub struct Inquiries;

/// What was read off a row; complete if there was no problem.
#[derive(Default)]
pub struct Parts<'a> {
    reference: Option<Piece<'a>>,
    my_number: Option<MyNumber>,
    birth_date: Option<Date>,
    basis: Option<&'static Basis>,
    form_number: Option<Piece<'a>>,
    signed_on: Option<Date>,
    scan: Option<[u8; 32]>,
    purpose: Option<Purpose>,
    programmes: Option<Piece<'a>>,
}

impl Layout for Inquiries {
    type Column = Column;
    type Row<'a> = InquiryRow<'a>;
    type Keys<'a> = RowKeys<'a>;
    type Parts<'a> = Parts<'a>;
    type Duplicates = Duplicates;

    fn read<'r>(check: &mut RowCheck<'r, '_, Self>) -> Parts<'r> {
        let rounded = ProblemCode::ReferenceRounded;
        let reference = check.number(Column::Reference, MAX_REFERENCE, rounded);
        let my_number = check.asked_person();
        let birth_date = check.birth_date(Column::BirthDate);
        let basis = check.basis();
        let signed_on = check.signed_on(basis);
        Parts {
            reference,
            my_number,
            birth_date,
            basis,
            form_number: check.form_number(),
            signed_on,
            scan: check.scan(),
            purpose: check.purpose(basis),
            programmes: check.programmes(basis),
        }
    }

    fn nothing<'r>() -> Parts<'r> {
        Parts::default()
    }

    fn keys<'a>(parts: &Parts<'a>, text: &'a str) -> RowKeys<'a> {
        RowKeys {
            reference: parts.reference.map(|reference| reference.resolve(text)),
        }
    }

    fn row<'a>(parts: &Parts<'a>, text: &'a str) -> Option<InquiryRow<'a>> {
        Some(InquiryRow {
            reference: parts.reference?.resolve(text),
            my_number: parts.my_number?,
            birth_date: parts.birth_date?,
            basis: parts.basis?,
            form_number: parts.form_number?.resolve(text),
            signed_on: parts.signed_on,
            scan: parts.scan,
            purpose: parts.purpose?,
            programmes: parts.programmes.map_or("COVID19", |it| it.resolve(text)),
        })
    }

    fn column_beyond(code: ProblemCode) -> Option<Column> {
        match code {
            ProblemCode::ReferenceTwice => Some(Column::Reference),
            ProblemCode::FormUsed => Some(Column::FormNumber),
            _ => None,
        }
    }
}

impl<'r> RowCheck<'r, '_, Inquiries> {
    fn asked_person(&mut self) -> Option<MyNumber> {
        let before = self.problems.len();
        let number = self.my_number(Column::MyNumber);
        if number.is_none() && self.problems.len() == before {
            return self.absent(Column::MyNumber);
        }
        number
    }

    /// A word of letters, digits and signs; `None` where nothing stands.
    fn word(&mut self, column: Column, most: usize) -> Option<Piece<'r>> {
        let cell = self.cell(column)?;
        let piece = self.folded(cell, column)?;
        let text = piece.resolve(self.text);
        if text.is_empty() {
            return None;
        }
        if text.chars().count() > most {
            self.refuse(ProblemCode::TooLong, column);
            return None;
        }
        Some(piece)
    }

    /// Known on the day of the drop, and one that a file can be asked on: where a second person has to
    /// approve, nobody can by dropping a file.
    fn basis(&mut self) -> Option<&'static Basis> {
        let before = self.problems.len();
        let Some(piece) = self.word(Column::Basis, MAX_REFERENCE) else {
            if self.problems.len() == before {
                return self.absent(Column::Basis);
            }
            return None;
        };
        let code = piece.resolve(self.text);
        let problem = match basis(code, self.rules.today) {
            None => ProblemCode::BasisUnknown,
            Some(basis) if basis.needs_second_person() => ProblemCode::BasisNeedsApproval,
            Some(basis) => return Some(basis),
        };
        self.refuse(problem, Column::Basis);
        None
    }

    fn form_number(&mut self) -> Option<Piece<'r>> {
        let before = self.problems.len();
        let number = self.word(Column::FormNumber, MAX_REFERENCE);
        let Some(number) = number else {
            if self.problems.len() == before {
                self.refuse(ProblemCode::RequiredEmpty, Column::FormNumber);
            }
            return None;
        };
        if !is_evidence_number(number.resolve(self.text)) {
            self.refuse(ProblemCode::FormNumber, Column::FormNumber);
            return None;
        }
        Some(number)
    }

    /// The day on which a form was signed: not in the future, and not longer ago than such a basis holds.
    fn signed_on(&mut self, basis: Option<&'static Basis>) -> Option<Date> {
        let before = self.problems.len();
        let signed_on = self.date(Column::ConsentedOn);
        let basis = basis.filter(|it| it.evidence() == EvidenceKind::ScannedForm)?;
        match signed_on {
            Some(day) if self.rules.today > basis.last_day(day) => {
                self.refuse(ProblemCode::ConsentTooOld, Column::ConsentedOn);
            }
            None if self.problems.len() == before => {
                self.refuse(ProblemCode::RequiredEmpty, Column::ConsentedOn);
            }
            Some(_) | None => {}
        }
        signed_on
    }

    fn scan(&mut self) -> Option<[u8; 32]> {
        let word = self.word(Column::Scan, MAX_WORDS)?.resolve(self.text);
        let bytes = HEXLOWER_PERMISSIVE.decode(word.as_bytes()).ok();
        let scan = bytes.and_then(|bytes| bytes.try_into().ok());
        if scan.is_none() {
            self.refuse(ProblemCode::ScanHash, Column::Scan);
        }
        scan
    }

    /// Empty means to vaccinate.
    fn purpose(&mut self, basis: Option<&'static Basis>) -> Option<Purpose> {
        let before = self.problems.len();
        let word = self.word(Column::Purpose, MAX_REFERENCE);
        if self.problems.len() > before {
            return None;
        }
        let purpose = word.map_or(Ok(Purpose::Vaccination), |it| it.resolve(self.text).parse());
        let purpose = purpose
            .ok()
            .filter(|it| basis.is_none_or(|basis| basis.serves(*it)));
        if purpose.is_none() {
            self.refuse(ProblemCode::PurposeUnknown, Column::Purpose);
        }
        purpose
    }

    /// Empty means COVID-19.
    fn programmes(&mut self, basis: Option<&'static Basis>) -> Option<Piece<'r>> {
        let piece = self.word(Column::Programmes, MAX_WORDS)?;
        let text = piece.resolve(self.text);
        if basis?.programmes_as_written(text).is_none() {
            self.refuse(ProblemCode::ProgrammeUnknown, Column::Programmes);
            return None;
        }
        Some(piece)
    }
}
