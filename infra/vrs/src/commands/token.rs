use std::io::Write;

use anyhow::{Context as _, Result};
use domain::TenantCode;
use serde_json::{Value, json};

use crate::cli;
use crate::http::Api;

/// Prints a token of the running stack's own issuer, and nothing else, so that a shell can take it.
pub async fn run(asked: cli::Token, out: &mut dyn Write) -> Result<()> {
    let api = Api::new(&asked.at.api)?;
    let token = if asked.tools {
        let tenant = json!({ "tenant": asked.tenant.as_str() });
        given(&api, "/local/tools-token", &tenant).await?
    } else {
        token(&api, asked.tenant, &asked.roles).await?
    };
    writeln!(out, "{token}")?;
    Ok(())
}

/// Asks the local issuer for a token.
pub(crate) async fn token(
    api: &Api,
    tenant: TenantCode,
    roles: &[impl AsRef<str>],
) -> Result<String> {
    let roles: Vec<&str> = roles.iter().map(AsRef::as_ref).collect();
    let asked = json!({ "tenant": tenant.as_str(), "roles": roles });
    given(api, "/local/token", &asked).await
}

async fn given(api: &Api, path: &str, asked: &Value) -> Result<String> {
    let answer = api.post(path, asked).await?.ok()?;
    let token = answer.get("token").and_then(Value::as_str);
    Ok(token.context("the issuer gave no token")?.to_owned())
}
