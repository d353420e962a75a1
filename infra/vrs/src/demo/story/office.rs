//! At the desks of the municipalities.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::Town;
use crate::demo::page::Page;
use crate::demo::world::{Loaded, World, by_birth_date};
use crate::generate::{Fate, ResidentsFile};

pub(super) async fn search(
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
    page.equal(&found.len(), &1, "who moved away is found by their number")?;
    page.equal(&found[0]["removed"], &json!(true), "and shown as removed")?;
    page.columns(&[
        ("by 宛名番号, somebody whose row was a removal", 62),
        ("found, as removed", 0),
    ])?;

    let coupon = person.coupon.context("a grown-up without a coupon")?;
    let found = staff
        .search(&json!({ "coupon": format!("{coupon:010}") }))
        .await?;
    page.equal(&found.len(), &1, "a coupon finds its resident")?;
    page.columns(&[("by the number of their coupon", 62), ("found", 0)])?;
    Ok(())
}

pub(super) async fn apart(
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
