use std::collections::HashMap;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, MetadataDirective};

use crate::world::{DROP, PLAIN, SECRET_KEY, World, bytes, client, client_signing_with};
use crate::{code_of, in_both};

in_both!(
    each_write_makes_a_version_and_the_last_is_in_force,
    world,
    {
        let first = world.put(DROP, "a", "one").await.unwrap();
        let second = world.put(DROP, "a", "two").await.unwrap();
        assert!(first < second);
        assert_eq!(world.get(DROP, "a").await, b"two");
        let read = world
            .client
            .get_object()
            .bucket(DROP)
            .key("a")
            .version_id(&first);
        let answer = read.send().await.unwrap();
        assert_eq!(answer.version_id(), Some(first.as_str()));
        assert_eq!(answer.body.collect().await.unwrap().to_vec(), b"one");
    }
);

in_both!(
    a_bucket_without_versions_keeps_the_last_write_only,
    world,
    {
        assert_eq!(world.put(PLAIN, "a", "one").await, None);
        assert_eq!(world.put(PLAIN, "a", "two").await, None);
        assert_eq!(world.get(PLAIN, "a").await, b"two");
        let listed = world
            .client
            .list_object_versions()
            .bucket(PLAIN)
            .send()
            .await
            .unwrap();
        assert_eq!(listed.versions().len(), 1);
        assert_eq!(listed.versions()[0].version_id(), Some("null"));
        world
            .client
            .delete_object()
            .bucket(PLAIN)
            .key("a")
            .send()
            .await
            .unwrap();
        let read = world.client.get_object().bucket(PLAIN).key("a");
        assert_eq!(code_of!(read), (404, "NoSuchKey".to_owned()));
    }
);

in_both!(what_a_client_says_about_an_object_comes_back, world, {
    let metadata = HashMap::from([("from".to_owned(), "a system".to_owned())]);
    let put = world
        .client
        .put_object()
        .bucket(DROP)
        .key("住民 1.csv")
        .content_type("text/csv");
    let put = put
        .set_metadata(Some(metadata.clone()))
        .body(ByteStream::from_static(b"x"));
    put.content_disposition("attachment").send().await.unwrap();
    let head = world
        .client
        .head_object()
        .bucket(DROP)
        .key("住民 1.csv")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_type(), Some("text/csv"));
    assert_eq!(head.content_disposition(), Some("attachment"));
    assert_eq!(head.metadata(), Some(&metadata));
    assert_eq!(head.content_length(), Some(1));
    assert_eq!(head.e_tag(), Some("\"9dd4e461268c8034f5c8564e155c67a6\""));

    let copy = world.client.copy_object().bucket(PLAIN).key("b");
    let copy = copy.copy_source(format!("{DROP}/%E4%BD%8F%E6%B0%91%201.csv"));
    copy.clone().send().await.unwrap();
    let head = world
        .client
        .head_object()
        .bucket(PLAIN)
        .key("b")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_type(), Some("text/csv"));
    let copy = copy
        .metadata_directive(MetadataDirective::Replace)
        .content_type("text/plain");
    copy.send().await.unwrap();
    let head = world
        .client
        .head_object()
        .bucket(PLAIN)
        .key("b")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_type(), Some("text/plain"));
    assert_eq!(world.get(PLAIN, "b").await, b"x");
});

in_both!(a_deleted_key_is_gone_but_its_versions_are_not, world, {
    let version = world.put(DROP, "a", "one").await.unwrap();
    let deleted = world
        .client
        .delete_object()
        .bucket(DROP)
        .key("a")
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    let marker = deleted.version_id().unwrap();

    let read = world.client.get_object().bucket(DROP).key("a");
    assert_eq!(code_of!(read.clone()), (404, "NoSuchKey".to_owned()));
    assert_eq!(
        code_of!(read.clone().version_id(marker)),
        (405, "MethodNotAllowed".to_owned())
    );
    assert!(read.clone().version_id(&version).send().await.is_ok());

    let delete = world.client.delete_object().bucket(DROP).key("a");
    delete.clone().version_id(marker).send().await.unwrap();
    assert_eq!(world.get(DROP, "a").await, b"one");
    delete.clone().version_id(&version).send().await.unwrap();
    let gone = read.clone().version_id(&version);
    assert_eq!(code_of!(gone), (404, "NoSuchVersion".to_owned()));
    // Deleting what is not there is no error.
    delete.version_id(&version).send().await.unwrap();
    assert_eq!(
        code_of!(read.version_id("latest")),
        (400, "InvalidArgument".to_owned())
    );
});

in_both!(a_conditional_write_covers_only_what_it_expects, world, {
    let put = || world.client.put_object().bucket(DROP).key("a");
    let new = || put().if_none_match("*");
    let etag = new().send().await.unwrap().e_tag.unwrap();
    assert_eq!(code_of!(new()), (412, "PreconditionFailed".to_owned()));
    let over = || put().if_match(&etag).body(ByteStream::from_static(b"x"));
    over().send().await.unwrap();
    assert_eq!(code_of!(over()), (412, "PreconditionFailed".to_owned()));
    let delete = world.client.delete_object().bucket(DROP).key("a");
    delete.send().await.unwrap();
    assert_eq!(code_of!(over()), (404, "NoSuchKey".to_owned()));
    // A delete marker is not an object.
    new().send().await.unwrap();
});

