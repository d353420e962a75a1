//! Who takes the role of the tools with a token: issuer × audience × tags, for every role.

use local::{
    iam::{WebIdentity, decide},
    template::{Place, Template},
};

use super::{OWN, TOOLS_ISSUER, read};
use crate::TEMPLATE;

const ROLE: &str = "role/tools-role";
const AUDIENCE: &str = "open-vrs-files";

/// Issuers: the one that is let in, others whose names are like it.
const ISSUERS: [&str; 4] = [
    TOOLS_ISSUER,
    "tools.example",
    "tools.example/idp/other",
    "issuer.example",
];
const AUDIENCES: [&str; 4] = [AUDIENCE, "open-vrs", "", "open-vrs-files "];
const TAGS: [&[(&str, &str)]; 9] = [
    &[("tenant", OWN)],
    &[("tenant", "011002")],
    &[("tenant", "13101")],
    &[("tenant", "1310167")],
    &[("tenant", "")],
    &[("Tenant", OWN)],
    &[("town", OWN)],
    &[("tenant", OWN), ("town", OWN)],
    &[],
];

fn questions() -> impl Iterator<Item = WebIdentity> {
    ISSUERS.into_iter().flat_map(|issuer| {
        AUDIENCES.into_iter().flat_map(move |audience| {
            TAGS.into_iter().map(move |tags| WebIdentity {
                issuer: issuer.to_owned(),
                audience: audience.to_owned(),
                subject: "tool".to_owned(),
                tags: tags
                    .iter()
                    .map(|&(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
            })
        })
    })
}

fn is_meant(identity: &WebIdentity, role: &str) -> bool {
    let one_code =
        matches!(&identity.tags[..], [(key, code)] if key == "tenant" && code.len() == 6);
    role.ends_with(ROLE)
        && identity.issuer == TOOLS_ISSUER
        && identity.audience == AUDIENCE
        && one_code
}

/// What is asked and answered otherwise than meant.
fn otherwise(template: &Template) -> (usize, Vec<(bool, String)>) {
    let place = Place::default();
    let resources = template.resource_policies(&place);
    let mut asked = 0;
    let mut found = Vec::new();
    for role in &template.roles {
        for identity in questions() {
            let principal = identity.principal(&place.account);
            let asks = identity.asks(&role.arn);
            let mut asks = asks.iter();
            let taken = asks.all(|ask| decide(&principal, ask, &resources).is_allowed());
            asked += 1;
            if taken != is_meant(&identity, &role.arn) {
                found.push((taken, format!("{} is taken with {identity:?}", role.arn)));
            }
        }
    }
    (asked, found)
}

/// Roles that are taken with a token that should not do.
pub(super) fn leaks(template: &Template) -> Vec<String> {
    let (_, found) = otherwise(template);
    let leaks = found.into_iter().filter(|(taken, _)| *taken);
    leaks.map(|(_, what)| what).collect()
}

#[test]
fn a_token_buys_the_tools_role_for_its_one_municipality_and_nothing_else() {
    let (asked, found) = otherwise(&read(TEMPLATE).unwrap());
    println!(
        "tokens: {asked} cases, {} answered otherwise than meant",
        found.len()
    );
    assert_eq!(found, []);
}

#[test]
fn without_an_issuer_there_is_no_such_role() {
    let issuer = ("JwtIssuer".to_owned(), "https://issuer.example".to_owned());
    let template = Template::parse(TEMPLATE, &[issuer].into(), &Place::default()).unwrap();
    assert!(!template.roles.iter().any(|role| role.arn.ends_with(ROLE)));
    assert!(template.identity_providers.is_empty());
}
