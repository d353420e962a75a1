//! Two municipalities, and every route of the API with what is the other's.

use std::{fs, path::Path};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use local::Options;
use serde_json::{Value, json};
use system::{
    file::{Encoding, File, Row},
    town::{Answer, CHIYODA, SAPPORO, Town},
};
use tempfile::TempDir;

/// Chiyoda, which asks, and what is Sapporo's.
pub(crate) struct World {
    pub(crate) town: Town,
    pub(crate) theirs: Theirs,
    folder: TempDir,
}

/// What is Sapporo's and no business of Chiyoda's.
pub(crate) struct Theirs {
    /// Somebody who is in force.
    pub(crate) row: Row,
    pub(crate) resident: String,
    /// A file that is held, and one that is in force.
    pub(crate) held: String,
    pub(crate) accepted: String,
    /// Where the first page of their list ends.
    pub(crate) cursor: String,
    /// A dose, a newcomer for its number, and a dose that waits.
    pub(crate) dose: String,
    pub(crate) newcomer: String,
    pub(crate) waiting: String,
    /// An export of their doses.
    pub(crate) export: String,
    /// A basis they recorded, and the inquiry that was answered on it.
    pub(crate) consent: String,
    pub(crate) inquiry: String,
}

/// A request of one route.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

/// The same request with an id of Sapporo's and with one that never was.
pub(crate) struct Pair {
    pub(crate) theirs: Ask,
    pub(crate) never: Ask,
}

const NEVER_UPLOAD: &str = "01234567-89ab-8def-8123-456789abcdef";
const NEVER_EXPORT: &str = "01234567-89ab-7def-8123-456789abcdef";
const NEVER_ID: &str = "0178c360-bc00-7aaa-8aaa-aaaaaaaaaaaa";
/// A position in any of Sapporo's lists, in the form in which the API gives them out.
const THEIR_POSITION: &str = "MSAwMTEwMDIgfg";
const NEVER_RESIDENT: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const NEVER_DOSE: &str = "AAAAAAAAAAAAAAAAAAAAAA.COVID19.01";

fn with_body(mut pair: Pair, body: &Value) -> Pair {
    pair.theirs.body = Some(body.clone());
    pair.never.body = Some(body.clone());
    pair
}

fn sapporo(number: u32) -> Row {
    Row::of(number).with("自治体コード", SAPPORO)
}

/// The body of an inquiry about somebody, on a basis, under an id or a new one.
fn asking(row: &Row, consent: &str, inquiry: Option<&str>) -> Value {
    json!({
        "consent": consent, "inquiry": inquiry,
        "my_number": row.cell("個人番号"), "birth_date": row.cell("生年月日"),
    })
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let town = Town::with(Options {
            data: Some(folder.path().to_owned()),
            ..Options::default()
        })
        .await;
        let own = File::new((1..5).map(Row::of)).bytes(Encoding::Utf8);
        town.take_in(CHIYODA, "own.csv", own).await;
        let first = File::new((500..530).map(sapporo)).bytes(Encoding::Utf8);
        let accepted = town.take_in(SAPPORO, "theirs.csv", first).await;
        let leaves = (500..520).map(|number| sapporo(number).with("異動区分", "2"));
        let leaves = File::new(leaves).bytes(Encoding::Utf8);
        let held = town.take_in(SAPPORO, "leaves.csv", leaves).await;
        assert_eq!(
            (&accepted["state"], &held["state"]),
            (&json!("in_force"), &json!("held"))
        );
        let row = sapporo(525);
        let resident = town
            .resident(SAPPORO, row.cell("個別宛名番号"))
            .await
            .unwrap();
        let dose = record(&town, &row, "A").await;
        let newcomer = record(&town, &row, "B").await;
        let waiting = record(&town, &sapporo(600), "C").await;
        let export = town
            .post(SAPPORO, "/exports", Some(&json!({})))
            .await
            .json();
        town.stack.idle().await;
        let page = town.get(SAPPORO, "/uploads?limit=1").await.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let consent = json!({
            "basis": "CONSENT", "purpose": "VACCINATION", "programmes": "COVID19",
            "evidence_number": "F-1",
            "signed_on": town.today().to_string(), "scan_sha256": "0".repeat(64),
            "my_number": row.cell("個人番号"), "birth_date": row.cell("生年月日"),
        });
        let consent = town.post(SAPPORO, "/consents", Some(&consent)).await;
        let consent = text(&consent.json()["id"]);
        let asked = asking(&row, &consent, None);
        let asked = town.post(SAPPORO, "/inquiries", Some(&asked)).await;
        let inquiry = text(&asked.json()["id"]);
        let theirs = Theirs {
            row,
            resident: text(&resident["id"]),
            held: text(&held["id"]),
            accepted: text(&accepted["id"]),
            cursor: text(&page["next"]),
            dose: text(&dose["id"]),
            newcomer: text(&newcomer["id"]),
            waiting: text(&waiting["id"]),
            export: text(&export["id"]),
            consent,
            inquiry,
        };
        Self {
            town,
            theirs,
            folder,
        }
    }

    /// Asks with Chiyoda's own token.
    pub(crate) async fn ask(&self, ask: &Ask) -> Answer {
        self.ask_as(&self.town.token(CHIYODA), ask).await
    }

    pub(crate) async fn ask_as(&self, token: &str, ask: &Ask) -> Answer {
        ask_town(&self.town, token, ask).await
    }

    /// A token that says whatever it is asked to, signed as the stack's own are.
    pub(crate) fn signed(&self, claims: &Value) -> String {
        // The issuer makes its key at first use.
        let _made = self.town.token(CHIYODA);
        let pem = fs::read(self.folder.path().join("issuer.pem")).unwrap();
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some("local".to_owned());
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_rsa_pem(&pem).unwrap()).unwrap()
    }

    /// The answer tells nothing that is Sapporo's.
    pub(crate) fn assert_tells_nothing(&self, answer: &Answer, what: &str) {
        let text = format!("{:?} {}", answer.headers, answer.json());
        let row = &self.theirs.row;
        let theirs = [
            self.theirs.resident.as_str(),
            &self.theirs.held,
            &self.theirs.accepted,
            &self.theirs.consent,
            &self.theirs.inquiry,
            row.cell("個別宛名番号"),
            row.cell("券番号"),
            row.cell("個人番号"),
            row.cell("氏名"),
            row.cell("氏名カナ"),
            SAPPORO,
            "札幌",
        ];
        for it in theirs {
            assert!(!text.contains(it), "{what}: {it} is told in {text}");
        }
    }
}

