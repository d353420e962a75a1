use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use domain::Generation;
use jiff::civil::Date;

use crate::{BranchKey, NoncePool, Place};

const VERSION: u8 = 1;
const HEADER: usize = 7;
const TAG: usize = 16;

/// Bytes that sealing adds to a plaintext.
pub const SEALED_OVERHEAD: usize = HEADER + NONCE_LEN + TAG;

/// Which of a tenant's data keys seals a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyLabel {
    /// One key per generation of the register.
    Generation(u32),
    /// One key for the objects of the work bucket that belong to a generation.
    Work(u32),
    /// One key for each month (`yyyymm`, in Japan) in which something about a dose was written.
    Month(u32),
}

/// A sealed value could not be opened. Nothing is said of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not a sealed value of a version this code knows.
    #[error("sealed value has an unknown form")]
    UnknownForm,
    /// The branch key it was sealed under is not among the tenant's keys.
    #[error("sealed under branch key version {0}, which the tenant does not have")]
    UnknownKey(u8),
    /// Changed, or sealed for another place or tenant.
    #[error("sealed value does not belong to this place")]
    NotHere,
}

impl KeyLabel {
    /// The label of a generation's residents. A tenant would need a file a second for a century
    /// to run out of them.
    #[must_use]
    pub fn of(generation: Generation) -> Self {
        Self::Generation(u32::try_from(generation.get()).unwrap_or(u32::MAX))
    }

    /// The label of what is written about doses on a day.
    #[must_use]
    pub fn of_month(day: Date) -> Self {
        let year = u32::from(day.year().unsigned_abs());
        Self::Month(year * 100 + u32::from(day.month().unsigned_abs()))
    }

    fn bytes(self) -> [u8; 5] {
        let (kind, number) = match self {
            Self::Generation(number) => (b'G', number),
            Self::Work(number) => (b'W', number),
            Self::Month(number) => (b'M', number),
        };
        let [a, b, c, d] = number.to_be_bytes();
        [kind, a, b, c, d]
    }

    fn from_bytes([kind, number @ ..]: [u8; 5]) -> Option<Self> {
        let number = u32::from_be_bytes(number);
        match kind {
            b'G' => Some(Self::Generation(number)),
            b'W' => Some(Self::Work(number)),
            b'M' => Some(Self::Month(number)),
            _ => None,
        }
    }
}

/// Seals and opens under one data key; made by [`crate::TenantKeys::sealer`].
pub struct Sealer {
    key: LessSafeKey,
    header: [u8; HEADER],
}

impl Sealer {
    pub(crate) fn new(branch: &BranchKey, label: KeyLabel) -> Self {
        let label = label.bytes();
        let bytes = branch.derive(&[b"data", &label]);
        #[expect(clippy::expect_used, reason = "AES-256 takes every key of 32 bytes")]
        let key = UnboundKey::new(&AES_256_GCM, &bytes[..]).expect("32 bytes are an AES-256 key");
        let mut header = [VERSION, branch.version(), 0, 0, 0, 0, 0];
        header[2..].copy_from_slice(&label);
        Self {
            key: LessSafeKey::new(key),
            header,
        }
    }

    /// Appends the sealed form of `plaintext` to `out`; `aad` is a scratch buffer.
    ///
    /// # Panics
    /// When the system's random generator fails: nothing may be sealed then.
    pub fn seal_into(
        &self,
        nonces: &mut NoncePool,
        aad: &mut Vec<u8>,
        place: &Place<'_>,
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) {
        place.write(aad);
        #[expect(
            clippy::expect_used,
            reason = "without random numbers nothing may be sealed"
        )]
        let (nonce, nonce_bytes) = nonces.next().expect("the system's random generator works");
        out.extend_from_slice(&self.header);
        out.extend_from_slice(&nonce_bytes);
        let start = out.len();
        out.extend_from_slice(plaintext);
        #[expect(clippy::expect_used, reason = "fails only beyond 64 GiB of plaintext")]
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(&aad[..]), &mut out[start..])
            .expect("the plaintext is far below the limit of AES-GCM");
        out.extend_from_slice(tag.as_ref());
    }

    /// The sealed form of `plaintext` in a buffer of its own.
    #[must_use]
    pub fn seal(&self, nonces: &mut NoncePool, place: &Place<'_>, plaintext: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(plaintext.len() + SEALED_OVERHEAD);
        self.seal_into(
            nonces,
            &mut Vec::with_capacity(128),
            place,
            plaintext,
            &mut out,
        );
        out
    }

    pub(crate) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut plain = sealed.to_vec();
        let len = self.open_in_place(place, &mut plain)?.len();
        plain.drain(..HEADER + NONCE_LEN);
        plain.truncate(len);
        Ok(plain)
    }

    /// Opens a value where it lies: afterwards the plaintext is a part of `sealed`.
    pub(crate) fn open_in_place<'a>(
        &self,
        place: &Place<'_>,
        sealed: &'a mut [u8],
    ) -> Result<&'a [u8], OpenError> {
        let rest = sealed.get_mut(HEADER..).ok_or(OpenError::UnknownForm)?;
        let (nonce, body) = rest
            .split_first_chunk_mut::<NONCE_LEN>()
            .ok_or(OpenError::UnknownForm)?;
        let mut aad = Vec::with_capacity(128);
        place.write(&mut aad);
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.key.open_in_place(nonce, Aad::from(&aad[..]), body);
        opened.map(|plain| &*plain).map_err(|_| OpenError::NotHere)
    }
}

/// Reads which key a value was sealed under: branch key version and label.
pub(crate) fn key_of(sealed: &[u8]) -> Result<(u8, KeyLabel), OpenError> {
    let Some(&[VERSION, branch, ref label @ ..]) = sealed.first_chunk::<HEADER>() else {
        return Err(OpenError::UnknownForm);
    };
    let label = KeyLabel::from_bytes(*label).ok_or(OpenError::UnknownForm)?;
    Ok((branch, label))
}
