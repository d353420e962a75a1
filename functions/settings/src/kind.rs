//! What the two kinds of files have of their own when a piece of one is looked at.

use domain::TenantCode;
use layouts::{
    Layout, ProblemCode, Suspect,
    doses::{self, Doses},
    residents::{self, Residents},
};

use crate::understood;

/// A kind of file.
pub(crate) trait Kind: Layout {
    /// Finds rows that share something.
    type Duplicates;

    /// None yet. `seed`: anything that who wrote the file does not know beforehand.
    fn begin(seed: u64) -> Self::Duplicates;

    /// Adds a row, be it accepted or refused.
    fn add(duplicates: &mut Self::Duplicates, index: u32, keys: &Self::Keys<'_>);

    /// The rows that share what no two may. `again` tells the keys of every row once more.
    fn shared(
        duplicates: Self::Duplicates,
        again: impl Fn(&mut dyn FnMut(u32, &Self::Keys<'_>)),
    ) -> Vec<Suspect>;

    /// The column that is named where rows share something.
    fn shared_column(code: ProblemCode) -> Option<&'static str>;

    /// What a row was understood as in one column.
    fn cell(row: &Self::Row<'_>, column: Self::Column, tenant: TenantCode) -> Option<String>;
}

impl Kind for Residents {
    type Duplicates = residents::Duplicates;

    fn begin(seed: u64) -> Self::Duplicates {
        residents::Duplicates::new(seed)
    }

    fn add(duplicates: &mut Self::Duplicates, index: u32, keys: &residents::RowKeys<'_>) {
        duplicates.add(index, keys);
    }

    fn shared(
        duplicates: Self::Duplicates,
        again: impl Fn(&mut dyn FnMut(u32, &residents::RowKeys<'_>)),
    ) -> Vec<Suspect> {
        let residents::Suspects {
            certain: mut shared,
            mut numbers,
        } = duplicates.finish();
        again(&mut |index, keys| {
            if let Some(number) = keys.number {
                numbers.tell(index, number);
            }
        });
        shared.extend(numbers.finish());
        shared
    }

    fn shared_column(code: ProblemCode) -> Option<&'static str> {
        code.shared_resident_column().map(residents::Column::name)
    }

    fn cell(row: &Self::Row<'_>, column: residents::Column, tenant: TenantCode) -> Option<String> {
        understood::of_resident(row, column, tenant)
    }
}

impl Kind for Doses {
    type Duplicates = doses::Duplicates;

    fn begin(seed: u64) -> Self::Duplicates {
        doses::Duplicates::new(seed)
    }

    fn add(duplicates: &mut Self::Duplicates, index: u32, keys: &doses::RowKeys<'_>) {
        duplicates.add(index, keys);
    }

    fn shared(
        duplicates: Self::Duplicates,
        again: impl Fn(&mut dyn FnMut(u32, &doses::RowKeys<'_>)),
    ) -> Vec<Suspect> {
        let mut suspects = duplicates.finish();
        again(&mut |index, keys| suspects.tell(index, keys));
        suspects.finish()
    }

    fn shared_column(code: ProblemCode) -> Option<&'static str> {
        code.shared_dose_column().map(doses::Column::name)
    }

    fn cell(row: &Self::Row<'_>, column: doses::Column, tenant: TenantCode) -> Option<String> {
        understood::of_dose(row, column, tenant)
    }
}
