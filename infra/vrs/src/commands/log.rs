use std::io::Write;

use anyhow::{Result, bail};

use super::tenant::registry;
use crate::cli;
use crate::logs::Check;
use crate::text::grouped;

/// Checks the logs of all municipalities.
pub async fn run(asked: cli::Log, out: &mut dyn Write) -> Result<()> {
    let cli::Log::Check(services) = asked;
    check(&services, out).await
}

pub(super) async fn check(services: &cli::Services, out: &mut dyn Write) -> Result<()> {
    let registry = registry(services).await?;
    let tenants: Vec<_> = registry.list().await?.into_iter().map(|it| it.0).collect();
    let check = Check::of(registry.store(), &tenants).await?;
    for wrong in &check.wrong {
        writeln!(out, "{wrong}")?;
    }
    let (entries, logs) = (grouped(check.entries), grouped(check.logs));
    writeln!(out, "{entries} entries in {logs} logs")?;
    if check.wrong.is_empty() {
        writeln!(
            out,
            "numbers and hashes are sound, and both sides say the same"
        )?;
        return Ok(());
    }
    bail!("{} things are wrong", check.wrong.len())
}
