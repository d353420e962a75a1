//! The words that names and reasons are made of, each already in the encoding of the file.

use std::borrow::Cow;

use encoding_rs::SHIFT_JIS;

use super::Encoding;

/// Surnames with characters that trouble systems: UTF-8, the CP932 bytes, the reading. In CP932 髙, 﨑
/// and 德 stand in NEC's copy of the IBM extensions (another code also means them), and what CP932
/// lacks is a character of the municipality's own (外字, F040 and following).
const RARE: [(&str, &[u8], &str); 7] = [
    ("髙橋", b"\xEE\xE0\x8B\xB4", "タカハシ"),
    ("山﨑", b"\x8E\x52\xED\x95", "ヤマザキ"),
    ("德田", b"\xED\x9E\x93\x63", "トクダ"),
    ("𠮷田", b"\xF0\x40\x93\x63", "ヨシダ"),
    ("葛\u{E0100}城", b"\xF0\x41\x8F\xE9", "カツラギ"),
    ("渡\u{E002}", b"\x93\x6E\xF0\x42", "ワタナベ"),
    ("\u{E010}木", b"\xF0\x50\x96\xD8", "ツジキ"),
];

/// A word and, for names, its reading.
pub(super) struct Word {
    /// What a reader of the file makes of it.
    pub(super) text: String,
    /// As it stands in the file.
    pub(super) written: Vec<u8>,
    /// The reading in katakana of full width.
    pub(super) kana: Script,
    /// The reading in katakana of half width, as older systems write it.
    pub(super) half_kana: Script,
}

/// One text in both forms.
#[derive(Default)]
pub(super) struct Script {
    pub(super) text: String,
    pub(super) written: Vec<u8>,
}

/// All words of one file.
pub(super) struct Lexicon {
    pub(super) surnames: Vec<Word>,
    pub(super) rare_surnames: Vec<Word>,
    /// Full names of foreign residents.
    pub(super) foreign: Vec<Word>,
    pub(super) men_older: Vec<Word>,
    pub(super) men_younger: Vec<Word>,
    pub(super) women_older: Vec<Word>,
    pub(super) women_younger: Vec<Word>,
    pub(super) reasons: Reasons,
    /// The space between surname and given name.
    pub(super) wide_space: Script,
}

/// 異動事由.
pub(super) struct Reasons {
    pub(super) born: Word,
    pub(super) moved_in: Word,
    pub(super) moved_within: Word,
    pub(super) moved_away: Word,
    pub(super) died: Word,
    pub(super) married: Word,
    pub(super) coupon_again: Word,
}

impl Lexicon {
    pub(super) fn new(encoding: Encoding) -> Self {
        let list = |text: &'static str, between: char| -> Vec<Word> {
            text.lines()
                .filter_map(|line| line.split_once(between))
                .map(|(name, kana)| word(encoding, name, kana))
                .collect()
        };
        let reason = |text| word(encoding, text, "");
        Self {
            surnames: list(include_str!("names/surnames.txt"), ' '),
            rare_surnames: RARE.iter().map(|rare| rare_word(encoding, rare)).collect(),
            foreign: list(include_str!("names/foreign.txt"), '|'),
            men_older: list(include_str!("names/men_older.txt"), ' '),
            men_younger: list(include_str!("names/men_younger.txt"), ' '),
            women_older: list(include_str!("names/women_older.txt"), ' '),
            women_younger: list(include_str!("names/women_younger.txt"), ' '),
            reasons: Reasons {
                born: reason("出生"),
                moved_in: reason("転入"),
                moved_within: reason("転居"),
                moved_away: reason("転出"),
                died: reason("死亡"),
                married: reason("婚姻"),
                coupon_again: reason("接種券再発行"),
            },
            wide_space: script(encoding, "\u{3000}"),
        }
    }
}

/// `text` in the encoding of the file. Every text of this crate that reaches it exists in CP932; a test
/// holds that.
pub(super) fn encode(encoding: Encoding, text: &str) -> Cow<'_, [u8]> {
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => Cow::Borrowed(text.as_bytes()),
        Encoding::Cp932 => SHIFT_JIS.encode(text).0,
    }
}

fn script(encoding: Encoding, text: &str) -> Script {
    Script {
        text: text.to_owned(),
        written: encode(encoding, text).into_owned(),
    }
}

fn word(encoding: Encoding, text: &str, kana: &str) -> Word {
    Word {
        text: text.to_owned(),
        written: encode(encoding, text).into_owned(),
        kana: script(encoding, kana),
        half_kana: script(encoding, &half_width(kana)),
    }
}

fn rare_word(encoding: Encoding, &(utf8, cp932, kana): &(&str, &[u8], &str)) -> Word {
    let mut rare = word(encoding, "", kana);
    (rare.text, rare.written) = match encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => (utf8.to_owned(), utf8.as_bytes().to_owned()),
        Encoding::Cp932 => (SHIFT_JIS.decode(cp932).0.into_owned(), cp932.to_owned()),
    };
    rare
}

const FULL: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// Katakana in half width; a voiced sound becomes two characters.
fn half_width(text: &str) -> String {
    let mut half = String::with_capacity(text.len());
    for character in text.chars() {
        let (base, mark) = without_mark(character);
        match FULL.chars().zip('｡'..='ﾝ').find(|(full, _)| *full == base) {
            Some((_, narrow)) => half.push(narrow),
            None => half.push(if base == '\u{3000}' { ' ' } else { base }),
        }
        half.extend(mark);
    }
    half
}

/// A voiced katakana as its plain form and the half-width mark that voices it.
fn without_mark(character: char) -> (char, Option<char>) {
    let voiced = "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ".chars();
    let plain = "カキクケコサシスセソタチツテトハヒフヘホウ".chars();
    if let Some((_, base)) = voiced.zip(plain).find(|(voiced, _)| *voiced == character) {
        return (base, Some('ﾞ'));
    }
    let half_voiced = "パピプペポ".chars().zip("ハヒフヘホ".chars());
    for (it, base) in half_voiced {
        if it == character {
            return (base, Some('ﾟ'));
        }
    }
    (character, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_exists_in_cp932() {
        let lexicon = Lexicon::new(Encoding::Cp932);
        let lists = [
            &lexicon.surnames,
            &lexicon.rare_surnames,
            &lexicon.foreign,
            &lexicon.men_older,
            &lexicon.men_younger,
            &lexicon.women_older,
            &lexicon.women_younger,
        ];
        for word in lists.into_iter().flatten() {
            let scripts = [
                (&word.text, &word.written),
                (&word.kana.text, &word.kana.written),
                (&word.half_kana.text, &word.half_kana.written),
            ];
            for (text, written) in scripts {
                assert!(!written.is_empty());
                let (read, _, broken) = SHIFT_JIS.decode(written);
                assert!(!broken && read == *text, "{text} is not {read}");
            }
        }
    }

    #[test]
    fn readings_become_half_width() {
        assert_eq!(half_width("サトウ"), "ｻﾄｳ");
        assert_eq!(half_width("ヂャパン\u{3000}ヴー"), "ﾁﾞｬﾊﾟﾝ ｳﾞｰ");
        assert_eq!(half_width("キョウコ"), "ｷｮｳｺ");
    }
}
