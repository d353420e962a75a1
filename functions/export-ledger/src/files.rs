//! The files of an export while they are written.

use std::collections::BTreeMap;

use crypto::Sha256;
use domain::{
    Dose, DoseNumber, DoseState, Encoding, ExportId, ExportScope, ProgrammeCode, TenantCode,
    TenantScope, japan_time,
};
use jiff::Timestamp;
use layouts::ledger::{LedgerDose, LedgerSummary, LedgerWriter};
use objects::{ExportFile, ObjectName, Objects, Writer};
use store::{DoseRevision, PersonDoses, StoreError};

use crate::ExportError;
use crate::export::Widths;
use crate::fhir::{self, Status};

/// Bytes are handed to an object this many at a time.
const HAND_OVER: usize = 64 * 1024;
/// Every table has columns for at least this many doses.
const LEAST: u8 = 2;

/// How the files are to be.
#[derive(Clone)]
pub(crate) struct Shape {
    pub(crate) export: ExportId,
    pub(crate) scope: ExportScope,
    pub(crate) encoding: Encoding,
    pub(crate) widths: Widths,
}

/// Files that do not exist before [`Files::finish`].
pub(crate) struct Files {
    municipality: TenantCode,
    shape: Shape,
    tables: BTreeMap<ProgrammeCode, Tables>,
    patients: Lines,
    immunizations: Lines,
    retracted: u64,
    seen: Widths,
}

/// The ledger of a programme, and who is waited for.
struct Tables {
    ledger: Table,
    waiting: Table,
}

struct Table {
    csv: LedgerWriter<Vec<u8>>,
    object: Hashed,
}

struct Lines {
    buffer: Vec<u8>,
    object: Hashed,
    written: u64,
}

/// An object and the hash of what is in it.
struct Hashed {
    file: ExportFile,
    key: String,
    object: Writer,
    sha256: Sha256,
    bytes: u64,
}

/// A file that exists.
pub(crate) struct Finished {
    pub(crate) file: ExportFile,
    pub(crate) key: String,
    pub(crate) version: String,
    pub(crate) sha256: [u8; 32],
    pub(crate) bytes: u64,
    pub(crate) summary: LedgerSummary,
}

impl Files {
    pub(crate) fn begin(
        drop: &Objects,
        scope: &TenantScope,
        mut shape: Shape,
    ) -> Result<Self, ExportError> {
        // There is a ledger even when there is nothing to write into it.
        shape
            .widths
            .entry(ProgrammeCode::COVID19)
            .or_insert(least());
        for width in shape.widths.values_mut() {
            *width = (*width).max(least());
        }
        let hashed = |file| Hashed::new(drop, scope, shape.export, file);
        let municipality = scope.code();
        let table = |file, width| -> Result<Table, ExportError> {
            Ok(Table {
                csv: LedgerWriter::new(Vec::new(), shape.encoding, municipality, width)?,
                object: hashed(file),
            })
        };
        let mut tables = BTreeMap::new();
        for (programme, width) in &shape.widths {
            let both = Tables {
                ledger: table(ExportFile::Ledger(*programme), *width)?,
                waiting: table(ExportFile::Waiting(*programme), *width)?,
            };
            tables.insert(*programme, both);
        }
        let lines = |file| Lines {
            buffer: Vec::new(),
            object: hashed(file),
            written: 0,
        };
        Ok(Self {
            municipality,
            patients: lines(ExportFile::Patients),
            immunizations: lines(ExportFile::Immunizations),
            retracted: 0,
            tables,
            seen: Widths::from([(ProgrammeCode::COVID19, least())]),
            shape,
        })
    }

    pub(crate) const fn scope(&self) -> ExportScope {
        self.shape.scope
    }

    /// For how many doses the tables have columns.
    pub(crate) const fn widths(&self) -> &Widths {
        &self.shape.widths
    }

    /// For how many they need them, by what was written.
    pub(crate) fn seen(&self) -> Widths {
        self.seen.clone()
    }

    /// How many immunizations take a dose back.
    pub(crate) const fn retracted(&self) -> u64 {
        self.retracted
    }

    /// Whether a dose is exported: those in force are.
    #[expect(clippy::unused_self, reason = "the rule belongs to the files")]
    pub(crate) const fn holds(&self, dose: &DoseRevision) -> bool {
        matches!(dose.state, DoseState::Recorded)
    }

    /// Writes a person and their doses in force: a row in the ledger of each programme they have
    /// doses of, a patient, and an immunization for each dose. Among changes there is one as well for each
    /// number that has no dose in force any more, with what it said last: else whoever keeps the resources of
    /// one export after the other would hold it for ever.
    pub(crate) async fn person(&mut self, person: &PersonDoses) -> Result<(), ExportError> {
        let damaged = StoreError::Damaged {
            what: "person of a dose",
        };
        let resident = &person.person.as_ref().ok_or(damaged)?.resident.resident;
        for (programme, tables) in &mut self.tables {
            let of_programme = |dose: &&DoseRevision| dose.dose.programme == *programme;
            let all = || person.doses.iter().filter(of_programme);
            let in_force = all().filter(|dose| dose.state == DoseState::Recorded);
            let row: Vec<_> = in_force
                .map(|it| ledger_dose(&it.dose, it.recorded_at))
                .collect();
            let is_wanted = !row.is_empty()
                || self.shape.scope == ExportScope::Changed && all().next().is_some();
            if !is_wanted {
                continue;
            }
            tables.ledger.csv.person(resident.number.expose(), &row)?;
            let most = row.iter().map(|it| it.dose.number).max();
            note(&mut self.seen, *programme, most.unwrap_or(least()));
            tables.ledger.hand_over().await?;
        }
        let patient = fhir::Patient::of(self.municipality, person.tag, resident);
        self.patients.line(&patient).await?;
        for dose in person
            .doses
            .iter()
            .filter(|it| it.state == DoseState::Recorded)
        {
            self.immunization(person, dose, Status::Completed).await?;
        }
        if self.shape.scope == ExportScope::Changed {
            for dose in taken_back(person) {
                self.immunization(person, dose, Status::EnteredInError)
                    .await?;
                self.retracted += 1;
            }
        }
        Ok(())
    }

