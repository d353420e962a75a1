//! What is left when the process ends, in order or not.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use local::s3::{LocalS3, ObjectCreated, Storage};
use tokio::net::TcpListener;

use crate::world::{DROP, PLAIN, World, bytes, client, open};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn everything_is_there_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path()).await;
    let put = world
        .client
        .put_object()
        .bucket(DROP)
        .key("住民.csv")
        .content_type("text/csv");
    let put = put.metadata("from", "here").body(b"one".to_vec().into());
    let first = put.send().await.unwrap().version_id.unwrap();
    world.put(DROP, "住民.csv", "two").await;
    world.put(DROP, "deleted", "x").await;
    world
        .client
        .delete_object()
        .bucket(DROP)
        .key("deleted")
        .send()
        .await
        .unwrap();
    world.put(PLAIN, "a", "one").await;
    world.put(PLAIN, "a", "two").await;
    let upload = world
        .client
        .create_multipart_upload()
        .bucket(DROP)
        .key("b")
        .send()
        .await;
    let upload = upload.unwrap().upload_id.unwrap();
    let part = world
        .client
        .upload_part()
        .bucket(DROP)
        .key("b")
        .upload_id(&upload)
        .part_number(1);
    let part = part.body(bytes(5 * MIB).into()).send().await.unwrap();
    let before = world
        .client
        .list_object_versions()
        .bucket(DROP)
        .send()
        .await
        .unwrap();
    world.close().await;

    let world = World::in_folder(folder.path()).await;
    assert_eq!(world.s3.announce_pending(), 0);
    let after = world
        .client
        .list_object_versions()
        .bucket(DROP)
        .send()
        .await
        .unwrap();
    assert_eq!(after.versions(), before.versions());
    assert_eq!(after.delete_markers(), before.delete_markers());
    assert_eq!(world.get(DROP, "住民.csv").await, b"two");
    assert_eq!(world.get(PLAIN, "a").await, b"two");
    let read = world
        .client
        .get_object()
        .bucket(DROP)
        .key("住民.csv")
        .version_id(first);
    let read = read.send().await.unwrap();
    assert_eq!(read.content_type(), Some("text/csv"));
    assert_eq!(read.metadata().unwrap()["from"], "here");
    assert_eq!(read.body.collect().await.unwrap().to_vec(), b"one");

    let part = CompletedPart::builder()
        .part_number(1)
        .set_e_tag(part.e_tag)
        .set_checksum_crc32(part.checksum_crc32)
        .build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = world
        .client
        .complete_multipart_upload()
        .bucket(DROP)
        .key("b");
    complete
        .upload_id(upload)
        .multipart_upload(parts)
        .send()
        .await
        .unwrap();
    assert!(world.get(DROP, "b").await == bytes(5 * MIB));

    // A new write is later than all before it, though this clock began anew.
    let newest = world.put(DROP, "住民.csv", "three").await.unwrap();
    assert!(
        after
            .versions()
            .iter()
            .all(|version| version.version_id().unwrap() < newest.as_str())
    );
}

#[tokio::test]
async fn what_belongs_to_nothing_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let version = {
        let world = World::in_folder(folder.path()).await;
        let version = world.put(DROP, "a", "kept").await.unwrap();
        world.close().await;
        version
    };
    let bucket = folder.path().join("buckets").join(DROP);
    let strays = [
        folder.path().join("staging/0"),
        bucket.join("00000000000000aa.bytes"),
        folder
            .path()
            .join("uploads")
            .join(DROP)
            .join("00000000000000bb"),
    ];
    std::fs::write(&strays[0], "half").unwrap();
    std::fs::write(&strays[1], "bytes without a description").unwrap();
    std::fs::create_dir_all(&strays[2]).unwrap();
    // A description whose bytes never reached the disk.
    let text = std::fs::read_to_string(bucket.join(format!("{version}.json"))).unwrap();
    let sequence = u64::from_str_radix(&version, 16).unwrap();
    let lost = text.replace(&sequence.to_string(), &0xcc_u64.to_string());
    assert_ne!(lost, text);
    std::fs::write(bucket.join("00000000000000cc.json"), lost).unwrap();

    let world = World::in_folder(folder.path()).await;
    let listed = world
        .client
        .list_object_versions()
        .bucket(DROP)
        .send()
        .await
        .unwrap();
    assert_eq!(listed.versions().len(), 1);
    assert_eq!(world.get(DROP, "a").await, b"kept");
    assert!(strays.iter().all(|stray| !stray.exists()));
    assert!(!bucket.join("00000000000000cc.json").exists());
}

#[tokio::test]
async fn a_folder_is_open_in_one_process_only() {
    let folder = tempfile::tempdir().unwrap();
    let _world = World::in_folder(folder.path()).await;
    let storage = Storage::Folder(folder.path().to_owned());
    let again = LocalS3::new(
        storage,
        &[],
        &local::s3::Credentials {
            access_key: String::new(),
            secret_key: String::new(),
        },
        Arc::new(|_| true),
        Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
    );
    let error = format!("{:#}", again.err().unwrap());
    assert!(error.contains("in use"), "{error}");
}

