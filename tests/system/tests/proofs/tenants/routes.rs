//! Every route, asked by one municipality for what is the other's.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use system::town::{Answer, CHIYODA, SAPPORO};

use super::world::{Ask, World, operations, pairs};

const ALL: &[&str] = &["read", "register", "doses", "inquire", "approve"];

/// Any of which is enough for an operation. Whoever adds a route adds its roles here; that of `createUpload` is the
/// one for files of residents.
const ROLES: [(&str, &[&str]); 35] = [
    ("searchResidents", &["read"]),
    ("readResident", &["read"]),
    ("readDoses", &["read"]),
    ("listInquiriesAboutResident", &["read"]),
    ("lookUpCoupon", &["doses"]),
    ("recordDose", &["doses"]),
    ("listDoses", &["read"]),
    ("countDoses", &["read"]),
    ("correctDose", &["doses"]),
    ("cancelDose", &["doses"]),
    ("readWaitingDose", &["read"]),
    ("lockDose", &["approve"]),
    ("unlockDose", &["approve"]),
    ("resolveDose", &["doses"]),
    ("listExports", &["read", "register"]),
    ("createExport", &["register"]),
    ("readExport", &["read", "register"]),
    ("readSettings", ALL),
    ("changeSettings", &["register"]),
    ("trySettings", &["register"]),
    ("listUploads", &["read", "register", "doses", "inquire"]),
    ("createUpload", &["register"]),
    ("readUpload", &["read", "register", "doses", "inquire"]),
    ("confirmUpload", &["register"]),
    ("discardUpload", &["register"]),
    ("listConsents", &["inquire", "approve"]),
    ("recordConsent", &["inquire"]),
    ("readConsent", &["inquire", "approve"]),
    ("approveConsent", &["approve"]),
    ("revokeConsent", &["inquire"]),
    ("listInquiries", &["inquire", "approve"]),
    ("createInquiry", &["inquire"]),
    ("readInquiry", &["inquire", "approve"]),
    ("readLog", &["inquire", "approve"]),
    ("releaseHeldInquiry", &["approve"]),
];

/// The answer without what is the same for nobody: the name that was asked for, the time, and the
/// signature of a link.
fn comparable(answer: &Answer, ask: &Ask) -> (u16, String, String) {
    let mut body: Value = serde_json::from_slice(&answer.bytes).unwrap();
    let mut headers = answer.headers.clone();
    let name = ask.body.as_ref().and_then(|body| body["name"].as_str());
    let (Some(name), true) = (name, body.get("url").is_some()) else {
        let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
        return (answer.status, format!("{headers:?}"), text);
    };
    headers.remove("content-length");
    let url = body["url"].as_str().unwrap().split('?').next().unwrap();
    body["url"] = url.into();
    body["expires_at"] = Value::Null;
    // Who asked, with a proof for the one name that was asked for.
    let by = body["headers"]["x-amz-meta-by"].as_str().unwrap();
    let (who, proof) = by.split_once('.').unwrap();
    assert_eq!(proof.len(), 22);
    body["headers"]["x-amz-meta-by"] = who.into();
    let text = body.to_string().replace(name, "*");
    (answer.status, format!("{headers:?}"), text)
}

#[tokio::test]
async fn every_route_answers_of_the_others_as_of_what_never_was_and_writes_nothing() {
    let world = World::new().await;
    let before = world.town.whole().await;
    let nobody = world.town.stack.token(CHIYODA, &[], "staff").unwrap();
    for (operation, ..) in operations() {
        for pair in pairs(&operation, &world.theirs) {
            let what = format!("{operation} {}", pair.theirs.path);
            let theirs = world.ask(&pair.theirs).await;
            let never = world.ask(&pair.never).await;
            assert_eq!(
                comparable(&theirs, &pair.theirs),
                comparable(&never, &pair.never),
                "{what}"
            );
            assert!(theirs.status < 500, "{what}: {}", theirs.status);
            world.assert_tells_nothing(&theirs, &what);
            let (theirs, never) = (
                world.ask_as(&nobody, &pair.theirs).await,
                world.ask_as(&nobody, &pair.never).await,
            );
            assert_eq!(theirs, never, "{what} without a role");
            assert_eq!(theirs.status, 403, "{what} without a role");
        }
    }
    assert_eq!(world.town.whole().await, before);
}