    async fn immunization(
        &mut self,
        person: &PersonDoses,
        dose: &DoseRevision,
        status: Status,
    ) -> Result<(), ExportError> {
        let immunization = fhir::Immunization::of(person.tag, &dose.dose, dose.recorded_at, status);
        self.immunizations.line(&immunization).await
    }

    /// Writes a dose that waits for its person.
    pub(crate) async fn waiting(&mut self, dose: &Dose, at: Timestamp) -> Result<(), ExportError> {
        if let Some(tables) = self.tables.get_mut(&dose.programme) {
            tables.waiting.csv.waiting(ledger_dose(dose, at))?;
            note(&mut self.seen, dose.programme, dose.number);
            tables.waiting.hand_over().await?;
        }
        Ok(())
    }

    /// Makes them exist.
    pub(crate) async fn finish(self) -> Result<Vec<Finished>, ExportError> {
        let mut finished = Vec::new();
        for (_, tables) in self.tables {
            finished.push(tables.ledger.finish().await?);
            finished.push(tables.waiting.finish().await?);
        }
        finished.push(self.patients.finish().await?);
        finished.push(self.immunizations.finish().await?);
        Ok(finished)
    }

    /// Gives them up. What could not be removed is gone after a day, by the bucket's own rule.
    pub(crate) async fn abort(self) {
        let tables = self.tables.into_values();
        let tables = tables.flat_map(|it| [it.ledger.object, it.waiting.object]);
        let lines = [self.patients.object, self.immunizations.object];
        for file in tables.chain(lines) {
            if let Err(error) = file.object.abort().await {
                tracing::warn!(error = %error, "parts of an export were left");
            }
        }
    }
}

/// What was last in force under each number that has no dose in force now: cancelled, or in doubt since it was
/// corrected.
fn taken_back(person: &PersonDoses) -> impl Iterator<Item = &DoseRevision> {
    let gone = person.doses.iter();
    let gone = gone.filter(|now| now.state != DoseState::Recorded);
    gone.filter_map(|now| {
        let same = |was: &&DoseRevision| {
            (was.dose.programme, was.dose.number) == (now.dose.programme, now.dose.number)
                && was.state == DoseState::Recorded
        };
        let was = person.history.iter().filter(same);
        was.max_by_key(|was| was.revision)
    })
}

const fn least() -> DoseNumber {
    match DoseNumber::new(LEAST) {
        Some(least) => least,
        // Two is a number of a dose; evaluated while compiling.
        None => unreachable!(),
    }
}

fn note(seen: &mut Widths, programme: ProgrammeCode, number: DoseNumber) {
    let most = seen.entry(programme).or_insert(least());
    *most = (*most).max(number);
}

fn ledger_dose(dose: &Dose, at: Timestamp) -> LedgerDose<'_> {
    LedgerDose {
        dose,
        registered_at: japan_time(at),
    }
}

impl Table {
    async fn hand_over(&mut self) -> Result<(), ExportError> {
        if self.csv.pending() >= HAND_OVER {
            let bytes = self.csv.take()?;
            self.object.write(&bytes).await?;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Finished, ExportError> {
        let (bytes, summary) = self.csv.finish()?;
        self.object.write(&bytes).await?;
        self.object.finish(summary).await
    }
}

impl Lines {
    async fn line(&mut self, resource: &impl serde::Serialize) -> Result<(), ExportError> {
        serde_json::to_writer(&mut self.buffer, resource)?;
        self.buffer.push(b'\n');
        self.written += 1;
        if self.buffer.len() >= HAND_OVER {
            self.object.write(&self.buffer).await?;
            self.buffer.clear();
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Finished, ExportError> {
        self.object.write(&self.buffer).await?;
        let summary = LedgerSummary {
            rows: self.written,
            ..LedgerSummary::default()
        };
        self.object.finish(summary).await
    }
}

impl Hashed {
    fn new(drop: &Objects, scope: &TenantScope, export: ExportId, file: ExportFile) -> Self {
        let name = ObjectName::Export(export, file);
        Self {
            file,
            key: name.key(scope),
            object: drop.writer(scope, &name),
            sha256: Sha256::default(),
            bytes: 0,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(self.object.write(bytes).await?)
    }

    async fn finish(self, summary: LedgerSummary) -> Result<Finished, ExportError> {
        Ok(Finished {
            version: self.object.finish().await?,
            file: self.file,
            key: self.key,
            sha256: self.sha256.finish(),
            bytes: self.bytes,
            summary,
        })
    }
}
