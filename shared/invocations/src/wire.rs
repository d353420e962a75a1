use std::fmt;

use crypto::{PersonTag, Tag};
use data_encoding::BASE64;
use domain::{ConsentId, Date, InquiryId, MyNumber, TenantCode, TenantScope};
use serde::{Deserialize, Serialize};
use store::Pointer;

use crate::InvokeError;

/// How many residents of one holder a question may lead to. There are more than a few only if one number was given to
/// one resident after the other.
pub const MOST_POINTERS: usize = 32;

/// One holder is asked for one inquiry. `Debug` shows nothing of the person.
pub struct HolderAsk {
    /// Who asks.
    pub asker: TenantCode,
    /// Its recorded basis.
    pub consent: ConsentId,
    /// The inquiry that has claimed it.
    pub inquiry: InquiryId,
    /// Who is asked.
    pub holder: TenantCode,
    /// The person, as the index of holders knows them.
    pub person: PersonTag,
    /// Which residents of the holder's that may be, sealed for the holder: 1 to [`MOST_POINTERS`], in the order
    /// of the index.
    pub pointers: Vec<Pointer>,
    /// To know the person again.
    pub my_number: MyNumber,
    /// To know the person again.
    pub birth_date: Date,
}

/// One dose as it is given to another municipality. Never a name, an address, a coupon or a My Number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenDose {
    /// Code of the programme.
    pub programme: String,
    /// Number of the dose.
    pub number: u8,
    /// `YYYY-MM-DD`.
    pub given_on: String,
    /// Code of the vaccine.
    pub product: String,
    /// Lot.
    pub lot: String,
}

/// What a holder gives: doses in scope, or none.
#[derive(Clone, PartialEq, Eq)]
pub struct HolderAnswer {
    /// In the order of programme and number; of one number there may be several, from several records of one
    /// person.
    pub doses: Vec<GivenDose>,
}

/// The event is not what this function is asked; it says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a question to a holder")]
pub struct NotAnAsk;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAsk {
    asker: String,
    consent: String,
    inquiry: String,
    holder: String,
    person: String,
    pointers: Vec<WirePointer>,
    my_number: String,
    birth_date: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePointer {
    name: String,
    sealed: String,
}

impl WirePointer {
    fn of(pointer: &Pointer) -> Self {
        Self {
            name: pointer.name.to_string(),
            sealed: BASE64.encode(&pointer.sealed),
        }
    }

