use std::io::Write;

use anyhow::{Result, bail};
use data_encoding::HEXLOWER;
use domain::TenantCode;
use jiff::SignedDuration;
use store::LogHead;

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
    for (tenant, end) in &check.ends {
        writeln!(out, "{}", said(*tenant, end))?;
    }
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
        let left = if tenants.contains(tenant) {
            "which had left and entered anew"
        } else {
            "which has left"
        };
        writeln!(
            out,
            "{entries} entries could not be held against the log of {tenant}, {left}"
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

/// Where a log ends, to be kept where nobody can change it who can change the log.
fn said(tenant: TenantCode, end: &LogHead) -> String {
    let entries = grouped(end.next.saturating_sub(1));
    let hash = HEXLOWER.encode(&end.last);
    format!("{tenant}  {entries} entries, last hash {hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_said_by_its_length_and_last_hash() {
        let end = LogHead {
            next: 1_235,
            last: [0xAB; 32],
        };
        let tenant = TenantCode::parse("131016").unwrap();
        let hash = "ab".repeat(32);
        let said = said(tenant, &end);
        assert_eq!(said, format!("131016  1,234 entries, last hash {hash}"));
    }
}
