//! The function as Lambda runs it: its own process, fed through the Runtime API.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const EVENT: &str = include_str!("../events/search-by-name.json");

fn start(runtime_api: &str, settings: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_residents"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_LAMBDA_FUNCTION_NAME", "residents")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
        .env("AWS_REGION", "ap-northeast-1")
        .env("AWS_ACCESS_KEY_ID", "x")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// One request of the function: its first line and its body.
fn read(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first, body)
}

fn write(mut stream: &TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
    .unwrap();
}

/// A table that denies every call. Ends with the test.
fn denying_table() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            read(&stream);
            let denied = r#"{"__type":"com.amazon.coral#AccessDeniedException","message":"no"}"#;
            write(
                &stream,
                "400 Bad Request",
                "x-amzn-requestid: r\r\n",
                denied,
            );
        }
    });
    url
}

#[test]
fn an_event_is_answered_and_its_log_holds_nothing_of_the_body() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = [
        ("RECORDS_TABLE", "records"),
        ("LOG_LEVEL", "trace"),
        ("AWS_ENDPOINT_URL", &denying_table()),
    ];
    let mut function = start(&listener.local_addr().unwrap().to_string(), &settings);

    let (next, _) = listener.accept().unwrap();
    let (asked, _) = read(&next);
    assert!(
        asked.starts_with("GET /2018-06-01/runtime/invocation/next "),
        "{asked}"
    );
    let headers = "lambda-runtime-aws-request-id: r-1\r\nlambda-runtime-deadline-ms: 4102444800000\r\n\
                   lambda-runtime-invoked-function-arn: arn:aws:lambda:x\r\n";
    write(&next, "200 OK", headers, EVENT);

    let (answer, _) = listener.accept().unwrap();
    let (told, body) = read(&answer);
    assert!(
        told.starts_with("POST /2018-06-01/runtime/invocation/r-1/response "),
        "{told}"
    );
    write(&answer, "202 Accepted", "", "");
    function.kill().unwrap();
    let output = function.wait_with_output().unwrap();

    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["statusCode"], 500);
    assert_eq!(body["headers"]["content-type"], "application/problem+json");
    let log = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line = lines.iter().find(|line| line["status"] == 500).unwrap();
    assert_eq!(line["function"], "residents");
    assert_eq!(line["request_id"], "r-1");
    assert_eq!(line["route"], "POST /residents/search");
    assert_eq!(line["code"], "INTERNAL");
    assert_eq!(
        line["error"],
        "the table refused the call (AccessDeniedException)"
    );
    assert!(
        lines.iter().any(|line| line["requests_failed"] == 1),
        "{log}"
    );
    assert!(
        !log.contains("やまだ") && !log.contains("S55") && !log.contains("staff-7"),
        "{log}"
    );
    assert!(output.stderr.is_empty(), "{}", output.stderr.escape_ascii());
}

#[test]
fn a_missing_setting_is_named_before_any_event_is_taken() {
    let output = start("127.0.0.1:1", &[]).wait_with_output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("RECORDS_TABLE"), "{said}");
}
