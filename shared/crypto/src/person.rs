use std::fmt;

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use aws_sdk_kms::{Client, primitives::Blob, types::MacAlgorithmSpec};
use data_encoding::BASE64URL_NOPAD;
use domain::{ConsentId, InquiryId, MyNumber, StaffTag, TenantCode};
use jiff::civil::Date;
use subtle::ConstantTimeEq as _;

use crate::{BranchKey, KmsError, Sha256, TagError, TenantKeys, kms::classify};

/// A person across municipalities: HMAC-SHA256 of the My Number under a key that never leaves KMS.
///
/// Says "the same person", and to nobody who: whoever holds it can try numbers only by asking KMS.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonTag([u8; 32]);

/// What binds a recorded basis to a person, so that a number can be compared without being kept.
#[derive(Clone, Copy)]
pub struct PersonDigest([u8; 32]);

/// Makes tags of persons, through the KMS key *holders*.
#[derive(Debug, Clone)]
pub struct PersonTags {
    client: Client,
    key_id: String,
}

impl PersonTags {
    /// `key_id` names the key *holders* (`HMAC_256`), which is no municipality's.
    #[must_use]
    pub fn new(client: Client, key_id: String) -> Self {
        Self { client, key_id }
    }

    /// The person with this number.
    pub async fn tag(&self, number: MyNumber) -> Result<PersonTag, KmsError> {
        let message = [&b"open-vrs/person/1:"[..], &number.expose_digits()].concat();
        let answer = self
            .client
            .generate_mac()
            .key_id(&self.key_id)
            .mac_algorithm(MacAlgorithmSpec::HmacSha256)
            .message(Blob::new(message))
            .send()
            .await
            .map_err(|error| classify(&error))?;
        let mac = answer.mac.ok_or(KmsError::NotAMac)?.into_inner();
        mac.try_into().map(PersonTag).map_err(|_| KmsError::NotAMac)
    }
}

impl PersonTag {
    /// Takes bytes that were read back.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 43 characters of unpadded base64url.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
        let bytes = bytes.map_err(|_| TagError)?;
        bytes.try_into().map(Self).map_err(|_| TagError)
    }

    /// The 43 characters under which the index of holders knows the person.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// What a recorded basis keeps of its person: SHA-256 of the basis' id, this tag and the birth
    /// date. The tag in it can be made by KMS only, so numbers cannot be tried against it at will.
    #[must_use]
    pub fn digest(&self, consent: ConsentId, birth_date: Date) -> PersonDigest {
        let (consent, born) = (consent.to_string(), birth_date.to_string());
        PersonDigest(Sha256::of_parts(&[
            &b"consent"[..],
            consent.as_bytes(),
            &self.0,
            born.as_bytes(),
        ]))
    }

    /// SHA-256 of this tag, the birth date and a number of evidence: "this decision, for this person".
    #[must_use]
    pub fn evidence_digest(&self, number: &str, birth_date: Date) -> [u8; 32] {
        let born = birth_date.to_string();
        Sha256::of_parts(&[
            &b"evidence"[..],
            number.as_bytes(),
            &self.0,
            born.as_bytes(),
        ])
    }

    /// The key under which the answer to an inquiry is kept for whoever asked: it can be made again
    /// only by somebody who says the same number and birth date, and from no key of records.
    #[must_use]
    pub fn answer_keys(&self, asker: TenantCode, inquiry: InquiryId, born: Date) -> TenantKeys {
        let (inquiry, born) = (inquiry.to_string(), born.to_string());
        let info = [&b"answer"[..], inquiry.as_bytes(), born.as_bytes()];
        let prk: Prk = Salt::new(HKDF_SHA256, b"open-vrs/1").extract(&self.0);
        let mut bytes = [0_u8; 32];
        #[expect(
            clippy::expect_used,
            reason = "HKDF-SHA256 gives up to 8,160 bytes; 32 always fit"
        )]
        prk.expand(&info, Len32)
            .and_then(|okm| okm.fill(&mut bytes))
            .expect("32 bytes are within the limit of HKDF-SHA256");
        #[expect(clippy::expect_used, reason = "there is a key of version 1")]
        TenantKeys::new(asker, vec![BranchKey::new(1, bytes)]).expect("a key of version 1")
    }
}

