//! The drill: the table goes back to an earlier copy, the files that were dropped since are taken in again,
//! and the register, its manifest and the doses are what they were. The index of holders is made anew from
//! the records, and the logs of inquiries are held against each other.

use std::{collections::BTreeMap, path::Path, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use crypto::PersonTags;
use domain::UploadState;
use jiff::Timestamp;
use local::{LocalStack, Options};
use manifest::{Entry, ManifestReader};
use objects::{ObjectName, PinnedObject};
use serde_json::{Value, json};
use store::{HolderIndex, LogEntry};
use system::{
    file::Row,
    town::{CHIYODA, Dropped, SAPPORO, Town, scope},
};
use vrs::{
    index::{Compared, Indexing},
    logs::Check,
    recover::{Places, Recovery, Replayed},
};

use crate::register::{bytes, people};

const TENANTS: [&str; 2] = [CHIYODA, SAPPORO];
const HEADER: &str = "自治体コード,券番号,接種回,接種日,接種会場名,ワクチンメーカー,ロット番号";

fn options(folder: &Path) -> Options {
    Options {
        data: Some(folder.to_owned()),
        ..Options::default()
    }
}

fn again(folder: &Path) -> Town {
    Town::around(LocalStack::start(options(folder)).unwrap())
}

/// Ends a stack and everything that holds its folder.
async fn stop(town: Town) {
    town.stack.stop().await;
}

/// The tables as files; a copy of them is what a point in time is on AWS.
fn tables(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let is_table = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("dynamodb.sqlite")
    };
    files.filter(is_table).collect()
}

fn copy(from: &Path, to: &Path) {
    for table in tables(to) {
        std::fs::remove_file(table).unwrap();
    }
    for table in tables(from) {
        std::fs::copy(&table, to.join(table.file_name().unwrap())).unwrap();
    }
}

fn doses(code: &str, people: std::ops::Range<u32>, number: u32) -> String {
    let rows = people.map(|person| {
        let coupon = Row::of(person).cell("券番号").to_owned();
        let day = 1 + 21 * (number - 1);
        format!("{code},{coupon},{number},202103{day:02},第一会場,ファイザー,EP2163")
    });
    let lines = std::iter::once(HEADER.to_owned()).chain(rows);
    lines.flat_map(|line| [line, "\r\n".to_owned()]).collect()
}

async fn take_in_doses(town: &Town, name: &str, file: String) -> Value {
    let key = format!("inbox/{CHIYODA}/doses/{name}");
    let dropped = town.drop_at(&key, file).await;
    town.stack.idle().await;
    town.receipt(CHIYODA, &dropped).await
}

/// What must come back: by municipality the entries of the manifest in force, opened, and its number; the
/// residents and their doses as staff read them; and the end of every file.
struct Truth {
    registers: Vec<(u64, Vec<Entry>)>,
    residents: BTreeMap<String, Value>,
    doses: BTreeMap<String, Value>,
    counts: Value,
    files: BTreeMap<String, (Value, Value)>,
}

impl Truth {
    /// Part by part, so that what differs is shown alone.
    fn is(&self, before: &Self) {
        assert_eq!(self.files, before.files);
        assert_eq!(self.counts, before.counts);
        for (now, before) in [
            (&self.residents, &before.residents),
            (&self.doses, &before.doses),
        ] {
            assert_eq!(
                now.keys().collect::<Vec<_>>(),
                before.keys().collect::<Vec<_>>()
            );
            for (number, now) in now {
                assert_eq!(now, &before[number], "{number}");
            }
        }
        for (now, before) in self.registers.iter().zip(&before.registers) {
            assert_eq!(now, before);
        }
    }
}

async fn truth(town: &Town) -> Truth {
    let mut registers = Vec::new();
    let mut files = BTreeMap::new();
    for code in TENANTS {
        registers.push(entries(town, code).await);
        let folder = format!("outbox/{code}/uploads/");
        for key in town.keys("drop", &folder).await {
            let Some(folder) = key.strip_suffix("/receipt.json") else {
                continue;
            };
            let id = folder.rsplit('/').next().unwrap();
            let receipt = town.receipt_of(code, id).await;
            let ended = (receipt["state"].clone(), receipt["rows"].clone());
            files.insert(format!("{} {}", receipt["key"], receipt["version"]), ended);
        }
    }
    let (mut residents, mut doses) = (BTreeMap::new(), BTreeMap::new());
    for row in people(1..30, false) {
        let number = row.cell("個別宛名番号").to_owned();
        let Some(resident) = town.resident(CHIYODA, &number).await else {
            continue;
        };
        let id = resident["id"].as_str().unwrap();
        let read = town.get(CHIYODA, &format!("/residents/{id}/doses")).await;
        doses.insert(number.clone(), without_times(read.json()));
        residents.insert(number, without_times(resident));
    }
    let counts = town.get(CHIYODA, "/doses/counts").await.json();
    Truth {
        registers,
        residents,
        doses,
        counts,
        files,
    }
}

