//! What would let one municipality reach what is another's.

use super::Mistake;

const KEYS: &str =
    r#""ForAllValues:StringLike": { "dynamodb:LeadingKeys": "T#${aws:PrincipalTag/tenant}#*" }"#;
const NOT_WITHOUT: &str =
    r#""Null": { "dynamodb:LeadingKeys": "false" } # without keys, "for all" is true"#;
const UNWRAP: &str =
    r#"StringEquals: { "kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}" }"#;

pub(super) const MISTAKES: [Mistake; 50] = [
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
        "every municipality's rows",
        "LoadChunkTenantRole",
        "/rows/${!aws:PrincipalTag/tenant}/*",
        "/rows/*",
    ),
    (
        "every municipality's rows may be listed",
        "LoadChunkTenantRole",
        "\"rows/${aws:PrincipalTag/tenant}/*\"",
        "\"rows/*\"",
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
        "DeletionPolicy: RetainExceptOnCreate",
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
];
