use std::str::FromStr;

use jiff::civil::Date;
use thiserror::Error;

use crate::digits;

/// Why something is not a date. Carries nothing of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DateError {
    /// In none of the known forms.
    #[error("not in a known form of date")]
    Unreadable,
    /// In a known form, but the calendar has no such day.
    #[error("the calendar has no such day")]
    Impossible,
    /// Before the first or after the last day of the era it names.
    #[error("the era does not have this day")]
    OutsideEra,
}

struct Era {
    /// All ways to write it, after folding.
    names: [&'static str; 3],
    /// Its year 1 in the common era.
    first_year: i16,
    first_day: Date,
    last_day: Date,
}

/// The newest first. Before 6 Meiji the calendar was lunar, so such a date cannot be converted by
/// counting years; nobody alive was born then. The day an era changed before 1989 belongs to both.
const ERAS: [Era; 5] = [
    era(["R", "令和", "㋿"], (2019, 5, 1), (9999, 12, 31)),
    era(["H", "平成", "㍻"], (1989, 1, 8), (2019, 4, 30)),
    era(["S", "昭和", "㍼"], (1926, 12, 25), (1989, 1, 7)),
    era(["T", "大正", "㍽"], (1912, 7, 30), (1926, 12, 25)),
    Era {
        names: ["M", "明治", "㍾"],
        first_year: 1868,
        first_day: Date::constant(1873, 1, 1),
        last_day: Date::constant(1912, 7, 30),
    },
];

const fn era(names: [&'static str; 3], first: (i16, i8, i8), last: (i16, i8, i8)) -> Era {
    Era {
        names,
        first_year: first.0,
        first_day: Date::constant(first.0, first.1, first.2),
        last_day: Date::constant(last.0, last.1, last.2),
    }
}

/// In bytes: ２０２１年１２月３１日 with a blank here and there.
const LONGEST: usize = 64;

/// Reads a date as municipal systems write it: `20210401`, `2021-04-01`, `2021/4/1`, `2021年4月1日`,
/// `R3.4.1`, `R030401`, `令和3年4月1日`, `令和元年5月1日`, the eras R, H, S, T and M up to their last day; full-width
/// digits, letters and signs count as their usual forms.
pub fn parse_date(text: &str) -> Result<Date, DateError> {
    if let Ok(eight) = text.as_bytes().try_into()
        && let Some(date) = parse_eight_digits(eight)
    {
        return date;
    }
    if text.len() > LONGEST {
        return Err(DateError::Unreadable);
    }
    let mut buffer = [0; LONGEST];
    let folded = folded(text, &mut buffer);
    for era in &ERAS {
        if let Some(rest) = era.names.iter().find_map(|name| folded.strip_prefix(name)) {
            return era_date(era, rest);
        }
    }
    common_date(folded)
}

/// The fast path: `YYYYMMDD` in ASCII. `None` if it is not eight digits.
#[must_use]
#[inline]
pub fn parse_eight_digits(text: &[u8; 8]) -> Option<Result<Date, DateError>> {
    let value = digits::eight_digits(*text)?;
    let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
    // Four and two digits fit.
    let (Ok(year), Ok(month), Ok(day)) = (year.try_into(), month.try_into(), day.try_into()) else {
        return Some(Err(DateError::Impossible));
    };
    Some(civil(year, month, day))
}

/// The text with every character folded, which never makes one longer.
fn folded<'b>(text: &str, buffer: &'b mut [u8; LONGEST]) -> &'b str {
    let mut length = 0;
    for c in text.chars().filter_map(fold) {
        let Some(free) = buffer.get_mut(length..length + c.len_utf8()) else {
            return "";
        };
        length += c.encode_utf8(free).len();
    }
    buffer
        .get(..length)
        .and_then(|folded| std::str::from_utf8(folded).ok())
        .unwrap_or_default()
}

/// Full width to usual width, every kind of separator to one, blanks dropped.
fn fold(c: char) -> Option<char> {
    Some(match c {
        ' ' | '\u{3000}' => return None,
        '\u{FF01}'..='\u{FF5E}' => {
            let ascii = u32::from(c) - 0xFEE0;
            return char::from_u32(ascii).and_then(fold);
        }
        '/' | '-' | '.' | '\u{2212}' | '\u{2010}'..='\u{2015}' | '。' => '.',
        'a'..='z' => c.to_ascii_uppercase(),
        other => other,
    })
}

fn era_date(era: &Era, rest: &str) -> Result<Date, DateError> {
    let (year, month, day) = if rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_digit()) {
        let (year, month_day) = rest.split_at(2);
        let (month, day) = month_day.split_at(2);
        (number(year, 2)?, number(month, 2)?, number(day, 2)?)
    } else {
        let (year, rest) = part(rest, '年')?;
        let year = if year == "元" { 1 } else { number(year, 2)? };
        let (month, day) = month_and_day(rest)?;
        (year, month, day)
    };
    if year == 0 {
        return Err(DateError::Impossible);
    }
    let date = civil(era.first_year + year - 1, month, day)?;
    if (era.first_day..=era.last_day).contains(&date) {
        Ok(date)
    } else {
        Err(DateError::OutsideEra)
    }
}

