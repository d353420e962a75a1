//! What each table, queue, bucket, key, function and role must have, whatever is added.

use std::collections::BTreeSet;

use serde_yaml_ng::Value;

use crate::{
    TEMPLATE,
    page::{Page, Resource, led_to, texts},
};

const FUNCTION: &str = "AWS::Serverless::Function";
const ROLE: &str = "AWS::IAM::Role";

/// Rights on `*`, by role or by all, each with its reason.
const ON_EVERYTHING: [(&str, &str); 2] = [
    ("xray:PutTraceSegments", "X-Ray knows no resources"),
    ("xray:PutTelemetryRecords", "X-Ray knows no resources"),
];

/// Buckets that go with the stack, each with its reason.
const GOES_WITH_THE_STACK: [(&str, &str); 1] = [(
    "ConsoleBucket",
    "holds pages that every deployment uploads anew",
)];

/// What refuses objects that would not lie under the key of their bucket.
const OTHER_KEYS: [&str; 4] = [
    "NoOtherEncryption",
    "NoOtherKey",
    "NoKeyOfAws",
    "NoKeyOfSender",
];

/// With what the keys of one municipality begin, and of no other: the `#` closes the code.
const OWN_KEYS: &str = "T#${aws:PrincipalTag/tenant}#";

/// Calls that read a table without naming a key.
const KEYLESS: [&str; 3] = ["dynamodb:Scan", "dynamodb:PartiQL", "dynamodb:Export"];

/// Properties that would give a resource a name, and so stop a second stack in the account.
const NAMES: [&str; 13] = [
    "AlarmName",
    "BucketName",
    "DashboardName",
    "FunctionName",
    "LogGroupName",
    "Name",
    "OriginAccessControlConfig.Name",
    "QueueName",
    "ResponseHeadersPolicyConfig.Name",
    "RoleName",
    "TableName",
    "TopicName",
    "AliasName",
];

/// All that is wrong with a template.
pub(crate) fn findings(yaml: &str) -> Vec<String> {
    let Some(page) = Page::read(yaml) else {
        return vec!["it is no template".to_owned()];
    };
    let mut found = Findings(Vec::new());
    for resource in &page.resources {
        match resource.kind.as_str() {
            "AWS::DynamoDB::Table" => found.table(&page, resource),
            "AWS::SQS::Queue" => found.queue(&page, resource),
            "AWS::S3::Bucket" => found.bucket(&page, resource),
            "AWS::KMS::Key" => found.key(resource),
            FUNCTION => found.function(&page, resource),
            ROLE => found.role(resource),
            "AWS::Logs::LogGroup" => {
                let kept = !resource.property("RetentionInDays").is_null();
                found.unless(kept, resource, "is kept for ever");
            }
            "AWS::Lambda::EventSourceMapping" => found.mapping(&page, resource),
            "AWS::CloudWatch::Alarm" => {
                let told = !resource.leads_to("AlarmActions").is_empty();
                found.unless(told, resource, "tells nobody");
            }
            "AWS::ApiGatewayV2::Route" => {
                let known = resource.is("AuthorizationType", "JWT")
                    && !resource.leads_to("AuthorizerId").is_empty();
                found.unless(known, resource, "is open to the world");
            }
            "AWS::ApiGatewayV2::Stage" => found.stage(resource),
            "AWS::Events::Rule" => {
                let heard = has_alarm(&page, &resource.id, "FailedInvocations");
                found.unless(heard, resource, "is not heard of when it fails");
            }
            "AWS::ApiGatewayV2::Api" => {
                let asked = page.parameters().get("ClientCertificatesOnly");
                let closed = !resource.property("DisableExecuteApiEndpoint").is_null()
                    && asked.is_some_and(|asked| asked["Default"] == "true");
                found.unless(closed, resource, "has a way round certificates unasked");
            }
            "AWS::ApiGatewayV2::DomainName" => {
                let mutual = !resource.property("MutualTlsAuthentication").is_null()
                    && has_modern_tls(resource);
                found.unless(mutual, resource, "takes clients without a certificate");
            }
            "AWS::SNS::Topic" => {
                let sealed = page.leads_to_key(resource, "KmsMasterKeyId");
                found.unless(
                    sealed,
                    resource,
                    "is not encrypted under a key of the stack",
                );
            }
            _ => {}
        }
        found.name(resource);
    }
    found.whole(&page);
    for (name, parameter) in page.parameters() {
        if parameter["Description"].as_str().is_none() {
            found.0.push(format!("parameter {name:?} is not described"));
        }
    }
    found.0
}

