//! The as-of date in the name of a dropped file.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;

use crate::parse_eight_digits;

/// Year, month and day as they stand in a name, which the calendar need not have.
type Parts = (i16, i8, i8);
/// Reads a date off the beginning of a text, behind this character.
type Form = fn(&str, Option<char>) -> Option<Parts>;

/// The first date of the first form that has one anywhere in the name counts. The console looks for the same
/// forms in the same order (`infra/console/app/uploads.js`).
const FORMS: [Form; 5] = [with_signs, of_reiwa, of_reiwa_in_short, in_parts, in_digits];

/// The year before the first one of Reiwa.
const BEFORE_REIWA: i16 = 2018;

/// The as-of date in the name of a dropped file: behind the last underscore, as in `residents_20210401.csv`, or
/// else anywhere: `juki20210401`, `20210401_juki`, `juki_202104011230`, `juki-2021-4-1`, `juki_R3.4.1`, `住民_令和3年4月1日`,
/// `2021年4月1日`. Rows of it that were refused, and are sent again when they are mended, are as old:
/// `residents_20210401_errors.csv`. `None` without one, and for a name that does not end in `.csv`.
#[must_use]
pub fn as_of_date(file_name: &str) -> Option<Date> {
    let (stem, extension) = file_name.rsplit_once('.')?;
    if !extension.eq_ignore_ascii_case("csv") {
        return None;
    }
    let stem = stem.strip_suffix("_errors").unwrap_or(stem);
    at_the_end(stem).or_else(|| anywhere(&stem.nfkc().collect::<String>()))
}

fn at_the_end(stem: &str) -> Option<Date> {
    let (_, digits) = stem.rsplit_once('_')?;
    parse_eight_digits(digits.as_bytes().try_into().ok()?)?.ok()
}

fn anywhere(stem: &str) -> Option<Date> {
    FORMS.iter().find_map(|form| {
        let mut behind = None;
        let (year, month, day) = stem.char_indices().find_map(|(at, c)| {
            let found = form(stem.get(at..)?, behind);
            behind = Some(c);
            found
        })?;
        Date::new(year, month, day).ok()
    })
}

/// `2021年4月1日`
fn with_signs(text: &str, _: Option<char>) -> Option<Parts> {
    let (year, rest) = common_year(text)?;
    month_and_day_with_signs(year, rest)
}

/// `令和3年4月1日`
fn of_reiwa(text: &str, _: Option<char>) -> Option<Parts> {
    let rest = text.strip_prefix("令和")?;
    let (year, rest) = match rest.strip_prefix('元') {
        Some(rest) => (1, rest),
        None => number(rest, 2)?,
    };
    month_and_day_with_signs(BEFORE_REIWA + year, rest)
}

/// `R3.4.1`
fn of_reiwa_in_short(text: &str, behind: Option<char>) -> Option<Parts> {
    if behind.is_some_and(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let (year, rest) = number(text.strip_prefix(['R', 'r'])?, 2)?;
    month_and_day(BEFORE_REIWA + year, rest)
}

/// `2021-04-01`
fn in_parts(text: &str, behind: Option<char>) -> Option<Parts> {
    if behind.is_some_and(|c| c.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = common_year(text)?;
    month_and_day(year, rest)
}

/// `20210401`, behind which a time of day may follow in four or six digits.
fn in_digits(text: &str, behind: Option<char>) -> Option<Parts> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_date = matches!(count, 8 | 12 | 14) && text.starts_with("20");
    if !is_date || behind.is_some_and(|c| c.is_ascii_digit()) {
        return None;
    }
    Some((
        text.get(..4)?.parse().ok()?,
        text.get(4..6)?.parse().ok()?,
        text.get(6..8)?.parse().ok()?,
    ))
}

/// A year of this century, and what stands behind it.
fn common_year(text: &str) -> Option<(i16, &str)> {
    number(text, 4).filter(|(year, _)| (2000..2100).contains(year))
}

fn month_and_day_with_signs(year: i16, text: &str) -> Option<Parts> {
    let (month, rest) = number(text.strip_prefix('年')?, 2)?;
    let (day, rest) = number(rest.strip_prefix('月')?, 2)?;
    let is_whole = rest.starts_with('日');
    is_whole.then_some((year, month.try_into().ok()?, day.try_into().ok()?))
}

fn month_and_day(year: i16, text: &str) -> Option<Parts> {
    let separators = ['-', '_', '.'];
    let (month, rest) = number(text.strip_prefix(separators)?, 2)?;
    let (day, _) = number(rest.strip_prefix(separators)?, 2)?;
    Some((year, month.try_into().ok()?, day.try_into().ok()?))
}

/// All the digits at the beginning, if they are at most so many, and what stands behind them.
fn number(text: &str, most: usize) -> Option<(i16, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(count).filter(|_| count <= most)?;
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(name: &str) -> Option<String> {
        as_of_date(name).map(|date| date.to_string())
    }

    #[test]
    fn the_as_of_date_is_found_wherever_it_stands_in_the_name() {
        // The console's test of names has the same.
        for name in [
            "residents_20210401.csv",
            "住民_全件_20210401.CSV",
            "住民データ_２０２１０４０１.csv",
            "台帳 2021-04-01.csv",
            "juki20210401.csv",
            "20210401.csv",
            "20210401_juki.csv",
            "juki_2021-04-01.csv",
            "juki-2021.4.1.csv",
            "juki_202104011230.csv",
            "juki_20210401123000.csv",
            "juki_R3.4.1.csv",
            "住民_令和3年4月1日.csv",
            "住民_令和３年０４月０１日.csv",
            "2021年4月1日.csv",
            "住民（2021_4_1）.csv",
            "residents_20210401 (1).csv",
            "a_20210401_2.csv",
            // What stands at the end goes before.
            "20210331_juki_20210401.csv",
            // Rows of an older file do not become newer by being mended.
            "residents_20210401_errors.csv",
            "juki20210401_errors.csv",
            "juki_R3.4.1_errors.csv",
        ] {
            assert_eq!(date(name).as_deref(), Some("2021-04-01"), "{name}");
        }
        let first = date("令和元年5月1日.csv");
        assert_eq!(first.as_deref(), Some("2019-05-01"));
        // Of one form the first counts; one that is no day leaves the others.
        let first = date("2021-04-01_2021-03-31.csv");
        assert_eq!(first.as_deref(), Some("2021-04-01"));
        let other = date("2021-13-01_20210401_x.csv");
        assert_eq!(other.as_deref(), Some("2021-04-01"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for name in [
            "residents.csv",
            "residents_20211301.csv",
            "juki_20210230.csv",
            "juki123456789012.csv",
            "juki_120210401.csv",
            "juki_2021040112.csv",
            "juki_2021-4-123.csv",
            "juki_12021-4-1.csv",
            "MR3.4.1.csv",
            "1-3-4-1.csv",
            "a_20210401.txt",
            "a_20210401",
        ] {
            assert_eq!(date(name), None, "{name}");
        }
    }
}
