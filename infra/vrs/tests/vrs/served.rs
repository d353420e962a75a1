//! A municipality's way through a stack that is served.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Ran, command, vrs};

const ANY: &str = "127.0.0.1:0";
const SERVE: [&str; 9] = [
    "serve",
    "--data",
    "data",
    "--api",
    ANY,
    "--s3",
    ANY,
    "--dynamodb",
    ANY,
];

/// `vrs serve` on free ports. Killed when the test ends, however it ends.
pub(crate) struct Served {
    process: Child,
    out: BufReader<ChildStdout>,
    pub(crate) api: String,
    pub(crate) s3: String,
    pub(crate) dynamodb: String,
}

impl Served {
    /// Keeps its stack in `data` of the folder.
    pub(crate) fn start(folder: &Path) -> Self {
        let mut process = command(folder, &SERVE)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.trim_start().starts_with("API http") {
            line.clear();
            assert!(
                out.read_line(&mut line).unwrap() > 0,
                "it ended before it was up"
            );
        }
        let mut urls = line
            .split_whitespace()
            .filter(|word| word.starts_with("http://"));
        let mut url = || urls.next().unwrap().to_owned();
        Self {
            api: url(),
            s3: url(),
            dynamodb: url(),
            process,
            out,
        }
    }

    /// As Ctrl-C does.
    fn signal(&self) {
        let pid = self.process.id().to_string();
        let kill = Command::new("kill").args(["-INT", &pid]).status();
        assert!(kill.unwrap().success());
    }

    /// A client that never ends its request; it goes away after half a minute, so that no test hangs.
    fn half_a_request(&self) {
        let mut client = TcpStream::connect(self.api.trim_start_matches("http://")).unwrap();
        client.write_all(b"GET / HT").unwrap();
        thread::spawn(move || {
            thread::sleep(Duration::from_secs(30));
            drop(client);
        });
        // Until the connection is accepted.
        thread::sleep(Duration::from_millis(500));
    }

    /// Interrupts it. What it printed since it was up.
    fn interrupt(mut self) -> (Option<i32>, String) {
        self.signal();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap().code(), rest)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_register_goes_from_a_generated_file_to_its_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let served = Served::start(folder);
    let (api, s3, dynamodb) = (&served.api, &served.s3, &served.dynamodb);
    let ok = |ran: Ran| {
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        ran.out
    };

    let tenant = |asked: &[&str]| {
        let at = ["--dynamodb", dynamodb];
        vrs(folder, &[&["tenant"][..], asked, &at].concat())
    };
    let added = ok(tenant(&["add", "131016"]));
    for said in [
        "131016 東京都千代田区 takes part\n",
        "vrs tenant settings 131016 --inquiries-at-most N",
    ] {
        assert!(added.contains(said), "{added}");
    }
    let again = tenant(&["add", "131016"]);
    assert_eq!(
        (again.code, again.err.as_str()),
        (Some(1), "vrs: 131016 takes part already\n")
    );
    let list = ok(tenant(&["list"]));
    assert_eq!(list, "131016  東京都千代田区\n1 take part\n");

    let size = [
        "--residents",
        "400",
        "--encoding",
        "cp932",
        "--defects",
        "2",
    ];
    ok(vrs(
        folder,
        &[&["generate", "--tenant", "131016"], &size[..]].concat(),
    ));
    let to = ["--tenant", "131016", "--api", api, "--s3", s3];
    let upload = |file| vrs(folder, &[&["upload", file], &to[..]].concat());
    let receipt = ok(upload("residents_20210401.csv"));
    for said in [
        "千代田区 (131016)",
        "cp932",
        "台帳に反映しました（第1世代）",
        "errors.csv",
    ] {
        assert!(receipt.contains(said), "{said} is not in\n{receipt}");
    }
    assert!(ok(upload("residents_20210401.csv")).contains("取り込みは不要でした"));

    std::fs::write(folder.join("empty.csv"), "").unwrap();
    let refused = upload("empty.csv");
    assert_eq!(
        (refused.code, refused.err.as_str()),
        (
            Some(1),
            "vrs: the file ended as refused; its receipt above says why, and what to do\n"
        )
    );
    assert!(
        refused.out.contains("受け付けませんでした"),
        "{}",
        refused.out
    );

    let change = ["settings", "131016", "--max-refused", "0"];
    assert!(ok(tenant(&change)).contains("(revision 2)"));
    let unknown = ["settings", "131016", "--column", "住所=住所"];
    assert!(tenant(&unknown).err.contains("no column"));

    let token = ok(vrs(
        folder,
        &[
            "token", "--tenant", "131016", "--role", "read", "--api", api,
        ],
    ));
    assert_eq!(
        token.trim_end().split('.').count(),
        3,
        "a token and nothing else"
    );

    let second = vrs(folder, &SERVE);
    assert_eq!(second.code, Some(1), "the folder belongs to the first");
    assert!(second.err.contains("another process"), "{}", second.err);

    let (code, rest) = served.interrupt();
    assert_eq!(code, Some(0));
    assert!(rest.contains("Stopped."), "{rest}");
}

#[test]
fn a_file_whose_name_is_none_for_a_file_is_not_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let served = Served::start(folder);
    std::fs::write(folder.join("residents.txt"), "").unwrap();
    let to = ["--tenant", "131016", "--api", &served.api];
    let s3 = ["--s3", &served.s3];
    let refused = vrs(
        folder,
        &[&["upload", "residents.txt"], &to[..], &s3].concat(),
    );
    let said = "vrs: cannot drop residents.txt: the file's name does not end in .csv\n";
    assert_eq!((refused.code, refused.err.as_str()), (Some(1), said));
}

#[test]
fn half_a_request_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    served.half_a_request();
    let begun = Instant::now();
    let (code, rest) = served.interrupt();
    assert!(begun.elapsed() < Duration::from_secs(25));
    assert_eq!(code, Some(0));
    assert!(
        rest.contains("Stopping") && rest.contains("Stopped."),
        "{rest}"
    );
}

#[test]
fn a_second_interrupt_waits_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut served = Served::start(folder.path());
    served.half_a_request();
    served.signal();
    let begun = Instant::now();
    let mut line = String::new();
    while !line.starts_with("Stopping") {
        line.clear();
        assert!(served.out.read_line(&mut line).unwrap() > 0, "it said so");
    }
    let (code, rest) = served.interrupt();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!((code, rest.as_str()), (Some(1), ""));
}
