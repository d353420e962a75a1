use jiff::civil::Date;

use super::period::Period;
use super::product::fold_written;
use super::table::TABLE;
use super::{DoseNumber, FindingCode, Product, ProductCode, ProgrammeCode};

/// A vaccination programme (予防接種), as the table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    pub(super) code: ProgrammeCode,
    pub(super) name: &'static str,
    pub(super) first_day: Date,
    pub(super) last_day: Option<Date>,
    pub(super) most: DoseNumber,
    /// By number, from the first.
    pub(super) first_days: Vec<Date>,
    pub(super) products: Vec<Product>,
    pub(super) intervals: Vec<Interval>,
}

/// The shortest time to a dose from the one before, from a day on until the next such day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub(super) number: DoseNumber,
    pub(super) product: Option<ProductCode>,
    pub(super) from: Date,
    pub(super) shortest: Period,
}

impl Programme {
    /// Its code, such as `COVID19`.
    #[must_use]
    pub const fn code(&self) -> ProgrammeCode {
        self.code
    }

    /// Its name in Japanese.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(&self) -> Date {
        self.first_day
    }

    /// Its last day; `None` while nobody has set one.
    #[must_use]
    pub const fn last_day(&self) -> Option<Date> {
        self.last_day
    }

    /// The highest number that a dose of it has.
    #[must_use]
    pub const fn most(&self) -> DoseNumber {
        self.most
    }

    /// The first day on which a dose of this number was given; `None` above [`Programme::most`].
    #[must_use]
    pub fn first_day_of(&self, number: DoseNumber) -> Option<Date> {
        self.first_days.get(usize::from(number.get()) - 1).copied()
    }

    /// Its vaccines.
    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    /// The vaccine with this code.
    #[must_use]
    pub fn product(&self, code: ProductCode) -> Option<&Product> {
        self.products.iter().find(|product| product.code == code)
    }

    /// The vaccine that somebody wrote as its maker, its name or its code, in one of the ways in the table;
    /// width, case and blanks do not count.
    #[must_use]
    pub fn product_as_written(&self, text: &str) -> Option<&Product> {
        let folded = fold_written(text);
        self.products
            .iter()
            .find(|product| product.is_written(&folded))
    }

    /// The shortest times between its doses.
    #[must_use]
    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// The first day on which a dose of this number may be given of a vaccine, when the one before was
    /// given on `previous` and this is looked at on `day`. `None` if the table sets no interval.
    #[must_use]
    pub(super) fn earliest(
        &self,
        number: DoseNumber,
        product: ProductCode,
        previous: Date,
        day: Date,
    ) -> Option<Date> {
        let in_force = |of: Option<ProductCode>| {
            self.intervals
                .iter()
                .filter(|it| it.number == number && it.product == of && it.from <= day)
                .max_by_key(|it| it.from)
        };
        let interval = in_force(Some(product)).or_else(|| in_force(None))?;
        interval.shortest.since_dose(previous)
    }
}

impl Interval {
    /// The later of the two doses.
    #[must_use]
    pub const fn number(&self) -> DoseNumber {
        self.number
    }

    /// The vaccine of the later dose; `None` for all that are not named.
    #[must_use]
    pub const fn product(&self) -> Option<ProductCode> {
        self.product
    }

    /// The first day for a later dose to which it applies.
    #[must_use]
    pub const fn from(&self) -> Date {
        self.from
    }

    /// The shortest time.
    #[must_use]
    pub const fn shortest(&self) -> Period {
        self.shortest
    }
}

/// All programmes of the table, by code.
#[must_use]
pub fn programmes() -> &'static [Programme] {
    &TABLE
}

/// The programme with this code, if the table has it.
#[must_use]
pub fn programme(code: ProgrammeCode) -> Option<&'static Programme> {
    programmes().iter().find(|programme| programme.code == code)
}

/// The vaccine that a file or a caller names, by its code or as it is written or printed. What is not found
/// refuses the dose with the code that is given back.
pub fn read_product(programme_code: ProgrammeCode, text: &str) -> Result<ProductCode, FindingCode> {
    programme(programme_code)
        .ok_or(FindingCode::UnknownProgramme)?
        .product_as_written(text)
        .map(Product::code)
        .ok_or(FindingCode::UnknownProduct)
}