struct Findings(Vec<String>);

impl Findings {
    fn unless(&mut self, right: bool, resource: &Resource, what: &str) {
        if !right {
            self.0.push(format!("{} {what}", resource.id));
        }
    }

    fn kept(&mut self, resource: &Resource) {
        if GOES_WITH_THE_STACK.iter().any(|(id, _)| *id == resource.id) {
            return;
        }
        // What a deployment made that failed at once holds nothing.
        let stays = resource.attribute("DeletionPolicy");
        let kept = (*stays == "Retain" || *stays == "RetainExceptOnCreate")
            && *resource.attribute("UpdateReplacePolicy") == "Retain";
        self.unless(kept, resource, "goes with the stack");
    }

    fn table(&mut self, page: &Page, table: &Resource) {
        let back = "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled";
        self.unless(table.is(back, true), table, "cannot go back in time");
        let sealed = table.is("SSESpecification.SSEEnabled", true)
            && table.is("SSESpecification.SSEType", "KMS")
            && page.leads_to_key(table, "SSESpecification.KMSMasterKeyId");
        self.unless(sealed, table, "is not encrypted under a key of the stack");
        let far = table.is("PointInTimeRecoverySpecification.RecoveryPeriodInDays", 35);
        self.unless(far, table, "does not go back as far as files are kept");
        let protected = table.is("DeletionProtectionEnabled", true);
        self.unless(protected, table, "may be deleted");
        let on_demand = table.is("BillingMode", "PAY_PER_REQUEST");
        self.unless(on_demand, table, "has a fixed capacity");
        self.kept(table);
    }

    fn queue(&mut self, page: &Page, queue: &Resource) {
        let sealed = page.leads_to_key(queue, "KmsMasterKeyId");
        self.unless(sealed, queue, "is not encrypted under a key of the stack");
        let ends = |it: &Resource| it.leads_to("RedrivePolicy").contains(&queue.id);
        // Where messages of a queue, or what a stream gave up, come to rest.
        let at_rest = page.of_kind("AWS::SQS::Queue").any(ends)
            || page
                .resources
                .iter()
                .any(|it| it.leads_to("DestinationConfig").contains(&queue.id));
        if at_rest {
            let fourteen_days = queue.is("MessageRetentionPeriod", 1_209_600);
            self.unless(fourteen_days, queue, "forgets its messages early");
            let alarm = "ApproximateNumberOfMessagesVisible";
            let heard = has_alarm(page, &queue.id, alarm);
            self.unless(heard, queue, "fills up and nobody hears of it");
        } else {
            let redriven = !queue.leads_to("RedrivePolicy").is_empty();
            self.unless(redriven, queue, "has no dead letters");
            let heard = has_alarm(page, &queue.id, "ApproximateAgeOfOldestMessage");
            self.unless(heard, queue, "stands still and nobody hears of it");
        }
    }

    fn bucket(&mut self, page: &Page, bucket: &Resource) {
        for block in [
            "BlockPublicAcls",
            "BlockPublicPolicy",
            "IgnorePublicAcls",
            "RestrictPublicBuckets",
        ] {
            let path = format!("PublicAccessBlockConfiguration.{block}");
            self.unless(bucket.is(&path, true), bucket, "may be made public");
        }
        let versions = bucket.is("VersioningConfiguration.Status", "Enabled");
        self.unless(versions, bucket, "keeps no versions");
        let sealed = page.leads_to_key(bucket, "BucketEncryption")
            || GOES_WITH_THE_STACK.iter().any(|(id, _)| *id == bucket.id);
        self.unless(sealed, bucket, "is not encrypted under a key of the stack");
        let cleared = !bucket.property("LifecycleConfiguration").is_null();
        self.unless(cleared, bucket, "keeps all for ever");
        self.kept(bucket);
        let about = |policy: &&Resource| policy.leads_to("Bucket").contains(&bucket.id);
        let policies: Vec<_> = page
            .of_kind("AWS::S3::BucketPolicy")
            .filter(about)
            .collect();
        let stays = !GOES_WITH_THE_STACK.iter().any(|(id, _)| *id == bucket.id);
        for policy in policies.iter().filter(|_| stays) {
            self.kept(policy);
        }
        let statements: Vec<_> = policies
            .iter()
            .flat_map(|policy| policy.statements("PolicyDocument"))
            .collect();
        let tls = statements.iter().any(|statement| {
            statement["Effect"] == "Deny"
                && statement["Principal"] == "*"
                && statement["Action"] == "s3:*"
                && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        });
        self.unless(tls, bucket, "answers without TLS");
        let closed = OTHER_KEYS.iter().all(|sid| {
            let named = |it: &&Value| it["Sid"] == *sid && it["Effect"] == "Deny";
            statements.iter().any(|it| named(&it))
        });
        self.unless(closed || !stays, bucket, "takes objects under other keys");
        let open = statements.iter().any(|statement| {
            statement["Effect"] == "Allow" && *statement.get("Principal").unwrap() == "*"
        });
        self.unless(!open, bucket, "is open to everybody");
    }

