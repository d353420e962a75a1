//! What a role of the template lets its function do: the part of IAM that our roles use.

use std::collections::{BTreeMap, HashMap};

use http::{Method, Request};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    kms::LocalKms,
    template::{Role, Statement},
};

/// A function that makes calls.
#[derive(Debug)]
pub(crate) struct Caller {
    /// For the error text.
    pub(crate) function: String,
    pub(crate) role: Role,
}

/// One right that a call needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// `dynamodb:GetItem`
    action: String,
    /// The end of an ARN: `table/records`, `:drop/inbox/…`.
    resource: String,
    /// Names in the encryption context.
    context: Vec<String>,
}

impl Caller {
    /// `Err` says which right is missing; it names the action, never an object.
    pub(crate) fn check(&self, needs: &[Need]) -> Result<(), String> {
        for need in needs {
            if !self
                .role
                .statements
                .iter()
                .any(|statement| allows(statement, need))
            {
                let action = &need.action;
                return Err(format!(
                    "the role of {} does not allow {action} here",
                    self.function
                ));
            }
        }
        Ok(())
    }
}

fn allows(statement: &Statement, need: &Need) -> bool {
    statement.actions.contains(&need.action)
        && statement
            .resources
            .iter()
            .any(|pattern| ends_in(pattern, &need.resource))
        && statement
            .context
            .iter()
            .all(|name| need.context.contains(name))
}

/// Whether an ARN pattern covers a resource known by the last part of its ARN. A `*` stands for any
/// text, slashes included.
fn ends_in(pattern: &str, resource: &str) -> bool {
    let Some((_, last)) = pattern.rsplit_once(':') else {
        return false;
    };
    let Some((start, rest)) = last.split_once('*') else {
        return last == resource;
    };
    let Some(mut left) = resource.strip_prefix(start) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        let end = match parts.peek() {
            None => return left.ends_with(part),
            Some(_) => left.find(part).map(|at| at + part.len()),
        };
        let Some(after) = end.and_then(|end| left.get(end..)) else {
            return false;
        };
        left = after;
    }
    false
}

fn need(service: &str, action: &str, resource: impl Into<String>) -> Need {
    Need {
        action: format!("{service}:{action}"),
        resource: resource.into(),
        context: Vec::new(),
    }
}

