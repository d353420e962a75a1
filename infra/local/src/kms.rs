//! KMS in this process: data keys wrapped by keys that stay here, bound to an encryption context,
//! and codes of messages.
//!
//! A key is 32 random bytes, in memory or in a file of the folder that only its owner may read. A
//! folder is thus only as safe as who may read it; that is what the real KMS is for.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac, rand,
};
use bytes::Bytes;
use data_encoding::BASE64;
use http::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer::{Refusal, answer},
    folder::write_private,
    template::{Key, KeyKind},
};

/// The service. Clones share the keys.
#[derive(Clone)]
pub struct LocalKms {
    keys: Arc<HashMap<String, LessSafeKey>>,
    mac_keys: Arc<HashMap<String, hmac::Key>>,
    arn_prefix: Arc<str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Call {
    key_id: Option<String>,
    plaintext: Option<String>,
    ciphertext_blob: Option<String>,
    key_spec: Option<String>,
    number_of_bytes: Option<usize>,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
    message: Option<String>,
    mac_algorithm: Option<String>,
    #[serde(default, rename = "EncryptionAlgorithm")]
    _algorithm: Option<String>,
}

impl LocalKms {
    /// Opens the keys in `folder`, or in memory, and makes those that are missing.
    /// `arn_prefix` is what stands before a key's id in its ARN.
    pub fn open(folder: Option<&Path>, keys: &[Key], arn_prefix: &str) -> Result<Self> {
        let mut opened = HashMap::new();
        let mut mac_keys = HashMap::new();
        for key in keys {
            let material = match folder {
                None => fresh()?,
                Some(folder) => {
                    kept(&folder.join("kms"), &key.id).with_context(|| format!("key {}", key.id))?
                }
            };
            if key.kind == KeyKind::Hmac {
                let hmac_key = hmac::Key::new(hmac::HMAC_SHA256, &material);
                mac_keys.insert(key.id.clone(), hmac_key);
                continue;
            }
            let unbound = UnboundKey::new(&AES_256_GCM, &material)
                .map_err(|_| anyhow!("key {} is not 32 bytes", key.id))?;
            opened.insert(key.id.clone(), LessSafeKey::new(unbound));
        }
        Ok(Self {
            keys: Arc::new(opened),
            mac_keys: Arc::new(mac_keys),
            arn_prefix: arn_prefix.into(),
        })
    }

    /// Answers one call: `operation` as in `X-Amz-Target`, and its body.
    pub fn call(&self, operation: &str, request: &[u8]) -> Response<Bytes> {
        answer(
            serde_json::from_slice(request)
                .map_err(Refusal::from)
                .and_then(|call: Call| match operation {
                    "Encrypt" => self.encrypt(&call),
                    "Decrypt" => self.decrypt(&call),
                    "GenerateMac" => self.mac(&call),
                    "GenerateDataKey" => self.data_key(&call, true),
                    "GenerateDataKeyWithoutPlaintext" => self.data_key(&call, false),
                    _ => {
                        let what = format!("{operation} is not known to the local stack");
                        Err(Refusal::new("UnsupportedOperationException", what))
                    }
                }),
        )
    }

    fn encrypt(&self, call: &Call) -> Result<Value, Refusal> {
        let plain = decoded(call.plaintext.as_ref())?;
        let (id, key) = self.named(call.key_id.as_ref())?;
        Ok(json!({
            "CiphertextBlob": seal(id, key, &call.encryption_context, plain)?,
            "KeyId": self.arn(id),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }))
    }

    fn mac(&self, call: &Call) -> Result<Value, Refusal> {
        if call.mac_algorithm.as_deref() != Some("HMAC_SHA_256") {
            return Err(Refusal::new("ValidationException", "MacAlgorithm"));
        }
        let message = decoded(call.message.as_ref())?;
        let id = self.id_of(call.key_id.as_deref().unwrap_or_default());
        let Some(key) = self.mac_keys.get(id) else {
            let known = self.keys.contains_key(id);
            return Err(if known {
                Refusal::new("InvalidKeyUsageException", "not a key for messages")
            } else {
                Refusal::new("NotFoundException", "the key does not exist")
            });
        };
        Ok(json!({
            "KeyId": self.arn(id),
            "Mac": BASE64.encode(hmac::sign(key, &message).as_ref()),
            "MacAlgorithm": "HMAC_SHA_256",
        }))
    }

