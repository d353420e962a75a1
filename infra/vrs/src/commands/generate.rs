use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use domain::{RowCounts, municipality};

use crate::cli;
use crate::generate::{Percent, ResidentsFile, Spec};
use crate::text::{bytes, grouped};

/// Writes the file that was asked for, and what it is to `report`.
pub fn run(asked: cli::Generate, report: &mut dyn Write) -> Result<()> {
    let cli::Generate {
        tenant,
        residents,
        seed,
        encoding,
        defects,
        changed,
        as_of,
        out,
    } = asked;
    let spec = Spec {
        tenant,
        residents,
        seed,
        encoding,
        defects,
        changed,
        as_of,
    };
    let file = ResidentsFile::new(spec);
    let out = out.unwrap_or_else(|| PathBuf::from(file.name()));
    if out.as_os_str() == "-" {
        return file
            .write(&mut io::stdout().lock())
            .context("cannot write to standard output");
    }
    let cannot = || format!("cannot write {}", out.display());
    file.write(&mut File::create(&out).with_context(cannot)?)
        .with_context(cannot)?;

    let size = std::fs::metadata(&out).with_context(cannot)?.len();
    let name = municipality(tenant).map_or("", |it| it.name());
    writeln!(report, "{}  {}", out.display(), bytes(size))?;
    writeln!(
        report,
        "{} rows of {tenant} {name}, seed {seed}",
        grouped(file.rows())
    )?;
    let first = ResidentsFile::new(Spec {
        changed: Percent::default(),
        ..spec
    });
    let known = (!changed.is_zero()).then_some(&first);
    let RowCounts {
        new,
        changed,
        unchanged,
        removed,
        refused,
    } = file.outcomes(known);
    let after = if known.is_some() {
        "after the first file"
    } else {
        "into an empty register"
    };
    writeln!(report, "Loaded {after}, it gives:")?;
    for (count, outcome) in [
        (new, "new"),
        (changed, "changed"),
        (unchanged, "unchanged"),
        (removed, "removed"),
        (refused, "refused"),
    ] {
        writeln!(report, "{:>12} {outcome}", grouped(count))?;
    }
    Ok(())
}
