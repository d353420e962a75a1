//! DynamoDB's JSON for the calls that are made for each row of a file. Attribute maps of the SDK cost more
//! than everything else about such a call together.

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use data_encoding::BASE64;

/// Puts a finished body in the place of what the SDK wrote, before it is signed.
pub(crate) fn replacing(
    body: Bytes,
) -> impl Fn(&mut aws_sdk_dynamodb::config::http::HttpRequest) + Send + Sync + 'static {
    move |request| {
        request
            .headers_mut()
            .insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body.clone());
    }
}

/// A request body in the making; only ASCII that needs no escape goes in as text.
#[derive(Default)]
pub(crate) struct Json(Vec<u8>);

impl Json {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn bytes(&mut self, ascii: &[u8]) -> &mut Self {
        self.0.extend_from_slice(ascii);
        self
    }

    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.bytes(&digits[at..])
    }

    pub(crate) fn base64(&mut self, value: &[u8]) -> &mut Self {
        let start = self.0.len();
        self.0.resize(start + BASE64.encode_len(value.len()), 0);
        BASE64.encode_mut(value, &mut self.0[start..]);
        self
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bytes_are_written_as_dynamodb_reads_them() {
        let mut json = Json::default();
        json.number(0)
            .raw(",")
            .number(u64::MAX)
            .raw(",")
            .base64(b"\xff\x00a")
            .raw(",");
        assert_eq!(json.into_bytes(), b"0,18446744073709551615,/wBh,");
    }
}
