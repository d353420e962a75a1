//! What is deployed, read from `infra/template.yaml` and held against what must be true of it.
//!
//! - `page`: the template as it is written
//! - `rules`: what each table, queue, bucket, key, function and role must have
//! - `isolation`: every role × action × own municipality, another one, part of a code, a mixed batch,
//!   no keys at all
//! - `search_or_decrypt`: who looks up across municipalities, who opens records, and that nobody does both
//! - `responsibilities`: who must act on which problem
//! - `mistakes`: errors that a person may make in the template, each of which one of these catches

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod isolation;
mod mistakes;
mod page;
mod responsibilities;
mod rules;
mod search_or_decrypt;

/// The template as it is deployed.
const TEMPLATE: &str = local::template::TEMPLATE;
