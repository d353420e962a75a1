//! The crate `objects` against this S3.

use std::time::Duration;

use aws_sdk_s3::Client;
use bytes::Bytes;
use domain::{FileKind, Generation, TenantCode, TenantScope, UploadId};
use jiff::Timestamp;
use objects::{InboxKey, ObjectName, Objects, ObjectsError, PinnedObject, RangedReader};

use crate::in_both;
use crate::links::follow;
use crate::world::{DROP, PLAIN, World, bytes};

const MIB: usize = 1024 * 1024;

fn scope(code: &str) -> TenantScope {
    TenantScope::for_operator(TenantCode::parse(code).unwrap())
}

fn objects(client: &Client) -> Objects {
    Objects::new(client.clone(), DROP.to_owned())
}

async fn read_all(mut reader: RangedReader) -> Result<Vec<u8>, ObjectsError> {
    let mut all = Vec::new();
    while let Some(bytes) = reader.next().await? {
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

in_both!(objects_of_any_size_are_written_and_read_back, world, {
    let (objects, chiyoda) = (objects(&world.client), scope("131016"));
    for length in [0, 1, 8 * MIB, 8 * MIB + 1, 20 * MIB] {
        let content = bytes(length);
        let name = ObjectName::Manifest(Generation::new(length as u64), 0);
        let mut writer = objects.writer(&chiyoda, &name);
        for piece in content.chunks(3 * MIB + 17) {
            writer.write(piece).await.unwrap();
        }
        let version = writer.finish().await.unwrap();
        let pinned = PinnedObject::written(&chiyoda, &name, &version);
        let head = objects.head(&chiyoda, &pinned).await.unwrap();
        assert_eq!(head.size, length as u64);
        let opened = objects.open(&chiyoda, &pinned).await.unwrap();
        assert!(read_all(opened).await.unwrap() == content, "{length}");
        let whole = objects.read_whole(&chiyoda, &pinned).await.unwrap();
        assert!(whole == content, "{length}");
        let small_ranges = objects.reader(&chiyoda, &pinned, 0..head.size).unwrap();
        let read = read_all(small_ranges.with_range_size(3_333_333))
            .await
            .unwrap();
        assert!(read == content, "{length}");
        if length > MIB {
            let part = objects
                .read_range(&chiyoda, &pinned, 10..1_000_010)
                .await
                .unwrap();
            assert!(part == content[10..1_000_010]);
        }
    }
    let open = world
        .client
        .list_multipart_uploads()
        .bucket(DROP)
        .send()
        .await
        .unwrap();
    assert_eq!(open.uploads().len(), 0);
});

in_both!(a_pinned_version_stays_what_it_was, world, {
    let (objects, chiyoda) = (objects(&world.client), scope("131016"));
    let key = InboxKey::for_drop(&chiyoda, FileKind::Residents, "a.csv").unwrap();
    let mut drop = objects.drop_writer(&chiyoda, &key).unwrap();
    drop.write(b"first").await.unwrap();
    let version = drop.finish().await.unwrap();
    let pinned = PinnedObject::dropped(&key, &version);
    world.put(DROP, &key.key(), "second, longer").await;
    let read = objects.open(&chiyoda, &pinned).await.unwrap();
    assert_eq!(read_all(read).await.unwrap(), b"first");

    let delete = world
        .client
        .delete_object()
        .bucket(DROP)
        .key(key.key())
        .version_id(&version);
    delete.send().await.unwrap();
    assert_eq!(
        objects.head(&chiyoda, &pinned).await,
        Err(ObjectsError::Gone)
    );
    let read = objects.read_range(&chiyoda, &pinned, 0..5).await;
    assert_eq!(read, Err(ObjectsError::Gone));
    let marker = world
        .client
        .delete_object()
        .bucket(DROP)
        .key(key.key())
        .send()
        .await
        .unwrap();
    let marker = PinnedObject::dropped(&key, marker.version_id().unwrap());
    assert_eq!(
        objects.head(&chiyoda, &marker).await,
        Err(ObjectsError::Gone)
    );
    assert_eq!(
        objects.read_range(&chiyoda, &marker, 0..5).await,
        Err(ObjectsError::Gone)
    );
});

in_both!(a_writer_given_up_leaves_no_parts, world, {
    let (objects, chiyoda) = (objects(&world.client), scope("131016"));
    let name = ObjectName::Refused(UploadId::derive(&[1; 32]));
    let mut writer = objects.writer(&chiyoda, &name);
    writer.write(&bytes(9 * MIB)).await.unwrap();
    let open = world.client.list_multipart_uploads().bucket(DROP);
    assert_eq!(open.clone().send().await.unwrap().uploads().len(), 1);
    writer.abort().await.unwrap();
    assert_eq!(open.send().await.unwrap().uploads().len(), 0);
    assert!(world.created().is_empty());
});

#[tokio::test]
async fn another_tenants_object_is_not_even_asked_for() {
    let world = World::in_memory().await;
    let (objects, chiyoda, sapporo) = (objects(&world.client), scope("131016"), scope("011002"));
    let key = InboxKey::for_drop(&chiyoda, FileKind::Residents, "a.csv").unwrap();
    let version = world.put(DROP, &key.key(), "x").await.unwrap();
    let pinned = PinnedObject::dropped(&key, &version);
    assert!(objects.head(&chiyoda, &pinned).await.is_ok());
    assert_eq!(
        objects.head(&sapporo, &pinned).await,
        Err(ObjectsError::Foreign)
    );
    let read = objects.read_range(&sapporo, &pinned, 0..1).await;
    assert_eq!(read, Err(ObjectsError::Foreign));
    assert!(matches!(
        objects.reader(&sapporo, &pinned, 0..1),
        Err(ObjectsError::Foreign)
    ));
    assert!(matches!(
        objects.drop_writer(&sapporo, &key),
        Err(ObjectsError::Foreign)
    ));
    let link = objects.upload_link(
        &sapporo,
        &key,
        "a.mark",
        Timestamp::UNIX_EPOCH,
        Duration::from_secs(1),
    );
    assert!(matches!(link.await, Err(ObjectsError::Foreign)));
}

#[tokio::test]
async fn a_bucket_without_versions_is_reported() {
    let world = World::in_memory().await;
    let plain = Objects::new(world.client.clone(), PLAIN.to_owned());
    let name = ObjectName::Manifest(Generation::new(1), 0);
    let put = plain
        .put_small(&scope("131016"), &name, Bytes::from_static(b"x"))
        .await;
    let code = "BucketWithoutVersions".to_owned();
    assert_eq!(
        put,
        Err(ObjectsError::Ours {
            call: "PutObject",
            code
        })
    );
}

#[tokio::test]
async fn links_carry_a_file_in_and_its_receipt_out() {
    let world = World::in_memory().await;
    let (objects, chiyoda) = (objects(&world.client), scope("131016"));
    #[expect(
        clippy::disallowed_methods,
        reason = "s3s judges links by the machine's clock"
    )]
    let now = Timestamp::now();
    let minute = Duration::from_mins(1);

    let key = InboxKey::for_drop(&chiyoda, FileKind::Residents, "住民 (1).csv").unwrap();
    let link = objects
        .upload_link(&chiyoda, &key, "a.mark", now, minute)
        .await
        .unwrap();
    assert_eq!(link.expires, now + minute);
    let header = |mark: &str| vec![("x-amz-meta-by".to_owned(), mark.to_owned())];
    assert_eq!(link.headers, header("a.mark"));
    // Without the mark, or with another, it is not the request that was signed.
    for other in [Vec::new(), header("another"), header("")] {
        assert_eq!(follow("PUT", &link.url, &other, b"x,y").await.0, 403);
    }
    assert!(world.created().is_empty());
    assert_eq!(follow("PUT", &link.url, &link.headers, b"x,y").await.0, 200);
    let created = world.created().remove(0);
    assert_eq!(created.key, key.key());
    let pinned = PinnedObject::dropped(&key, &created.version.unwrap());
    let head = objects.head(&chiyoda, &pinned).await.unwrap();
    assert_eq!(head.mark.as_deref(), Some("a.mark"));

    let upload = UploadId::derive(&[2; 32]);
    for (name, body) in [
        (ObjectName::Receipt(upload), "{}"),
        (ObjectName::Errors(upload), "a,b"),
    ] {
        objects
            .put_small(&chiyoda, &name, Bytes::from(body))
            .await
            .unwrap();
    }
    let receipt = objects
        .receipt_link(&chiyoda, upload, now, minute)
        .await
        .unwrap();
    assert_eq!(
        follow("GET", &receipt.url, &[], b"").await,
        (200, Bytes::from_static(b"{}"))
    );
    let errors = objects
        .errors_link(&chiyoda, upload, now, minute)
        .await
        .unwrap();
    assert_eq!(
        follow("GET", &errors.url, &[], b"").await,
        (200, Bytes::from_static(b"a,b"))
    );
}

