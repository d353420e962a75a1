//! What may be asked, and whose it is.

use local::{
    iam::{Ask, of_assume_role},
    template::{Role, Template},
};

use super::{OWN, principal};

/// Whose something is, seen from the municipality that a session works for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Own,
    /// Another's, or everybody's, or of nobody in particular.
    NotOwn,
}

/// One question to the policies.
pub(crate) struct Case {
    pub(crate) ask: Ask,
    pub(crate) whose: Whose,
    /// For the message when it goes wrong.
    pub(crate) what: String,
}

const TABLE: &str = "arn:aws:dynamodb:ap-northeast-1:000000000000:table/records";

const DYNAMODB: [&str; 30] = [
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "ConditionCheckItem",
    "PartiQLSelect",
    "PartiQLInsert",
    "PartiQLUpdate",
    "PartiQLDelete",
    "DescribeTable",
    "UpdateTable",
    "DeleteTable",
    "UpdateTimeToLive",
    "CreateBackup",
    "UpdateContinuousBackups",
    "RestoreTableToPointInTime",
    "RestoreTableFromBackup",
    "ExportTableToPointInTime",
    "ImportTable",
    "EnableKinesisStreamingDestination",
    "PutResourcePolicy",
    "DeleteResourcePolicy",
    "GetResourcePolicy",
    "CreateTableReplica",
    "DisableKinesisStreamingDestination",
    "StartAwsBackupJob",
];

const OBJECTS: [&str; 14] = [
    "GetObject",
    "GetObjectVersion",
    "GetObjectTagging",
    "GetObjectAttributes",
    "PutObject",
    "PutObjectAcl",
    "PutObjectTagging",
    "PutObjectRetention",
    "DeleteObject",
    "DeleteObjectVersion",
    "RestoreObject",
    "AbortMultipartUpload",
    "ListMultipartUploadParts",
    "BypassGovernanceRetention",
];

const LISTINGS: [&str; 3] = [
    "ListBucket",
    "ListBucketVersions",
    "ListBucketMultipartUploads",
];

const BUCKETS: [&str; 8] = [
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "DeleteBucket",
    "PutLifecycleConfiguration",
    "PutReplicationConfiguration",
    "PutBucketVersioning",
    "PutBucketNotification",
    "PutEncryptionConfiguration",
];

const SSE: &str = "s3:x-amz-server-side-encryption";
const SSE_KEY: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";
const SSE_SENDER: &str = "s3:x-amz-server-side-encryption-customer-algorithm";

/// What shows or makes plain text under a tenant's context.
const KMS: [&str; 7] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKeyPair",
];

/// What changes who may use a key, or ends it.
const KEYS: [&str; 6] = [
    "CreateGrant",
    "PutKeyPolicy",
    "ScheduleKeyDeletion",
    "DisableKey",
    "DisableKeyRotation",
    "RetireGrant",
];

/// Codes that are not one's own: another's, parts of one's own, one's own and more, patterns.
const NOT_OWN: [&str; 12] = [
    "011002",
    "131024",
    "13101",
    "1310",
    "1",
    "",
    "1310167",
    "0131016",
    "131016 ",
    "??????",
    "*",
    "${aws:PrincipalTag/tenant}",
];

/// Every case for one role.
pub(crate) fn cases(template: &Template, role: &Role) -> Vec<Case> {
    let mut cases = Vec::new();
    table(&mut cases);
    buckets(template, &mut cases);
    encryption(template, &mut cases);
    keys(template, &mut cases);
    roles(template, role, &mut cases);
    cases
}

/// An ask that is as it should be in all but what the case is about.
fn case(ask: Ask, whose: Whose, what: impl Into<String>) -> Case {
    let ask = ask.with("aws:SecureTransport", vec!["true".to_owned()]);
    Case {
        ask: ask.with("s3:TlsVersion", vec!["1.3".to_owned()]),
        whose,
        what: what.into(),
    }
}

