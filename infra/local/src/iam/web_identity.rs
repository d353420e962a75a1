//! Roles that are taken with a token of an issuer that IAM knows.

use std::collections::BTreeMap;

use super::{Ask, Principal};

/// The claim in which an issuer signs tags of a session.
const TAGS: &str = "https://aws.amazon.com/tags";

/// What a token says, once its signature, issuer, audience and time were found in order.
#[derive(Debug, Clone)]
pub struct WebIdentity {
    /// Issuer, without scheme.
    pub issuer: String,
    /// Whom the token is for.
    pub audience: String,
    /// Who holds it.
    pub subject: String,
    /// Tags of the session that it buys.
    pub tags: Vec<(String, String)>,
}

impl WebIdentity {
    /// Reads claims. `None` if one of the first three is missing, or the tags are not as AWS wants them:
    /// `{"principal_tags": {"tenant": ["131016"]}}`.
    #[must_use]
    pub fn read(claims: &serde_json::Map<String, serde_json::Value>) -> Option<Self> {
        let text = |name: &str| claims.get(name)?.as_str();
        let issuer = text("iss")?;
        let issuer = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
        let mut tags = Vec::new();
        if let Some(claim) = claims.get(TAGS) {
            for (key, values) in claim.get("principal_tags")?.as_object()? {
                let [value] = values.as_array()?.as_slice() else {
                    return None;
                };
                tags.push((key.clone(), value.as_str()?.to_owned()));
            }
        }
        Some(Self {
            issuer: issuer.to_owned(),
            audience: text("aud")?.to_owned(),
            subject: text("sub")?.to_owned(),
            tags,
        })
    }

    /// Who asks for the role: nobody of the account, but whoever the issuer vouches for.
    #[must_use]
    pub fn principal(&self, account: &str) -> Principal {
        Principal {
            arn: format!("arn:aws:iam::{account}:oidc-provider/{}", self.issuer),
            tags: BTreeMap::new(),
            policies: Vec::new(),
        }
    }

    /// What the taking of a role with this token asks for.
    #[must_use]
    pub fn asks(&self, role: &str) -> Vec<Ask> {
        let actions: &[&str] = if self.tags.is_empty() {
            &["sts:AssumeRoleWithWebIdentity"]
        } else {
            &["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
        };
        let asks = actions.iter().map(|action| {
            let ask = super::asks::with_tags(Ask::new(*action, role), &self.tags);
            let ask = ask.with(&format!("{}:aud", self.issuer), vec![self.audience.clone()]);
            ask.with(&format!("{}:sub", self.issuer), vec![self.subject.clone()])
        });
        asks.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    fn read(tags: &Value) -> Option<WebIdentity> {
        let claims =
            json!({"iss": "https://issuer.example/x", "aud": "files", "sub": "tool", TAGS: tags});
        let claims: &Map<_, _> = claims.as_object().unwrap();
        WebIdentity::read(claims)
    }

    #[test]
    fn a_tag_has_one_value() {
        let found = read(&json!({"principal_tags": {"tenant": ["131016"]}})).unwrap();
        assert_eq!(found.issuer, "issuer.example/x");
        assert_eq!(found.tags, [("tenant".to_owned(), "131016".to_owned())]);
        for odd in [
            json!({"principal_tags": {"tenant": ["131016", "011002"]}}),
            json!({"principal_tags": {"tenant": []}}),
            json!({"principal_tags": {"tenant": "131016"}}),
            json!({"principal_tags": {"tenant": [131_016]}}),
            json!({"tenant": ["131016"]}),
            json!("131016"),
        ] {
            assert!(read(&odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn the_issuer_s_claims_stand_under_its_name() {
        let found = read(&json!({"principal_tags": {"tenant": ["131016"]}})).unwrap();
        let asks = found.asks("arn:aws:iam::0:role/tools");
        assert_eq!(asks.len(), 2);
        assert_eq!(asks[0].action, "sts:AssumeRoleWithWebIdentity");
        assert_eq!(asks[1].context["issuer.example/x:aud"], ["files"]);
        assert_eq!(asks[1].context["aws:requesttag/tenant"], ["131016"]);
    }
}