/// When a thing was written, and the tokens that stand for that, are not the same again.
fn without_times(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| {
                !name.ends_with("_at") && !["at", "etag", "token"].contains(&name.as_str())
            });
            for field in fields.values_mut() {
                *field = without_times(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_times(item.take());
            }
        }
        _ => {}
    }
    value
}

async fn entries(town: &Town, code: &str) -> (u64, Vec<Entry>) {
    let (scope, adapters) = (scope(code), town.stack.adapters());
    let in_force = town.store().register(&scope).await.unwrap().in_force;
    let in_force = in_force.unwrap();
    let at = in_force.manifest.unwrap();
    let tenant = town.store().tenant(&scope).await.unwrap().unwrap();
    let now = adapters.clock().now();
    let keys = tenant.keys(&scope, &adapters.keys(), now).await.unwrap();
    let name = ObjectName::Manifest(at.generation, at.merge);
    let object = PinnedObject::written(&scope, &name, &at.version);
    let work = adapters.work_bucket().unwrap();
    let object = work.open(&scope, &object).await.unwrap();
    let mut reader = ManifestReader::new(&scope, &keys, &name, object);
    let mut entries = Vec::new();
    while let Some(block) = reader.next_block().await.unwrap() {
        entries.extend(block.entries().map(Result::unwrap));
    }
    (in_force.generation.get(), entries)
}

/// Everything that happens after the point in time: changes, a file that is refused, one that is held and
/// confirmed, one that is held and discarded, one dropped twice under one name, doses; and one in parts that
/// was begun before all others and ended after them. Chiyoda lets fewer people leave unasked than before the point
/// in time; of Sapporo's files one was held then.
async fn a_busy_day(town: &Town) {
    town.set(CHIYODA, |settings| settings.max_removed_percent = 20)
        .await;
    let late = InParts::begin(town).await;
    // S3 dates by the second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let mut changed = people(1..6, true);
    changed.extend(people(6..26, false));
    // Names as people give them, which come encoded in the event.
    let receipt = town
        .take_in(CHIYODA, "住民 (1)+.csv", bytes(&changed))
        .await;
    assert_eq!(receipt["state"], "in_force");
    let doses = doses(CHIYODA, 1..12, 2);
    assert_eq!(
        take_in_doses(town, "second.csv", doses).await["state"],
        "in_force"
    );
    let refused = town.take_in(CHIYODA, "broken.csv", "何か").await;
    assert_eq!(refused["state"], "refused");

    let files = [
        (CHIYODA, "discarded.csv", "discard", "discarded"),
        (CHIYODA, "確認 [1].csv", "confirm", "in_force"),
        (SAPPORO, "確認.csv", "confirm", "in_force"),
    ];
    for (code, name, act, end) in files {
        let held = town.take_in(code, name, most_leave(code)).await;
        decide(town, code, &held, (act, end)).await;
    }
    let early = town.uploads(SAPPORO).await;
    let early = early.iter().find(|it| it["state"] == "held").unwrap();
    decide(town, SAPPORO, early, ("discard", "discarded")).await;
    for people in [people(1..20, true), people(1..22, false)] {
        let receipt = town.take_in(CHIYODA, "same.csv", bytes(&people)).await;
        assert_eq!(receipt["state"], "in_force");
    }
    let theirs: Vec<Row> = people(40..50, true)
        .into_iter()
        .map(|row| row.with("自治体コード", SAPPORO))
        .collect();
    let receipt = town.take_in(SAPPORO, "second.csv", bytes(&theirs)).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    let receipt = late.end(town, bytes(&people(1..22, true))).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
}

/// Of a file by which most of a municipality's people leave.
fn most_leave(code: &str) -> Vec<u8> {
    let leave = if code == CHIYODA { 10..26 } else { 40..48 };
    let leave = people(leave, false).into_iter();
    let leave = leave.map(|row| row.with("自治体コード", code).with("異動区分", "2"));
    bytes(&leave.collect::<Vec<_>>())
}

async fn decide(town: &Town, code: &str, held: &Value, (act, end): (&str, &str)) {
    assert_eq!(held["state"], "held", "{held:#}");
    let id = held["id"].as_str().unwrap();
    let path = format!("/uploads/{id}/{act}");
    assert_eq!(town.post(code, &path, None).await.status, 200);
    town.stack.idle().await;
    assert_eq!(town.receipt_of(code, id).await["state"], end);
}

