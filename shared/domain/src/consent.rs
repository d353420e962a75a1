use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp, civil::Date};
use thiserror::Error;
use uuid::{Builder, Uuid};

use crate::{Basis, UnknownWord, clock::end_of_day, words};

/// A recorded legal basis (UUID version 7). Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConsentId(Uuid);

/// An inquiry (UUID version 7). Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InquiryId(Uuid);

/// A member of a municipality's staff, as a digest of what the issuer of tokens calls them: enough
/// to tell two persons apart, and to find one again in the municipality's own list.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StaffTag([u8; 16]);

/// How far a recorded basis has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsentState {
    /// Recorded; waits for a second person.
    Draft,
    /// May be asked on, once.
    Granted,
    /// An inquiry has taken it, and can finish; no other can.
    Claimed,
    /// Its one inquiry was answered.
    Answered,
    /// Withdrawn before it was answered.
    Revoked,
    /// Its time was up before it was answered.
    Expired,
}

/// What was done to a recorded basis. Expiry is not done by anybody: it is a matter of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Recorded.
    Draft,
    /// Recorded where no second person is needed, or approved.
    Granted,
    /// Taken by an inquiry.
    Claimed(InquiryId),
    /// Answered to that inquiry.
    Answered(InquiryId),
    /// Withdrawn.
    Revoked,
}

/// The life of a recorded basis. Only the arrows that make sense are functions:
/// recorded -> draft or granted; draft -> granted; granted -> claimed; claimed -> answered;
/// whatever is not answered -> revoked, or expired by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentLife {
    stage: Stage,
    recorder: StaffTag,
    expires_at: Timestamp,
}

/// Why something cannot be done to a recorded basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LifeError {
    /// A second person has to approve it first.
    #[error("not yet approved")]
    NotApproved,
    /// It needs no approval, or has it.
    #[error("not waiting for approval")]
    NotWaiting,
    /// Whoever recorded it cannot approve it.
    #[error("approved by the one who recorded it")]
    SamePerson,
    /// Another inquiry has taken it, or it was answered.
    #[error("used already")]
    Used,
    /// It was withdrawn.
    #[error("revoked")]
    Revoked,
    /// Its time is up.
    #[error("expired")]
    Expired,
}

impl ConsentId {
    /// From the time and ten random bytes.
    #[must_use]
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        Self(version_7(now, random))
    }
}

impl InquiryId {
    /// From the time and ten random bytes.
    #[must_use]
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        Self(version_7(now, random))
    }

    /// The time in it, to the millisecond; its place in a list. Nobody vouches for it where somebody else made it.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        let first = self.0.as_bytes().iter().take(6);
        let millis = first.fold(0, |so_far, byte| so_far << 8 | i64::from(*byte));
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }
}

fn version_7(now: Timestamp, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// Takes the usual form of version 7 only, so that an id has one spelling.
fn parse_version_7(text: &str) -> Result<Uuid, UnknownWord> {
    let uuid = Uuid::try_parse(text).map_err(|_| UnknownWord)?;
    let mut spelled = Uuid::encode_buffer();
    let usual = uuid.hyphenated().encode_lower(&mut spelled) == text;
    if usual && uuid.get_version_num() == 7 {
        Ok(uuid)
    } else {
        Err(UnknownWord)
    }
}

impl FromStr for ConsentId {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        parse_version_7(text).map(Self)
    }
}

impl FromStr for InquiryId {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        parse_version_7(text).map(Self)
    }
}

impl fmt::Display for ConsentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for InquiryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StaffTag {
    /// From 16 bytes of a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for StaffTag {
    type Err = UnknownWord;

    /// Reads 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let digits: [u8; 32] = text.as_bytes().try_into().map_err(|_| UnknownWord)?;
        let mut bytes = [0; 16];
        let pairs = digits.as_chunks::<2>().0.iter();
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(UnknownWord);
            *byte = u8::try_from(digit(*high)? * 16 + digit(*low)?).map_err(|_| UnknownWord)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for StaffTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StaffTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaffTag({self})")
    }
}

words!(ConsentState {
    Draft = "draft",
    Granted = "granted",
    Claimed = "claimed",
    Answered = "answered",
    Revoked = "revoked",
    Expired = "expired",
});

impl ConsentLife {
    /// Recorded now. It holds as long as the basis lets it, or fewer days if the form says so.
    #[must_use]
    pub fn recorded(basis: &Basis, recorder: StaffTag, now: Timestamp, days: Option<u8>) -> Self {
        let longest = basis.longest_days();
        let days = days.map_or(longest, |days| days.min(longest));
        let term = SignedDuration::from_hours(24 * i64::from(days));
        let stage = if basis.needs_second_person() {
            Stage::Draft
        } else {
            Stage::Granted
        };
        Self {
            stage,
            recorder,
            expires_at: now.saturating_add(term).unwrap_or(now),
        }
    }

