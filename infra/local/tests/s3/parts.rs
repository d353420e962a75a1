use aws_sdk_s3::operation::create_multipart_upload::CreateMultipartUploadOutput;
use aws_sdk_s3::operation::upload_part::UploadPartOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};

use crate::world::{DROP, World, bytes};
use crate::{code_of, in_both};

const MIB: usize = 1024 * 1024;

async fn begin(world: &World) -> CreateMultipartUploadOutput {
    let begin = world.client.create_multipart_upload().bucket(DROP).key("a");
    let begin = begin.checksum_algorithm(ChecksumAlgorithm::Crc32);
    begin.send().await.unwrap()
}

async fn part(world: &World, upload: &str, number: i32, length: usize) -> UploadPartOutput {
    let body = bytes(length).into();
    let part = world
        .client
        .upload_part()
        .bucket(DROP)
        .key("a")
        .upload_id(upload);
    part.part_number(number).body(body).send().await.unwrap()
}

fn chosen(parts: &[(i32, &UploadPartOutput)]) -> CompletedMultipartUpload {
    let parts = parts.iter().map(|(number, part)| {
        CompletedPart::builder()
            .part_number(*number)
            .set_e_tag(part.e_tag.clone())
            .set_checksum_crc32(part.checksum_crc32.clone())
            .build()
    });
    CompletedMultipartUpload::builder()
        .set_parts(Some(parts.collect()))
        .build()
}

in_both!(parts_sent_in_any_order_become_one_object, world, {
    let upload = begin(&world).await.upload_id.unwrap();
    let third = part(&world, &upload, 30, 10).await;
    part(&world, &upload, 7, 11).await;
    let first = part(&world, &upload, 1, 5 * MIB).await;
    // Sent again, a part replaces the earlier one.
    let second = part(&world, &upload, 7, 6 * MIB).await;

    let listed = world
        .client
        .list_parts()
        .bucket(DROP)
        .key("a")
        .upload_id(&upload);
    let page = listed.clone().max_parts(2).send().await.unwrap();
    let numbers: Vec<_> = page
        .parts()
        .iter()
        .map(|part| part.part_number().unwrap())
        .collect();
    assert_eq!((numbers, page.is_truncated()), (vec![1, 7], Some(true)));
    let page = listed.part_number_marker("7").send().await.unwrap();
    assert_eq!((page.parts().len(), page.is_truncated()), (1, Some(false)));
    assert_eq!(page.parts()[0].size(), Some(10));

    let complete = world
        .client
        .complete_multipart_upload()
        .bucket(DROP)
        .key("a");
    let complete = complete.upload_id(&upload);
    let complete = complete.multipart_upload(chosen(&[(1, &first), (7, &second), (30, &third)]));
    let done = complete.clone().send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-3\""));
    assert!(done.checksum_crc32().unwrap().ends_with("-3"));
    assert_eq!(done.checksum_type(), Some(&ChecksumType::Composite));
    let whole = [bytes(5 * MIB), bytes(6 * MIB), bytes(10)].concat();
    assert!(world.get(DROP, "a").await == whole);

    assert_eq!(code_of!(complete), (404, "NoSuchUpload".to_owned()));
    let events = world.created();
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].event_name,
        "ObjectCreated:CompleteMultipartUpload"
    );
    assert_eq!(events[0].version, done.version_id);
    assert_eq!(events[0].size, whole.len() as u64);
});

in_both!(
    a_part_list_that_does_not_fit_leaves_the_upload_as_it_was,
    world,
    {
        let upload = begin(&world).await.upload_id.unwrap();
        let small = part(&world, &upload, 1, 10).await;
        let last = part(&world, &upload, 2, 20).await;
        let complete = world
            .client
            .complete_multipart_upload()
            .bucket(DROP)
            .key("a");
        let complete = complete.upload_id(&upload);
        let unsummed = CompletedPart::builder()
            .part_number(2)
            .set_e_tag(last.e_tag.clone())
            .build();
        let unsummed = CompletedMultipartUpload::builder().parts(unsummed).build();
        for (parts, code) in [
            (chosen(&[(2, &last), (1, &small)]), "InvalidPartOrder"),
            (chosen(&[(2, &small)]), "InvalidPart"),
            (chosen(&[(3, &last)]), "InvalidPart"),
            (chosen(&[(1, &small), (2, &last)]), "EntityTooSmall"),
            (unsummed, "InvalidRequest"),
        ] {
            assert_eq!(
                code_of!(complete.clone().multipart_upload(parts)),
                (400, code.to_owned())
            );
        }
        complete
            .multipart_upload(chosen(&[(2, &last)]))
            .send()
            .await
            .unwrap();
        assert_eq!(world.get(DROP, "a").await, bytes(20));
    }
);

