//! What the columns of the layout mean, and what a row of it says. What a dose is held against beyond its
//! own row (the person, other doses, lots), the check of a file cannot know.

use domain::{
    CouponNumber, Date, DoseNumber, LotNumber, ProductCode, Programme, ProgrammeCode, programme,
};

use super::columns::Column;
use super::duplicates::Duplicates;
use super::keys::{Content, RowKeys};
use super::row::DoseRow;
use crate::ProblemCode;
use crate::file::{Layout, Piece, RowCheck, TextPiece};
use crate::text::is_invisible;

const MAX_NUMBER: usize = 40;
const MAX_VENUE: usize = 30;
const MAX_PHYSICIAN: usize = 20;
const MAX_MAKER: usize = 20;

/// The doses layout.
#[derive(Clone, Copy, Debug)]
pub struct Doses;

/// What was read off a row; complete if there was no problem.
#[derive(Default)]
pub struct Parts<'a> {
    pub(crate) coupon: Option<CouponNumber>,
    pub(crate) number: Option<Piece<'a>>,
    pub(crate) dose: Option<DoseNumber>,
    pub(crate) given_on: Option<Date>,
    pub(crate) venue: Option<TextPiece<'a>>,
    pub(crate) physician: Option<TextPiece<'a>>,
    pub(crate) product: Option<ProductCode>,
    pub(crate) lot: Option<Piece<'a>>,
    pub(crate) programme: Option<ProgrammeCode>,
}

impl Layout for Doses {
    type Column = Column;
    type Row<'a> = DoseRow<'a>;
    type Keys<'a> = RowKeys<'a>;
    type Parts<'a> = Parts<'a>;
    type Duplicates = Duplicates;

    fn read<'r>(check: &mut RowCheck<'r, '_, Self>) -> Parts<'r> {
        check.municipality(Column::Municipality);
        let (coupon, number) = check.person();
        let dose = check.dose_number();
        let given_on = check.date(Column::GivenOn);
        let venue = check.short_text(Column::Venue, MAX_VENUE);
        let physician = check.short_text(Column::Physician, MAX_PHYSICIAN);
        let programme = check.programme();
        Parts {
            coupon,
            number,
            dose,
            given_on,
            venue,
            physician,
            product: check.product(programme),
            lot: check.number(Column::Lot, LotNumber::MOST, ProblemCode::LotRounded),
            programme: programme.map(Programme::code),
        }
    }

    fn nothing<'r>() -> Parts<'r> {
        Parts::default()
    }

    fn keys<'a>(parts: &Parts<'a>, text: &'a str) -> RowKeys<'a> {
        RowKeys {
            coupon: parts.coupon,
            number: parts.number.map(|number| number.resolve(text)),
            programme: parts.programme,
            dose: parts.dose,
            content: Content {
                given_on: parts.given_on,
                product: parts.product,
                lot: parts.lot.map(|lot| lot.resolve(text)),
                venue: parts.venue.map(|venue| venue.resolve(text).utf8),
                physician: parts.physician.map(|it| it.resolve(text).utf8),
            },
        }
    }

    fn row<'a>(parts: &Parts<'a>, text: &'a str) -> Option<DoseRow<'a>> {
        Some(DoseRow {
            coupon: parts.coupon,
            resident: parts.number.map(|number| number.resolve(text)),
            number: parts.dose?,
            given_on: parts.given_on?,
            venue: parts.venue.map(|venue| venue.resolve(text)),
            physician: parts.physician.map(|physician| physician.resolve(text)),
            product: parts.product?,
            lot: parts.lot?.resolve(text),
            programme: parts.programme?,
        })
    }

    fn column_beyond(code: ProblemCode) -> Option<Column> {
        (code == ProblemCode::DoseTwice).then_some(Column::DoseNumber)
    }
}

impl<'r> RowCheck<'r, '_, Doses> {
    /// A row says whose dose it is by the coupon, the municipality's own number, or both.
    fn person(&mut self) -> (Option<CouponNumber>, Option<Piece<'r>>) {
        let before = self.problems.len();
        let coupon = self.coupon(Column::Coupon);
        let rounded = ProblemCode::ResidentNumberRounded;
        let number = self.number(Column::Number, MAX_NUMBER, rounded);
        if coupon.is_none() && number.is_none() && self.problems.len() == before {
            self.refuse(ProblemCode::PersonMissing, Column::Coupon);
        }
        (coupon, number)
    }

    fn dose_number(&mut self) -> Option<DoseNumber> {
        let cell = self.cell(Column::DoseNumber)?;
        if let [digit @ b'1'..=b'9'] = cell.bytes {
            return DoseNumber::new(digit - b'0');
        }
        if cell.bytes.is_empty() {
            return self.absent(Column::DoseNumber);
        }
        let text = self.folded(cell, Column::DoseNumber)?.resolve(self.text);
        if text.is_empty() {
            return self.absent(Column::DoseNumber);
        }
        let number = text.parse().ok();
        if number.is_none() {
            self.refuse(ProblemCode::DoseNumber, Column::DoseNumber);
        }
        number
    }

    /// A text that stands beside a dose: on one line, and all of it can be seen.
    fn short_text(&mut self, column: Column, most: usize) -> Option<TextPiece<'r>> {
        let piece = self.text(column, most)?;
        let text = piece.resolve(self.text).utf8;
        let unseen = |c: char| c.is_control() || is_invisible(c);
        if text.contains(unseen) {
            self.refuse(ProblemCode::HiddenCharacter, column);
            return None;
        }
        Some(piece)
    }

    /// Empty means COVID-19. `None`: the tables have no such programme, which is noted.
    fn programme(&mut self) -> Option<&'static Programme> {
        let cell = self.cell(Column::Programme)?;
        let known = |text: &str| text.parse().ok().and_then(programme);
        let found = if cell.bytes.is_empty() {
            programme(ProgrammeCode::COVID19)
        } else {
            let text = self.folded(cell, Column::Programme)?.resolve(self.text);
            if text.is_empty() {
                programme(ProgrammeCode::COVID19)
            } else {
                known(text)
            }
        };
        if found.is_none() {
            self.refuse(ProblemCode::ProgrammeUnknown, Column::Programme);
        }
        found
    }

    /// The vaccine, as its maker, name or code is written. Without a programme nothing can be said.
    fn product(&mut self, programme: Option<&Programme>) -> Option<ProductCode> {
        let written = self.text(Column::Maker, MAX_MAKER)?.resolve(self.text).utf8;
        let programme = programme?;
        let mut products = programme.products().iter();
        // Most files write it as the table does, which costs no folding.
        let product = products
            .find(|product| product.maker() == written)
            .or_else(|| programme.product_as_written(written));
        let Some(product) = product else {
            self.refuse(ProblemCode::ProductUnknown, Column::Maker);
            return None;
        };
        Some(product.code())
    }
}
