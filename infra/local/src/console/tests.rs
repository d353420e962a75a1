use std::{collections::BTreeSet, fs, path::Path};

use super::*;
use crate::template::TEMPLATE;

fn ask(path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Bytes::new()).unwrap();
    answer(&Urls::default(), "open-vrs", &request).unwrap()
}

fn collect(folder: &Path, below: &str, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), names);
        } else {
            names.insert(name);
        }
    }
}

/// What is in the folder for those who read the repository.
fn is_not_served(name: &str) -> bool {
    name.starts_with("screenshots/") || Path::new(name).extension().is_some_and(|it| it == "md")
}

#[test]
fn every_file_of_the_console_is_served_under_its_name() {
    let mut names = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../console");
    collect(&folder, "", &mut names);
    names.retain(|name| !is_not_served(name));
    let served: BTreeSet<_> = FILES.iter().map(|file| file.name.to_owned()).collect();
    assert_eq!(served, names);
    for name in names {
        let answer = ask(&format!("/{name}"), &[]);
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        let kind = match name.rsplit_once('.').unwrap().1 {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            "txt" => "text/plain; charset=utf-8",
            other => panic!("{other}"),
        };
        assert_eq!(answer.headers()[header::CONTENT_TYPE], kind, "{name}");
    }
}

#[test]
fn a_file_that_the_browser_has_is_not_sent_again() {
    let first = ask("/", &[("host", "127.0.0.1:8080")]);
    assert_eq!(first.status(), StatusCode::OK);
    let tag = first.headers()[header::ETAG].to_str().unwrap();
    let again = ask("/index.html", &[("if-none-match", tag)]);
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.body().is_empty());
    let other = ask("/style.css", &[("if-none-match", tag)]);
    assert_eq!(other.status(), StatusCode::OK);
}

#[test]
fn the_console_stands_under_one_name() {
    let other = ask("/", &[("host", "localhost:8080")]);
    assert_eq!(other.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(other.headers()[header::LOCATION], "http://127.0.0.1:8080/");
}

#[test]
fn what_is_not_a_file_of_the_console_is_left_to_the_api() {
    for (method, path) in [
        ("GET", "/uploads"),
        ("POST", "/"),
        ("GET", "//"),
        ("GET", "/../Cargo.toml"),
        ("GET", "/README.md"),
    ] {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Bytes::new()).unwrap();
        assert!(
            answer(&Urls::default(), "c", &request).is_none(),
            "{method} {path}"
        );
    }
}

#[test]
fn the_headers_are_those_of_the_template() {
    let answer = ask("/", &[]);
    let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str();
    let squeezed: String = TEMPLATE.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in policy.unwrap().split("; ") {
        let part = part.strip_suffix(" http://127.0.0.1:9000").unwrap_or(part);
        assert!(squeezed.contains(part), "{part}");
    }
    let headers = squeezed.to_lowercase();
    for (name, value) in HEADERS {
        let said = match name {
            "x-content-type-options" => "contenttypeoptions: { override: true }".to_owned(),
            "x-frame-options" => "frameoption: deny".to_owned(),
            "referrer-policy" => format!("referrerpolicy: {value}"),
            other => format!("header: {other}, value: "),
        };
        assert!(headers.contains(&said), "{name}");
        assert!(headers.contains(&value.to_lowercase()) || name.starts_with("x-c"));
    }
}
