use std::io::Write;
use std::time::Duration;

use anyhow::{Result, ensure};
use crypto::{Keyring, Kms, PersonTags};
use domain::TenantCode;
use objects::Objects;
use store::{HolderIndex, Store};

use super::tenant::registry;
use crate::cli;
use crate::index::{Compared, Indexing};
use crate::reach::reached;
use crate::text::grouped;

/// Makes the index of holders anew from the records, or only holds it against them.
pub async fn run(asked: cli::Index, out: &mut dyn Write) -> Result<()> {
    let cli::Index::Rebuild(cli::Rebuild {
        tenant,
        check,
        places,
    }) = asked;
    rebuild(&places, tenant, check, out).await
}

/// The same of one municipality or of all. Fails at its end if a municipality failed or somebody's record cannot be
/// read, or if it only looks and something is missing or wrong.
pub(super) async fn rebuild(
    places: &cli::IndexPlaces,
    tenant: Option<TenantCode>,
    only_look: bool,
    out: &mut dyn Write,
) -> Result<()> {
    let registry = registry(&places.services).await?;
    let indexing = indexing(places).await?;
    let tenants = match tenant {
        Some(tenant) => vec![tenant],
        None => registry
            .list()
            .await?
            .into_iter()
            .map(|(tenant, _)| tenant)
            .collect(),
    };
    let mut all = Compared::default();
    let mut failed = 0;
    for tenant in tenants {
        let now = runtime::system_clock();
        match indexing.rebuild(tenant, only_look, now).await {
            Ok(found) => {
                for unreadable in &found.unreadable {
                    writeln!(out, "{unreadable}")?;
                }
                writeln!(out, "{tenant}  {}", said(&found))?;
                all.add(found);
            }
            // The others are looked at all the same.
            Err(error) => {
                writeln!(out, "{tenant}  failed: {error:#}")?;
                failed += 1;
            }
        }
    }
    writeln!(out, "all     {}", said(&all))?;
    let mut left = Vec::new();
    if failed > 0 {
        left.push(format!("{failed} municipalities failed"));
    }
    if !all.unreadable.is_empty() {
        let unreadable = grouped(all.unreadable.len() as u64);
        left.push(format!("{unreadable} residents cannot be read"));
    }
    if all.is_right() {
        if left.is_empty() {
            writeln!(out, "the index says what the records say")?;
        }
    } else if only_look {
        let differs = "the index does not say what the records say; run this without --check";
        left.push(differs.to_owned());
    } else {
        writeln!(out, "what was missing or wrong was put anew, or taken out")?;
    }
    ensure!(left.is_empty(), "{}", left.join("; "));
    Ok(())
}

fn said(found: &Compared) -> String {
    let Compared {
        residents,
        without_number,
        unreadable,
        right,
        missing,
        wrong,
    } = found;
    format!(
        "{} residents, {} without a My Number, {} unreadable; entries: {} right, {} missing, {} wrong",
        grouped(*residents),
        grouped(*without_number),
        grouped(unreadable.len() as u64),
        grouped(*right),
        grouped(*missing),
        grouped(*wrong)
    )
}

async fn indexing(asked: &cli::IndexPlaces) -> Result<Indexing> {
    let services = &asked.services;
    let (config, s3) = reached(services, &asked.index.s3).await?;
    let kms = aws_sdk_kms::Client::new(&config);
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    Ok(Indexing {
        store: Store::new(dynamodb.clone(), services.table.clone()),
        work: Objects::new(s3, asked.index.work.clone()),
        index: HolderIndex::new(dynamodb, asked.index.holders.clone()),
        persons: PersonTags::new(kms.clone(), asked.holders_key.clone()),
        keys: Keyring::new(Kms::new(kms)),
        pause: Duration::from_secs(1)
            .checked_div(asked.kms_per_second)
            .unwrap_or_default(),
    })
}
