//! The stack on loopback ports, for the ordinary `aws` command line, a browser, `curl`.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Collected, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use crate::{
    answer::{Refusal, answer},
    console,
    oidc::sign_in,
    s3,
    stack::{GRACE, LocalStack},
};

/// DynamoDB takes 16 MB at once, the API 10 MB.
const LARGEST_BODY: usize = 16 << 20;

/// Where a stack is reached, without a slash at the end.
#[derive(Debug, Clone)]
pub struct Urls {
    /// The API, and the issuer of tokens.
    pub api: String,
    /// S3; links that are signed begin so.
    pub s3: String,
    /// DynamoDB, and also SQS, KMS and STS.
    pub dynamodb: String,
}

impl Default for Urls {
    fn default() -> Self {
        let at = |port: u16| format!("http://127.0.0.1:{port}");
        Self {
            api: at(8080),
            s3: at(9000),
            dynamodb: at(8000),
        }
    }
}

/// Ports that are taken and not yet answered at.
pub struct Listeners {
    api: TcpListener,
    s3: TcpListener,
    dynamodb: TcpListener,
}

impl Listeners {
    /// Takes the three ports; port 0 takes a free one. Only loopback addresses: whoever reaches
    /// the stack can have any token and every record.
    pub async fn bind(api: SocketAddr, s3: SocketAddr, dynamodb: SocketAddr) -> Result<Self> {
        Ok(Self {
            api: listen(api).await?,
            s3: listen(s3).await?,
            dynamodb: listen(dynamodb).await?,
        })
    }

