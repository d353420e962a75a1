//! The link with which one file is dropped.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{Fault, Fields, Problem, Role};
use domain::{FileKind, TenantScope};
use objects::{InboxKey, NotInInbox, UploadLink};
use serde::Serialize;

/// How long a link may be followed: the time to begin a PUT, not to end it.
pub(crate) const VALID_FOR: Duration = Duration::from_mins(15);

const KIND_LIMIT: usize = 20;
const NAME_LIMIT: usize = 100;

/// What is to be dropped.
pub(crate) struct FileToDrop {
    kind: FileKind,
    name: String,
}

impl FileToDrop {
    pub(crate) fn read(mut fields: Fields) -> Result<Self, Problem> {
        let kind = fields.text("kind", KIND_LIMIT)?;
        let name = fields.text("name", 2 * NAME_LIMIT)?;
        fields.done()?;
        let kind = kind.expose().parse();
        let kind = kind.map_err(|_| Problem::invalid("kind", Fault::FileKind))?;
        if is_file_name(name.expose()) {
            let name = name.expose().clone();
            Ok(Self { kind, name })
        } else {
            Err(Problem::invalid("name", Fault::FileName))
        }
    }

    /// Who may drop it.
    pub(crate) fn roles(&self) -> &'static [Role] {
        match self.kind {
            FileKind::Residents => &[Role::Register],
            FileKind::Doses => &[Role::Doses, Role::Register],
            FileKind::Inquiries => &[Role::Inquire],
        }
    }

    pub(crate) fn key(&self, scope: &TenantScope) -> Result<InboxKey, Problem> {
        let key = InboxKey::for_drop(scope, self.kind, &self.name);
        key.map_err(|why| {
            let fault = if matches!(why, NotInInbox::MyNumber(..)) {
                Fault::FileNameMyNumber
            } else {
                Fault::FileName
            };
            Problem::invalid("name", fault)
        })
    }
}

/// Safe in any file system, URL and log: letters, digits, dots, underscores and hyphens, a letter or
/// digit first, `.csv` last.
fn is_file_name(name: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let stem = name
        .len()
        .checked_sub(4)
        .and_then(|stem| name.split_at_checked(stem));
    name.len() <= NAME_LIMIT
        && name.bytes().all(safe)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && stem.is_some_and(|(_, ending)| ending.eq_ignore_ascii_case(".csv"))
}

/// How to drop the file.
#[derive(Serialize)]
pub(crate) struct Ticket {
    method: &'static str,
    url: String,
    /// To be sent along as they are.
    headers: BTreeMap<String, String>,
    /// Where it will lie in the drop bucket.
    key: String,
    expires_at: String,
}

impl Ticket {
    pub(crate) fn of(key: &InboxKey, link: UploadLink) -> Self {
        Self {
            method: "PUT",
            url: link.url,
            headers: link.headers.into_iter().collect(),
            key: key.key(),
            expires_at: link.expires.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_safe_everywhere() {
        let longest = format!("{}.csv", "a".repeat(96));
        for name in [
            "residents_20210401.csv",
            "a.csv",
            "2021-04-01.full.CSV",
            &longest,
        ] {
            assert!(is_file_name(name), "{name}");
        }
        let too_long = format!("{}.csv", "a".repeat(97));
        for name in [
            "",
            ".csv",
            "csv",
            "a",
            "a.csv.gz",
            "a.xlsx",
            "-a.csv",
            "_a.csv",
            "..csv",
            "a b.csv",
            "a/b.csv",
            "../a.csv",
            "..\\a.csv",
            "a%2Fb.csv",
            "a\0.csv",
            "住民.csv",
            "a？.csv",
            "a.csｖ",
            "a;b.csv",
            "a\".csv",
            "a&b.csv",
            "~.csv",
            "a.csv/",
            "a.csv ",
            &too_long,
        ] {
            assert!(!is_file_name(name), "{name}");
        }
    }
}
