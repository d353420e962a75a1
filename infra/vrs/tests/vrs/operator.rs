//! An operator at a stack that is served.

use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

use crate::command::{Ran, vrs};
use crate::served::Served;

/// Who enters municipalities, loads their registers and looks after the index of holders.
pub(crate) struct Operator {
    pub(crate) served: Served,
    folder: TempDir,
}

impl Operator {
    /// Of a new stack in which these municipalities take part.
    pub(crate) fn of(tenants: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let served = Served::start(folder.path());
        let operator = Self { served, folder };
        let dynamodb = &operator.served.dynamodb;
        for code in tenants {
            operator.does(&[&["tenant", "add", code, "--dynamodb", dynamodb]]);
        }
        operator
    }

    fn vrs(&self, asked: &[&[&str]]) -> Ran {
        vrs(self.folder.path(), &asked.concat())
    }

    fn does(&self, asked: &[&[&str]]) {
        let ran = self.vrs(asked);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
    }

    /// Loads a register of so many residents.
    pub(crate) fn load(&self, code: &str, residents: &str) {
        let Served { api, s3, .. } = &self.served;
        let file = "residents.csv";
        let size = ["--residents", residents, "--out", file];
        self.does(&[&["generate", "--tenant", code], &size]);
        let places = ["--api", api, "--s3", s3];
        self.does(&[&["upload", file, "--tenant", code], &places]);
    }

    fn places(&self) -> [&str; 6] {
        let Served { dynamodb, s3, .. } = &self.served;
        ["--dynamodb", dynamodb, "--s3", s3, "--kms-per-second", "0"]
    }

    /// Makes the index of holders anew, or checks it.
    pub(crate) fn rebuild(&self, more: &[&str]) -> Ran {
        self.vrs(&[&["index", "rebuild"], &self.places(), more])
    }

    /// The index follows the registers within seconds. What its check says then.
    pub(crate) fn followed(&self) -> Ran {
        for _ in 0..100 {
            sleep(Duration::from_millis(200));
            let checked = self.rebuild(&["--check"]);
            if checked.code == Some(0) {
                return checked;
            }
        }
        panic!("the index does not follow");
    }

    pub(crate) fn recover(&self, since: &str) -> Ran {
        let queue = |name: &str| format!("{}/000000000000/{name}", self.served.dynamodb);
        let (uploads, loads) = (queue("uploads"), queue("loads"));
        let queues = ["--uploads", uploads.as_str(), "--loads", loads.as_str()];
        self.vrs(&[&["recover", "--since", since], &queues, &self.places()])
    }
}
