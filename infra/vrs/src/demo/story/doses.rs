//! Doses out of the files of a local system.

use std::fmt::Write as _;

use anyhow::Result;
use domain::{FileKind, RowCounts};

use super::Town;
use crate::demo::page::Page;
use crate::demo::world::World;
use crate::generate::{DosesFile, Fate, Percent, ResidentsFile, Spec};
use crate::text::grouped;

/// Those who move in with the next file and bring a dose.
const MOVERS: usize = 3;

/// A dose file with everything in it: each row gets its outcome.
pub(super) async fn file(page: &mut Page<'_>, world: &World, town: &Town) -> Result<()> {
    page.chapter("Doses of a local system, as a file: each row recorded, kept apart or sent back")?;
    let doses = DosesFile::new(
        Spec {
            defects: Percent::new(2),
            ..town.spec
        },
        town.first.rows() / 20,
    );
    let mut bytes = Vec::new();
    doses.write(&mut bytes)?;
    let name = "doses_20210831.csv";
    let loaded = world
        .drop_of_kind(FileKind::Doses, town.code, name, bytes.clone())
        .await?;
    let receipt = &loaded.receipt;
    page.equal(
        &receipt.state.as_str(),
        &"in_force",
        "a dose file is recorded",
    )?;
    let expected = doses.outcomes();
    page.equal(
        &receipt.rows.counts(),
        &expected,
        "each dose has its outcome",
    )?;
    page.equal(
        &receipt.rows.accounted(),
        &receipt.rows.total,
        "rows in = sum of the outcomes",
    )?;
    let kept = expected.recorded + expected.review;
    page.equal(
        &loaded.written.doses,
        &kept,
        "a dose is written once or not at all",
    )?;
    receipt.print(page.out(), "   ", 12)?;

    let errors = world.staff_of(town.code)?.errors_csv(&receipt.id).await?;
    let refused = String::from_utf8(errors)?.lines().count() as u64 - 1;
    page.equal(
        &refused,
        &expected.refused,
        "errors.csv holds the refused rows",
    )?;
    let again = world
        .drop_of_kind(FileKind::Doses, town.code, name, bytes)
        .await?;
    let unchanged = RowCounts {
        unchanged: kept,
        waiting: expected.waiting,
        refused: expected.refused,
        ..RowCounts::default()
    };
    page.equal(
        &again.receipt.rows.counts(),
        &unchanged,
        "the same file records nothing again",
    )?;
    page.equal(
        &again.written.doses,
        &0,
        "what is recorded is not written again",
    )?;
    page.line("")?;
    let unchanged = grouped(unchanged.unchanged);
    page.line(&format!(
        "The same file dropped once more: {unchanged} unchanged, no dose written."
    ))?;
    Ok(())
}

/// Doses of people who are in the next file only: they wait.
pub(super) async fn wait(
    page: &mut Page<'_>,
    world: &World,
    town: &Town,
    next: &ResidentsFile,
) -> Result<()> {
    page.chapter("Doses of people who are not registered yet")?;
    let waiting = RowCounts {
        waiting: MOVERS as u64,
        ..RowCounts::default()
    };
    drop_movers(page, world, town, next, waiting, "their doses wait").await?;
    let many = grouped(MOVERS as u64);
    page.line(&format!(
        "{many} people moved in and were vaccinated before they were registered. Nobody has their coupons:"
    ))?;
    page.line("their doses stand on the waiting list, bound to no one.")?;
    Ok(())
}

/// After the next file they have been attached.
pub(super) async fn attached(
    page: &mut Page<'_>,
    world: &World,
    town: &Town,
    next: &ResidentsFile,
) -> Result<()> {
    let unchanged = RowCounts {
        unchanged: MOVERS as u64,
        ..RowCounts::default()
    };
    drop_movers(page, world, town, next, unchanged, "they were attached").await?;
    page.line("")?;
    page.line(&format!(
        "With it the {MOVERS} waiting doses found their people, by themselves: dropped once more, all are there."
    ))?;
    Ok(())
}

async fn drop_movers(
    page: &mut Page<'_>,
    world: &World,
    town: &Town,
    next: &ResidentsFile,
    expected: RowCounts,
    what: &str,
) -> Result<()> {
    let mut text = String::from("自治体コード,券番号,接種回,接種日,ワクチンメーカー,ロット番号\n");
    let movers = (0..next.rows()).filter(|&it| next.fate(it) == Fate::Added);
    let coupons = movers.filter_map(|it| next.person(it).coupon).take(MOVERS);
    for coupon in coupons {
        let tenant = town.code;
        writeln!(text, "{tenant},{coupon:010},1,20210607,ファイザー,EY0779")?;
    }
    let name = "doses_movers.csv";
    let loaded = world
        .drop_of_kind(FileKind::Doses, town.code, name, text.into_bytes())
        .await?;
    page.equal(&loaded.receipt.rows.counts(), &expected, what)
}
