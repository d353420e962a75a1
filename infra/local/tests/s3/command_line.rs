//! The ordinary `aws` command. Skipped, and saying so, where it is not installed.

use std::io::Write as _;
use std::path::Path;
use std::time::SystemTime;

use tokio::process::Command;

use crate::world::{ACCESS_KEY, DROP, REGION, SECRET_KEY, World, bytes};

async fn is_installed() -> bool {
    let asked = Command::new("aws").arg("--version").output().await;
    let installed = asked.is_ok_and(|answer| answer.status.success());
    if !installed {
        println!("skipped: there is no aws command");
    }
    installed
}

/// Runs `aws …` against the world and returns what it printed.
async fn aws(world: &World, folder: &Path, arguments: &[&str]) -> String {
    let done = Command::new("aws")
        .args(arguments)
        .args(["--endpoint-url", &world.endpoint])
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PAGER", "")
        .output()
        .await
        .unwrap();
    let printed = String::from_utf8(done.stdout).unwrap();
    let complained = String::from_utf8(done.stderr).unwrap();
    assert!(
        done.status.success(),
        "aws {arguments:?}\n{printed}\n{complained}"
    );
    printed
}

#[tokio::test]
async fn files_go_in_and_come_out() {
    if !is_installed().await {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let world = World::in_folder(data.path()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("small.csv"), "a,b\n1,2\n").unwrap();
    // More than 8 MB goes up in parts.
    std::fs::write(folder.join("large.csv"), bytes(20_000_000)).unwrap();
    let inbox = format!("s3://{DROP}/inbox/131016/residents/");
    aws(&world, folder, &["s3", "cp", "small.csv", &inbox]).await;
    aws(&world, folder, &["s3", "cp", "large.csv", &inbox]).await;
    let events = world.created();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].key, "inbox/131016/residents/small.csv");
    assert_eq!(
        events[1].event_name,
        "ObjectCreated:CompleteMultipartUpload"
    );

    let listed = aws(&world, folder, &["s3", "ls", &inbox]).await;
    assert!(
        listed.contains("small.csv") && listed.contains(" 20000000 large.csv"),
        "{listed}"
    );
    let large = format!("{inbox}large.csv");
    aws(&world, folder, &["s3", "cp", &large, "back.csv"]).await;
    assert!(std::fs::read(folder.join("back.csv")).unwrap() == bytes(20_000_000));
    let out = ["s3", "cp", "--recursive", &inbox, "all"];
    aws(&world, folder, &out).await;
    assert_eq!(
        std::fs::read(folder.join("all/small.csv")).unwrap(),
        b"a,b\n1,2\n"
    );

    aws(
        &world,
        folder,
        &["s3", "mv", &large, &format!("s3://{DROP}/moved.csv")],
    )
    .await;
    aws(&world, folder, &["s3", "rm", "--recursive", &inbox]).await;
    let versions = [
        "s3api",
        "list-object-versions",
        "--bucket",
        DROP,
        "--output",
        "json",
    ];
    let versions = aws(&world, folder, &versions).await;
    let versions: serde_json::Value = serde_json::from_str(&versions).unwrap();
    assert_eq!(versions["Versions"].as_array().unwrap().len(), 3);
    assert_eq!(versions["DeleteMarkers"].as_array().unwrap().len(), 2);
    let id = versions["Versions"].as_array().unwrap().iter();
    let small = id
        .clone()
        .find(|v| v["Key"].as_str().unwrap().ends_with("small.csv"))
        .unwrap();
    let get = [
        "s3api",
        "get-object",
        "--bucket",
        DROP,
        "--key",
        small["Key"].as_str().unwrap(),
    ];
    let version = [
        "--version-id",
        small["VersionId"].as_str().unwrap(),
        "old.csv",
    ];
    aws(&world, folder, &[&get[..], &version[..]].concat()).await;
    assert_eq!(
        std::fs::read(folder.join("old.csv")).unwrap(),
        b"a,b\n1,2\n"
    );
}

#[tokio::test]
async fn folders_are_synchronised() {
    if !is_installed().await {
        return;
    }
    let world = World::in_memory().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("out")).unwrap();
    for name in ["a.csv", "住民 +1%.csv"] {
        let mut file = std::fs::File::create(folder.join("out").join(name)).unwrap();
        file.write_all(name.as_bytes()).unwrap();
        // Older than what this S3's clock will say of the copy.
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    let there = format!("s3://{DROP}/x/");
    aws(&world, folder, &["s3", "sync", "out", &there]).await;
    aws(&world, folder, &["s3", "sync", "out", &there]).await;
    assert_eq!(
        world.created().len(),
        2,
        "what is there already is not sent again"
    );
    aws(&world, folder, &["s3", "sync", &there, "in"]).await;
    let name = "住民 +1%.csv";
    assert_eq!(
        std::fs::read_to_string(folder.join("in").join(name)).unwrap(),
        name
    );
}
