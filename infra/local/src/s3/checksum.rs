//! Checksums that clients send along, and those kept with an object.

use data_encoding::BASE64;
use http::HeaderMap;
use s3s::S3Result;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::ChecksumType;
use s3s::{TrailingHeaders, s3_error};
use serde::{Deserialize, Serialize};

/// The algorithms of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// By the name of an `x-amz-checksum-algorithm`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// What S3 takes when an upload in parts does not say: a checksum of checksums, but for the
    /// one algorithm that only comes over the whole.
    pub(super) fn composite_by_default(self) -> bool {
        self != Self::Crc64Nvme
    }
}

/// A checksum in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) algorithm: Algorithm,
    pub(super) value: String,
    /// Over the checksums of the parts, not over the bytes.
    pub(super) composite: bool,
}

impl Sum {
    pub(super) fn kind(&self) -> ChecksumType {
        let kind = if self.composite {
            ChecksumType::COMPOSITE
        } else {
            ChecksumType::FULL_OBJECT
        };
        ChecksumType::from_static(kind)
    }
}

/// The checksum that an input names, whatever its operation.
macro_rules! sum_in {
    ($input:expr) => {{
        use $crate::s3::checksum::Algorithm;
        [
            (Algorithm::Crc32, &$input.checksum_crc32),
            (Algorithm::Crc32c, &$input.checksum_crc32c),
            (Algorithm::Crc64Nvme, &$input.checksum_crc64nvme),
            (Algorithm::Sha1, &$input.checksum_sha1),
            (Algorithm::Sha256, &$input.checksum_sha256),
        ]
        .into_iter()
        .find_map(|(algorithm, value)| Some((algorithm, value.clone()?)))
    }};
}
pub(super) use sum_in;

/// Puts a checksum where it belongs in an output, whatever its operation.
macro_rules! put_sum {
    ($output:expr, $sum:expr) => {
        if let Some(sum) = &$sum {
            use $crate::s3::checksum::Algorithm;
            let value = Some(sum.value.clone());
            match sum.algorithm {
                Algorithm::Crc32 => $output.checksum_crc32 = value,
                Algorithm::Crc32c => $output.checksum_crc32c = value,
                Algorithm::Crc64Nvme => $output.checksum_crc64nvme = value,
                Algorithm::Sha1 => $output.checksum_sha1 = value,
                Algorithm::Sha256 => $output.checksum_sha256 = value,
            }
        }
    };
}
pub(super) use put_sum;

/// What a body must turn out to be.
#[derive(Default)]
pub(super) struct Expected {
    length: Option<u64>,
    md5: Option<String>,
    sum: Option<(Algorithm, Option<String>)>,
    run: Option<Algorithm>,
    trailers: Option<TrailingHeaders>,
}

impl Expected {
    /// From the headers of a PUT: a checksum given ahead, or the name of one that trails the body.
    pub(super) fn from_request(
        length: Option<i64>,
        md5: Option<String>,
        ahead: Option<(Algorithm, String)>,
        headers: &HeaderMap,
        trailers: Option<TrailingHeaders>,
    ) -> Self {
        let announced = headers
            .get("x-amz-trailer")
            .and_then(|name| name.to_str().ok());
        let trailing = Algorithm::ALL
            .into_iter()
            .find(|algorithm| announced.is_some_and(|names| names.trim() == algorithm.header()));
        let sum = match ahead {
            Some((algorithm, value)) => Some((algorithm, Some(value))),
            None => trailing.map(|algorithm| (algorithm, None)),
        };
        let length = length.and_then(|length| u64::try_from(length).ok());
        Self {
            length,
            md5,
            sum,
            run: None,
            trailers,
        }
    }

    /// Nothing is expected, but this algorithm is to run.
    pub(super) fn running(algorithm: Option<Algorithm>) -> Self {
        Self {
            sum: None,
            run: algorithm,
            ..Self::default()
        }
    }

