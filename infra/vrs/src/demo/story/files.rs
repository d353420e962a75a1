//! Files on their way in: first ones, refused rows mended, the next day's.

use anyhow::{Context as _, Result};
use domain::RowCounts;

use super::Town;
use crate::demo::page::{Page, cut};
use crate::demo::world::{Loaded, World, bytes_of};
use crate::generate::{Percent, ResidentsFile, Spec};
use crate::receipt::Rows;
use crate::text::{bytes, grouped};

pub(super) async fn first(
    page: &mut Page<'_>,
    world: &World,
    chiyoda: &Town,
    tono: &Town,
) -> Result<(Loaded, Loaded)> {
    page.chapter("Their registers, dropped into S3 at the same time")?;
    let (one, other) = (bytes_of(&chiyoda.first)?, bytes_of(&tono.first)?);
    for (town, file, note) in [
        (chiyoda, &one, "UTF-8"),
        (tono, &other, "CP932, defects in 2 % of the rows"),
    ] {
        let rows = format!("{} rows", grouped(town.first.rows()));
        let size = bytes(file.len() as u64);
        page.columns(&[(&town.called(), 24), (&rows, 14), (&size, 12), (note, 0)])?;
    }
    let name = chiyoda.first.name();
    let loaded = tokio::try_join!(
        world.drop_file(chiyoda.code, &name, one),
        world.drop_file(tono.code, &name, other),
    )?;
    for (town, loaded) in [(chiyoda, &loaded.0), (tono, &loaded.1)] {
        page.line("")?;
        loaded.receipt.print(page.out(), "   ", 8)?;
        page.equal(
            &loaded.receipt.state.as_str(),
            &"in_force",
            "a first file comes into force",
        )?;
        let expected = town.first.outcomes(None);
        page.equal(
            &loaded.receipt.rows.counts(),
            &expected,
            "each row has its outcome",
        )?;
        accounted(page, loaded)?;
        let kept = world
            .receipt_in_outbox(town.code, &loaded.receipt.id)
            .await?;
        page.equal(
            &kept.rows,
            &loaded.receipt.rows,
            "the receipt lies in the outbox",
        )?;
    }
    Ok(loaded)
}

pub(super) async fn mend(
    page: &mut Page<'_>,
    world: &World,
    tono: &Town,
    loaded: &Loaded,
) -> Result<()> {
    page.chapter("The refused rows came back in errors.csv, as they were, with the reason")?;
    let errors = world
        .staff_of(tono.code)?
        .errors_csv(&loaded.receipt.id)
        .await?;
    let refused: Vec<u64> = (0..tono.first.rows())
        .filter(|&it| tono.first.is_refused(it))
        .collect();
    let sent = records(&bytes_of(&tono.first)?)?;
    let back = records(&errors)?;
    page.equal(
        &(back.len() - 1),
        &refused.len(),
        "errors.csv holds the refused rows",
    )?;
    for (&index, row) in refused.iter().zip(&back[1..]) {
        let came = &sent[usize::try_from(index)? + 1];
        page.check(
            row.iter().skip(2).eq(came),
            "a refused row comes back as it came",
        )?;
    }
    for row in back[1..].iter().step_by(refused.len().div_ceil(5)).take(5) {
        let cell = |at: usize| {
            encoding_rs::SHIFT_JIS
                .decode(row.get(at).unwrap_or_default())
                .0
        };
        let (code, message) = (cut(&cell(0), 26), cut(&cell(1), 64));
        page.columns(&[(&code, 28), (&message, 0)])?;
    }

    let sound = records(&bytes_of(&ResidentsFile::new(Spec {
        defects: Percent::default(),
        ..tono.spec
    }))?)?;
    let mut mended = csv::Writer::from_writer(Vec::new());
    mended.write_byte_record(&back[0])?;
    for (&index, row) in refused.iter().zip(&back[1..]) {
        let right = &sound[usize::try_from(index)? + 1];
        mended.write_byte_record(&row.iter().take(2).chain(right).collect())?;
    }
    let name = tono.first.name().replace("residents", "residents_mended");
    let loaded = world
        .drop_file(tono.code, &name, mended.into_inner()?)
        .await?;
    let all_new = RowCounts {
        new: refused.len() as u64,
        ..RowCounts::default()
    };
    page.equal(
        &loaded.receipt.rows.counts(),
        &all_new,
        "a mended row is taken over",
    )?;
    page.line("")?;
    page.line("Mended and dropped again, the two columns left as they are:")?;
    page.line("")?;
    loaded.receipt.print(page.out(), "   ", 0)?;
    Ok(())
}

