use crate::in_both;
use crate::world::{DROP, PLAIN, UNHEARD, World};

in_both!(
    each_created_object_is_announced_with_what_s3_would_say,
    world,
    {
        let version = world
            .put(DROP, "inbox/131016/residents/住民.csv", "abc")
            .await;
        world.put(PLAIN, "b", "").await;
        world
            .put(DROP, "inbox/131016/residents/住民.csv", "abcd")
            .await;
        world
            .client
            .delete_object()
            .bucket(PLAIN)
            .key("b")
            .send()
            .await
            .unwrap();

        let events = world.created();
        assert_eq!(events.len(), 3);
        let first = &events[0];
        assert_eq!((first.bucket.as_str(), first.size), (DROP, 3));
        assert_eq!(first.key, "inbox/131016/residents/住民.csv");
        assert_eq!(first.version, version);
        assert_eq!(first.etag, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(first.event_name, "ObjectCreated:Put");
        assert!(
            first
                .event_time
                .to_string()
                .starts_with("2021-04-12T00:00:00")
        );
        assert_eq!(events[1].version, None);
        assert!(first.sequencer < events[2].sequencer);
        assert_eq!(world.s3.announce_pending(), 0);
    }
);

in_both!(a_failed_write_is_not_announced, world, {
    let put = world
        .client
        .put_object()
        .bucket(DROP)
        .key("a")
        .checksum_crc32("AAAAAA==");
    assert!(put.body(b"x".to_vec().into()).send().await.is_err());
    assert!(world.created().is_empty());
});

#[tokio::test]
async fn what_was_not_taken_in_is_announced_again_after_each_start() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path()).await;
    world.put(DROP, "heard", "x").await;
    let version = world.put(DROP, UNHEARD, "x").await;
    assert_eq!(world.created().len(), 2);
    world.close().await;
    for _ in 0..2 {
        let world = World::in_folder(folder.path()).await;
        assert_eq!(world.s3.announce_pending(), 1);
        let again = world.created();
        assert_eq!((again.len(), &again[0].version), (1, &version));
        world.close().await;
    }
}
