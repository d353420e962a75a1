use std::collections::HashMap;

use super::row::RowKeys;
use crate::ProblemCode;
use crate::file::Suspect;

/// Collects the 整理番号 of a file, then says which stand there more than once: their answers could not
/// be told apart. Files of inquiries are small, so the numbers are kept as they are.
#[derive(Default)]
pub struct Duplicates(HashMap<Box<str>, Vec<u32>>);

impl Duplicates {
    /// Adds a row, be it accepted or refused.
    pub fn add(&mut self, index: u32, keys: &RowKeys<'_>) {
        if let Some(reference) = keys.reference {
            self.0.entry(reference.into()).or_default().push(index);
        }
    }

    /// The rows that share their number, by index.
    #[must_use]
    pub fn finish(self) -> Vec<Suspect> {
        let shared = self.0.into_values().filter(|rows| rows.len() > 1);
        let mut suspects: Vec<_> = shared
            .flatten()
            .map(|index| Suspect {
                index,
                code: ProblemCode::ReferenceTwice,
            })
            .collect();
        suspects.sort_unstable();
        suspects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_share_a_number_are_all_found() {
        let mut duplicates = Duplicates::default();
        for (index, reference) in (0..).zip([Some("1"), Some("2"), None, Some("1"), None]) {
            duplicates.add(index, &RowKeys { reference });
        }
        let found: Vec<u32> = duplicates.finish().iter().map(|it| it.index).collect();
        assert_eq!(found, [0, 3]);
    }
}
