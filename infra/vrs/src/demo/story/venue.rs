//! A venue records doses over the API: a misread is seen, nothing is overwritten.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::Town;
use crate::demo::page::{Page, cut};
use crate::demo::world::{Staff, World};
use crate::generate::{Fate, Person, ResidentsFile};
use crate::http::Answer;

const FIRST: u8 = 1;

/// Gives the 宛名番号 of the person whose dose was corrected.
pub(super) async fn tell(
    page: &mut Page<'_>,
    world: &World,
    [town, other]: [&Town; 2],
    register: &ResidentsFile,
) -> Result<String> {
    page.chapter("A venue records doses over the API; a misread is seen before it is saved")?;
    let venue = world.venue_of(town.code)?;
    // Nobody of these has a dose out of the file above, which holds those in front.
    let mut people = (0..register.rows())
        .rev()
        .filter(|&it| register.fate(it) == Fate::Same)
        .map(|it| register.person(it))
        .filter(|it| it.coupon.is_some() && it.birth_date.year() < 1990);
    let (person, before) = (people.next(), people.next());
    let (person, before) = (person.context("nobody")?, before.context("nobody else")?);

    let seen = look_up(page, &venue, town, &person, "the line under the coupon").await?;
    misread(page, &venue, town, &person, &before).await?;
    elsewhere(page, &venue, other, &person).await?;
    let id = record(page, &venue, town, &person, &seen).await?;
    conflict(page, &venue, town, &person).await?;
    correct(page, world, &venue, town, &person, &id).await?;
    Ok(person.number_text())
}

/// Shows who it is, as far as a venue may see.
async fn look_up(
    page: &mut Page<'_>,
    venue: &Staff,
    town: &Town,
    person: &Person<'_>,
    what: &str,
) -> Result<Value> {
    let ask = json!({ "line": line(town, person) });
    let seen = venue.ask("POST", "/doses/lookup", &[], &ask).await?.ok()?;
    page.check(
        seen.get("name").is_none(),
        "a venue does not see a whole name",
    )?;
    let shown = format!(
        "{}, {} years, {}, {} doses so far",
        seen["kana_initials"].as_str().unwrap_or("-"),
        seen["age"],
        seen["sex"].as_str().unwrap_or("-"),
        seen["doses"].as_array().map_or(0, Vec::len),
    );
    page.columns(&[(what, 48), (&shown, 0)])?;
    Ok(seen)
}

/// The camera still holds the coupon of the person before.
async fn misread(
    page: &mut Page<'_>,
    venue: &Staff,
    town: &Town,
    person: &Person<'_>,
    before: &Person<'_>,
) -> Result<()> {
    let what = "misread: the coupon of the person before";
    look_up(page, venue, town, before, what).await?;
    let mut dose = given("EY0779");
    dose["line"] = json!(line(town, before));
    dose["birth_date"] = json!(person.birth_date.to_string());
    let answer = post(venue, "misread", &dose).await?;
    page.equal(&answer.status.as_u16(), &422, "a misread coupon is refused")?;
    let finding = answer.body["findings"][0]["code"].as_str();
    page.equal(
        &finding,
        &Some("second-attribute"),
        "because the birth date is another one's",
    )?;
    let ja = answer.body["findings"][0]["ja"].as_str();
    page.columns(&[("saved all the same, with this birth date", 48), ("422", 5)])?;
    page.line(&format!("    {}", cut(ja.unwrap_or_default(), 88)))
        .map_err(Into::into)
}

async fn elsewhere(
    page: &mut Page<'_>,
    venue: &Staff,
    other: &Town,
    person: &Person<'_>,
) -> Result<()> {
    let ask = json!({ "line": line(other, person) });
    let answer = venue.ask("POST", "/doses/lookup", &[], &ask).await?;
    page.check(
        answer.status.is_client_error(),
        "a coupon of another municipality is refused",
    )?;
    let name = answer.body["municipality"]["name"].as_str();
    page.equal(
        &name,
        &Some(super::name_of(other.code)),
        "by the name of that municipality",
    )?;
    let status = answer.status.as_u16().to_string();
    let refused = format!("{status}  {}", name.unwrap_or_default());
    page.columns(&[("a coupon of another municipality", 48), (&refused, 0)])?;
    Ok(())
}

