//! How single arguments are read, and what is said of those that do not read.

use std::str::FromStr;

use clap::builder::RangedI64ValueParser;
use domain::{Date, ExportScope, FileKind, TenantCode};

pub(super) fn tenant_code(text: &str) -> Result<TenantCode, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// Those that the API knows.
pub(super) const ROLES: [&str; 5] = ["read", "register", "doses", "inquire", "approve"];

pub(super) fn file_kind(text: &str) -> Result<FileKind, String> {
    word(text, "residents, doses or inquiries")
}

pub(super) fn export_encoding(text: &str) -> Result<domain::Encoding, String> {
    word(text, "utf-8, utf-8-bom or cp932")
}

pub(super) fn export_scope(text: &str) -> Result<ExportScope, String> {
    word(text, "full or changed")
}

fn word<T: FromStr>(text: &str, one_of: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{one_of} is meant"))
}

/// As many as the API lets a municipality set.
pub(super) fn per_day() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(..=1_000_000)
}

pub(super) fn as_of_date(text: &str) -> Result<Date, String> {
    let date = domain::parse_date(text).map_err(|error| error.to_string())?;
    if date < Date::constant(2021, 4, 1) {
        return Err("synthetic registers begin on 2021-04-01".to_owned());
    }
    Ok(date)
}
