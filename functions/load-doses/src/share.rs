//! What a chunk leaves for the end of the load: which of its rows were refused while they were recorded,
//! and what was doubtful. Indexes and codes only.

use std::collections::BTreeMap;

use domain::FindingCode;
use serde::{Deserialize, Serialize};

use crate::LoadDosesError;

/// Of one chunk.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// Rows refused while they were recorded, by index, and why.
    pub(crate) refused: BTreeMap<u32, Vec<FindingCode>>,
    /// On how many rows each doubt was found.
    pub(crate) doubts: BTreeMap<FindingCode, u64>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    refused: Vec<(u32, Vec<String>)>,
    doubts: BTreeMap<String, u64>,
}

impl Share {
    pub(crate) fn is_empty(&self) -> bool {
        self.refused.is_empty() && self.doubts.is_empty()
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let words = |codes: &Vec<FindingCode>| codes.iter().map(ToString::to_string).collect();
        let wire = Wire {
            refused: self
                .refused
                .iter()
                .map(|(index, codes)| (*index, words(codes)))
                .collect(),
            doubts: self
                .doubts
                .iter()
                .map(|(code, rows)| (code.to_string(), *rows))
                .collect(),
        };
        #[expect(clippy::expect_used, reason = "numbers and words always serialise")]
        serde_json::to_vec(&wire).expect("a share is numbers and words")
    }

    pub(crate) fn parse(json: &[u8]) -> Result<Self, LoadDosesError> {
        let damaged = || LoadDosesError::NotAsChecked {
            what: "what a chunk left",
        };
        let wire: Wire = serde_json::from_slice(json).map_err(|_| damaged())?;
        let code = |word: &String| word.parse::<FindingCode>().map_err(|_| damaged());
        let mut share = Self::default();
        for (index, words) in &wire.refused {
            let codes = words.iter().map(code).collect::<Result<_, _>>()?;
            share.refused.insert(*index, codes);
        }
        for (word, rows) in &wire.doubts {
            share.doubts.insert(code(word)?, *rows);
        }
        Ok(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_reads_back_as_it_was_written() {
        let mut share = Share::default();
        assert!(share.is_empty());
        assert_eq!(Share::parse(&share.to_json()).unwrap(), share);
        let codes = vec![FindingCode::BeforeBirth, FindingCode::FutureDate];
        share.refused.insert(7, codes);
        share.doubts.insert(FindingCode::PreviousMissing, 3);
        assert!(!share.is_empty());
        assert_eq!(Share::parse(&share.to_json()).unwrap(), share);
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for json in ["", "{}", r#"{"refused":[[1,["what"]]],"doubts":{}}"#] {
            assert!(Share::parse(json.as_bytes()).is_err(), "{json}");
        }
    }
}
