use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 over bytes that arrive in pieces.
pub struct Sha256(Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Sha256 {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The 32 bytes.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        let mut out = [0_u8; 32];
        out.copy_from_slice(self.0.finish().as_ref());
        out
    }

    /// Over parts, each prefixed by its length, so that no two lists of parts are the same.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = Self::default();
        for part in parts {
            digest.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        }
        digest.finish()
    }
}
