//! Every function's own binary, as Lambda runs it: a process that asks the Runtime API for events, takes its
//! role from STS and calls DynamoDB, S3, SQS and KMS of a served stack over HTTP, under that role.
//!
//! The binaries are built before, as the tests are; or in another profile, whose folder `BINARIES` names:
//!
//! ```sh
//! cargo build --workspace --tests --bins
//! cargo test --workspace --test vrs -- --ignored --nocapture every_function
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;
use std::time::Duration;

use bench::function::{Function, sqs_event};
use bench::runtime_api::Outcome;
use local::template::{self, Place, TEMPLATE, Template};
use serde_json::Value;

use crate::command::{binary, vrs};
use crate::served::Served;

/// Longer than any sample event takes.
const LONG: Duration = Duration::from_mins(1);
/// Shorter than the SDK's own patience with a service that does not answer.
const SHORT: Duration = Duration::from_secs(2);

/// Functions that work on more than one thread.
const ON_ALL_PROCESSORS: [&str; 1] = ["export-ledger"];

/// A function's binary, and what the template gives it.
struct Deployed {
    name: String,
    binary: PathBuf,
    environment: Vec<(String, String)>,
    events: Vec<(String, String)>,
    /// Whether another function calls it, and waits: it answers, or fails as a whole.
    is_called: bool,
}

fn deployed(served: &Served, folder: &Path) -> Vec<Deployed> {
    let issuer = ("JwtIssuer".to_owned(), served.api.clone());
    let template = Template::parse(TEMPLATE, &[issuer].into(), &Place::default()).unwrap();
    let of = |function: &template::Function| {
        let name = &function.package;
        let built = binary(name);
        assert!(
            built.exists(),
            "{name} is not built; the head of this file says how"
        );
        // Where anybody may run it.
        let binary = folder.join(name);
        fs::copy(built, &binary).unwrap();
        Deployed {
            events: events(&template, function),
            environment: environment(served, function),
            is_called: is_called(&template, function),
            name: name.clone(),
            binary,
        }
    };
    template.functions.iter().map(of).collect()
}

/// No route leads to it, no queue and no stream feeds it.
fn is_called(template: &Template, function: &template::Function) -> bool {
    let mut routes = template.api.iter().flat_map(|api| &api.routes);
    let fed = template.mappings.iter().map(|it| &it.function);
    let mut fed = fed.chain(template.streams.iter().map(|it| &it.function));
    !routes.any(|route| route.function == function.arn) && !fed.any(|name| *name == function.name)
}

fn environment(served: &Served, function: &template::Function) -> Vec<(String, String)> {
    let mut environment: BTreeMap<String, String> = function.environment.clone();
    for (name, value) in [
        ("AWS_REGION", "ap-northeast-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL", &served.dynamodb),
        ("AWS_ENDPOINT_URL_S3", &served.s3),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment.into_iter().collect()
}

/// The samples in the function's folder, as its trigger sends them.
fn events(template: &Template, function: &template::Function) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    let folder = root.join(&function.package).join("events");
    let queued = |queue: &str| template.queues.iter().any(|it| it.arn == queue);
    let mut mappings = template.mappings.iter();
    let from_queue = mappings.any(|it| it.function == function.name && queued(&it.queue));
    let mut events: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let event = if from_queue { sqs_event(&text) } else { text };
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, event)
        })
        .collect();
    events.sort();
    assert!(
        !events.is_empty(),
        "{} has no sample event",
        function.package
    );
    events
}

/// Where every service is, and none answers.
fn with_endpoints(environment: &[(String, String)], url: &str) -> Vec<(String, String)> {
    let elsewhere = |(name, value): &(String, String)| {
        let value = if name.starts_with("AWS_ENDPOINT") {
            url
        } else {
            value
        };
        (name.clone(), value.to_owned())
    };
    environment.iter().map(elsewhere).collect()
}

/// What the answer says went wrong inside, if anything: a fault of the API, or messages given back.
fn fault(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let status = answer["statusCode"].as_u64();
    let given_back = answer["batchItemFailures"].as_array().map(Vec::len);
    (status.is_some_and(|status| status >= 500) || given_back.is_some_and(|count| count > 0))
        .then(|| answer.to_string())
}

