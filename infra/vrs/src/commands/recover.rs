use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Result, bail};
use aws_config::BehaviorVersion;

use super::upload::s3_client;
use crate::cli;
use crate::recover::{Places, Recovered, Recovery};
use crate::registry::on_this_machine;
use crate::text::grouped;

/// Takes in again what was dropped since, and says what came of it. Fails when something is left to do.
pub async fn run(asked: cli::Recover, out: &mut dyn Write) -> Result<()> {
    let cli::Recover {
        since,
        dynamodb,
        s3,
        aws,
        table,
        bucket,
        uploads,
        loads,
    } = asked;
    let places = Places {
        table,
        bucket,
        uploads,
        loads,
    };
    let recovery = if aws {
        let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
        Recovery::new(&config, aws_sdk_s3::Client::new(&config), places)
    } else {
        Recovery::new(&on_this_machine(&dynamodb), s3_client(&s3), places)
    };
    let Recovered { files, unknown } = recovery.since(since).await?;
    let mut states = BTreeMap::new();
    for file in &files {
        *states.entry(file.state.as_str()).or_insert(0_u64) += 1;
        writeln!(out, "{}  {}  {}", file.tenant, file.upload, file.state)?;
    }
    for (state, count) in states {
        writeln!(out, "{} {state}", grouped(count))?;
    }
    for tenant in &unknown {
        writeln!(
            out,
            "{tenant} does not take part: enter it again, and run this again"
        )?;
    }
    if unknown.is_empty() {
        return Ok(());
    }
    bail!(
        "{} municipalities have files and do not take part",
        unknown.len()
    )
}