#[test]
fn a_description_of_another_schema_is_refused_and_not_swept() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = folder.path().join("buckets").join(DROP);
    std::fs::create_dir_all(&bucket).unwrap();
    let path = bucket.join("00000000000000aa.json");
    std::fs::write(&path, r#"{"schema":2}"#).unwrap();
    let storage = Storage::Folder(folder.path().to_owned());
    let opened = std::panic::catch_unwind(|| open(storage, &Arc::default()));
    assert!(opened.is_err());
    assert!(path.exists());
}

/// The S3 that [`a_killed_process_loses_nothing_that_it_acknowledged`] kills: a process of its
/// own, writing down what it announces.
#[tokio::test]
#[ignore = "started by another test"]
async fn child() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test has no other way to pass an argument"
    )]
    let folder = PathBuf::from(std::env::var("S3_FOLDER").unwrap());
    let log = std::fs::File::options()
        .append(true)
        .create(true)
        .open(log_of(&folder))
        .unwrap();
    let log = Mutex::new(log);
    let s3 = LocalS3::new(
        Storage::Folder(folder),
        &crate::world::buckets(),
        &local::s3::Credentials {
            access_key: crate::world::ACCESS_KEY.to_owned(),
            secret_key: crate::world::SECRET_KEY.to_owned(),
        },
        Arc::new(move |object: ObjectCreated| {
            // In one write: a kill between two would leave half a line for the next child to end.
            let line = object.version.unwrap() + "\n";
            log.lock().unwrap().write_all(line.as_bytes()).is_ok()
        }),
        Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
    );
    let s3 = s3.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nserving http://{}", listener.local_addr().unwrap());
    s3.announce_pending();
    s3.serve(listener).await.unwrap();
}

fn log_of(folder: &Path) -> PathBuf {
    folder.with_extension("announced")
}

fn start_child(folder: &Path) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "survival::child", "--ignored", "--nocapture"])
        .env("S3_FOLDER", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let endpoint = lines.find_map(|line| line.unwrap().strip_prefix("serving ").map(str::to_owned));
    // Reading on would keep a thread; the pipe is large enough for the little that follows.
    std::mem::forget(lines);
    (child, endpoint.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("s3");
    let mut acknowledged: Vec<(String, String, usize)> = Vec::new();
    for round in 0..6 {
        let (mut child, endpoint) = start_child(&folder);
        let s3 = client(&endpoint);
        let done = Mutex::new(Vec::new());
        let writer = |writer: usize| {
            let (s3, done) = (&s3, &done);
            async move {
                for n in 0.. {
                    let length = 1 + (n * 7919 + writer * 104_729) % 300_000;
                    let key = format!("{round}/{writer}/{}", n % 3);
                    let put = s3
                        .put_object()
                        .bucket(DROP)
                        .key(&key)
                        .body(bytes(length).into());
                    let Ok(put) = put.send().await else { return };
                    let version = put.version_id.unwrap();
                    done.lock().unwrap().push((key, version, length));
                }
            }
        };
        let kill = async {
            // In the middle of whatever comes after so many answers.
            while done.lock().unwrap().len() < 10 + 7 * round {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            // SIGKILL.
            child.kill().unwrap();
            child.wait().unwrap();
        };
        tokio::join!(writer(0), writer(1), writer(2), kill);
        acknowledged.extend(done.into_inner().unwrap());
    }

    let owed = Arc::new(Mutex::new(Vec::new()));
    let s3 = open(Storage::Folder(folder.clone()), &owed);
    s3.announce_pending();
    let log = std::fs::read_to_string(log_of(&folder)).unwrap();
    let mut announced: HashSet<String> = log.lines().map(str::to_owned).collect();
    announced.extend(
        owed.lock()
            .unwrap()
            .iter()
            .filter_map(|object| object.version.clone()),
    );
    drop(s3);

    let world = World::in_folder(&folder).await;
    for (key, version, length) in &acknowledged {
        let read = world
            .client
            .get_object()
            .bucket(DROP)
            .key(key)
            .version_id(version);
        let read = read
            .send()
            .await
            .unwrap()
            .body
            .collect()
            .await
            .unwrap()
            .to_vec();
        assert!(read == bytes(*length), "{key} {version}");
    }
    let mut exist = HashSet::new();
    let list = world.client.list_object_versions().bucket(DROP);
    let (mut key, mut version) = (None, None);
    loop {
        let page = list
            .clone()
            .set_key_marker(key)
            .set_version_id_marker(version);
        let page = page.send().await.unwrap();
        exist.extend(
            page.versions()
                .iter()
                .map(|v| v.version_id().unwrap().to_owned()),
        );
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
    }
    assert!(exist.len() >= acknowledged.len());
    let differing: Vec<_> = exist.symmetric_difference(&announced).collect();
    assert!(
        differing.is_empty(),
        "what exists was announced, and nothing else: {differing:?}"
    );
}
