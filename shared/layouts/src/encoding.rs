//! Which encoding a file is in. Two are read; the others are recognised, so that the refusal can say
//! what was found.

use std::borrow::Cow;

use domain::Encoding;
use encoding_rs::EUC_JP;

use crate::{ProblemCode, cp932};

/// The bytes of a text; `None` if it has a character that the encoding lacks.
pub(crate) fn encode(encoding: Encoding, text: &str) -> Option<Cow<'_, [u8]>> {
    match encoding {
        Encoding::Utf8 { .. } => Some(Cow::Borrowed(text.as_bytes())),
        Encoding::Cp932 => cp932::encode(text).map(Cow::Owned),
    }
}

/// The text of these bytes, strictly: what has no character is refused, never replaced.
pub(crate) fn decode(encoding: Encoding, bytes: &[u8]) -> Option<Cow<'_, str>> {
    match encoding {
        Encoding::Utf8 { .. } => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Encoding::Cp932 => decode_cp932(bytes).map(Cow::Owned),
    }
}

/// How many bytes at the beginning of a file tell its format.
pub(crate) const OPENING: usize = 64;
pub(crate) const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// Formats that begin with a mark of their own, and are not CSV in UTF-8 or CP932.
pub(crate) fn refuse_by_opening(opening: &[u8]) -> Result<(), ProblemCode> {
    let marks: [(&[u8], ProblemCode); 8] = [
        (b"\xFF\xFE", ProblemCode::Utf16),
        (b"\xFE\xFF", ProblemCode::Utf16),
        (b"PK\x03\x04", ProblemCode::SpreadsheetOrZip),
        (b"PK\x05\x06", ProblemCode::SpreadsheetOrZip),
        // Excel up to 2003.
        (b"\xD0\xCF\x11\xE0", ProblemCode::SpreadsheetOrZip),
        (b"7z\xBC\xAF", ProblemCode::SpreadsheetOrZip),
        (b"\x1F\x8B", ProblemCode::Gzip),
        (b"%PDF", ProblemCode::NotText),
    ];
    if let Some((_, code)) = marks
        .into_iter()
        .find(|(mark, _)| opening.starts_with(mark))
    {
        return Err(code);
    }
    refuse_nul(opening.get(..OPENING).unwrap_or(opening))
}

fn refuse_nul(text: &[u8]) -> Result<(), ProblemCode> {
    if !text.contains(&0) {
        return Ok(());
    }
    Err(if looks_like_utf16(text) {
        ProblemCode::Utf16
    } else {
        ProblemCode::NotText
    })
}

/// The encoding by the bytes of the header, if it is not plain ASCII. `is_ours`: whether text is the
/// header of a file that we know; EUC-JP can be misread as CP932, but then no column has a known name.
pub(crate) fn of_header(
    header: &[u8],
    is_ours: impl Fn(&str) -> bool,
) -> Result<Option<Encoding>, ProblemCode> {
    refuse_nul(header)?;
    if has_iso_2022_jp(header) {
        return Err(ProblemCode::Iso2022Jp);
    }
    if header.is_ascii() {
        return Ok(None);
    }
    if std::str::from_utf8(header).is_ok() {
        return Ok(Some(Encoding::Utf8 { bom: false }));
    }
    let cp932 = decode_cp932(header);
    if cp932.as_deref().is_some_and(&is_ours) {
        return Ok(Some(Encoding::Cp932));
    }
    match (decode_euc_jp(header), cp932) {
        (Some(text), Some(_)) if is_ours(&text) => Err(ProblemCode::EucJp),
        (_, Some(_)) => Ok(Some(Encoding::Cp932)),
        (Some(_), None) => Err(ProblemCode::EucJp),
        (None, None) => Err(ProblemCode::NotUtf8OrCp932),
    }
}

/// If the header is ASCII, this many bytes from the first other one on decide about the encoding.
pub(crate) const SAMPLE: usize = 16_384;

/// The encoding by the first bytes that are not plain ASCII.
pub(crate) fn of_sample(sample: &[u8]) -> Result<Encoding, ProblemCode> {
    let utf8 = Encoding::Utf8 { bom: false };
    if std::str::from_utf8(sample).map_or_else(|error| error.error_len().is_none(), |_| true) {
        return Ok(utf8);
    }
    // The sample may end inside a character; a line does not.
    let whole_lines = match memchr::memrchr(b'\n', sample) {
        Some(end) => sample.get(..=end).unwrap_or(sample),
        None => sample,
    };
    let first_line = whole_lines
        .split_inclusive(|&byte| byte == b'\n')
        .next()
        .unwrap_or(sample);
    for lines in [whole_lines, first_line] {
        if std::str::from_utf8(lines).is_ok() {
            return Ok(utf8);
        }
        if looks_like_euc_jp(lines) {
            return Err(ProblemCode::EucJp);
        }
        if decode_cp932(lines).is_some() {
            return Ok(Encoding::Cp932);
        }
    }
    Err(ProblemCode::NotUtf8OrCp932)
}