    /// It ends with that day in Japan, if not before: the day is counted from the form, not from the desk.
    #[must_use]
    pub fn to_the_end_of(self, day: Date) -> Self {
        Self {
            expires_at: self.expires_at.min(end_of_day(day)),
            ..self
        }
    }

    /// As it was stored.
    #[must_use]
    pub const fn stored(stage: Stage, recorder: StaffTag, expires_at: Timestamp) -> Self {
        Self {
            stage,
            recorder,
            expires_at,
        }
    }

    /// What was done to it.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Who recorded it.
    #[must_use]
    pub const fn recorder(&self) -> StaffTag {
        self.recorder
    }

    /// The first instant at which it holds no more.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// How far it has come by now.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> ConsentState {
        match self.stage {
            Stage::Answered(_) => ConsentState::Answered,
            Stage::Revoked => ConsentState::Revoked,
            _ if now >= self.expires_at => ConsentState::Expired,
            Stage::Draft => ConsentState::Draft,
            Stage::Granted => ConsentState::Granted,
            Stage::Claimed(_) => ConsentState::Claimed,
        }
    }

    /// draft -> granted, by another person than the one who recorded it.
    pub fn approve(self, approver: StaffTag, now: Timestamp) -> Result<Self, LifeError> {
        match self.state(now) {
            ConsentState::Draft if approver == self.recorder => Err(LifeError::SamePerson),
            ConsentState::Draft => Ok(self.at(Stage::Granted)),
            ConsentState::Revoked => Err(LifeError::Revoked),
            ConsentState::Expired => Err(LifeError::Expired),
            ConsentState::Granted | ConsentState::Claimed | ConsentState::Answered => {
                Err(LifeError::NotWaiting)
            }
        }
    }

    /// granted -> claimed. The inquiry that has claimed it may do so again, to finish.
    pub fn claim(self, inquiry: InquiryId, now: Timestamp) -> Result<Self, LifeError> {
        match (self.state(now), self.stage) {
            (ConsentState::Draft, _) => Err(LifeError::NotApproved),
            (ConsentState::Granted, _) => Ok(self.at(Stage::Claimed(inquiry))),
            (ConsentState::Claimed, Stage::Claimed(by)) if by == inquiry => Ok(self),
            (ConsentState::Revoked, _) => Err(LifeError::Revoked),
            (ConsentState::Expired, _) => Err(LifeError::Expired),
            (ConsentState::Claimed | ConsentState::Answered, _) => Err(LifeError::Used),
        }
    }

    /// claimed -> answered, by the inquiry that has claimed it.
    pub fn answer(self, inquiry: InquiryId, now: Timestamp) -> Result<Self, LifeError> {
        match (self.state(now), self.stage) {
            (ConsentState::Claimed, Stage::Claimed(by)) if by == inquiry => {
                Ok(self.at(Stage::Answered(inquiry)))
            }
            (ConsentState::Draft | ConsentState::Granted, _) => Err(LifeError::NotApproved),
            (ConsentState::Revoked, _) => Err(LifeError::Revoked),
            (ConsentState::Expired, _) => Err(LifeError::Expired),
            (ConsentState::Claimed | ConsentState::Answered, _) => Err(LifeError::Used),
        }
    }

    /// Withdrawn, as long as it was not answered. What expired is of no more use anyway.
    pub fn revoke(self, now: Timestamp) -> Result<Self, LifeError> {
        match self.state(now) {
            ConsentState::Draft | ConsentState::Granted | ConsentState::Claimed => {
                Ok(self.at(Stage::Revoked))
            }
            ConsentState::Answered => Err(LifeError::Used),
            ConsentState::Revoked => Err(LifeError::Revoked),
            ConsentState::Expired => Err(LifeError::Expired),
        }
    }

    const fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basis;

    const ANNA: StaffTag = StaffTag::from_bytes([1; 16]);
    const BERT: StaffTag = StaffTag::from_bytes([2; 16]);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn recorded(code: &str) -> ConsentLife {
        let basis = basis(code, jiff::civil::date(2022, 1, 1)).unwrap();
        ConsentLife::recorded(basis, ANNA, at(0), None)
    }

    fn inquiry(random: u8) -> InquiryId {
        InquiryId::new(at(1), [random; 10])
    }

    #[test]
    fn ids_carry_their_time_and_have_one_spelling() {
        let id = ConsentId::new(at(1_618_185_600), [7; 10]);
        assert!(id.to_string().starts_with("0178c360-bc00-7"));
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in [
            id.to_string().to_uppercase(),
            format!("{{{id}}}"),
            id.to_string().replace('-', ""),
            "01234567-89ab-8def-8123-456789abcdef".to_owned(),
            String::new(),
        ] {
            assert_eq!(text.parse::<ConsentId>(), Err(UnknownWord), "{text}");
            assert_eq!(text.parse::<InquiryId>(), Err(UnknownWord), "{text}");
        }
    }

    #[test]
    fn with_consent_one_inquiry_is_answered_once() {
        let granted = recorded("CONSENT");
        assert_eq!(granted.state(at(1)), ConsentState::Granted);
        assert_eq!(
            granted.answer(inquiry(1), at(1)),
            Err(LifeError::NotApproved)
        );
        let claimed = granted.claim(inquiry(1), at(1)).unwrap();
        assert_eq!(claimed.claim(inquiry(1), at(2)), Ok(claimed));
        assert_eq!(claimed.claim(inquiry(2), at(2)), Err(LifeError::Used));
        assert_eq!(claimed.answer(inquiry(2), at(2)), Err(LifeError::Used));
        let answered = claimed.answer(inquiry(1), at(3)).unwrap();
        assert_eq!(answered.claim(inquiry(1), at(4)), Err(LifeError::Used));
        assert_eq!(answered.answer(inquiry(1), at(4)), Err(LifeError::Used));
        assert_eq!(answered.revoke(at(4)), Err(LifeError::Used));
        assert_eq!(answered.state(Timestamp::MAX), ConsentState::Answered);
    }

    #[test]
    fn without_consent_another_person_approves_first() {
        let draft = recorded("CONSENT_HARD_TO_OBTAIN");
        assert_eq!(draft.claim(inquiry(1), at(1)), Err(LifeError::NotApproved));
        assert_eq!(draft.approve(ANNA, at(1)), Err(LifeError::SamePerson));
        let granted = draft.approve(BERT, at(1)).unwrap();
        assert_eq!(granted.approve(BERT, at(1)), Err(LifeError::NotWaiting));
        assert!(granted.claim(inquiry(1), at(1)).is_ok());
    }

    #[test]
    fn nothing_is_done_with_what_was_revoked() {
        let granted = recorded("CONSENT");
        let claimed = granted.claim(inquiry(1), at(1)).unwrap();
        for life in [granted, claimed, recorded("CONSENT_HARD_TO_OBTAIN")] {
            let revoked = life.revoke(at(2)).unwrap();
            assert_eq!(revoked.state(Timestamp::MAX), ConsentState::Revoked);
            assert_eq!(revoked.approve(BERT, at(3)), Err(LifeError::Revoked));
            assert_eq!(revoked.claim(inquiry(1), at(3)), Err(LifeError::Revoked));
            assert_eq!(revoked.answer(inquiry(1), at(3)), Err(LifeError::Revoked));
            assert_eq!(revoked.revoke(at(3)), Err(LifeError::Revoked));
        }
    }

    #[test]
    fn it_holds_to_the_last_second_and_not_one_longer() {
        let granted = recorded("CONSENT");
        let claimed = granted.claim(inquiry(1), at(1)).unwrap();
        let end = granted.expires_at();
        let last = end - SignedDuration::from_secs(1);
        assert_eq!(end, at(14 * 24 * 3600));
        assert!(
            granted.claim(inquiry(1), last).is_ok() && claimed.answer(inquiry(1), last).is_ok()
        );
        assert_eq!(granted.state(end), ConsentState::Expired);
        assert_eq!(granted.claim(inquiry(1), end), Err(LifeError::Expired));
        assert_eq!(claimed.claim(inquiry(1), end), Err(LifeError::Expired));
        assert_eq!(claimed.answer(inquiry(1), end), Err(LifeError::Expired));
        assert_eq!(granted.revoke(end), Err(LifeError::Expired));
        let draft = recorded("CONSENT_HARD_TO_OBTAIN");
        assert_eq!(
            draft.approve(BERT, draft.expires_at()),
            Err(LifeError::Expired)
        );
    }

    #[test]
    fn a_form_may_say_fewer_days_and_never_more() {
        let basis = basis("CONSENT", jiff::civil::date(2022, 1, 1)).unwrap();
        let ends = |days| ConsentLife::recorded(basis, ANNA, at(0), Some(days)).expires_at();
        assert_eq!(ends(1), at(24 * 3600));
        assert_eq!(ends(30), at(14 * 24 * 3600));
    }

    #[test]
    fn its_days_are_counted_from_the_form_where_that_is_older() {
        let basis = basis("CONSENT", jiff::civil::date(2022, 1, 1)).unwrap();
        let noon: Timestamp = "2022-01-20T03:00:00Z".parse().unwrap();
        let ends = |signed_on: &str| {
            let last = basis.last_day(signed_on.parse().unwrap());
            let life = ConsentLife::recorded(basis, ANNA, noon, None);
            life.to_the_end_of(last).expires_at().to_string()
        };
        // To midnight in Japan at the end of the fourteenth day after the signature.
        assert_eq!(ends("2022-01-06"), "2022-01-20T15:00:00Z");
        assert_eq!(ends("2022-01-19"), "2022-02-02T15:00:00Z");
        assert_eq!(ends("2022-01-20"), "2022-02-03T03:00:00Z");
    }
}
