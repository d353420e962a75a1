//! Doses: a file of them, and one by one as a venue sends them. Everybody's register is in the table, and every
//! condition of every transaction holds or fails as it would on AWS.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{Suite, median_rate, progress, rate};
use crate::function::{ApiRequest, Function};
use crate::register::{Register, TENANT};
use crate::table::{Unit, median};
use crate::town::Town;

const ROWS_AT_LEAST: f64 = 5_000.0;
const SECONDS_AT_MOST: f64 = 400e-6;
/// Requests before the first that counts: connections, credentials, keys.
const WARM_UP: u64 = 50;
/// Who is born later is too young for a dose without doubts.
pub(super) const ADULT: u64 = 2000;

impl Suite {
    pub(super) fn doses(&mut self) -> Result<()> {
        let (in_file, one_by_one) = self.extent.doses;
        let runs = u64::try_from(self.extent.runs)?;
        // Some three quarters of the residents are adults.
        let residents = 2 * runs * (in_file + one_by_one + WARM_UP);
        let mut adults = (0..residents).filter(|i| Register::born(*i).0 < ADULT);
        let mut town = Town::found_keeping(&self.places.binaries)?;
        progress("the register for doses");
        town.drop_file(self.content(Register::of(residents))?)?;
        let mut next = |count: u64| -> Result<Vec<u64>> {
            let count = usize::try_from(count)?;
            Ok(adults.by_ref().take(count).collect())
        };
        let files = self.several("a dose file", || {
            let outcome = town.drop_doses(file(TENANT, FIRST, &next(in_file)?)?.into())?;
            let recorded = outcome.upload.rows.recorded;
            ensure!(recorded == in_file, "{:?}", outcome.upload.rows);
            Ok(outcome.load.cpu)
        })?;
        let (rate, note) = median_rate(in_file, &files)?;
        self.table.at_least(
            "a dose file: load-doses",
            (rate, ROWS_AT_LEAST),
            Unit::RowsPerSecond,
            note,
        );
        let spent = self.several("doses one by one", || {
            one_by_one_in(&mut town.start("doses")?, &next(one_by_one + WARM_UP)?)
        })?;
        self.one_by_one(one_by_one, &spent)
    }

    fn one_by_one(&mut self, doses: u64, spent: &[Spent]) -> Result<()> {
        let each = |of: fn(&Spent) -> Duration| -> Vec<f64> {
            spent.iter().map(|it| 1.0 / rate(doses, of(it))).collect()
        };
        let (recorded, refused) = (each(|it| it.recorded), each(|it| it.refused));
        let note = {
            let lowest = recorded.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = recorded.iter().copied().fold(0.0, f64::max);
            let [lowest, highest] = [lowest, highest].map(|it| Unit::Microseconds.show(it));
            format!("{doses} doses, {} runs: {lowest} to {highest}", spent.len())
        };
        let recorded = median(&recorded).context("nothing was measured")?;
        let refused = median(&refused).context("nothing was measured")?;
        self.table.at_most(
            "a dose over the API: doses",
            (recorded, SECONDS_AT_MOST),
            Unit::Microseconds,
            note,
        );
        self.table.add(
            "  a request that is refused unread: event and answer",
            Unit::Microseconds.show(refused),
            String::from("the share of the Runtime API, which is in the figure above"),
        );
        Ok(())
    }
}

/// What one process spent.
struct Spent {
    recorded: Duration,
    refused: Duration,
}

fn one_by_one_in(function: &mut Function, residents: &[u64]) -> Result<Spent> {
    let (warm_up, counted) = residents.split_at(usize::try_from(WARM_UP)?);
    for i in warm_up {
        record(function, *i)?;
    }
    let process = function.process();
    let begun = process.cpu()?;
    for i in counted {
        record(function, *i)?;
    }
    let recorded = process.cpu()?.saturating_sub(begun);
    let begun = process.cpu()?;
    for i in counted {
        let status = ask(function, *i, "{}")?;
        ensure!(status == 400, "an empty body was answered with {status}");
    }
    let refused = process.cpu()?.saturating_sub(begun);
    Ok(Spent { recorded, refused })
}

/// Doses of one number in the month in which they are given.
#[derive(Clone, Copy)]
pub(super) struct Round {
    number: u8,
    month: &'static str,
}

/// First doses.
pub(super) const FIRST: Round = Round {
    number: 1,
    month: "202106",
};

/// As many doses as most have, far enough from one another.
pub(super) const ROUNDS: [Round; 3] = [
    FIRST,
    Round {
        number: 2,
        month: "202107",
    },
    Round {
        number: 3,
        month: "202202",
    },
];

/// A dose of each of these residents of a municipality, by coupon.
pub(super) fn file(tenant: &str, round: Round, residents: &[u64]) -> Result<Vec<u8>> {
    let Round { number, month } = round;
    let mut out = String::from(
        "自治体コード,券番号,接種回,接種日,接種会場名,接種医師名,ワクチンメーカー,ロット番号\r\n",
    );
    for i in residents {
        let coupon = Register::coupon(*i);
        let (day, lot) = (1 + i % 28, i % 10_000);
        write!(
            out,
            "{tenant},{coupon:010},{number},{month}{day:02},区民センター,山田医師,ファイザー,EY{lot:04}\r\n"
        )?;
    }
    Ok(out.into_bytes())
}

fn record(function: &mut Function, i: u64) -> Result<()> {
    let (year, month, day) = Register::born(i);
    let body = json!({
        "line": format!("21{TENANT}{:010}", Register::coupon(i)),
        "birth_date": format!("{year}-{month:02}-{day:02}"),
        "given_on": format!("2021-06-{:02}", 1 + i % 28),
        "product": "ファイザー",
        "lot": format!("EY{:04}", i % 10_000),
        "venue": "区民センター",
        "physician": "山田医師",
    });
    let status = ask(function, i, &body.to_string())?;
    ensure!(status == 201, "a dose was answered with {status}");
    Ok(())
}

/// Sends what API Gateway would; returns the status of the answer.
fn ask(function: &mut Function, i: u64, body: &str) -> Result<u64> {
    let key = format!("tablet-{i}");
    let request = ApiRequest {
        route: "POST /doses",
        tenant: TENANT,
        roles: "[doses]",
        idempotency_key: Some(&key),
        body,
    };
    Ok(function.ask(&request)?.0)
}
