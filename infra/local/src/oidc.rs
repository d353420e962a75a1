//! A tiny OIDC issuer: what stands in for the municipalities' identity provider on one machine.
//!
//! Tokens are signed with RS256, as API Gateway's JWT authorizer takes them. The console gets them by
//! the authorization code flow with PKCE, as from any issuer; who signs in says themselves who they
//! are. Whoever reaches it can have any token, so it is served on loopback only.

mod grants;
mod page;
mod pkce;
pub(crate) mod sign_in;

use std::{path::PathBuf, sync::OnceLock};

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    jwk::{Jwk, JwkSet},
};
use serde_json::{Map, Value, json};

use self::grants::Grants;
use crate::template::Authorizer;

const KEY_ID: &str = "local";
/// How far clocks may differ before a token counts as not valid yet.
const LEEWAY: i64 = 60;

/// Signs tokens and verifies them.
pub struct Issuer {
    url: String,
    audience: String,
    file: Option<PathBuf>,
    keys: OnceLock<Keys>,
    grants: Grants,
}

struct Keys {
    sign: EncodingKey,
    verify: DecodingKey,
    set: JwkSet,
}

/// What a token is asked to say.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// Municipality code.
    pub tenant: String,
    /// Roles, as the API names them.
    pub roles: Vec<String>,
    /// The person's subject.
    pub subject: String,
    /// How long it is valid.
    pub valid_for: SignedDuration,
}

/// What a token for tools is asked to say.
#[derive(Debug, Clone, Copy)]
pub struct ToolsToken<'a> {
    /// Municipality code, which becomes the tag `tenant` of the session.
    pub tenant: &'a str,
    /// Whom it is for.
    pub audience: &'a str,
    /// The tool's subject.
    pub subject: &'a str,
    /// How long it is valid.
    pub valid_for: SignedDuration,
}

/// The token is not one that the API takes. Which check failed is told to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid here")]
pub struct NotValid;

impl Issuer {
    /// An issuer under `url`; its key is kept in `file`, or in memory.
    #[must_use]
    pub fn new(authorizer: &Authorizer, file: Option<PathBuf>) -> Self {
        let audience = authorizer.audience.first().cloned().unwrap_or_default();
        Self {
            url: authorizer.issuer.clone(),
            audience,
            file,
            keys: OnceLock::new(),
            grants: Grants::default(),
        }
    }

    /// The one client that it signs people in for, which is also the audience of its tokens.
    pub(crate) fn client(&self) -> &str {
        &self.audience
    }

    /// Where that client takes people who have signed in: the root of the issuer's own origin.
    fn redirect_uri(&self) -> String {
        format!("{}/", self.url)
    }

    /// A signed token.
    pub fn token(&self, request: &TokenRequest, now: Timestamp) -> Result<String> {
        self.token_with(request, None, now)
    }

