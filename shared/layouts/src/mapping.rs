use std::collections::BTreeMap;

use thiserror::Error;

use crate::file::{Layout, of_name};

/// How a municipality's system names the columns: its name -> ours. Part of the tenant's settings;
/// which of our names exist, each layout knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMapping(BTreeMap<String, String>);

/// Why a mapping cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MappingProblem {
    /// A name is mapped to something that is no column of the layout.
    #[error("the layout has no column \"{0}\"")]
    NoSuchColumn(String),
    /// Two names are mapped to one column. Both could stand in one file, so it is refused at once.
    #[error("more than one name is mapped to the column \"{0}\"")]
    MappedTwice(String),
}

impl ColumnMapping {
    /// For files of a layout, from pairs of the municipality's column name and ours.
    pub fn of<L: Layout>(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, MappingProblem> {
        let mut mapping = BTreeMap::new();
        for (theirs, ours) in pairs {
            if of_name::<L::Column>(&ours).is_none() {
                return Err(MappingProblem::NoSuchColumn(ours));
            }
            if mapping.values().any(|taken| *taken == ours) {
                return Err(MappingProblem::MappedTwice(ours));
            }
            mapping.insert(trimmed(&theirs).to_owned(), ours);
        }
        Ok(Self(mapping))
    }

    /// The pairs, the municipality's name first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(theirs, ours)| (theirs.as_str(), ours.as_str()))
    }

    /// Our name for a cell of a header; the cell itself where it is not mapped.
    #[must_use]
    pub fn ours<'a>(&'a self, cell: &'a str) -> &'a str {
        let cell = trimmed(cell);
        self.0.get(cell).map_or(cell, String::as_str)
    }
}

/// Without blanks around it, of whatever width: ideographic ones, and those that tables of the web put into
/// empty cells. No control character is a blank.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() && !c.is_control())
}
