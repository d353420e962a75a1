//! What a call of a service asks for.

use std::collections::BTreeMap;

use http::{HeaderMap, Method, Request};
use serde::Deserialize;

use super::{Ask, leading::touches};
use crate::{kms::LocalKms, template::Place};

/// Headers by which whoever writes an object chooses its encryption; policies know them by the same names.
const ENCRYPTION: [&str; 3] = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
];

/// The parts of a body that tell what is touched, outside DynamoDB.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Touched {
    queue_url: Option<String>,
    key_id: Option<String>,
    ciphertext_blob: Option<String>,
    encryption_context: BTreeMap<String, String>,
}

/// What a call of a JSON service asks for. A body that cannot be read asks for a right that nobody
/// has.
#[must_use]
pub fn of_json(target: &str, body: &[u8], place: &Place) -> Vec<Ask> {
    let (service, operation) = target.split_once('.').unwrap_or((target, ""));
    let arn = |service: &str, rest: String| {
        format!(
            "arn:aws:{service}:{}:{}:{rest}",
            place.region, place.account
        )
    };
    let unreadable = || vec![Ask::new(format!("unreadable:{operation}"), "")];
    if service == "DynamoDB_20120810" {
        let Some(touches) = touches(operation, body) else {
            return unreadable();
        };
        let asks = touches.into_iter().map(|touch| {
            let table = arn("dynamodb", format!("table/{}", touch.table));
            let ask = Ask::new(format!("dynamodb:{}", touch.action), table);
            if touch.keys.is_empty() {
                ask
            } else {
                ask.with("dynamodb:LeadingKeys", touch.keys)
            }
        });
        return asks.collect();
    }
    let Ok(touched) = serde_json::from_slice::<Touched>(body) else {
        return unreadable();
    };
    match service {
        "AmazonSQS" => {
            let action = operation.strip_suffix("Batch").unwrap_or(operation);
            let url = touched.queue_url.unwrap_or_default();
            let name = url.rsplit('/').next().unwrap_or_default().to_owned();
            vec![Ask::new(format!("sqs:{action}"), arn("sqs", name))]
        }
        "TrentService" => {
            let sealed_by = touched
                .ciphertext_blob
                .as_deref()
                .and_then(LocalKms::sealed_by);
            let key = touched.key_id.or(sealed_by).unwrap_or_default();
            let id = key.rsplit('/').next().unwrap_or_default();
            let mut ask = Ask::new(format!("kms:{operation}"), arn("kms", format!("key/{id}")));
            for (name, value) in touched.encryption_context {
                ask = ask.with(&format!("kms:EncryptionContext:{name}"), vec![value]);
            }
            vec![ask]
        }
        other => vec![Ask::new(format!("{other}:{operation}"), "")],
    }
}

/// What the taking of a role with tags asks for.
#[must_use]
pub fn of_assume_role(role: &str, tags: &[(String, String)]) -> Vec<Ask> {
    let actions: &[&str] = if tags.is_empty() {
        &["sts:AssumeRole"]
    } else {
        &["sts:AssumeRole", "sts:TagSession"]
    };
    let asks = actions.iter();
    asks.map(|action| with_tags(Ask::new(*action, role), tags))
        .collect()
}

/// The same with the tags of the session that is asked for.
pub(super) fn with_tags(mut ask: Ask, tags: &[(String, String)]) -> Ask {
    for (key, value) in tags {
        ask = ask.with(&format!("aws:RequestTag/{key}"), vec![value.clone()]);
    }
    let keys: Vec<String> = tags.iter().map(|(key, _)| key.clone()).collect();
    if keys.is_empty() {
        ask
    } else {
        ask.with("aws:TagKeys", keys)
    }
}

/// What S3 asks of somebody before it says that an object is not there.
#[must_use]
pub fn of_listing(bucket: &str) -> Vec<Ask> {
    vec![s3_ask("ListBucket", bucket)]
}

/// What an invocation asks for: the function is named in the path.
#[must_use]
pub fn of_invoke(function: &str, place: &Place) -> Vec<Ask> {
    let arn = if function.starts_with("arn:") {
        function.to_owned()
    } else {
        format!(
            "arn:aws:lambda:{}:{}:function:{function}",
            place.region, place.account
        )
    };
    vec![Ask::new("lambda:InvokeFunction", arn)]
}

