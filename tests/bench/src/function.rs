//! A function's own binary as a process: started as Lambda starts it, fed events, and looked at from outside.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::process::Process;
use crate::runtime_api::{Outcome, RuntimeApi};

/// How a process got from `exec` to its first question for an event.
#[derive(Clone, Copy, Debug)]
pub struct ColdStart {
    /// Wall-clock time.
    pub time: Duration,
    /// CPU time, to 10 ms.
    pub cpu: Duration,
    /// Memory resident at that moment, in bytes.
    pub resident: u64,
}

/// A running function.
#[derive(Debug)]
pub struct Function {
    child: Child,
    api: RuntimeApi,
    process: Process,
    cold_start: ColdStart,
}

impl Function {
    /// Starts the binary and waits until it asks for its first event.
    pub fn start(binary: &Path, environment: &[(String, String)]) -> Result<Self> {
        Self::start_by(Command::new(binary), binary, environment, Stdio::null())
    }

    /// The same by a command that becomes the binary, with a place for its log.
    pub fn start_by(
        mut command: Command,
        binary: &Path,
        environment: &[(String, String)],
        log: impl Into<Stdio>,
    ) -> Result<Self> {
        let api = RuntimeApi::start()?;
        let name = binary.file_name().context("a binary without a name")?;
        command
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", api.authority())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .stdin(Stdio::null())
            .stdout(log);
        let begun = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let process = Process::new(child.id());
        // Held from here on, so that the child is ended whatever goes wrong.
        let nothing = ColdStart {
            time: Duration::ZERO,
            cpu: Duration::ZERO,
            resident: 0,
        };
        let mut function = Self {
            child,
            api,
            process,
            cold_start: nothing,
        };
        let child = &mut function.child;
        function
            .api
            .wait_for_poll(|| runs(child))
            .with_context(|| format!("{} does not start", binary.display()))?;
        function.cold_start = ColdStart {
            time: begun.elapsed(),
            cpu: process.cpu()?,
            resident: process.resident()?,
        };
        Ok(function)
    }

    /// How it started.
    #[must_use]
    pub fn cold_start(&self) -> ColdStart {
        self.cold_start
    }

    /// The process, for its CPU time and memory.
    #[must_use]
    pub fn process(&self) -> Process {
        self.process
    }

    /// Delivers one message of a queue; fails if the function reports it back as failed.
    pub fn deliver(&mut self, body: &str) -> Result<()> {
        let answer: Value = serde_json::from_slice(&self.invoke(sqs_event(body))?)?;
        let failures = answer["batchItemFailures"].as_array().map(Vec::len);
        match failures {
            Some(0) => Ok(()),
            _ => bail!("the function gave a message back: {answer}"),
        }
    }

    /// Hands over an event as it is and returns the answer.
    pub fn invoke(&mut self, event: String) -> Result<Bytes> {
        let child = &mut self.child;
        self.api.invoke(event, || runs(child))
    }

    /// Sends what API Gateway would; returns status and body of the answer.
    pub fn ask(&mut self, request: &ApiRequest<'_>) -> Result<(u64, Value)> {
        let answer: Value = serde_json::from_slice(&self.invoke(request.event())?)?;
        let status = answer["statusCode"].as_u64();
        let body = answer["body"]
            .as_str()
            .context("an answer without a body")?;
        let body = serde_json::from_str(body)?;
        Ok((status.context("an answer without a status")?, body))
    }

    /// Hands over an event that has to be dealt with in this time.
    pub fn offer(&mut self, event: String, within: Duration) -> Result<Outcome> {
        let child = &mut self.child;
        self.api.offer(event, within, || runs(child))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn runs(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(None))
}

/// A request to the API by somebody of a municipality's staff.
#[derive(Clone, Copy, Debug)]
pub struct ApiRequest<'a> {
    /// Method and path, without parameters: `POST /doses`.
    pub route: &'static str,
    /// Whose.
    pub tenant: &'a str,
    /// As the gateway writes a list: `[doses]`.
    pub roles: &'static str,
    /// The header of that name.
    pub idempotency_key: Option<&'a str>,
    /// JSON.
    pub body: &'a str,
}

impl ApiRequest<'_> {
    /// Payload format 2.0.
    fn event(&self) -> String {
        let (method, path) = self.route.split_once(' ').unwrap_or_default();
        let claims = json!({
            "aud": "open-vrs", "exp": "1893456000", "iss": "https://issuer.example.jp",
            "roles": self.roles, "sub": "staff-7", "tenant": self.tenant,
        });
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route,
            "rawPath": path,
            "rawQueryString": "",
            "headers": {
                "authorization": "Bearer (verified by the gateway)",
                "content-type": "application/json",
                "host": "api.example.jp",
            },
            "requestContext": {
                "authorizer": {"jwt": {"claims": claims, "scopes": null}},
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1"},
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": self.route,
                "stage": "$default",
            },
            "isBase64Encoded": false,
            "body": self.body,
        });
        if let Some(key) = self.idempotency_key {
            event["headers"]["idempotency-key"] = key.into();
        }
        event.to_string()
    }
}

/// An event of SQS with one message.
#[must_use]
pub fn sqs_event(body: &str) -> String {
    json!({"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "bench",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:ap-northeast-1:000000000000:bench",
        "awsRegion": "ap-northeast-1",
    }]})
    .to_string()
}

/// The notification that S3 sends when an object was created.
#[must_use]
pub fn object_created(bucket: &str, key: &str, version: &str, size: u64, at: &str) -> String {
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "ap-northeast-1",
        "eventTime": at,
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": format!("arn:aws:s3:::{bucket}")},
            "object": {
                "key": key, "size": size, "eTag": version, "versionId": version,
                "sequencer": "0055AED6DCD90281E5",
            },
        },
    }]})
    .to_string()
}
