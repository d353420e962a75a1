//! Proof key for code exchange (RFC 7636), method S256 only.

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use data_encoding::BASE64URL_NOPAD;

/// Characters of a challenge and of what this method makes: 32 bytes in base64url.
const CHALLENGE_LENGTH: usize = 43;

/// What the client showed when it sent somebody to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge(String);

impl Challenge {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digest = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (digest.len() == 32 && text.len() == CHALLENGE_LENGTH).then(|| Self(text.to_owned()))
    }

    /// Whether this is the secret that the challenge was made of.
    pub(super) fn is_met_by(&self, verifier: &str) -> bool {
        let unreserved =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
            return false;
        }
        let digest = digest::digest(&digest::SHA256, verifier.as_bytes());
        let made = BASE64URL_NOPAD.encode(digest.as_ref());
        verify_slices_are_equal(made.as_bytes(), self.0.as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_is_met_and_nothing_else_meets_it() {
        // RFC 7636, appendix B.
        let challenge = Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        assert!(challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        for verifier in [
            "",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX\n",
        ] {
            assert!(!challenge.is_met_by(verifier), "{verifier}");
        }
    }

    #[test]
    fn a_challenge_is_a_digest() {
        for text in [
            "",
            "plain",
            &"A".repeat(42),
            &"=".repeat(43),
            &"A".repeat(44),
        ] {
            assert!(Challenge::parse(text).is_none(), "{text}");
        }
    }
}
