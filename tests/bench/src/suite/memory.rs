//! The most memory that each function holds, for a first file and for the next night's.

use anyhow::Result;

use super::{Suite, float, progress};
use crate::register::Register;
use crate::table::{Unit, grouped};
use crate::town::{Outcome, Town};

const MEGABYTE: f64 = 1_048_576.0;

/// Bytes allowed at this size of register: a Lambda of 512 MB must do for the largest municipality.
fn allowed(residents: u64) -> f64 {
    if residents <= 1_000_000 {
        96.0 * MEGABYTE
    } else {
        256.0 * MEGABYTE
    }
}

impl Suite {
    pub(super) fn memory(&mut self) -> Result<()> {
        for residents in self.extent.memory.clone() {
            let plain = Register::of(residents);
            let mut town = Town::found(&self.places.binaries)?;
            progress(&format!("memory at {residents} rows, first load"));
            let first = town.drop_file(self.content(plain)?)?;
            progress(&format!("memory at {residents} rows, 1 % changed"));
            let next = Register {
                one_changed_in: 100,
                ..plain
            };
            let next = town.drop_file(self.content(next)?)?;
            self.peaks(residents, &first, &next);
        }
        Ok(())
    }

    fn peaks(&mut self, residents: u64, first: &Outcome, next: &Outcome) {
        let functions = [
            ("receive-upload", first.receive.peak, next.receive.peak),
            ("load-chunk", first.load.peak, next.load.peak),
        ];
        for (function, first, next) in functions {
            let rows = grouped(float(residents));
            let what = format!("peak memory at {rows} rows: {function}");
            let [one, other] = [first, next].map(|peak| Unit::Megabytes.show(float(peak)));
            let note = format!("first load {one}, next night {other}");
            let worst = float(first.max(next));
            self.table
                .at_most(&what, (worst, allowed(residents)), Unit::Megabytes, note);
        }
    }
}
