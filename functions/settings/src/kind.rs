//! What the two kinds of files have of their own when a piece of one is looked at.

use domain::TenantCode;
use layouts::{
    Layout,
    doses::{self, Doses},
    residents::{self, Residents},
};

use crate::understood;

/// A kind of file.
pub(crate) trait Kind: Layout {
    /// What a row was understood as in one column.
    fn cell(row: &Self::Row<'_>, column: Self::Column, tenant: TenantCode) -> Option<String>;
}

impl Kind for Residents {
    fn cell(row: &Self::Row<'_>, column: residents::Column, tenant: TenantCode) -> Option<String> {
        understood::of_resident(row, column, tenant)
    }
}

impl Kind for Doses {
    fn cell(row: &Self::Row<'_>, column: doses::Column, tenant: TenantCode) -> Option<String> {
        understood::of_dose(row, column, tenant)
    }
}
