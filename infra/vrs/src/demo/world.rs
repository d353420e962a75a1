//! The stack of the demonstration, and who speaks to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::{FileKind, TenantCode, municipality};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use local::{Listeners, LocalStack, Options};
use serde_json::{Value, json};

use super::count::{Counter, Written};
use crate::commands::upload::follow;
use crate::drop_folder::{DROP_BUCKET, DropFolder};
use crate::generate::ResidentsFile;
use crate::http::{Answer, Api};
use crate::reach::s3_on_this_machine;
use crate::receipt::Receipt;
use crate::registry::Registry;

/// A fresh stack in memory, reached over loopback ports as from outside.
pub(super) struct World {
    pub(super) stack: Arc<LocalStack>,
    pub(super) registry: Registry,
    counter: Counter,
    s3: aws_sdk_s3::Client,
    api: Api,
}

/// What became of a dropped file.
pub(super) struct Loaded {
    pub(super) receipt: Receipt,
    /// Items that the functions wrote for it.
    pub(super) written: Written,
}

impl World {
    /// The stack, and the ports at which it is to be served.
    pub(super) async fn start() -> Result<(Self, Listeners)> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind(any, any, any).await?;
        let urls = listeners.urls()?;
        let counter = Counter::default();
        let options = Options {
            urls: urls.clone(),
            intercept: Some(counter.intercept()),
            ..Options::default()
        };
        let stack = Arc::new(LocalStack::start(options)?);
        let world = Self {
            registry: Registry::new(&stack.sdk_config(), "records", "records"),
            s3: s3_on_this_machine(&urls.s3).await?,
            api: Api::new(&urls.api)?,
            counter,
            stack,
        };
        Ok((world, listeners))
    }

    /// A member of staff of a municipality at the API.
    pub(super) fn staff_of(&self, tenant: TenantCode) -> Result<Staff> {
        let token = self
            .stack
            .token(tenant.as_str(), &["read", "register"], "demo")?;
        Ok(Staff {
            api: self.api.with_token(token),
        })
    }

    /// A venue of a municipality at the API.
    pub(super) fn venue_of(&self, tenant: TenantCode) -> Result<Staff> {
        let token = self.stack.token(tenant.as_str(), &["doses"], "venue")?;
        Ok(Staff {
            api: self.api.with_token(token),
        })
    }

    /// Somebody at the counter of a municipality, who asks others.
    pub(super) fn office_of(&self, tenant: TenantCode, who: &str) -> Result<Staff> {
        let token = self.stack.token(tenant.as_str(), &["inquire"], who)?;
        Ok(Staff {
            api: self.api.with_token(token),
        })
    }

    /// The receipt that lies in the municipality's outbox.
    pub(super) async fn receipt_in_outbox(&self, tenant: TenantCode, id: &str) -> Result<Receipt> {
        let key = format!("outbox/{tenant}/uploads/{id}/receipt.json");
        let answer = self
            .s3
            .get_object()
            .bucket(DROP_BUCKET)
            .key(key)
            .send()
            .await?;
        let document = answer.body.collect().await?.to_vec();
        Receipt::read(&serde_json::from_slice(&document)?)
    }

    /// Drops a file and waits until nothing happens to it any more.
    pub(super) async fn drop_file(
        &self,
        tenant: TenantCode,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Loaded> {
        self.drop_of_kind(FileKind::Residents, tenant, name, bytes)
            .await
    }

    /// The same with a file of any kind.
    pub(super) async fn drop_of_kind(
        &self,
        kind: FileKind,
        tenant: TenantCode,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Loaded> {
        let before = self.counter.of(tenant);
        let folder = DropFolder::new(self.s3.clone(), DROP_BUCKET, tenant);
        let dropped = folder.put(kind, name, bytes.into()).await?;
        let receipt = follow(&self.staff_of(tenant)?.api, &dropped, |_| ()).await?;
        // The last message of a load may still be on its way after the register is in force.
        self.stack.idle().await;
        Ok(Loaded {
            receipt,
            written: self.counter.of(tenant) - before,
        })
    }
}

/// The HTTP API with the token of one municipality.
pub(super) struct Staff {
    api: Api,
}

impl Staff {
    pub(super) async fn search(&self, criteria: &Value) -> Result<Vec<Value>> {
        let answer = self.api.post("/residents/search", criteria).await?.ok()?;
        let found = answer.get("residents").and_then(Value::as_array);
        Ok(found.context("an answer without residents")?.clone())
    }

    /// Any request; a null body is none.
    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer> {
        self.api.ask(method, path, headers, body).await
    }

    pub(super) async fn resident(&self, id: &str) -> Result<Answer> {
        self.api.get(&format!("/residents/{id}")).await
    }

    pub(super) async fn upload(&self, id: &str) -> Result<Answer> {
        self.api.get(&format!("/uploads/{id}")).await
    }

    /// `errors.csv` of an upload, by the link that the API gives.
    pub(super) async fn errors_csv(&self, id: &str) -> Result<Vec<u8>> {
        let upload = self.upload(id).await?.ok()?;
        let link = upload.pointer("/links/errors/url").and_then(Value::as_str);
        get(link.context("no link to errors.csv")?).await
    }
}

/// What a link that the API gave leads to.
pub(super) async fn get(link: &str) -> Result<Vec<u8>> {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.get(link.parse()?).await;
    let answer = answer.context("the link leads nowhere")?;
    anyhow::ensure!(answer.status().is_success(), "the link was refused");
    Ok(answer.into_body().collect().await?.to_bytes().to_vec())
}

/// How the front office looks for somebody.
pub(super) fn by_birth_date(date: domain::Date, name: &str) -> Value {
    json!({ "birth_date": date.to_string(), "name": name })
}

/// The bytes of a file.
pub(super) fn bytes_of(file: &ResidentsFile) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.write(&mut bytes)?;
    Ok(bytes)
}

/// 千代田区 for 131016.
pub(super) fn name_of(tenant: TenantCode) -> &'static str {
    municipality(tenant).map_or("", |it| it.name())
}
