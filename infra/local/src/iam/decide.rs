//! The decision over one right.

use std::collections::BTreeMap;

use super::{Ask, Effect, Policy, Statement};

/// Who calls.
#[derive(Debug, Clone, Default)]
pub struct Principal {
    /// ARN of the role.
    pub arn: String,
    /// Tags of the session, such as `tenant`.
    pub tags: BTreeMap<String, String>,
    /// Policies of the role.
    pub policies: Vec<Policy>,
}

/// Policies of resources: of buckets and keys by ARN, and the trust of roles by theirs.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    /// By the ARN of what they are attached to.
    pub by_resource: BTreeMap<String, Policy>,
    /// The account, whose root a policy names to leave it to the account's own policies.
    pub account: String,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement allows it.
    NotAllowed,
}

impl Decision {
    /// Whether the call goes through.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed)
    }
}

/// Decides over one right.
#[must_use]
pub fn decide(principal: &Principal, ask: &Ask, resources: &Policies) -> Decision {
    let mut context = ask.context.clone();
    for (name, value) in &principal.tags {
        let key = format!("aws:principaltag/{}", name.to_ascii_lowercase());
        context.insert(key, vec![value.clone()]);
    }
    let asked = Asked {
        ask,
        context: &context,
    };
    let own = asked.among(
        principal
            .policies
            .iter()
            .flat_map(|policy| &policy.statements),
    );
    let statements = resources.of(&ask.resource);
    let statements = statements.map_or(&[][..], |policy| &policy.statements);
    let root = format!("arn:aws:iam::{}:root", resources.account);
    let of_account = |it: &&Statement| it.principals.contains(&root);
    let of_caller = |it: &&Statement| {
        it.principals
            .iter()
            .any(|it| it == "*" || *it == principal.arn)
    };
    let account = asked.among(statements.iter().filter(of_account));
    let caller = asked.among(statements.iter().filter(of_caller));
    if own.denied || account.denied || caller.denied {
        return Decision::Denied;
    }
    let allowed = match ask.action.split(':').next() {
        // A key policy admits the caller it names; if it names the account, the role's own policy decides.
        Some("kms") => caller.allowed || (account.allowed && own.allowed),
        // A trust policy of ours names who may take the role.
        Some("sts") => caller.allowed,
        _ => own.allowed,
    };
    if allowed {
        Decision::Allowed
    } else {
        Decision::NotAllowed
    }
}

impl Policies {
    /// The policy of what an ARN names; that of a bucket is also that of its objects.
    fn of(&self, arn: &str) -> Option<&Policy> {
        let whole = self.by_resource.get(arn);
        whole.or_else(|| self.by_resource.get(arn.split_once('/')?.0))
    }
}

struct Asked<'a> {
    ask: &'a Ask,
    context: &'a BTreeMap<String, Vec<String>>,
}

struct Found {
    allowed: bool,
    denied: bool,
}

