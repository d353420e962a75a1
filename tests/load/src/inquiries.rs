//! A municipality asks three others about everybody who moved in: by one file, and one by one.

use std::fmt::{self, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use domain::{Date, japan_date};
use serde_json::{Value, json};
use system::{
    file::{Encoding, File, Row},
    town::{CHIYODA, SAPPORO, Town},
};

use crate::Latencies;

/// Chiyoda asks these: Sapporo, Fukuoka, Nagoya.
const HOLDERS: [&str; 3] = [SAPPORO, "401307", "231002"];
const HEADER: &str = "整理番号,個人番号,生年月日,照会根拠,同意日,同意書番号\n";
const DOSES: &str =
    "自治体コード,個別宛名番号,接種回,接種日,接種会場名,接種医師名,ワクチンメーカー,ロット番号\n";

/// How much is asked.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rows of the file.
    pub rows: u32,
    /// Inquiries over the API, one after the other.
    pub single: u32,
}

/// What was seen.
#[derive(Debug)]
pub struct Seen {
    /// Rows of the file that were answered.
    pub answered: u64,
    /// From the drop of the file to the last row of its answers.
    pub file: Duration,
    /// Doses that the answers of the file hold.
    pub doses: usize,
    /// How long each inquiry over the API took, in ascending order.
    pub single: Vec<Duration>,
}

/// Fills a fresh stack, each holder with everybody and a dose of their own of each, and asks.
pub async fn run(plan: Plan) -> Result<Seen> {
    let town = Town::with(local::Options::default()).await;
    let people = plan.rows + plan.single;
    for (nth, code) in (1..).zip(HOLDERS) {
        if code != SAPPORO {
            town.enrol(code).await;
        }
        holds(&town, code, nth, people).await?;
    }
    let budget = people.max(1);
    let set = |it: &mut domain::TenantSettings| it.inquiries_per_day = Some(budget);
    town.set(CHIYODA, set).await;

    let began = Instant::now();
    let receipt = drop_at(&town, "inquiries", file(&town, plan.rows)?).await;
    let time = began.elapsed();
    let answered = receipt["rows"]["answered"].as_u64().context("no answers")?;
    let id = receipt["id"].as_str().context("no id")?;
    let answers = format!("outbox/{CHIYODA}/inquiries/{id}/answers.csv");
    let answers = town.object(&answers).await.context("no file of answers")?;
    let doses = String::from_utf8(answers.to_vec())?
        .matches("EP2163")
        .count();

    let mut single = Vec::new();
    for person in plan.rows..people {
        single.push(ask(&town, person).await?);
    }
    single.sort_unstable();
    Ok(Seen {
        answered,
        file: time,
        doses,
        single,
    })
}

async fn holds(town: &Town, code: &str, nth: u8, people: u32) -> Result<()> {
    let rows = (0..people).map(|it| Row::of(it).with("自治体コード", code));
    let rows = File::new(rows).bytes(Encoding::Utf8);
    let receipt = town.take_in(code, "people.csv", rows).await;
    ensure!(receipt["state"] == "in_force", "not in force: {receipt}");
    let mut doses = DOSES.to_owned();
    for person in 0..people {
        let number = Row::of(person).cell("個別宛名番号").to_owned();
        writeln!(
            doses,
            "{code},{number},1,2022060{nth},会場,医師,ファイザー,EP2163"
        )?;
    }
    let key = format!("inbox/{code}/doses/given.csv");
    let dropped = town.drop_at(&key, doses).await;
    town.stack.idle().await;
    let receipt = town.receipt(code, &dropped).await;
    ensure!(
        receipt["rows"]["refused"] == 0,
        "doses were refused: {receipt}"
    );
    Ok(())
}

fn today(town: &Town) -> Date {
    japan_date(town.stack.adapters().clock().now())
}

fn file(town: &Town, rows: u32) -> Result<String> {
    let today = today(town);
    let mut file = HEADER.to_owned();
    for person in 0..rows {
        let row = Row::of(person);
        let (number, born) = (row.cell("個人番号"), row.cell("生年月日"));
        writeln!(
            file,
            "{person},{number},{born},CONSENT,{today},FORM-{person}"
        )?;
    }
    Ok(file)
}

async fn drop_at(town: &Town, kind: &str, file: String) -> Value {
    let key = format!("inbox/{CHIYODA}/{kind}/moved-in.csv");
    let dropped = town.drop_at(&key, file).await;
    town.stack.idle().await;
    town.receipt(CHIYODA, &dropped).await
}

/// Records a consent and asks on it; tells how long the asking took.
async fn ask(town: &Town, person: u32) -> Result<Duration> {
    let row = Row::of(person);
    let (number, born) = (row.cell("個人番号"), row.cell("生年月日"));
    let form = json!({
        "basis": "CONSENT", "purpose": "VACCINATION", "programmes": "COVID19",
        "evidence_number": format!("FORM-{person}"),
        "signed_on": today(town).to_string(), "scan_sha256": "0".repeat(64),
        "my_number": number, "birth_date": born,
    });
    let recorded = town.post(CHIYODA, "/consents", Some(&form)).await.json();
    let wanted = json!({ "consent": recorded["id"], "my_number": number, "birth_date": born });
    let began = Instant::now();
    let answer = town.post(CHIYODA, "/inquiries", Some(&wanted)).await;
    let time = began.elapsed();
    let doses = answer.json()["doses"].as_array().map(Vec::len);
    ensure!(
        doses == Some(HOLDERS.len()),
        "an inquiry was answered with {}",
        answer.json()
    );
    Ok(time)
}

impl Seen {
    /// Whether every row was answered, with what each holder has.
    #[must_use]
    pub fn is_sound(&self, plan: Plan) -> bool {
        let rows = plan.rows as usize;
        self.answered == u64::from(plan.rows) && self.doses == HOLDERS.len() * rows
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.file.as_secs_f64();
        writeln!(
            f,
            "{} inquiries by file in {seconds:.1} s, {} doses of {} holders",
            self.answered,
            self.doses,
            HOLDERS.len()
        )?;
        write!(
            f,
            "{} over the API, one after the other: {}",
            self.single.len(),
            Latencies(&self.single)
        )
    }
}