/// A user who may have no more threads than the function works on: the first call that looks a name up
/// panics in the SDK's runtime.
fn without_threads(name: &str, binary: &Path) -> Command {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let workers = if ON_ALL_PROCESSORS.contains(&name) {
        available_parallelism().unwrap().get()
    } else {
        0
    };
    let most = format!("--nproc={0}:{0}", 1 + workers);
    let limited = ["prlimit", &most];
    let (first, rest) = if is_root {
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        ("setpriv", [&nobody[..], &limited[..]].concat())
    } else {
        (limited[0], limited[1..].to_vec())
    };
    let mut command = Command::new(first);
    command.args(rest).arg(binary);
    command
}

impl Deployed {
    fn start(&self) -> Function {
        Function::start(&self.binary, &self.environment).unwrap()
    }

    /// Each sample is answered, and then one that is no event is refused as such.
    fn events_and_an_error(&self) {
        let mut running = self.start();
        let start = running.cold_start();
        println!(
            "{:<16} {:>6.1} ms {:>6.1} MB",
            self.name,
            start.time.as_secs_f64() * 1e3,
            f64::from(u32::try_from(start.resident / 1024).unwrap()) / 1024.0
        );
        for (name, event) in &self.events {
            let outcome = running.offer(event.clone(), LONG).unwrap();
            let Outcome::Answered(answer) = outcome else {
                panic!("{} on {name}: {outcome:?}", self.name);
            };
            println!("    {name:<20} {}", short(&answer));
        }
        let outcome = running.offer("[]".to_owned(), LONG).unwrap();
        let Outcome::Failed(why) = outcome else {
            panic!("{} on no event: {outcome:?}", self.name);
        };
        let why: Value = serde_json::from_slice(&why).unwrap();
        let wrong = if self.is_called { "Call" } else { "Event" };
        assert_eq!(why["errorType"], wrong, "{why}");
        // And the process goes on.
        let (_, event) = &self.events[0];
        let outcome = running.offer(event.clone(), LONG).unwrap();
        assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    }

    /// A panic is a fault of that event alone, and leaves its place in the log and nothing of the event.
    fn a_panic(&self, folder: &Path) {
        let url = "http://localhost:1";
        let log = folder.join(format!("{}.log", self.name));
        let file = File::create(&log).unwrap();
        let mut running = Function::start_by(
            without_threads(&self.name, &self.binary),
            &self.binary,
            &with_endpoints(&self.environment, url),
            Stdio::from(file),
        )
        .unwrap();
        for (name, event) in self.events.iter().take(2) {
            let outcome = running.offer(event.clone(), LONG).unwrap();
            if self.is_called {
                assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
                continue;
            }
            let Outcome::Answered(answer) = outcome else {
                panic!("{} on {name}: {outcome:?}", self.name);
            };
            assert!(
                fault(&answer).is_some(),
                "{}: {}",
                self.name,
                short(&answer)
            );
        }
        let log = fs::read_to_string(log).unwrap();
        assert!(log.contains(r#""code":"PANIC""#), "{}: {log}", self.name);
        assert!(!log.contains("OS can't spawn"), "a panic's text stays out");
    }

    /// Lambda ends a process whose time is over. The next one deals with the event.
    fn a_timeout(&self) {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let environment = with_endpoints(&self.environment, &url);
        let (name, event) = &self.events[0];
        let mut stuck = Function::start(&self.binary, &environment).unwrap();
        let outcome = stuck.offer(event.clone(), SHORT).unwrap();
        assert_eq!(outcome, Outcome::TimedOut, "{} on {name}", self.name);
        drop(stuck);
        let outcome = self.start().offer(event.clone(), LONG).unwrap();
        assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    }
}

fn short(answer: &[u8]) -> String {
    let answer = std::str::from_utf8(answer).unwrap();
    answer.chars().take(100).collect()
}

#[test]
#[ignore = "needs the functions' binaries; .ci/run builds them"]
fn every_function_s_binary_starts_answers_fails_panics_and_times_out() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder, everybody).unwrap();
    let served = Served::start(folder);
    let added = vrs(
        folder,
        &["tenant", "add", "131016", "--dynamodb", &served.dynamodb],
    );
    assert_eq!(added.code, Some(0), "{}", added.err);
    for function in deployed(&served, folder) {
        function.events_and_an_error();
        function.a_panic(folder);
        function.a_timeout();
    }
}
