use domain::{ExportId, Generation, ProgrammeCode, TenantScope, UploadId};

/// What our own functions write for a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectName {
    /// Drop bucket: the receipt of an upload, JSON.
    Receipt(UploadId),
    /// Drop bucket: the refused rows of an upload, ready to be mended, CSV.
    Errors(UploadId),
    /// Drop bucket: the answers to a file of inquiries, CSV.
    Answers(UploadId),
    /// Work bucket: the manifest of a generation, as one merge wrote it. Each merge of a load has a
    /// number of its own, so none ever writes over what another put in force.
    Manifest(Generation, u32),
    /// Work bucket: which rows of an upload were refused.
    Refused(UploadId),
    /// Work bucket: tags and fingerprints of the rows of a chunk, for as long as the dropped file is
    /// kept. Chunks count from 0.
    Rows(UploadId, u32),
    /// Work bucket: what a chunk of an upload adds to the next manifest. Chunks count from 0.
    Share(UploadId, u32),
    /// Drop bucket: a file of an export of doses.
    Export(ExportId, ExportFile),
}

/// A file of an export of doses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExportFile {
    /// The ledger of a programme (予防接種台帳向け出力), CSV.
    Ledger(ProgrammeCode),
    /// Doses of a programme that wait for their person (接種対象者登録待ちリスト), CSV.
    Waiting(ProgrammeCode),
    /// The persons, FHIR R4 as NDJSON.
    Patients,
    /// Their doses, FHIR R4 as NDJSON.
    Immunizations,
    /// What is in the others, JSON.
    Manifest,
}

impl ExportFile {
    /// The last part of its key, and what a browser saves it as.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Ledger(programme) => format!("ledger-{programme}.csv"),
            Self::Waiting(programme) => format!("waiting-{programme}.csv"),
            Self::Patients => "Patient.ndjson".to_owned(),
            Self::Immunizations => "Immunization.ndjson".to_owned(),
            Self::Manifest => "manifest.json".to_owned(),
        }
    }
}

impl ObjectName {
    /// The object's key, in the tenant's folder.
    #[must_use]
    pub fn key(&self, scope: &TenantScope) -> String {
        let code = scope.code();
        match self {
            Self::Receipt(upload) => format!("outbox/{code}/uploads/{upload}/receipt.json"),
            Self::Errors(upload) => format!("outbox/{code}/uploads/{upload}/errors.csv"),
            Self::Answers(upload) => format!("outbox/{code}/inquiries/{upload}/answers.csv"),
            Self::Manifest(generation, merge) => {
                format!("{}{generation}/{merge}", Self::manifests_folder(scope))
            }
            Self::Refused(upload) => format!("tenants/{code}/uploads/{upload}/refused"),
            Self::Rows(upload, chunk) => format!("rows/{code}/{upload}/{chunk}"),
            Self::Share(upload, chunk) => {
                format!("tenants/{code}/uploads/{upload}/shares/{chunk}")
            }
            Self::Export(export, file) => {
                format!("outbox/{code}/exports/{export}/{}", file.name())
            }
        }
    }

    /// Begins the keys of the tenant's manifests, and of nothing else.
    pub(crate) fn manifests_folder(scope: &TenantScope) -> String {
        format!("tenants/{}/manifests/", scope.code())
    }

    /// The manifest that has this key in the tenant's folder.
    pub(crate) fn manifest_at(scope: &TenantScope, key: &str) -> Option<Self> {
        let rest = key.strip_prefix(&Self::manifests_folder(scope))?;
        let (generation, merge) = rest.split_once('/')?;
        let name = Self::Manifest(
            Generation::new(generation.parse().ok()?),
            merge.parse().ok()?,
        );
        (name.key(scope) == key).then_some(name)
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Receipt(_) => "application/json",
            Self::Errors(_) | Self::Answers(_) => "text/csv",
            Self::Export(_, file) => match file {
                ExportFile::Ledger(_) | ExportFile::Waiting(_) => "text/csv",
                ExportFile::Patients | ExportFile::Immunizations => "application/fhir+ndjson",
                ExportFile::Manifest => "application/json",
            },
            Self::Manifest(..) | Self::Refused(_) | Self::Rows(..) | Self::Share(..) => {
                "application/octet-stream"
            }
        }
    }
}

