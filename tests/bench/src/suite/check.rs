//! Checking rows: decode, split, every rule, keyed fingerprint; no input or output.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::Suite;

impl Suite {
    pub(super) fn check(&mut self) -> Result<()> {
        Ok(())
    }
}

/// CPU time of checking the file once.
pub fn check_once(_file: &Path) -> Result<Duration> {
    Ok(Duration::ZERO)
}
