use aws_sdk_s3::primitives::DateTime;

use crate::world::{DROP, World, bytes};
use crate::{code_of, in_both};

in_both!(ranges_are_cut_as_http_says, world, {
    let content = bytes(600_000);
    world.put(DROP, "a", content.clone()).await;
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=100-500099", 100, 500_100),
        ("bytes=599999-", 599_999, 600_000),
        ("bytes=599990-700000", 599_990, 600_000),
        ("bytes=-3", 599_997, 600_000),
        ("bytes=-700000", 0, 600_000),
    ] {
        let read = world.client.get_object().bucket(DROP).key("a").range(range);
        let answer = read.send().await.unwrap();
        let shown = format!("bytes {from}-{}/600000", to - 1);
        assert_eq!(answer.content_range(), Some(shown.as_str()), "{range}");
        assert_eq!(answer.content_length(), i64::try_from(to - from).ok());
        assert_eq!(
            answer.body.collect().await.unwrap().to_vec(),
            content[from..to],
            "{range}"
        );
    }
    let past = world
        .client
        .get_object()
        .bucket(DROP)
        .key("a")
        .range("bytes=600000-");
    assert_eq!(code_of!(past), (416, "InvalidRange".to_owned()));
    let head = world
        .client
        .head_object()
        .bucket(DROP)
        .key("a")
        .range("bytes=0-9");
    assert_eq!(head.send().await.unwrap().content_length(), Some(10));
});

in_both!(an_empty_object_is_an_object, world, {
    world.put(DROP, "a", "").await;
    assert_eq!(world.get(DROP, "a").await, b"");
    let range = world
        .client
        .get_object()
        .bucket(DROP)
        .key("a")
        .range("bytes=0-");
    assert_eq!(code_of!(range), (416, "InvalidRange".to_owned()));
});

in_both!(conditions_on_reads_are_honoured, world, {
    world.put(DROP, "a", "x").await;
    let read = world.client.get_object().bucket(DROP).key("a");
    let answer = read.clone().send().await.unwrap();
    let (etag, modified) = (answer.e_tag.unwrap(), answer.last_modified.unwrap());
    let before = DateTime::from_secs(modified.secs() - 1);

    assert!(read.clone().if_match(&etag).send().await.is_ok());
    assert!(read.clone().if_none_match("\"other\"").send().await.is_ok());
    assert!(read.clone().if_modified_since(before).send().await.is_ok());
    assert!(
        read.clone()
            .if_unmodified_since(modified)
            .send()
            .await
            .is_ok()
    );
    assert_eq!(code_of!(read.clone().if_match("\"other\"")).0, 412);
    assert_eq!(code_of!(read.clone().if_none_match(&etag)).0, 304);
    assert_eq!(code_of!(read.clone().if_modified_since(modified)).0, 304);
    assert_eq!(code_of!(read.clone().if_unmodified_since(before)).0, 412);
    // Entity tags outweigh dates.
    assert!(
        read.clone()
            .if_match(&etag)
            .if_unmodified_since(before)
            .send()
            .await
            .is_ok()
    );
    assert_eq!(
        code_of!(read.if_none_match(&etag).if_modified_since(before)).0,
        304
    );
});

in_both!(
    a_head_tells_of_what_is_missing_by_its_status_alone,
    world,
    {
        let head = world.client.head_object().bucket(DROP).key("a");
        assert_eq!(code_of!(head), (404, "NotFound".to_owned()));
        let bucket = world.client.head_bucket().bucket("no-such-bucket");
        assert_eq!(code_of!(bucket), (404, "NotFound".to_owned()));
    }
);

#[tokio::test]
async fn a_version_deleted_while_it_is_read_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path()).await;
    let content = bytes(20_000_000);
    let version = world.put(DROP, "a", content.clone()).await.unwrap();
    let answer = world
        .client
        .get_object()
        .bucket(DROP)
        .key("a")
        .send()
        .await
        .unwrap();
    let delete = world
        .client
        .delete_object()
        .bucket(DROP)
        .key("a")
        .version_id(version);
    delete.send().await.unwrap();
    assert!(answer.body.collect().await.unwrap().to_vec() == content);
}