/// The receipt of a file that lies under no known tenant or kind.
pub(crate) fn unassigned_receipt(upload: UploadId) -> String {
    format!("unassigned/{upload}/receipt.json")
}

/// Whether a key lies in one of the tenant's folders.
pub(crate) fn is_of(scope: &TenantScope, key: &str) -> bool {
    let rest = ["inbox/", "outbox/", "rows/", "tenants/"]
        .iter()
        .find_map(|top| key.strip_prefix(top));
    let rest = rest.and_then(|rest| rest.strip_prefix(scope.code().as_str()));
    rest.is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use domain::TenantCode;

    use super::*;

    #[test]
    fn every_name_lies_in_the_folder_of_its_tenant_only() {
        let chiyoda = TenantScope::for_operator(TenantCode::parse("131016").unwrap());
        let sapporo = TenantScope::for_operator(TenantCode::parse("011002").unwrap());
        let upload = UploadId::derive(&[7; 32]);
        let export = ExportId::derive(jiff::Timestamp::UNIX_EPOCH, &[8; 32]);
        for (name, key) in [
            (
                ObjectName::Receipt(upload),
                format!("outbox/131016/uploads/{upload}/receipt.json"),
            ),
            (
                ObjectName::Errors(upload),
                format!("outbox/131016/uploads/{upload}/errors.csv"),
            ),
            (
                ObjectName::Answers(upload),
                format!("outbox/131016/inquiries/{upload}/answers.csv"),
            ),
            (
                ObjectName::Export(export, ExportFile::Ledger(ProgrammeCode::COVID19)),
                format!("outbox/131016/exports/{export}/ledger-COVID19.csv"),
            ),
            (
                ObjectName::Export(export, ExportFile::Manifest),
                format!("outbox/131016/exports/{export}/manifest.json"),
            ),
            (
                ObjectName::Manifest(Generation::new(12), 1),
                "tenants/131016/manifests/12/1".to_owned(),
            ),
            (
                ObjectName::Refused(upload),
                format!("tenants/131016/uploads/{upload}/refused"),
            ),
            (
                ObjectName::Rows(upload, 3),
                format!("rows/131016/{upload}/3"),
            ),
            (
                ObjectName::Share(upload, 3),
                format!("tenants/131016/uploads/{upload}/shares/3"),
            ),
        ] {
            assert_eq!(name.key(&chiyoda), key);
            assert!(is_of(&chiyoda, &key), "{key}");
            assert!(!is_of(&sapporo, &key), "{key}");
        }
    }

    #[test]
    fn a_manifest_is_known_by_its_key_in_its_own_tenants_folder_only() {
        let chiyoda = TenantScope::for_operator(TenantCode::parse("131016").unwrap());
        let sapporo = TenantScope::for_operator(TenantCode::parse("011002").unwrap());
        let name = ObjectName::Manifest(Generation::new(12), 3);
        let key = name.key(&chiyoda);
        assert_eq!(ObjectName::manifest_at(&chiyoda, &key), Some(name));
        assert_eq!(ObjectName::manifest_at(&sapporo, &key), None);
        for key in [
            "tenants/131016/manifests/12",
            "tenants/131016/manifests/12/3/4",
            "tenants/131016/manifests/012/3",
            "tenants/131016/manifests/x/3",
            "tenants/131016/uploads/12/3",
        ] {
            assert_eq!(ObjectName::manifest_at(&chiyoda, key), None, "{key}");
        }
    }

    #[test]
    fn a_key_outside_the_folders_is_nobodys() {
        let scope = TenantScope::for_operator(TenantCode::parse("131016").unwrap());
        for key in [
            "131016/residents/a.csv",
            "inbox/131016",
            "inbox/1310160/residents/a.csv",
            "unassigned/131016/receipt.json",
            "x/inbox/131016/residents/a.csv",
            "",
        ] {
            assert!(!is_of(&scope, key), "{key}");
        }
    }
}
