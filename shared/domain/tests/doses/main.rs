//! The rules for doses, driven by lists of cases.
#![cfg(test)]

mod check;
mod coupon_line;
mod decision;
mod tables;

use domain::{Date, Dose, DoseNumber, LotNumber, ProgrammeCode, read_product};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn number(value: u8) -> DoseNumber {
    DoseNumber::new(value).unwrap()
}

/// A dose of the programme of COVID-19.
fn dose(nth: u8, given_on: &str, vaccine: &str) -> Dose {
    Dose {
        programme: ProgrammeCode::COVID19,
        number: number(nth),
        given_on: day(given_on),
        product: read_product(ProgrammeCode::COVID19, vaccine).unwrap(),
        lot: LotNumber::parse("EY0779").unwrap(),
        venue: None,
        physician: None,
        coupon: None,
    }
}
