//! The whole stack in one process, wired from `infra/template.yaml`.
#![warn(missing_docs)]

pub mod s3;
pub mod template;