in_both!(an_aborted_upload_leaves_nothing, world, {
    let upload = begin(&world).await.upload_id.unwrap();
    part(&world, &upload, 1, 10).await;
    let open = world.client.list_multipart_uploads().bucket(DROP);
    assert_eq!(open.clone().send().await.unwrap().uploads().len(), 1);
    let abort = world
        .client
        .abort_multipart_upload()
        .bucket(DROP)
        .key("a")
        .upload_id(&upload);
    abort.clone().send().await.unwrap();
    assert_eq!(open.send().await.unwrap().uploads().len(), 0);
    assert_eq!(code_of!(abort), (404, "NoSuchUpload".to_owned()));
    let part = world
        .client
        .upload_part()
        .bucket(DROP)
        .key("a")
        .upload_id(&upload)
        .part_number(1);
    assert_eq!(code_of!(part), (404, "NoSuchUpload".to_owned()));
    assert!(world.created().is_empty());
});

in_both!(
    a_checksum_over_the_whole_is_compared_with_the_whole,
    world,
    {
        let begin = world.client.create_multipart_upload().bucket(DROP).key("a");
        let begin = begin.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
        let upload = begin
            .checksum_type(ChecksumType::FullObject)
            .send()
            .await
            .unwrap();
        let upload = upload.upload_id.unwrap();
        let part = world
            .client
            .upload_part()
            .bucket(DROP)
            .key("a")
            .upload_id(&upload)
            .part_number(1);
        let part = part.body(b"123456789".to_vec().into());
        let part = part
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .send()
            .await
            .unwrap();
        let part = CompletedPart::builder()
            .part_number(1)
            .set_e_tag(part.e_tag)
            .build();
        let complete = world
            .client
            .complete_multipart_upload()
            .bucket(DROP)
            .key("a");
        let complete = complete
            .upload_id(&upload)
            .checksum_type(ChecksumType::FullObject);
        let parts = CompletedMultipartUpload::builder().parts(part).build();
        let complete = complete.multipart_upload(parts);
        let wrong = complete.clone().checksum_crc64_nvme("AAAAAAAAAAA=");
        assert_eq!(code_of!(wrong), (400, "BadDigest".to_owned()));
        let done = complete
            .checksum_crc64_nvme("rosUhgp5mIg=")
            .send()
            .await
            .unwrap();
        assert_eq!(done.checksum_type(), Some(&ChecksumType::FullObject));
        assert_eq!(world.get(DROP, "a").await, b"123456789");
    }
);

#[tokio::test]
async fn what_came_in_parts_is_dated_by_when_it_was_begun() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path()).await;
    let upload = begin(&world).await.upload_id.unwrap();
    world.wait(600);
    world.put(DROP, "b", "small").await;
    world.wait(600);
    let only = part(&world, &upload, 1, 10).await;
    let complete = world
        .client
        .complete_multipart_upload()
        .bucket(DROP)
        .key("a")
        .upload_id(&upload)
        .multipart_upload(chosen(&[(1, &only)]));
    complete.send().await.unwrap();
    let events = world.created();
    let told: Vec<_> = events.iter().map(|event| event.key.as_str()).collect();
    assert_eq!(told, ["b", "a"], "the event is of the end");
    assert!(
        events[1]
            .event_time
            .duration_since(events[0].event_time)
            .as_secs()
            >= 600
    );

    let dates = dates(&world).await;
    assert_eq!(dates[1].secs() - dates[0].secs(), 600);
    for date in &dates {
        assert_eq!(date.subsec_nanos(), 0, "S3 shows whole seconds");
    }
    let head = world.client.head_object().bucket(DROP).key("a");
    let head = head.send().await.unwrap();
    assert_eq!(head.last_modified(), Some(&dates[0]));
    world.close().await;
    let world = World::in_folder(folder.path()).await;
    assert_eq!(self::dates(&world).await, dates, "also at the next start");
}

/// When the versions were last modified, by key.
async fn dates(world: &World) -> Vec<DateTime> {
    let list = world.client.list_object_versions().bucket(DROP);
    let listed = list.send().await.unwrap();
    let versions = listed.versions().iter();
    versions
        .map(|version| *version.last_modified().unwrap())
        .collect()
}
