use std::collections::HashMap;

use super::row::RowKeys;
use super::rules::Inquiries;
use crate::ProblemCode;
use crate::file::{self, Suspect};

/// Collects the 整理番号 of a file, then says which stand there more than once: their answers could not
/// be told apart. Files of inquiries are small, so the numbers are kept as they are.
#[derive(Default)]
pub struct Duplicates(HashMap<Box<str>, Vec<u32>>);

/// Rows that share their number. All of them are certain.
pub struct ReferenceSuspects(Vec<Suspect>);

impl file::Duplicates<Inquiries> for Duplicates {
    type Suspects = ReferenceSuspects;

    fn new(_: u64) -> Self {
        Self::default()
    }

    fn add(&mut self, index: u32, keys: &RowKeys<'_>) {
        if let Some(reference) = keys.reference {
            self.0.entry(reference.into()).or_default().push(index);
        }
    }

    fn finish(self) -> ReferenceSuspects {
        let shared = self.0.into_values().filter(|rows| rows.len() > 1);
        let suspect = |index| Suspect {
            index,
            code: ProblemCode::ReferenceTwice,
        };
        let mut suspects: Vec<_> = shared.flatten().map(suspect).collect();
        suspects.sort_unstable();
        ReferenceSuspects(suspects)
    }
}

impl file::Suspects<Inquiries> for ReferenceSuspects {
    fn indexes(&self) -> Vec<u32> {
        Vec::new()
    }

    fn tell(&mut self, _: u32, _: &RowKeys<'_>) {}

    fn finish(self) -> Vec<Suspect> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Duplicates as _, Suspects as _};

    #[test]
    fn rows_that_share_a_number_are_all_found() {
        let mut duplicates = Duplicates::default();
        for (index, reference) in (0..).zip([Some("1"), Some("2"), None, Some("1"), None]) {
            duplicates.add(index, &RowKeys { reference });
        }
        let found = duplicates.finish().finish();
        let found: Vec<u32> = found.iter().map(|it| it.index).collect();
        assert_eq!(found, [0, 3]);
    }
}
