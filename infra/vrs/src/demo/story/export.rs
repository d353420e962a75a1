//! The doses go back to the municipality's own ledger, as a file that can be held against its manifest.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use crypto::Sha256;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::Town;
use crate::demo::page::{Page, cut};
use crate::demo::world::{Staff, World, get};
use crate::generate::ResidentsFile;

const LEDGER: &str = "ledger-COVID19.csv";
const BYTE_ORDER_MARK: &str = "\u{FEFF}";
/// How often an export is looked at before it counts as lost, and the time between.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// `corrected`: the 宛名番号 of the person whose dose was corrected at the venue.
pub(super) async fn tell(
    page: &mut Page<'_>,
    world: &World,
    town: &Town,
    register: &ResidentsFile,
    corrected: &str,
) -> Result<()> {
    page.chapter("The doses in force go back to the local ledger (予防接種台帳向け出力)")?;
    let staff = world.staff_of(town.code)?;
    let export = made(&staff).await?;
    page.equal(
        &export["state"].as_str(),
        &Some("published"),
        "an export is published",
    )?;
    let manifest: Value = serde_json::from_slice(&file(&export, "manifest.json").await?)?;
    let ledger = file(&export, LEDGER).await?;
    let said = said_of(&manifest, LEDGER)?;
    let counts = staff
        .ask("GET", "/doses/counts", &[], &Value::Null)
        .await?
        .ok()?;
    page.equal(
        &said["doses"],
        &counts["recorded"],
        "it has every dose in force",
    )?;
    page.equal(
        &manifest["counts"]["waiting"],
        &counts["waiting"],
        "and who is waited for beside it",
    )?;
    let mut hash = Sha256::default();
    hash.update(&ledger);
    let hash = HEXLOWER.encode(&hash.finish());
    page.equal(
        &said["sha256"].as_str(),
        &Some(hash.as_str()),
        "it is what the manifest says",
    )?;
    let place = said["key"].as_str().unwrap_or_default();
    page.line(&format!("s3://drop/{place}"))?;
    let text = format!(
        "{} doses of {} residents, sha256 {}…",
        said["doses"],
        said["rows"],
        &hash[..16]
    );
    page.line(&text)?;
    page.line("")?;
    rows(page, &ledger, said, register, corrected)?;
    page.line("")?;
    page.line(
        "With it the waiting list, and persons and doses as FHIR R4. My Number is in none of it.",
    )?;
    Ok(())
}

/// Asks for an export and follows it to its end.
async fn made(staff: &Staff) -> Result<Value> {
    let asked = staff.ask("POST", "/exports", &[], &json!({})).await?.ok()?;
    let id = asked["id"].as_str().context("an export without id")?;
    let path = format!("/exports/{id}");
    for _ in 0..LOOKS {
        let export = staff.ask("GET", &path, &[], &Value::Null).await?.ok()?;
        if export["state"] != "requested" {
            return Ok(export);
        }
        tokio::time::sleep(PAUSE).await;
    }
    bail!("the export came to no end")
}

/// Holds the rows against the manifest, the register and the correction; shows the first of them.
fn rows(
    page: &mut Page<'_>,
    ledger: &[u8],
    said: &Value,
    register: &ResidentsFile,
    corrected: &str,
) -> Result<()> {
    let text = std::str::from_utf8(ledger)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK);
    let text = text.context("a spreadsheet needs the mark in front")?;
    for line in text.lines().take(3) {
        page.line(&cut(line, 92))?;
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let lot = reader
        .headers()?
        .iter()
        .position(|name| name == "1回目ワクチンロット番号");
    let lot = lot.context("no column for the lot of a first dose")?;
    let rows = reader.records().collect::<Result<Vec<_>, _>>()?;
    page.equal(
        &said["rows"].as_u64(),
        &Some(rows.len() as u64),
        "each person is one row",
    )?;
    let row = rows.iter().find(|row| row.get(0) == Some(corrected));
    let lot = row.and_then(|row| row.get(lot));
    page.equal(
        &lot,
        &Some("EY5420"),
        "a corrected dose goes out as it is now",
    )?;
    let cells: HashSet<_> = rows.iter().flatten().collect();
    let people = (0..register.rows()).map(|it| register.person(it));
    let mut numbers = people.filter_map(|it| it.my_number);
    let is_told = numbers.any(|number| {
        let digits = number.expose_digits();
        std::str::from_utf8(&digits).is_ok_and(|digits| cells.contains(digits))
    });
    page.check(!is_told, "no My Number is in it")
}

/// One of its files, by the link that the API gives.
async fn file(export: &Value, name: &str) -> Result<Vec<u8>> {
    let files = export["files"]
        .as_array()
        .context("an export without files")?;
    let file = files.iter().find(|it| it["name"] == name);
    let url = file.and_then(|it| it["url"].as_str());
    get(url.with_context(|| format!("no {name}"))?).await
}

fn said_of<'m>(manifest: &'m Value, name: &str) -> Result<&'m Value> {
    let files = manifest["files"]
        .as_array()
        .context("a manifest without files")?;
    let file = files.iter().find(|it| it["name"] == name);
    file.with_context(|| format!("the manifest says nothing of {name}"))
}
