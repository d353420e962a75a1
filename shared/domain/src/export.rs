use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use uuid::{Builder, Uuid};

use crate::{UnknownWord, clock::JAPAN, japan_date, words};

/// When an export is made unasked, in Japan.
const NIGHTLY: Time = Time::constant(2, 0, 0, 0);

/// Which export of a municipality's doses this is. Not a secret. Ids are in the order of the times they
/// are for, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportId(Uuid);

impl ExportId {
    /// From the time the export is for and a SHA-256: of what makes an export the same one, or of chance
    /// where each is to be new.
    #[must_use]
    pub fn derive(at: Timestamp, digest: &[u8; 32]) -> Self {
        let [_, _, time @ ..] = at.as_millisecond().max(0).to_be_bytes();
        let (half, _) = digest.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        let mut bytes = *half;
        bytes
            .iter_mut()
            .zip(time)
            .for_each(|(byte, of_time)| *byte = of_time);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// When the nightly export of that day is made. [`Timestamp::MAX`] at the end of the calendar.
#[must_use]
pub fn nightly_of(day: Date) -> Timestamp {
    JAPAN
        .to_timestamp(day.to_datetime(NIGHTLY))
        .unwrap_or(Timestamp::MAX)
}

/// When the next nightly export is made.
#[must_use]
pub fn next_nightly(now: Timestamp) -> Timestamp {
    let today = japan_date(now);
    let coming = [today, today.saturating_add(1.day())].map(nightly_of);
    coming
        .into_iter()
        .find(|it| *it > now)
        .unwrap_or(Timestamp::MAX)
}

/// Who had an export made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportOrigin {
    /// Nobody: one is made every night.
    Nightly,
    /// The municipality asked for it.
    Asked,
}

words!(ExportOrigin {
    Nightly = "nightly",
    Asked = "asked",
});

impl fmt::Display for ExportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for ExportId {
    type Err = UnknownWord;

    /// Takes the usual form only, so that an export has one spelling.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let id = Self(Uuid::try_parse(text).map_err(|_| UnknownWord)?);
        (id.to_string() == text).then_some(id).ok_or(UnknownWord)
    }
}

/// The persons whose doses an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportScope {
    /// Everybody with a dose in force.
    Full,
    /// Everybody whose doses changed since the last export of a night, all of them; a row without doses
    /// says that there is none in force any more.
    Changed,
}

words!(ExportScope {
    Full = "full",
    Changed = "changed",
});

/// How an export stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportState {
    /// Asked for.
    Requested,
    /// Its files are there, and agree with the records.
    Published,
    /// It cannot be published; nothing of it is there.
    Failed,
}

words!(ExportState {
    Requested = "requested",
    Published = "published",
    Failed = "failed",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_id_has_one_spelling() {
        let id = ExportId::derive(Timestamp::UNIX_EPOCH, &[0xAB; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for other in [
            id.to_string().to_uppercase(),
            id.to_string().replace('-', ""),
        ] {
            assert_eq!(other.parse::<ExportId>(), Err(UnknownWord), "{other}");
        }
    }

    #[test]
    fn ids_are_in_the_order_of_their_times() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let earlier = ExportId::derive(at(1_700_000_000_000), &[0xFF; 32]);
        let later = ExportId::derive(at(1_700_000_000_001), &[0; 32]);
        assert!(earlier < later && earlier.to_string() < later.to_string());
        let other = ExportId::derive(at(1_700_000_000_000), &[0xFE; 32]);
        assert_ne!(earlier, other);
    }

    #[test]
    fn the_next_nightly_export_is_at_two_in_japan() {
        let cases = [
            ("2021-06-01T16:59:59Z", "2021-06-01T17:00:00Z"),
            ("2021-06-01T17:00:00Z", "2021-06-02T17:00:00Z"),
            ("2021-12-31T15:00:00Z", "2021-12-31T17:00:00Z"),
            ("2021-12-31T14:59:59Z", "2021-12-31T17:00:00Z"),
        ];
        for (now, next) in cases {
            let next: Timestamp = next.parse().unwrap();
            assert_eq!(next_nightly(now.parse().unwrap()), next, "{now}");
        }
        assert_eq!(
            nightly_of(Date::constant(2021, 6, 2)).to_string(),
            "2021-06-01T17:00:00Z"
        );
    }

    #[test]
    fn words_are_read_and_given_back() {
        for scope in ExportScope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        for state in ExportState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!("some".parse::<ExportScope>(), Err(UnknownWord));
    }
}