/// The next day's register.
pub(super) fn next(town: &Town) -> ResidentsFile {
    ResidentsFile::new(Spec {
        changed: Percent::new(1),
        ..town.spec
    })
}

pub(super) async fn next_day(
    page: &mut Page<'_>,
    world: &World,
    town: &Town,
    first: &Loaded,
) -> Result<ResidentsFile> {
    page.chapter("The next day's register: one resident in a hundred changed")?;
    let second = next(town);
    let file = bytes_of(&second)?;
    let loaded = world
        .drop_file(town.code, &second.name(), file.clone())
        .await?;
    let expected = second.outcomes(Some(&town.first));
    page.equal(
        &loaded.receipt.rows.counts(),
        &expected,
        "each row has its outcome",
    )?;
    page.equal(
        &loaded.receipt.state.as_str(),
        &"in_force",
        "the second file comes into force",
    )?;
    accounted(page, &loaded)?;

    let again = world.drop_file(town.code, &second.name(), file).await?;
    page.equal(
        &again.receipt.state.as_str(),
        &"no_change",
        "the same file changes nothing",
    )?;
    accounted(page, &again)?;
    let stale = world
        .drop_file(town.code, &town.first.name(), bytes_of(&town.first)?)
        .await?;
    let why = stale
        .receipt
        .refusal
        .as_ref()
        .context("an older file was taken")?;
    page.equal(
        &stale.receipt.state.as_str(),
        &"refused",
        "an older file is refused",
    )?;

    loaded.receipt.print(page.out(), "   ", 8)?;
    page.line("")?;
    page.line("Items written to the table; a row that did not change is not written:")?;
    page.line("")?;
    let head = [
        "",
        "rows",
        "unchanged",
        "residents",
        "hints*",
        "bookkeeping",
    ];
    write_row(page, head.map(str::to_owned))?;
    for (what, loaded) in [
        ("first file", first),
        ("second file", &loaded),
        ("the same again", &again),
    ] {
        let Rows {
            total, unchanged, ..
        } = loaded.receipt.rows;
        let written = loaded.written;
        let numbers = [
            total,
            unchanged,
            written.residents,
            written.hints,
            written.books,
        ];
        let [total, unchanged, residents, hints, books] = numbers.map(grouped);
        write_row(
            page,
            [what.to_owned(), total, unchanged, residents, hints, books],
        )?;
    }
    page.line("* from a coupon or a birth date to the resident")?;
    page.line("")?;
    page.line("The first file dropped once more, after the second:")?;
    page.line(&format!("{} [{}]", cut(&why.ja, 80), why.code))?;
    Ok(second)
}

/// Every row of a file that ended is accounted for, and only what changed was written.
fn accounted(page: &mut Page<'_>, loaded: &Loaded) -> Result<()> {
    let rows = loaded.receipt.rows;
    page.equal(
        &rows.accounted(),
        &rows.total,
        "rows in = sum of the outcomes",
    )?;
    let touched = rows.new + rows.changed + rows.removed;
    page.equal(
        &loaded.written.residents,
        &touched,
        "a resident is written once or not at all",
    )?;
    let hints = 2 * rows.new + 2 * rows.changed;
    page.check(
        loaded.written.hints <= hints,
        "hints are written for what changed only",
    )
}

fn records(bytes: &[u8]) -> Result<Vec<csv::ByteRecord>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    Ok(reader.byte_records().collect::<Result<_, _>>()?)
}

fn write_row(page: &mut Page<'_>, cells: [String; 6]) -> Result<()> {
    let [what, rest @ ..] = cells;
    let numbers = rest.iter().fold(String::new(), |numbers, cell| {
        numbers + &format!("{cell:>13}")
    });
    page.line(&format!("{what:<16}{numbers}"))?;
    Ok(())
}
