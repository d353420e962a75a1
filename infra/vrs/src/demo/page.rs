//! How the demonstration is written, and what it holds itself to.

use std::io::{self, Write};

use anyhow::{Result, bail};

use crate::text::{padded, width};

/// What is printed. A statement is printed only after the check that it holds.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    chapter: u32,
    /// Checks that held.
    pub(super) checked: u32,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self {
            out,
            chapter: 0,
            checked: 0,
        }
    }

    /// What the page begins and ends with.
    pub(super) fn title(&mut self, title: &str) -> io::Result<()> {
        writeln!(self.out, "\n{title}\n")
    }

    /// Begins a chapter.
    pub(super) fn chapter(&mut self, title: &str) -> io::Result<()> {
        self.chapter += 1;
        writeln!(self.out, "\n{}  {title}\n", self.chapter)
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", format!("   {text}").trim_end())
    }

    /// A line of columns; the widths are where each begins to leave room for the next.
    pub(super) fn columns(&mut self, cells: &[(&str, usize)]) -> io::Result<()> {
        let line: String = cells
            .iter()
            .map(|(text, columns)| padded(text, *columns))
            .collect();
        self.line(&line)
    }

    /// Where something else prints.
    pub(super) fn out(&mut self) -> &mut dyn Write {
        self.out
    }

    /// Ends the demonstration unless `holds`.
    pub(super) fn check(&mut self, holds: bool, what: &str) -> Result<()> {
        if !holds {
            bail!("this does not hold: {what}");
        }
        self.checked += 1;
        Ok(())
    }

    /// Ends the demonstration unless both are equal.
    pub(super) fn equal<T: PartialEq + std::fmt::Debug>(
        &mut self,
        found: &T,
        expected: &T,
        what: &str,
    ) -> Result<()> {
        if found != expected {
            bail!("this does not hold: {what}\n  found    {found:?}\n  expected {expected:?}");
        }
        self.checked += 1;
        Ok(())
    }
}

/// The text, cut to so many columns of a terminal.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        if width(&short) + width(character.encode_utf8(&mut [0; 4])) + 1 > columns {
            break;
        }
        short.push(character);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_to_the_width_of_the_terminal() {
        assert_eq!(cut("山田太郎", 8), "山田太郎");
        assert_eq!(cut("山田太郎", 7), "山田太…");
        assert_eq!(cut("abc", 2), "a…");
    }

    #[test]
    fn what_does_not_hold_ends_it() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out);
        assert!(page.check(true, "sums").is_ok());
        assert!(page.check(false, "sums").is_err());
        assert!(page.equal(&1, &1, "sums").is_ok());
        assert!(page.equal(&1, &2, "sums").is_err());
        assert_eq!(page.checked, 2);
    }
}
