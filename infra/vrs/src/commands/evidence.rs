use std::{
    fs,
    io::{self, Read as _, Write},
};

use anyhow::{Context as _, Result, ensure};
use domain::japan_date;

use crate::{cli, evidence::Evidence};

/// Writes the page as Markdown and JSON, and fails when a promise did not hold.
pub fn run(asked: &cli::Evidence, out: &mut dyn Write) -> Result<()> {
    let mut printed = String::new();
    if asked.results.as_os_str() == "-" {
        io::stdin().read_to_string(&mut printed)?;
    } else {
        printed = fs::read_to_string(&asked.results)
            .with_context(|| format!("cannot read {}", asked.results.display()))?;
    }
    let on = asked
        .on
        .unwrap_or_else(|| japan_date(runtime::system_clock()));
    let evidence = Evidence::of(asked.of.clone(), on, &printed)
        .with_context(|| format!("no evidence in {}", asked.results.display()))?;
    let cannot = || format!("cannot write into {}", asked.out.display());
    fs::create_dir_all(&asked.out).with_context(cannot)?;
    for (file, text) in [
        ("evidence.md", evidence.to_markdown()),
        ("evidence.json", evidence.to_json()? + "\n"),
    ] {
        fs::write(asked.out.join(file), text).with_context(cannot)?;
    }
    let (held, all) = (evidence.held(), evidence.proofs.len());
    writeln!(
        out,
        "{held} of {all} promises held: {}",
        asked.out.display()
    )?;
    ensure!(held == all, "{} promises are not shown to hold", all - held);
    Ok(())
}