    fn key(&mut self, key: &Resource) {
        // AWS rotates only keys that encrypt.
        let rotated =
            key.is("EnableKeyRotation", true) || key.is("KeyUsage", "GENERATE_VERIFY_MAC");
        self.unless(rotated, key, "is never rotated");
        self.kept(key);
        for statement in key.statements("KeyPolicy") {
            let principal = &statement["Principal"];
            // Everybody of the account, through the services that let them in, is not everybody.
            let equals = &statement["Condition"]["StringEquals"];
            let bounded = is_ref(&equals["kms:CallerAccount"], "AWS::AccountId")
                && equals["kms:ViaService"].is_sequence();
            let everybody = *principal == "*" || (principal["AWS"] == "*" && !bounded);
            self.unless(!everybody, key, "is open to everybody");
            let actions = texts(&statement["Action"]);
            let wide = actions.iter().any(|action| action.contains('*'));
            self.unless(!wide, key, "gives a wildcard of rights");
        }
    }

    fn function(&mut self, page: &Page, function: &Resource) {
        let id = &function.id;
        let roles = function.leads_to("Role");
        let mut others = page.of_kind(FUNCTION).filter(|it| it.id != *id);
        let own = roles.len() == 1 && others.all(|it| it.leads_to("Role").is_disjoint(&roles));
        self.unless(own, function, "has no role of its own");
        let logs = function.leads_to("LoggingConfig");
        let mut others = page.of_kind(FUNCTION).filter(|it| it.id != *id);
        let own =
            logs.len() == 1 && others.all(|it| it.leads_to("LoggingConfig").is_disjoint(&logs));
        self.unless(own, function, "has no log group of its own");
        for name in ["MemorySize", "Tracing", "Architectures", "Runtime"] {
            let said = !function.property(name).is_null() || !page.function_default(name).is_null();
            self.unless(said, function, &format!("does not say its {name}"));
        }
        let timeout = !function.property("Timeout").is_null();
        self.unless(timeout, function, "does not say when it is given up");
        // What a stream has no room for waits there: that it falls behind is what matters.
        let follows = page
            .of_kind("AWS::Lambda::EventSourceMapping")
            .filter(|it| it.leads_to("FunctionName").contains(id))
            .any(|it| !it.property("StartingPosition").is_null());
        let turned_away = if follows { "IteratorAge" } else { "Throttles" };
        for metric in ["Errors", turned_away] {
            let heard = has_alarm(page, id, metric);
            self.unless(heard, function, &format!("has no alarm for its {metric}"));
        }
        // A function that works for one municipality at a time does so under a role of its own.
        let tenant = function.leads_to("Environment.Variables.TENANT_ROLE_ARN");
        if !tenant.is_empty() {
            let own = tenant == BTreeSet::from([format!("{id}TenantRole")]);
            self.unless(own, function, "works under another function's role");
        }
        let bounded = least_reserved(page, function) < u64::MAX
            || page
                .of_kind("AWS::Lambda::EventSourceMapping")
                .any(|it| it.leads_to("FunctionName").contains(id));
        self.unless(
            bounded,
            function,
            "may take all of the account's concurrency",
        );
        let goes_on = !hands_itself_work(page, function) || function.is("RecursiveLoop", "Allow");
        self.unless(goes_on, function, "is stopped as a loop after some rounds");
    }

