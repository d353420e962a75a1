use std::borrow::Cow;
use std::fmt;

use domain::{Encoding, Text};
use unicode_normalization::char::compose;

use crate::cp932;
use crate::encoding::{decode, encode};

/// What stands in a CP932 file for a character that CP932 lacks. Nothing else is ever put for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Substitute {
    /// The same sign, which CP932 has under another number: 〜 as ～, − as －, and their like.
    Twin(char),
    /// For a voiced or semi-voiced mark of its own (U+3099, U+309A): with the kana before it, the one character that
    /// both are, か and the mark as が.
    Composed(char),
    /// Nothing: a selector of a variant of the character before it, which stays.
    LeftOut,
    /// 〓, which printers put for a type they lack.
    Geta,
}

/// A character that was written otherwise, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitution {
    /// The line of the file, counted from 1.
    pub line: u64,
    /// The name of the column.
    pub column: String,
    /// The character as it is kept.
    pub character: char,
    /// What stands for it.
    pub written: Substitute,
}

impl Substitute {
    /// What is written.
    #[must_use]
    pub const fn character(self) -> Option<char> {
        match self {
            Self::Twin(it) | Self::Composed(it) => Some(it),
            Self::LeftOut => None,
            Self::Geta => Some('〓'),
        }
    }

    const fn of(character: char) -> Self {
        match character {
            '\u{301C}' => Self::Twin('\u{FF5E}'),
            '\u{2212}' => Self::Twin('\u{FF0D}'),
            '\u{2016}' => Self::Twin('\u{2225}'),
            '\u{2014}' => Self::Twin('\u{2015}'),
            '\u{A2}' => Self::Twin('\u{FFE0}'),
            '\u{A3}' => Self::Twin('\u{FFE1}'),
            '\u{A5}' => Self::Twin('\u{FFE5}'),
            '\u{A6}' => Self::Twin('\u{FFE4}'),
            '\u{AC}' => Self::Twin('\u{FFE2}'),
            '\u{203E}' => Self::Twin('\u{FFE3}'),
            '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => Self::LeftOut,
            _ => Self::Geta,
        }
    }
}

impl fmt::Display for Substitute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Twin(_) => "twin",
            Self::Composed(_) => "composed",
            Self::LeftOut => "left-out",
            Self::Geta => "geta",
        })
    }
}

/// The bytes that mean exactly this text.
pub(crate) fn exact(encoding: Encoding, text: &str) -> Option<Cow<'_, [u8]>> {
    let bytes = encode(encoding, text)?;
    // The encoder writes some characters as their twins without a word.
    (decode(encoding, &bytes).as_deref() == Some(text)).then_some(bytes)
}

/// Appends a text as it came; `noted` is told of every character that is written otherwise.
pub(super) fn push(
    encoding: Encoding,
    text: Text<'_>,
    cell: &mut Vec<u8>,
    mut noted: impl FnMut(char, Substitute),
) {
    if let (Encoding::Cp932, Some(original)) = (encoding, text.original) {
        cell.extend_from_slice(original);
        return;
    }
    if let Some(bytes) = exact(encoding, text.utf8) {
        cell.extend_from_slice(&bytes);
        return;
    }
    let mut characters = text.utf8.chars().peekable();
    while let Some(character) = characters.next() {
        if let Some(mark) = characters.next_if(|it| matches!(it, '\u{3099}' | '\u{309A}')) {
            push_marked(encoding, (character, mark), cell, &mut noted);
            continue;
        }
        push_one(encoding, character, cell, &mut noted);
    }
}

/// A kana and a mark behind it: the one character that both are, if the encoding has it.
fn push_marked(
    encoding: Encoding,
    (character, mark): (char, char),
    cell: &mut Vec<u8>,
    noted: &mut impl FnMut(char, Substitute),
) {
    let mut utf8 = [0; 4];
    if let Some(composed) = compose(character, mark)
        && let Some(bytes) = exact(encoding, composed.encode_utf8(&mut utf8))
    {
        noted(mark, Substitute::Composed(composed));
        cell.extend_from_slice(&bytes);
        return;
    }
    for it in [character, mark] {
        push_one(encoding, it, cell, noted);
    }
}

