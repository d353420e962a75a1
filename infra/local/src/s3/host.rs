//! Which bucket a `Host` header names.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// Reads the bucket out of `<bucket>.s3.<region>.amazonaws.com` and `<bucket>.localhost`.
///
/// Any other host leaves the bucket to the path.
pub(super) struct BucketHosts {
    buckets: Vec<String>,
}

impl BucketHosts {
    pub(super) fn new(buckets: impl Iterator<Item = String>) -> Self {
        Self {
            buckets: buckets.collect(),
        }
    }

    /// A bucket's name may hold dots, so the known ones are tried before the text is cut.
    fn bucket_of<'a>(&self, host: &'a str) -> Option<&'a str> {
        let rests = |rest: &str| {
            rest.starts_with("s3.") || rest.starts_with("s3-") || rest.starts_with("localhost")
        };
        for bucket in &self.buckets {
            let rest = host
                .strip_prefix(bucket.as_str())
                .and_then(|rest| rest.strip_prefix('.'));
            if rest.is_some_and(rests) {
                return host.get(..bucket.len());
            }
        }
        let end = host.find(".s3.").or_else(|| host.find(".s3-"))?;
        host.ends_with(".amazonaws.com")
            .then(|| host.get(..end))
            .flatten()
    }
}

impl S3Host for BucketHosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let named = VirtualHost::new(host);
        Ok(match self.bucket_of(host) {
            Some(bucket) => named.with_bucket(bucket),
            None => named,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_names_its_bucket_or_leaves_it_to_the_path() {
        let hosts = BucketHosts::new(["vrs-drop".to_owned(), "a.b".to_owned()].into_iter());
        for (host, bucket) in [
            ("vrs-drop.s3.ap-northeast-1.amazonaws.com", Some("vrs-drop")),
            ("vrs-drop.s3-ap-northeast-1.amazonaws.com", Some("vrs-drop")),
            ("vrs-drop.s3.amazonaws.com", Some("vrs-drop")),
            ("vrs-drop.localhost:9000", Some("vrs-drop")),
            ("a.b.s3.ap-northeast-1.amazonaws.com", Some("a.b")),
            ("unknown.s3.ap-northeast-1.amazonaws.com", Some("unknown")),
            ("s3.ap-northeast-1.amazonaws.com", None),
            ("localhost:9000", None),
            ("127.0.0.1:9000", None),
            ("vrs-drop.example.com", None),
        ] {
            assert_eq!(hosts.bucket_of(host), bucket, "{host}");
        }
    }
}
