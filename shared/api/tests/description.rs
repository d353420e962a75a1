//! What `infra/api.yaml` says of problems, held against the code.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use api::{Code, Fault, Problem, Response};
use serde_yaml_ng::Value;

fn words(schema: &str) -> Vec<String> {
    let description = include_str!("../../../infra/api.yaml");
    let description: Value = serde_yaml_ng::from_str(description).unwrap();
    let listed = &description["components"]["schemas"][schema]["enum"];
    serde_yaml_ng::from_value(listed.clone()).unwrap()
}

#[test]
fn every_code_is_described_and_no_other() {
    assert_eq!(words("ProblemCode"), Code::ALL.map(Code::as_str));
}

#[test]
fn every_fault_is_described_and_no_other() {
    assert_eq!(words("Fault"), Fault::ALL.map(Fault::as_str));
}

#[test]
fn the_examples_are_what_is_answered() {
    let description = include_str!("../../../infra/api.yaml");
    let description: Value = serde_yaml_ng::from_str(description).unwrap();
    let components = &description["components"];
    let invalid = &components["schemas"]["Problem"]["examples"][0];
    let not_found = &components["responses"]["NotFound"]["content"]["application/problem+json"];
    for (problem, example) in [
        (Problem::invalid("birth_date", Fault::Date), invalid),
        (Problem::not_found(), &not_found["example"]),
    ] {
        let answer: Value = serde_yaml_ng::from_slice(Response::from(problem).body()).unwrap();
        assert_eq!(answer, *example);
    }
}