/// A residents file of Chiyoda's that goes up in parts.
struct InParts {
    key: String,
    upload: String,
}

impl InParts {
    async fn begin(town: &Town) -> Self {
        let key = format!("inbox/{CHIYODA}/residents/late.csv");
        let begin = town.s3().create_multipart_upload().bucket("drop");
        let begun = begin.key(&key).send().await.unwrap();
        let upload = begun.upload_id.unwrap();
        Self { key, upload }
    }

    async fn end(self, town: &Town, bytes: Vec<u8>) -> Value {
        let Self { key, upload } = self;
        let part = town.s3().upload_part().bucket("drop").key(&key);
        let part = part.upload_id(&upload).part_number(1).body(bytes.into());
        let part = part.send().await.unwrap();
        let part = CompletedPart::builder()
            .part_number(1)
            .set_e_tag(part.e_tag)
            .set_checksum_crc32(part.checksum_crc32);
        let parts = CompletedMultipartUpload::builder().parts(part.build());
        let end = town.s3().complete_multipart_upload().bucket("drop");
        let end = end.key(&key).upload_id(upload);
        let ended = end.multipart_upload(parts.build()).send().await.unwrap();
        town.stack.idle().await;
        let version = ended.version_id.unwrap();
        town.receipt(CHIYODA, &Dropped { key, version }).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_went_back_in_time_is_made_good_from_the_inboxes() {
    let (folder, copied) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let town = Town::with(options(folder.path())).await;
    let receipt = town
        .take_in(CHIYODA, "first.csv", bytes(&people(1..26, false)))
        .await;
    assert_eq!(receipt["state"], "in_force");
    let first = doses(CHIYODA, 1..12, 1);
    assert_eq!(
        take_in_doses(&town, "first.csv", first).await["state"],
        "in_force"
    );
    let theirs: Vec<Row> = people(40..50, false)
        .into_iter()
        .map(|row| row.with("自治体コード", SAPPORO))
        .collect();
    town.take_in(SAPPORO, "first.csv", bytes(&theirs)).await;
    let held = town.take_in(SAPPORO, "held.csv", most_leave(SAPPORO)).await;
    assert_eq!(held["state"], "held", "{held:#}");
    town.set(CHIYODA, |settings| settings.max_removed_percent = 90)
        .await;
    inquiry(&town).await;
    let logs = logs(&town).await;
    assert_eq!(logs.each_ref().map(Vec::len), [2, 1], "both sides wrote");
    let point = town.stack.adapters().clock().now();
    stop(town).await;
    copy(folder.path(), copied.path());

    let town = again(folder.path());
    a_busy_day(&town).await;
    let before = truth(&town).await;
    stop(town).await;

    copy(copied.path(), folder.path());
    let town = again(folder.path());
    let gone = truth_of_first_day(&town).await;
    assert_eq!(gone, [1, 1], "the table did go back");

    let recovery = recovery(&town);
    let recovered = recovery.since(point).await.unwrap();
    town.stack.idle().await;
    assert_eq!(recovered.unknown, []);
    assert!(recovered.failed.is_empty(), "{:?}", recovered.failed);
    assert_eq!(recovered.files.len(), before.files.len());
    let left: Vec<_> = recovered.files.iter().filter(|it| it.is_left).collect();
    assert!(
        matches!(left[..], [it] if it.state == UploadState::Discarded),
        "{left:?}"
    );
    truth(&town).await.is(&before);
    assert_eq!(town.dead_letters(), BTreeMap::new());
    assert_eq!(self::logs(&town).await, logs, "what was said is said");
    let tenants = TENANTS.map(|it| scope(it).code());
    let check = Check::of(&town.store(), &tenants, Timestamp::MAX)
        .await
        .unwrap();
    assert_eq!((check.entries, check.wrong), (3, Vec::<String>::new()));
    index_is_made_anew(&town).await;

    // Once more changes nothing.
    let repeated = recovery.since(point).await.unwrap();
    assert_eq!(repeated.files, recovered.files);
    town.stack.idle().await;
    truth(&town).await.is(&before);
    failing_file_holds_up_no_other(&town, &recovery, point, &recovered.files).await;
    println!(
        "recovered: {} files of 2 municipalities, {} residents, {} doses",
        recovered.files.len(),
        before.residents.len(),
        before.counts
    );
}

/// Of Sapporo's first file nothing can come: it is named, and the next ones are taken in.
async fn failing_file_holds_up_no_other(
    town: &Town,
    recovery: &Recovery,
    point: Timestamp,
    files: &[Replayed],
) {
    let [first, others @ ..] = files else {
        panic!("there are files");
    };
    let receipt = format!("outbox/{SAPPORO}/uploads/{}/receipt.json", first.upload);
    town.drop_at(&receipt, "no receipt").await;
    let repeated = recovery.since(point).await.unwrap();
    assert_eq!(repeated.files, others);
    let [failed] = &repeated.failed[..] else {
        panic!("one fails: {:?}", repeated.failed);
    };
    let named = format!("inbox/{SAPPORO}/residents/first.csv version ");
    assert_eq!(failed.tenant, scope(SAPPORO).code());
    assert!(failed.file.starts_with(&named), "{}", failed.file);
}

/// Chiyoda asks with consent about somebody of Sapporo's.
async fn inquiry(town: &Town) {
    town.stack.idle().await;
    let row = Row::of(45);
    let who = json!({ "my_number": row.cell("個人番号"), "birth_date": row.cell("生年月日") });
    let mut form = who.clone();
    for (name, value) in [
        ("basis", "CONSENT"),
        ("purpose", "VACCINATION"),
        ("programmes", "COVID19"),
        ("evidence_number", "F-1"),
        ("signed_on", &town.today().to_string()),
        ("scan_sha256", &"0".repeat(64)),
    ] {
        form[name] = value.into();
    }
    let recorded = town.post(CHIYODA, "/consents", Some(&form)).await.json();
    let mut ask = who;
    ask["consent"] = recorded["id"].clone();
    let answer = town.post(CHIYODA, "/inquiries", Some(&ask)).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
}

async fn logs(town: &Town) -> [Vec<LogEntry>; 2] {
    let mut logs = [Vec::new(), Vec::new()];
    for (log, code) in logs.iter_mut().zip(TENANTS) {
        let page = town.store().log_page(&scope(code), 50, None).await;
        *log = page.unwrap().items;
    }
    logs
}

/// An entry of the index is lost, another leads to nobody: both are put anew, from the records.
async fn index_is_made_anew(town: &Town) {
    let dynamodb = town.dynamodb();
    #[expect(
        clippy::disallowed_methods,
        reason = "the owner of a stack of two municipalities; no role may"
    )]
    let entries = dynamodb.scan().table_name("holders").limit(2).send().await;
    let entries = entries.unwrap().items.unwrap();
    let [lost, spoilt] = &entries[..] else {
        panic!("two entries");
    };
    let delete = dynamodb.delete_item().table_name("holders");
    let delete = delete.key("pk", lost["pk"].clone());
    delete.key("sk", lost["sk"].clone()).send().await.unwrap();
    let mut spoilt = spoilt.clone();
    spoilt.insert("sealed".to_owned(), AttributeValue::B(vec![0; 60].into()));
    let put = dynamodb.put_item().table_name("holders");
    put.set_item(Some(spoilt)).send().await.unwrap();

