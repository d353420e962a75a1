//! What is answered to whoever asked: doses and who holds them, and nothing else.

use std::collections::BTreeSet;

use domain::{ConsentId, InquiryId, TenantCode, municipality};
use invocations::HolderAnswer;
use serde::{Deserialize, Serialize};

/// Doses of all holders, by holder, programme and number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found(Vec<FoundDose>);

/// A dose and who holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoundDose {
    pub(crate) holder: String,
    pub(crate) programme: String,
    pub(crate) number: u8,
    pub(crate) given_on: String,
    pub(crate) product: String,
    pub(crate) lot: String,
}

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

impl Found {
    /// In one order, whoever answered first.
    pub(crate) fn of(answers: Vec<(TenantCode, HolderAnswer)>) -> Self {
        let doses = answers.into_iter().flat_map(|(holder, answer)| {
            answer.doses.into_iter().map(move |dose| FoundDose {
                holder: holder.to_string(),
                programme: dose.programme,
                number: dose.number,
                given_on: dose.given_on,
                product: dose.product,
                lot: dose.lot,
            })
        });
        let mut doses: Vec<_> = doses.collect();
        doses.sort_by(|a, b| {
            (&a.holder, &a.programme, a.number).cmp(&(&b.holder, &b.programme, b.number))
        });
        Self(doses)
    }

    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// Who gave doses, by ascending code.
    pub(crate) fn holders(&self) -> Vec<TenantCode> {
        let codes = self.0.iter().filter_map(|dose| dose.holder.parse().ok());
        codes.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl<'a> Answer<'a> {
    pub(crate) fn of(inquiry: InquiryId, consent: ConsentId, found: &'a Found) -> Self {
        Self {
            id: inquiry.to_string(),
            consent: consent.to_string(),
            doses: found.0.iter().map(Shown::of).collect(),
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
pub(crate) fn name_of(code: &str) -> String {
    let known = TenantCode::parse(code).ok().and_then(municipality);
    known.map_or_else(String::new, |it| {
        format!("{}{}", it.prefecture(), it.name())
    })
}
