use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Context as _, Result, bail};
use domain::{
    FileKind, LotNumber, Municipality, Product, Programme, TenantCode, TenantSettings,
    municipality, programmes,
};

use crate::cli;
use crate::erase::{Erased, Erasing, Places};
use crate::reach::{on_aws, on_this_machine, reached};
use crate::registry::Registry;
use crate::text::{grouped, padded};

/// Enters municipalities, lists them, shows and changes their settings.
pub async fn run(asked: cli::Tenant, out: &mut dyn Write) -> Result<()> {
    match asked {
        cli::Tenant::Add(asked) => add(&asked, out).await?,
        cli::Tenant::List(services) => {
            let found = registry(&services).await?.list().await?;
            for (tenant, _) in &found {
                writeln!(out, "{tenant}  {}", name(*tenant))?;
            }
            writeln!(out, "{} take part", grouped(found.len() as u64))?;
        }
        cli::Tenant::Settings(asked) => settings(&asked, out).await?,
        cli::Tenant::Erase(asked) => erase(&asked, out).await?,
    }
    Ok(())
}

async fn add(asked: &cli::Add, out: &mut dyn Write) -> Result<()> {
    let cli::TenantAt { tenant, services } = &asked.at;
    let settings = TenantSettings {
        inquiries_at_most: asked.inquiries_at_most,
        ..TenantSettings::default()
    };
    registry(services).await?.add(*tenant, &settings).await?;
    writeln!(out, "{tenant} {} takes part", name(*tenant))?;
    match asked.inquiries_at_most {
        Some(most) => writeln!(
            out,
            "  {most:>5}  inquiries may be made in a day at most, whatever the municipality sets"
        )?,
        None => writeln!(
            out,
            "  It may make an inquiry a day for every fifty residents of its register (100 at least, 2,000 at most)\n  \
             until its staff set another number, however high. `vrs tenant settings {tenant} --inquiries-at-most N`\n  \
             bounds that; a fiftieth of its population is usual."
        )?,
    }
    Ok(())
}

async fn erase(asked: &cli::Erase, out: &mut dyn Write) -> Result<()> {
    let cli::TenantAt { tenant, services } = &asked.at;
    let places = Places {
        records: services.table.clone(),
        holders: asked.index.holders.clone(),
        drop: asked.drop.bucket.clone(),
        work: asked.index.work.clone(),
    };
    let (config, s3) = reached(services, &asked.index.s3).await?;
    let erasing = Erasing::new(&config, s3, places);
    let Erased {
        items,
        entries,
        versions,
    } = erasing.erase(*tenant).await?;
    writeln!(out, "{tenant} {} is erased:", name(*tenant))?;
    writeln!(out, "  {:>9} items of the table", grouped(items))?;
    writeln!(
        out,
        "  {:>9} entries of the index of holders",
        grouped(entries)
    )?;
    writeln!(out, "  {:>9} versions of objects", grouped(versions))?;
    writeln!(
        out,
        "Run it again in a quarter of an hour: what was under way may have left something."
    )?;
    Ok(())
}

async fn settings(asked: &cli::TenantSettings, out: &mut dyn Write) -> Result<()> {
    let cli::TenantAt { tenant, services } = &asked.at;
    let registry = registry(services).await?;
    let known = registry.settings(*tenant).await?;
    let known = known.with_context(|| {
        format!("{tenant} does not take part; `vrs tenant add {tenant}` enters it")
    })?;
    let wanted = changed(&known, asked)?;
    if wanted != known {
        registry.change(*tenant, wanted).await?;
    }
    let now = registry
        .settings(*tenant)
        .await?
        .context("the settings went away")?;
    let TenantSettings {
        columns,
        dose_columns,
        max_refused_percent,
        max_removed_percent,
        export_encoding,
        export_scope,
        lots,
        inquiries_per_day,
        inquiries_at_most,
        hold_protected,
        revision,
    } = now;
    writeln!(out, "{tenant} {}  (revision {revision})", name(*tenant))?;
    writeln!(
        out,
        "  {max_refused_percent:>3} %  of rows may be refused, else the file is"
    )?;
    writeln!(
        out,
        "  {max_removed_percent:>3} %  of the register may be removed, and of protections lifted, unasked"
    )?;
    writeln!(
        out,
        "  every night a ledger ({export_scope}) in {export_encoding}"
    )?;
    match inquiries_per_day {
        Some(most) => writeln!(out, "  {most:>5}  inquiries may be made in a day")?,
        None => writeln!(
            out,
            "         inquiries may be made in a day by how many residents there are"
        )?,
    }
    if let Some(most) = inquiries_at_most {
        writeln!(out, "  {most:>5}  at most, whatever the municipality sets")?;
    }
    let held = if hold_protected {
        "held for the municipality's own decision"
    } else {
        "answered"
    };
    writeln!(
        out,
        "         inquiries about the address-protected are {held}"
    )?;
    for (kind, columns) in [
        (FileKind::Residents, columns),
        (FileKind::Doses, dose_columns),
    ] {
        for (theirs, ours) in columns {
            writeln!(out, "  {} is our {ours} ({kind})", padded(&theirs, 20))?;
        }
    }
    for (product, lots) in lots.iter() {
        let lots: Vec<_> = lots.iter().map(LotNumber::as_str).collect();
        writeln!(
            out,
            "  {} came as {}",
            padded(product.as_str(), 20),
            lots.join(", ")
        )?;
    }
    Ok(())
}

