//! KMS with one key that unwraps to the same 32 bytes every time, and MACs that anybody could make. The bench
//! seals nothing worth hiding.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{Value, json};

use super::json as answered;

/// What every key of a municipality unwraps to.
pub const BRANCH: [u8; 32] = [0x5A; 32];

const KEY: &str = "arn:aws:kms:ap-northeast-1:000000000000:key/records";

pub(super) fn answer(operation: &str, body: &Bytes) -> Response<Full<Bytes>> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let plain = data_encoding::BASE64.encode(&BRANCH);
    let answer = match operation {
        "Decrypt" => json!({"KeyId": KEY, "Plaintext": plain}),
        "GenerateDataKeyWithoutPlaintext" => json!({
            "KeyId": KEY,
            "CiphertextBlob": data_encoding::BASE64.encode(asked.to_string().as_bytes()),
        }),
        "GenerateMac" => {
            let message = asked["Message"].as_str().unwrap_or_default();
            let mac = digest(&SHA256, message.as_bytes());
            json!({"KeyId": KEY, "MacAlgorithm": "HMAC_SHA_256", "Mac": data_encoding::BASE64.encode(mac.as_ref())})
        }
        _ => return answered(400, r#"{"__type":"UnsupportedOperationException"}"#),
    };
    answered(200, answer.to_string())
}
