use std::fmt;

use thiserror::Error;

use crate::OwnedText;

/// Text that somebody wrote beside a dose, of 1 to `MOST` characters, with its bytes as they came where
/// those say more. Cleared when dropped; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ShortText<const MOST: usize>(OwnedText);

/// Why a text cannot stand beside a dose. Carries nothing of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ShortTextError {
    /// Nothing, or blanks only.
    #[error("the text is empty")]
    Empty,
    /// More characters than it may have.
    #[error("the text is too long")]
    Long,
    /// A control character or one that cannot be seen.
    #[error("the text has control or invisible characters")]
    Unseen,
}

impl<const MOST: usize> ShortText<MOST> {
    /// Takes a text as it came; nothing of it is changed.
    pub fn new(text: OwnedText) -> Result<Self, ShortTextError> {
        let utf8 = text.utf8.expose();
        if utf8.trim().is_empty() {
            return Err(ShortTextError::Empty);
        }
        if utf8.chars().count() > MOST {
            return Err(ShortTextError::Long);
        }
        if utf8.chars().any(is_unseen) {
            return Err(ShortTextError::Unseen);
        }
        Ok(Self(text))
    }

    /// Takes a text that UTF-8 says completely.
    pub fn parse(text: &str) -> Result<Self, ShortTextError> {
        Self::new(OwnedText::new(text))
    }

    /// The text itself. Not for logs, errors, metrics, object names, paths or queries.
    #[must_use]
    pub const fn text(&self) -> &OwnedText {
        &self.0
    }

    /// Its UTF-8. Not for logs, errors, metrics, object names, paths or queries.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.utf8.expose()
    }
}

impl<const MOST: usize> fmt::Debug for ShortText<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShortText")
    }
}

/// Control characters, those without a shape, and those that only steer the direction of text.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_as_it_came_within_its_length() {
        let text = ShortText::<5>::parse(" 第一会場").unwrap();
        assert_eq!(text.expose(), " 第一会場");
        assert_eq!(format!("{text:?}"), "ShortText");
        let refused = |text| ShortText::<5>::parse(text).unwrap_err();
        assert_eq!(refused("\u{3000} "), ShortTextError::Empty);
        assert_eq!(refused("第一大会場所"), ShortTextError::Long);
        assert_eq!(refused("一\n二"), ShortTextError::Unseen);
        assert_eq!(refused("一\u{202E}二"), ShortTextError::Unseen);
    }
}
