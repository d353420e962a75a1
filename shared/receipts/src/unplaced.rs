use domain::UploadId;
use layouts::FileProblem;
use serde::Serialize;

use crate::{Refusal, Words};

/// The receipt of a file that lies where no file is expected: nothing of it was read.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Unplaced {
    /// Id of the upload.
    pub id: String,
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

    /// The document, indented, UTF-8.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "strings always serialise")]
        let mut json = serde_json::to_vec_pretty(self).expect("such a receipt is strings only");
        json.push(b'\n');
        json
    }
}
