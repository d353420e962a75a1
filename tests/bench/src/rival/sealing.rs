//! Tags, fingerprints and sealing as the system makes them, through the crypto library's plain calls.

use anyhow::{Result, anyhow};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use data_encoding::BASE64URL_NOPAD;

pub(super) struct Keys {
    resident: hmac::Key,
    coupon: hmac::Key,
    birth_date: hmac::Key,
    row: hmac::Key,
    data: LessSafeKey,
}

impl Keys {
    pub(super) fn new() -> Result<Self> {
        let key = |purpose: u8| hmac::Key::new(hmac::HMAC_SHA256, &[purpose; 32]);
        let data = UnboundKey::new(&AES_256_GCM, &[0x5A; 32]).map_err(|_| anyhow!("no key"))?;
        Ok(Self {
            resident: key(1),
            coupon: key(2),
            birth_date: key(3),
            row: key(4),
            data: LessSafeKey::new(data),
        })
    }

    pub(super) fn resident_tag(&self, number: &str) -> String {
        tag(&self.resident, number)
    }

    pub(super) fn coupon_tag(&self, coupon: &str) -> String {
        tag(&self.coupon, coupon)
    }

    pub(super) fn birth_date_tag(&self, birth_date: &str) -> String {
        tag(&self.birth_date, birth_date)
    }

    pub(super) fn fingerprint(&self, row: &[u8]) -> Vec<u8> {
        hmac::sign(&self.row, row)
            .as_ref()
            .iter()
            .copied()
            .take(16)
            .collect()
    }

    /// Nonce, ciphertext and tag of `plain`, bound to where it will stand.
    pub(super) fn seal(&self, place: [&str; 3], plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; 12];
        rand::fill(&mut nonce).map_err(|_| anyhow!("no randomness"))?;
        let mut aad = Vec::new();
        for part in place {
            aad.extend_from_slice(&u32::try_from(part.len())?.to_be_bytes());
            aad.extend_from_slice(part.as_bytes());
        }
        let mut sealed = plain.to_vec();
        self.data
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad),
                &mut sealed,
            )
            .map_err(|_| anyhow!("cannot seal"))?;
        Ok([&nonce[..], &sealed].concat())
    }
}

fn tag(key: &hmac::Key, value: &str) -> String {
    let whole = hmac::sign(key, value.as_bytes());
    let half: Vec<u8> = whole.as_ref().iter().copied().take(16).collect();
    BASE64URL_NOPAD.encode(&half)
}
