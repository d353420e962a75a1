//! Checking rows: decode, split, every rule, keyed fingerprint; no input or output.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use crypto::{BranchKey, TenantKeys};
use domain::TenantCode;
use layouts::ColumnMapping;
use layouts::residents::{Check, Residents, Rules};
use store::write_profile;

use super::{Suite, TODAY, median_rate};
use crate::process::Process;
use crate::register::{Encoding, Register, TENANT};
use crate::table::Unit;

/// Pieces in which the file is given to the check, as if they came from S3.
const PIECE: usize = 1 << 20;

impl Suite {
    pub(super) fn check(&mut self) -> Result<()> {
        let cases = [
            (
                "checking UTF-8, no input or output",
                Encoding::Utf8,
                2_000_000.0,
            ),
            (
                "checking CP932, no input or output",
                Encoding::Cp932,
                1_200_000.0,
            ),
        ];
        for (what, encoding, least) in cases {
            let register = Register {
                encoding,
                ..Register::of(self.extent.rows)
            };
            let file = self.file(register)?;
            let cpu = self.several(what, || self.check_apart(&file, register.residents))?;
            let (rate, note) = median_rate(register.residents, &cpu)?;
            self.table
                .at_least(what, (rate, least), Unit::RowsPerSecond, note);
        }
        Ok(())
    }

    /// In a process of its own, so that no run warms up the next one.
    fn check_apart(&self, file: &Path, rows: u64) -> Result<Duration> {
        let output = Command::new(&self.places.itself)
            .arg("check")
            .arg(file)
            .output()?;
        if !output.status.success() {
            bail!("the check failed: {}", output.stderr.escape_ascii());
        }
        let printed = String::from_utf8(output.stdout)?;
        let (checked, nanoseconds) = printed.trim().split_once(' ').context("nothing printed")?;
        ensure!(
            checked.parse() == Ok(rows),
            "{checked} of {rows} rows passed"
        );
        Ok(Duration::from_nanos(nanoseconds.parse()?))
    }
}

/// Checks the file once, from memory; rows that passed, and the CPU time it took.
pub fn check_once(file: &Path) -> Result<(u64, Duration)> {
    let tenant = TenantCode::parse(TENANT)
        .ok()
        .context("not a municipality")?;
    let keys = TenantKeys::new(tenant, vec![BranchKey::new(1, [0x5A; 32])]).context("no keys")?;
    let mapping = ColumnMapping::of::<Residents>(std::collections::BTreeMap::new());
    let mapping = mapping.map_err(|_| anyhow::anyhow!("no mapping"))?;
    let bytes = std::fs::read(file)?;
    let process = Process::new(std::process::id());
    let begun = process.cpu()?;
    let rules = Rules {
        tenant,
        today: TODAY,
        max_bytes: u64::MAX,
    };
    let mut passed = 0;
    let mut content = Vec::with_capacity(256);
    let mut sink = |record: &layouts::residents::Record<'_>| {
        if let Ok(row) = &record.row {
            content.clear();
            write_profile(row, &mut content);
            std::hint::black_box(keys.fingerprint(&content));
            passed += 1;
        }
    };
    let mut check = Check::new(rules, &mapping);
    for piece in bytes.chunks(PIECE) {
        check
            .push(piece, &mut sink)
            .map_err(|problem| anyhow::anyhow!(problem.message_en()))?;
    }
    check
        .finish(&mut sink)
        .map_err(|problem| anyhow::anyhow!(problem.message_en()))?;
    Ok((passed, process.cpu()?.saturating_sub(begun)))
}
