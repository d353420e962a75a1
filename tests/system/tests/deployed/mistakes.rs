//! Mistakes that a person may make in the template. Each is planted and must be caught: by the local
//! stack, which refuses to start, by the rules, by the isolation matrix, or by what a function can do in all.

use crate::{TEMPLATE, isolation, rules::findings, search_or_decrypt};

/// What, in which resource, and how it is written there: before and after.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

const KEYS: &str =
    r#""ForAllValues:StringLike": { "dynamodb:LeadingKeys": "T#${aws:PrincipalTag/tenant}#*" }"#;
const NOT_WITHOUT: &str =
    r#""Null": { "dynamodb:LeadingKeys": "false" } # without keys, "for all" is true"#;
const UNWRAP: &str =
    r#"StringEquals: { "kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}" }"#;

const MISTAKES: [Mistake; 66] = [
    // Whose rows.
    (
        "the guard against calls without keys is dropped",
        "ResidentsTenantRole",
        NOT_WITHOUT,
        "",
    ),
    (
        "the guard is turned round",
        "LoadChunkTenantRole",
        r#"LeadingKeys": "false""#,
        r#"LeadingKeys": "true""#,
    ),
    (
        "the tag is dropped from the keys",
        "ResidentsTenantRole",
        "T#${aws:PrincipalTag/tenant}#*",
        "T#*",
    ),
    (
        "the end of the code is dropped",
        "ResidentsTenantRole",
        "tenant}#*\" }",
        "tenant}*\" }",
    ),
    (
        "the keys are those of whoever asks last",
        "UploadsTenantRole",
        KEYS,
        r#""ForAnyValue:StringLike": { "dynamodb:LeadingKeys": "T#${aws:PrincipalTag/tenant}#*" }"#,
    ),
    (
        "the keys are looked at if there are any",
        "UploadsTenantRole",
        "ForAllValues:StringLike",
        "ForAllValues:StringLikeIfExists",
    ),
    (
        "the limit is on another attribute",
        "LoadChunkTenantRole",
        KEYS,
        r#""ForAllValues:StringLike": { "dynamodb:Attributes": "T#${aws:PrincipalTag/tenant}#*" }"#,
    ),
    (
        "the tag has another name",
        "ReceiveUploadTenantRole",
        "T#${aws:PrincipalTag/tenant}#*",
        "T#${aws:RequestTag/tenant}#*",
    ),
    (
        "one tenant's code is written down",
        "ReceiveUploadTenantRole",
        "T#${aws:PrincipalTag/tenant}#*",
        "T#011002#*",
    ),
    (
        "a scan is added",
        "ResidentsTenantRole",
        "dynamodb:Query]",
        "dynamodb:Query, dynamodb:Scan]",
    ),
    (
        "a statement language is added",
        "ResidentsTenantRole",
        "dynamodb:Query]",
        "dynamodb:Query, dynamodb:PartiQLSelect]",
    ),
    (
        "every right to the table",
        "ResidentsTenantRole",
        "[dynamodb:GetItem, dynamodb:BatchGetItem, dynamodb:Query]",
        "dynamodb:*",
    ),
    (
        "every table",
        "ResidentsTenantRole",
        "Resource: !GetAtt RecordsTable.Arn",
        "Resource: \"*\"",
    ),
    // Whose files.
    (
        "every inbox",
        "LoadChunkTenantRole",
        "/inbox/${!aws:PrincipalTag/tenant}/*",
        "/inbox/*",
    ),
    (
        "inboxes that begin alike",
        "LoadChunkTenantRole",
        "/inbox/${!aws:PrincipalTag/tenant}/*",
        "/inbox/${!aws:PrincipalTag/tenant}*",
    ),
    (
        "the variable is one of the template's",
        "UploadsTenantRole",
        "/inbox/${!aws:PrincipalTag/tenant}/*",
        "/inbox/${aws:PrincipalTag/tenant}/*",
    ),
    (
        "every outbox",
        "UploadsTenantRole",
        "/outbox/${!aws:PrincipalTag/tenant}/*",
        "/outbox/??????/*",
    ),
    (
        "all that was worked on",
        "ReceiveUploadTenantRole",
        "/tenants/${!aws:PrincipalTag/tenant}/*",
        "/*",
    ),
    (
        "all may be listed",
        "LoadChunkTenantRole",
        r#"StringLike: { "s3:prefix": "tenants/${aws:PrincipalTag/tenant}/manifests/*" }"#,
        r#"StringLike: { "s3:prefix": "*" }"#,
    ),
    (
        "what is listed is looked at the wrong way round",
        "LoadChunkTenantRole",
        r#"StringLike: { "s3:prefix": "tenants/${aws:PrincipalTag/tenant}/manifests/*" }"#,
        r#""Null": { "s3:prefix": "true" }"#,
    ),
    (
        "names that begin alike may be listed",
        "ReceiveUploadTenantRole",
        "\"inbox/${aws:PrincipalTag/tenant}/*\"",
        "\"inbox/${aws:PrincipalTag/tenant}*\"",
    ),
    // Whose keys.
    (
        "every tenant's keys, if one is named",
        "ResidentsTenantRole",
        UNWRAP,
        r#""Null": { "kms:EncryptionContext:tenant": "false" }"#,
    ),
    (
        "keys of any context",
        "ResidentsTenantRole",
        UNWRAP,
        r#"StringLike: { "kms:EncryptionContext:tenant": "*" }"#,
    ),
    (
        "a right to encrypt anew",
        "ResidentsTenantRole",
        "Action: kms:Decrypt",
        "Action: kms:*",
    ),
    (
        "every key",
        "ResidentsTenantRole",
        "Resource: !GetAtt RecordsKey.Arn",
        "Resource: \"*\"",
    ),
    (
        "the key is open to everybody",
        "RecordsKey",
        "Principal: { AWS: !Sub \"arn:${AWS::Partition}:iam::${AWS::AccountId}:root\" }\n            Action: [kms:Decrypt",
        "Principal: \"*\"\n            Action: [kms:Decrypt",
    ),
    (
        "the key of the tables is open beyond the account",
        "StorageKey",
        "                \"kms:CallerAccount\": !Ref \"AWS::AccountId\"\n",
        "",
    ),
    (
        "the key of the tables is used by hand",
        "StorageKey",
        "\"kms:ViaService\":",
        "\"kms:GrantOperations\":",
    ),
    (
        "the queue is under AWS's own key",
        "LoadsQueue",
        "KmsMasterKeyId: !GetAtt StorageKey.Arn",
        "SqsManagedSseEnabled: true",
    ),
    (
        "clients need no certificate",
        "ApiDomain",
        "      MutualTlsAuthentication: { TruststoreUri: !Ref TruststoreUri }\n",
        "",
    ),
    (
        "nobody sees a queue",
        "Dashboard",
        "${LoadsQueue.QueueName}",
        "${UploadsQueue.QueueName}",
    ),
    (
        "the key is never rotated",
        "RecordsKey",
        "EnableKeyRotation: true",
        "EnableKeyRotation: false",
    ),
    (
        "the key goes with the stack",
        "RecordsKey",
        "DeletionPolicy: Retain",
        "DeletionPolicy: Delete",
    ),
    // Who takes which role.
    (
        "another function may take the role",
        "LoadChunkTenantRole",
        "!GetAtt LoadChunkRole.Arn",
        "!GetAtt ResidentsRole.Arn",
    ),
    (
        "everybody may take the role",
        "LoadChunkTenantRole",
        "{ AWS: !GetAtt LoadChunkRole.Arn }",
        "\"*\"",
    ),
    (
        "the role is taken with any tag",
        "ResidentsTenantRole",
        "\"??????\"",
        "\"*\"",
    ),
    (
        "the role is taken with more tags",
        "ResidentsTenantRole",
        r#""ForAllValues:StringEquals": { "aws:TagKeys": tenant }"#,
        "",
    ),
    // Who gets credentials for a token.
    (
        "tokens of any audience buy the tools' role",
        "ToolsRole",
        r#""${ToolsIssuer}:aud": "${ToolsAudience}""#,
        r#""${ToolsIssuer}:sub": "tool""#,
    ),
    (
        "tokens for the API buy the tools' role",
        "ToolsRole",
        r#":aud": "${ToolsAudience}""#,
        r#":aud": ["${ToolsAudience}", "${JwtAudience}"]"#,
    ),
    (
        "tokens buy the tools' role for any tag",
        "ToolsRole",
        "\"??????\"",
        "\"*\"",
    ),
    (
        "tokens buy the tools' role with more tags",
        "ToolsRole",
        r#"              "ForAllValues:StringEquals": { "aws:TagKeys": "tenant" }"#,
        r#"              "Null": { "aws:TagKeys": "false" }"#,
    ),
    (
        "anybody's tokens buy the tools' role",
        "ToolsRole",
        r#""Principal": { "Federated": "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/${ToolsIssuer}" }"#,
        r#""Principal": "*""#,
    ),
    (
        "tools read every inbox",
        "ToolsRole",
        "Action: [s3:PutObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts]\n                Resource: !Sub \"${DropBucket.Arn}/inbox/${!aws:PrincipalTag/tenant}/*\"",
        "Action: s3:GetObject\n                Resource: !Sub \"${DropBucket.Arn}/inbox/*\"",
    ),
    (
        "tools list every outbox",
        "ToolsRole",
        "\"outbox/${aws:PrincipalTag/tenant}/*\"",
        "\"outbox/*\"",
    ),
    (
        "the function reads without its role",
        "ResidentsRole",
        "              - Sid: Log\n",
        "              - Sid: Read\n                Effect: Allow\n                Action: dynamodb:GetItem\n                Resource: !GetAtt RecordsTable.Arn\n              - Sid: Log\n",
    ),
    (
        "the function unwraps without its role",
        "LoadChunkRole",
        "              - Sid: Log\n",
        "              - Sid: Unwrap\n                Effect: Allow\n                Action: kms:Decrypt\n                Resource: !GetAtt RecordsKey.Arn\n              - Sid: Log\n",
    ),
    (
        "two functions share a role",
        "Residents",
        "!GetAtt ResidentsRole.Arn",
        "!GetAtt UploadsRole.Arn",
    ),
    (
        "a function works under another's role",
        "Residents",
        "!GetAtt ResidentsTenantRole.Arn",
        "!GetAtt LoadChunkTenantRole.Arn",
    ),
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
        "the bucket answers without TLS",
        "DropBucketPolicy",
        "\"aws:SecureTransport\": \"false\"",
        "\"aws:SecureTransport\": \"true\"",
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
        "errors are not heard of",
        "ResidentsErrorsAlarm",
        "!Ref Residents",
        "!Ref Uploads",
    ),
    (
        "a route is open to the world",
        "GetResidentRoute",
        "AuthorizationType: JWT",
        "AuthorizationType: NONE",
    ),
    (
        "the path is logged",
        "ApiStage",
        "$context.routeKey",
        "$context.path",
    ),
];