fn table(cases: &mut Vec<Case>) {
    let mut keys: Vec<(Option<Vec<String>>, Whose)> = Vec::new();
    let own = |rest: &str| format!("T#{OWN}#{rest}");
    keys.push((Some(vec![own("R#tag")]), Whose::Own));
    keys.push((Some(vec![own("CURRENT"), own("TENANT")]), Whose::Own));
    keys.push((Some(vec![own("TENANT")]), Whose::Own));
    for code in NOT_OWN {
        keys.push((Some(vec![format!("T#{code}#R#tag")]), Whose::NotOwn));
        // One foreign key among one's own, first or last.
        let foreign = format!("T#{code}#CURRENT");
        keys.push((Some(vec![own("CURRENT"), foreign.clone()]), Whose::NotOwn));
        keys.push((Some(vec![foreign, own("CURRENT")]), Whose::NotOwn));
    }
    for odd in [
        format!("T#{OWN}"),
        format!("t#{OWN}#R#tag"),
        format!(" T#{OWN}#R#tag"),
        format!("X#T#{OWN}#R#tag"),
        format!("{OWN}#R#tag"),
        String::new(),
        "*".to_owned(),
    ] {
        keys.push((Some(vec![odd]), Whose::NotOwn));
    }
    // A Scan, a PartiQL statement, anything that names no key.
    keys.push((None, Whose::NotOwn));
    keys.push((Some(Vec::new()), Whose::NotOwn));
    for resource in [TABLE.to_owned(), format!("{TABLE}/index/by-name")] {
        for action in DYNAMODB {
            for (keys, whose) in &keys {
                let ask = Ask::new(format!("dynamodb:{action}"), &resource);
                let what = keys
                    .as_ref()
                    .map_or_else(String::new, |keys| keys.join(", "));
                let ask = match keys {
                    Some(keys) => ask.with("dynamodb:LeadingKeys", keys.clone()),
                    None => ask,
                };
                cases.push(case(ask, *whose, format!("{resource} [{what}]")));
            }
        }
    }
}

fn buckets(template: &Template, cases: &mut Vec<Case>) {
    for bucket in &template.buckets {
        let arn = format!("arn:aws:s3:::{}", bucket.name);
        for top in ["inbox", "outbox", "tenants", "rows"] {
            let folders = NOT_OWN.map(|code| (code, Whose::NotOwn));
            for (code, whose) in folders.into_iter().chain([(OWN, Whose::Own)]) {
                for action in OBJECTS {
                    let resource = format!("{arn}/{top}/{code}/x/name");
                    let ask = Ask::new(format!("s3:{action}"), &resource);
                    cases.push(case(ask, whose, resource));
                }
                for (prefix, whose) in [
                    (format!("{top}/{code}/"), whose),
                    // Without the slash it begins the folders of longer codes as well.
                    (format!("{top}/{code}"), Whose::NotOwn),
                ] {
                    for action in LISTINGS {
                        let ask = Ask::new(format!("s3:{action}"), &arn);
                        let ask = ask.with("s3:prefix", vec![prefix.clone()]);
                        cases.push(case(ask, whose, format!("{arn}?prefix={prefix}")));
                    }
                }
            }
        }
        for action in LISTINGS {
            for prefix in [None, Some(""), Some("inbox/"), Some("*")] {
                let ask = Ask::new(format!("s3:{action}"), &arn);
                let ask = match prefix {
                    Some(prefix) => ask.with("s3:prefix", vec![prefix.to_owned()]),
                    None => ask,
                };
                cases.push(case(ask, Whose::NotOwn, format!("{arn}?prefix={prefix:?}")));
            }
        }
        for action in BUCKETS {
            let ask = Ask::new(format!("s3:{action}"), &arn);
            cases.push(case(ask, Whose::NotOwn, &arn));
        }
    }
}

/// Writes into one's own folder that choose an encryption: only the bucket's own key will do.
fn encryption(template: &Template, cases: &mut Vec<Case>) {
    let own_key = |id: &str| {
        let key = template.keys.iter().find(|key| key.id == id);
        let key = key.unwrap_or_else(|| panic!("the template has no key {id}"));
        key.arn.clone()
    };
    for (bucket, key, other) in [("drop", "files", "storage"), ("work", "storage", "files")] {
        let mut buckets = template.buckets.iter();
        assert!(
            buckets.any(|it| it.name == bucket),
            "the template has no bucket {bucket}"
        );
        let (key, other) = (own_key(key), own_key(other));
        let foreign = key.replace("000000000000", "111111111111");
        let by = |kind: &str| vec![(SSE, kind.to_owned())];
        let with = |kind: &str, key: &str| vec![(SSE, kind.to_owned()), (SSE_KEY, key.to_owned())];
        for (named, whose) in [
            (with("aws:kms", &key), Whose::Own),
            (vec![(SSE_KEY, key.clone())], Whose::Own),
            (by("AES256"), Whose::NotOwn),
            (by("aws:kms"), Whose::NotOwn),
            (by("aws:kms:dsse"), Whose::NotOwn),
            (with("aws:kms:dsse", &key), Whose::NotOwn),
            (with("AES256", &key), Whose::NotOwn),
            (with("aws:kms", &other), Whose::NotOwn),
            (with("aws:kms", &foreign), Whose::NotOwn),
            (with("aws:kms", "alias/aws/s3"), Whose::NotOwn),
            (vec![(SSE_KEY, other.clone())], Whose::NotOwn),
            (vec![(SSE_SENDER, "AES256".to_owned())], Whose::NotOwn),
        ] {
            for top in ["inbox", "outbox", "tenants", "rows"] {
                let resource = format!("arn:aws:s3:::{bucket}/{top}/{OWN}/x/name");
                let mut ask = Ask::new("s3:PutObject", &resource);
                for (name, value) in &named {
                    ask = ask.with(name, vec![value.clone()]);
                }
                cases.push(case(ask, whose, format!("{resource} as {named:?}")));
            }
        }
    }
}

