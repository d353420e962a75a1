//! What an export says of itself: how the receiver knows that it has all of it, as it was written.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use layouts::ledger::Substitution;
use serde::Serialize;
use store::DoseCounts;

use crate::ExportError;
use crate::files::Finished;
use crate::read::Job;

#[derive(Serialize)]
pub(crate) struct Manifest {
    export: String,
    municipality: String,
    scope: &'static str,
    encoding: &'static str,
    begun_at: String,
    /// Changes from this day on; `null` for everybody.
    since: Option<String>,
    /// The export of a night that it goes on from; `null` for everybody, and before the first.
    continues: Option<String>,
    /// All doses of the municipality by state, as the records count them; those in force are
    /// `recorded`.
    counts: BTreeMap<&'static str, i64>,
    /// Immunizations with the status `entered-in-error`: doses that were in force and are not any more. None in an
    /// export of everybody.
    retracted: u64,
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    name: String,
    key: String,
    /// Version of the object: what was published, whatever is written there later.
    version: String,
    bytes: u64,
    sha256: String,
    /// Without the header.
    rows: u64,
    doses: u64,
    /// Characters that the encoding lacks.
    substituted: u64,
    /// The first of them.
    substitutions: Vec<Substituted>,
}

#[derive(Serialize)]
struct Substituted {
    line: u64,
    column: String,
    /// Such as `U+20BB7`.
    character: String,
    /// What stands for it; empty if nothing does.
    written: String,
    /// `twin`, `composed` (a mark of its own: what is written stands for it and the kana before it), `left-out` or
    /// `geta`.
    rule: String,
}

impl Manifest {
    pub(crate) fn of(
        job: &Job<'_>,
        counts: &DoseCounts,
        retracted: u64,
        files: Vec<Finished>,
    ) -> Self {
        Self {
            export: job.asked.id.to_string(),
            municipality: job.scope.code().to_string(),
            scope: job.asked.scope.as_str(),
            encoding: job.asked.encoding.as_str(),
            begun_at: job.begun_at.to_string(),
            since: job.since.map(|day| day.to_string()),
            continues: job.continues.map(|id| id.to_string()),
            counts: counts.parts().into_iter().collect(),
            retracted,
            files: files.into_iter().map(File::of).collect(),
        }
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>, ExportError> {
        Ok(serde_json::to_vec_pretty(self)?)
    }
}

impl File {
    fn of(file: Finished) -> Self {
        Self {
            name: file.file.name(),
            key: file.key,
            version: file.version,
            bytes: file.bytes,
            sha256: HEXLOWER.encode(&file.sha256),
            rows: file.summary.rows,
            doses: file.summary.doses,
            substituted: file.summary.substituted,
            substitutions: file
                .summary
                .substitutions
                .iter()
                .map(Substituted::of)
                .collect(),
        }
    }
}

impl Substituted {
    fn of(it: &Substitution) -> Self {
        Self {
            line: it.line,
            column: it.column.clone(),
            character: format!("U+{:04X}", u32::from(it.character)),
            written: it.written.character().map(String::from).unwrap_or_default(),
            rule: it.written.to_string(),
        }
    }
}
