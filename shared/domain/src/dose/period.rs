use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::UnknownWord;

/// A stretch of time as the rules count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Days.
    Days(u16),
    /// Months of the calendar.
    Months(u16),
    /// Years of the calendar.
    Years(u16),
}

impl Period {
    /// One unit longer: whoever is not older than 11 years has not reached 12.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Days(days) => Self::Days(days + 1),
            Self::Months(months) => Self::Months(months + 1),
            Self::Years(years) => Self::Years(years + 1),
        }
    }

    /// The day so much later, and whether it is the last one of a month that has no such day.
    fn same_day(self, day: Date) -> Option<(Date, bool)> {
        let span = match self {
            Self::Days(days) => i64::from(days).days(),
            Self::Months(months) => i64::from(months).months(),
            Self::Years(years) => i64::from(years).years(),
        };
        let later = day.checked_add(span).ok()?;
        let is_moved = !matches!(self, Self::Days(_)) && later.day() != day.day();
        Some((later, is_moved))
    }

    /// The first day on which this time lies between a dose of `day` and the next: the same day of the later month;
    /// where the month has none, the time has passed at its end, so the first day of the month behind it. So the
    /// Ministry of Health counts three months from 30 November to 1 March (第52回予防接種基本方針部会 資料5,
    /// 定期の予防接種における接種間隔の解釈について).
    #[must_use]
    pub fn since_dose(self, day: Date) -> Option<Date> {
        let (later, is_moved) = self.same_day(day)?;
        if is_moved {
            later.tomorrow().ok()
        } else {
            Some(later)
        }
    }
}

impl FromStr for Period {
    type Err = UnknownWord;

    /// Reads `19d`, `3m`, `12y`.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let unit = text.chars().next_back().ok_or(UnknownWord)?;
        let count = text.strip_suffix(unit).unwrap_or_default();
        let count = count.parse::<u16>().ok().filter(|&it| it < 1_000);
        match (unit, count) {
            ('d', Some(count)) => Ok(Self::Days(count)),
            ('m', Some(count)) => Ok(Self::Months(count)),
            ('y', Some(count)) => Ok(Self::Years(count)),
            _ => Err(UnknownWord),
        }
    }
}

/// The first day on which somebody has an age. In law it is reached at the end of the day before the
/// birthday, and so on that day (年齢計算ニ関スル法律, 民法143条); where the month has no such day, at the end of the
/// month's last.
pub(super) fn reaches_age(birth_date: Date, age: Period) -> Option<Date> {
    let (birthday, is_moved) = age.same_day(birth_date)?;
    if is_moved {
        Some(birthday)
    } else {
        birthday.yesterday().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read() {
        assert_eq!("19d".parse(), Ok(Period::Days(19)));
        assert_eq!("3m".parse(), Ok(Period::Months(3)));
        assert_eq!("12y".parse(), Ok(Period::Years(12)));
        for text in ["", "d", "12", "-1d", "1.5y", "1000d", "3か月"] {
            assert_eq!(text.parse::<Period>(), Err(UnknownWord), "{text}");
        }
    }

    #[test]
    fn an_age_is_reached_the_day_before_the_birthday() {
        let cases = [
            ("2009-06-15", "12y", "2021-06-14"),
            ("2009-03-01", "11y", "2020-02-29"),
            ("2009-03-01", "12y", "2021-02-28"),
            // Born on 29 February: there is no such day in 2021.
            ("2008-02-29", "12y", "2020-02-28"),
            ("2008-02-29", "13y", "2021-02-28"),
            ("2022-04-30", "6m", "2022-10-29"),
            ("2022-08-31", "6m", "2023-02-28"),
        ];
        for (born, age, day) in cases {
            let (born, day): (Date, Date) = (born.parse().unwrap(), day.parse().unwrap());
            let age = age.parse().unwrap();
            assert_eq!(reaches_age(born, age), Some(day), "{born} {age:?}");
        }
    }
}
