//! Signed links: each fits one object and one method.

use bytes::Bytes;
use serde_json::json;
use system::town::CHIYODA;

use super::world::World;

/// Follows a link as a browser would.
async fn follow(world: &World, method: &str, url: &str, body: &[u8]) -> u16 {
    let request = http::Request::builder()
        .method(method)
        .uri(url)
        .header("host", "127.0.0.1:9000")
        .header("content-length", body.len())
        .body(local::s3::Body::from(Bytes::copy_from_slice(body)))
        .unwrap();
    let answer = world.town.stack.services().s3.call(request).await;
    answer.status().as_u16()
}

#[tokio::test]
async fn a_link_to_drop_one_file_fits_no_other_key_bucket_or_method() {
    let world = World::new().await;
    let name = json!({ "kind": "residents", "name": "mine.csv" });
    let ticket = world
        .town
        .post(CHIYODA, "/uploads", Some(&name))
        .await
        .json();
    assert_eq!(ticket["headers"], json!({}), "nothing else is to be sent");
    let url = ticket["url"].as_str().unwrap();
    let before = world.town.whole().await;
    for (from, to) in [
        ("inbox/131016/", "inbox/011002/"),
        ("mine.csv", "other.csv"),
        ("mine.csv", "mine.csv/"),
        ("mine.csv", "../../011002/residents/mine.csv"),
        (
            "inbox/131016/residents/mine.csv",
            "outbox/011002/uploads/x/receipt.json",
        ),
        ("/drop/", "/work/"),
        ("?", "?versionId=1&"),
        ("X-Amz-Expires=900", "X-Amz-Expires=90000"),
    ] {
        let other = url.replacen(from, to, 1);
        assert_ne!(other, url, "{from}");
        assert_eq!(follow(&world, "PUT", &other, b"x").await, 403, "{to}");
    }
    for method in ["GET", "HEAD", "DELETE", "POST"] {
        assert!(follow(&world, method, url, b"").await >= 400, "{method}");
    }
    assert_eq!(world.town.whole().await, before);
    assert_eq!(
        follow(&world, "PUT", url, b"x").await,
        200,
        "it fits its own"
    );
    world.town.stack.idle().await;
}

#[tokio::test]
async fn a_link_to_ones_own_receipt_opens_no_other() {
    let world = World::new().await;
    let own = world.town.uploads(CHIYODA).await.remove(0);
    let id = own["id"].as_str().unwrap();
    let shown = world
        .town
        .get(CHIYODA, &format!("/uploads/{id}"))
        .await
        .json();
    let url = shown["links"]["receipt"]["url"].as_str().unwrap();
    assert_eq!(follow(&world, "GET", url, b"").await, 200);
    let theirs = url
        .replace(CHIYODA, "011002")
        .replace(id, &world.theirs.held);
    let at_ours = url.replace(id, &world.theirs.held);
    for other in [theirs, at_ours, url.replace("receipt.json", "errors.csv")] {
        assert_ne!(other, url);
        assert_eq!(follow(&world, "GET", &other, b"").await, 403);
    }
}
