//! A served stack that is killed in the middle of a load ends as one that was left in peace.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::command::{command, vrs};
use crate::served::Served;

const RESIDENTS: usize = 200_000;
const FILE: &str = "residents_20210401.csv";
/// Longer than a load takes, and the lease of the worker that was killed.
const PATIENCE: Duration = Duration::from_mins(15);

/// One request, answered in JSON.
fn ask(base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Value {
    let host = base.strip_prefix("http://").unwrap();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request += "\r\n";
    request += &body;
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).unwrap()
}

/// What is asked of a stack by its municipality.
struct Asked<'a> {
    served: &'a Served,
    token: String,
}

impl<'a> Asked<'a> {
    fn of(served: &'a Served) -> Self {
        let wish = json!({ "tenant": "131016", "roles": ["read", "register"] });
        let json = [("content-type", "application/json")];
        let token = ask(&served.api, "POST", "/local/token", &json, &wish);
        let token = format!("Bearer {}", token["token"].as_str().unwrap());
        Self { served, token }
    }

    fn get(&self, path: &str) -> Value {
        let headers = [("authorization", self.token.as_str())];
        ask(&self.served.api, "GET", path, &headers, &Value::Null)
    }

    /// Who is found; without their ids, which no two stacks have in common.
    fn search(&self, by: &Value) -> Vec<Value> {
        let headers = [("authorization", self.token.as_str())];
        let found = ask(&self.served.api, "POST", "/residents/search", &headers, by);
        let mut residents = found["residents"].as_array().unwrap().clone();
        for resident in &mut residents {
            resident.as_object_mut().unwrap().remove("id");
        }
        residents
    }

    /// The newest upload, if there is one.
    fn upload(&self) -> Option<Value> {
        self.get("/uploads")["uploads"].as_array()?.first().cloned()
    }

    fn table(&self, operation: &str, request: &Value) -> Value {
        let target = format!("DynamoDB_20120810.{operation}");
        let headers = [("x-amz-target", target.as_str())];
        ask(&self.served.dynamodb, "POST", "/", &headers, request)
    }

    /// How many items the table holds.
    fn items(&self) -> u64 {
        let (mut count, mut after) = (0, Value::Null);
        loop {
            let mut request = json!({ "TableName": "records", "Select": "COUNT" });
            if !after.is_null() {
                request["ExclusiveStartKey"] = after;
            }
            let mut page = self.table("Scan", &request);
            count += page["Count"].as_u64().unwrap();
            after = page["LastEvaluatedKey"].take();
            if after.is_null() {
                return count;
            }
        }
    }

    /// Waits until the file is in force, and says everything that two stacks must have in common.
    fn end(&self, rows: &[csv::StringRecord]) -> Value {
        let started = Instant::now();
        let upload = loop {
            match self.upload() {
                Some(upload) if upload["ended"] == true => break upload,
                _ => sleep(Duration::from_millis(200)),
            }
            assert!(started.elapsed() < PATIENCE, "{:?}", self.upload());
        };
        let key = json!({ "pk": { "S": "T#131016#CURRENT" }, "sk": { "S": "CURRENT" } });
        let current = self.table("GetItem", &json!({ "TableName": "records", "Key": key }));
        let current = &current["Item"];
        let mut found = Vec::new();
        for row in rows {
            let cell = |place: usize| row.get(place).unwrap();
            found.push(self.search(&json!({ "number": cell(1) })));
            assert_eq!(found.last().unwrap().len(), 1, "everybody is found");
            if !cell(2).is_empty() {
                found.push(self.search(&json!({ "coupon": cell(2) })));
            }
            found.push(self.search(&json!({ "birth_date": cell(6), "name": cell(4) })));
        }
        json!({
            "state": upload["state"], "rows": upload["rows"], "generation": upload["generation"],
            "in force": current["in_force"], "manifest": current["entries"],
            "residents": current["active"], "file": current["sha256"], "issued": current["issued"],
            "being loaded": current.get("loading"), "items": self.items(), "found": found,
        })
    }
}

/// How much the tables take on the disk.
fn size(folder: &Path) -> u64 {
    let files = ["dynamodb.sqlite", "dynamodb.sqlite-wal"];
    let size = |name| std::fs::metadata(folder.join("data").join(name)).map_or(0, |it| it.len());
    files.into_iter().map(size).sum()
}

fn enrol(folder: &Path, served: &Served) {
    let added = vrs(
        folder,
        &["tenant", "add", "131016", "--dynamodb", &served.dynamodb],
    );
    assert_eq!(added.code, Some(0), "{}", added.err);
}

/// The command that drops the file and follows it.
fn upload(folder: &Path, served: &Served) -> std::process::Command {
    let (api, s3) = (served.api.as_str(), served.s3.as_str());
    let asked = [
        "upload", FILE, "--tenant", "131016", "--api", api, "--s3", s3,
    ];
    let mut command = command(folder, &asked);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
#[ignore = "minutes; `.ci/run` runs it with the release build"]
fn a_stack_that_is_killed_in_the_middle_of_a_load_ends_as_one_left_in_peace() {
    let (peace, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (peace, killed) = (peace.path(), killed.path());
    let residents = RESIDENTS.to_string();
    let generated = vrs(
        peace,
        &[
            "generate",
            "--tenant",
            "131016",
            "--residents",
            &residents,
            "--seed",
            "7",
        ],
    );
    assert_eq!(generated.code, Some(0), "{}", generated.err);
    std::fs::copy(peace.join(FILE), killed.join(FILE)).unwrap();
    let mut file = csv::Reader::from_path(peace.join(FILE)).unwrap();
    let rows: Vec<_> = file.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), RESIDENTS);
    let some: Vec<_> = rows.into_iter().step_by(RESIDENTS / 40).collect();

    let served = Served::start(peace);
    enrol(peace, &served);
    assert!(upload(peace, &served).status().unwrap().success());
    let expected = Asked::of(&served).end(&some);
    assert_eq!(expected["state"], "in_force");
    assert_eq!(expected["rows"]["new"], RESIDENTS);
    drop(served);
    let whole = size(peace);

    let served = Served::start(killed);
    enrol(killed, &served);
    let mut dropping = upload(killed, &served).spawn().unwrap();
    let started = Instant::now();
    while size(killed) < whole / 2 {
        assert!(started.elapsed() < PATIENCE, "it never came half way");
        sleep(Duration::from_millis(20));
    }
    let asked = Asked::of(&served);
    let half = asked.upload().unwrap();
    assert_eq!(
        (&half["ended"], &half["state"]),
        (&json!(false), &json!("loading"))
    );
    assert_eq!(
        asked.search(&json!({ "number": some[0].get(1) })),
        Vec::<Value>::new(),
        "not half visible"
    );
    // What is dropped is killed.
    drop(asked);
    drop(served);
    assert!(
        !dropping.wait().unwrap().success(),
        "it cannot follow any more"
    );

    let served = Served::start(killed);
    assert_eq!(Asked::of(&served).end(&some), expected);
}
