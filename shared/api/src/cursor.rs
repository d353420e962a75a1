use data_encoding::BASE64URL_NOPAD;
use domain::TenantScope;

use crate::{Fault, Problem};

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many entries at most.
    pub limit: u32,
    /// Where the page before ended, in the store's own words.
    pub after: Option<String>,
}

/// How long a page may be.
#[derive(Clone, Copy, Debug)]
pub struct PageLimits {
    /// Without the parameter `limit`.
    pub usual: u32,
    /// At most.
    pub most: u32,
}

impl PageLimits {
    /// Those of a list that has no reason for others.
    pub const USUAL: Self = Self {
        usual: 20,
        most: 100,
    };
}

/// Bumped when the meaning of a position changes; older cursors are refused then.
const VERSION: &str = "1";
const POSITION_LIMIT: usize = 200;

/// A cursor for the caller's municipality at a position of the store.
pub(crate) fn write(scope: &TenantScope, position: &str) -> String {
    BASE64URL_NOPAD.encode(format!("{VERSION} {} {position}", scope.code()).as_bytes())
}

/// The position, if the cursor was given to this municipality.
fn read(scope: &TenantScope, cursor: &str) -> Option<String> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?).ok()?;
    let position = text
        .strip_prefix(VERSION)?
        .strip_prefix(' ')?
        .strip_prefix(scope.code().as_str())?
        .strip_prefix(' ')?;
    let sound = !position.is_empty()
        && position.len() <= POSITION_LIMIT
        && position.bytes().all(|byte| byte.is_ascii_graphic());
    sound.then(|| position.to_owned())
}

impl Page {
    pub(crate) fn read(
        scope: &TenantScope,
        limit: Option<&str>,
        after: Option<&str>,
        limits: PageLimits,
    ) -> Result<Self, Problem> {
        let limit = match limit {
            None => limits.usual,
            Some(text) => text
                .parse()
                .ok()
                // Digits only: `parse` would also take a sign.
                .filter(|limit| (1..=limits.most).contains(limit) && !text.starts_with('+'))
                .ok_or_else(|| Problem::invalid_query("limit", Fault::Number))?,
        };
        let after = after
            .map(|cursor| {
                read(scope, cursor).ok_or_else(|| Problem::invalid_query("after", Fault::Cursor))
            })
            .transpose()?;
        Ok(Self { limit, after })
    }
}

#[cfg(test)]
mod tests {
    use domain::TenantCode;

    use super::*;

    const LIMITS: PageLimits = PageLimits::USUAL;

    fn scope(code: &str) -> TenantScope {
        TenantScope::from_verified_claim(TenantCode::parse(code).unwrap())
    }

    #[test]
    fn a_cursor_leads_back_to_its_position() {
        let scope = scope("131016");
        let cursor = write(&scope, "0001618000000000#id");
        let page = Page::read(&scope, Some("7"), Some(&cursor), LIMITS).unwrap();
        assert_eq!(
            page,
            Page {
                limit: 7,
                after: Some("0001618000000000#id".to_owned())
            }
        );
        let first = Page::read(&scope, None, None, LIMITS).unwrap();
        assert_eq!(
            first,
            Page {
                limit: 20,
                after: None
            }
        );
    }

    #[test]
    fn the_longest_position_and_the_shortest_and_longest_page_are_taken() {
        let scope = scope("131016");
        let longest = "x".repeat(200);
        let cursor = write(&scope, &longest);
        for (limit, many) in [("1", 1), ("100", 100)] {
            let page = Page::read(&scope, Some(limit), Some(&cursor), LIMITS).unwrap();
            assert_eq!((page.limit, page.after), (many, Some(longest.clone())));
        }
    }

    #[test]
    fn a_cursor_of_another_municipality_is_none() {
        let cursor = write(&scope("131016"), "x#y");
        let problem = Page::read(&scope("011002"), None, Some(&cursor), LIMITS).unwrap_err();
        assert_eq!(
            (problem.field(), problem.fault()),
            (Some("after"), Some(Fault::Cursor))
        );
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let scope = scope("131016");
        let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let cases = [
            String::new(),
            "x".to_owned(),
            "MSAx==".to_owned(),
            "1 131016 x".to_owned(),
            encode("131016 x"),
            encode("2 131016 x"),
            encode("1 131016 "),
            encode("1 131016x"),
            encode("1 131016 a b"),
            encode("1 131016 あ"),
            encode("1 131016 a\0"),
            encode(&format!("1 131016 {}", "x".repeat(201))),
            BASE64URL_NOPAD.encode(b"1 131016 \xFF"),
        ];
        for cursor in cases {
            assert!(
                Page::read(&scope, None, Some(&cursor), LIMITS).is_err(),
                "{cursor}"
            );
        }
    }

    #[test]
    fn a_limit_is_a_whole_number_within_its_bounds() {
        for limit in [
            "0",
            "101",
            "-1",
            "+5",
            "",
            " 5",
            "5.0",
            "５",
            "4294967296",
            "1,2",
        ] {
            let problem = Page::read(&scope("131016"), Some(limit), None, LIMITS).unwrap_err();
            assert_eq!(
                (problem.field(), problem.fault()),
                (Some("limit"), Some(Fault::Number))
            );
        }
    }
}