impl Asked<'_> {
    fn among<'s>(&self, statements: impl Iterator<Item = &'s Statement>) -> Found {
        let mut found = Found {
            allowed: false,
            denied: false,
        };
        for statement in statements.filter(|statement| self.fits(statement)) {
            match statement.effect {
                Effect::Allow => found.allowed = true,
                Effect::Deny => found.denied = true,
            }
        }
        found
    }

    fn fits(&self, statement: &Statement) -> bool {
        let none = BTreeMap::new();
        let action = |pattern: &super::Pattern| {
            // Actions are compared without regard to case; ours are written as AWS writes them.
            pattern.matches(&self.ask.action, &none)
        };
        let resource = |pattern: &super::Pattern| pattern.matches(&self.ask.resource, self.context);
        statement.actions.iter().any(action)
            && (statement.resources.is_empty() || statement.resources.iter().any(resource))
            && statement
                .conditions
                .iter()
                .all(|condition| condition.holds(self.context))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TABLE: &str = "arn:aws:dynamodb:ap-northeast-1:000000000000:table/records";
    const KEY: &str = "arn:aws:kms:ap-northeast-1:000000000000:key/records";

    fn policy(statements: &Value) -> Policy {
        Policy::read(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
    }

    fn role(statements: &Value) -> Principal {
        Principal {
            arn: "arn:aws:iam::000000000000:role/reader".to_owned(),
            tags: BTreeMap::from([("tenant".to_owned(), "131016".to_owned())]),
            policies: vec![policy(statements)],
        }
    }

    fn resources(arn: &str, statements: &Value) -> Policies {
        Policies {
            by_resource: BTreeMap::from([(arn.to_owned(), policy(statements))]),
            account: "000000000000".to_owned(),
        }
    }

    #[test]
    fn a_denial_wins_over_whatever_allows() {
        let allow = json!({"Effect": "Allow", "Action": "dynamodb:*", "Resource": TABLE});
        let deny = json!({"Effect": "Deny", "Action": "dynamodb:Scan", "Resource": "*"});
        let reader = role(&json!([allow, deny]));
        let none = Policies::default();
        let get = Ask::new("dynamodb:GetItem", TABLE);
        assert_eq!(decide(&reader, &get, &none), Decision::Allowed);
        let scan = Ask::new("dynamodb:Scan", TABLE);
        assert_eq!(decide(&reader, &scan, &none), Decision::Denied);
        let other = Ask::new("dynamodb:GetItem", format!("{TABLE}s"));
        assert_eq!(decide(&reader, &other, &none), Decision::NotAllowed);
    }

    #[test]
    fn a_key_needs_its_own_policy_too() {
        let opener = role(&json!([{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY}]));
        let decrypt = Ask::new("kms:Decrypt", KEY);
        assert_eq!(
            decide(&opener, &decrypt, &Policies::default()),
            Decision::NotAllowed
        );
        let root = json!({"AWS": "arn:aws:iam::000000000000:root"});
        let opened = json!([{"Effect": "Allow", "Principal": root, "Action": "kms:Decrypt", "Resource": "*"}]);
        assert_eq!(
            decide(&opener, &decrypt, &resources(KEY, &opened)),
            Decision::Allowed
        );
        let stranger =
            role(&json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]));
        assert_eq!(
            decide(&stranger, &decrypt, &resources(KEY, &opened)),
            Decision::NotAllowed
        );
    }

    #[test]
    fn a_key_policy_that_names_the_caller_is_enough() {
        let opener = role(&json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]));
        let through =
            json!({"StringEquals": {"kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}});
        let opened = json!([{
            "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*",
            "Condition": through,
        }]);
        let opened = resources(KEY, &opened);
        let by_hand = Ask::new("kms:Decrypt", KEY);
        assert_eq!(decide(&opener, &by_hand, &opened), Decision::NotAllowed);
        let through = vec!["s3.ap-northeast-1.amazonaws.com".to_owned()];
        let through = by_hand.with("kms:ViaService", through);
        assert_eq!(decide(&opener, &through, &opened), Decision::Allowed);
    }

    #[test]
    fn a_role_is_assumed_by_whom_its_trust_names() {
        let target = "arn:aws:iam::000000000000:role/of-tenants";
        let trust = json!([{
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::000000000000:role/reader"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringLike": {"aws:RequestTag/tenant": "??????"}},
        }]);
        let trust = resources(target, &trust);
        let assume = |tag: &str| {
            Ask::new("sts:AssumeRole", target).with("aws:RequestTag/tenant", vec![tag.to_owned()])
        };
        let named = role(&json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]));
        assert_eq!(decide(&named, &assume("131016"), &trust), Decision::Allowed);
        assert_eq!(decide(&named, &assume("*"), &trust), Decision::NotAllowed);
        let other = Principal {
            arn: format!("{}2", named.arn),
            ..named
        };
        assert_eq!(
            decide(&other, &assume("131016"), &trust),
            Decision::NotAllowed
        );
    }

    #[test]
    fn a_bucket_s_policy_is_about_its_objects() {
        let deny = json!([{
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::drop/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }]);
        let policies = resources("arn:aws:s3:::drop", &deny);
        let reader = role(&json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]));
        let read = |secure: &str| {
            Ask::new("s3:GetObject", "arn:aws:s3:::drop/inbox/x")
                .with("aws:SecureTransport", vec![secure.to_owned()])
        };
        assert_eq!(decide(&reader, &read("true"), &policies), Decision::Allowed);
        assert_eq!(decide(&reader, &read("false"), &policies), Decision::Denied);
    }
}
