//! S3 in memory: versions, ranges, multipart uploads. Names are plain ASCII here, so a path is a name.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hyper::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH, RANGE};
use hyper::{Method, Request, Response};

use crate::server::response;

#[derive(Clone, Debug)]
struct Version {
    id: String,
    content: Bytes,
}

/// All buckets; a name is `bucket/key`.
#[derive(Debug, Default)]
pub(super) struct Objects {
    versions: BTreeMap<String, Vec<Version>>,
    parts: BTreeMap<String, BTreeMap<u32, Bytes>>,
    issued: u64,
    requests: Requests,
}

/// Requests that S3 charges for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// GET and HEAD.
    pub reads: u64,
    /// PUT, POST and LIST.
    pub writes: u64,
}

/// The parameters of a query string.
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
    }
}

impl Objects {
    pub(super) fn put(&mut self, name: &str, content: Bytes) -> String {
        let id = self.issue();
        let version = Version {
            id: id.clone(),
            content,
        };
        self.versions
            .entry(name.to_owned())
            .or_default()
            .push(version);
        id
    }

    pub(super) fn newest(&self, name: &str) -> Option<Bytes> {
        Some(self.versions.get(name)?.last()?.content.clone())
    }

    pub(super) fn keys(&self, prefix: &str) -> Vec<String> {
        let matching = self
            .versions
            .keys()
            .filter_map(|name| name.strip_prefix(prefix));
        matching.map(ToOwned::to_owned).collect()
    }

    pub(super) fn take_requests(&mut self) -> Requests {
        std::mem::take(&mut self.requests)
    }

    pub(super) fn answer(&mut self, request: &Request<Bytes>) -> Response<Full<Bytes>> {
        let name = request.uri().path().trim_start_matches('/').to_owned();
        let query = Query(request.uri().query().unwrap_or_default());
        let headers = request.headers();
        let listing = query.get("list-type").is_some();
        match *request.method() {
            Method::GET | Method::HEAD if !listing => self.requests.reads += 1,
            Method::DELETE => {}
            _ => self.requests.writes += 1,
        }
        match *request.method() {
            Method::GET if listing => self.list(&name, &query),
            Method::GET | Method::HEAD => self.get(&name, &query, headers),
            Method::PUT => {
                let content = unwrapped(headers, request.body());
                self.put_whole_or_part(&name, &query, headers, content)
            }
            Method::POST if query.get("uploads").is_some() => {
                let id = self.issue();
                self.parts.insert(id.clone(), BTreeMap::new());
                xml(
                    "InitiateMultipartUploadResult",
                    &format!("<UploadId>{id}</UploadId>"),
                )
            }
            Method::POST => self.complete(&name, &query),
            Method::DELETE => {
                self.versions.remove(&name);
                query.get("uploadId").and_then(|id| self.parts.remove(id));
                response(204, "application/xml", "")
            }
            _ => failure(405, "MethodNotAllowed"),
        }
    }

    fn get(&self, name: &str, query: &Query<'_>, headers: &HeaderMap) -> Response<Full<Bytes>> {
        let versions = self
            .versions
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let wanted = match query.get("versionId") {
            Some(id) => versions.iter().find(|version| version.id == id),
            None => versions.last(),
        };
        let Some(Version { id, content }) = wanted else {
            return failure(404, "NoSuchKey");
        };
        if text(headers, IF_MATCH).is_some_and(|tag| tag != format!("\"{id}\"")) {
            return failure(412, "PreconditionFailed");
        }
        let range = text(headers, RANGE).and_then(|range| parse_range(range, content.len()));
        let mut answer = match range {
            Some((from, to)) if from < to => {
                let part = content.slice(from..to);
                let mut answer = response(206, "application/octet-stream", part);
                let range = format!("bytes {from}-{}/{}", to - 1, content.len());
                set(&mut answer, CONTENT_RANGE.as_str(), &range);
                answer
            }
            Some(_) => return failure(416, "InvalidRange"),
            None => response(200, "application/octet-stream", content.clone()),
        };
        identify(&mut answer, id);
        answer
    }

    fn put_whole_or_part(
        &mut self,
        name: &str,
        query: &Query<'_>,
        headers: &HeaderMap,
        content: Bytes,
    ) -> Response<Full<Bytes>> {
        let mut answer = response(200, "application/xml", "");
        if let (Some(upload), Some(number)) = (query.get("uploadId"), query.get("partNumber")) {
            let parts = self.parts.get_mut(upload);
            let (Some(parts), Ok(number)) = (parts, number.parse()) else {
                return failure(404, "NoSuchUpload");
            };
            parts.insert(number, content);
            identify(&mut answer, &number.to_string());
            return answer;
        }
        if text(headers, IF_NONE_MATCH).is_some() && self.versions.contains_key(name) {
            return failure(412, "PreconditionFailed");
        }
        let id = self.put(name, content);
        identify(&mut answer, &id);
        answer
    }

