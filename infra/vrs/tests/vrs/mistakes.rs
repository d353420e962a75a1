//! What goes wrong says what it is, where, and what to do, ends with a code, and names nobody.

use std::net::TcpListener;
use std::path::Path;

use crate::command::{Ran, vrs};
use crate::served::Served;

/// Each line as it is typed, its code, and what it must say.
fn all_say(folder: &Path, lines: &[(&str, i32, &[&str])]) {
    for (line, code, says) in lines {
        let arguments: Vec<_> = line.split(' ').collect();
        let Ran {
            code: ended,
            out,
            err,
        } = vrs(folder, &arguments);
        assert_eq!(ended, Some(*code), "{line}: {err}");
        for says in *says {
            assert!(err.contains(says), "{line}: {err}");
        }
        assert!(!err.contains("panicked"), "{line}: {err}");
        assert!(out.is_empty(), "{line}: {out}");
    }
}

#[test]
fn mistakes_end_with_a_sentence_and_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("folder.csv")).unwrap();
    std::fs::write(folder.join("file"), "").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    let port_is_taken =
        format!("serve --data d --api {taken} --s3 127.0.0.1:0 --dynamodb 127.0.0.1:0");
    let cannot_listen = format!("cannot listen on {taken}");
    all_say(
        folder,
        &[
            (
                "token --tenant 131016 --role read --api http://127.0.0.1:9",
                1,
                &[
                    "nothing answers at http://127.0.0.1:9",
                    "is `vrs serve` running?",
                ],
            ),
            (
                "token --tenant 131016 --role read --api 127.0.0.1:9",
                1,
                &["127.0.0.1:9: write it as http://"],
            ),
            (
                "token --tenant 131016 --role boss",
                2,
                &["boss", "read, register, doses, inquire, approve"],
            ),
            (
                "generate --tenant 131016 --residents 1 --out no/such/file",
                1,
                &["cannot write no/such/file"],
            ),
            (
                "generate --tenant 131016 --residents 1 --out /dev/full",
                1,
                &[
                    "cannot write /dev/full to its end; delete it",
                    "No space left",
                ],
            ),
            (
                "generate --tenant 131017 --residents 1",
                2,
                &["check digit"],
            ),
            ("serve --api 0.0.0.0:0", 1, &["not a loopback address"]),
            (
                &port_is_taken,
                1,
                &[&cannot_listen, "--api, --s3 and --dynamodb name others"],
            ),
            (
                "serve --data file --api 127.0.0.1:0 --s3 127.0.0.1:0 --dynamodb 127.0.0.1:0",
                1,
                &["cannot make the folder file", "--data names another"],
            ),
            (
                "upload folder.csv --tenant 131016",
                1,
                &["cannot drop folder.csv: it is no file"],
            ),
            (
                "upload none.csv --tenant 131016",
                1,
                &["cannot drop none.csv: No such file"],
            ),
            (
                "upload 123456789018.csv --tenant 131016",
                1,
                &["cannot drop ************.csv"],
            ),
            (
                "tenant settings 131016 --export-encoding latin1",
                2,
                &["utf-8, utf-8-bom or cp932 is meant"],
            ),
            (
                "evidence --results file",
                1,
                &["no evidence in file", "cargo test --workspace"],
            ),
        ],
    );
}

#[test]
fn a_stack_that_is_not_there_is_named_by_every_command_that_asks_it() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = ["nothing answers at http://127.0.0.1:9; is `vrs serve` running?"];
    for line in [
        "tenant add 131016",
        "tenant list",
        "tenant settings 131016",
        "tenant erase 131016 --export-fetched",
        "log check",
        "index rebuild",
        "recover --since 2026-11-27T01:00:00Z",
    ] {
        let line = format!("{line} --dynamodb http://127.0.0.1:9");
        all_say(folder.path(), &[(&line, 1, &nothing)]);
    }
}

#[test]
fn what_a_stack_refuses_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let served = Served::start(folder);
    let Served {
        api, s3, dynamodb, ..
    } = &served;
    let added = format!("tenant add 131016 --inquiries-at-most 1300 --dynamodb {dynamodb}");
    let added = vrs(folder, &added.split(' ').collect::<Vec<_>>());
    assert_eq!(added.code, Some(0), "{}", added.err);
    assert!(
        added
            .out
            .contains("1300  inquiries may be made in a day at most"),
        "{}",
        added.out
    );
    std::fs::write(folder.join("r.csv"), "").unwrap();
    for (line, says) in [
        (
            format!("tenant settings 131024 --dynamodb {dynamodb}"),
            "`vrs tenant add 131024` enters it",
        ),
        (
            format!("tenant settings 131016 --lot ASPIRIN=1 --dynamodb {dynamodb}"),
            "ASPIRIN is no product of any programme; known are ",
        ),
        (
            format!("tenant settings 131016 --dynamodb {dynamodb} --table nope"),
            "table nope cannot be used: see whether its name (--table)",
        ),
        (
            format!("tenant add 131024 --dynamodb {dynamodb} --key nope"),
            "is the id of the key (--key nope) right?",
        ),
        (
            format!("upload r.csv --tenant 131016 --api {api} --s3 {s3} --bucket nope"),
            "bucket nope did not take it; are its name (--bucket)",
        ),
        (
            format!("upload r.csv --tenant 131016 --api {s3} --s3 {s3}"),
            "look at --api",
        ),
        (
            format!("upload r.csv --tenant 131024 --api {api} --s3 {s3}"),
            "TENANT_NOT_ENROLLED: this municipality is not enrolled; the operator must add it",
        ),
    ] {
        all_say(folder, &[(&line, 1, &[says])]);
    }
    // Whoever does not take part has dropped nothing either.
    let drop = folder.join("data/s3/buckets/drop");
    assert_eq!(std::fs::read_dir(drop).unwrap().count(), 0);
}
