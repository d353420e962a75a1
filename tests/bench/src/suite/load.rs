//! Loading new residents, three items each: load-chunk beside the two rivals.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::{Suite, TODAY, median_rate, progress};
use crate::cloud::Cloud;
use crate::register::Register;
use crate::rival::Outcome;
use crate::rival::python::Python;
use crate::table::Unit;
use crate::town::Town;

const AT_LEAST: f64 = 50_000.0;

impl Suite {
    pub(super) fn load(&mut self) -> Result<()> {
        let ours = self.load_ours()?;
        self.floor()?;
        let usual = self.load_usual()?;
        self.table.at_least(
            "  load-chunk against the usual Rust",
            (ours / usual, 2.5),
            Unit::Times,
            String::new(),
        );
        if let Some(python) = self.load_python()? {
            self.table.at_least(
                "  load-chunk against Python",
                (ours / python, 40.0),
                Unit::Times,
                String::new(),
            );
        }
        Ok(())
    }

    fn load_ours(&mut self) -> Result<f64> {
        let register = Register::of(self.extent.loaded);
        let content = self.content(register)?;
        let outcomes = self.several("loading new residents", || {
            let outcome = Town::found(&self.places.binaries)?.drop_file(content.clone())?;
            ensure!(
                outcome.written.residents == register.residents,
                "not everybody was written"
            );
            ensure!(
                outcome.written.hints == 2 * register.residents,
                "not two hints each"
            );
            ensure!(
                outcome.written.markers == register.protected(),
                "not a marker for everybody who is protected"
            );
            Ok(outcome)
        })?;
        let cpu: Vec<Duration> = outcomes.iter().map(|outcome| outcome.load.cpu).collect();
        let (rate, note) = median_rate(register.residents, &cpu)?;
        let what = "loading new residents: load-chunk";
        self.table
            .at_least(what, (rate, AT_LEAST), Unit::RowsPerSecond, note);
        if let Some(outcome) = outcomes.last() {
            let each = outcome.written.bytes_per_item()?;
            progress(&format!("{:?}; {each} bytes an item", outcome.written));
            progress(&format!("{:?} to S3, {:?}", outcome.requests, outcome.load));
        }
        Ok(rate)
    }

    fn load_usual(&mut self) -> Result<f64> {
        let register = Register::of(self.extent.loaded);
        let file = self.file(register)?;
        let what = "the same in the usual Rust";
        let cpu = self.several(what, || {
            let cloud = Cloud::start()?;
            let outcome = self.rival(&cloud, "load-usual", file.as_os_str())?;
            everybody_is_there(&cloud, outcome, register.residents)
        })?;
        let (rate, note) = median_rate(register.residents, &cpu)?;
        let figure = Unit::RowsPerSecond.show(rate);
        self.table
            .add("  csv, attribute maps, plain SDK", figure, note);
        Ok(rate)
    }

    /// How fast the SDK alone could be, if rows cost nothing.
    fn floor(&mut self) -> Result<()> {
        let calls = self.extent.loaded * 3 / 25;
        let outcomes = self.several("the SDK alone", || {
            let cloud = Cloud::start()?;
            self.rival(&cloud, "send-finished", calls.to_string().as_ref())
        })?;
        let each = |outcome: &Outcome| Duration::from_nanos(outcome.cpu_ns);
        let cpu: Vec<Duration> = outcomes.iter().map(each).collect();
        let (rate, note) = median_rate(self.extent.loaded, &cpu)?;
        let figure = Unit::RowsPerSecond.show(rate);
        self.table
            .add("  the SDK alone, sending finished bodies", figure, note);
        Ok(())
    }

    fn rival(&self, cloud: &Cloud, command: &str, argument: &OsStr) -> Result<Outcome> {
        let output = Command::new(&self.places.itself)
            .arg(command)
            .arg(argument)
            .envs(cloud.environment())
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            bail!("{command} failed");
        }
        serde_json::from_slice(&output.stdout).context("no outcome printed")
    }

    fn load_python(&mut self) -> Result<Option<f64>> {
        let what = "  Python: csv.DictReader, boto3";
        let python = match Python::prepare(&self.places.target) {
            Ok(python) => python,
            Err(error) => {
                let why = format!("needs python3 with venv and pip: {error:#}");
                progress(&format!("Python is not measured; {why}"));
                self.table.add(what, "not measured".to_owned(), why);
                return Ok(None);
            }
        };
        let rows = self.extent.python;
        let file = self.file(Register::of(rows))?;
        let cpu = self.several("the same in Python", || {
            let cloud = Cloud::start()?;
            let outcome = python.load(&file, rows, TODAY, &cloud)?;
            everybody_is_there(&cloud, outcome, rows)
        })?;
        let (rate, note) = median_rate(rows, &cpu)?;
        let note = format!("{note}; {}", python.version()?);
        self.table.add(what, Unit::RowsPerSecond.show(rate), note);
        Ok(Some(rate))
    }
}

/// The rival's CPU time, if it wrote what it should have.
fn everybody_is_there(cloud: &Cloud, outcome: Outcome, residents: u64) -> Result<Duration> {
    let written = cloud.take_written();
    ensure!(outcome.refused == 0, "the rival refused rows: {outcome:?}");
    ensure!(
        outcome.residents == residents,
        "the rival lost rows: {outcome:?}"
    );
    ensure!(
        written.items() == 3 * residents,
        "the rival wrote {written:?}"
    );
    Ok(Duration::from_nanos(outcome.cpu_ns))
}