/// The template with the mistake in it.
fn plant((what, within, before, after): &Mistake) -> String {
    let start = TEMPLATE.find(&format!("\n  {within}:\n"));
    let start = start.unwrap_or_else(|| panic!("{what}: no resource {within}"));
    let block = &TEMPLATE[start + 1..];
    let end = block
        .match_indices("\n  ")
        .find(|&(at, _)| at > 0 && !matches!(block.as_bytes()[at + 3], b' ' | b'#'))
        .map_or(block.len(), |(at, _)| at);
    let block = &block[..end];
    assert!(
        block.contains(before),
        "{what}: {before} is not in {within}"
    );
    let planted = block.replacen(before, after, 1);
    TEMPLATE.replacen(block, &planted, 1)
}

#[test]
fn each_planted_mistake_is_caught() {
    // What is wrong without a mistake does not count as having seen one.
    let before = findings(TEMPLATE);
    let mut missed = Vec::new();
    let (mut refused, mut by_rules, mut by_matrix, mut by_powers) = (0, 0, 0, 0);
    for mistake in &MISTAKES {
        let yaml = plant(mistake);
        let (what, within, ..) = mistake;
        let mut new = findings(&yaml);
        new.retain(|finding| !before.contains(finding));
        // What a cheaper check has caught is not asked again.
        let caught = match (isolation::read(&yaml), new.first()) {
            (Err(error), _) => {
                refused += 1;
                format!("the stack refuses to start: {error:#}")
            }
            (Ok(_), Some(finding)) => {
                by_rules += 1;
                finding.clone()
            }
            (Ok(template), None) => {
                if let Some(powers) = search_or_decrypt::findings(&template).pop() {
                    by_powers += 1;
                    powers
                } else if let Some(leak) = isolation::first_leak(&template, within) {
                    by_matrix += 1;
                    leak
                } else {
                    missed.push(*what);
                    "NOT CAUGHT".to_owned()
                }
            }
        };
        println!("{within}: {what}\n    {}", caught.replace('\n', " "));
    }
    println!(
        "{} mistakes planted: {refused} refused at the start, {by_rules} caught by the rules, \
         {by_powers} by what a function can do in all, {by_matrix} by the isolation matrix, {} missed",
        MISTAKES.len(),
        missed.len()
    );
    assert_eq!(missed, [""; 0]);
}