/// Asks with the headers that any route may want.
async fn ask_town(town: &Town, token: &str, ask: &Ask) -> Answer {
    let bearer = format!("Bearer {token}");
    let body = ask.body.as_ref().map(Value::to_string).unwrap_or_default();
    let key = format!("{:x}", body.len());
    let headers = [
        ("authorization", bearer.as_str()),
        ("if-match", "\"1\""),
        ("idempotency-key", &key),
    ];
    town.ask_with(&ask.method, &ask.path, &headers, body).await
}

/// Records a first dose of this lot in Sapporo.
async fn record(town: &Town, row: &Row, lot: &str) -> Value {
    let body = json!({
        "coupon": row.cell("券番号"), "municipality": SAPPORO, "number": "1",
        "birth_date": row.cell("生年月日"),
        "given_on": "2021-06-01", "product": "COMIRNATY", "lot": lot,
    });
    let token = town.token(SAPPORO);
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", lot)];
    let answer = town.ask_with("POST", "/doses", &headers, body.to_string());
    answer.await.json()
}

/// Every operation that `infra/api.yaml` describes: id, method, path.
pub(crate) fn operations() -> Vec<(String, String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/api.yaml");
    let api: Value = serde_yaml_ng::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            operations.push((id.to_owned(), method.to_uppercase(), path.clone()));
        }
    }
    assert!(operations.len() >= 7, "the API is described");
    operations
}

/// How a route is called.
struct Route {
    method: String,
    path: String,
}

impl Route {
    fn of(operation: &str) -> Self {
        let mut all = operations().into_iter();
        let (_, method, path) = all.find(|(id, ..)| id == operation).unwrap();
        Self { method, path }
    }

    fn ask(&self, path: String, body: Option<Value>) -> Ask {
        Ask {
            method: self.method.clone(),
            path,
            body,
        }
    }

    fn by_body(&self, theirs: Value, never: Value) -> Pair {
        Pair {
            theirs: self.ask(self.path.clone(), Some(theirs)),
            never: self.ask(self.path.clone(), Some(never)),
        }
    }

    fn by_id(&self, id: &str, never: &str) -> Pair {
        Pair {
            theirs: self.ask(self.path.replace("{id}", id), None),
            never: self.ask(self.path.replace("{id}", never), None),
        }
    }
}

