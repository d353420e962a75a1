//! What the demonstration does, chapter by chapter.

use anyhow::{Context as _, Result};
use domain::{RowCounts, TenantCode};
use serde_json::{Value, json};

use super::page::{Page, cut};
use super::sealed::{Contents, tells_of};
use super::world::{Loaded, World, by_birth_date, bytes_of, name_of};
use crate::generate::{Encoding, Fate, Percent, ResidentsFile, Spec};
use crate::receipt::Rows;
use crate::text::{bytes, grouped};

/// Whose table is searched for people.
const PEOPLE_LOOKED_FOR: u64 = 20;

/// A municipality with its first file.
struct Town {
    code: TenantCode,
    first: ResidentsFile,
    spec: Spec,
}

impl Town {
    fn new(code: &str, residents: u32, adjust: impl FnOnce(Spec) -> Spec) -> Result<Self> {
        let code = code.parse()?;
        let spec = adjust(Spec::new(code, residents, 1));
        Ok(Self {
            code,
            first: ResidentsFile::new(spec),
            spec,
        })
    }

    fn called(&self) -> String {
        format!("{} ({})", name_of(self.code), self.code)
    }
}

pub(super) async fn tell(page: &mut Page<'_>, world: &World, residents: u32) -> Result<()> {
    let chiyoda = Town::new("131016", residents, |spec| spec)?;
    let tono = Town::new("032085", residents, |spec| Spec {
        encoding: Encoding::Cp932,
        defects: Percent::new(2),
        ..spec
    })?;
    take_part(page, world, [&chiyoda, &tono]).await?;
    let (first, refused) = first_files(page, world, &chiyoda, &tono).await?;
    mend(page, world, &tono, &refused).await?;
    let second = next_day(page, world, &chiyoda, &first).await?;
    search(page, world, &chiyoda, &second).await?;
    apart(page, world, [&chiyoda, &tono], &second, &first).await?;
    sealed(page, world, [&chiyoda, &tono]).await
}

async fn take_part(page: &mut Page<'_>, world: &World, towns: [&Town; 2]) -> Result<()> {
    page.chapter("Two municipalities take part, each with a key and a folder of its own")?;
    for town in towns {
        world.registry.add(town.code).await?;
        let settings = world.registry.settings(town.code).await?;
        page.check(
            settings.is_some(),
            "a municipality that was entered takes part",
        )?;
        let folder = format!("s3://drop/inbox/{}/residents/", town.code);
        page.columns(&[(&town.called(), 24), (&folder, 0)])?;
    }
    Ok(())
}

async fn first_files(
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
            &counts(&loaded.receipt.rows),
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

async fn mend(page: &mut Page<'_>, world: &World, tono: &Town, loaded: &Loaded) -> Result<()> {
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
        &counts(&loaded.receipt.rows),
        &all_new,
        "a mended row is taken over",
    )?;
    page.line("")?;
    page.line("Mended and dropped again, the two columns left as they are:")?;
    page.line("")?;
    loaded.receipt.print(page.out(), "   ", 0)?;
    Ok(())
}

