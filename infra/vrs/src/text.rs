//! Numbers and columns as a person reads them in a terminal.

/// `1234567` as `1,234,567`.
#[must_use]
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of bytes in the unit that fits it, in steps of a thousand.
#[must_use]
pub(crate) fn bytes(count: u64) -> String {
    let mut unit = 1;
    for name in ["bytes", "kB", "MB"] {
        if count < unit * 1000 {
            return match unit {
                1 => format!("{count} {name}"),
                _ => format!("{}.{} {name}", count / unit, count % unit * 10 / unit),
            };
        }
        unit *= 1000;
    }
    format!("{}.{} GB", count / unit, count % unit * 10 / unit)
}

/// How many columns of a terminal the text fills: kanji and kana of full width take two.
#[must_use]
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn columns(character: char) -> usize {
    match character {
        // Variation selectors and combining marks stand on the character before.
        '\u{300}'..='\u{36F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0100}'..='\u{E01EF}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF01}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1F64F}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

/// The text and as many spaces as fill `columns`.
#[must_use]
pub(crate) fn padded(text: &str, columns: usize) -> String {
    let spaces = columns.saturating_sub(width(text));
    format!("{text}{:spaces$}", "")
}

/// The text in lines of at most so many columns, broken anywhere as Japanese is, but not inside a word
/// of ASCII letters.
#[must_use]
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if line.is_empty() || width(line) + width(word) <= columns => {
                line.push_str(word);
            }
            Some(line) => {
                line.truncate(line.trim_end().len());
                lines.push(word.trim_start().to_owned());
            }
            None => {}
        }
    }
    lines
}

/// Single characters, and runs of visible ASCII.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let ascii = rest
            .find(|c: char| !c.is_ascii_graphic())
            .unwrap_or(rest.len());
        let first = rest.chars().next()?.len_utf8();
        let (word, after) = rest.split_at(ascii.max(first));
        rest = after;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn sizes_have_a_unit() {
        for (count, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (21_350_000, "21.3 MB"),
        ] {
            assert_eq!(bytes(count), text);
        }
        assert_eq!(bytes(3_700_000_000), "3.7 GB");
    }

    #[test]
    fn long_text_is_broken_into_lines() {
        assert_eq!(wrapped("山田太郎", 5), ["山田", "太郎"]);
        assert_eq!(wrapped("山田 [A_B] 太", 8), ["山田", "[A_B] 太"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn japanese_takes_two_columns_and_half_width_kana_one() {
        assert_eq!(
            (
                width("千代田区"),
                width("ﾁﾖﾀﾞ"),
                width("ab"),
                width("葛\u{E0100}")
            ),
            (8, 4, 2, 2)
        );
        assert_eq!(padded("山田", 6), "山田  ");
    }
}