#[tokio::test]
async fn every_route_is_for_its_roles_and_for_no_other() {
    let world = World::new().await;
    let before = world.town.whole().await;
    for (operation, ..) in operations() {
        let roles = ROLES.iter().find(|(of, _)| *of == operation);
        let (_, enough) = roles.unwrap_or_else(|| panic!("{operation} has no roles here"));
        for role in ALL {
            let token = world.town.stack.token(CHIYODA, &[*role], "staff").unwrap();
            for pair in pairs(&operation, &world.theirs) {
                let answer = world.ask_as(&token, &pair.never).await;
                let is_refused = answer.status == 403 && answer.json()["code"] == "ROLE_MISSING";
                let what = format!("{operation} by {role}: {}", answer.json());
                assert_eq!(is_refused, !enough.contains(role), "{what}");
                assert!(answer.status < 500, "{what}");
            }
        }
    }
    assert_eq!(world.town.whole().await, before);
}

/// A cursor is of a municipality, not of a list.
#[tokio::test]
async fn a_position_that_its_list_never_gave_is_no_fault_of_ours() {
    let world = World::new().await;
    let token = world.town.token(SAPPORO);
    let about = format!("/residents/{}/inquiries?", world.theirs.resident);
    let lists = [
        "/uploads?",
        "/exports?",
        "/consents?",
        "/inquiries?",
        "/log?",
        "/doses?state=review&",
        "/doses?state=conflict&",
        "/doses?state=waiting&",
        "/doses?state=locked&",
        about.as_str(),
    ];
    for list in lists {
        for position in ["!", "0", "E#", "F", "HEAD", "LAST", "OPEN#full#utf-8", "~"] {
            let cursor = BASE64URL_NOPAD.encode(format!("1 {SAPPORO} {position}").as_bytes());
            let path = format!("{list}after={cursor}");
            let page = world.town.ask("GET", &path, &token, None).await;
            assert_eq!(page.status, 200, "{list} {position}: {}", page.json());
        }
    }
}

/// The same requests by the municipality whose ids they name: they are no requests that fail anyway.
#[tokio::test]
async fn its_own_municipality_is_answered_with_all_of_it() {
    let world = World::new().await;
    let token = world.town.token(SAPPORO);
    for (operation, ..) in operations() {
        // Two decide about a held file, of which there is one; two change the revision that others are
        // about; five name a municipality; a basis is recorded in `World`, and one that was answered is
        // neither approved nor revoked.
        let not_here = [
            "confirmUpload",
            "discardUpload",
            "cancelDose",
            "lockDose",
            "createExport",
            "changeSettings",
            "trySettings",
            "lookUpCoupon",
            "recordDose",
            "recordConsent",
            "approveConsent",
            "revokeConsent",
            "releaseHeldInquiry",
        ];
        if not_here.contains(&operation.as_str()) {
            continue;
        }
        for pair in pairs(&operation, &world.theirs) {
            let answer = world.ask_as(&token, &pair.theirs).await;
            assert_eq!(answer.status, 200, "{operation}: {}", answer.json());
        }
    }
    let pair = pairs("discardUpload", &world.theirs).remove(0);
    let answer = world.ask_as(&token, &pair.theirs).await;
    assert_eq!(answer.json()["state"], "discarded");
}

#[tokio::test]
async fn the_same_number_in_both_municipalities_is_each_ones_own_resident() {
    let world = World::new().await;
    let theirs = &world.theirs.row;
    let own = system::file::Row::of(7)
        .with("個別宛名番号", theirs.cell("個別宛名番号"))
        .with("券番号", theirs.cell("券番号"))
        .with("個人番号", theirs.cell("個人番号"));
    let file = system::file::File::new([own.clone()]).bytes(system::file::Encoding::Utf8);
    world.town.take_in(CHIYODA, "one-more.csv", file).await;
    for (code, row) in [(CHIYODA, &own), (SAPPORO, theirs)] {
        let found = world
            .town
            .resident(code, row.cell("個別宛名番号"))
            .await
            .unwrap();
        assert_eq!(found["name"], row.cell("氏名"));
        let by_coupon = world
            .town
            .search(code, &json!({ "coupon": row.cell("券番号") }))
            .await;
        assert_eq!(by_coupon, std::slice::from_ref(&found));
        let mine = found["id"].as_str().unwrap();
        assert_eq!(
            mine == world.theirs.resident,
            code == SAPPORO,
            "tags are keyed"
        );
    }
}