/// EUC-JP and not CP932 in half-width kana, which are the same bytes: kanji in EUC-JP have bytes from
/// E0 on. Other text in CP932 has bytes from 80 to A0, which EUC-JP lacks.
fn looks_like_euc_jp(text: &[u8]) -> bool {
    text.iter().any(|&byte| byte >= 0xE0) && decode_euc_jp(text).is_some()
}

/// The escapes that ISO-2022-JP changes character sets with. All its bytes are ASCII.
pub(crate) fn has_iso_2022_jp(text: &[u8]) -> bool {
    memchr::memchr_iter(0x1B, text).any(|at| {
        matches!(
            text.get(at + 1..).and_then(<[u8]>::first),
            Some(b'$' | b'(')
        )
    })
}

/// Every second byte of ASCII in UTF-16 is NUL.
fn looks_like_utf16(text: &[u8]) -> bool {
    let nuls = |from: usize| {
        text.iter()
            .skip(from)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let (even, odd) = (nuls(0), nuls(1));
    even.max(odd) > 0 && even.min(odd) * 8 <= even.max(odd)
}

fn decode_cp932(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len() * 2);
    cp932::decode_into(bytes, &mut text).ok().map(|_| text)
}

fn decode_euc_jp(bytes: &[u8]) -> Option<Cow<'_, str>> {
    EUC_JP.decode_without_bom_handling_and_without_replacement(bytes)
}

/// What is wrong with a record that its file's encoding cannot decode.
pub(crate) fn undecodable(encoding: Encoding, record: &[u8], cut_at_end: bool) -> ProblemCode {
    let readable_otherwise = match encoding {
        Encoding::Utf8 { .. } => decode_cp932(record).is_some(),
        Encoding::Cp932 => std::str::from_utf8(record).is_ok(),
    };
    if cut_at_end {
        ProblemCode::CutInCharacter
    } else if readable_otherwise {
        ProblemCode::MixedEncodings
    } else {
        ProblemCode::NotUtf8OrCp932
    }
}

/// Whether a text of a CP932 file is UTF-8 in truth. UTF-8 often decodes as CP932, to nonsense; the other
/// way, two Japanese characters of three bytes each in a row hardly ever come about by chance.
pub(crate) fn is_utf8_in_cp932(text: &[u8]) -> bool {
    let begins_three = |byte: u8| matches!(byte, 0xE3..=0xE9 | 0xEF);
    let Some(first) = text.iter().position(|&byte| byte >= 0x80) else {
        return false;
    };
    let Some(&[lead, _, _, next, ..]) = text.get(first..) else {
        return false;
    };
    begins_three(lead) && begins_three(next) && std::str::from_utf8(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "131016,1,山田　太郎,ヤマダ　タロウ,19500102,1\r\n";

    #[test]
    fn a_sample_of_rows_tells_the_encoding() {
        let cp932 = cp932::encode(ROW).unwrap();
        let (euc, _, _) = EUC_JP.encode(ROW);
        for at in 1..40 {
            // Whatever the sample ends with.
            let rows = |bytes: &[u8]| [bytes.repeat(3), bytes[..at].to_vec()].concat();
            assert_eq!(
                of_sample(&rows(ROW.as_bytes())),
                Ok(Encoding::Utf8 { bom: false }),
                "{at}"
            );
            assert_eq!(of_sample(&rows(&cp932)), Ok(Encoding::Cp932), "{at}");
            assert_eq!(of_sample(&rows(&euc)), Err(ProblemCode::EucJp), "{at}");
        }
        assert_eq!(of_sample(b"\xFF\xFF\n"), Err(ProblemCode::NotUtf8OrCp932));
    }

    #[test]
    fn half_width_kana_alone_are_not_taken_for_euc_jp() {
        let rows = cp932::encode("131016,1,JOHN,ｼﾞｮﾝ ｽﾐｽ\r\n131016,2,LEE,ﾘｰ\r\n").unwrap();
        assert_eq!(of_sample(&rows), Ok(Encoding::Cp932));
    }

    #[test]
    fn a_mixed_sample_is_decided_by_its_first_line() {
        let cp932 = cp932::encode(ROW).unwrap();
        assert_eq!(
            of_sample(&[ROW.as_bytes(), &cp932].concat()),
            Ok(Encoding::Utf8 { bom: false })
        );
        let broken = [cp932.as_slice(), b"\x85\x40\n"].concat();
        assert_eq!(of_sample(&broken), Ok(Encoding::Cp932));
    }

    #[test]
    fn utf8_within_cp932_is_found_and_kanji_of_the_second_level_are_not_taken_for_it() {
        for text in ["山田", "ヤマダ", "A山田", "ﾔﾏﾀﾞ"] {
            assert!(is_utf8_in_cp932(text.as_bytes()), "{text}");
            assert!(!is_utf8_in_cp932(&cp932::encode(text).unwrap()), "{text}");
        }
        for text in ["齋藤", "齊藤", "瑤子", "ﾃｱ", "ﾐｶ"] {
            assert!(!is_utf8_in_cp932(&cp932::encode(text).unwrap()), "{text}");
        }
    }
}
