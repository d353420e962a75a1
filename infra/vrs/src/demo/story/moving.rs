//! Somebody moves: the municipality they came to asks, with their consent, what others hold.

use anyhow::{Context as _, Result};
use domain::{FileKind, TenantCode, TenantSettings, japan_date};
use serde_json::{Value, json};

use super::Town;
use crate::demo::page::{Page, cut};
use crate::demo::world::{Staff, World, name_of};
use crate::generate::{Fate, Person, ResidentsFile};
use crate::http::Answer;

/// Where they moved to: 北海道札幌市.
const NEW_HOME: &str = "011002";
const DOSE_HEADER: &str = "自治体コード,個別宛名番号,接種回,接種日,ワクチンメーカー,ロット番号\n";

pub(super) async fn tell(
    page: &mut Page<'_>,
    world: &World,
    [chiyoda, tono]: [&Town; 2],
    register: &ResidentsFile,
) -> Result<()> {
    page.chapter("Somebody moves: the coupon office asks, with consent, what others hold")?;
    let home: TenantCode = NEW_HOME.parse()?;
    world.registry.add(home, &TenantSettings::default()).await?;
    let mut movers = (0..register.rows())
        .rev()
        .filter(|&it| register.fate(it) == Fate::Same)
        .map(|it| register.person(it))
        .filter(|it| it.my_number.is_some() && !it.protected && it.birth_date.year() < 1985);
    // Nobody of the last ones has a dose yet.
    let mover = movers.nth(5).context("nobody moves")?;
    second_dose(page, world, chiyoda.code, &mover).await?;
    lived_before(world, tono.code, &mover).await?;

    let office = world.office_of(home, "counter")?;
    let consent = consent(page, world, &office, &mover).await?;
    let ask = about(&mover, &consent);
    let answer = office.ask("POST", "/inquiries", &[], &ask).await?.ok()?;
    let doses = answer["doses"].as_array().context("no doses")?;
    for dose in doses {
        let text = |name: &str| dose[name].as_str().unwrap_or_default().to_owned();
        let number = format!("dose {}", dose["number"]);
        page.columns(&[
            ("", 3),
            (&number, 8),
            (&text("given_on"), 12),
            (&text("product"), 12),
            (&text("lot"), 10),
            (&text("holder_name"), 0),
        ])?;
    }
    let told: Vec<_> = doses.iter().map(|it| it["holder"].as_str()).collect();
    let (first, second) = (tono.code.to_string(), chiyoda.code.to_string());
    page.equal(
        &told,
        &vec![Some(first.as_str()), Some(second.as_str())],
        "two municipalities gave what they hold",
    )?;
    let text = answer.to_string();
    let told = [mover.name(), mover.number_text()]
        .iter()
        .any(|it| text.contains(it.as_str()));
    page.check(!told, "never a name or a number of the person")?;
    page.line("")?;
    refused(page, &office, &mover, &consent).await?;
    logs(page, world, home, [chiyoda, tono]).await
}

/// Records the form that the person signed.
async fn consent(
    page: &mut Page<'_>,
    world: &World,
    office: &Staff,
    mover: &Person<'_>,
) -> Result<String> {
    let today = japan_date(world.stack.adapters().clock().now());
    let form = json!({
        "basis": "CONSENT", "purpose": "VACCINATION", "programmes": "COVID19",
        "evidence_number": "R3-0042",
        "signed_on": today.to_string(), "scan_sha256": "0".repeat(64),
        "my_number": my_number(mover), "birth_date": mover.birth_date.to_string(),
    });
    let recorded = office.ask("POST", "/consents", &[], &form).await?.ok()?;
    page.equal(
        &recorded["state"].as_str(),
        &Some("granted"),
        "a signed form is a basis",
    )?;
    page.columns(&[
        ("the person signs form R3-0042; it is recorded", 48),
        ("good for one inquiry within 14 days", 0),
    ])?;
    let id = recorded["id"].as_str().context("a consent without id")?;
    Ok(id.to_owned())
}

/// What is not answered: a second time, another person, and no consent.
async fn refused(
    page: &mut Page<'_>,
    office: &Staff,
    mover: &Person<'_>,
    consent: &str,
) -> Result<()> {
    let again = office
        .ask("POST", "/inquiries", &[], &about(mover, consent))
        .await?;
    is_refused(page, "the same form a second time", &again, "CONSENT_USED")?;
    let other = json!({
        "consent": "0178c360-bc00-7aaa-8aaa-aaaaaaaaaaaa",
        "my_number": my_number(mover), "birth_date": mover.birth_date.to_string(),
    });
    let none = office.ask("POST", "/inquiries", &[], &other).await?;
    is_refused(page, "a form that nobody recorded", &none, "NOT_FOUND")
}

