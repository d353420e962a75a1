//! What resources are called in the local stack, and what `!Ref` and `!GetAtt` of them give.

use anyhow::{Result, bail};

use super::Place;

/// Words of a resource id that only repeat its type: `DropBucket` is the bucket `drop`.
const KIND_WORDS: [(&str, &str); 4] = [
    ("AWS::S3::Bucket", "Bucket"),
    ("AWS::DynamoDB::Table", "Table"),
    ("AWS::SQS::Queue", "Queue"),
    ("AWS::KMS::Key", "Key"),
];

/// The property in which a resource of this type may ask for a name.
pub(super) fn name_property(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::Serverless::Function" => Some("FunctionName"),
        "AWS::S3::Bucket" => Some("BucketName"),
        "AWS::DynamoDB::Table" => Some("TableName"),
        "AWS::SQS::Queue" => Some("QueueName"),
        "AWS::Logs::LogGroup" => Some("LogGroupName"),
        _ => None,
    }
}

/// `UploadsDeadLetters` -> `uploads-dead-letters`, `DropBucket` -> `drop`.
pub(super) fn from_id(id: &str, kind: &str) -> String {
    let short = KIND_WORDS
        .iter()
        .find(|(of, _)| *of == kind)
        .and_then(|(_, word)| id.strip_suffix(word))
        .filter(|short| !short.is_empty())
        .unwrap_or(id);
    let mut name = String::new();
    for letter in short.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// What `!Ref` of a resource gives.
pub(super) fn reference(id: &str, kind: &str, name: &str, place: &Place) -> Result<String> {
    Ok(match kind {
        "AWS::SQS::Queue" => {
            format!(
                "https://sqs.{}.amazonaws.com/{}/{name}",
                place.region, place.account
            )
        }
        "AWS::SNS::Topic" => arn(place, "sns", name),
        "AWS::S3::Bucket"
        | "AWS::DynamoDB::Table"
        | "AWS::KMS::Key"
        | "AWS::Serverless::Function"
        | "AWS::IAM::Role"
        | "AWS::CloudWatch::Dashboard"
        | "AWS::Events::Rule"
        | "AWS::Logs::LogGroup"
        | "AWS::CloudFront::Distribution"
        | "AWS::CloudFront::ResponseHeadersPolicy"
        | "AWS::ApiGatewayV2::Api"
        | "AWS::ApiGatewayV2::Authorizer"
        | "AWS::ApiGatewayV2::DomainName"
        | "AWS::ApiGatewayV2::Stage"
        | "AWS::ApiGatewayV2::Integration" => name.to_owned(),
        _ => bail!("!Ref {id}: not known to the local stack for {kind}"),
    })
}

/// What `!GetAtt` of a resource gives.
pub(super) fn attribute(
    id: &str,
    kind: &str,
    name: &str,
    attribute: &str,
    place: &Place,
) -> Result<String> {
    Ok(match (kind, attribute) {
        ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{name}"),
        ("AWS::S3::Bucket", "RegionalDomainName") => {
            format!("{name}.s3.{}.amazonaws.com", place.region)
        }
        ("AWS::DynamoDB::Table", "Arn") => arn(place, "dynamodb", &format!("table/{name}")),
        ("AWS::DynamoDB::Table", "StreamArn") => {
            arn(place, "dynamodb", &format!("table/{name}/stream/local"))
        }
        ("AWS::SQS::Queue", "Arn") => arn(place, "sqs", name),
        ("AWS::CloudFront::OriginAccessControl", "Id") | ("AWS::SQS::Queue", "QueueName") => {
            name.to_owned()
        }
        ("AWS::KMS::Key", "Arn") => arn(place, "kms", &format!("key/{name}")),
        ("AWS::Serverless::Function", "Arn") => arn(place, "lambda", &format!("function:{name}")),
        ("AWS::Events::Rule", "Arn") => arn(place, "events", &format!("rule/{name}")),
        ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{}:role/{name}", place.account),
        ("AWS::Logs::LogGroup", "Arn") => arn(place, "logs", &format!("log-group:{name}:*")),
        _ => bail!("!GetAtt {id}.{attribute}: not known to the local stack for {kind}"),
    })
}

fn arn(place: &Place, service: &str, resource: &str) -> String {
    format!(
        "arn:aws:{service}:{}:{}:{resource}",
        place.region, place.account
    )
}
