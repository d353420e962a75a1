//! What a call of a service asks for.

use std::collections::BTreeMap;

use http::{Method, Request};
use serde::Deserialize;

use super::{Ask, leading::touches};
use crate::{kms::LocalKms, template::Place};

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
    let ask = |action: &&str| {
        let mut ask = Ask::new(*action, role);
        for (key, value) in tags {
            ask = ask.with(&format!("aws:RequestTag/{key}"), vec![value.clone()]);
        }
        let keys: Vec<String> = tags.iter().map(|(key, _)| key.clone()).collect();
        if keys.is_empty() {
            ask
        } else {
            ask.with("aws:TagKeys", keys)
        }
    };
    actions.iter().map(ask).collect()
}

/// What S3 asks of somebody before it says that an object is not there.
#[must_use]
pub fn of_listing(bucket: &str) -> Vec<Ask> {
    over_tls(Ask::new("s3:ListBucket", format!("arn:aws:s3:::{bucket}")))
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
/// A call within the process stands for one over TLS 1.3.
#[must_use]
pub fn of_s3<B>(request: &Request<B>) -> Vec<Ask> {
    let path = request.uri().path().trim_start_matches('/');
    let query = request.uri().query().unwrap_or_default();
    let asks = |name: &str| {
        query
            .split('&')
            .any(|it| it.split('=').next() == Some(name))
    };
    let of_version = asks("versionId");
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let ask = |action: &str, resource: &str| {
        Ask::new(format!("s3:{action}"), format!("arn:aws:s3:::{resource}"))
    };
    if key.is_empty() {
        let action = if asks("versions") {
            "ListBucketVersions"
        } else {
            "ListBucket"
        };
        let ask = ask(action, bucket);
        let prefix = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "prefix");
        return over_tls(match prefix {
            Some((_, prefix)) => ask.with("s3:prefix", vec![prefix.into_owned()]),
            None => ask,
        });
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
    over_tls(ask(action, path))
}

fn over_tls(ask: Ask) -> Vec<Ask> {
    let ask = ask.with("aws:SecureTransport", vec!["true".to_owned()]);
    vec![ask.with("s3:TlsVersion", vec!["1.3".to_owned()])]
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
}