async fn record(
    page: &mut Page<'_>,
    venue: &Staff,
    town: &Town,
    person: &Person<'_>,
    seen: &Value,
) -> Result<String> {
    let mut dose = given("EY0779");
    dose["line"] = json!(line(town, person));
    dose["token"] = seen["token"].clone();
    let answer = post(venue, "first", &dose).await?;
    page.equal(&answer.status.as_u16(), &201, "a sound dose is recorded")?;
    let again = post(venue, "first", &dose).await?;
    page.equal(
        &again.body["id"],
        &answer.body["id"],
        "the same request again is the same dose",
    )?;
    let id = answer.body["id"].as_str().context("a dose without id")?;
    page.columns(&[
        ("recorded with its token, sent twice", 48),
        ("201, one dose", 0),
    ])?;
    Ok(id.to_owned())
}

/// Another venue has another lot for the same dose.
async fn conflict(
    page: &mut Page<'_>,
    venue: &Staff,
    town: &Town,
    person: &Person<'_>,
) -> Result<()> {
    let mut dose = given("FA4597");
    dose["line"] = json!(line(town, person));
    dose["birth_date"] = json!(person.birth_date.to_string());
    let answer = post(venue, "other", &dose).await?;
    page.equal(
        &answer.status.as_u16(),
        &409,
        "another content for a taken number is a conflict",
    )?;
    page.columns(&[
        ("another venue, another lot, the same dose", 48),
        ("409, kept in the queue; nothing is overwritten", 0),
    ])?;
    Ok(())
}

async fn correct(
    page: &mut Page<'_>,
    world: &World,
    venue: &Staff,
    town: &Town,
    person: &Person<'_>,
    id: &str,
) -> Result<()> {
    let mut dose = given("EY5420");
    dose["reason"] = json!("ロット番号の読み違い");
    let path = format!("/doses/{id}");
    let seen = [("if-match", "\"1\"")];
    let done = venue.ask("PUT", &path, &seen, &dose).await?;
    page.equal(&done.status.as_u16(), &200, "a dose is corrected")?;
    dose["reason"] = json!("予診票で確認");
    let late = venue.ask("PUT", &path, &seen, &dose).await?;
    page.equal(
        &late.status.as_u16(),
        &412,
        "a correction of an old revision is refused",
    )?;
    let staff = world.staff_of(town.code)?;
    let found = staff
        .search(&json!({ "number": person.number_text() }))
        .await?;
    let resident = found[0]["id"].as_str().context("a resident without id")?;
    let path = format!("/residents/{resident}/doses");
    let doses = staff.ask("GET", &path, &[], &Value::Null).await?.ok()?;
    let first = &doses["doses"][0];
    let lots = [&first["lot"], &first["history"][0]["lot"]].map(Value::as_str);
    page.equal(
        &lots,
        &[Some("EY5420"), Some("EY0779")],
        "the revision before stays readable",
    )?;
    page.columns(&[
        ("corrected, with a reason", 48),
        ("200; revision 1 stays in the history", 0),
    ])?;
    page.columns(&[
        ("corrected again against revision 1", 48),
        ("412, somebody was first", 0),
    ])?;
    let counts = staff
        .ask("GET", "/doses/counts", &[], &Value::Null)
        .await?
        .ok()?;
    page.equal(
        &counts["conflict"].as_u64(),
        &Some(1),
        "the conflict is counted",
    )?;
    page.line("")?;
    let count = |name: &str| counts[name].as_u64().unwrap_or_default();
    page.line(&format!(
        "GET /doses/counts  recorded {}, review {}, conflict {}, waiting {}",
        count("recorded"),
        count("review"),
        count("conflict"),
        count("waiting"),
    ))?;
    Ok(())
}

async fn post(venue: &Staff, key: &str, dose: &Value) -> Result<Answer> {
    let key = [("idempotency-key", key)];
    venue.ask("POST", "/doses", &key, dose).await
}

fn given(lot: &str) -> Value {
    json!({ "given_on": "2021-06-07", "product": "ファイザー", "lot": lot, "venue": "第一会場" })
}

/// The 18 digits under a first coupon: vaccination, number of the dose, municipality, coupon.
fn line(town: &Town, person: &Person<'_>) -> String {
    let coupon = person.coupon.unwrap_or_default();
    format!("2{FIRST}{}{coupon:010}", town.code)
}
