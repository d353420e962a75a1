use std::fmt;

use super::RowCheck;

/// The columns that `errors.csv` adds. Known, and passed over.
pub const ERROR_COLUMNS: [&str; 2] = ["エラーコード", "エラー内容"];

/// No layout has more.
pub(crate) const MAX_COLUMNS: usize = 16;
/// So many bits hold the index of a record, beside its keys.
pub(crate) const INDEX_BITS: u32 = 27;
/// So many records a file may have at most.
pub(crate) const MAX_ROWS: u32 = 1 << INDEX_BITS;

/// A column of a layout.
pub trait LayoutColumn: Copy + Eq + fmt::Debug + 'static {
    /// All of them, in the order of the layout.
    const COLUMNS: &'static [Self];

    /// Its name in our layout.
    fn title(self) -> &'static str;

    /// Whether a file must have it, filled in on every row.
    fn must_be(self) -> bool;

    /// Its place in [`LayoutColumn::COLUMNS`].
    fn place(self) -> usize;
}

/// What sets one layout apart from another.
pub trait Layout: Copy + fmt::Debug + Send + Sync + 'static {
    /// Its columns.
    type Column: LayoutColumn;
    /// What an accepted row says. Borrows from the file.
    type Row<'a>: Copy;
    /// What of a row matters beyond the row, as far as it could be read.
    type Keys<'a>: Copy;
    /// What was read off a row; complete if there was no problem.
    type Parts<'a>;

    /// The rules for every column of a row that has as many fields as the header.
    fn read<'r>(check: &mut RowCheck<'r, '_, Self>) -> Self::Parts<'r>;

    /// Of a row that has too few fields or too many.
    fn nothing<'r>() -> Self::Parts<'r>;

    /// `text`: what the row's cells were decoded to.
    fn keys<'a>(parts: &Self::Parts<'a>, text: &'a str) -> Self::Keys<'a>;

    /// `None` where something is missing, which was noted as a problem.
    fn row<'a>(parts: &Self::Parts<'a>, text: &'a str) -> Option<Self::Row<'a>>;
}

/// The column of this name.
pub(super) fn of_name<C: LayoutColumn>(name: &str) -> Option<C> {
    C::COLUMNS
        .iter()
        .copied()
        .find(|column| column.title() == name)
}
