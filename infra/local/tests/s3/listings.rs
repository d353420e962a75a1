use aws_sdk_s3::types::{BucketVersioningStatus, EncodingType};

use crate::in_both;
use crate::world::{DROP, PLAIN, REGION, World};

async fn fill(world: &World) {
    for key in [
        "in/1/a.csv",
        "in/1/b.csv",
        "in/2/a.csv",
        "in/é +.csv",
        "out/x",
    ] {
        world.put(DROP, key, key).await;
    }
    world.put(DROP, "in/1/a.csv", "again").await;
    world
        .client
        .delete_object()
        .bucket(DROP)
        .key("in/1/b.csv")
        .send()
        .await
        .unwrap();
}

in_both!(listings_show_what_is_in_force_page_by_page, world, {
    fill(&world).await;
    for page_size in 1..6 {
        let pages = world
            .client
            .list_objects_v2()
            .bucket(DROP)
            .prefix("in/")
            .max_keys(page_size);
        let mut pages = pages.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            assert!(page.key_count().unwrap() <= page_size);
            keys.extend(
                page.contents()
                    .iter()
                    .map(|object| object.key().unwrap().to_owned()),
            );
        }
        assert_eq!(keys, ["in/1/a.csv", "in/2/a.csv", "in/é +.csv"]);
    }
    let list = world.client.list_objects_v2().bucket(DROP);
    let after = list.clone().start_after("in/2/a.csv").send().await.unwrap();
    assert_eq!(after.contents().len(), 2);
    let size = list.prefix("in/1/").send().await.unwrap().contents()[0].size();
    assert_eq!(size, Some(5));
});

in_both!(a_delimiter_shows_folders, world, {
    fill(&world).await;
    for page_size in 1..4 {
        let pages = world
            .client
            .list_objects_v2()
            .bucket(DROP)
            .prefix("in/")
            .delimiter("/");
        let mut pages = pages.max_keys(page_size).into_paginator().send();
        let (mut folders, mut keys) = (Vec::new(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            folders.extend(
                page.common_prefixes()
                    .iter()
                    .map(|p| p.prefix().unwrap().to_owned()),
            );
            keys.extend(
                page.contents()
                    .iter()
                    .map(|object| object.key().unwrap().to_owned()),
            );
        }
        assert_eq!(folders, ["in/1/", "in/2/"], "pages of {page_size}");
        assert_eq!(keys, ["in/é +.csv"]);
    }
});

in_both!(keys_are_spelled_for_urls_when_that_is_asked, world, {
    fill(&world).await;
    let list = world.client.list_objects_v2().bucket(DROP).prefix("in/é");
    let list = list.encoding_type(EncodingType::Url).send().await.unwrap();
    assert_eq!(list.contents()[0].key(), Some("in/%C3%A9%20%2B.csv"));
    assert_eq!(list.encoding_type(), Some(&EncodingType::Url));
});

in_both!(versions_and_markers_are_listed_newest_first, world, {
    fill(&world).await;
    for page_size in 1..8 {
        let list = world
            .client
            .list_object_versions()
            .bucket(DROP)
            .prefix("in/1/");
        let mut entries = Vec::new();
        let (mut key, mut version) = (None, None);
        loop {
            let page = list.clone().max_keys(page_size);
            let page = page.set_key_marker(key).set_version_id_marker(version);
            let page = page.send().await.unwrap();
            for found in page.versions() {
                let latest = found.is_latest().unwrap();
                entries.push((found.key().unwrap().to_owned(), latest, found.size()));
            }
            for marker in page.delete_markers() {
                let latest = marker.is_latest().unwrap();
                entries.push((marker.key().unwrap().to_owned(), latest, None));
            }
            if page.is_truncated() != Some(true) {
                break;
            }
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
        }
        entries.sort();
        let entry = |key: &str, latest, size| (key.to_owned(), latest, size);
        assert_eq!(
            entries,
            [
                entry("in/1/a.csv", false, Some(10)),
                entry("in/1/a.csv", true, Some(5)),
                entry("in/1/b.csv", false, Some(10)),
                entry("in/1/b.csv", true, None),
            ],
            "pages of {page_size}"
        );
    }
});

in_both!(buckets_tell_what_they_are, world, {
    let s3 = &world.client;
    let listed = s3.list_buckets().send().await.unwrap();
    let names: Vec<_> = listed
        .buckets()
        .iter()
        .map(|bucket| bucket.name().unwrap())
        .collect();
    assert_eq!(names, [DROP, PLAIN]);
    s3.head_bucket().bucket(DROP).send().await.unwrap();
    let location = s3.get_bucket_location().bucket(DROP).send().await.unwrap();
    assert_eq!(location.location_constraint().unwrap().as_str(), REGION);
    let versioning = s3
        .get_bucket_versioning()
        .bucket(DROP)
        .send()
        .await
        .unwrap();
    assert_eq!(versioning.status(), Some(&BucketVersioningStatus::Enabled));
    let versioning = s3
        .get_bucket_versioning()
        .bucket(PLAIN)
        .send()
        .await
        .unwrap();
    assert_eq!(versioning.status(), None);
});