/// What a call of S3 asks for. The path begins with the bucket: the stack's endpoint is an address.
/// A call within the process stands for one over TLS 1.3. A call that is not known here asks for a
/// right that nobody has.
#[must_use]
pub fn of_s3<B>(request: &Request<B>) -> Vec<Ask> {
    let path = request.uri().path().trim_start_matches('/');
    let query = Query(request.uri().query().unwrap_or_default());
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    if key.is_empty() {
        return vec![of_bucket(request.method(), bucket, &query)];
    }
    let action = match *request.method() {
        Method::GET if query.has("uploadId") => "ListMultipartUploadParts",
        Method::GET | Method::HEAD if query.has("versionId") => "GetObjectVersion",
        Method::GET | Method::HEAD => "GetObject",
        Method::DELETE if query.has("uploadId") => "AbortMultipartUpload",
        Method::DELETE if query.has("versionId") => "DeleteObjectVersion",
        Method::DELETE => "DeleteObject",
        Method::PUT | Method::POST => "PutObject",
        _ => "Unknown",
    };
    let source = request.headers().get("x-amz-copy-source");
    let source = source.map(|source| {
        let source = source.to_str().unwrap_or_default().trim_start_matches('/');
        let (from, version) = source.split_once('?').unwrap_or((source, ""));
        let read = if version.is_empty() {
            "GetObject"
        } else {
            "GetObjectVersion"
        };
        s3_ask(read, from)
    });
    let ask = match action {
        "PutObject" => with_encryption(s3_ask(action, path), request.headers()),
        _ => s3_ask(action, path),
    };
    let asks = [ask].into_iter().chain(source);
    asks.collect()
}

/// The same with the encryption that the call asks for, if it asks for any.
fn with_encryption(ask: Ask, headers: &HeaderMap) -> Ask {
    ENCRYPTION.iter().fold(ask, |ask, name| {
        let value = headers.get(*name).and_then(|value| value.to_str().ok());
        match value {
            Some(value) => ask.with(&format!("s3:{name}"), vec![value.to_owned()]),
            None => ask,
        }
    })
}

fn of_bucket(method: &Method, bucket: &str, query: &Query<'_>) -> Ask {
    let action = match *method {
        Method::GET if bucket.is_empty() => "ListAllMyBuckets",
        Method::GET if query.has("location") => "GetBucketLocation",
        Method::GET if query.has("versioning") => "GetBucketVersioning",
        Method::GET if query.has("uploads") => "ListBucketMultipartUploads",
        Method::GET if query.has("versions") => "ListBucketVersions",
        Method::GET | Method::HEAD => "ListBucket",
        _ => "Unknown",
    };
    let ask = s3_ask(action, bucket);
    match query.value("prefix") {
        Some(prefix) => ask.with("s3:prefix", vec![prefix]),
        None => ask,
    }
}

struct Query<'a>(&'a str);

impl Query<'_> {
    fn has(&self, name: &str) -> bool {
        let mut pairs = self.0.split('&');
        pairs.any(|it| it.split('=').next() == Some(name))
    }

    fn value(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.0.as_bytes());
        let found = pairs.find(|(it, _)| it == name);
        found.map(|(_, value)| value.into_owned())
    }
}

fn s3_ask(action: &str, resource: &str) -> Ask {
    over_tls(Ask::new(
        format!("s3:{action}"),
        format!("arn:aws:s3:::{resource}"),
    ))
}