    /// What a stack needs to know before it starts.
    pub fn urls(&self) -> Result<Urls> {
        let url = |listener: &TcpListener| -> Result<String> {
            let address = listener.local_addr().context("a port without an address")?;
            Ok(format!("http://{address}"))
        };
        Ok(Urls {
            api: url(&self.api)?,
            s3: url(&self.s3)?,
            dynamodb: url(&self.dynamodb)?,
        })
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    ensure!(
        address.ip().is_loopback(),
        "{address} is not a loopback address; the local stack gives any token to whoever asks"
    );
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

impl LocalStack {
    /// Answers on the ports until `until` is over; requests under way have a while to be answered to their end.
    pub async fn serve(
        self: Arc<Self>,
        at: Listeners,
        until: impl Future<Output = ()>,
    ) -> Result<()> {
        let over = watch::Sender::new(false);
        let at_ports = self.at_ports();
        let s3 = move |request| {
            let at_ports = at_ports.clone();
            async move { at_ports.respond_s3(request).await }
        };
        let api = Arc::clone(&self);
        let api = move |request| {
            let stack = Arc::clone(&api);
            async move { stack.api(request).await }
        };
        let json = move |request| {
            let stack = Arc::clone(&self);
            async move { stack.json(request).await }
        };
        let both = async {
            tokio::try_join!(
                accept(at.api, over.subscribe(), api),
                accept(at.dynamodb, over.subscribe(), json),
            )
        };
        tokio::pin!(both);
        tokio::select! {
            result = &mut both => return result.map(drop),
            result = s3::serve_by(at.s3, s3) => result.context("S3 no longer answers")?,
            () = until => {}
        }
        over.send_replace(true);
        both.await.map(drop)
    }

    async fn json(&self, request: Request<Bytes>) -> Response<Bytes> {
        let said = |name| request.headers().contains_key(name);
        if !said("x-amz-target") && !said(header::CONTENT_TYPE.as_str()) {
            let refusal = Refusal::new("UnknownOperationException", "no X-Amz-Target");
            return answer(Err(refusal));
        }
        match self.at_ports().respond(request.map(SdkBody::from)).await {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                let body = body.collect().await.map(Collected::to_bytes);
                Response::from_parts(parts, body.unwrap_or_default())
            }
            Err(_) => answer(Err(Refusal::new("InternalFailure", "not answered"))),
        }
    }
}

/// The paths that only the local stack has: those of the issuer and of the console.
pub(crate) fn local_path(stack: &LocalStack, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    // A page whose name was pointed at this address must not become one of ours.
    let host = request.headers().get(header::HOST);
    let host = host.map_or_else(
        || request.uri().authority().map(http::uri::Authority::as_str),
        |host| Some(host.to_str().unwrap_or_default()),
    );
    if host.is_some_and(|host| !names_loopback(host)) {
        let what = json!({ "message": "Forbidden" });
        return Some(respond(StatusCode::FORBIDDEN, what.to_string()));
    }
    if let Some(answer) = console::answer(stack.urls(), stack.issuer().client(), request) {
        return Some(answer);
    }
    if let Some(answer) = sign_in::answer(stack.issuer(), request, stack.now()) {
        return Some(answer);
    }
    Some(match (request.method(), request.uri().path()) {
        (&Method::GET, "/.well-known/openid-configuration") => {
            respond(StatusCode::OK, stack.issuer().discovery().to_string())
        }
        (&Method::GET, "/jwks.json") => match stack.issuer().key_set() {
            Ok(keys) => respond(StatusCode::OK, keys.to_string()),
            Err(_) => respond(StatusCode::INTERNAL_SERVER_ERROR, "{}".to_owned()),
        },
        (&Method::POST, "/local/token") => token(stack, request),
        (&Method::POST, "/local/tools-token") => tools_token(stack, request),
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenWish {
    tenant: String,
    roles: Vec<String>,
    #[serde(default = "somebody")]
    sub: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolsWish {
    tenant: String,
}

fn somebody() -> String {
    "local-user".to_owned()
}

/// What is wished for. A page in a browser cannot wish: the content type makes it ask first.
fn wish<'a, W: Deserialize<'a>>(
    request: &'a Request<Bytes>,
    needs: &str,
) -> Result<W, Box<Response<Bytes>>> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != "application/json") {
        let what = json!({ "message": "application/json only" });
        let refusal = respond(StatusCode::UNSUPPORTED_MEDIA_TYPE, what.to_string());
        return Err(Box::new(refusal));
    }
    serde_json::from_slice(request.body()).map_err(|_| {
        let what = json!({ "message": needs });
        Box::new(respond(StatusCode::BAD_REQUEST, what.to_string()))
    })
}

/// A token for whoever asks.
fn token(stack: &LocalStack, request: &Request<Bytes>) -> Response<Bytes> {
    let wish: TokenWish = match wish(request, "needs tenant and roles") {
        Ok(wish) => wish,
        Err(refusal) => return *refusal,
    };
    let roles: Vec<&str> = wish.roles.iter().map(String::as_str).collect();
    given(stack.token(&wish.tenant, &roles, &wish.sub))
}

/// A token with which tools buy credentials for a drop folder, for whoever asks.
fn tools_token(stack: &LocalStack, request: &Request<Bytes>) -> Response<Bytes> {
    match wish::<ToolsWish>(request, "needs tenant") {
        Ok(wish) => given(stack.tools_token(&wish.tenant, "local-tool")),
        Err(refusal) => *refusal,
    }
}

fn given(token: Result<String>) -> Response<Bytes> {
    match token {
        Ok(token) => respond(StatusCode::OK, json!({ "token": token }).to_string()),
        Err(_) => respond(StatusCode::INTERNAL_SERVER_ERROR, "{}".to_owned()),
    }
}

fn names_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn respond(status: StatusCode, json: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Accepts connections until `over`, then lets those that are open finish their request for a while.
async fn accept<F, R>(
    listener: TcpListener,
    mut over: watch::Receiver<bool>,
    respond: F,
) -> Result<()>
where
    F: Fn(Request<Bytes>) -> R + Clone + Send + 'static,
    R: Future<Output = Response<Bytes>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    let seen_by_connections = over.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.context("no longer accepting connections")?;
                connections.spawn(connection(stream, seen_by_connections.clone(), respond.clone()));
            }
            Some(_) = connections.join_next() => {}
            _ = over.wait_for(|over| *over) => break,
        }
    }
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        tracing::warn!("stopped in the middle of a request");
        connections.shutdown().await;
    }
    Ok(())
}

async fn connection<F, R>(stream: TcpStream, mut over: watch::Receiver<bool>, respond: F)
where
    F: Fn(Request<Bytes>) -> R + Clone + Send + 'static,
    R: Future<Output = Response<Bytes>> + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let respond = respond.clone();
        async move {
            let (parts, body) = request.into_parts();
            let response = if let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await {
                respond(Request::from_parts(parts, body.to_bytes())).await
            } else {
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
                response
            };
            Ok::<_, Infallible>(response.map(Full::new))
        }
    });
    // With a timer, whoever does not end the head of a request is not waited for.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // A connection that breaks is the client's affair; it will ask again.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = over.wait_for(|over| *over) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