    fn role(&mut self, role: &Resource) {
        for statement in role.statements("AssumeRolePolicyDocument") {
            let principal = &statement["Principal"];
            let everybody = *principal == "*" || principal["AWS"] == "*";
            self.unless(!everybody, role, "is open to everybody");
            if texts(&statement["Action"]).contains(&"sts:TagSession") {
                let tag = &statement["Condition"]["StringLike"]["aws:RequestTag/tenant"];
                self.unless(
                    *tag == "??????",
                    role,
                    "is taken without the tag of one tenant",
                );
            }
        }
        for statement in role.statements("Policies") {
            let allows = statement["Effect"] == "Allow";
            self.unless(allows, role, "has a statement that allows nothing");
            let actions = texts(&statement["Action"]);
            for action in &actions {
                self.unless(!action.contains('*'), role, &format!("may {action}"));
                let keyless = KEYLESS.iter().any(|it| action.starts_with(it));
                self.unless(!keyless, role, &format!("may {action}"));
            }
            if texts(&statement["Resource"]).contains(&"*") {
                let known = |action: &&str| ON_EVERYTHING.iter().any(|(it, _)| it == action);
                let all = actions.iter().all(known);
                self.unless(all, role, &format!("may {actions:?} on everything"));
            }
            self.leading_keys(role, &statement, &actions);
        }
    }

    /// "For all values" is true of none: without `Null` beside it, it does not limit a call that
    /// names no key.
    fn leading_keys(&mut self, role: &Resource, statement: &Value, actions: &[&str]) {
        let condition = &statement["Condition"];
        let limited = &condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
        if !limited.is_null() {
            let closed = condition["Null"]["dynamodb:LeadingKeys"] == "false";
            self.unless(closed, role, &format!("may {actions:?} without a key"));
            let keys = texts(limited);
            let own = !keys.is_empty() && keys.iter().all(|it| it.starts_with(OWN_KEYS));
            self.unless(own, role, "is limited to other keys than its tenant's");
        }
    }

    fn mapping(&mut self, page: &Page, mapping: &Resource) {
        let handed_out = most(page, mapping.property("ScalingConfig.MaximumConcurrency"));
        let bounded = handed_out.is_some() || mapping.property("ParallelizationFactor").is_number();
        self.unless(bounded, mapping, "has no upper bound of concurrency");
        let ends = mapping.property("StartingPosition").is_null()
            || !mapping.leads_to("DestinationConfig").is_empty();
        self.unless(ends, mapping, "drops what fails for good");
        let fed = mapping.leads_to("FunctionName");
        let heard = !mapping.property("StartingPosition").is_null()
            || fed
                .iter()
                .all(|id| has_alarm(page, id, "messages_returned"));
        self.unless(
            heard,
            mapping,
            "fails again and again and nobody hears of it",
        );
        // What a function has no room for is hidden and counted as tried, up to the dead letters.
        let mut functions = page.of_kind(FUNCTION).filter(|it| fed.contains(&it.id));
        let room = functions.all(|it| least_reserved(page, it) >= handed_out.unwrap_or_default());
        self.unless(room, mapping, "hands out more than its function may run");
    }

    fn stage(&mut self, stage: &Resource) {
        for limit in ["ThrottlingBurstLimit", "ThrottlingRateLimit"] {
            let path = format!("DefaultRouteSettings.{limit}");
            let limited = !stage.property(&path).is_null();
            self.unless(limited, stage, "takes any number of requests");
        }
        let format = stage.property("AccessLogSettings.Format");
        let format = format.as_str().unwrap_or_default();
        self.unless(!format.is_empty(), stage, "logs no access");
        for personal in ["$context.path", "sourceIp", "userAgent", "claims.sub"] {
            let named = format.contains(personal);
            self.unless(!named, stage, "logs what may tell of a person");
        }
    }

