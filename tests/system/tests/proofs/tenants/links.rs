//! Signed links: each fits one object and one method.

use bytes::Bytes;
use domain::TenantCode;
use serde_json::json;
use system::town::CHIYODA;

use super::world::World;

/// Follows a link as a browser would.
async fn follow(world: &World, method: &str, url: &str, mark: Option<&str>, body: &[u8]) -> u16 {
    let mut request = http::Request::builder()
        .method(method)
        .uri(url)
        .header("host", "127.0.0.1:9000")
        .header("content-length", body.len());
    if let Some(mark) = mark {
        request = request.header("x-amz-meta-by", mark);
    }
    let request = request
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
    let headers = ticket["headers"].as_object().unwrap();
    assert_eq!(headers.len(), 1, "nothing else is to be sent: {headers:?}");
    let mark = headers["x-amz-meta-by"].as_str();
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
        let status = follow(&world, "PUT", &other, mark, b"x").await;
        assert_eq!(status, 403, "{to}");
    }
    for method in ["GET", "HEAD", "DELETE", "POST"] {
        let status = follow(&world, method, url, mark, b"").await;
        assert!(status >= 400, "{method}");
    }
    // Whoever follows it can be nobody else, and not nobody.
    for forged in [None, Some(""), Some("00000000000000000000000000000000")] {
        let status = follow(&world, "PUT", url, forged, b"x").await;
        assert_eq!(status, 403, "{forged:?}");
    }
    assert_eq!(world.town.whole().await, before);
    assert_eq!(
        follow(&world, "PUT", url, mark, b"x").await,
        200,
        "it fits its own"
    );
    world.town.stack.idle().await;
    let dropped = world.town.uploads(CHIYODA).await.remove(0);
    let staff = crypto::staff_tag(TenantCode::parse(CHIYODA).unwrap(), "staff");
    assert_eq!(dropped["file"], "mine.csv");
    assert_eq!(dropped["dropped_by"], staff.to_string());
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
    assert_eq!(follow(&world, "GET", url, None, b"").await, 200);
    let theirs = url
        .replace(CHIYODA, "011002")
        .replace(id, &world.theirs.held);
    let at_ours = url.replace(id, &world.theirs.held);
    for other in [theirs, at_ours, url.replace("receipt.json", "errors.csv")] {
        assert_ne!(other, url);
        assert_eq!(follow(&world, "GET", &other, None, b"").await, 403);
    }
}
