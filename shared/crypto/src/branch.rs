use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use zeroize::Zeroizing;

/// A municipality's random 32-byte key, from which all its other keys are derived.
///
/// Lives in memory only; wiped when dropped.
pub struct BranchKey {
    version: u8,
    bytes: Zeroizing<[u8; 32]>,
}

/// A branch key as it is stored: encrypted by KMS under the tenant's encryption context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Counts from 1; a rotation adds the next one and keeps the earlier ones for opening.
    pub version: u8,
    /// What KMS returned.
    pub blob: Vec<u8>,
}

struct Len32;

impl KeyType for Len32 {
    fn len(&self) -> usize {
        32
    }
}

impl BranchKey {
    /// Takes over the unwrapped bytes.
    #[must_use]
    pub fn new(version: u8, bytes: [u8; 32]) -> Self {
        Self {
            version,
            bytes: Zeroizing::new(bytes),
        }
    }

    /// Which of the tenant's branch keys this is, counted from 1.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Derives 32 bytes for one purpose; the purposes in use are prefix-free, so no two share a key.
    pub(crate) fn derive(&self, purpose: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let prk: Prk = Salt::new(HKDF_SHA256, b"open-vrs/1").extract(&self.bytes[..]);
        let mut out = Zeroizing::new([0_u8; 32]);
        #[expect(
            clippy::expect_used,
            reason = "HKDF-SHA256 gives up to 8,160 bytes; 32 always fit"
        )]
        prk.expand(purpose, Len32)
            .and_then(|okm| okm.fill(&mut out[..]))
            .expect("32 bytes are within the limit of HKDF-SHA256");
        out
    }
}
