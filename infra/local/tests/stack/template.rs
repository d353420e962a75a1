use std::collections::BTreeMap;

use local::{
    iam::{Ask, Principal, decide},
    template::{Place, TEMPLATE, Template},
};

fn parse(yaml: &str) -> anyhow::Result<Template> {
    let issuer = ("JwtIssuer".to_owned(), "http://127.0.0.1:8080".to_owned());
    Template::parse(yaml, &BTreeMap::from([issuer]), &Place::default())
}

/// The error that the deployed template would give after one change.
fn refusal(from: &str, to: &str) -> String {
    assert!(
        TEMPLATE.contains(from),
        "the template no longer says {from}"
    );
    format!("{:#}", parse(&TEMPLATE.replacen(from, to, 1)).unwrap_err())
}

#[test]
fn the_deployed_template_is_understood() {
    let template = parse(TEMPLATE).unwrap();
    let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(template.tables.iter().map(|t| &t.name).collect()),
        ["holders", "records"]
    );
    assert_eq!(
        names(template.buckets.iter().map(|b| &b.name).collect()),
        ["console", "drop", "work"]
    );
    assert_eq!(
        names(template.keys.iter().map(|k| &k.id).collect()),
        ["files", "holders", "records", "storage"]
    );
    assert_eq!(
        names(template.queues.iter().map(|q| &q.name).collect()),
        [
            "doses-dead-letters",
            "doses",
            "exports-dead-letters",
            "exports",
            "holders-dead-letters",
            "inquiries-dead-letters",
            "inquiries",
            "loads-dead-letters",
            "loads",
            "uploads-dead-letters",
            "uploads"
        ]
    );
    assert_eq!(
        names(template.functions.iter().map(|f| &f.package).collect()),
        [
            "answer-inquiry",
            "ask-inquiries",
            "consents",
            "doses",
            "export-ledger",
            "exports",
            "index-holders",
            "inquiries",
            "load-chunk",
            "load-doses",
            "receive-upload",
            "residents",
            "settings",
            "uploads"
        ]
    );
    let api = template.api.unwrap();
    assert_eq!(api.routes.len(), 35);
    assert_eq!(api.authorizer.issuer, "http://127.0.0.1:8080");
    assert_eq!(api.authorizer.audience, ["open-vrs"]);
}

#[test]
fn what_the_local_stack_does_not_know_is_refused_by_name() {
    for (from, to, said) in [
        (
            "Type: AWS::SNS::Topic",
            "Type: AWS::SNS::Subject",
            ["AlarmTopic", "AWS::SNS::Subject"],
        ),
        (
            "BatchSize: 1",
            "BatchSise: 1",
            ["ReceiveUploadFromQueue", "BatchSise"],
        ),
        (
            "WindowInDays: 30",
            "WindowInDay: 30",
            ["RecordsKey", "PendingWindowInDay"],
        ),
        (
            "{ Name: prefix, Value: inbox/ }",
            "{ Name: suffix, Value: .csv }",
            [
                "DropBucket",
                "NotificationConfiguration.QueueConfigurations[0].Filter.S3Key.Rules[0].Name",
            ],
        ),
        (
            "AttributeName: pk, AttributeType: S }",
            "AttributeName: pk, AttributeType: S, More: 1 }",
            ["RecordsTable", "AttributeDefinitions[0].More"],
        ),
        (
            "maxReceiveCount: 10",
            "maxReceives: 5",
            ["UploadsQueue", "RedrivePolicy"],
        ),
        (
            "AuthorizationType: JWT",
            "AuthorizationType: NONE",
            ["Route", "AuthorizationType"],
        ),
        (
            "Effect: Allow\n                Action:\n",
            "Effect: Allow\n                NotAction:\n",
            ["ReceiveUploadRole", "element NotAction"],
        ),
        (
            "Code",
            "Condition: Night\n      Code",
            ["ReceiveUpload", "Condition"],
        ),
        (
            "    DependsOn:",
            "    CreationPolicy:",
            ["DropBucket", "CreationPolicy"],
        ),
        (
            "!Ref RecordsTable",
            "!Ref Records",
            ["ReceiveUpload", "Records"],
        ),
        (
            "!Ref RecordsTable",
            "!ImportValue Records",
            ["ReceiveUpload", "ImportValue"],
        ),
        (
            "!Ref RecordsTable",
            "{ Ref: RecordsTable }",
            ["ReceiveUpload", "short form"],
        ),
        (
            "!GetAtt FilesKey.Arn",
            "!GetAtt FilesKey.Alias",
            ["DropBucket", "FilesKey.Alias"],
        ),
        ("Outputs:", "Mappings:", ["Mappings", "not known"]),
        (
            "  Function:\n    Runtime",
            "  Api:\n    Runtime",
            ["Globals.Api", "not known"],
        ),
    ] {
        let refusal = refusal(from, to);
        for word in said {
            assert!(refusal.contains(word), "{to}: {refusal}");
        }
    }
}