/// An S3 whose answers begin well and break off.
mod cut {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    use super::*;
    use crate::world::client;

    /// Serves `content`, a fifth of what is asked in each of the first `cuts` answers.
    async fn serve(content: Vec<u8>, cuts: u32) -> (String, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let left = Arc::new(AtomicU32::new(cuts));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let range = head.lines().find_map(|line| line.strip_prefix("range: bytes="));
                let (first, last) = range.unwrap().split_once('-').unwrap();
                let asked = &content[first.parse().unwrap()..=last.parse::<usize>().unwrap()];
                let cut = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
                    n.checked_sub(1)
                });
                let sent = if cut.is_ok() { asked.len() / 5 } else { asked.len() };
                let length = asked.len();
                let answer = format!("HTTP/1.1 206 Partial Content\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.write_all(&asked[..sent]).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        (endpoint, serving)
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_taken_up_where_it_broke() {
        for (cuts, read) in [(1, true), (3, true), (4, false)] {
            let content = bytes(100_000);
            let (endpoint, _serving) = serve(content.clone(), cuts).await;
            let chiyoda = scope("131016");
            let name = ObjectName::Manifest(Generation::new(1), 0);
            let pinned = PinnedObject::written(&chiyoda, &name, "v");
            let reader = objects(&client(&endpoint)).reader(&chiyoda, &pinned, 0..100_000);
            match read_all(reader.unwrap()).await {
                Ok(bytes) => assert!(read && bytes == content, "{cuts}"),
                Err(error) => assert!(!read && error.is_passing(), "{cuts}: {error}"),
            }
        }
    }
}
