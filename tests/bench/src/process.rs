//! What the kernel says about a process: CPU time spent, memory held, memory at its highest.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

/// Ticks per second of the times in `/proc/<pid>/stat`. Linux has shown 100 to user space on every
/// architecture since 2.6, whatever the kernel's own tick is; so a reading is good to 10 ms.
const TICKS_PER_SECOND: u64 = 100;

/// One process, looked at through `/proc`.
#[derive(Clone, Copy, Debug)]
pub struct Process(u32);

impl Process {
    /// The process with this id.
    #[must_use]
    pub fn new(id: u32) -> Self {
        Self(id)
    }

    /// CPU time of all its threads so far, in user and kernel mode.
    pub fn cpu(self) -> Result<Duration> {
        let stat = self.read("stat")?;
        // The command's name stands in brackets and may hold anything; the fields start after it.
        let (_, fields) = stat
            .rsplit_once(") ")
            .context("a stat line without a name")?;
        let mut times = fields.split(' ').skip(11);
        let mut next = || -> Result<u64> {
            Ok(times
                .next()
                .context("a stat line without CPU times")?
                .parse()?)
        };
        let ticks = next()? + next()?;
        Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
    }

    /// Memory resident now, in bytes.
    pub fn resident(self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The most memory that was ever resident, in bytes.
    pub fn peak(self) -> Result<u64> {
        self.status("VmHWM:")
    }

    fn status(self, field: &str) -> Result<u64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kilobytes
            .with_context(|| format!("no {field} in status"))?
            .trim()
            .parse::<u64>()?
            * 1024)
    }

    fn read(self, file: &str) -> Result<String> {
        let path = PathBuf::from(format!("/proc/{}/{file}", self.0));
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::Process;

    #[test]
    fn this_process_holds_memory_and_its_peak_is_at_least_that() {
        let this = Process::new(std::process::id());
        let resident = this.resident().unwrap();
        assert!(resident > 100_000);
        assert!(this.peak().unwrap() >= resident);
        this.cpu().unwrap();
    }
}