#[test]
fn a_pointer_to_nothing_is_refused() {
    for (from, to) in [
        (
            "Target: !Sub \"integrations/${ResidentsIntegration}\"",
            "Target: integrations/none",
        ),
        (
            "FunctionName: !Ref ReceiveUpload\n",
            "FunctionName: receive\n",
        ),
        (
            "Role: !GetAtt ResidentsRole.Arn",
            "Role: arn:aws:iam::000000000000:role/none",
        ),
        (
            "deadLetterTargetArn: !GetAtt UploadsDeadLetters.Arn",
            "deadLetterTargetArn: none",
        ),
    ] {
        refusal(from, to);
    }
}

#[test]
fn a_parameter_needs_a_value() {
    let none = Template::parse(TEMPLATE, &BTreeMap::new(), &Place::default()).unwrap_err();
    assert!(format!("{none:#}").contains("JwtIssuer"), "{none:#}");
}

#[test]
fn the_stream_is_followed_unless_a_deployment_says_that_it_is_not() {
    let streams = |value: &str| {
        let issuer = ("JwtIssuer".to_owned(), "http://127.0.0.1:8080".to_owned());
        let follows = ("FollowRecords".to_owned(), value.to_owned());
        let parameters = BTreeMap::from([issuer, follows]);
        let template = Template::parse(TEMPLATE, &parameters, &Place::default());
        template.unwrap().streams.len()
    };
    assert_eq!((streams("true"), streams("false")), (1, 0));
}

/// What cannot be seen from one resource alone.
mod rules {
    use super::*;

    #[test]
    fn a_table_that_was_restored_may_be_followed_under_its_new_stream() {
        let template = parse(TEMPLATE).unwrap();
        let policies = template.resource_policies(&Place::default());
        let mut functions = template.functions.iter();
        let follows = functions.find(|it| it.package == "index-holders").unwrap();
        let mut roles = template.roles.iter();
        let role = roles.find(|it| it.arn == follows.role).unwrap();
        let principal = Principal {
            arn: role.arn.clone(),
            policies: role.policies.clone(),
            tags: BTreeMap::new(),
        };
        let may = |table: &str, stream: &str| {
            let place = "arn:aws:dynamodb:ap-northeast-1:000000000000:table";
            let arn = format!("{place}/{table}/stream/{stream}");
            let ask = Ask::new("dynamodb:GetRecords", &arn);
            decide(&principal, &ask, &policies).is_allowed()
        };
        assert!(may("records", "local") && may("records", "2026-12-01T00:00:00.000"));
        assert!(!may("holders", "2026-12-01T00:00:00.000"));
    }

    #[test]
    fn a_message_is_hidden_for_six_times_the_time_that_its_function_has() {
        let template = parse(TEMPLATE).unwrap();
        for mapping in &template.mappings {
            let queue = template
                .queues
                .iter()
                .find(|q| q.arn == mapping.queue)
                .unwrap();
            let function = template
                .functions
                .iter()
                .find(|f| f.name == mapping.function)
                .unwrap();
            assert_eq!(queue.visibility, function.timeout * 6, "{}", queue.name);
            assert!(
                queue.redrive.is_some(),
                "{} has no dead letters",
                queue.name
            );
        }
    }

    #[test]
    fn no_role_may_scan_or_act_on_everything() {
        for role in parse(TEMPLATE).unwrap().roles {
            for statement in role.policies.iter().flat_map(|policy| &policy.statements) {
                for action in &statement.actions {
                    let action = action.as_str().to_ascii_lowercase();
                    assert!(!action.contains('*'), "{}: {action}", role.arn);
                    assert!(
                        !action.contains("scan") && !action.contains("partiql"),
                        "{action}"
                    );
                }
                for resource in &statement.resources {
                    let resource = resource.as_str();
                    let tracing = statement.sid == "Trace"; // X-Ray knows no resources
                    let named = resource.starts_with("arn:aws:") || tracing;
                    assert!(named, "{}: {resource}", role.arn);
                }
            }
        }
    }

    #[test]
    fn who_may_unwrap_keys_may_do_so_for_one_tenant_at_a_time() {
        let template = parse(TEMPLATE).unwrap();
        let policies = template.resource_policies(&Place::default());
        let key = template
            .keys
            .iter()
            .find(|key| key.id == "records")
            .unwrap();
        let decrypt = Ask::new("kms:Decrypt", &key.arn);
        let context = vec!["131016".to_owned()];
        let key = "kms:EncryptionContext:tenant";
        let for_a_tenant = decrypt.clone().with(key, context);
        let for_another = decrypt.clone().with(key, vec!["011002".to_owned()]);
        let mut seen = 0;
        for role in &template.roles {
            let principal = Principal {
                arn: role.arn.clone(),
                policies: role.policies.clone(),
                tags: BTreeMap::from([("tenant".to_owned(), "131016".to_owned())]),
            };
            let may = |ask: &Ask| decide(&principal, ask, &policies).is_allowed();
            assert!(!may(&decrypt) && !may(&for_another), "{}", role.arn);
            seen += u32::from(may(&for_a_tenant));
        }
        assert_eq!(seen, 8);
    }

    #[test]
    fn each_function_has_a_role_of_its_own() {
        let template = parse(TEMPLATE).unwrap();
        let roles: std::collections::BTreeSet<_> = template
            .functions
            .iter()
            .map(|function| &function.role)
            .collect();
        assert_eq!(roles.len(), template.functions.len());
        // And at most one more, for the work of one municipality.
        assert!(template.roles.len() <= 2 * roles.len());
    }
}
