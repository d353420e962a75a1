//! Runs the binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A binary of the project: one that was built with these tests, or that lies in the folder `BINARIES`, where
/// another profile was built.
pub(crate) fn binary(name: &str) -> PathBuf {
    match std::env::var_os("BINARIES") {
        Some(folder) => PathBuf::from(folder).join(name),
        None => Path::new(env!("CARGO_BIN_EXE_vrs")).with_file_name(name),
    }
}

/// The command with these arguments, in this folder.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary("vrs"));
    command.current_dir(folder).args(arguments);
    command
}

pub(crate) fn vrs(folder: &Path, arguments: &[&str]) -> Ran {
    ran(&mut command(folder, arguments))
}

/// Runs a command to its end.
pub(crate) fn ran(command: &mut Command) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: status.code(),
        out: text(stdout),
        err: text(stderr),
    }
}

#[test]
fn generate_names_the_file_by_its_day_and_writes_it_twice_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let asked = [
        "generate",
        "--tenant",
        "131016",
        "--residents",
        "300",
        "--seed",
        "7",
    ];
    let ran = vrs(folder, &asked);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("300 rows of 131016 千代田区") && ran.out.contains("300 new"));
    let first = std::fs::read(folder.join("residents_20210401.csv")).unwrap();

    let to_output = command(folder, &asked)
        .args(["--out", "-"])
        .output()
        .unwrap();
    assert_eq!(to_output.stdout, first);

    let second = command(folder, &asked)
        .args(["--changed", "10"])
        .output()
        .unwrap();
    let second = String::from_utf8(second.stdout).unwrap();
    assert!(second.starts_with("residents_20210402.csv") && second.contains("303 rows"));
}