/// The key that wraps branch keys. The others are used by S3, DynamoDB and SQS for whoever they let in, which
/// is what the cases of those are about; by hand, or through another service, nobody uses them.
fn keys(template: &Template, cases: &mut Vec<Case>) {
    for key in template.keys.iter().filter(|key| key.id != "records") {
        for through in [None, Some("lambda.ap-northeast-1.amazonaws.com"), Some("*")] {
            for action in KMS.into_iter().chain(KEYS) {
                let ask = Ask::new(format!("kms:{action}"), &key.arn);
                let account = vec!["000000000000".to_owned()];
                let ask = ask.with("kms:CallerAccount", account);
                let ask = match through {
                    Some(service) => ask.with("kms:ViaService", vec![service.to_owned()]),
                    None => ask,
                };
                let what = format!("{} through {through:?}", key.id);
                cases.push(case(ask, Whose::NotOwn, what));
            }
        }
    }
    for key in template.keys.iter().filter(|key| key.id == "records") {
        let contexts = NOT_OWN.map(|code| (vec![code], Whose::NotOwn));
        for (context, whose) in contexts.into_iter().chain([
            (vec![OWN], Whose::Own),
            (vec![OWN, "011002"], Whose::NotOwn),
            (vec![], Whose::NotOwn),
        ]) {
            for action in KMS {
                let ask = Ask::new(format!("kms:{action}"), &key.arn);
                let what = format!("{} under {context:?}", key.id);
                let values = context.iter().map(|&code| code.to_owned()).collect();
                let ask = if context.is_empty() {
                    ask
                } else {
                    ask.with("kms:EncryptionContext:tenant", values)
                };
                cases.push(case(ask, whose, what));
            }
        }
        for action in KEYS {
            let ask = Ask::new(format!("kms:{action}"), &key.arn);
            let tenant = vec![OWN.to_owned()];
            let ask = ask.with("kms:EncryptionContext:tenant", tenant);
            cases.push(case(ask, Whose::NotOwn, &key.id));
        }
    }
}

/// Taking roles: a function takes the one that is its own, for one municipality; nobody who works
/// for one municipality takes a role for another.
fn roles(template: &Template, taker: &Role, cases: &mut Vec<Case>) {
    let works_for_one = !principal(taker).tags.is_empty();
    for role in &template.roles {
        let own_role = taker.arn.strip_suffix("-role");
        let own_role = own_role.is_some_and(|it| format!("{it}-tenant-role") == role.arn);
        for tags in [
            vec![("tenant", OWN)],
            vec![("tenant", "011002")],
            vec![("tenant", "13101")],
            vec![("tenant", "1310167")],
            vec![("tenant", OWN), ("town", OWN)],
            vec![("town", OWN)],
            vec![],
        ] {
            let whole_code = matches!(tags[..], [("tenant", OWN | "011002")]);
            let whose = if own_role && whole_code && !works_for_one {
                Whose::Own
            } else {
                Whose::NotOwn
            };
            let owned: Vec<(String, String)> = tags
                .iter()
                .map(|&(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            for ask in of_assume_role(&role.arn, &owned) {
                cases.push(case(ask, whose, format!("{} with {tags:?}", role.arn)));
            }
            // A token is what outsiders have; no role of ours takes another with one.
            for mut ask in of_assume_role(&role.arn, &owned) {
                "sts:AssumeRoleWithWebIdentity".clone_into(&mut ask.action);
                let what = format!("{} by token, with {tags:?}", role.arn);
                cases.push(case(ask, Whose::NotOwn, what));
            }
        }
    }
}
