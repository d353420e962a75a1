//! The rules of a resident's row, written plainly over strings.

use jiff::civil::Date;

use super::usual::Row;

/// Why a row is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    Municipality,
    Number,
    Coupon,
    MyNumber,
    Name,
    BirthDate,
    Sex,
    Movement,
    Protection,
}

/// Checks a row; `today` bounds its dates.
pub(super) fn check(row: &Row, tenant: &str, today: Date) -> Result<(), Problem> {
    if row.municipality != tenant {
        return Err(Problem::Municipality);
    }
    if row.number.is_empty() || row.number.chars().count() > 40 || unfit_for_a_key(&row.number) {
        return Err(Problem::Number);
    }
    if !row.coupon.is_empty() && !is_digits(&row.coupon, 10) {
        return Err(Problem::Coupon);
    }
    if !row.my_number.is_empty() && !is_my_number(&row.my_number) {
        return Err(Problem::MyNumber);
    }
    let texts = [(&row.name, 100), (&row.kana, 100), (&row.reason, 20)];
    if row.name.is_empty() || texts.iter().any(|(text, most)| !is_text(text, *most)) {
        return Err(Problem::Name);
    }
    let earliest = jiff::civil::date(1880, 1, 1);
    let born = date(&row.birth_date).filter(|born| (earliest..=today).contains(born));
    let born = born.ok_or(Problem::BirthDate)?;
    if !matches!(row.sex.as_str(), "0" | "1" | "2" | "9") {
        return Err(Problem::Sex);
    }
    let moved = row.moved_on.is_empty() || date(&row.moved_on).is_some_and(|moved| moved >= born);
    if !matches!(row.movement.as_str(), "" | "1" | "2") || !moved {
        return Err(Problem::Movement);
    }
    if !matches!(row.protected.as_str(), "" | "0" | "1") {
        return Err(Problem::Protection);
    }
    Ok(())
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_my_number(text: &str) -> bool {
    if !is_digits(text, 12) {
        return false;
    }
    let digits: Vec<u32> = text.bytes().map(|byte| u32::from(byte - b'0')).collect();
    let weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let sum: u32 = digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let check = if sum % 11 <= 1 { 0 } else { 11 - sum % 11 };
    digits.last() == Some(&check)
}

fn is_text(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// Characters that cannot be seen would make two numbers look like one.
fn unfit_for_a_key(text: &str) -> bool {
    let hidden = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    text.chars().any(|c| c.is_control() || hidden(c))
}

fn date(text: &str) -> Option<Date> {
    if !is_digits(text, 8) {
        return None;
    }
    let (year, month_day) = text.split_at(4);
    let (month, day) = month_day.split_at(2);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Problem, Row, check};

    fn row() -> Row {
        Row {
            municipality: "131041".into(),
            number: "1".into(),
            my_number: "983205673214".into(),
            name: "山田　花子".into(),
            birth_date: "19700102".into(),
            sex: "2".into(),
            ..Row::default()
        }
    }

    #[test]
    fn each_rule_refuses_what_breaks_it() {
        let today = jiff::civil::date(2021, 4, 1);
        assert_eq!(check(&row(), "131041", today), Ok(()));
        let cases = [
            (
                Row {
                    municipality: "131016".into(),
                    ..row()
                },
                Problem::Municipality,
            ),
            (
                Row {
                    number: "1\u{200B}".into(),
                    ..row()
                },
                Problem::Number,
            ),
            (
                Row {
                    coupon: "123".into(),
                    ..row()
                },
                Problem::Coupon,
            ),
            (
                Row {
                    my_number: "983205673215".into(),
                    ..row()
                },
                Problem::MyNumber,
            ),
            (
                Row {
                    name: String::new(),
                    ..row()
                },
                Problem::Name,
            ),
            (
                Row {
                    birth_date: "20210402".into(),
                    ..row()
                },
                Problem::BirthDate,
            ),
            (
                Row {
                    birth_date: "19700230".into(),
                    ..row()
                },
                Problem::BirthDate,
            ),
            (
                Row {
                    sex: "3".into(),
                    ..row()
                },
                Problem::Sex,
            ),
            (
                Row {
                    movement: "3".into(),
                    ..row()
                },
                Problem::Movement,
            ),
            (
                Row {
                    protected: "2".into(),
                    ..row()
                },
                Problem::Protection,
            ),
        ];
        for (row, problem) in cases {
            assert_eq!(check(&row, "131041", today), Err(problem), "{problem:?}");
        }
    }
}
