use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Result, ensure};

use super::{index, log};
use crate::cli;
use crate::reach::reached;
use crate::recover::{Places, Recovered, Recovery};
use crate::text::grouped;

/// Takes in again what was dropped since, and says what came of it; then makes the index of holders anew
/// from the records, and checks the logs. Fails at its end when something is left to do.
pub async fn run(asked: cli::Recover, out: &mut dyn Write) -> Result<()> {
    let cli::Recover {
        since,
        drop: cli::DropBucket { bucket },
        uploads,
        loads,
        places: asked,
    } = asked;
    let places = Places {
        table: asked.services.table.clone(),
        bucket,
        uploads,
        loads,
    };
    let (config, s3) = reached(&asked.services, &asked.index.s3).await?;
    let recovery = Recovery::new(&config, s3, places);
    let Recovered {
        files,
        failed,
        unknown,
    } = recovery.since(since).await?;
    let mut states = BTreeMap::new();
    for file in &files {
        *states.entry(file.state.as_str()).or_insert(0_u64) += 1;
        let left = if file.is_left {
            "  (left as it was: its receipt stays, and the list of files lacks it)"
        } else {
            ""
        };
        writeln!(
            out,
            "{}  {}  {}{left}",
            file.tenant, file.upload, file.state
        )?;
    }
    for (state, count) in states {
        writeln!(out, "{} {state}", grouped(count))?;
    }
    for failed in &failed {
        writeln!(out, "failed: {}: {:#}", failed.file, failed.error)?;
    }
    for tenant in &unknown {
        writeln!(
            out,
            "{tenant} does not take part: enter it again, and run this again"
        )?;
    }
    writeln!(out, "the index of holders, made anew from the records:")?;
    let index = index::rebuild(&asked, None, false, out).await;
    writeln!(out, "the logs of inquiries:")?;
    let logs = log::check(&asked.services, out).await;
    let mut left = Vec::new();
    if !failed.is_empty() {
        left.push(format!("{} files failed", failed.len()));
    }
    for (what, done) in [("index of holders", index), ("logs of inquiries", logs)] {
        if let Err(error) = done {
            left.push(format!("{what}: {error:#}"));
        }
    }
    if !unknown.is_empty() {
        let unknown = unknown.len();
        left.push(format!(
            "{unknown} municipalities have files and do not take part"
        ));
    }
    ensure!(
        left.is_empty(),
        "{}, see above: mend what failed, enter who is missing, and run this again",
        left.join("; ")
    );
    Ok(())
}
