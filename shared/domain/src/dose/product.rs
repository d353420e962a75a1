use jiff::civil::Date;

use super::period::{Period, reaches_age};
use super::{DoseNumber, ProductCode};

/// A vaccine of a programme, as the table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub(super) code: ProductCode,
    pub(super) maker: &'static str,
    pub(super) name: &'static str,
    pub(super) as_written: Vec<&'static str>,
    /// By the day from which each is certain, or none is; from the earliest.
    pub(super) cvx: Vec<(Date, Option<&'static str>)>,
    pub(super) first_day: Date,
    pub(super) last_day: Option<Date>,
    pub(super) ages: Vec<AgeLimit>,
}

/// For which ages a vaccine is licensed from a day on, until the next such day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeLimit {
    pub(super) from: Date,
    pub(super) youngest: Option<Period>,
    pub(super) oldest: Option<Period>,
    pub(super) series: Option<DoseNumber>,
}

impl Product {
    /// Its code in our table, such as `COMIRNATY`.
    #[must_use]
    pub const fn code(&self) -> ProductCode {
        self.code
    }

    /// ワクチンメーカー as the ledger names it, such as ファイザー.
    #[must_use]
    pub const fn maker(&self) -> &'static str {
        self.maker
    }

    /// What it is called, such as コミナティ.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The code in CVX, the code system of vaccines that HL7 uses (CDC), of what was given under its name on
    /// that day, such as `208`. `None` where the name and the day do not say which of several it was, and where
    /// CVX has none.
    #[must_use]
    pub fn cvx_on(&self, day: Date) -> Option<&'static str> {
        let mut latest_first = self.cvx.iter().rev();
        let (_, code) = latest_first.find(|(from, _)| *from <= day)?;
        *code
    }

    /// The ages it is licensed for, from which day on.
    #[must_use]
    pub fn ages(&self) -> &[AgeLimit] {
        &self.ages
    }

    /// Whether it was in use on that day.
    #[must_use]
    pub(crate) fn is_in_use(&self, day: Date) -> bool {
        self.first_day <= day && self.last_day.is_none_or(|last| day <= last)
    }

    /// Whether it was licensed on that day, as the dose of this number, for somebody born then. Who grows too
    /// old within the first series goes on with what it `began` with: the day of the earliest dose of this
    /// vaccine, if there is one. Before the first licence in the table nothing is said:
    /// [`Product::is_in_use`] says that.
    #[must_use]
    pub(crate) fn is_licensed_for(
        &self,
        birth_date: Date,
        (number, day): (DoseNumber, Date),
        began: Option<Date>,
    ) -> bool {
        let in_force = self.ages.iter().filter(|limit| limit.from <= day);
        in_force
            .max_by_key(|limit| limit.from)
            .is_none_or(|limit| limit.includes(birth_date, (number, day), began))
    }

    /// Whether a text as somebody wrote or printed it means this vaccine.
    pub(super) fn is_written(&self, folded: &str) -> bool {
        [self.code.as_str(), self.maker, self.name]
            .iter()
            .chain(&self.as_written)
            .any(|written| fold_written(written) == folded)
    }
}

impl AgeLimit {
    /// The first day to which it applies.
    #[must_use]
    pub const fn from(&self) -> Date {
        self.from
    }

    /// The youngest and the oldest age, in whole units: who is 11 years and some months old is 11.
    #[must_use]
    pub const fn youngest_and_oldest(&self) -> (Option<Period>, Option<Period>) {
        (self.youngest, self.oldest)
    }

    /// The last dose of the first series (初回接種), which goes by the age at its first; `None` where each dose
    /// goes by the age on its own day.
    #[must_use]
    pub const fn series(&self) -> Option<DoseNumber> {
        self.series
    }

    fn includes(
        &self,
        birth_date: Date,
        (number, day): (DoseNumber, Date),
        began: Option<Date>,
    ) -> bool {
        let reached =
            |age: Period, on: Date| reaches_age(birth_date, age).is_some_and(|from| from <= on);
        let is_in_series = self.series.is_some_and(|last| number <= last);
        let counted = began.filter(|_| is_in_series).unwrap_or(day);
        self.youngest.is_none_or(|age| reached(age, day))
            && !self.oldest.is_some_and(|age| reached(age.next(), counted))
    }
}

/// A name of a vaccine as it is compared: width, case, blanks and the kinds of dashes and tildes do not count.
pub(super) fn fold_written(text: &str) -> String {
    crate::fold_name(text)
}
