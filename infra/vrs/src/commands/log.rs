use std::io::Write;

use anyhow::{Result, bail};
use jiff::SignedDuration;

use super::tenant::registry;
use crate::cli;
use crate::logs::Check;
use crate::text::grouped;

/// Longer than an inquiry can take from its first entry to its last.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(1);

/// Checks the logs of all municipalities.
pub async fn run(asked: cli::Log, out: &mut dyn Write) -> Result<()> {
    let cli::Log::Check(services) = asked;
    check(&services, out).await
}

pub(super) async fn check(services: &cli::Services, out: &mut dyn Write) -> Result<()> {
    let registry = registry(services).await?;
    let tenants: Vec<_> = registry.list().await?.into_iter().map(|it| it.0).collect();
    let settled = runtime::system_clock() - UNDER_WAY;
    let check = Check::of(registry.store(), &tenants, settled).await?;
    for wrong in &check.wrong {
        writeln!(out, "{wrong}")?;
    }
    let (entries, logs) = (grouped(check.entries), grouped(check.logs));
    writeln!(out, "{entries} entries in {logs} logs")?;
    if check.under_way > 0 {
        let under_way = grouped(check.under_way);
        writeln!(
            out,
            "{under_way} inquiries of the last minute are left for the next check"
        )?;
    }
    for (tenant, entries) in &check.left {
        let entries = grouped(*entries);
        writeln!(
            out,
            "{entries} entries could not be held against the log of {tenant}, which has left"
        )?;
    }
    if check.wrong.is_empty() {
        writeln!(
            out,
            "numbers and hashes are sound, and both sides say the same"
        )?;
        return Ok(());
    }
    bail!("{} things are wrong", check.wrong.len())
}
