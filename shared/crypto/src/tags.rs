use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;

/// 128 bits of a keyed hash: "the same value again", never which value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag([u8; 16]);

/// The tag of a municipality's own resident number: what a resident is called inside the system.
///
/// Written as 22 characters of unpadded base64url; this form stands in paths and keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentTag(Tag);

/// 128 bits of a keyed hash over a whole row; equal fingerprints mean equal content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

/// The text is not 22 characters of unpadded base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a tag")]
pub struct TagError;

/// Characters in the written form of a tag.
pub(crate) const TAG_TEXT: usize = 22;

impl Tag {
    pub(crate) fn of(key: &hmac::Key, value: &[u8]) -> Self {
        Self(first_half(&hmac::sign(key, value)))
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Takes bytes that were read back from storage.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads the 22 characters of unpadded base64url.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| TagError)?;
        bytes.try_into().map(Self).map_err(|_| TagError)
    }

    /// Appends the 22 characters to `out` without an allocation of its own.
    pub fn write_text(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + TAG_TEXT, 0);
        if let Some(space) = out.get_mut(start..) {
            BASE64URL_NOPAD.encode_mut(&self.0, space);
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

impl ResidentTag {
    pub(crate) fn new(tag: Tag) -> Self {
        Self(tag)
    }

    /// Reads the form of paths and keys.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        Tag::parse(text).map(Self)
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Takes bytes that were read back from storage.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Tag(bytes))
    }

    /// Appends the 22 characters to `out` without an allocation of its own.
    pub fn write_text(&self, out: &mut Vec<u8>) {
        self.0.write_text(out);
    }
}

impl fmt::Display for ResidentTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ResidentTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResidentTag({self})")
    }
}

impl Fingerprint {
    pub(crate) fn of(key: &hmac::Key, content: &[u8]) -> Self {
        Self(first_half(&hmac::sign(key, content)))
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Takes bytes that were read back from storage.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

fn first_half(mac: &hmac::Tag) -> [u8; 16] {
    let mut half = [0_u8; 16];
    for (to, from) in half.iter_mut().zip(mac.as_ref()) {
        *to = *from;
    }
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_back_from_its_written_form() {
        let tag = ResidentTag::from_bytes([7; 16]);
        assert_eq!(tag.to_string().len(), TAG_TEXT);
        assert_eq!(ResidentTag::parse(&tag.to_string()), Ok(tag));
        let mut out = b"T#".to_vec();
        tag.write_text(&mut out);
        assert_eq!(out, format!("T#{tag}").into_bytes());
    }

    #[test]
    fn other_texts_are_no_tags() {
        for text in [
            "",
            "abc",
            "AAAAAAAAAAAAAAAAAAAAAA==",
            "AAAAAAAAAAAAAAAAAAAAA!",
            "あ",
        ] {
            assert_eq!(ResidentTag::parse(text), Err(TagError), "{text}");
        }
    }
}