fn over_tls(ask: Ask) -> Ask {
    let ask = ask.with("aws:SecureTransport", vec!["true".to_owned()]);
    ask.with("s3:TlsVersion", vec!["1.3".to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(target: &str, body: &str) -> Vec<Ask> {
        of_json(target, body.as_bytes(), &Place::default())
    }

    #[test]
    fn a_batch_asks_for_each_partition_it_touches() {
        let asks = json(
            "DynamoDB_20120810.BatchGetItem",
            r#"{"RequestItems":{"records":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"b"}}]}}}"#,
        );
        let table = "arn:aws:dynamodb:ap-northeast-1:000000000000:table/records";
        let keys = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(
            asks,
            [Ask::new("dynamodb:BatchGetItem", table).with("dynamodb:LeadingKeys", keys)]
        );
    }

    #[test]
    fn a_key_is_asked_for_with_its_context() {
        let asks = json(
            "TrentService.Decrypt",
            r#"{"KeyId":"records","EncryptionContext":{"tenant":"131016"}}"#,
        );
        let key = "arn:aws:kms:ap-northeast-1:000000000000:key/records";
        let expected = Ask::new("kms:Decrypt", key);
        let tenant = vec!["131016".to_owned()];
        assert_eq!(
            asks,
            [expected.with("kms:EncryptionContext:tenant", tenant)]
        );
    }

    #[test]
    fn a_batch_of_messages_asks_as_one_message_does() {
        let asks = json(
            "AmazonSQS.SendMessageBatch",
            r#"{"QueueUrl":"http://x/0/loads"}"#,
        );
        let queue = "arn:aws:sqs:ap-northeast-1:000000000000:loads";
        assert_eq!(asks, [Ask::new("sqs:SendMessage", queue)]);
    }

    #[test]
    fn a_body_that_cannot_be_read_asks_for_what_nobody_has() {
        for target in [
            "DynamoDB_20120810.GetItem",
            "TrentService.Decrypt",
            "Else.Do",
        ] {
            let asks = json(target, "[");
            assert!(asks[0].action.starts_with("unreadable:"), "{target}");
        }
    }

    #[test]
    fn calls_of_s3_are_known_by_method_and_query() {
        for (method, uri, action, resource) in [
            (
                "PUT",
                "/drop/outbox/x?x-id=PutObject",
                "s3:PutObject",
                "drop/outbox/x",
            ),
            (
                "POST",
                "/drop/outbox/x?uploads",
                "s3:PutObject",
                "drop/outbox/x",
            ),
            ("GET", "/drop/outbox/x", "s3:GetObject", "drop/outbox/x"),
            (
                "GET",
                "/drop/x?versionId=1",
                "s3:GetObjectVersion",
                "drop/x",
            ),
            (
                "DELETE",
                "/drop/x?uploadId=1",
                "s3:AbortMultipartUpload",
                "drop/x",
            ),
            ("DELETE", "/drop/x", "s3:DeleteObject", "drop/x"),
            ("GET", "/drop?list-type=2", "s3:ListBucket", "drop"),
            ("GET", "/drop?versions", "s3:ListBucketVersions", "drop"),
            ("GET", "/", "s3:ListAllMyBuckets", ""),
            (
                "POST",
                "/drop?delete&prefix=outbox/131016/",
                "s3:Unknown",
                "drop",
            ),
            ("PATCH", "/drop/outbox/x", "s3:Unknown", "drop/outbox/x"),
        ] {
            let uri = format!("http://127.0.0.1{uri}");
            let request = Request::builder()
                .method(method)
                .uri(&uri)
                .body(())
                .unwrap();
            let asks = of_s3(&request);
            assert_eq!(asks[0].action, action, "{method} {uri}");
            assert_eq!(
                asks[0].resource,
                format!("arn:aws:s3:::{resource}"),
                "{method} {uri}"
            );
        }
    }

    #[test]
    fn a_write_asks_for_the_encryption_it_names_and_a_read_for_none() {
        for (method, name, found) in [
            ("PUT", "x-amz-server-side-encryption", true),
            ("POST", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", true),
            (
                "PUT",
                "x-amz-server-side-encryption-customer-algorithm",
                true,
            ),
            (
                "GET",
                "x-amz-server-side-encryption-customer-algorithm",
                false,
            ),
        ] {
            let request = Request::builder()
                .method(method)
                .uri("http://127.0.0.1/drop/inbox/x?uploads")
                .header(name, "AES256");
            let asks = of_s3(&request.body(()).unwrap());
            let key = format!("s3:{}", name.to_ascii_lowercase());
            let said = asks[0].context.get(&key);
            let expected = found.then(|| vec!["AES256".to_owned()]);
            assert_eq!(said, expected.as_ref(), "{method} {name}");
        }
    }

    #[test]
    fn a_copy_also_asks_for_what_is_copied() {
        let request = Request::put("http://127.0.0.1/drop/inbox/x")
            .header("x-amz-copy-source", "/drop/outbox/y?versionId=1")
            .body(())
            .unwrap();
        let asks = of_s3(&request);
        assert_eq!(asks.len(), 2);
        assert_eq!(asks[1].action, "s3:GetObjectVersion");
        assert_eq!(asks[1].resource, "arn:aws:s3:::drop/outbox/y");
    }
}