/// The parts of a body that tell what it touches.
#[expect(
    clippy::zero_sized_map_values,
    reason = "objects of which only the names matter"
)]
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Touched {
    table_name: Option<String>,
    request_items: HashMap<String, IgnoredAny>,
    transact_items: Vec<HashMap<String, TouchedTable>>,
    queue_url: Option<String>,
    key_id: Option<String>,
    ciphertext_blob: Option<String>,
    encryption_context: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TouchedTable {
    table_name: String,
}

/// What a call of a JSON service needs. A body that cannot be read needs a right that nobody has.
pub(crate) fn of_json(target: &str, body: &[u8]) -> Vec<Need> {
    let (service, operation) = target.split_once('.').unwrap_or((target, ""));
    let Ok(touched) = serde_json::from_slice::<Touched>(body) else {
        return vec![need("unreadable", operation, "")];
    };
    match service {
        "DynamoDB_20120810" => of_dynamodb(operation, &touched),
        "AmazonSQS" => {
            let action = operation.strip_suffix("Batch").unwrap_or(operation);
            let url = touched.queue_url.unwrap_or_default();
            vec![need(
                "sqs",
                action,
                url.rsplit('/').next().unwrap_or_default(),
            )]
        }
        "TrentService" => {
            let sealed_by = touched
                .ciphertext_blob
                .as_deref()
                .and_then(LocalKms::sealed_by);
            let key = touched.key_id.or(sealed_by).unwrap_or_default();
            let id = key.rsplit('/').next().unwrap_or_default();
            let context = touched.encryption_context.into_keys().collect();
            vec![Need {
                context,
                ..need("kms", operation, format!("key/{id}"))
            }]
        }
        other => vec![need(other, operation, "")],
    }
}

fn of_dynamodb(operation: &str, touched: &Touched) -> Vec<Need> {
    let on = |action: &str, table: &str| need("dynamodb", action, format!("table/{table}"));
    match operation {
        "BatchGetItem" | "BatchWriteItem" => touched
            .request_items
            .keys()
            .map(|table| on(operation, table))
            .collect(),
        "TransactGetItems" | "TransactWriteItems" => touched
            .transact_items
            .iter()
            .flatten()
            .map(|(kind, item)| {
                let action = match kind.as_str() {
                    "Get" => "GetItem",
                    "Put" => "PutItem",
                    "Update" => "UpdateItem",
                    "Delete" => "DeleteItem",
                    _ => "ConditionCheckItem",
                };
                on(action, &item.table_name)
            })
            .collect(),
        _ => vec![on(
            operation,
            touched.table_name.as_deref().unwrap_or_default(),
        )],
    }
}

/// What a call of S3 needs. The path begins with the bucket: the stack's endpoint is an address.
pub(crate) fn of_s3<B>(request: &Request<B>) -> Vec<Need> {
    let path = request.uri().path().trim_start_matches('/');
    let query = request.uri().query().unwrap_or_default();
    let asks = |name: &str| {
        query
            .split('&')
            .any(|it| it.split('=').next() == Some(name))
    };
    let of_version = asks("versionId");
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    if key.is_empty() {
        let action = if asks("versions") {
            "ListBucketVersions"
        } else {
            "ListBucket"
        };
        return vec![need("s3", action, bucket)];
    }
    let action = match *request.method() {
        Method::GET if asks("uploadId") => "ListMultipartUploadParts",
        Method::GET | Method::HEAD if of_version => "GetObjectVersion",
        Method::GET | Method::HEAD => "GetObject",
        Method::DELETE if asks("uploadId") => "AbortMultipartUpload",
        Method::DELETE if of_version => "DeleteObjectVersion",
        Method::DELETE => "DeleteObject",
        _ => "PutObject",
    };
    vec![need("s3", action, path)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(actions: &[&str], resource: &str, context: &[&str]) -> Caller {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let statement = Statement {
            actions: own(actions),
            resources: vec![resource.to_owned()],
            context: own(context),
        };
        let role = Role {
            arn: String::new(),
            statements: vec![statement],
        };
        Caller {
            function: "f".to_owned(),
            role,
        }
    }

    #[test]
    fn a_right_is_for_one_action_on_one_resource() {
        let table = "arn:aws:dynamodb:ap-northeast-1:000000000000:table/records";
        let reader = caller(&["dynamodb:GetItem"], table, &[]);
        for (operation, body, allowed) in [
            ("GetItem", r#"{"TableName":"records"}"#, true),
            ("GetItem", r#"{"TableName":"others"}"#, false),
            ("Scan", r#"{"TableName":"records"}"#, false),
            (
                "TransactGetItems",
                r#"{"TransactItems":[{"Get":{"TableName":"records"}}]}"#,
                true,
            ),
            (
                "TransactWriteItems",
                r#"{"TransactItems":[{"Put":{"TableName":"records"}}]}"#,
                false,
            ),
            ("GetItem", "[", false),
        ] {
            let needs = of_json(&format!("DynamoDB_20120810.{operation}"), body.as_bytes());
            assert_eq!(reader.check(&needs).is_ok(), allowed, "{operation} {body}");
        }
    }

    #[test]
    fn a_prefix_covers_what_begins_so_and_no_more() {
        let writer = caller(&["s3:PutObject"], "arn:aws:s3:::drop/outbox/*", &[]);
        for (method, uri, allowed) in [
            (
                "PUT",
                "http://127.0.0.1/drop/outbox/131016/x?x-id=PutObject",
                true,
            ),
            (
                "POST",
                "http://127.0.0.1/drop/outbox/131016/x?uploads",
                true,
            ),
            ("PUT", "http://127.0.0.1/drop/inbox/131016/x", false),
            ("PUT", "http://127.0.0.1/work/outbox/131016/x", false),
            ("GET", "http://127.0.0.1/drop/outbox/131016/x", false),
            (
                "DELETE",
                "http://127.0.0.1/drop/outbox/131016/x?uploadId=1",
                false,
            ),
            ("GET", "http://127.0.0.1/drop?list-type=2", false),
        ] {
            let request = Request::builder().method(method).uri(uri).body(()).unwrap();
            assert_eq!(
                writer.check(&of_s3(&request)).is_ok(),
                allowed,
                "{method} {uri}"
            );
        }
    }

    #[test]
    fn a_star_in_the_middle_stands_for_any_text() {
        let pattern = "arn:aws:s3:::work/tenants/*/manifests/*";
        let deleter = caller(&["s3:DeleteObject"], pattern, &[]);
        for (path, allowed) in [
            ("work/tenants/131016/manifests/12/1", true),
            ("work/tenants/131016/manifests/", true),
            ("work/tenants/131016/uploads/1/refused", false),
            ("work/tenants/manifests/12/1", false),
            ("drop/tenants/131016/manifests/12/1", false),
            ("work", false),
        ] {
            let uri = format!("http://127.0.0.1/{path}");
            let request = Request::builder().method("DELETE").uri(uri).body(());
            let needs = of_s3(&request.unwrap());
            assert_eq!(deleter.check(&needs).is_ok(), allowed, "{path}");
        }
        assert!(ends_in("arn:aws:s3:::a*b*c", "axbxbxc"));
        assert!(!ends_in("arn:aws:s3:::a*b*c", "axbxbx"));
        assert!(!ends_in("arn:aws:s3:::a*b*c", "axc"));
    }

    #[test]
    fn a_key_opens_only_with_a_context() {
        let arn = "arn:aws:kms:ap-northeast-1:000000000000:key/records";
        let opener = caller(&["kms:Decrypt"], arn, &["tenant"]);
        for (body, allowed) in [
            (
                r#"{"KeyId":"records","EncryptionContext":{"tenant":"131016"}}"#,
                true,
            ),
            (r#"{"KeyId":"records"}"#, false),
            (
                r#"{"KeyId":"files","EncryptionContext":{"tenant":"131016"}}"#,
                false,
            ),
        ] {
            let needs = of_json("TrentService.Decrypt", body.as_bytes());
            assert_eq!(opener.check(&needs).is_ok(), allowed, "{body}");
        }
    }
}
