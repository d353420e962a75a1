//! CP932 (Windows-31J) as the `encoding_rs` table has it, strictly: what has no character is an error. The rows
//! left to the users (外字) have codes here as they have in Windows; that table only reads them.

use std::sync::LazyLock;

use encoding_rs::SHIFT_JIS;

use crate::text::Seen;

/// Bytes that are no CP932.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable {
    /// The bytes end inside a character.
    pub(crate) cut: bool,
}

/// Code points by lead byte from 0x80 and trail byte; 0 where there is no character. All of them
/// stand in the first plane.
static TWO_BYTES: LazyLock<Vec<u16>> = LazyLock::new(|| {
    (0x8000..=0xFFFF_u16)
        .map(|pair| decode_pair(pair).unwrap_or(0))
        .collect()
});

/// Which of them, by the same index, an encoder writes differently; 64 to a word.
static TWICE: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut twice = vec![0; 0x8000 / 64];
    for (at, pair) in (0x8000..=0xFFFF_u16)
        .enumerate()
        .filter(|it| has_other_code(it.1.to_be_bytes()[0]))
    {
        let c = decode_pair(pair).and_then(|code| char::from_u32(u32::from(code)));
        if c.is_some_and(|c| !is_canonical(c, pair.to_be_bytes()))
            && let Some(word) = twice.get_mut(at / 64)
        {
            *word |= 1_u64 << (at % 64);
        }
    }
    twice
});

fn is_twice(at: usize) -> bool {
    TWICE
        .get(at / 64)
        .is_some_and(|word| word >> (at % 64) & 1 == 1)
}

fn decode_pair(pair: u16) -> Option<u16> {
    let bytes = pair.to_be_bytes();
    if !is_lead(bytes[0]) {
        return None;
    }
    let text = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes)?;
    let mut chars = text.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)?;
    u16::try_from(u32::from(first)).ok()
}

const fn is_lead(byte: u8) -> bool {
    matches!(byte, 0x81..=0x9F | 0xE0..=0xFC)
}

/// Appends the text of `bytes`, and tells what was seen in it.
pub(crate) fn decode_into(bytes: &[u8], out: &mut String) -> Result<Seen, Undecodable> {
    let table = TWO_BYTES.as_slice();
    // Two bytes become three, and a half-width one too, which is rare in long texts.
    out.reserve(bytes.len() * 2);
    let mut seen = Seen::default();
    let mut rest = bytes;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        seen.chars += 1;
        if byte < 0x80 {
            seen.control |= is_control(byte);
            seen.solid |= byte > b' ';
            out.push(char::from(byte));
        } else if is_lead(byte) {
            let Some((&trail, behind)) = rest.split_first() else {
                return Err(Undecodable { cut: true });
            };
            rest = behind;
            let at = usize::from(byte - 0x80) << 8 | usize::from(trail);
            let code = table.get(at).copied().unwrap_or(0);
            let Some(c) = char::from_u32(u32::from(code)).filter(|_| code != 0) else {
                return Err(Undecodable { cut: false });
            };
            seen.private |= (0xE000..0xF900).contains(&code);
            seen.twice |= has_other_code(byte) && is_twice(at);
            seen.solid |= c != '\u{3000}';
            out.push(c);
        } else if let Some(c) = half_width(byte) {
            seen.solid = true;
            out.push(c);
        } else {
            return Err(Undecodable { cut: false });
        }
    }
    Ok(seen)
}

/// The half-width kana and signs.
fn half_width(byte: u8) -> Option<char> {
    matches!(byte, 0xA1..=0xDF).then(|| char::from_u32(0xFF61 - 0xA1 + u32::from(byte)))?
}

/// Control characters that no column may hold; tab and line breaks are left to the rules.
const fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F | 0x7F)
}

/// Rows with characters that stand elsewhere too: NEC's signs, NEC's selection of IBM's extensions, and
/// those extensions.
const fn has_other_code(lead: u8) -> bool {
    matches!(lead, 0x87 | 0xED | 0xEE | 0xFA..=0xFC)
}

fn is_canonical(c: char, bytes: [u8; 2]) -> bool {
    let mut utf8 = [0; 4];
    encode(c.encode_utf8(&mut utf8)).is_some_and(|encoded| encoded == bytes)
}

