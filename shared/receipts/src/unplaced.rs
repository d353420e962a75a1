use domain::UploadId;
use jiff::Timestamp;
use layouts::FileProblem;
use serde::Serialize;

use crate::{Refusal, Words};

/// The receipt of a file that lies where no file is expected: nothing of it was read.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Unplaced {
    /// Id of the upload.
    pub id: String,
    /// Object key in the drop bucket; absent where it belongs to no municipality that takes part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When it was dropped (UTC); absent with the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped_at: Option<String>,
    /// Always `refused`.
    pub state: &'static str,
    /// Why.
    pub refusal: Refusal,
}

impl Unplaced {
    /// From what is wrong with the place.
    #[must_use]
    pub fn of(id: &UploadId, problem: &FileProblem) -> Self {
        Self {
            id: id.to_string(),
            key: None,
            dropped_at: None,
            state: "refused",
            refusal: Refusal {
                code: problem.code.as_str().to_owned(),
                line: None,
                text: Words {
                    ja: problem.message_ja(),
                    en: problem.message_en(),
                },
            },
        }
    }

    /// Says which file it was, to the municipality whose folder it lies in.
    #[must_use]
    pub fn dropped(self, key: String, at: Timestamp) -> Self {
        Self {
            key: Some(key),
            dropped_at: Some(at.to_string()),
            ..self
        }
    }

    /// The document, indented, UTF-8.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "strings always serialise")]
        let mut json = serde_json::to_vec_pretty(self).expect("such a receipt is strings only");
        json.push(b'\n');
        json
    }
}