    let indexing = indexing(town);
    let mut found = [Compared::default(), Compared::default()];
    for found in &mut found {
        for code in TENANTS {
            let now = town.stack.adapters().clock().now();
            let compared = indexing.rebuild(scope(code).code(), false, now).await;
            found.add(compared.unwrap());
        }
    }
    let [first, second] = found;
    assert_eq!((first.missing, first.wrong), (1, 1));
    assert!(second.is_right(), "{second:?}");
    assert_eq!(second.right, first.right + 2);
}

/// With an operator's own rights.
pub(crate) fn indexing(town: &Town) -> Indexing {
    let adapters = town.stack.adapters();
    let kms = aws_sdk_kms::Client::new(&town.stack.sdk_config());
    Indexing {
        store: town.store(),
        work: adapters.work_bucket().unwrap(),
        index: HolderIndex::new(town.dynamodb(), "holders".to_owned()),
        persons: PersonTags::new(kms, "holders".to_owned()),
        keys: adapters.keys(),
        pause: Duration::ZERO,
    }
}

async fn truth_of_first_day(town: &Town) -> [u64; 2] {
    [
        entries(town, CHIYODA).await.0,
        entries(town, SAPPORO).await.0,
    ]
}

/// With the rights of the stack's owner.
pub(crate) fn recovery(town: &Town) -> Recovery {
    let places = Places {
        table: "records".to_owned(),
        bucket: "drop".to_owned(),
        uploads: queue(town, "uploads"),
        loads: queue(town, "loads"),
    };
    Recovery::new(&town.stack.sdk_config(), town.s3().clone(), places)
}

fn queue(town: &Town, name: &str) -> String {
    let mut queues = town.stack.template().queues.iter();
    queues.find(|it| it.name == name).unwrap().url.clone()
}
