use std::collections::BTreeSet;

use domain::TenantCode;
use invocations::HolderAnswer;
use serde::{Deserialize, Serialize};

/// Doses of all holders, by holder, programme and number; the same for whoever has none, for whatever
/// reason.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found(Vec<FoundDose>);

/// A dose and who holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundDose {
    /// Code of the municipality.
    pub holder: String,
    /// Code of the programme.
    pub programme: String,
    /// Number of the dose.
    pub number: u8,
    /// `YYYY-MM-DD`.
    pub given_on: String,
    /// Code of the vaccine.
    pub product: String,
    /// Lot.
    pub lot: String,
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

    /// The doses.
    #[must_use]
    pub fn doses(&self) -> &[FoundDose] {
        &self.0
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
