//! The isolation matrix: every role × action × own municipality, another one, part of a code, a mixed
//! batch, no keys at all. Nothing that is another municipality's, or everybody's, is allowed to anyone.

mod cases;
mod tools;

use std::collections::BTreeMap;

use local::{
    iam::{Decision, Policies, Principal, decide},
    template::{Place, Role, Template},
};
use serde_json::{Map, Value, json};

pub(crate) use self::cases::{Case, Whose, cases};
use crate::TEMPLATE;

/// Who works for whom, in every case.
pub(crate) const OWN: &str = "131016";

/// Whose tokens buy credentials for tools.
pub(crate) const TOOLS_ISSUER: &str = "tools.example/idp";

/// What the matrix showed.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) cases: usize,
    /// By role: cases of its own municipality, and how many of them are allowed.
    pub(crate) own: BTreeMap<String, (usize, usize)>,
    /// Cases of others, or of all at once, that are denied.
    pub(crate) denied: usize,
    /// And those that are not.
    pub(crate) leaks: Vec<String>,
}

/// Reads a template as the local stack does.
pub(crate) fn read(yaml: &str) -> anyhow::Result<Template> {
    let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let parameters = [
        of("JwtIssuer", "https://issuer.example"),
        of("ToolsIssuer", TOOLS_ISSUER),
    ];
    Template::parse(yaml, &BTreeMap::from(parameters), &Place::default())
}

/// Whoever has a role; one that is taken with a tag works for [`OWN`].
pub(crate) fn principal(role: &Role) -> Principal {
    let tagged = |action: &str| action == "sts:TagSession" || action == "sts:*" || action == "*";
    let statements = &role.trust.statements;
    let mut actions = statements.iter().flat_map(|statement| &statement.actions);
    let tags = if actions.any(|action| tagged(action.as_str())) {
        BTreeMap::from([("tenant".to_owned(), OWN.to_owned())])
    } else {
        BTreeMap::new()
    };
    Principal {
        arn: role.arn.clone(),
        tags,
        policies: role.policies.clone(),
    }
}

/// Something that is allowed and should not be, looked for first in the role with this id.
pub(crate) fn first_leak(template: &Template, suspect: &str) -> Option<String> {
    if let Some(leak) = tools::leaks(template).into_iter().next() {
        return Some(leak);
    }
    let resources = template.resource_policies(&Place::default());
    let is_suspect = |role: &&Role| {
        let name = role.arn.rsplit('/').next().unwrap_or_default();
        name.replace('-', "") == suspect.to_lowercase()
    };
    let (first, then): (Vec<_>, Vec<_>) = template.roles.iter().partition(is_suspect);
    first.into_iter().chain(then).find_map(|role| {
        let principal = principal(role);
        let others = cases(template, role).into_iter();
        let mut others = others.filter(|case| case.whose == Whose::NotOwn);
        let leak = others.find(|case| decide(&principal, &case.ask, &resources).is_allowed())?;
        Some(leak_of(role, &leak))
    })
}

fn leak_of(role: &Role, Case { ask, what, .. }: &Case) -> String {
    let name = role.arn.rsplit('/').next().unwrap_or_default();
    format!("{name} may {} on {what}", ask.action)
}

/// Decides every case for every role.
pub(crate) fn show(template: &Template) -> Shown {
    let resources: Policies = template.resource_policies(&Place::default());
    let mut shown = Shown::default();
    for role in &template.roles {
        let principal = principal(role);
        let name = role.arn.rsplit('/').next().unwrap().to_owned();
        let own = shown.own.entry(name.clone()).or_default();
        for case in cases(template, role) {
            shown.cases += 1;
            let allowed = decide(&principal, &case.ask, &resources) == Decision::Allowed;
            match case.whose {
                Whose::Own => {
                    own.0 += 1;
                    own.1 += usize::from(allowed);
                }
                Whose::NotOwn if allowed => {
                    shown.leaks.push(leak_of(role, &case));
                }
                Whose::NotOwn => shown.denied += 1,
            }
        }
    }
    shown
}

#[test]
fn no_role_reaches_what_is_another_municipality_s() {
    let template = read(TEMPLATE).unwrap();
    let shown = show(&template);
    println!("isolation matrix: {} roles", template.roles.len());
    println!("{:<28} {:>10} {:>10}", "role", "own cases", "allowed");
    for (role, (cases, allowed)) in &shown.own {
        println!("{role:<28} {cases:>10} {allowed:>10}");
    }
    println!(
        "{} cases; of what is not one's own: {} denied, {} allowed",
        shown.cases,
        shown.denied,
        shown.leaks.len()
    );
    assert_eq!(shown.leaks, [""; 0]);
    assert!(shown.cases >= 10_000, "{} cases", shown.cases);
    // A matrix in which nothing at all is allowed would show nothing.
    for role in &template.roles {
        if !principal(role).tags.is_empty() {
            let name = role.arn.rsplit('/').next().unwrap();
            assert!(shown.own[name].1 > 0, "{name} may do nothing for its own");
        }
    }
}

/// For `.ci/iam-second-opinion.mjs`, which asks somebody else's evaluator the same questions.
#[test]
fn the_matrix_is_written_down_for_a_second_opinion() {
    let template = read(TEMPLATE).unwrap();
    let place = Place::default();
    let resources = template.resource_policies(&place);
    let documents = |policies: &[local::iam::Policy]| -> Vec<Value> {
        policies
            .iter()
            .map(|policy| policy.document.clone())
            .collect()
    };
    let mut roles = Map::new();
    let mut all = Vec::new();
    for role in &template.roles {
        let principal = principal(role);
        let name = role.arn.rsplit('/').next().unwrap();
        let (tags, policies) = (&principal.tags, documents(&role.policies));
        let described = json!({ "arn": role.arn, "tags": tags, "policies": policies });
        roles.insert(name.to_owned(), described);
        for Case { ask, .. } in cases(&template, role) {
            let allowed = decide(&principal, &ask, &resources) == Decision::Allowed;
            all.push(json!({
                "role": name, "action": ask.action, "resource": ask.resource,
                "context": ask.context, "allowed": allowed,
            }));
        }
    }
    let by_resource = resources.by_resource.iter();
    let by_resource = by_resource.map(|(arn, policy)| (arn.clone(), policy.document.clone()));
    let page = json!({
        "account": place.account, "roles": roles,
        "resources": by_resource.collect::<Map<_, _>>(), "cases": all,
    });
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/iam-cases.json");
    std::fs::write(path, page.to_string()).unwrap();
    println!("{} cases written to {path}", all.len());
}
