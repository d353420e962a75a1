//! Inquiries, each over three holders, one after the other: the CPU time of every function that has a part in
//! them. Records, index, bases and logs are in the table, and every condition holds or fails as on AWS.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use domain::{Date, FileKind, TenantSettings, japan_date};
use hyper::Request;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Suite, doses, progress, rate};
use crate::function::{ApiRequest, Function};
use crate::register::Register;
use crate::server::{Server, ready, response};
use crate::table::{Unit, median};
use crate::town::Town;

/// 札幌市, 名古屋市, 福岡市.
const HOLDERS: [&str; 3] = ["011002", "231002", "401307"];
const SECONDS_AT_MOST: f64 = 2e-3;
/// Inquiries before the first that counts: connections, credentials, keys.
const WARM_UP: u64 = 20;

/// What the functions spent on one inquiry, in seconds.
struct Spent {
    recording: f64,
    asking: f64,
    answering: f64,
}

impl Suite {
    pub(super) fn inquiries(&mut self) -> Result<()> {
        let count = self.extent.inquiries;
        let runs = u64::try_from(self.extent.runs)?;
        // Some are under protection and would be held.
        let residents = (WARM_UP + count) * runs * 101 / 100 + 10;
        let mut people = (0..residents).filter(|i| !Register::is_protected(*i));
        let mut town = Town::found_keeping(&self.places.binaries)?;
        let no_limit = TenantSettings {
            inquiries_per_day: Some(u32::MAX),
            ..TenantSettings::default()
        };
        // Whoever asks has no records of them.
        town.enrol("131016", &no_limit)?;
        for holder in HOLDERS {
            progress(&format!("the records of {holder}"));
            self.hold(&mut town, holder, residents)?;
        }
        let mut lambda = Lambda::start(town.start("answer-inquiry")?)?;
        let spent = self.several("inquiries", || {
            let people: Vec<u64> = people
                .by_ref()
                .take(usize::try_from(WARM_UP + count)?)
                .collect();
            ask_in(&town, &mut lambda, &people)
        })?;
        let each = |of: fn(&Spent) -> f64| -> Result<f64> {
            let all: Vec<f64> = spent.iter().map(of).collect();
            median(&all).context("nothing was measured")
        };
        let note = format!("{count} inquiries, {} runs; three holders", spent.len());
        self.table.at_most(
            "an inquiry: inquiries, and answer-inquiry three times",
            (each(|it| it.asking + it.answering)?, SECONDS_AT_MOST),
            Unit::Microseconds,
            note,
        );
        for (what, figure) in [
            ("  of these inquiries", each(|it| it.asking)?),
            ("  of these answer-inquiry", each(|it| it.answering)?),
            ("the consent before it: consents", each(|it| it.recording)?),
        ] {
            self.table
                .add(what, Unit::Microseconds.show(figure), String::new());
        }
        Ok(())
    }

    fn hold(&self, town: &mut Town, holder: &'static str, residents: u64) -> Result<()> {
        town.enrol(holder, &TenantSettings::default())?;
        let register = Register {
            tenant: holder,
            ..Register::of(residents)
        };
        town.drop_of(holder, FileKind::Residents, self.content(register)?)?;
        let all: Vec<u64> = (0..residents).collect();
        let file = doses::file(holder, doses::FIRST, &all)?;
        let outcome = town.drop_of(holder, FileKind::Doses, file.into())?;
        let rows = outcome.upload.rows;
        // Children are too young for that vaccine: their doses are to be reviewed, and not given.
        ensure!(
            rows.recorded + rows.review == residents,
            "doses were not recorded: {rows:?}"
        );
        town.index(holder, 0..residents)
    }
}

