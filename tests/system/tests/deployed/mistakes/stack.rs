//! What would let one function do too much, and what would be missing.

use super::Mistake;

pub(super) const MISTAKES: [Mistake; 35] = [
    // Search or decrypt.
    (
        "who asks holders may open records",
        "InquiriesTenantRole",
        "              - Sid: ReadBasesAndLogs\n",
        "              - Sid: Unwrap\n                Effect: Allow\n                Action: kms:Decrypt\n                Resource: !GetAtt RecordsKey.Arn\n                Condition:\n                  StringEquals: { \"kms:EncryptionContext:tenant\": \"${aws:PrincipalTag/tenant}\" }\n              - Sid: ReadBasesAndLogs\n",
    ),
    (
        "who answers for a holder may look up holders",
        "AnswerInquiryRole",
        "              - Sid: Log\n",
        "              - Sid: LookUp\n                Effect: Allow\n                Action: dynamodb:Query\n                Resource: !GetAtt HoldersTable.Arn\n              - Sid: Log\n",
    ),
    (
        "who writes the index may read it",
        "IndexHoldersRole",
        "Action: dynamodb:PutItem",
        "Action: [dynamodb:PutItem, dynamodb:Query]",
    ),
    (
        "who looks up holders may write the index",
        "InquiriesRole",
        "Action: dynamodb:Query",
        "Action: [dynamodb:Query, dynamodb:PutItem]",
    ),
    (
        "a function that opens records may try numbers",
        "ResidentsRole",
        "              - Sid: Log\n",
        "              - Sid: TellApart\n                Effect: Allow\n                Action: kms:GenerateMac\n                Resource: !GetAtt HoldersKey.Arn\n              - Sid: Log\n",
    ),
    (
        "a function that opens records may ask holders",
        "DosesRole",
        "              - Sid: Log\n",
        "              - Sid: Ask\n                Effect: Allow\n                Action: lambda:InvokeFunction\n                Resource: !GetAtt AnswerInquiry.Arn\n              - Sid: Log\n",
    ),
    (
        "a route leads to the function that answers",
        "InquiriesIntegration",
        "!GetAtt Inquiries.Arn",
        "!GetAtt AnswerInquiry.Arn",
    ),
    (
        "what a stream gave up is not heard of",
        "HoldersDeadLettersAlarm",
        "HoldersDeadLetters.QueueName",
        "UploadsDeadLetters.QueueName",
    ),
    // What must be there.
    (
        "the table cannot go back",
        "RecordsTable",
        "PointInTimeRecoveryEnabled: true",
        "PointInTimeRecoveryEnabled: false",
    ),
    (
        "the table is under AWS's own key",
        "RecordsTable",
        "SSEEnabled: true",
        "SSEEnabled: false",
    ),
    (
        "the table may be deleted",
        "RecordsTable",
        "DeletionProtectionEnabled: true",
        "DeletionProtectionEnabled: false",
    ),
    (
        "the bucket may be made public",
        "DropBucket",
        "RestrictPublicBuckets: true",
        "RestrictPublicBuckets: false",
    ),
    (
        "a file may be dropped under a key of S3's",
        "DropBucketPolicy",
        "StringNotEquals: { \"s3:x-amz-server-side-encryption\": aws:kms }",
        "StringEquals: { \"s3:x-amz-server-side-encryption\": aws:kms:dsse }",
    ),
    (
        "a file may be dropped under another key",
        "DropBucketPolicy",
        "StringNotEquals: { \"s3:x-amz-server-side-encryption-aws-kms-key-id\": !GetAtt FilesKey.Arn }",
        "StringEquals: { \"s3:x-amz-server-side-encryption-aws-kms-key-id\": other }",
    ),
    (
        "a file may be dropped under the key of AWS that nobody of ours governs",
        "DropBucketPolicy",
        "\"s3:x-amz-server-side-encryption-aws-kms-key-id\": \"true\"",
        "\"s3:x-amz-server-side-encryption-aws-kms-key-id\": \"false\"",
    ),
    (
        "a file may be dropped under a key that only its sender has",
        "DropBucketPolicy",
        "\"s3:x-amz-server-side-encryption-customer-algorithm\": \"false\"",
        "\"s3:x-amz-server-side-encryption-customer-algorithm\": \"true\"",
    ),
    (
        "what functions write may lie under another key",
        "WorkBucketPolicy",
        "StringNotEquals: { \"s3:x-amz-server-side-encryption-aws-kms-key-id\": !GetAtt StorageKey.Arn }",
        "StringEquals: { \"s3:x-amz-server-side-encryption-aws-kms-key-id\": other }",
    ),
    (
        "the bucket answers without TLS",
        "DropBucketPolicy",
        "\"aws:SecureTransport\": \"false\"",
        "\"aws:SecureTransport\": \"true\"",
    ),
    (
        "a bucket that stays answers without TLS once the stack is gone",
        "WorkBucketPolicy",
        "    DeletionPolicy: RetainExceptOnCreate\n",
        "",
    ),
    (
        "the queue has no dead letters",
        "LoadsQueue",
        "deadLetterTargetArn: !GetAtt LoadsDeadLetters.Arn",
        "deadLetterTargetArn: none",
    ),
    (
        "dead letters are not heard of",
        "LoadsDeadLettersAlarm",
        "LoadsDeadLetters.QueueName",
        "UploadsDeadLetters.QueueName",
    ),
    (
        "messages that fail again and again are not heard of",
        "LoadChunkMessagesAlarm",
        "MetricName: messages_returned",
        "MetricName: messages_failed",
    ),
    (
        "a night without exports is not heard of",
        "ExportNightlyAlarm",
        "MetricName: FailedInvocations",
        "MetricName: Invocations",
    ),
    (
        "a function that hands itself work is stopped as a loop",
        "LoadDoses",
        "      RecursiveLoop: Allow",
        "      RecursiveLoop: Terminate",
    ),
    (
        "fewer of a function may run than a queue hands out",
        "FunctionConcurrency",
        "MinValue: 20",
        "MinValue: 19",
    ),
    (
        "more may be loaded at once than may run",
        "LoadsAtOnce",
        "MaxValue: 20",
        "MaxValue: 21",
    ),
    (
        "any number may be loaded at once",
        "LoadsAtOnce",
        "    MaxValue: 20\n",
        "",
    ),
    (
        "clients need no certificate, unasked",
        "ClientCertificatesOnly",
        "Default: \"true\"",
        "Default: \"false\"",
    ),
    (
        "AWS's own name is left on beside the domain",
        "Api",
        "      DisableExecuteApiEndpoint: !If [CertificatesOnly, true, false]\n",
        "",
    ),
    (
        "errors are not heard of",
        "ResidentsErrorsAlarm",
        "!Ref Residents",
        "!Ref Uploads",
    ),
    (
        "an index that falls behind is not heard of",
        "IndexBehindAlarm",
        "!Ref IndexHolders",
        "!Ref Inquiries",
    ),
    (
        "a route is open to the world",
        "GetResidentRoute",
        "AuthorizationType: JWT",
        "AuthorizationType: NONE",
    ),
    (
        "a stack of this name in another region is refused by CloudFront",
        "ConsoleAccess",
        "-${AWS::Region}",
        "",
    ),
    (
        "a stack of this name in another region writes over the dashboard",
        "Dashboard",
        "DashboardName: !Sub \"${AWS::StackName}-${AWS::Region}\"",
        "DashboardName: !Sub \"${AWS::StackName}\"",
    ),
    (
        "the path is logged",
        "ApiStage",
        "$context.routeKey",
        "$context.path",
    ),
];
