use std::fmt;

use super::{RowCheck, Suspect};
use crate::ProblemCode;

/// The columns that `errors.csv` adds. Known, and passed over.
pub const ERROR_COLUMNS: [&str; 2] = ["エラーコード", "エラー内容"];

/// No layout has more.
pub(crate) const MAX_COLUMNS: usize = 16;
/// How many bits hold the index of a record, beside its keys.
pub(crate) const INDEX_BITS: u32 = 27;
/// The most records that a file may have. With these its check fits into 512 MB of memory, whatever the rows say;
/// with more it might be killed, and there would be no receipt. For each row it holds eight bytes a key until the end of
/// the file, and for a row that shares all its keys with others, at most:
///
/// - residents: 24 for the keys, 24 for what is to be read again, 16 for what is certain, and 20 for a tag to be
///   removed or 4 if it is refused; beside 8 while they are sorted: 76 or fewer at once, as the keys go one by one
/// - doses: 64 for what is to be read again, 8 for the last of the keys, 8 while they are sorted, 4 if it is refused: 84
///
/// So the rows come to 420 MB; bits for 2^27 keys, twice, are 32 MB, all else some 30 MB. The largest municipality
/// has 3.8 million residents.
pub(crate) const MAX_ROWS: u32 = 5_000_000;
const _: () = assert!(MAX_ROWS <= 1 << INDEX_BITS, "an index has its room");

/// A column of a layout.
pub trait LayoutColumn: Copy + Eq + fmt::Debug + 'static {
    /// All of them, in the order of the layout.
    const ALL: &'static [Self];

    /// Its name in our layout.
    fn name(self) -> &'static str;

    /// Whether a file must have it, filled in on every row.
    fn is_required(self) -> bool;

    /// Its place in [`LayoutColumn::ALL`].
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
    /// Finds rows of a file that share what no two may.
    type Duplicates: Duplicates<Self>;

    /// The rules for every column of a row that has as many fields as the header.
    fn read<'r>(check: &mut RowCheck<'r, '_, Self>) -> Self::Parts<'r>;

    /// Of a row that has too few fields or too many.
    fn nothing<'r>() -> Self::Parts<'r>;

    /// `text`: what the row's cells were decoded to.
    fn keys<'a>(parts: &Self::Parts<'a>, text: &'a str) -> Self::Keys<'a>;

    /// `None` where something is missing, which was noted as a problem.
    fn row<'a>(parts: &Self::Parts<'a>, text: &'a str) -> Option<Self::Row<'a>>;

    /// The column that a problem shows in, where it was found beyond the row.
    fn column_beyond(code: ProblemCode) -> Option<Self::Column>;
}

/// Collects what the rows of a file must not share.
pub trait Duplicates<L: Layout>: Send {
    /// What it finds.
    type Suspects: Suspects<L>;

    /// For a file of which nothing was read yet. `seed`: anything that the writer of the file cannot know beforehand.
    fn new(seed: u64) -> Self;

    /// Adds a row, accepted or refused.
    fn add(&mut self, index: u32, keys: &L::Keys<'_>);

    /// The end of the file.
    fn finish(self) -> Self::Suspects;
}

/// Rows that share something, or seem to. To be certain, read some of them again and say what they hold.
pub trait Suspects<L: Layout>: Send {
    /// The rows to be read again, ascending, each once.
    fn indexes(&self) -> Vec<u32>;

    /// What stands on such a row. Other rows are passed over.
    fn tell(&mut self, index: u32, keys: &L::Keys<'_>);

    /// The rows that do share something, by index. Rows of which nothing was told are taken to.
    fn finish(self) -> Vec<Suspect>;
}

/// The column of this name.
pub(crate) fn of_name<C: LayoutColumn>(name: &str) -> Option<C> {
    C::ALL.iter().copied().find(|column| column.name() == name)
}
