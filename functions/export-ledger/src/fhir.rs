//! Persons and doses as FHIR R4, after Patient and Immunization of JP Core. A patient has the municipality's
//! own number, sex and birth date, and no name.
//!
//! JP Core (`jami-fhir-jp-wg/jp-core-v1x`, profiles of 2023-06-26 and 2025-07-04) wants of a patient at least
//! one identifier with a value, and of an immunization that whom it names be of JP Core as well. It would rather have
//! vaccines by HOT or YJ codes, which are not ours to hand out and not in our tables: a vaccine is named, and coded by
//! CVX where maker and day say which one it was. Venue, maker and physician are names without a resource behind them.

use crypto::ResidentTag;
use data_encoding::HEXLOWER;
use domain::{Date, Dose, ProgrammeCode, Resident, Sex, TenantCode, japan_time, programme};
use jiff::Timestamp;
use serde::Serialize;

const CVX: &str = "http://hl7.org/fhir/sid/cvx";
const JP_PATIENT: &str = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient";
const JP_IMMUNIZATION: &str = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Immunization";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Patient<'p> {
    resource_type: &'static str,
    id: String,
    meta: Meta,
    identifier: [Identifier<'p>; 1],
    gender: &'static str,
    birth_date: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Immunization<'d> {
    resource_type: &'static str,
    id: String,
    meta: Meta,
    status: Status,
    vaccine_code: Concept<'d>,
    patient: Reference,
    occurrence_date_time: String,
    recorded: String,
    primary_source: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Named<'d>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manufacturer: Option<Named<'d>>,
    lot_number: &'d str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    performer: Vec<Performer<'d>>,
    protocol_applied: [Protocol; 1],
}

/// What an immunization says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// The dose is in force.
    Completed,
    /// It was, and is not any more: whoever keeps the resource of this id takes it back.
    EnteredInError,
}

#[derive(Serialize)]
struct Meta {
    profile: [&'static str; 1],
}

#[derive(Serialize)]
struct Identifier<'p> {
    system: String,
    value: &'p str,
}

#[derive(Serialize)]
struct Concept<'d> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    coding: Vec<Coding>,
    text: &'d str,
}

#[derive(Serialize)]
struct Coding {
    system: &'static str,
    code: &'static str,
}

#[derive(Serialize)]
struct Reference {
    reference: String,
}

#[derive(Serialize)]
struct Named<'d> {
    display: &'d str,
}

#[derive(Serialize)]
struct Performer<'d> {
    actor: Named<'d>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Protocol {
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<&'static str>,
    dose_number_positive_int: u8,
}

impl<'p> Patient<'p> {
    pub(crate) fn of(municipality: TenantCode, tag: ResidentTag, resident: &'p Resident) -> Self {
        Self {
            resource_type: "Patient",
            id: id(tag),
            meta: Meta {
                profile: [JP_PATIENT],
            },
            identifier: [Identifier {
                system: format!("urn:open-vrs:municipality:{municipality}:resident-number"),
                value: resident.number.expose(),
            }],
            gender: match resident.sex {
                Sex::Male => "male",
                Sex::Female => "female",
                Sex::NotApplicable => "other",
                Sex::Unknown => "unknown",
            },
            birth_date: date(resident.birth_date),
        }
    }
}

impl<'d> Immunization<'d> {
    pub(crate) fn of(
        tag: ResidentTag,
        dose: &'d Dose,
        recorded_at: Timestamp,
        status: Status,
    ) -> Self {
        let of_programme = programme(dose.programme);
        let product = of_programme.and_then(|it| it.product(dose.product));
        let code = product.and_then(|product| product.cvx_on(dose.given_on));
        let coding = code.map(|code| Coding { system: CVX, code });
        let named = |display| Named { display };
        let physician = dose.physician.as_ref().map(|it| Performer {
            actor: named(it.expose()),
        });
        Self {
            resource_type: "Immunization",
            id: dose_id(tag, dose.programme, dose.number.get()),
            meta: Meta {
                profile: [JP_IMMUNIZATION],
            },
            status,
            vaccine_code: Concept {
                coding: coding.into_iter().collect(),
                text: product.map_or(dose.product.as_str(), |product| product.name()),
            },
            patient: Reference {
                reference: format!("Patient/{}", id(tag)),
            },
            occurrence_date_time: date(dose.given_on),
            recorded: format!("{:.0}+09:00", japan_time(recorded_at)),
            primary_source: true,
            location: dose.venue.as_ref().map(|it| named(it.expose())),
            manufacturer: product.map(|product| named(company(product.maker()))),
            lot_number: dose.lot.as_str(),
            performer: physician.into_iter().collect(),
            protocol_applied: [Protocol {
                series: of_programme.map(domain::Programme::name),
                dose_number_positive_int: dose.number.get(),
            }],
        }
    }
}

/// An id of FHIR may have letters, digits, `-` and `.`, which leaves the tag's usual form out.
fn id(tag: ResidentTag) -> String {
    HEXLOWER.encode(tag.as_bytes())
}

fn dose_id(tag: ResidentTag, programme: ProgrammeCode, number: u8) -> String {
    format!("{}-{programme}-{number:02}", id(tag))
}

/// The ledger's word for a maker may say for whom the vaccine is: ファイザー（5～11歳用）.
fn company(maker: &str) -> &str {
    maker.split('（').next().unwrap_or(maker)
}

fn date(day: Date) -> String {
    day.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_named_without_whom_its_vaccine_is_for() {
        let covid = programme(ProgrammeCode::COVID19).unwrap();
        for product in covid.products() {
            let company = company(product.maker());
            assert!(
                !company.is_empty() && !company.contains(['（', '歳']),
                "{company}"
            );
        }
        assert_eq!(company("ファイザー（5～11歳用）"), "ファイザー");
    }
}