    /// What is there once: the first load's throughput, times to live, a dashboard that shows every queue.
    fn whole(&mut self, page: &Page) {
        for table in page
            .of_kind("AWS::DynamoDB::Table")
            .filter(|it| it.id == "RecordsTable")
        {
            let warm = ["ReadUnitsPerSecond", "WriteUnitsPerSecond"]
                .iter()
                .all(|units| table.leads_to(&format!("WarmThroughput.{units}")).len() == 1);
            self.unless(warm, table, "cannot be prepared for a first load");
            let ends = table.is("TimeToLiveSpecification.Enabled", true);
            self.unless(ends, table, "keeps for ever what has a time to live");
        }
        let mut boards = page.of_kind("AWS::CloudWatch::Dashboard");
        let board = boards.next().map(|it| it.property("DashboardBody"));
        let shown = match board {
            Some(Value::Tagged(tagged)) => tagged.value.as_str().unwrap_or_default(),
            _ => "",
        };
        for mapping in page.of_kind("AWS::Lambda::EventSourceMapping") {
            for id in mapping.leads_to("EventSourceArn") {
                let is_queue = |it: &Resource| it.id == id;
                if let Some(queue) = page.of_kind("AWS::SQS::Queue").find(|it| is_queue(it)) {
                    // How much waits, and for how long.
                    let twice = shown.matches(&format!("${{{id}.QueueName}}")).count() >= 2;
                    self.unless(twice, queue, "is not on the dashboard");
                }
            }
        }
    }

    fn name(&mut self, resource: &Resource) {
        let in_all_regions = resource.kind.starts_with("AWS::CloudFront::")
            || resource.kind == "AWS::CloudWatch::Dashboard";
        for property in NAMES {
            let name = resource.property(property);
            let of_the_stack = match name {
                Value::Tagged(tagged) if tagged.tag == "!Sub" => {
                    let pattern = tagged.value.as_str().unwrap_or_default();
                    pattern.contains("${AWS::StackName}")
                        && (!in_all_regions || pattern.contains("${AWS::Region}"))
                }
                // An authorizer's name is its API's own affair.
                Value::String(_) => resource.kind == "AWS::ApiGatewayV2::Authorizer",
                _ => true,
            };
            self.unless(
                of_the_stack,
                resource,
                "has a name that a second stack would want",
            );
        }
    }
}

/// How many of a function run at once at the least that the parameters allow to say.
fn least_reserved(page: &Page, function: &Resource) -> u64 {
    let name = "ReservedConcurrentExecutions";
    let own = function.property(name);
    let said = if own.is_null() {
        page.function_default(name)
    } else {
        own
    };
    match said {
        // Nothing is reserved, so nothing is turned away.
        Value::Null => u64::MAX,
        Value::Tagged(tagged) => page
            .parameters()
            .get(&tagged.value)
            .and_then(|parameter| parameter["MinValue"].as_u64())
            .unwrap_or_default(),
        number => number.as_u64().unwrap_or_default(),
    }
}

/// A number, or the largest that the parameters allow to say.
fn most(page: &Page, said: &Value) -> Option<u64> {
    match said {
        Value::Tagged(tagged) => page.parameters().get(&tagged.value)?["MaxValue"].as_u64(),
        number => number.as_u64(),
    }
}

/// Whether a function may send to a queue that feeds it.
fn hands_itself_work(page: &Page, function: &Resource) -> bool {
    let fed: BTreeSet<String> = page
        .of_kind("AWS::Lambda::EventSourceMapping")
        .filter(|mapping| mapping.leads_to("FunctionName").contains(&function.id))
        .flat_map(|mapping| mapping.leads_to("EventSourceArn"))
        .collect();
    let mut roles = function.leads_to("Role");
    roles.extend(function.leads_to("Environment.Variables.TENANT_ROLE_ARN"));
    page.of_kind(ROLE)
        .filter(|role| roles.contains(&role.id))
        .flat_map(|role| role.statements("Policies"))
        .filter(|statement| texts(&statement["Action"]).contains(&"sqs:SendMessage"))
        .any(|statement| !led_to(&statement["Resource"]).is_disjoint(&fed))
}

fn has_modern_tls(domain: &Resource) -> bool {
    let configurations = domain.property("DomainNameConfigurations").as_sequence();
    configurations.is_some_and(|all| all.iter().all(|it| it["SecurityPolicy"] == "TLS_1_2"))
}

fn is_ref(value: &Value, name: &str) -> bool {
    matches!(value, Value::Tagged(tagged) if tagged.tag == "!Ref" && tagged.value == *name)
}

fn has_alarm(page: &Page, of: &str, metric: &str) -> bool {
    page.of_kind("AWS::CloudWatch::Alarm")
        .any(|alarm| alarm.is("MetricName", metric) && alarm.leads_to("Dimensions").contains(of))
}

#[test]
fn everything_that_is_deployed_is_as_it_must_be() {
    assert_eq!(findings(TEMPLATE), [""; 0]);
}
