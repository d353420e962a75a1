use std::fmt;

use crypto::Sha256;
use domain::{FileKind, TenantCode, TenantScope, UploadId, has_my_number};

/// The longest key that S3 takes, in bytes of UTF-8.
const LONGEST_KEY: usize = 1024;

/// The key of a dropped file: `inbox/<code>/<kind>/<name>.csv`.
///
/// The name is chosen by people and does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct InboxKey {
    tenant: TenantCode,
    kind: FileKind,
    name: String,
}

/// Why a key is not that of a dropped file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotInInbox {
    /// It is not text, or longer than S3 allows.
    #[error("the object's name is not readable")]
    Unreadable,
    /// It does not begin with `inbox/<something>/`.
    #[error("the object is not in the inbox")]
    Elsewhere,
    /// It ends with a slash: what consoles make to show an empty folder. Not a file at all.
    #[error("the object is a folder")]
    Folder,
    /// The folder is not the code of a municipality.
    #[error("the folder is not that of a municipality")]
    UnknownTenant,
    /// The municipality's folder has no such folder in it, or the file is not in one.
    #[error("there is no such kind of file")]
    UnknownKind(TenantCode),
    /// The file lies in a folder below that of its kind.
    #[error("the file lies too deep")]
    TooDeep(TenantCode, FileKind),
    /// The name does not end in `.csv`, or has nothing before it.
    #[error("the file's name does not end in .csv")]
    NotCsv(TenantCode, FileKind),
    /// The name of the file, or of a folder in the municipality's, holds a My Number; with the kind, where its place
    /// tells it.
    #[error(
        "the file's name holds a My Number (twelve digits of a time may look like one): rename it"
    )]
    MyNumber(TenantCode, Option<FileKind>),
}

impl NotInInbox {
    /// The municipality whose folder the object lies in, as far as that is known.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantCode> {
        match self {
            Self::UnknownKind(tenant)
            | Self::TooDeep(tenant, _)
            | Self::NotCsv(tenant, _)
            | Self::MyNumber(tenant, _) => Some(*tenant),
            Self::Unreadable | Self::Elsewhere | Self::Folder | Self::UnknownTenant => None,
        }
    }
}

impl InboxKey {
    /// Reads the key of an S3 event, which comes encoded as in a form (`+` for a space).
    pub fn from_event(encoded: &str) -> Result<Self, NotInInbox> {
        let key = form_decoded(encoded).ok_or(NotInInbox::Unreadable)?;
        Self::parse(&key)
    }

    /// Reads a key as it is.
    pub fn parse(key: &str) -> Result<Self, NotInInbox> {
        if key.len() > LONGEST_KEY {
            return Err(NotInInbox::Unreadable);
        }
        let (folder, rest) = key
            .strip_prefix("inbox/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or(NotInInbox::Elsewhere)?;
        if key.ends_with('/') {
            return Err(NotInInbox::Folder);
        }
        let tenant = TenantCode::parse(folder).map_err(|_| NotInInbox::UnknownTenant)?;
        let place = rest.split_once('/');
        let place = place.and_then(|(kind, name)| Some((kind.parse().ok()?, name)));
        if has_my_number(rest) {
            return Err(NotInInbox::MyNumber(tenant, place.map(|(kind, _)| kind)));
        }
        let (kind, name) = place.ok_or(NotInInbox::UnknownKind(tenant))?;
        if name.contains('/') {
            return Err(NotInInbox::TooDeep(tenant, kind));
        }
        if !is_csv(name) {
            return Err(NotInInbox::NotCsv(tenant, kind));
        }
        Ok(Self {
            tenant,
            kind,
            name: name.to_owned(),
        })
    }

    /// The key under which a tenant drops a file of this name.
    pub fn for_drop(scope: &TenantScope, kind: FileKind, name: &str) -> Result<Self, NotInInbox> {
        let tenant = scope.code();
        // Read back, so that what is handed out is what an event will be read as.
        let key = Self::parse(&format!("inbox/{tenant}/{kind}/{name}"))?;
        if key.tenant == tenant {
            Ok(key)
        } else {
            Err(NotInInbox::Elsewhere)
        }
    }

    /// The municipality whose folder it is.
    #[must_use]
    pub fn tenant(&self) -> TenantCode {
        self.tenant
    }

    /// What the file holds, by its folder.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// The file's name with its ending. Not for logs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole key, not encoded. Not for logs.
    #[must_use]
    pub fn key(&self) -> String {
        format!("inbox/{}/{}/{}", self.tenant, self.kind, self.name)
    }
}

impl fmt::Debug for InboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InboxKey({}/{}/…)", self.tenant, self.kind)
    }
}