/// The settings as asked for; those that are not mentioned stay.
fn changed(known: &TenantSettings, asked: &cli::TenantSettings) -> Result<TenantSettings> {
    let mut wanted = known.clone();
    wanted.max_refused_percent = asked.max_refused.unwrap_or(wanted.max_refused_percent);
    wanted.max_removed_percent = asked.max_removed.unwrap_or(wanted.max_removed_percent);
    wanted.export_encoding = asked.export_encoding.unwrap_or(wanted.export_encoding);
    wanted.export_scope = asked.export_scope.unwrap_or(wanted.export_scope);
    wanted.inquiries_per_day = asked.inquiries_per_day.or(wanted.inquiries_per_day);
    wanted.inquiries_at_most = asked.inquiries_at_most.or(wanted.inquiries_at_most);
    wanted.hold_protected = asked.hold_protected.unwrap_or(wanted.hold_protected);
    map(&mut wanted.columns, &asked.columns)?;
    map(&mut wanted.dose_columns, &asked.dose_columns)?;
    for pair in &asked.lots {
        let (product, lot) = pair
            .split_once('=')
            .with_context(|| format!("{pair}: write product, =, lot"))?;
        let known = programmes().iter().flat_map(Programme::products);
        let known = known.map(Product::code);
        let found = known.clone().find(|code| code.as_str() == product);
        let product = found.with_context(|| {
            let known: Vec<_> = known.map(|code| code.as_str().to_owned()).collect();
            let known = known.join(", ");
            format!("{product} is no product of any programme; known are {known}")
        })?;
        let lot = LotNumber::parse(lot).with_context(|| pair.clone())?;
        wanted.lots.add(product, lot);
    }
    Ok(wanted)
}

fn map(columns: &mut BTreeMap<String, String>, asked: &[String]) -> Result<()> {
    for pair in asked {
        match pair.split_once('=') {
            Some((theirs, "")) if !theirs.is_empty() => columns.remove(theirs),
            Some((theirs, ours)) if !theirs.is_empty() => {
                columns.insert(theirs.to_owned(), ours.to_owned())
            }
            _ => bail!("{pair}: write their column, =, our column"),
        };
    }
    Ok(())
}

pub(crate) async fn registry(services: &cli::Services) -> Result<Registry> {
    let config = if services.aws {
        on_aws().await?
    } else {
        on_this_machine(&services.dynamodb).await?
    };
    Ok(Registry::new(&config, &services.table, &services.key))
}

fn name(tenant: TenantCode) -> String {
    municipality(tenant)
        .map(Municipality::full_name)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command, Tenant};

    fn asked(arguments: &[&str]) -> cli::TenantSettings {
        let line = ["vrs", "tenant", "settings", "131016"]
            .iter()
            .chain(arguments);
        match Cli::try_parse_from(line).unwrap().command {
            Command::Tenant(Tenant::Settings(asked)) => asked,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_is_mentioned_changes() {
        let known = TenantSettings {
            max_removed_percent: 33,
            ..TenantSettings::default()
        };
        assert_eq!(changed(&known, &asked(&[])).unwrap(), known);
        let wanted = changed(&known, &asked(&["--column", "住民番号=個別宛名番号"])).unwrap();
        assert_eq!(wanted.columns["住民番号"], "個別宛名番号");
        assert_eq!(wanted.max_removed_percent, 33);
        assert_eq!(
            changed(&wanted, &asked(&["--column", "住民番号="])).unwrap(),
            known
        );
        let wanted = changed(&known, &asked(&["--dose-column", "ﾛｯﾄ=ロット番号"])).unwrap();
        assert_eq!(wanted.dose_columns["ﾛｯﾄ"], "ロット番号");
        assert_eq!(wanted.columns, known.columns);
        let wanted = changed(&known, &asked(&["--max-refused", "3"])).unwrap();
        assert_eq!(
            (wanted.max_refused_percent, wanted.max_removed_percent),
            (3, 33)
        );
        let exports = ["--export-encoding", "cp932", "--export-scope", "changed"];
        let wanted = changed(&known, &asked(&exports)).unwrap();
        assert_eq!(wanted.export_encoding, domain::Encoding::Cp932);
        assert_eq!(wanted.export_scope, domain::ExportScope::Changed);
    }

    #[test]
    fn lots_are_added_to_products_that_are_known() {
        let known = TenantSettings::default();
        let wanted = changed(&known, &asked(&["--lot", "COMIRNATY=ey0779"])).unwrap();
        assert_eq!(wanted.lots.iter().count(), 1);
        for pair in ["COMIRNATY", "COMIRNATY=", "ASPIRIN=EY0779"] {
            assert!(changed(&known, &asked(&["--lot", pair])).is_err(), "{pair}");
        }
    }

    #[test]
    fn a_column_without_a_name_is_refused() {
        for pair in ["住民番号", "=個別宛名番号", "="] {
            assert!(changed(&TenantSettings::default(), &asked(&["--column", pair])).is_err());
        }
    }
}