fn is_refused(page: &mut Page<'_>, what: &str, answer: &Answer, code: &str) -> Result<()> {
    page.equal(&answer.body["code"].as_str(), &Some(code), what)?;
    let title = answer.body["title"].as_str().unwrap_or_default();
    let said = format!("{} {}", answer.status.as_u16(), cut(title, 44));
    page.columns(&[(what, 48), (&said, 0)])?;
    Ok(())
}

/// Each side has its own log of it.
async fn logs(
    page: &mut Page<'_>,
    world: &World,
    home: TenantCode,
    holders: [&Town; 2],
) -> Result<()> {
    page.line("")?;
    let mut sides = vec![(home, vec!["asked", "concluded"])];
    sides.extend(holders.map(|town| (town.code, vec!["answered"])));
    for (tenant, expected) in sides {
        let clerk = world.office_of(tenant, "auditor")?;
        let log = clerk.ask("GET", "/log", &[], &Value::Null).await?.ok()?;
        let entries = log["entries"].as_array().context("no log")?;
        let mut kinds: Vec<_> = entries
            .iter()
            .filter_map(|entry| entry["facts"]["kind"].as_str())
            .collect();
        kinds.reverse();
        page.equal(&kinds, &expected, "the log says what happened, and no more")?;
        let hash = entries.first().and_then(|entry| entry["hash"].as_str());
        let hash = hash.unwrap_or_default().get(..16).unwrap_or_default();
        page.columns(&[
            (&format!("log of {}", name_of(tenant)), 24),
            (&kinds.join(", "), 24),
            (&format!("its last hash begins with {hash}"), 0),
        ])?;
    }
    page.line("`vrs log check` holds the logs of all municipalities against one another.")?;
    Ok(())
}

/// Its first dose is another municipality's, so it is doubtful until somebody has seen the card.
async fn second_dose(
    page: &mut Page<'_>,
    world: &World,
    tenant: TenantCode,
    mover: &Person<'_>,
) -> Result<()> {
    let number = mover.number_text();
    dose(world, tenant, &number, (2, "20210628", "EY5420")).await?;
    let staff = world.staff_of(tenant)?;
    let found = staff.search(&json!({ "number": number })).await?;
    let resident = found[0]["id"].as_str().context("a resident without id")?;
    let path = format!("/residents/{resident}/doses");
    let doses = staff.ask("GET", &path, &[], &Value::Null).await?.ok()?;
    let id = doses["doses"][0]["id"].as_str().context("no dose")?;
    let path = format!("/doses/{id}/resolve");
    let accept = json!({ "decision": "accept", "reason": "1回目は前の自治体、接種済証で確認" });
    let venue = world.venue_of(tenant)?;
    let done = venue.ask("POST", &path, &[], &accept).await?;
    page.equal(&done.status.as_u16(), &200, "a doubtful dose is accepted")
}

/// They lived there before, and had their first dose.
async fn lived_before(world: &World, tenant: TenantCode, mover: &Person<'_>) -> Result<()> {
    let number = "9000000001";
    let born = mover.birth_date.strftime("%Y%m%d");
    let sex = mover.sex.code();
    let row = format!(
        "自治体コード,個別宛名番号,個人番号,氏名,生年月日,性別,支援措置\n{tenant},{number},{},転入　前,{born},{sex},0\n",
        my_number(mover)
    );
    world
        .drop_file(tenant, "moved_before.csv", row.into_bytes())
        .await?;
    dose(world, tenant, number, (1, "20210607", "EY0779")).await
}

async fn dose(
    world: &World,
    tenant: TenantCode,
    number: &str,
    (nth, day, lot): (u8, &str, &str),
) -> Result<()> {
    let file = format!("{DOSE_HEADER}{tenant},{number},{nth},{day},ファイザー,{lot}\n");
    let name = format!("dose_{nth}.csv");
    let loaded = world.drop_of_kind(FileKind::Doses, tenant, &name, file.into_bytes());
    loaded.await?;
    Ok(())
}

fn about(mover: &Person<'_>, consent: &str) -> Value {
    json!({
        "consent": consent,
        "my_number": my_number(mover), "birth_date": mover.birth_date.to_string(),
    })
}

fn my_number(person: &Person<'_>) -> String {
    let digits = person.my_number.map(domain::MyNumber::expose_digits);
    let digits = digits.iter().flatten();
    digits.map(|digit| char::from(*digit)).collect()
}
