use std::collections::BTreeMap;

use crate::{Encoding, ExportScope, FileKind, KnownLots};

static OUR_NAMES: BTreeMap<String, String> = BTreeMap::new();

/// What a municipality may set for its own files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSettings {
    /// Columns of the municipality's residents files, by the name that stands in the header -> our name.
    pub columns: BTreeMap<String, String>,
    /// The same of its dose files.
    pub dose_columns: BTreeMap<String, String>,
    /// A file with more refused rows than this percentage is refused whole.
    pub max_refused_percent: u8,
    /// A file that removes more of the register than this percentage is held for confirmation; so is one that lifts
    /// the protection (支援措置) of more than this percentage of those who have it.
    pub max_removed_percent: u8,
    /// Lots that were delivered to the municipality.
    pub lots: KnownLots,
    /// The encoding of exports for the ledger.
    pub export_encoding: Encoding,
    /// The persons whose doses a nightly export holds.
    pub export_scope: ExportScope,
    /// How many inquiries the municipality may make in a day; one for every fifty residents, and
    /// not less than a hundred, when it is not set.
    pub inquiries_per_day: Option<u32>,
    /// What the operator allows of these at most, whatever the municipality sets itself.
    pub inquiries_at_most: Option<u32>,
    /// Whether inquiries about address-protected residents wait for the municipality's own decision;
    /// and those about residents of whom no file has said whether they are.
    pub hold_protected: bool,
    /// Counts the changes of these settings, from 1.
    pub revision: u32,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            columns: BTreeMap::new(),
            dose_columns: BTreeMap::new(),
            max_refused_percent: 10,
            max_removed_percent: 20,
            lots: KnownLots::default(),
            export_encoding: Encoding::Utf8 { bom: true },
            export_scope: ExportScope::Full,
            inquiries_per_day: None,
            inquiries_at_most: None,
            hold_protected: true,
            revision: 1,
        }
    }
}

impl TenantSettings {
    /// How the municipality's system names the columns of such a file; those of inquiries have our names.
    #[must_use]
    pub const fn columns_of(&self, kind: FileKind) -> &BTreeMap<String, String> {
        match kind {
            FileKind::Residents => &self.columns,
            FileKind::Doses => &self.dose_columns,
            FileKind::Inquiries => &OUR_NAMES,
        }
    }
}