/// Records a consent of each, then asks about each.
fn ask_in(town: &Town, lambda: &mut Lambda, people: &[u64]) -> Result<Spent> {
    let (warm_up, counted) = people.split_at(usize::try_from(WARM_UP)?);
    let mut consents = town.start("consents")?;
    let mut asker = town.start_beside("inquiries", &[lambda.endpoint()])?;
    for i in warm_up {
        let consent = record(&mut consents, *i)?;
        ask(&mut asker, *i, &consent)?;
    }
    let begun = consents.process().cpu()?;
    let mut recorded = Vec::new();
    for i in counted {
        recorded.push(record(&mut consents, *i)?);
    }
    let recording = consents.process().cpu()?.saturating_sub(begun);
    let begun = (asker.process().cpu()?, lambda.cpu()?);
    for (i, consent) in counted.iter().zip(&recorded) {
        ask(&mut asker, *i, consent)?;
    }
    let asking = asker.process().cpu()?.saturating_sub(begun.0);
    let answering = lambda.cpu()?.saturating_sub(begun.1);
    let count = u64::try_from(counted.len())?;
    let each = |spent: Duration| 1.0 / rate(count, spent);
    Ok(Spent {
        recording: each(recording),
        asking: each(asking),
        answering: each(answering),
    })
}

fn person(i: u64) -> Value {
    let (year, month, day) = Register::born(i);
    json!({
        "my_number": Register::my_number(i),
        "birth_date": format!("{year}-{month:02}-{day:02}"),
    })
}

fn record(consents: &mut Function, i: u64) -> Result<String> {
    let mut form = person(i);
    form["basis"] = "CONSENT".into();
    form["purpose"] = "VACCINATION".into();
    form["programmes"] = "COVID19".into();
    form["evidence_number"] = format!("F-{i}").into();
    form["signed_on"] = today().to_string().into();
    form["scan_sha256"] = "0".repeat(64).into();
    let recorded = request(consents, "POST /consents", &form)?;
    let id = recorded["id"].as_str().context("a consent without an id")?;
    Ok(id.to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the functions that are measured go by the clock of the machine"
)]
fn today() -> Date {
    japan_date(Timestamp::now())
}

fn ask(asker: &mut Function, i: u64, consent: &str) -> Result<()> {
    let mut wanted = person(i);
    wanted["consent"] = consent.into();
    let answer = request(asker, "POST /inquiries", &wanted)?;
    ensure!(answer["doses"].is_array(), "an inquiry without an answer");
    Ok(())
}

fn request(function: &mut Function, route: &'static str, body: &Value) -> Result<Value> {
    let (status, answer) = function.ask(&ApiRequest {
        route,
        tenant: "131016",
        roles: "[inquire]",
        idempotency_key: None,
        body: &body.to_string(),
    })?;
    ensure!(
        status == 200,
        "{route} was answered with {status}: {answer}"
    );
    Ok(answer)
}

/// Lambda with one function and one process of it: who calls it while it works waits.
struct Lambda {
    server: Server,
    function: Arc<Mutex<Function>>,
}

impl Lambda {
    fn start(function: Function) -> Result<Self> {
        let function = Arc::new(Mutex::new(function));
        let called = Arc::clone(&function);
        let answer = move |request: Request<Bytes>| {
            let mut function = called.lock().unwrap_or_else(PoisonError::into_inner);
            let event = String::from_utf8(request.body().to_vec());
            let answer = event.map_err(Into::into);
            ready(match answer.and_then(|event| function.invoke(event)) {
                Ok(answer) => response(200, "application/json", answer),
                Err(error) => response(500, "text/plain", error.to_string()),
            })
        };
        Ok(Self {
            server: Server::start("lambda", Arc::new(answer))?,
            function,
        })
    }

    /// Where the SDK of a caller finds it.
    fn endpoint(&self) -> (String, String) {
        ("AWS_ENDPOINT_URL_LAMBDA".to_owned(), self.server.url())
    }

    fn cpu(&self) -> Result<Duration> {
        let function = self.function.lock().unwrap_or_else(PoisonError::into_inner);
        function.process().cpu()
    }
}