/// The requests of an operation in which something of Sapporo's can be named. Whoever adds a route
/// adds its requests here.
pub(crate) fn pairs(operation: &str, theirs: &Theirs) -> Vec<Pair> {
    let row = &theirs.row;
    let route = Route::of(operation);
    let path = route.path.clone();
    let ask = |path: String, body: Option<Value>| route.ask(path, body);
    let by_body = |theirs: Value, never: Value| route.by_body(theirs, never);
    let by_id = |id: &str, never: &str| route.by_id(id, never);
    let cell = |column| row.cell(column).to_owned();
    match operation {
        "searchResidents" => vec![
            by_body(
                json!({ "number": cell("個別宛名番号") }),
                json!({ "number": "A-999999" }),
            ),
            by_body(
                json!({ "coupon": cell("券番号") }),
                json!({ "coupon": "9999999999" }),
            ),
            by_body(
                json!({ "birth_date": cell("生年月日"), "name": cell("氏名") }),
                json!({ "birth_date": "19990101", "name": "だれか" }),
            ),
        ],
        "readResident" | "readDoses" | "listInquiriesAboutResident" => {
            vec![by_id(&theirs.resident, NEVER_RESIDENT)]
        }
        "createUpload" => vec![by_body(
            json!({ "kind": "residents", "name": "theirs.csv" }),
            json!({ "kind": "residents", "name": "nobody.csv" }),
        )],
        "listUploads" | "listExports" => vec![Pair {
            theirs: ask(format!("{path}?after={}", theirs.cursor), None),
            never: ask(format!("{path}?after=bm90aGluZw"), None),
        }],
        "readUpload" | "confirmUpload" | "discardUpload" => vec![
            by_id(&theirs.held, NEVER_UPLOAD),
            by_id(&theirs.accepted, NEVER_UPLOAD),
        ],
        // Nothing can be named there; who tries is refused.
        "createExport" => vec![by_body(
            json!({ "municipality": SAPPORO }),
            json!({ "municipality": "130001" }),
        )],
        "readExport" => vec![by_id(&theirs.export, NEVER_EXPORT)],
        "lookUpCoupon" => vec![by_body(
            json!({ "coupon": cell("券番号"), "municipality": CHIYODA }),
            json!({ "coupon": "9999999999", "municipality": CHIYODA }),
        )],
        "recordDose" => {
            // Given in the future: else the coupon would wait for its person, whoever that may be.
            let body = |coupon: String| {
                json!({
                    "coupon": coupon, "municipality": CHIYODA, "number": "1",
                    "birth_date": cell("生年月日"),
                    "given_on": "2099-01-01", "product": "COMIRNATY", "lot": "A",
                })
            };
            vec![by_body(body(cell("券番号")), body("9999999999".to_owned()))]
        }
        "listDoses" => vec![Pair {
            theirs: ask(format!("{path}?state=review&after={}", theirs.cursor), None),
            never: ask(format!("{path}?state=review&after=bm90aGluZw"), None),
        }],
        // Nothing can be named there; a file of theirs is refused without a look at it.
        "changeSettings" => vec![by_body(
            json!({ "tenant": SAPPORO }),
            json!({ "tenant": "130001" }),
        )],
        "trySettings" => vec![by_body(
            json!({ "kind": "residents", "tenant": SAPPORO, "sample": "YQ==" }),
            json!({ "kind": "residents", "tenant": "130001", "sample": "YQ==" }),
        )],
        // Nothing can be named there.
        "readSettings" | "countDoses" => vec![Pair {
            theirs: ask(path.clone(), None),
            never: ask(path.clone(), None),
        }],
        "correctDose" => vec![with_body(
            by_id(&theirs.dose, NEVER_DOSE),
            &json!({
                "given_on": "2021-06-01", "product": "COMIRNATY", "lot": "A", "reason": "x",
            }),
        )],
        "cancelDose" | "lockDose" | "unlockDose" => vec![with_body(
            by_id(&theirs.dose, NEVER_DOSE),
            &json!({ "reason": "x" }),
        )],
        "readWaitingDose" => vec![by_id(
            &theirs.waiting,
            &format!("w.{NEVER_RESIDENT}.COVID19.01.{NEVER_RESIDENT}"),
        )],
        "resolveDose" => vec![with_body(
            by_id(&theirs.newcomer, &format!("{NEVER_DOSE}.{NEVER_RESIDENT}")),
            &json!({ "decision": "keep", "reason": "x" }),
        )],
        other => of_inquiries(other, theirs),
    }
}

/// The same for the routes that have to do with inquiries.
fn of_inquiries(operation: &str, theirs: &Theirs) -> Vec<Pair> {
    let row = &theirs.row;
    let route = Route::of(operation);
    let by_id = |id: &str, never: &str| route.by_id(id, never);
    match operation {
        "recordConsent" => {
            // Nothing that is theirs can be named here; a person of theirs can be meant.
            let of = |row: &Row| {
                json!({
                    "basis": "NONE", "purpose": "LEDGER", "programmes": "COVID19", "evidence_number": "1",
                    "my_number": row.cell("個人番号"), "birth_date": row.cell("生年月日"),
                })
            };
            vec![route.by_body(of(row), of(&Row::of(77)))]
        }
        "readConsent" | "approveConsent" | "revokeConsent" => {
            vec![by_id(&theirs.consent, NEVER_ID)]
        }
        "createInquiry" => vec![route.by_body(
            asking(row, &theirs.consent, Some(&theirs.inquiry)),
            asking(&Row::of(77), NEVER_ID, Some(NEVER_ID)),
        )],
        "releaseHeldInquiry" => {
            let path = |resident: &str| {
                let path = route.path.replace("{id}", resident);
                path.replace("{inquiry}", &theirs.inquiry)
            };
            vec![Pair {
                theirs: route.ask(path(&theirs.resident), None),
                never: route.ask(path(NEVER_RESIDENT), None),
            }]
        }
        "readInquiry" => vec![by_id(&theirs.inquiry, NEVER_ID)],
        "listConsents" | "listInquiries" | "readLog" => vec![Pair {
            theirs: route.ask(format!("{}?after={THEIR_POSITION}", route.path), None),
            never: route.ask(format!("{}?after=bm90aGluZw", route.path), None),
        }],
        other => panic!("{other} has no request that names what is another municipality's"),
    }
}
