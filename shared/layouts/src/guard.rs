//! Cells that a spreadsheet would run. A cell beginning with `= + - @`, one of their full-width forms
//! or a control character, blanks before it or not, gets an apostrophe in front. A cell that begins with
//! an apostrophe gets one too, so that taking one away always gives back what was there.

use std::borrow::Cow;

/// The cell as it may be written: with an apostrophe if a spreadsheet would run it.
pub(crate) fn guarded(cell: &[u8]) -> Cow<'_, [u8]> {
    if needs_guard(cell) {
        Cow::Owned([b"'", cell].concat())
    } else {
        Cow::Borrowed(cell)
    }
}

/// The cell without the apostrophe that [`guarded`] gave it.
pub(crate) fn unguarded(cell: &[u8]) -> &[u8] {
    match cell.split_first() {
        Some((b'\'', behind)) if needs_guard(behind) => behind,
        _ => cell,
    }
}

fn needs_guard(cell: &[u8]) -> bool {
    // In UTF-8 and in CP932; neither can be mistaken for something in the other.
    const FULL_WIDTH: [&[u8]; 8] = [
        "＝".as_bytes(),
        "＋".as_bytes(),
        "－".as_bytes(),
        "＠".as_bytes(),
        b"\x81\x81",
        b"\x81\x7B",
        b"\x81\x7C",
        b"\x81\x97",
    ];
    let solid = cell
        .iter()
        .position(|&byte| byte != b' ')
        .and_then(|at| cell.get(at..));
    let Some((first, _)) = solid.and_then(<[u8]>::split_first) else {
        return false;
    };
    matches!(first, b'=' | b'+' | b'-' | b'@' | 0..=0x1F | 0x7F)
        || cell.first() == Some(&b'\'')
        || FULL_WIDTH
            .iter()
            .any(|sign| solid.is_some_and(|solid| solid.starts_with(sign)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_gets_an_apostrophe() {
        let dangerous: [&[u8]; 14] = [
            b"=1+1",
            b"+81",
            b"-5",
            b"@x",
            b"\t=1",
            b"\r=1",
            b"\n",
            b"\0",
            b"\x7F",
            b" =1",
            "＝1".as_bytes(),
            "－5".as_bytes(),
            b"\x81\x81\x82\x50",
            b"'=1",
        ];
        for cell in dangerous {
            assert_eq!(
                guarded(cell).first(),
                Some(&b'\''),
                "{}",
                cell.escape_ascii()
            );
        }
        let harmless: [&[u8]; 6] = [
            b"",
            b" ",
            b"12-3",
            "山田".as_bytes(),
            "ー".as_bytes(),
            b"a=1",
        ];
        for cell in harmless {
            assert_eq!(*guarded(cell), *cell, "{}", cell.escape_ascii());
        }
    }

    #[test]
    fn taking_the_guard_away_gives_back_what_was_there() {
        let signs = [b'\'', b'=', b'-', b' ', b'a', b'\t', 0x81, 0xEF];
        for a in signs {
            for b in signs {
                for c in signs {
                    let cell = [a, b, c];
                    for cell in [cell.get(..1), cell.get(..2), cell.get(..3)]
                        .into_iter()
                        .flatten()
                    {
                        assert_eq!(unguarded(&guarded(cell)), cell);
                    }
                }
            }
        }
    }

    #[test]
    fn an_apostrophe_typed_by_somebody_stays() {
        assert_eq!(unguarded(b"'abc"), b"'abc");
    }
}
