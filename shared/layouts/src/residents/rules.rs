//! What the columns of the layout mean, and what a row of it says.

use domain::{CouponNumber, Date, Movement, MyNumber, ResidentRow, Sex};

use super::columns::Column;
use super::duplicates::Duplicates;
use super::keys::RowKeys;
use crate::ProblemCode;
use crate::file::{Layout, Piece, RowCheck, TextPiece};

const MAX_NUMBER: usize = 40;
const MAX_NAME: usize = 100;
const MAX_REASON: usize = 20;

/// The residents layout.
#[derive(Clone, Copy, Debug)]
pub struct Residents;

/// What was read off a row; complete if there was no problem.
#[derive(Default)]
pub struct Parts<'a> {
    pub(crate) number: Option<Piece<'a>>,
    pub(crate) coupon: Option<CouponNumber>,
    pub(crate) my_number: Option<MyNumber>,
    pub(crate) name: Option<TextPiece<'a>>,
    pub(crate) kana: Option<TextPiece<'a>>,
    pub(crate) birth_date: Option<Date>,
    pub(crate) sex: Option<Sex>,
    pub(crate) movement: Option<Movement>,
    pub(crate) moved_on: Option<Date>,
    pub(crate) reason: Option<TextPiece<'a>>,
    pub(crate) protected: Option<bool>,
}

impl Layout for Residents {
    type Column = Column;
    type Row<'a> = ResidentRow<'a>;
    type Keys<'a> = RowKeys<'a>;
    type Parts<'a> = Parts<'a>;
    type Duplicates = Duplicates;

    #[inline]
    fn read<'r>(check: &mut RowCheck<'r, '_, Self>) -> Parts<'r> {
        check.municipality(Column::Municipality);
        let mut parts = Parts {
            number: check.number(
                Column::Number,
                MAX_NUMBER,
                ProblemCode::ResidentNumberRounded,
            ),
            coupon: check.coupon(Column::Coupon),
            my_number: check.my_number(Column::MyNumber),
            name: check.text(Column::Name, MAX_NAME),
            kana: check.text(Column::Kana, MAX_NAME),
            birth_date: check.birth_date(Column::BirthDate),
            sex: check.digit(Column::Sex, ProblemCode::SexUnknown, Sex::from_code),
            movement: check.movement(),
            moved_on: check.date(Column::MovedOn),
            reason: check.text(Column::Reason, MAX_REASON),
            protected: None,
        };
        parts.protected = check.protected(parts.movement);
        parts
    }

    fn nothing<'r>() -> Parts<'r> {
        Parts::default()
    }

    fn keys<'a>(parts: &Parts<'a>, text: &'a str) -> RowKeys<'a> {
        let registers = parts.movement != Some(Movement::Remove);
        RowKeys {
            number: parts.number.as_ref().map(|number| number.resolve(text)),
            coupon: parts.coupon.filter(|_| registers),
            my_number: parts.my_number.filter(|_| registers),
        }
    }

    fn row<'a>(parts: &Parts<'a>, text: &'a str) -> Option<ResidentRow<'a>> {
        Some(ResidentRow {
            number: parts.number?.resolve(text),
            coupon: parts.coupon,
            my_number: parts.my_number,
            name: parts.name?.resolve(text),
            kana: parts.kana.map(|kana| kana.resolve(text)),
            birth_date: parts.birth_date?,
            sex: parts.sex?,
            movement: parts.movement?,
            moved_on: parts.moved_on,
            reason: parts.reason.map(|reason| reason.resolve(text)),
            protected: parts.protected,
        })
    }

    fn column_beyond(code: ProblemCode) -> Option<Column> {
        match code {
            ProblemCode::MyNumberShared => Some(Column::MyNumber),
            ProblemCode::CouponShared => Some(Column::Coupon),
            ProblemCode::ResidentNumberTwice => Some(Column::Number),
            _ => None,
        }
    }
}

impl RowCheck<'_, '_, Residents> {
    /// Empty means register.
    #[inline]
    fn movement(&mut self) -> Option<Movement> {
        let before = self.problems.len();
        let code = ProblemCode::MovementUnknown;
        let movement = self.digit(Column::Movement, code, Movement::from_code);
        let empty = movement.is_none() && self.problems.len() == before;
        if empty {
            Some(Movement::Register)
        } else {
            movement
        }
    }

    /// Empty means not protected; a file without the column says nothing, and neither does whoever leaves with
    /// an empty cell: a ledger may blank what it no longer needs, which lifts no protection.
    #[inline]
    fn protected(&mut self, movement: Option<Movement>) -> Option<bool> {
        if !self.has(Column::Protected) {
            return None;
        }
        let flag = |digit| match digit {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        };
        let protected = self.digit(Column::Protected, ProblemCode::ProtectionUnknown, flag);
        if movement == Some(Movement::Remove) {
            return protected;
        }
        Some(protected.unwrap_or(false))
    }
}
