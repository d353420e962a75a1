//! What single characters mean for a row: which are never seen, which stand for others.

/// What was seen in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing seen by itself"
)]
pub(crate) struct Seen {
    /// Its length in characters.
    pub(crate) chars: usize,
    /// A control character other than tab and line breaks.
    pub(crate) control: bool,
    /// A zero-width character, or one that steers the direction of text.
    pub(crate) invisible: bool,
    /// A character of the users' own (外字).
    pub(crate) private: bool,
    /// A sign that some program put for a character it did not know.
    pub(crate) replaced: bool,
    /// A character that CP932 has twice, in its rarer form.
    pub(crate) twice: bool,
    /// Something else than blanks.
    pub(crate) solid: bool,
}

impl Seen {
    /// Looks at every character.
    pub(crate) fn in_text(text: &str) -> Self {
        let mut seen = Self::default();
        for c in text.chars() {
            seen.chars += 1;
            seen.control |= c.is_control() && !matches!(c, '\t' | '\n' | '\r');
            seen.invisible |= is_invisible(c);
            seen.private |= is_private(c);
            seen.replaced |= c == '\u{FFFD}';
            seen.solid |= !c.is_whitespace();
        }
        seen
    }
}

/// Whether text is not blank, and nothing in it needs a second look: ASCII, kana and kanji, judged by the
/// first bytes of characters in UTF-8. May say no to what is fine, never yes to what is not.
#[inline]
pub(crate) fn is_plain(text: &[u8]) -> bool {
    // A blank in front, usual or ideographic, may mean that there is nothing else.
    if matches!(text, [] | [b' ', ..] | [0xE3, 0x80, ..]) {
        return false;
    }
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return true,
            // ASCII; kana and kanji; kanji that are there for compatibility.
            [b' '..=b'~', behind @ ..]
            | [0xE3..=0xE9, _, _, behind @ ..]
            | [0xEF, 0xA4..=0xAB, _, behind @ ..] => behind,
            // Half-width kana and full-width signs; behind A0 is a blank that looks like one.
            [0xEF, 0xBC..=0xBE, last, behind @ ..] if *last != 0xA0 => behind,
            _ => return false,
        }
    }
}

/// Zero-width characters and those that steer the direction of text. Selectors of variants are not
/// among them: they are part of how a name is written.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
    )
}

/// What must not stand in a number or a code, because two of them would look the same.
pub(crate) fn is_hidden_in_key(c: char) -> bool {
    is_invisible(c)
        || c.is_control()
        || matches!(
            c,
            '\u{3164}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        )
        || matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// The areas for private use.
pub(crate) const fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_plain_is_plain() {
        for c in '\u{0}'..=char::MAX {
            let text = format!("a{c}");
            let seen = Seen::in_text(&text);
            let fine = !seen.control && !seen.invisible && !seen.private && !seen.replaced;
            assert!(fine || !is_plain(text.as_bytes()), "{}", c.escape_unicode());
        }
        for blank in ["", " ", "\u{3000}", "  \u{3000} "] {
            assert!(!is_plain(blank.as_bytes()));
        }
        for usual in [
            "山田　太郎",
            "ﾔﾏﾀﾞ ﾀﾛｳ",
            "ヤマダ　タロウ",
            "Smith-Lee",
            "Ｓｍｉｔｈ",
            "髙﨑",
        ] {
            assert!(is_plain(usual.as_bytes()), "{usual}");
        }
    }
}
