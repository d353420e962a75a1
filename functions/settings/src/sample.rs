//! The beginning of a file, read by a mapping that is tried out. The same rules as for a file that is
//! dropped; only what needs the register (who is unknown, what would be removed) is not looked at.

use std::collections::BTreeMap;

use api::{Fault, Fields, Problem};
use data_encoding::BASE64;
use domain::{Date, FileKind, Sensitive, TenantCode, TenantSettings};
use layouts::{ColumnMapping, Rules, check_settings, doses::Doses, residents::Residents};

use crate::change::columns;
use crate::look::{Look, Seen};

/// As much of a file as is taken, in bytes.
const LIMIT: usize = 256 * 1024;
/// The same in characters of Base64.
const ENCODED_LIMIT: usize = LIMIT.div_ceil(3) * 4;
const WORD_LIMIT: usize = 20;
/// A piece of a file, and the mapping to be tried.
pub(crate) struct Sample {
    kind: FileKind,
    columns: Option<BTreeMap<String, String>>,
    bytes: Sensitive<Vec<u8>>,
    /// Whether this is all of the file.
    is_complete: bool,
}

fn no_mapping() -> Problem {
    Problem::invalid("kind", Fault::FileKind)
}

impl Sample {
    pub(crate) fn read(mut fields: Fields) -> Result<Self, Problem> {
        let kind = fields.text("kind", WORD_LIMIT)?;
        let kind = kind.expose().parse();
        let kind = kind.map_err(|_| no_mapping())?;
        if kind == FileKind::Inquiries {
            // They are made for us: their columns have our names.
            return Err(no_mapping());
        }
        let columns = columns(&mut fields, "columns")?;
        let encoded = fields.text("sample", ENCODED_LIMIT)?;
        let is_complete = fields.optional_flag("complete")?.unwrap_or(true);
        fields.done()?;
        let bytes = BASE64.decode(encoded.expose().as_bytes()).ok();
        let bytes = bytes.filter(|bytes| bytes.len() <= LIMIT);
        let bytes = bytes.ok_or(Problem::invalid("sample", Fault::Sample))?;
        Ok(Self {
            kind,
            columns,
            bytes: bytes.into(),
            is_complete,
        })
    }

    /// Reads it by the mapping, or by the one in force where none is given.
    pub(crate) fn look(
        self,
        tenant: TenantCode,
        settings: &TenantSettings,
        today: Date,
        seed: u64,
    ) -> Result<Seen, Problem> {
        let mut wanted = settings.clone();
        let place = match self.kind {
            FileKind::Residents => &mut wanted.columns,
            FileKind::Doses => &mut wanted.dose_columns,
            FileKind::Inquiries => return Err(no_mapping()),
        };
        if let Some(columns) = self.columns {
            *place = columns;
        }
        let invalid = || Problem::invalid("columns", Fault::Columns);
        check_settings(&wanted).map_err(|_| invalid())?;
        let look = Look {
            bytes: self.bytes.expose(),
            is_complete: self.is_complete,
            seed,
            rules: Rules {
                tenant,
                today,
                max_bytes: LIMIT as u64,
            },
        };
        match self.kind {
            FileKind::Residents => {
                let mapping = ColumnMapping::of::<Residents>(wanted.columns);
                Ok(look.of::<Residents>(&mapping.map_err(|_| invalid())?))
            }
            FileKind::Doses => {
                let mapping = ColumnMapping::of::<Doses>(wanted.dose_columns);
                Ok(look.of::<Doses>(&mapping.map_err(|_| invalid())?))
            }
            FileKind::Inquiries => Err(no_mapping()),
        }
    }
}