async fn next_day(
    page: &mut Page<'_>,
    world: &World,
    town: &Town,
    first: &Loaded,
) -> Result<ResidentsFile> {
    page.chapter("The next day's register: one resident in a hundred changed")?;
    let second = ResidentsFile::new(Spec {
        changed: Percent::new(1),
        ..town.spec
    });
    let file = bytes_of(&second)?;
    let loaded = world
        .drop_file(town.code, &second.name(), file.clone())
        .await?;
    let expected = second.outcomes(Some(&town.first));
    page.equal(
        &counts(&loaded.receipt.rows),
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

async fn search(
    page: &mut Page<'_>,
    world: &World,
    town: &Town,
    second: &ResidentsFile,
) -> Result<()> {
    page.chapter("The front office looks for somebody, through the HTTP API")?;
    let staff = world.staff_of(town.code)?;
    let index = first_with(second, Fate::Renamed)?;
    let (person, before) = (second.person(index), town.first.person(index));
    let (now, then) = (hiragana(&person.kana()), hiragana(&before.kana()));
    let ask = by_birth_date(person.birth_date, &now);
    page.line(&format!("POST /residents/search  {ask}"))?;
    let found = staff.search(&ask).await?;
    let number = person.number_text();
    let found: Vec<&Value> = found
        .iter()
        .filter(|it| it["number"] == number.as_str())
        .collect();
    page.equal(&found.len(), &1, "who is in the register is found")?;
    page.equal(
        &found[0]["name"].as_str(),
        &Some(person.name().as_str()),
        "under the new name",
    )?;
    let shown = ["name", "kana", "birth_date", "sex", "coupon", "reason"];
    for field in shown {
        let value = found[0][field].as_str().unwrap_or("-").to_owned();
        page.columns(&[("", 4), (field, 14), (&value, 0)])?;
    }

    let old = staff
        .search(&by_birth_date(person.birth_date, &then))
        .await?;
    let old = old
        .iter()
        .filter(|it| it["number"] == number.as_str())
        .count();
    page.equal(&old, &0, "nobody is found under a name they no longer have")?;
    page.columns(&[
        (&format!("under the name of the day before, {then}"), 62),
        ("not found", 0),
    ])?;

    let gone = second.person(first_with(second, Fate::Removed)?);
    let found = staff
        .search(&json!({ "number": gone.number_text() }))
        .await?;
    page.equal(&found.len(), &0, "who moved away is not found")?;
    page.columns(&[
        ("by 宛名番号, somebody whose row was a removal", 62),
        ("not found", 0),
    ])?;

    let coupon = person.coupon.context("a grown-up without a coupon")?;
    let found = staff
        .search(&json!({ "coupon": format!("{coupon:010}") }))
        .await?;
    page.equal(&found.len(), &1, "a coupon finds its resident")?;
    page.columns(&[("by the number of their coupon", 62), ("found", 0)])?;
    Ok(())
}

async fn apart(
    page: &mut Page<'_>,
    world: &World,
    [own, other]: [&Town; 2],
    second: &ResidentsFile,
    first: &Loaded,
) -> Result<()> {
    page.chapter("The other municipality asks for the same person and file")?;
    let (staff, stranger) = (world.staff_of(own.code)?, world.staff_of(other.code)?);
    let person = second.person(first_with(second, Fate::Renamed)?);
    let coupon = json!({ "coupon": format!("{:010}", person.coupon.unwrap_or_default()) });
    let found = staff.search(&coupon).await?;
    let id = found[0]["id"]
        .as_str()
        .context("a resident without id")?
        .to_owned();
    let upload = &first.receipt.id;
    for (path, mine, theirs) in [
        (
            "/residents/{id}",
            staff.resident(&id).await?,
            stranger.resident(&id).await?,
        ),
        (
            "/uploads/{id}",
            staff.upload(upload).await?,
            stranger.upload(upload).await?,
        ),
    ] {
        page.equal(&mine.status.as_u16(), &200, "their own is answered")?;
        page.equal(
            &theirs.status.as_u16(),
            &404,
            "what is another's does not exist",
        )?;
        let answers = format!("{} gets 200, {} gets 404", own.called(), other.called());
        page.columns(&[(&format!("GET {path}"), 24), (&answers, 0)])?;
    }
    page.equal(
        &stranger.search(&coupon).await?.len(),
        &0,
        "another's coupon finds nobody",
    )?;
    let nobody = format!("{} finds 1, {} finds 0", own.called(), other.called());
    page.columns(&[("the same coupon", 24), (&nobody, 0)])?;
    Ok(())
}

async fn sealed(page: &mut Page<'_>, world: &World, towns: [&Town; 2]) -> Result<()> {
    page.chapter("What the table gives away")?;
    let contents = Contents::of(&world.stack).await?;
    page.check(
        contents.items > u64::from(RESIDENTS),
        "the table is not empty",
    )?;
    let mut texts = Vec::new();
    for town in towns {
        let step = u64::from(RESIDENTS) / PEOPLE_LOOKED_FOR;
        let people = (0..PEOPLE_LOOKED_FOR).map(|it| town.first.person(it * step));
        texts.extend(people.flat_map(|it| tells_of(&it)));
    }
    page.equal(
        &contents.count(&texts),
        &0,
        "nothing of a person stands in the table",
    )?;
    // A search that finds nothing must be one that can find.
    page.equal(
        &contents.count(&["residents_20210401.csv".to_owned()]),
        &1,
        "the search works",
    )?;
    page.line(&format!(
        "{} items, {}: none of the {} names, dates and numbers of {} people stands in it.",
        grouped(contents.items),
        bytes(contents.bytes.len() as u64),
        grouped(texts.len() as u64),
        2 * PEOPLE_LOOKED_FOR,
    ))?;
    Ok(())
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

fn counts(rows: &Rows) -> RowCounts {
    let &Rows {
        new,
        changed,
        unchanged,
        removed,
        refused,
        ..
    } = rows;
    RowCounts {
        new,
        changed,
        unchanged,
        removed,
        refused,
    }
}

fn records(bytes: &[u8]) -> Result<Vec<csv::ByteRecord>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    Ok(reader.byte_records().collect::<Result<_, _>>()?)
}

fn first_with(file: &ResidentsFile, fate: Fate) -> Result<u64> {
    let grown_up = |index: &u64| file.person(*index).coupon.is_some();
    let found = (0..file.rows())
        .filter(|&it| file.fate(it) == fate)
        .find(grown_up);
    found.context("the file has nobody of that fate")
}

/// The surname of a reading, as somebody at a desk would type it.
fn hiragana(kana: &str) -> String {
    let surname = kana.split(['\u{3000}', ' ']).next().unwrap_or_default();
    let lower = |letter: char| match letter {
        'ァ'..='ヶ' => char::from_u32(u32::from(letter) - 0x60).unwrap_or(letter),
        other => other,
    };
    surname.chars().map(lower).collect()
}

fn write_row(page: &mut Page<'_>, cells: [String; 6]) -> Result<()> {
    let [what, rest @ ..] = cells;
    let numbers: String = rest.iter().map(|cell| format!("{cell:>13}")).collect();
    page.line(&format!("{what:<16}{numbers}"))?;
    Ok(())
}
