//! What is answered to whoever asked: doses and who holds them, and nothing else.

use asking::{Found, FoundDose};
use domain::{ConsentId, InquiryId, Municipality, TenantCode, municipality};
use serde::Serialize;

/// The answer to an inquiry. Whoever has none for whatever reason looks like this with no doses.
#[derive(Serialize)]
pub(crate) struct Answer<'a> {
    id: String,
    consent: String,
    doses: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    programme: &'a str,
    number: u8,
    given_on: &'a str,
    product: &'a str,
    lot: &'a str,
    holder: &'a str,
    holder_name: String,
}

impl<'a> Answer<'a> {
    pub(crate) fn of(inquiry: InquiryId, consent: ConsentId, found: &'a Found) -> Self {
        Self {
            id: inquiry.to_string(),
            consent: consent.to_string(),
            doses: found.doses().iter().map(Shown::of).collect(),
        }
    }
}

impl<'a> Shown<'a> {
    fn of(dose: &'a FoundDose) -> Self {
        Self {
            programme: &dose.programme,
            number: dose.number,
            given_on: &dose.given_on,
            product: &dose.product,
            lot: &dose.lot,
            holder: &dose.holder,
            holder_name: name_of(&dose.holder),
        }
    }
}

/// 東京都千代田区
fn name_of(code: &str) -> String {
    let known = TenantCode::parse(code).ok().and_then(municipality);
    known.map_or_else(String::new, Municipality::full_name)
}