    /// The algorithm to run over the body: the one sent along, else what S3 itself adds.
    pub(super) fn algorithm(&self) -> Algorithm {
        let sent = self.sum.as_ref().map(|(algorithm, _)| *algorithm);
        sent.or(self.run).unwrap_or(Algorithm::Crc64Nvme)
    }

    /// Compares, once the body has been read to its end.
    pub(super) fn check(&self, size: u64, digest: &Digest) -> S3Result<()> {
        if self.length.is_some_and(|length| length != size) {
            return Err(s3_error!(IncompleteBody));
        }
        if self
            .md5
            .as_ref()
            .is_some_and(|md5| *md5 != BASE64.encode(&digest.md5))
        {
            return Err(s3_error!(BadDigest));
        }
        let Some((algorithm, ahead)) = &self.sum else {
            return Ok(());
        };
        let trailing = || {
            self.trailers
                .as_ref()?
                .read(|headers| Some(headers.get(algorithm.header())?.to_str().ok()?.to_owned()))?
        };
        match ahead.clone().or_else(trailing) {
            Some(value) if value == digest.sum.value => Ok(()),
            Some(_) => Err(s3_error!(BadDigest, "the checksum does not fit the body")),
            None => Err(s3_error!(
                InvalidRequest,
                "the announced checksum did not follow"
            )),
        }
    }
}

/// Runs over bytes as they pass.
pub(super) struct Digester {
    md5: Md5,
    algorithm: Algorithm,
    sum: ChecksumHasher,
}

/// What a [`Digester`] found.
pub(super) struct Digest {
    pub(super) md5: [u8; 16],
    pub(super) sum: Sum,
}

impl Digester {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let mut sum = ChecksumHasher::default();
        match algorithm {
            Algorithm::Crc32 => sum.crc32 = Some(Crc32::new()),
            Algorithm::Crc32c => sum.crc32c = Some(Crc32c::new()),
            Algorithm::Crc64Nvme => sum.crc64nvme = Some(Crc64Nvme::new()),
            Algorithm::Sha1 => sum.sha1 = Some(Sha1::new()),
            Algorithm::Sha256 => sum.sha256 = Some(Sha256::new()),
        }
        Self {
            md5: Md5::new(),
            algorithm,
            sum,
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sum.update(bytes);
    }

    pub(super) fn finish(self) -> Digest {
        let found = self.sum.finalize();
        let value = sum_in!(found).map(|(_, value)| value).unwrap_or_default();
        let sum = Sum {
            algorithm: self.algorithm,
            value,
            composite: false,
        };
        Digest {
            md5: self.md5.finalize(),
            sum,
        }
    }
}

/// The checksum over the checksums of parts, as S3 writes it: `<base64>-<parts>`.
pub(super) fn composite<'a>(
    algorithm: Algorithm,
    parts: impl ExactSizeIterator<Item = &'a str>,
) -> Option<Sum> {
    let count = parts.len();
    let mut digester = Digester::new(algorithm);
    for part in parts {
        digester.update(&BASE64.decode(part.as_bytes()).ok()?);
    }
    let value = format!("{}-{count}", digester.finish().sum.value);
    Some(Sum {
        algorithm,
        value,
        composite: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_that_clients_send() {
        for (algorithm, value) in [
            (Algorithm::Crc32, "y/Q5Jg=="),
            (Algorithm::Crc32c, "4waSgw=="),
            (Algorithm::Crc64Nvme, "rosUhgp5mIg="),
            (Algorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
            (
                Algorithm::Sha256,
                "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
            ),
        ] {
            let mut digester = Digester::new(algorithm);
            digester.update(b"12345");
            digester.update(b"6789");
            let digest = digester.finish();
            assert_eq!(digest.sum.value, value, "{}", algorithm.name());
            assert_eq!(BASE64.encode(&digest.md5), "JfnnlDI7RTiF9RgfG2JNCw==");
            assert_eq!(Algorithm::named(algorithm.name()), Some(algorithm));
        }
    }
}