fn common_date(text: &str) -> Result<Date, DateError> {
    if let Ok(eight) = text.as_bytes().try_into()
        && let Some(date) = parse_eight_digits(eight)
    {
        return date;
    }
    let (year, rest) = part(text, '年')?;
    if year.len() != 4 {
        return Err(DateError::Unreadable);
    }
    let (month, day) = month_and_day(rest)?;
    civil(number(year, 4)?, month, day)
}

fn month_and_day(text: &str) -> Result<(i8, i8), DateError> {
    let (month, day) = part(text, '月')?;
    Ok((
        number(month, 2)?,
        number(day.strip_suffix('日').unwrap_or(day), 2)?,
    ))
}

/// What stands before a separator or this sign, and what stands behind it.
fn part(text: &str, sign: char) -> Result<(&str, &str), DateError> {
    text.split_once(['.', sign]).ok_or(DateError::Unreadable)
}

fn number<N: FromStr>(digits: &str, most: usize) -> Result<N, DateError> {
    if digits.is_empty() || digits.len() > most || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DateError::Unreadable);
    }
    digits.parse().map_err(|_| DateError::Unreadable)
}

#[inline]
fn civil(year: i16, month: i8, day: i8) -> Result<Date, DateError> {
    if year == 0 {
        return Err(DateError::Impossible);
    }
    Date::new(year, month, day).map_err(|_| DateError::Impossible)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, DateError> {
        parse_date(text).map(|date| date.to_string())
    }

    #[test]
    fn every_form_is_read() {
        let cases = [
            ("20210401", "2021-04-01"),
            ("2021-04-01", "2021-04-01"),
            ("2021/4/1", "2021-04-01"),
            ("2021/04/01", "2021-04-01"),
            ("2021.4.1", "2021-04-01"),
            ("2021年4月1日", "2021-04-01"),
            ("2021−04−01", "2021-04-01"),
            ("２０２１０４０１", "2021-04-01"),
            ("２０２１／４／１", "2021-04-01"),
            ("R3.4.1", "2021-04-01"),
            ("R03.04.01", "2021-04-01"),
            ("r3/4/1", "2021-04-01"),
            ("Ｒ３．４．１", "2021-04-01"),
            ("R030401", "2021-04-01"),
            ("令和3年4月1日", "2021-04-01"),
            ("令和 3年 4月 1日", "2021-04-01"),
            ("令和３年４月１日", "2021-04-01"),
            ("令和元年5月1日", "2019-05-01"),
            ("㋿元年5月1日", "2019-05-01"),
            ("R元.5.1", "2019-05-01"),
            ("昭和64年1月7日", "1989-01-07"),
            ("20000229", "2000-02-29"),
        ];
        for (text, date) in cases {
            assert_eq!(read(text).as_deref(), Ok(date), "{text}");
        }
    }

    #[test]
    fn an_era_reaches_from_its_first_to_its_last_day() {
        let last_and_next = [
            ("M45.7.30", "1912-07-30", "M45.7.31"),
            ("T15.12.25", "1926-12-25", "T15.12.26"),
            ("S64.1.7", "1989-01-07", "S64.1.8"),
            ("H31.4.30", "2019-04-30", "H31.5.1"),
        ];
        for (last, date, next) in last_and_next {
            assert_eq!(read(last).as_deref(), Ok(date), "{last}");
            assert_eq!(read(next), Err(DateError::OutsideEra), "{next}");
        }
        let first_and_before = [
            ("M6.1.1", "1873-01-01", "M5.12.2"),
            ("T1.7.30", "1912-07-30", "T1.7.29"),
            ("S1.12.25", "1926-12-25", "S1.12.24"),
            ("H1.1.8", "1989-01-08", "H1.1.7"),
            ("R1.5.1", "2019-05-01", "R1.4.30"),
        ];
        for (first, date, before) in first_and_before {
            assert_eq!(read(first).as_deref(), Ok(date), "{first}");
            assert_eq!(read(before), Err(DateError::OutsideEra), "{before}");
        }
    }

    #[test]
    fn a_day_that_the_calendar_lacks_is_impossible() {
        for text in [
            "20210229",
            "19000229",
            "20211301",
            "20210400",
            "00000000",
            "2021/2/30",
            "R3.2.29",
            "R0.1.1",
        ] {
            assert_eq!(read(text), Err(DateError::Impossible), "{text}");
        }
    }

    #[test]
    fn what_is_in_no_known_form_is_unreadable() {
        let cases = [
            "",
            "2021041",
            "202104011",
            "21/4/1",
            "4/1/2021",
            "2021/4",
            "R3",
            "R.4.1",
            "R3.4.1.2",
            "X3.4.1",
            "令和三年四月一日",
            "20210401T00",
            "4.4287E+4",
            "44287",
            "令和3年4月1日生",
            "2021年4月1日日",
            "R-3.4.1",
        ];
        for text in cases {
            assert_eq!(read(text), Err(DateError::Unreadable), "{text}");
        }
    }
}
