//! What a run measures, part by part.

mod check;
mod doses;
mod exports;
mod inquiries;
mod load;
mod memory;
mod nightly;
mod start;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use jiff::civil::Date;

use crate::register::{Encoding, Register};
use crate::table::{Table, grouped, median};

pub use check::check_once;

/// The functions whose binaries are measured.
const FUNCTIONS: [&str; 14] = [
    "receive-upload",
    "load-chunk",
    "load-doses",
    "export-ledger",
    "ask-inquiries",
    "index-holders",
    "answer-inquiry",
    "residents",
    "uploads",
    "doses",
    "exports",
    "settings",
    "consents",
    "inquiries",
];

/// The day by which the rivals judge dates.
pub const TODAY: Date = jiff::civil::date(2026, 1, 1);

/// One part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Checking rows without input or output.
    Check,
    /// Loading new residents, beside the rivals.
    Load,
    /// Files in which nothing or little changed.
    Nightly,
    /// Doses, from a file and one by one.
    Doses,
    /// Inquiries over three holders.
    Inquiries,
    /// The peak of memory of an export.
    Exports,
    /// Peaks of memory of loads.
    Memory,
    /// Cold starts and sizes of binaries.
    Start,
}

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Extent {
    /// Parts to run.
    pub parts: Vec<Part>,
    /// How often each figure is taken; the median is shown.
    pub runs: usize,
    /// Rows that are checked, and that nightly files hold.
    pub rows: u64,
    /// Residents loaded anew, by ours and by the usual Rust.
    pub loaded: u64,
    /// Residents loaded by Python.
    pub python: u64,
    /// Doses in a file, and doses recorded one by one.
    pub doses: (u64, u64),
    /// Inquiries.
    pub inquiries: u64,
    /// Residents with three doses each who are exported.
    pub exported: u64,
    /// Sizes of register at which memory is measured.
    pub memory: Vec<u64>,
    /// How often each function is started.
    pub starts: usize,
}

/// Where things are.
#[derive(Clone, Debug)]
pub struct Places {
    /// This program.
    pub itself: PathBuf,
    /// Folder of the functions' binaries, built as this program was.
    pub binaries: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// Folder for generated files.
    pub files: PathBuf,
}

/// A run.
pub struct Suite {
    places: Places,
    extent: Extent,
    table: Table,
}

impl Suite {
    /// A run of this extent.
    #[must_use]
    pub fn new(places: Places, extent: Extent) -> Self {
        Self {
            places,
            extent,
            table: Table::default(),
        }
    }

    /// Measures everything that was asked for.
    pub fn run(mut self) -> Result<Table> {
        std::fs::create_dir_all(&self.places.files)?;
        build(&self.places)?;
        for part in self.extent.parts.clone() {
            match part {
                Part::Check => self.check()?,
                Part::Load => self.load()?,
                Part::Nightly => self.nightly()?,
                Part::Doses => self.doses()?,
                Part::Inquiries => self.inquiries()?,
                Part::Exports => self.exports()?,
                Part::Memory => self.memory()?,
                Part::Start => self.start()?,
            }
        }
        Ok(self.table)
    }

    /// The file of this register, written once and kept in the target folder.
    fn file(&self, register: Register) -> Result<PathBuf> {
        let encoding = match register.encoding {
            Encoding::Utf8 => "utf8",
            Encoding::Cp932 => "cp932",
        };
        let Register {
            tenant,
            residents,
            first,
            one_changed_in,
            ..
        } = register;
        let name =
            format!("residents-{tenant}-{residents}-{encoding}-{first}-{one_changed_in}.csv");
        let path = self.places.files.join(name);
        if !path.exists() {
            // Under its name only when complete, so that a stopped run leaves no half of a file.
            let begun = path.with_extension("part");
            register.write_to(&begun)?;
            std::fs::rename(&begun, &path)?;
        }
        Ok(path)
    }

    fn content(&self, register: Register) -> Result<Bytes> {
        Ok(Bytes::from(std::fs::read(self.file(register)?)?))
    }

    /// Takes a figure several times; returns all of them.
    fn several<T>(&self, what: &str, mut take: impl FnMut() -> Result<T>) -> Result<Vec<T>> {
        let mut taken = Vec::new();
        for run in 1..=self.extent.runs {
            progress(&format!("{what}, run {run} of {}", self.extent.runs));
            taken.push(take()?);
        }
        Ok(taken)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rows, people and bytes are far below 2^53"
)]
fn float(count: u64) -> f64 {
    count as f64
}

/// Rows for each second of CPU time.
fn rate(rows: u64, cpu: Duration) -> f64 {
    // A reading is good to 10 ms; less than one tick is taken as one.
    float(rows) / cpu.max(Duration::from_millis(10)).as_secs_f64()
}

/// The median rate, and how far the runs lay apart.
fn median_rate(rows: u64, cpu: &[Duration]) -> Result<(f64, String)> {
    let rates: Vec<f64> = cpu.iter().map(|cpu| rate(rows, *cpu)).collect();
    let middle = median(&rates).context("nothing was measured")?;
    let lowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = rates.iter().copied().fold(0.0, f64::max);
    let runs = rates.len();
    let (lowest, highest) = (grouped(lowest), grouped(highest));
    let rows = grouped(float(rows));
    Ok((
        middle,
        format!("{rows} rows, {runs} runs: {lowest} to {highest}"),
    ))
}

/// Builds the functions with the profile that this program was built with. They are built apart from it,
/// with the features that they ask for themselves: as they are deployed.
fn build(places: &Places) -> Result<()> {
    let profile = places
        .binaries
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if profile == "debug" {
        bail!(
            "figures of a build without optimisation say nothing: use --release or --profile lambda"
        );
    }
    progress(&format!("building the functions with profile {profile}"));
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--profile", profile, "--target-dir"])
        .arg(&places.target);
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    for function in FUNCTIONS {
        cargo.args(["--package", function]);
    }
    if !cargo.status()?.success() {
        bail!("the functions do not build");
    }
    Ok(())
}

#[expect(
    clippy::print_stderr,
    reason = "the table goes to standard output; this says that work goes on"
)]
fn progress(what: &str) {
    eprintln!("bench: {what}");
}