/// The code of a character of the users' own: U+E000 to U+E757 are F040 to F9FC, 188 to a row.
fn own_code(c: char) -> Option<[u8; 2]> {
    let place = u32::from(c).checked_sub(0xE000)?;
    let (row, cell) = (place / 188, place % 188);
    // No code ends in 7F.
    let trail = 0x40 + cell + u32::from(cell >= 0x3F);
    let code = u16::try_from((0xF0 + row) << 8 | trail).ok()?;
    (row < 10).then(|| code.to_be_bytes())
}

/// The bytes of a text; `None` if it has a character that CP932 lacks.
pub(crate) fn encode(text: &str) -> Option<Vec<u8>> {
    let usual = |text| {
        let (encoded, _, unmappable) = SHIFT_JIS.encode(text);
        (!unmappable).then_some(encoded)
    };
    if let Some(bytes) = usual(text) {
        return Some(bytes.into_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| own_code(c).is_some()) {
        let mut chars = piece.chars();
        let own = chars.next_back().and_then(own_code);
        let before = own.map_or(piece, |_| chars.as_str());
        bytes.extend_from_slice(&usual(before)?);
        bytes.extend(own.into_iter().flatten());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<(String, Seen), Undecodable> {
        let mut text = String::new();
        decode_into(bytes, &mut text).map(|seen| (text, seen))
    }

    #[test]
    fn every_one_and_two_byte_character_is_what_encoding_rs_says() {
        for byte in 0..=u8::MAX {
            let bytes = [byte];
            let expected = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes);
            // 0x80 is a control character there, and none in CP932.
            let expected = expected.filter(|_| byte != 0x80);
            assert_eq!(
                decode(&[byte]).ok().map(|it| it.0),
                expected.map(Into::into),
                "{byte:02X}"
            );
        }
        for lead in (0..=u8::MAX).filter(|&byte| is_lead(byte)) {
            for trail in 0..=u8::MAX {
                let bytes = [lead, trail];
                let expected =
                    SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes);
                let ours = decode(&bytes).ok();
                assert_eq!(
                    ours.as_ref().map(|it| it.0.as_str()),
                    expected.as_deref(),
                    "{bytes:02X?}"
                );
                if let Some((text, seen)) = ours {
                    let same = encode(&text).as_deref() == Some(&bytes);
                    assert_eq!(seen.twice, !same, "{bytes:02X?}");
                }
            }
        }
    }

    #[test]
    fn every_character_of_the_users_own_has_its_code() {
        let all: String = ('\u{E000}'..='\u{E757}').collect();
        let codes: Vec<u8> = (0xF0..=0xF9_u8)
            .flat_map(|lead| (0x40..=0xFC_u8).map(move |trail| [lead, trail]))
            .filter(|code| code[1] != 0x7F)
            .flatten()
            .collect();
        assert_eq!(codes.len(), 1_880 * 2);
        assert_eq!(encode(&all), Some(codes.clone()));
        let (text, seen) = decode(&codes).unwrap();
        assert_eq!(text, all);
        assert!(seen.private && !seen.twice && seen.chars == 1_880);
        for c in ['\u{E758}', '\u{F8FF}', '\u{F0000}'] {
            assert_eq!(encode(&format!("\u{E000}{c}")), None, "{c:?}");
        }
    }

    #[test]
    fn characters_of_the_users_own_stay_apart_from_the_rest() {
        let (text, seen) = decode(b"\xF0\x40\x93\x63").unwrap();
        assert_eq!(text, "\u{E000}田");
        assert!(seen.private && !seen.twice && seen.chars == 2);
        for text in ["\u{E000}田", "田\u{E757}", "山\u{E0BC}\u{E0BD}田\u{E001}本"] {
            let bytes = encode(text).unwrap();
            assert_eq!(bytes.len(), text.chars().count() * 2);
            assert_eq!(decode(&bytes).unwrap().0, text);
        }
        let (text, seen) = decode(b"\xFB\xFC\x8B\xB4").unwrap();
        assert_eq!(text, "髙橋");
        assert!(!seen.private && !seen.twice);
    }

    #[test]
    fn a_cut_character_is_told_from_a_wrong_one() {
        assert_eq!(decode(b"\x8E\x52\x93"), Err(Undecodable { cut: true }));
        assert_eq!(decode(b"\x8E\x52\x85\x40"), Err(Undecodable { cut: false }));
        assert_eq!(decode(b"\xA0"), Err(Undecodable { cut: false }));
    }
}
