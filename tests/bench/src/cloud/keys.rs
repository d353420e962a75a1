//! KMS with one key that unwraps to the same 32 bytes every time. The bench seals nothing worth hiding.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{Value, json};

use super::json as answered;

const KEY: &str = "arn:aws:kms:ap-northeast-1:000000000000:key/records";

pub(super) fn answer(operation: &str, body: &Bytes) -> Response<Full<Bytes>> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let plain = data_encoding::BASE64.encode(&[0x5A; 32]);
    let answer = match operation {
        "Decrypt" => json!({"KeyId": KEY, "Plaintext": plain}),
        "GenerateDataKeyWithoutPlaintext" => json!({
            "KeyId": KEY,
            "CiphertextBlob": data_encoding::BASE64.encode(asked.to_string().as_bytes()),
        }),
        _ => return answered(400, r#"{"__type":"UnsupportedOperationException"}"#),
    };
    answered(200, answer.to_string())
}
