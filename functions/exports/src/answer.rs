//! What is answered of exports.

use std::time::Duration;

use domain::{ExportState, TenantScope};
use jiff::Timestamp;
use objects::{ExportFile, Objects, ObjectsError, is_in_sight};
use serde::Serialize;
use store::Export;

/// How long a link may be followed.
const VALID_FOR: Duration = Duration::from_mins(5);

/// One page of exports.
#[derive(Serialize)]
pub(crate) struct Page {
    pub(crate) exports: Vec<Shown>,
    /// The value of `after` for the next page; `null` on the last one.
    pub(crate) next: Option<String>,
    /// When the next one is made unasked.
    pub(crate) next_nightly: String,
}

/// One export, and where to fetch its files.
#[derive(Serialize)]
pub(crate) struct Shown {
    id: String,
    origin: &'static str,
    state: &'static str,
    scope: &'static str,
    encoding: &'static str,
    requested_at: String,
    moved_at: String,
    /// Doses in force when it was published.
    doses: Option<u64>,
    failure: Option<Failure>,
    files: Vec<File>,
}

/// Why nothing was published.
#[derive(Serialize)]
struct Failure {
    code: String,
    ja: &'static str,
    en: &'static str,
    /// What differs, in numbers, or where it is.
    detail: String,
}

/// A link that whoever has it may follow until it expires.
#[derive(Serialize)]
struct File {
    name: String,
    url: String,
    expires_at: String,
}

impl Shown {
    pub(crate) async fn of(
        drop: &Objects,
        scope: &TenantScope,
        export: &Export,
        now: Timestamp,
    ) -> Result<Self, ObjectsError> {
        let mut files = Vec::new();
        let is_published = export.state == ExportState::Published;
        let is_there = is_in_sight(export.moved_at, now);
        if is_published && is_there {
            for file in files_of(export) {
                let link = drop.export_link(scope, export.id, file, now, VALID_FOR);
                let link = link.await?;
                files.push(File {
                    name: file.name(),
                    url: link.url,
                    expires_at: link.expires.to_string(),
                });
            }
        }
        Ok(Self {
            id: export.id.to_string(),
            origin: export.origin.as_str(),
            state: export.state.as_str(),
            scope: export.scope.as_str(),
            encoding: export.encoding.as_str(),
            requested_at: export.requested_at.to_string(),
            moved_at: export.moved_at.to_string(),
            doses: is_published.then_some(export.doses),
            failure: export.failure.as_ref().map(Failure::of),
            files,
        })
    }
}

fn files_of(export: &Export) -> impl Iterator<Item = ExportFile> {
    let tables = export.programmes.iter();
    let tables = tables.flat_map(|it| [ExportFile::Ledger(*it), ExportFile::Waiting(*it)]);
    let others = [
        ExportFile::Patients,
        ExportFile::Immunizations,
        ExportFile::Manifest,
    ];
    tables.chain(others)
}

impl Failure {
    fn of((code, detail): &(String, String)) -> Self {
        let (ja, en) = match code.as_str() {
            "NUMBER_NOT_ENCODABLE" => (
                "この文字コードでは書けない文字を含む個別宛名番号があります。文字コードをUTF-8にしてもう一度出力してください。",
                "a resident number has a character that the encoding lacks; export in UTF-8",
            ),
            "RECORDS_MOVING" => (
                "出力中に接種記録が変わり続けたため、出力しませんでした。登録の少ない時間にもう一度出力してください。",
                "doses went on changing while they were read, so nothing was published; ask again when fewer are recorded",
            ),
            "OUT_OF_TIME" => (
                "時間内に出力が終わらなかったため、出力しませんでした。運用者に連絡してください。",
                "it would not have been done in time, so nothing was published; the operator must look into it",
            ),
            "RECORD_UNREADABLE" => (
                "読み取れない記録があるため、出力しませんでした。運用者に連絡してください。",
                "a record cannot be read, so nothing was published; the operator must look into it",
            ),
            _ => (
                "読み出した接種記録が件数の記録と一致しないため、出力しませんでした。運用者に連絡してください。",
                "what was read does not agree with the counts, so nothing was published; the operator must look into it",
            ),
        };
        Self {
            code: code.clone(),
            ja,
            en,
            detail: detail.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{Encoding, ExportId, ExportOrigin, ExportScope, ProgrammeCode};
    use serde_json::{Value, json};

    use super::*;

    fn description() -> Value {
        serde_yaml_ng::from_str(include_str!("../../../infra/api.yaml")).unwrap()
    }

    fn names(value: &Value) -> BTreeSet<&String> {
        value.as_object().unwrap().keys().collect()
    }

    #[test]
    fn an_export_is_shown_as_the_description_says() {
        let shown = Shown {
            id: String::new(),
            origin: "nightly",
            state: "failed",
            scope: "full",
            encoding: "cp932",
            requested_at: String::new(),
            moved_at: String::new(),
            doses: None,
            failure: Some(Failure::of(&("RECORDS_DIFFER".to_owned(), String::new()))),
            files: vec![File {
                name: String::new(),
                url: String::new(),
                expires_at: String::new(),
            }],
        };
        let page = Page {
            exports: vec![shown],
            next: None,
            next_nightly: String::new(),
        };
        let page = serde_json::to_value(&page).unwrap();
        let schemas = &description()["components"]["schemas"];
        assert_eq!(names(&page), names(&schemas["ExportPage"]["properties"]));
        let shown = &page["exports"][0];
        let schema = &schemas["Export"]["properties"];
        assert_eq!(names(shown), names(schema));
        let failure = &schema["failure"]["properties"];
        assert_eq!(names(&shown["failure"]), names(failure));
        // Each code has words of its own.
        let codes = failure["code"]["enum"].as_array().unwrap();
        let words = codes.iter().map(|code| {
            let code = code.as_str().unwrap().to_owned();
            Failure::of(&(code, String::new())).ja
        });
        assert_eq!(words.collect::<BTreeSet<_>>().len(), codes.len());
        let file = &schema["files"]["items"]["properties"];
        assert_eq!(names(&shown["files"][0]), names(file));
        let words = |name: &str| schema[name]["enum"].clone();
        assert_eq!(
            words("origin"),
            json!(ExportOrigin::ALL.map(ExportOrigin::as_str))
        );
        assert_eq!(
            words("state"),
            json!(ExportState::ALL.map(ExportState::as_str))
        );
        assert_eq!(
            words("scope"),
            json!(ExportScope::ALL.map(ExportScope::as_str))
        );
    }

    #[test]
    fn an_export_has_two_tables_for_each_programme() {
        let mut export = Export::requested(
            ExportId::derive(Timestamp::UNIX_EPOCH, &[1; 32]),
            ExportOrigin::Asked,
            (ExportScope::Full, Encoding::Cp932),
            Timestamp::UNIX_EPOCH,
        );
        export.programmes = vec![ProgrammeCode::COVID19];
        let names: Vec<_> = files_of(&export).map(ExportFile::name).collect();
        let expected = [
            "ledger-COVID19.csv",
            "waiting-COVID19.csv",
            "Patient.ndjson",
            "Immunization.ndjson",
            "manifest.json",
        ];
        assert_eq!(names, expected);
    }
}
