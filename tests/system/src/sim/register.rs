//! The register as simply as it can be said: what each accepted file says of whom, in their order.

use std::collections::BTreeMap;

use domain::RowCounts;
use serde_json::Value;

use crate::file::Row;

/// What readers are shown of a resident.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// 個別宛名番号.
    pub number: String,
    /// 氏名.
    pub name: String,
    /// 券番号.
    pub coupon: String,
    /// `1980-04-12`
    pub birth_date: String,
}

impl Shown {
    /// As a row says it.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        let date = row.cell("生年月日");
        Self {
            number: row.cell("個別宛名番号").to_owned(),
            name: row.cell("氏名").to_owned(),
            coupon: row.cell("券番号").to_owned(),
            birth_date: format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]),
        }
    }

    /// As the API answers it.
    #[must_use]
    pub fn read(resident: &Value) -> Self {
        let text = |name: &str| resident[name].as_str().unwrap_or_default().to_owned();
        Self {
            number: text("number"),
            name: text("name"),
            coupon: text("coupon"),
            birth_date: text("birth_date"),
        }
    }
}

/// Everybody who was ever in the register, with the row that counts.
#[derive(Debug, Clone, Default)]
pub struct Register {
    known: BTreeMap<String, Row>,
}

/// Whether the rules refuse the row.
#[must_use]
pub(super) fn is_refused(row: &Row) -> bool {
    row.cell("性別") == "7"
}

fn removes(row: &Row) -> bool {
    row.cell("異動区分") == "2"
}

impl Register {
    /// Takes over what a file says.
    pub fn apply(&mut self, rows: &[Row]) -> RowCounts {
        let mut counts = RowCounts::default();
        for row in rows {
            let outcome = self.take_over(row);
            *outcome(&mut counts) += 1;
        }
        counts
    }

    fn take_over(&mut self, row: &Row) -> fn(&mut RowCounts) -> &mut u64 {
        let number = row.cell("個別宛名番号").to_owned();
        if is_refused(row) {
            return |counts| &mut counts.refused;
        }
        match self.known.get(&number) {
            Some(before) if before == row => return |counts| &mut counts.unchanged,
            None if removes(row) => return |counts| &mut counts.unchanged,
            _ => {}
        }
        match self.known.insert(number, row.clone()) {
            None => |counts| &mut counts.new,
            Some(before) if removes(row) && !removes(&before) => |counts| &mut counts.removed,
            Some(_) => |counts| &mut counts.changed,
        }
    }

    /// How many are known, removed ones included.
    #[must_use]
    pub fn known(&self) -> usize {
        self.known.len()
    }

    /// Everybody who is in force, by number.
    pub fn in_force(&self) -> impl Iterator<Item = Shown> {
        self.known
            .values()
            .filter(|row| !removes(row))
            .map(Shown::of)
    }
}