fn push_one(
    encoding: Encoding,
    character: char,
    cell: &mut Vec<u8>,
    noted: &mut impl FnMut(char, Substitute),
) {
    let mut utf8 = [0; 4];
    if let Some(bytes) = exact(encoding, character.encode_utf8(&mut utf8)) {
        cell.extend_from_slice(&bytes);
        return;
    }
    let substitute = Substitute::of(character);
    noted(character, substitute);
    let written = substitute.character();
    let written = written.and_then(|it| cp932::encode(it.encode_utf8(&mut utf8)));
    cell.extend_from_slice(&written.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: Text<'_>) -> (Vec<u8>, Vec<(char, Substitute)>) {
        let (mut cell, mut noted) = (Vec::new(), Vec::new());
        push(Encoding::Cp932, text, &mut cell, |c, how| {
            noted.push((c, how));
        });
        (cell, noted)
    }

    fn text_of(bytes: &[u8]) -> String {
        decode(Encoding::Cp932, bytes).unwrap().into_owned()
    }

    #[test]
    fn what_cp932_lacks_is_written_by_the_rules_and_noted() {
        let cases = [
            ("髙﨑会館", "髙﨑会館", vec![]),
            ("𠮷田", "〓田", vec![('𠮷', Substitute::Geta)]),
            ("10〜12番", "10～12番", vec![('〜', Substitute::Twin('～'))]),
            ("A−B", "A－B", vec![('−', Substitute::Twin('－'))]),
            ("¥100", "￥100", vec![('¥', Substitute::Twin('￥'))]),
            (
                "葛\u{E0100}城",
                "葛城",
                vec![('\u{E0100}', Substitute::LeftOut)],
            ),
            ("A¦B", "A￤B", vec![('¦', Substitute::Twin('￤'))]),
            (
                "か\u{3099}ハ\u{309A}ウ\u{3099}",
                "がパヴ",
                vec![
                    ('\u{3099}', Substitute::Composed('が')),
                    ('\u{309A}', Substitute::Composed('パ')),
                    ('\u{3099}', Substitute::Composed('ヴ')),
                ],
            ),
            // There is no such character, CP932 lacks it, or nothing is before the mark.
            (
                "あ\u{3099}ワ\u{3099}",
                "あ〓ワ〓",
                vec![('\u{3099}', Substitute::Geta); 2],
            ),
            (
                "\u{3099}か\u{3099}\u{3099}",
                "〓が〓",
                vec![
                    ('\u{3099}', Substitute::Geta),
                    ('\u{3099}', Substitute::Composed('が')),
                    ('\u{3099}', Substitute::Geta),
                ],
            ),
            ("\u{E000}田", "\u{E000}田", vec![]),
            ("\u{E758}田", "〓田", vec![('\u{E758}', Substitute::Geta)]),
        ];
        for (text, expected, expected_notes) in cases {
            let (bytes, noted) = written(Text::new(text));
            assert_eq!(text_of(&bytes), expected);
            assert_eq!(noted, expected_notes, "{text}");
        }
    }

    #[test]
    fn every_twin_is_a_character_of_cp932_and_its_sign_is_none() {
        for character in '\0'..='\u{FFFF}' {
            let mut utf8 = [0; 4];
            if let Substitute::Twin(twin) = Substitute::of(character) {
                assert_eq!(
                    exact(Encoding::Cp932, character.encode_utf8(&mut utf8)),
                    None
                );
                assert!(exact(Encoding::Cp932, twin.encode_utf8(&mut utf8)).is_some());
            }
        }
    }

    #[test]
    fn the_bytes_of_a_character_go_out_as_they_came() {
        let own = Text::new("\u{E000}田");
        assert_eq!(written(own), (b"\xF0\x40\x93\x63".to_vec(), vec![]));
        let rarer = Text {
            utf8: "㈱田",
            original: Some(b"\xFA\x58\x93\x63"),
        };
        assert_eq!(written(rarer), (b"\xFA\x58\x93\x63".to_vec(), vec![]));
    }

    #[test]
    fn utf8_lacks_nothing() {
        for text in ["𠮷田", "10〜12番", "\u{E000}田", "か\u{3099}"] {
            let mut cell = Vec::new();
            let encoding = Encoding::Utf8 { bom: true };
            push(encoding, Text::new(text), &mut cell, |_, _| panic!("noted"));
            assert_eq!(cell, text.as_bytes());
        }
    }
}
