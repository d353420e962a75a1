//! The HTTP API: routes, what stands behind them, who may call.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};

use super::fields::Fields;

/// An API Gateway HTTP API.
#[derive(Debug, Clone)]
pub struct Api {
    /// What `!Ref` of it gives.
    pub id: String,
    /// Its routes.
    pub routes: Vec<Route>,
    /// The authorizer whose tokens it takes.
    pub authorizer: Authorizer,
}

/// A method and path, and the function that answers.
#[derive(Debug, Clone)]
pub struct Route {
    /// `GET /uploads/{id}`
    pub key: String,
    /// ARN of the function.
    pub function: String,
}

/// The JWT authorizer in front of every route.
#[derive(Debug, Clone)]
pub struct Authorizer {
    /// Claim `iss`.
    pub issuer: String,
    /// One of these is in the claim `aud`.
    pub audience: Vec<String>,
}

/// The parts as they are found, in any order.
#[derive(Debug, Default)]
pub(super) struct ApiParts {
    apis: Vec<String>,
    stages: u32,
    authorizers: BTreeMap<String, Authorizer>,
    integrations: BTreeMap<String, String>,
    routes: Vec<RawRoute>,
}

#[derive(Debug)]
struct RawRoute {
    id: String,
    key: String,
    target: String,
    authorizer: String,
}

impl ApiParts {
    pub(super) fn api(&mut self, name: String, mut fields: Fields) -> Result<()> {
        fields.without_effect(&[
            ("Name", "for people"),
            (
                "CorsConfiguration",
                "the console is served from the API's own origin here; no other page may call it",
            ),
            (
                "DisableExecuteApiEndpoint",
                "the stack listens on loopback only",
            ),
        ]);
        fields.only("ProtocolType", "HTTP")?;
        self.apis.push(name);
        fields.finish()
    }

    pub(super) fn stage(&mut self, mut fields: Fields) -> Result<()> {
        fields.without_effect(&[
            ("DefaultRouteSettings", "one machine is its own throttle"),
            (
                "AccessLogSettings",
                "the local access log says the same, without persons",
            ),
        ]);
        fields.text("ApiId")?;
        fields.only("StageName", "$default")?;
        fields.only("AutoDeploy", "true")?;
        self.stages += 1;
        fields.finish()
    }

    pub(super) fn authorizer(&mut self, name: String, mut fields: Fields) -> Result<()> {
        fields.text("ApiId")?;
        fields.text("Name")?;
        fields.only("AuthorizerType", "JWT")?;
        if fields.texts("IdentitySource")? != ["$request.header.Authorization"] {
            return Err(fields.refuse(
                "IdentitySource",
                "should be [$request.header.Authorization]",
            ));
        }
        let mut jwt = fields.group("JwtConfiguration")?;
        let authorizer = Authorizer {
            issuer: jwt.text("Issuer")?,
            audience: jwt.texts("Audience")?,
        };
        jwt.finish()?;
        self.authorizers.insert(name, authorizer);
        fields.finish()
    }

    pub(super) fn integration(&mut self, name: String, mut fields: Fields) -> Result<()> {
        fields.text("ApiId")?;
        fields.only("IntegrationType", "AWS_PROXY")?;
        fields.only("PayloadFormatVersion", "2.0")?;
        self.integrations
            .insert(name, fields.text("IntegrationUri")?);
        fields.finish()
    }

    pub(super) fn route(&mut self, id: &str, mut fields: Fields) -> Result<()> {
        fields.text("ApiId")?;
        // A route without it would be open to everybody.
        fields.only("AuthorizationType", "JWT")?;
        self.routes.push(RawRoute {
            id: id.to_owned(),
            key: fields.text("RouteKey")?,
            target: fields.text("Target")?,
            authorizer: fields.text("AuthorizerId")?,
        });
        fields.finish()
    }

    /// Puts the parts together; `None` if the template has no API.
    pub(super) fn finish(self) -> Result<Option<Api>> {
        let mut ids = self.apis.into_iter();
        let Some(id) = ids.next() else {
            ensure!(self.routes.is_empty(), "the template has routes but no API");
            return Ok(None);
        };
        ensure!(ids.next().is_none(), "the local stack knows one API");
        ensure!(self.stages == 1, "the API has no stage $default");
        let mut authorizers = self.authorizers.into_iter();
        let (authorizer_id, authorizer) =
            authorizers.next().context("the API has no authorizer")?;
        ensure!(
            authorizers.next().is_none(),
            "the local stack knows one authorizer"
        );
        let mut routes = Vec::new();
        for route in self.routes {
            let function = route
                .target
                .strip_prefix("integrations/")
                .and_then(|integration| self.integrations.get(integration));
            let Some(function) = function else {
                bail!(
                    "resource {}: property Target is no integration of the API",
                    route.id
                );
            };
            if route.authorizer != authorizer_id {
                bail!(
                    "resource {}: property AuthorizerId is not the API's authorizer",
                    route.id
                );
            }
            routes.push(Route {
                key: route.key,
                function: function.clone(),
            });
        }
        Ok(Some(Api {
            id,
            routes,
            authorizer,
        }))
    }
}