    /// A signed token that repeats the client's nonce.
    fn token_with(
        &self,
        request: &TokenRequest,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<String> {
        let mut claims = json!({
            "iss": self.url,
            "aud": self.audience,
            "sub": request.subject,
            "tenant": request.tenant,
            "roles": request.roles,
            "iat": now.as_second(),
            "nbf": now.as_second(),
            "exp": now.saturating_add(request.valid_for)?.as_second(),
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        self.sign(&claims)
    }

    /// A token with which a tool of a municipality buys credentials for its drop folder.
    pub fn tools_token(&self, request: &ToolsToken<'_>, now: Timestamp) -> Result<String> {
        let claims = json!({
            "iss": self.url,
            "aud": request.audience,
            "sub": request.subject,
            "iat": now.as_second(),
            "exp": now.saturating_add(request.valid_for)?.as_second(),
            "https://aws.amazon.com/tags": {
                "principal_tags": { "tenant": [request.tenant] },
                "transitive_tag_keys": ["tenant"],
            },
        });
        self.sign(&claims)
    }

    /// Signs any claims at all, also such as no token of this issuer has.
    pub fn sign(&self, claims: &Value) -> Result<String> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(KEY_ID.to_owned());
        Ok(jsonwebtoken::encode(&header, claims, &self.keys()?.sign)?)
    }

    /// The claims of a token that the authorizer takes: signature, algorithm, issuer, audience, time.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, NotValid> {
        self.claims(token, Some(&self.audience), now)
    }

    /// The same, whoever the token is for.
    pub(crate) fn claims_for_anybody(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Map<String, Value>, NotValid> {
        self.claims(token, None, now)
    }

    fn claims(
        &self,
        token: &str,
        audience: Option<&str>,
        now: Timestamp,
    ) -> Result<Map<String, Value>, NotValid> {
        let keys = self.keys().map_err(|_| NotValid)?;
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&[&self.url]);
        match audience {
            Some(audience) => rules.set_audience(&[audience]),
            None => rules.validate_aud = false,
        }
        rules.set_required_spec_claims(&["iss", "aud", "exp"]);
        // Judged below by the stack's own clock, which may not be the machine's.
        rules.validate_exp = false;
        let data = jsonwebtoken::decode::<Map<String, Value>>(token, &keys.verify, &rules);
        let claims = data.map_err(|_| NotValid)?.claims;
        let second = |name: &str| claims.get(name).map(Value::as_i64);
        let expired = second("exp")
            .flatten()
            .is_none_or(|exp| exp <= now.as_second());
        let early = ["nbf", "iat"]
            .into_iter()
            .filter_map(second)
            .any(|from| from.is_none_or(|from| from > now.as_second().saturating_add(LEEWAY)));
        if expired || early {
            Err(NotValid)
        } else {
            Ok(claims)
        }
    }

    /// `/.well-known/openid-configuration`.
    #[must_use]
    pub fn discovery(&self) -> Value {
        json!({
            "issuer": self.url,
            "authorization_endpoint": format!("{}{}", self.url, sign_in::AUTHORIZE),
            "token_endpoint": format!("{}{}", self.url, sign_in::TOKEN),
            "jwks_uri": format!("{}/jwks.json", self.url),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": ["openid"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    /// `/jwks.json`.
    pub fn key_set(&self) -> Result<Value> {
        Ok(serde_json::to_value(&self.keys()?.set)?)
    }

    /// Made at first use: an RSA key takes a while, and most tests need none.
    fn keys(&self) -> Result<&Keys> {
        if let Some(keys) = self.keys.get() {
            return Ok(keys);
        }
        let pem = self.pem()?;
        let sign = EncodingKey::from_rsa_pem(pem.as_bytes())?;
        let mut jwk = Jwk::from_encoding_key(&sign, Algorithm::RS256)?;
        jwk.common.key_id = Some(KEY_ID.to_owned());
        let verify = DecodingKey::from_jwk(&jwk)?;
        let made = Keys {
            sign,
            verify,
            set: JwkSet { keys: vec![jwk] },
        };
        Ok(self.keys.get_or_init(|| made))
    }

    fn pem(&self) -> Result<String> {
        if let Some(file) = &self.file
            && file.exists()
        {
            return std::fs::read_to_string(file).context("the issuer's key cannot be read");
        }
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key"))?;
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| anyhow!("no PKCS 8"))?;
        let pem = pem("PRIVATE KEY", der.as_ref());
        if let Some(file) = &self.file {
            crate::folder::write_private(file, pem.as_bytes())
                .context("the issuer's key cannot be kept")?;
        }
        Ok(pem)
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap_or_default())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> Issuer {
        let authorizer = Authorizer {
            issuer: "http://127.0.0.1:8080/oidc".to_owned(),
            audience: vec!["open-vrs".to_owned()],
        };
        Issuer::new(&authorizer, None)
    }

    fn request() -> TokenRequest {
        TokenRequest {
            tenant: "131016".to_owned(),
            roles: vec!["read".to_owned()],
            subject: "someone".to_owned(),
            valid_for: SignedDuration::from_mins(60),
        }
    }

    #[test]
    fn a_token_is_valid_from_its_first_second_until_its_last() {
        let issuer = issuer();
        let now = Timestamp::from_second(1_000_000).unwrap();
        let token = issuer.token(&request(), now).unwrap();
        let claims = issuer.verify(&token, now).unwrap();
        assert_eq!(claims["tenant"], "131016");
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        assert!(issuer.verify(&token, at(3_599)).is_ok());
        assert_eq!(issuer.verify(&token, at(3_600)), Err(NotValid));
        assert_eq!(issuer.verify(&token, at(-61)), Err(NotValid));
    }

    #[test]
    fn a_token_of_another_issuer_or_without_signature_is_not_valid() {
        let (ours, theirs) = (issuer(), issuer());
        let now = Timestamp::from_second(1_000_000).unwrap();
        let token = theirs.token(&request(), now).unwrap();
        assert_eq!(ours.verify(&token, now), Err(NotValid));
        let none = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
        let body = token.split('.').nth(1).unwrap();
        for forged in [
            format!("{none}.{body}."),
            format!("{none}.{body}.AAAA"),
            String::new(),
        ] {
            assert_eq!(theirs.verify(&forged, now), Err(NotValid));
        }
    }
}