    fn complete(&mut self, name: &str, query: &Query<'_>) -> Response<Full<Bytes>> {
        let Some(parts) = query.get("uploadId").and_then(|id| self.parts.remove(id)) else {
            return failure(404, "NoSuchUpload");
        };
        let mut content = BytesMut::with_capacity(parts.values().map(Bytes::len).sum());
        for part in parts.values() {
            content.extend_from_slice(part);
        }
        let id = self.put(name, content.freeze());
        let mut answer = xml(
            "CompleteMultipartUploadResult",
            &format!("<ETag>\"{id}\"</ETag>"),
        );
        identify(&mut answer, &id);
        answer
    }

    fn list(&self, bucket: &str, query: &Query<'_>) -> Response<Full<Bytes>> {
        let prefix = query.get("prefix").unwrap_or_default().replace("%2F", "/");
        let bucket = bucket.trim_end_matches('/');
        let keys = self.keys(&format!("{bucket}/"));
        let found = keys.iter().filter(|key| key.starts_with(&prefix));
        let mut contents = String::new();
        for key in found {
            contents.extend(["<Contents><Key>", key, "</Key></Contents>"]);
        }
        xml(
            "ListBucketResult",
            &format!("<IsTruncated>false</IsTruncated>{contents}"),
        )
    }

    fn issue(&mut self) -> String {
        self.issued += 1;
        format!("v{}", self.issued)
    }
}

fn identify(answer: &mut Response<Full<Bytes>>, id: &str) {
    set(answer, ETAG.as_str(), &format!("\"{id}\""));
    set(answer, "x-amz-version-id", id);
    set(answer, "last-modified", "Thu, 01 Apr 2021 00:00:00 GMT");
}

fn set(answer: &mut Response<Full<Bytes>>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

fn text(headers: &HeaderMap, name: hyper::header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// `bytes=from-to` (both inclusive, `to` may be missing) as a half-open range within `len`.
fn parse_range(range: &str, len: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let from = from.parse().ok()?;
    let to = if to.is_empty() {
        len
    } else {
        to.parse::<usize>().ok()?.saturating_add(1)
    };
    Some((from, to.min(len)))
}

/// The content of a request, taken out of the SDK's `aws-chunked` frames when it came in those.
fn unwrapped(headers: &HeaderMap, body: &Bytes) -> Bytes {
    let framed = text(headers, hyper::header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding.contains("aws-chunked"));
    if !framed {
        return body.clone();
    }
    let mut content = BytesMut::with_capacity(body.len());
    let mut rest = &body[..];
    while let Some((size, after)) = frame(rest).filter(|(size, _)| *size > 0) {
        let (chunk, next) = after.split_at(size.min(after.len()));
        content.extend_from_slice(chunk);
        rest = next.strip_prefix(b"\r\n").unwrap_or(next);
    }
    content.freeze()
}

/// Size of the frame that begins here, and what follows its first line.
fn frame(rest: &[u8]) -> Option<(usize, &[u8])> {
    let end = memchr::memmem::find(rest, b"\r\n")?;
    let (line, after) = rest.split_at(end);
    let size = std::str::from_utf8(line).ok()?.split(';').next()?;
    Some((usize::from_str_radix(size, 16).ok()?, after.get(2..)?))
}

fn xml(root: &str, inside: &str) -> Response<Full<Bytes>> {
    response(200, "application/xml", format!("<{root}>{inside}</{root}>"))
}

fn failure(status: u16, code: &str) -> Response<Full<Bytes>> {
    let body = format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>");
    response(status, "application/xml", body)
}

#[cfg(test)]
mod tests {
    use super::{parse_range, unwrapped};
    use bytes::Bytes;
    use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

    #[test]
    fn ranges_are_inclusive_and_end_with_the_object() {
        assert_eq!(parse_range("bytes=0-9", 100), Some((0, 10)));
        assert_eq!(parse_range("bytes=90-200", 100), Some((90, 100)));
        assert_eq!(parse_range("bytes=5-", 100), Some((5, 100)));
        assert_eq!(parse_range("lines=5-", 100), None);
    }

    #[test]
    fn frames_of_the_sdk_are_taken_off() {
        let framed =
            Bytes::from_static(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nx-amz-checksum:1\r\n\r\n");
        let mut headers = HeaderMap::new();
        assert_eq!(unwrapped(&headers, &framed), framed);
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aws-chunked"));
        assert_eq!(unwrapped(&headers, &framed), "abcde");
    }
}