#[tokio::test]
async fn of_many_writers_that_want_a_new_key_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path()).await;
    let writes = (0..16).map(|n| {
        let body = ByteStream::from(vec![n]);
        world
            .client
            .put_object()
            .bucket(DROP)
            .key("a")
            .if_none_match("*")
            .body(body)
            .send()
    });
    let done = futures::future::join_all(writes).await;
    assert_eq!(done.iter().filter(|write| write.is_ok()).count(), 1);
    assert_eq!(world.created().len(), 1);
}

in_both!(
    every_checksum_of_s3_is_verified_kept_and_given_back,
    world,
    {
        for algorithm in [
            ChecksumAlgorithm::Crc32,
            ChecksumAlgorithm::Crc32C,
            ChecksumAlgorithm::Crc64Nvme,
            ChecksumAlgorithm::Sha1,
            ChecksumAlgorithm::Sha256,
        ] {
            let put = world
                .client
                .put_object()
                .bucket(DROP)
                .key("a")
                .body(bytes(100_000).into());
            put.checksum_algorithm(algorithm.clone())
                .send()
                .await
                .unwrap();
            let read = world.client.get_object().bucket(DROP).key("a");
            let answer = read.send().await.unwrap();
            let known = [
                answer.checksum_crc32(),
                answer.checksum_crc32_c(),
                answer.checksum_crc64_nvme(),
                answer.checksum_sha1(),
                answer.checksum_sha256(),
            ];
            assert_eq!(known.iter().flatten().count(), 1, "{algorithm}");
            // The SDK compares while it reads.
            assert_eq!(
                answer.body.collect().await.unwrap().to_vec(),
                bytes(100_000)
            );
        }
        let put = || {
            let put = world.client.put_object().bucket(DROP).key("b");
            put.body(bytes(10).into())
        };
        assert_eq!(
            code_of!(put().checksum_crc32("AAAAAA==")),
            (400, "BadDigest".to_owned())
        );
        assert_eq!(
            code_of!(put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==")),
            (400, "BadDigest".to_owned())
        );
        let read = world.client.get_object().bucket(DROP).key("b");
        assert_eq!(code_of!(read), (404, "NoSuchKey".to_owned()));
    }
);

in_both!(a_streamed_body_with_a_trailing_checksum_is_taken, world, {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes(3_000_000)).unwrap();
    let body = ByteStream::from_path(file.path()).await.unwrap();
    world
        .client
        .put_object()
        .bucket(DROP)
        .key("a")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(world.get(DROP, "a").await, bytes(3_000_000));
    let head = world
        .client
        .head_object()
        .bucket(DROP)
        .key("a")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_encoding(), None);
});

in_both!(many_keys_are_deleted_by_one_call, world, {
    use aws_sdk_s3::types::{Delete, ObjectIdentifier};
    world.put(DROP, "a", "1").await;
    let version = world.put(DROP, "b", "2").await;
    let id = |key: &str, version: Option<String>| {
        ObjectIdentifier::builder()
            .key(key)
            .set_version_id(version)
            .build()
            .unwrap()
    };
    let objects = vec![id("a", None), id("b", version), id("c", None)];
    let delete = Delete::builder()
        .set_objects(Some(objects))
        .build()
        .unwrap();
    let done = world
        .client
        .delete_objects()
        .bucket(DROP)
        .delete(delete)
        .send()
        .await
        .unwrap();
    assert_eq!(done.deleted().len(), 3);
    assert!(done.errors().is_empty());
    let left = world
        .client
        .list_object_versions()
        .bucket(DROP)
        .send()
        .await
        .unwrap();
    assert_eq!(left.versions().len(), 1);
    assert_eq!(left.delete_markers().len(), 2);
});

#[tokio::test]
async fn only_the_stacks_own_keys_open_it() {
    let world = World::in_memory().await;
    let wrong = client_signing_with(&world.endpoint, "another")
        .put_object()
        .bucket(DROP)
        .key("a");
    assert_eq!(code_of!(wrong), (403, "SignatureDoesNotMatch".to_owned()));
    let unsigned = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(aws_sdk_s3::config::Region::new("ap-northeast-1"))
        .allow_no_auth()
        .endpoint_url(&world.endpoint)
        .force_path_style(true)
        .build();
    let unsigned = aws_sdk_s3::Client::from_conf(unsigned)
        .get_object()
        .bucket(DROP)
        .key("a");
    assert_eq!(code_of!(unsigned), (403, "AccessDenied".to_owned()));
    assert_ne!(SECRET_KEY, "another");
}

#[tokio::test]
async fn buckets_and_calls_that_are_not_there_are_named() {
    let world = World::in_memory().await;
    let s3 = client(&world.endpoint);
    let missing = s3.put_object().bucket("no-such-bucket").key("a");
    assert_eq!(code_of!(missing), (404, "NoSuchBucket".to_owned()));
    let tagging = s3.get_object_tagging().bucket(DROP).key("a");
    assert_eq!(code_of!(tagging), (501, "NotImplemented".to_owned()));
    let made = s3.create_bucket().bucket("another-bucket");
    assert_eq!(code_of!(made), (501, "NotImplemented".to_owned()));
}
