//! Who looks up across municipalities, and who opens records: for every function, both roles of it
//! together, never both. And who may ask a holder.

use std::collections::BTreeMap;

use local::{
    iam::{Ask, decide},
    template::{Function, Place, Role, Template},
};

use crate::{
    TEMPLATE,
    isolation::{OWN, principal, read},
};

/// What a function may do, in the words of the promise.
#[expect(
    clippy::struct_excessive_bools,
    reason = "five rights, each there or not"
)]
#[derive(Debug, Default, PartialEq, Eq)]
struct Powers {
    opens_records: bool,
    looks_up_holders: bool,
    tells_persons_apart: bool,
    writes_holders: bool,
    asks_holders: bool,
}

const READS: [&str; 7] = [
    "Query",
    "GetItem",
    "BatchGetItem",
    "Scan",
    "PartiQLSelect",
    "ConditionCheckItem",
    "ExportTableToPointInTime",
];
const WRITES: [&str; 7] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "PartiQLInsert",
    "PartiQLUpdate",
    "PartiQLDelete",
];
/// What shows the plain form of a branch key.
const OPENS: [&str; 3] = ["Decrypt", "GenerateDataKey", "ReEncryptFrom"];

/// By package. A role that two functions could take would count for both.
fn powers(template: &Template) -> BTreeMap<String, Powers> {
    let functions = template.functions.iter();
    functions
        .map(|function| (function.package.clone(), of(template, function)))
        .collect()
}

fn of(template: &Template, function: &Function) -> Powers {
    let policies = template.resource_policies(&Place::default());
    let own = |role: &&Role| {
        role.arn == function.role
            || function
                .role
                .strip_suffix("-role")
                .is_some_and(|name| role.arn == format!("{name}-tenant-role"))
    };
    let roles: Vec<_> = template.roles.iter().filter(own).map(principal).collect();
    let may = |ask: &Ask| {
        roles
            .iter()
            .any(|role| decide(role, ask, &policies).is_allowed())
    };
    let key = |id: &str| {
        let key = template.keys.iter().find(|key| key.id == id);
        key.map(|key| key.arn.clone()).unwrap_or_default()
    };
    let table = template.tables.iter().find(|table| table.name == "holders");
    let holders = table.map(|_| "arn:aws:dynamodb:ap-northeast-1:000000000000:table/holders");
    let on_holders = |action: &&str| {
        let ask = Ask::new(format!("dynamodb:{action}"), holders.unwrap_or_default());
        may(&ask.clone()) || may(&ask.with("dynamodb:LeadingKeys", vec!["A".repeat(43)]))
    };
    let opens = |action: &&str| {
        let ask = Ask::new(format!("kms:{action}"), key("records"));
        may(&ask.with("kms:EncryptionContext:tenant", vec![OWN.to_owned()]))
    };
    let answers = template.functions.iter();
    let mut answers = answers.filter(|it| it.package == "answer-inquiry");
    Powers {
        opens_records: OPENS.iter().any(opens),
        looks_up_holders: READS.iter().any(on_holders),
        tells_persons_apart: may(&Ask::new("kms:GenerateMac", key("holders"))),
        writes_holders: WRITES.iter().any(on_holders),
        asks_holders: answers.any(|it| may(&Ask::new("lambda:InvokeFunction", &it.arn))),
    }
}

/// Functions that have more than the promise gives them.
pub(crate) fn findings(template: &Template) -> Vec<String> {
    let mut found = Vec::new();
    for (package, powers) in powers(template) {
        if powers.looks_up_holders && powers.opens_records {
            found.push(format!(
                "{package} looks up across municipalities and opens records"
            ));
        }
        // A reply tells whether there is something: who may ask must not be able to write entries.
        if powers.looks_up_holders && powers.writes_holders {
            found.push(format!("{package} reads and writes the index of holders"));
        }
        if powers.asks_holders && powers.opens_records {
            found.push(format!("{package} asks holders and opens records"));
        }
        let needs_numbers = ["ask-inquiries", "consents", "index-holders", "inquiries"];
        if powers.tells_persons_apart && !needs_numbers.contains(&package.as_str()) {
            found.push(format!("{package} may try numbers of persons"));
        }
    }
    let routes = template.api.iter().flat_map(|api| &api.routes);
    let mut answers = template.functions.iter();
    let answers = answers.find(|it| it.package == "answer-inquiry");
    for route in routes {
        if answers.is_some_and(|it| it.arn == route.function) {
            found.push("answer-inquiry can be reached from outside".to_owned());
        }
    }
    found
}

#[test]
fn a_function_looks_up_across_municipalities_or_opens_records_and_never_both() {
    let template = read(TEMPLATE).unwrap();
    let powers = powers(&template);
    println!(
        "{:<16} opens records, looks up holders, tells apart, writes holders, asks",
        "function"
    );
    for (package, it) in &powers {
        let mark = |has: bool| if has { "yes" } else { "-" };
        println!(
            "{package:<16} {:>13} {:>16} {:>12} {:>15} {:>5}",
            mark(it.opens_records),
            mark(it.looks_up_holders),
            mark(it.tells_persons_apart),
            mark(it.writes_holders),
            mark(it.asks_holders),
        );
    }
    assert_eq!(findings(&template), [""; 0]);
    // The promise means something: there is somebody on either side.
    let who = |has: fn(&Powers) -> bool| {
        let them = powers.iter().filter(|(_, it)| has(it));
        them.map(|(package, _)| package.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        who(|it| it.looks_up_holders),
        ["ask-inquiries", "inquiries"]
    );
    assert_eq!(who(|it| it.asks_holders), ["ask-inquiries", "inquiries"]);
    assert_eq!(who(|it| it.writes_holders), ["index-holders"]);
    assert!(who(|it| it.opens_records).contains(&"answer-inquiry"));
    assert_eq!(
        who(|it| it.tells_persons_apart),
        ["ask-inquiries", "consents", "index-holders", "inquiries"]
    );
}