    fn read(&self) -> Result<Pointer, NotAnAsk> {
        let sealed = BASE64.decode(self.sealed.as_bytes());
        Ok(Pointer {
            name: Tag::parse(&self.name).map_err(|_| NotAnAsk)?,
            sealed: sealed.map_err(|_| NotAnAsk)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
enum WireAnswer {
    Given { doses: Vec<GivenDose> },
    BasisEnded {},
}

impl HolderAsk {
    /// The area of whoever asks, for looking at its basis.
    #[must_use]
    pub fn asker_scope(&self) -> TenantScope {
        TenantScope::from_own_invocation(self.asker)
    }

    /// The area of the holder.
    #[must_use]
    pub fn holder_scope(&self) -> TenantScope {
        TenantScope::from_own_invocation(self.holder)
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let digits = self.my_number.expose_digits();
        let wire = WireAsk {
            asker: self.asker.to_string(),
            consent: self.consent.to_string(),
            inquiry: self.inquiry.to_string(),
            holder: self.holder.to_string(),
            person: self.person.text(),
            pointers: self.pointers.iter().map(WirePointer::of).collect(),
            my_number: digits.iter().map(|digit| char::from(*digit)).collect(),
            birth_date: self.birth_date.to_string(),
        };
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// Reads an event. It is believed to be well formed from here on, and nothing more.
    pub fn from_json(event: &[u8]) -> Result<Self, NotAnAsk> {
        let wire: WireAsk = serde_json::from_slice(event).map_err(|_| NotAnAsk)?;
        let tenant = |code: &str| TenantCode::parse(code).map_err(|_| NotAnAsk);
        if !(1..=MOST_POINTERS).contains(&wire.pointers.len()) {
            return Err(NotAnAsk);
        }
        let pointers = wire.pointers.iter().map(WirePointer::read);
        Ok(Self {
            asker: tenant(&wire.asker)?,
            consent: wire.consent.parse().map_err(|_| NotAnAsk)?,
            inquiry: wire.inquiry.parse().map_err(|_| NotAnAsk)?,
            holder: tenant(&wire.holder)?,
            person: PersonTag::parse(&wire.person).map_err(|_| NotAnAsk)?,
            pointers: pointers.collect::<Result<_, _>>()?,
            my_number: MyNumber::parse(wire.my_number.as_bytes()).map_err(|_| NotAnAsk)?,
            birth_date: wire.birth_date.parse().map_err(|_| NotAnAsk)?,
        })
    }
}

impl fmt::Debug for HolderAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HolderAsk")
            .field("asker", &self.asker)
            .field("inquiry", &self.inquiry)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}

impl HolderAnswer {
    /// The answer as the function gives it; `None` when the basis does not hold.
    #[must_use]
    pub fn to_json(answer: Option<&Self>) -> Vec<u8> {
        let wire = match answer {
            Some(answer) => WireAnswer::Given {
                doses: answer.doses.clone(),
            },
            None => WireAnswer::BasisEnded {},
        };
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// Reads what [`Self::to_json`] wrote.
    pub fn from_json(payload: &[u8]) -> Result<Self, InvokeError> {
        match serde_json::from_slice(payload) {
            Ok(WireAnswer::Given { doses }) => Ok(Self { doses }),
            Ok(WireAnswer::BasisEnded {}) => Err(InvokeError::BasisEnded),
            Err(_) => Err(InvokeError::Refused {
                code: "NotAnAnswer".to_owned(),
            }),
        }
    }
}

impl fmt::Debug for HolderAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderAnswer")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn ask() -> HolderAsk {
        let now = Timestamp::from_second(1_618_185_600).unwrap();
        HolderAsk {
            asker: TenantCode::parse("131016").unwrap(),
            consent: ConsentId::new(now, [1; 10]),
            inquiry: InquiryId::new(now, [2; 10]),
            holder: TenantCode::parse("011002").unwrap(),
            person: PersonTag::from_bytes([3; 32]),
            pointers: [4, 5]
                .map(|byte| Pointer {
                    name: Tag::from_bytes([byte; 16]),
                    sealed: vec![1, 2, 3],
                })
                .to_vec(),
            my_number: MyNumber::parse(b"983205673214").unwrap(),
            birth_date: "1950-01-02".parse().unwrap(),
        }
    }

    #[test]
    fn a_question_reads_back_as_it_was_asked() {
        let read = HolderAsk::from_json(&ask().to_json()).unwrap();
        assert_eq!(read.to_json(), ask().to_json());
        assert_eq!(read.my_number, ask().my_number);
        assert!(!format!("{read:?}").contains("9832"));
    }

    #[test]
    fn what_is_no_question_is_refused() {
        let sound: serde_json::Value = serde_json::from_slice(&ask().to_json()).unwrap();
        for name in sound.as_object().unwrap().keys() {
            for value in ["", "x", "131017", "983205673215", "1950-02-30"] {
                let mut wrong = sound.clone();
                wrong[name] = value.into();
                let event = wrong.to_string();
                assert!(
                    HolderAsk::from_json(event.as_bytes()).is_err(),
                    "{name} {value}"
                );
            }
            let mut less = sound.clone();
            less.as_object_mut().unwrap().remove(name);
            assert!(HolderAsk::from_json(less.to_string().as_bytes()).is_err());
        }
    }

    #[test]
    fn it_leads_to_one_resident_at_least_and_not_to_any_number_of_them() {
        let sound: serde_json::Value = serde_json::from_slice(&ask().to_json()).unwrap();
        for (many, is_one) in [
            (0, false),
            (1, true),
            (MOST_POINTERS, true),
            (MOST_POINTERS + 1, false),
        ] {
            let mut other = sound.clone();
            other["pointers"] = vec![sound["pointers"][0].clone(); many].into();
            let read = HolderAsk::from_json(other.to_string().as_bytes());
            assert_eq!(read.is_ok(), is_one, "{many}");
        }
        for (name, value) in [("name", "short"), ("sealed", "***")] {
            let mut wrong = sound.clone();
            wrong["pointers"][1][name] = value.into();
            assert!(HolderAsk::from_json(wrong.to_string().as_bytes()).is_err());
        }
    }

    #[test]
    fn an_answer_is_doses_or_that_the_basis_ended() {
        let none = HolderAnswer { doses: Vec::new() };
        let read = HolderAnswer::from_json(&HolderAnswer::to_json(Some(&none))).unwrap();
        assert_eq!(read, none);
        let ended = HolderAnswer::from_json(&HolderAnswer::to_json(None)).unwrap_err();
        assert!(matches!(ended, InvokeError::BasisEnded));
        let other = HolderAnswer::from_json(b"{}").unwrap_err();
        assert!(matches!(other, InvokeError::Refused { .. }));
    }
}