/// Which upload a version of an object is; `key` as it is, not encoded.
#[must_use]
pub fn upload_of(bucket: &str, key: &str, version: &str) -> UploadId {
    let parts = [bucket, key, version].map(str::as_bytes);
    UploadId::derive(&Sha256::of_parts(&parts))
}

/// The same by the key of an S3 event, which comes encoded as in a form.
#[must_use]
pub fn upload_of_event(bucket: &str, encoded: &str, version: &str) -> UploadId {
    upload_of(bucket, &key_of_event(encoded), version)
}

/// The key of an S3 event as it is. One that cannot be decoded stands for itself.
#[must_use]
pub fn key_of_event(encoded: &str) -> String {
    form_decoded(encoded).unwrap_or_else(|| encoded.to_owned())
}

/// In any case: `RESIDENTS.CSV` is how some systems write it.
fn is_csv(name: &str) -> bool {
    let ending = name.len().checked_sub(4).filter(|start| *start > 0);
    ending
        .and_then(|start| name.get(start..))
        .is_some_and(|e| e.eq_ignore_ascii_case(".csv"))
}

/// Decodes `+` and `%XX`; none when that is broken or does not give text.
fn form_decoded(encoded: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? * 16 + hex(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chiyoda() -> TenantCode {
        TenantCode::parse("131016").unwrap()
    }

    #[test]
    fn keys_of_dropped_files_are_read() {
        for (event, name) in [
            (
                "inbox/131016/residents/residents_20210401.csv",
                "residents_20210401.csv",
            ),
            ("inbox/131016/residents/RESIDENTS.CSV", "RESIDENTS.CSV"),
            (
                "inbox/131016/residents/%E4%BD%8F%E6%B0%91+4%E6%9C%88%2B.csv",
                "住民 4月+.csv",
            ),
            ("inbox%2F131016%2Fresidents%2Fa.csv", "a.csv"),
        ] {
            let key = InboxKey::from_event(event).unwrap();
            assert_eq!(key.tenant(), chiyoda(), "{event}");
            assert_eq!(key.kind(), FileKind::Residents);
            assert_eq!(key.name(), name);
            assert_eq!(InboxKey::parse(&key.key()), Ok(key));
        }
    }

    #[test]
    fn every_other_key_says_why_it_is_none() {
        // One byte more than may be, of fewer characters.
        let long = format!("inbox/131016/residents/aa{}.csv", "あ".repeat(332));
        for (event, why) in [
            ("", NotInInbox::Elsewhere),
            ("outbox/131016/uploads/x/errors.csv", NotInInbox::Elsewhere),
            ("inbox/a.csv", NotInInbox::Elsewhere),
            ("/inbox/131016/residents/a.csv", NotInInbox::Elsewhere),
            ("inbox/131016/", NotInInbox::Folder),
            ("inbox/131016/residents/", NotInInbox::Folder),
            ("inbox/131017/residents/a.csv", NotInInbox::UnknownTenant),
            ("inbox/130001/residents/a.csv", NotInInbox::UnknownTenant),
            ("inbox//residents/a.csv", NotInInbox::UnknownTenant),
            ("inbox/131016/a.csv", NotInInbox::UnknownKind(chiyoda())),
            (
                "inbox/131016/Residents/a.csv",
                NotInInbox::UnknownKind(chiyoda()),
            ),
            (
                "inbox/131016/residents/2021/a.csv",
                NotInInbox::TooDeep(chiyoda(), FileKind::Residents),
            ),
            (
                "inbox/131016/residents/a.xlsx",
                NotInInbox::NotCsv(chiyoda(), FileKind::Residents),
            ),
            (
                "inbox/131016/residents/.csv",
                NotInInbox::NotCsv(chiyoda(), FileKind::Residents),
            ),
            (
                "inbox/131016/residents/é.c",
                NotInInbox::NotCsv(chiyoda(), FileKind::Residents),
            ),
            (
                "inbox/131016/residents/983205673214.csv",
                NotInInbox::MyNumber(chiyoda(), Some(FileKind::Residents)),
            ),
            (
                "inbox/131016/doses/98320567%EF%BC%93%EF%BC%92%EF%BC%91%EF%BC%94.csv",
                NotInInbox::MyNumber(chiyoda(), Some(FileKind::Doses)),
            ),
            (
                "inbox/131016/residents/983205673214/a.xlsx",
                NotInInbox::MyNumber(chiyoda(), Some(FileKind::Residents)),
            ),
            (
                "inbox/131016/983205673214/a.csv",
                NotInInbox::MyNumber(chiyoda(), None),
            ),
            (
                "inbox/131016/983205673214.csv",
                NotInInbox::MyNumber(chiyoda(), None),
            ),
            (
                "inbox/983205673214/residents/a.csv",
                NotInInbox::UnknownTenant,
            ),
            ("inbox/131016/residents/%ff.csv", NotInInbox::Unreadable),
            ("inbox/131016/residents/a%2", NotInInbox::Unreadable),
            (long.as_str(), NotInInbox::Unreadable),
        ] {
            assert_eq!(InboxKey::from_event(event), Err(why), "{event}");
        }
    }

    #[test]
    fn the_longest_key_is_read() {
        let longest = format!("inbox/131016/residents/a{}.csv", "あ".repeat(332));
        assert_eq!(longest.len(), 1_024);
        assert_eq!(InboxKey::parse(&longest).map(|key| key.key()), Ok(longest));
    }

    #[test]
    fn an_upload_has_one_id_however_its_key_came_encoded() {
        let raw = upload_of("drop", "inbox/131016/residents/住民 (1)+.csv", "v-1");
        for event in [
            "inbox/131016/residents/%E4%BD%8F%E6%B0%91+(1)%2B.csv",
            "inbox/131016/residents/%E4%BD%8F%E6%B0%91+%281%29%2B.csv",
            "inbox/131016/residents/%e4%bd%8f%e6%b0%91%20%281%29%2b.csv",
        ] {
            assert_eq!(upload_of_event("drop", event, "v-1"), raw, "{event}");
        }
        assert_ne!(
            upload_of("drop", "inbox/131016/residents/住民 (1)+.csv", "v-2"),
            raw
        );
    }

    #[test]
    fn the_id_of_a_plain_name_and_of_an_unreadable_one_is_that_of_the_key_as_it_came() {
        for key in [
            "inbox/131016/residents/residents_20210401.csv",
            "inbox/131016/residents/%ff.csv",
        ] {
            let parts: [&[u8]; 3] = [b"drop", key.as_bytes(), b"v-1"];
            let id = UploadId::derive(&Sha256::of_parts(&parts));
            assert_eq!(upload_of_event("drop", key, "v-1"), id, "{key}");
        }
    }

    #[test]
    fn a_name_for_a_drop_cannot_leave_the_folder() {
        let scope = TenantScope::for_operator(chiyoda());
        let drop = |name| InboxKey::for_drop(&scope, FileKind::Residents, name);
        let key = drop("residents.csv").unwrap();
        assert_eq!(key.key(), "inbox/131016/residents/residents.csv");
        for name in [
            "",
            ".csv",
            "a",
            "../011002/residents/a.csv",
            "/a.csv",
            "a/b.csv",
            "a.csv/",
            "983205673214.csv",
        ] {
            assert!(drop(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_name_chosen_by_people_does_not_print() {
        let key = InboxKey::parse("inbox/131016/residents/山田太郎.csv").unwrap();
        assert_eq!(format!("{key:?}"), "InboxKey(131016/residents/…)");
    }
}