impl fmt::Debug for PersonTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonTag")
    }
}

impl PersonDigest {
    /// Takes bytes that were read back.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it is the same, found out in the same time wherever it differs.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for PersonDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonDigest")
    }
}

/// A member of staff by what the issuer of tokens calls them, without saying it.
#[must_use]
pub fn staff_tag(tenant: TenantCode, subject: &str) -> StaffTag {
    let parts = [
        &b"staff"[..],
        tenant.as_str().as_bytes(),
        subject.as_bytes(),
    ];
    let digest = Sha256::of_parts(&parts);
    let (half, _) = digest.split_first_chunk().unwrap_or((&[0; 16], &[]));
    StaffTag::from_bytes(*half)
}

struct Len32;

impl KeyType for Len32 {
    fn len(&self) -> usize {
        32
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;
    use crate::{KeyLabel, NoncePool, Place};

    fn consent(random: u8) -> ConsentId {
        ConsentId::new(Timestamp::UNIX_EPOCH, [random; 10])
    }

    #[test]
    fn a_digest_is_of_one_basis_one_person_and_one_birth_date() {
        let (one, other) = (PersonTag([1; 32]), PersonTag([2; 32]));
        let born = date(1950, 1, 2);
        let digest = one.digest(consent(1), born);
        assert!(digest.is(&one.digest(consent(1), born)));
        for different in [
            other.digest(consent(1), born),
            one.digest(consent(2), born),
            one.digest(consent(1), date(1950, 1, 3)),
        ] {
            assert!(!digest.is(&different));
        }
    }

    #[test]
    fn a_kept_answer_opens_for_the_same_person_and_inquiry_only() {
        let tenant = TenantCode::parse("131016").unwrap();
        let inquiry = InquiryId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let born = date(1950, 1, 2);
        let person = PersonTag([1; 32]);
        let place = Place {
            tenant: "131016",
            table: "records",
            pk: b"p",
            sk: b"s",
            attribute: "answer",
            schema: 1,
        };
        let sealer = person
            .answer_keys(tenant, inquiry, born)
            .sealer(KeyLabel::Generation(0));
        let sealed = sealer.seal(&mut NoncePool::default(), &place, b"doses");
        let open = |keys: TenantKeys| keys.open(&place, &sealed);
        assert_eq!(
            open(person.answer_keys(tenant, inquiry, born)).unwrap(),
            b"doses"
        );
        let later = InquiryId::new(Timestamp::UNIX_EPOCH, [2; 10]);
        assert!(open(person.answer_keys(tenant, later, born)).is_err());
        assert!(open(person.answer_keys(tenant, inquiry, date(1950, 1, 3))).is_err());
        assert!(open(PersonTag([2; 32]).answer_keys(tenant, inquiry, born)).is_err());
    }

    #[test]
    fn tags_read_back_and_do_not_print() {
        let tag = PersonTag([9; 32]);
        assert_eq!(PersonTag::parse(&tag.text()), Ok(tag));
        assert_eq!(tag.text().len(), 43);
        assert_eq!(format!("{tag:?}"), "PersonTag");
        assert!(PersonTag::parse("AAAA").is_err());
    }

    #[test]
    fn staff_of_two_municipalities_have_nothing_in_common() {
        let tenant = |code| TenantCode::parse(code).unwrap();
        let anna = staff_tag(tenant("131016"), "anna");
        assert_eq!(anna, staff_tag(tenant("131016"), "anna"));
        assert_ne!(anna, staff_tag(tenant("131016"), "bert"));
        assert_ne!(anna, staff_tag(tenant("011002"), "anna"));
        // As the command in infra/README.md makes it.
        assert_eq!(anna.to_string(), "66b0a018a479c9055935e3e137e36a14");
    }
}
