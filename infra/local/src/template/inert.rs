//! Types of resources that do nothing on one machine, property by property.

use anyhow::Result;

use super::fields::Fields;

struct Inert {
    kind: &'static str,
    /// Why it has no effect here.
    why: &'static str,
    properties: &'static [&'static str],
}

const INERT: [Inert; 12] = [
    Inert {
        kind: "AWS::SQS::QueuePolicy",
        why: "only the buckets and schedules of this process send events",
        properties: &["Queues", "PolicyDocument"],
    },
    Inert {
        kind: "AWS::Lambda::Permission",
        why: "only the gateway of this process calls functions",
        properties: &["Action", "FunctionName", "Principal", "SourceArn"],
    },
    Inert {
        kind: "AWS::Logs::LogGroup",
        why: "logs go to the terminal",
        properties: &["LogGroupName", "RetentionInDays"],
    },
    Inert {
        kind: "AWS::ApiGatewayV2::DomainName",
        why: "the stack listens on loopback only",
        properties: &[
            "DomainName",
            "DomainNameConfigurations",
            "MutualTlsAuthentication",
        ],
    },
    Inert {
        kind: "AWS::ApiGatewayV2::ApiMapping",
        why: "the stack listens on loopback only",
        properties: &["ApiId", "DomainName", "Stage"],
    },
    Inert {
        kind: "AWS::SNS::Topic",
        why: "the terminal is the alarm",
        properties: &["TopicName", "KmsMasterKeyId"],
    },
    Inert {
        kind: "AWS::SNS::TopicPolicy",
        why: "the terminal is the alarm",
        properties: &["Topics", "PolicyDocument"],
    },
    Inert {
        kind: "AWS::CloudFront::Distribution",
        why: "the console is answered by this process itself, from the files it was built with",
        properties: &["DistributionConfig"],
    },
    Inert {
        kind: "AWS::CloudFront::OriginAccessControl",
        why: "the console is not read out of a bucket here",
        properties: &["OriginAccessControlConfig"],
    },
    Inert {
        kind: "AWS::CloudFront::ResponseHeadersPolicy",
        why: "the console's headers are set where it is answered, and held against these by a test",
        properties: &["ResponseHeadersPolicyConfig"],
    },
    Inert {
        kind: "AWS::CloudWatch::Dashboard",
        why: "the terminal and the console are looked at",
        properties: &["DashboardName", "DashboardBody"],
    },
    Inert {
        kind: "AWS::CloudWatch::Alarm",
        why: "the terminal is the alarm",
        properties: &[
            "AlarmDescription",
            "Namespace",
            "MetricName",
            "Dimensions",
            "Statistic",
            "Period",
            "EvaluationPeriods",
            "DatapointsToAlarm",
            "Threshold",
            "ComparisonOperator",
            "TreatMissingData",
            "AlarmActions",
        ],
    },
];

/// `true` if the type is one of these and all of its properties are known.
pub(super) fn read(kind: &str, mut fields: Fields) -> Result<bool> {
    let Some(inert) = INERT.iter().find(|inert| inert.kind == kind) else {
        return Ok(false);
    };
    for property in inert.properties {
        fields.without_effect(&[(property, inert.why)]);
    }
    fields.finish()?;
    Ok(true)
}
