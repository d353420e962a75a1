//! The most memory that export-ledger holds for a municipality's doses.

use anyhow::{Result, ensure};

use super::{Suite, doses, float, progress};
use crate::register::{Register, TENANT};
use crate::table::{Unit, grouped};
use crate::town::Town;

const BYTES_AT_MOST: f64 = 128.0 * 1_048_576.0;

impl Suite {
    pub(super) fn exports(&mut self) -> Result<()> {
        let people = self.extent.exported;
        // Some three quarters of the residents are adults.
        let residents = 2 * people;
        let adults = (0..residents).filter(|i| Register::born(*i).0 < doses::ADULT);
        let adults: Vec<_> = adults.take(usize::try_from(people)?).collect();
        let mut town = Town::found_keeping(&self.places.binaries)?;
        progress("the register for an export");
        town.drop_file(self.content(Register::of(residents))?)?;
        let mut recorded = 0;
        for (nth, round) in doses::ROUNDS.into_iter().enumerate() {
            progress(&format!("doses for an export, file {}", nth + 1));
            let outcome = town.drop_doses(doses::file(TENANT, round, &adults)?.into())?;
            recorded += outcome.upload.rows.recorded;
        }
        ensure!(recorded == people * 3, "{recorded} doses are recorded");
        progress("the export");
        let (exported, spent) = town.export()?;
        ensure!(exported == recorded, "{exported} doses are exported");
        let [people, doses, peak] = [people, exported, spent.peak].map(float);
        self.table.at_most(
            "peak memory of a full export: export-ledger",
            (peak, BYTES_AT_MOST),
            Unit::Megabytes,
            format!("{} people with {} doses", grouped(people), grouped(doses)),
        );
        self.table.add(
            "  CPU of it",
            Unit::RowsPerSecond.show(doses / spent.cpu.as_secs_f64()),
            String::from("doses, each with its person"),
        );
        Ok(())
    }
}