    fn data_key(&self, call: &Call, show: bool) -> Result<Value, Refusal> {
        let length = match (call.key_spec.as_deref(), call.number_of_bytes) {
            (Some("AES_256"), None) => 32,
            (Some("AES_128"), None) => 16,
            (None, Some(length @ 1..=1024)) => length,
            _ => {
                return Err(Refusal::new(
                    "ValidationException",
                    "KeySpec or NumberOfBytes",
                ));
            }
        };
        let (id, key) = self.named(call.key_id.as_ref())?;
        let mut plain = vec![0; length];
        rand::fill(&mut plain).map_err(|_| Refusal::internal("no randomness"))?;
        let mut answer = json!({
            "KeyId": self.arn(id),
            "CiphertextBlob": seal(id, key, &call.encryption_context, plain.clone())?,
        });
        if show && let Some(answer) = answer.as_object_mut() {
            answer.insert("Plaintext".to_owned(), BASE64.encode(&plain).into());
        }
        Ok(answer)
    }

    fn decrypt(&self, call: &Call) -> Result<Value, Refusal> {
        // One answer for whatever is wrong, as from the real one.
        let invalid = || Refusal::new("InvalidCiphertextException", "does not open");
        let blob = decoded(call.ciphertext_blob.as_ref())?;
        let (id, sealed) = split_id(&blob).ok_or_else(invalid)?;
        if let Some(expected) = &call.key_id
            && self.id_of(expected) != id
        {
            return Err(Refusal::new(
                "IncorrectKeyException",
                "sealed by another key",
            ));
        }
        let key = self.keys.get(id).ok_or_else(invalid)?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(invalid)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| invalid())?;
        let mut plain = sealed.to_vec();
        let plain = key
            .open_in_place(
                nonce,
                Aad::from(context(&call.encryption_context)),
                &mut plain,
            )
            .map_err(|_| invalid())?;
        Ok(json!({
            "KeyId": self.arn(id),
            "Plaintext": BASE64.encode(plain),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }))
    }

    /// Id of the key that sealed a ciphertext in base64.
    pub(crate) fn sealed_by(ciphertext: &str) -> Option<String> {
        let blob = BASE64.decode(ciphertext.as_bytes()).ok()?;
        split_id(&blob).map(|(id, _)| id.to_owned())
    }

    fn named(&self, name: Option<&String>) -> Result<(&str, &LessSafeKey), Refusal> {
        let id = self.id_of(name.map(String::as_str).unwrap_or_default());
        match self.keys.get_key_value(id) {
            Some((id, key)) => Ok((id, key)),
            None => Err(Refusal::new("NotFoundException", "the key does not exist")),
        }
    }

    fn id_of<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(&*self.arn_prefix).unwrap_or(name)
    }

    fn arn(&self, id: &str) -> String {
        format!("{}{id}", self.arn_prefix)
    }
}

/// A ciphertext: length of the key's id, the id, nonce, sealed bytes.
fn seal(
    id: &str,
    key: &LessSafeKey,
    bound_to: &BTreeMap<String, String>,
    mut plain: Vec<u8>,
) -> Result<String, Refusal> {
    let broken = || Refusal::internal("cannot seal");
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).map_err(|_| broken())?;
    let aad = Aad::from(context(bound_to));
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut plain)
        .map_err(|_| broken())?;
    let mut blob = vec![u8::try_from(id.len()).map_err(|_| broken())?];
    blob.extend_from_slice(id.as_bytes());
    blob.extend_from_slice(&nonce);
    blob.extend_from_slice(&plain);
    Ok(BASE64.encode(&blob))
}

fn split_id(blob: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = blob.split_first()?;
    let (id, sealed) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(id).ok()?, sealed))
}

/// An encryption context in one form, whatever order it came in.
fn context(pairs: &BTreeMap<String, String>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

fn decoded(text: Option<&String>) -> Result<Vec<u8>, Refusal> {
    text.and_then(|text| BASE64.decode(text.as_bytes()).ok())
        .ok_or_else(|| Refusal::new("ValidationException", "bytes are missing or not base64"))
}

fn fresh() -> Result<[u8; 32]> {
    let mut material = [0; 32];
    rand::fill(&mut material).map_err(|_| anyhow!("no randomness"))?;
    Ok(material)
}

/// The key's bytes from its file, which is written whole or not at all.
fn kept(folder: &Path, id: &str) -> Result<[u8; 32]> {
    let path = folder.join(id);
    if path.exists() {
        return fs::read(&path)?
            .try_into()
            .map_err(|_| anyhow!("not 32 bytes"));
    }
    let material = fresh()?;
    write_private(&path, &material)?;
    Ok(material)
}
