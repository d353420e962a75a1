use std::fmt;

use aws_lc_rs::hmac;
use domain::StaffTag;
use subtle::ConstantTimeEq as _;

use crate::{Sha256, Tag, WrappedKey};

/// What a file carries that a member of staff is let drop: their tag, and a proof that a function of ours said so
/// of this very name.
///
/// The proof is an HMAC under a wrapped branch key. That is no secret that opens anything, but only whoever reads
/// the municipality's items has it: functions that have no right to the key itself can make and check a mark, and
/// whoever may only drop files cannot. Written as 32 hexadecimal digits, a dot, and 22 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DropMark {
    by: StaffTag,
    proof: Tag,
}

impl DropMark {
    /// Lets `by` drop a file under `name`.
    #[must_use]
    pub fn new(key: &WrappedKey, name: &str, by: StaffTag) -> Self {
        let mac = hmac::Key::new(hmac::HMAC_SHA256, &key.blob);
        let said = Sha256::of_parts(&[&b"dropped by"[..], name.as_bytes(), by.as_bytes()]);
        let proof = Tag::of(&mac, &said);
        Self { by, proof }
    }

    /// Reads the written form, whoever wrote it; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (by, proof) = text.split_once('.')?;
        Some(Self {
            by: by.parse().ok()?,
            proof: Tag::parse(proof).ok()?,
        })
    }

    /// Who was let drop a file under `name`, if it was by this key.
    #[must_use]
    pub fn proven(&self, key: &WrappedKey, name: &str) -> Option<StaffTag> {
        let sound = Self::new(key, name, self.by);
        let is_same = sound.proof.as_bytes().ct_eq(self.proof.as_bytes());
        bool::from(is_same).then_some(self.by)
    }
}

impl fmt::Display for DropMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.by, self.proof)
    }
}

/// Whoever has the written form could drop in that name.
impl fmt::Debug for DropMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DropMark")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "inbox/131016/inquiries/a.csv";
    const ANNA: StaffTag = StaffTag::from_bytes([0xA1; 16]);
    const BERT: StaffTag = StaffTag::from_bytes([0xB2; 16]);

    fn key(byte: u8) -> WrappedKey {
        WrappedKey {
            version: 1,
            blob: vec![byte; 150],
        }
    }

    #[test]
    fn a_mark_reads_back_and_names_whom_it_was_made_for() {
        let text = DropMark::new(&key(1), NAME, ANNA).to_string();
        assert_eq!(text.len(), 32 + 1 + 22);
        let mark = DropMark::parse(&text).unwrap();
        assert_eq!(mark.proven(&key(1), NAME), Some(ANNA));
        assert_eq!(format!("{mark:?}"), "DropMark");
    }

    #[test]
    fn a_mark_proves_nothing_of_another_name_key_or_person() {
        let mark = DropMark::new(&key(1), NAME, ANNA);
        assert_eq!(mark.proven(&key(2), NAME), None);
        for other in [
            "",
            "inbox/131016/inquiries/b.csv",
            "inbox/011002/inquiries/a.csv",
        ] {
            assert_eq!(mark.proven(&key(1), other), None, "{other}");
        }
        let forged = DropMark { by: BERT, ..mark };
        assert_eq!(forged.proven(&key(1), NAME), None);
    }

    #[test]
    fn what_anybody_may_write_is_no_mark() {
        let tag = ANNA.to_string();
        for text in [
            "",
            ".",
            "anna",
            tag.as_str(),
            &format!("{tag}."),
            &format!("{tag}.AAAA"),
            &format!(".{}", "A".repeat(22)),
            &format!("山田.{}", "A".repeat(22)),
        ] {
            assert_eq!(DropMark::parse(text), None, "{text}");
        }
        let guessed = DropMark::parse(&format!("{tag}.{}", "A".repeat(22))).unwrap();
        assert_eq!(guessed.proven(&key(1), NAME), None);
    }
}
