use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use domain::{RowCounts, municipality};

use crate::cli;
use crate::generate::{DosesFile, Percent, ResidentsFile, Spec};
use crate::text::{bytes, grouped};

/// Writes the file that was asked for, and what it is to `report`.
pub fn run(asked: cli::Generate, report: &mut dyn Write) -> Result<()> {
    let cli::Generate {
        tenant,
        residents,
        doses,
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
    if let Some(doses) = doses {
        return write_doses(&DosesFile::new(spec, u64::from(doses)), spec, out, report);
    }
    let file = ResidentsFile::new(spec);
    let out = out.unwrap_or_else(|| PathBuf::from(file.name()));
    if out.as_os_str() == "-" {
        return file
            .write(&mut io::stdout().lock())
            .context("cannot write to standard output");
    }
    let size = into_file(&out, |at| file.write(at))?;
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
        ..
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

/// How many bytes are written.
fn into_file(out: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<u64> {
    let cannot = || format!("cannot write {}", out.display());
    let mut file = File::create(out).with_context(cannot)?;
    write(&mut file)
        .with_context(|| format!("cannot write {} to its end; delete it", out.display()))?;
    Ok(file.metadata().with_context(cannot)?.len())
}

fn write_doses(
    file: &DosesFile,
    spec: Spec,
    out: Option<PathBuf>,
    report: &mut dyn Write,
) -> Result<()> {
    let out = out.unwrap_or_else(|| PathBuf::from(file.name()));
    if out.as_os_str() == "-" {
        return file
            .write(&mut io::stdout().lock())
            .context("cannot write to standard output");
    }
    let size = into_file(&out, |at| file.write(at))?;
    writeln!(report, "{}  {}", out.display(), bytes(size))?;
    let Spec { tenant, seed, .. } = spec;
    let name = municipality(tenant).map_or("", |it| it.name());
    let rows = grouped(file.rows());
    writeln!(report, "{rows} doses of {tenant} {name}, seed {seed}")?;
    writeln!(report, "Loaded after the residents, it gives:")?;
    let counts = file.outcomes();
    for (count, outcome) in [
        (counts.recorded, "recorded"),
        (counts.review, "to be reviewed"),
        (counts.waiting, "waiting"),
        (counts.refused, "refused"),
    ] {
        writeln!(report, "{:>12} {outcome}", grouped(count))?;
    }
    Ok(())
}
