//! The next night: the same register dropped again, as it was, in another order, or with 1 % changed.

use std::time::Duration;

use anyhow::{Result, ensure};
use domain::UploadState;

use super::{Suite, median_rate, progress};
use crate::register::Register;
use crate::table::Unit;
use crate::town::{Outcome, Town};

const UNCHANGED_AT_LEAST: f64 = 1_800_000.0;
const CHANGED_AT_LEAST: f64 = 500_000.0;

impl Suite {
    pub(super) fn nightly(&mut self) -> Result<()> {
        let plain = Register::of(self.extent.rows);
        let mut town = Town::found(&self.places.binaries)?;
        progress("the register for the nightly files");
        town.drop_file(self.content(plain)?)?;
        self.same_again(&mut town, plain)?;
        self.unchanged(&mut town, plain)?;
        self.little_changed(&mut town, plain)
    }

    /// The very same file: known by its hash, never loaded.
    fn same_again(&mut self, town: &mut Town, plain: Register) -> Result<()> {
        let content = self.content(plain)?;
        let cpu = self.several("the same file again", || {
            let outcome = town.drop_file(content.clone())?;
            ensure!(
                outcome.upload.state == UploadState::NoChange,
                "loaded again"
            );
            ensure!(outcome.written.items() == 0, "wrote {:?}", outcome.written);
            Ok(outcome.receive.cpu)
        })?;
        let (rate, note) = median_rate(plain.residents, &cpu)?;
        let what = "the very same file: receive-upload, no load";
        self.table.add(what, Unit::RowsPerSecond.show(rate), note);
        Ok(())
    }

    /// The same residents in another order: another file, so each row is compared.
    fn unchanged(&mut self, town: &mut Town, plain: Register) -> Result<()> {
        let mut turns = 0;
        let outcomes = self.several("nothing changed", || {
            turns += 1;
            let turned = Register {
                first: turns * plain.residents / 10,
                ..plain
            };
            let outcome = town.drop_file(self.content(turned)?)?;
            ensure!(
                outcome.upload.rows.unchanged == plain.residents,
                "something changed"
            );
            ensure!(outcome.written.items() == 0, "wrote {:?}", outcome.written);
            Ok(outcome)
        })?;
        let (rate, note) = median_rate(plain.residents, &load_cpu(&outcomes))?;
        let what = "nothing changed, other order: load-chunk";
        let note = format!("{note}; {} own writes", own_writes(&outcomes));
        self.table
            .at_least(what, (rate, UNCHANGED_AT_LEAST), Unit::RowsPerSecond, note);
        self.both("  receive-upload and load-chunk together", plain, &outcomes)
    }

    fn little_changed(&mut self, town: &mut Town, plain: Register) -> Result<()> {
        let changed = Register {
            one_changed_in: 100,
            ..plain
        };
        let mut turns = 0;
        let outcomes = self.several("1 % changed", || {
            // There and back again: each time the same hundredth part differs from what is in force.
            turns += 1;
            let register = if turns % 2 == 1 { changed } else { plain };
            let outcome = town.drop_file(self.content(register)?)?;
            ensure!(
                outcome.upload.rows.changed == changed.changed(),
                "{:?}",
                outcome.upload.rows
            );
            let written = outcome.written;
            ensure!(
                (written.residents, written.markers)
                    == (changed.changed(), changed.changed_protected()),
                "wrote {written:?}"
            );
            Ok(outcome)
        })?;
        let (rate, note) = median_rate(plain.residents, &load_cpu(&outcomes))?;
        let what = "1 % changed: load-chunk";
        let hints = outcomes
            .iter()
            .map(|outcome| outcome.written.hints)
            .max()
            .unwrap_or(0);
        let writes = format!(
            "{} changed: as many writes, {hints} hints, {} markers, {} own writes",
            changed.changed(),
            changed.changed_protected(),
            own_writes(&outcomes)
        );
        let note = format!("{note}; {writes}");
        self.table
            .at_least(what, (rate, CHANGED_AT_LEAST), Unit::RowsPerSecond, note);
        self.both("  receive-upload and load-chunk together", plain, &outcomes)
    }

    fn both(&mut self, what: &str, register: Register, outcomes: &[Outcome]) -> Result<()> {
        let both = |outcome: &Outcome| outcome.receive.cpu + outcome.load.cpu;
        let cpu: Vec<Duration> = outcomes.iter().map(both).collect();
        let (rate, note) = median_rate(register.residents, &cpu)?;
        self.table.add(what, Unit::RowsPerSecond.show(rate), note);
        Ok(())
    }
}

fn load_cpu(outcomes: &[Outcome]) -> Vec<Duration> {
    outcomes.iter().map(|outcome| outcome.load.cpu).collect()
}

fn own_writes(outcomes: &[Outcome]) -> u64 {
    outcomes
        .iter()
        .map(|outcome| outcome.written.own)
        .max()
        .unwrap_or(0)
}
