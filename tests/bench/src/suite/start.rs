//! From `exec` to the first question for an event, and how large the binaries are.

use anyhow::{Context, Result};

use super::{FUNCTIONS, Suite, float, progress};
use crate::cloud::Cloud;
use crate::function::Function;
use crate::table::{Unit, median};
use crate::town::environment;

impl Suite {
    pub(super) fn start(&mut self) -> Result<()> {
        let cloud = Cloud::start()?;
        let environment = environment(&cloud);
        for name in FUNCTIONS {
            progress(&format!("starting {name} {} times", self.extent.starts));
            let binary = self.places.binaries.join(name);
            let mut starts = Vec::new();
            for _ in 0..self.extent.starts {
                starts.push(Function::start(&binary, &environment)?.cold_start());
            }
            let times: Vec<_> = starts.iter().map(|start| start.time).collect();
            let sizes: Vec<_> = starts.iter().map(|start| start.resident).collect();
            let time = median(&times).context("never started")?;
            let resident = median(&sizes).context("never started")?;
            let binary = std::fs::metadata(&binary)?.len();
            let [resident, binary] = [resident, binary].map(|it| Unit::Megabytes.show(float(it)));
            self.table.add(
                &format!("cold start: {name}"),
                format!("{:.1} ms", time.as_secs_f64() * 1e3),
                format!(
                    "{resident} resident, binary {binary}, {} starts",
                    starts.len()
                ),
            );
        }
        Ok(())
    }
}
