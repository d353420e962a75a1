use aws_lc_rs::{
    aead::{NONCE_LEN, Nonce},
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
};

const NONCES: usize = 256;

/// Random nonces, drawn 256 at a time from the system's generator.
pub struct NoncePool {
    random: SystemRandom,
    bytes: Box<[u8; NONCES * NONCE_LEN]>,
    used: usize,
}

impl Default for NoncePool {
    fn default() -> Self {
        Self {
            random: SystemRandom::new(),
            bytes: Box::new([0; NONCES * NONCE_LEN]),
            used: NONCES * NONCE_LEN,
        }
    }
}

impl NoncePool {
    /// The next nonce, and its bytes for the header. Fails only when the generator does.
    pub(crate) fn next(&mut self) -> Result<(Nonce, [u8; NONCE_LEN]), Unspecified> {
        if self.used == self.bytes.len() {
            self.random.fill(&mut self.bytes[..])?;
            self.used = 0;
        }
        let mut nonce = [0_u8; NONCE_LEN];
        nonce.copy_from_slice(&self.bytes[self.used..self.used + NONCE_LEN]);
        self.used += NONCE_LEN;
        Ok((Nonce::assume_unique_for_key(nonce), nonce))
    }
}

/// Eight random bytes for the place that wires a function; everybody else is given them.
///
/// # Panics
/// When the system's random generator fails.
#[must_use]
pub fn random_seed() -> u64 {
    let mut bytes = [0_u8; 8];
    #[expect(
        clippy::expect_used,
        reason = "a process without random numbers must not start"
    )]
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system's random generator works");
    u64::from_ne_bytes(bytes)
}

/// Random bytes for ids, for the place that wires a function.
///
/// # Panics
/// When the system's random generator fails.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    #[expect(
        clippy::expect_used,
        reason = "without random numbers no id may be given"
    )]
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system's random generator works");
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nonces_do_not_repeat_across_refills() {
        let mut pool = NoncePool::default();
        let seen: HashSet<_> = (0..NONCES * 3).map(|_| pool.next().unwrap().1).collect();
        assert_eq!(seen.len(), NONCES * 3);
    }
}
