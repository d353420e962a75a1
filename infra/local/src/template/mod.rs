//! `infra/template.yaml`, read into what the local stack is built from.
//!
//! A section, a type of resource, a property or an intrinsic function that this module does not
//! know is an error that names it: what is passed over in silence would be tested here and do
//! something else on AWS. Properties that are known and change nothing on one machine are listed
//! with the reason.

mod api;
mod conditions;
mod document;
mod fields;
mod function;
mod inert;
mod names;
mod queue;
mod resolve;
mod schedule;
mod storage;
mod stream;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

use self::{
    api::ApiParts,
    document::{Document, RawResource},
    fields::Fields,
    resolve::Resolver,
};
pub use self::{
    api::{Api, Authorizer, Route},
    function::{Function, IdentityProvider, Role},
    queue::{Mapping, Queue, Redrive},
    schedule::{Schedule, Times},
    storage::{Bucket, Key, KeyKind, Notification, Table},
    stream::StreamMapping,
};
use crate::iam::{Policies, Policy};

/// The template that is deployed, as it was when this crate was built.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");

/// Where the stack stands, in the words of `CloudFormation`.
#[derive(Debug, Clone)]
pub struct Place {
    /// Twelve digits.
    pub account: String,
    /// `ap-northeast-1`
    pub region: String,
    /// Name of the stack.
    pub stack: String,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            account: "000000000000".to_owned(),
            region: "ap-northeast-1".to_owned(),
            stack: "vrs".to_owned(),
        }
    }
}

/// All that has an effect here, intrinsics resolved.
#[derive(Debug, Default)]
pub struct Template {
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// S3 buckets.
    pub buckets: Vec<Bucket>,
    /// KMS keys.
    pub keys: Vec<Key>,
    /// SQS queues.
    pub queues: Vec<Queue>,
    /// Lambda functions.
    pub functions: Vec<Function>,
    /// Queues that feed functions.
    pub mappings: Vec<Mapping>,
    /// Streams that feed functions.
    pub streams: Vec<StreamMapping>,
    /// Roles of the functions.
    pub roles: Vec<Role>,
    /// Issuers whose tokens buy roles.
    pub identity_providers: Vec<IdentityProvider>,
    /// Policies of buckets, by the bucket's ARN.
    pub bucket_policies: Vec<(String, Policy)>,
    /// What sends messages at set times.
    pub schedules: Vec<Schedule>,
    /// The HTTP API.
    pub api: Option<Api>,
}

impl Template {
    /// Reads a template with values for its parameters.
    ///
    /// Fails on anything that the local stack does not know, naming resource and property.
    pub fn parse(yaml: &str, parameters: &BTreeMap<String, String>, place: &Place) -> Result<Self> {
        let document = Document::parse(yaml)?;
        let resolver = Resolver::new(&document, parameters, place)?;
        let mut template = Self::default();
        let mut api = ApiParts::default();
        for (id, resource) in &document.resources {
            if let Some(condition) = &resource.condition
                && !resolver.holds(condition)?
            {
                continue;
            }
            let properties = resolver
                .properties(&document.properties_of(resource))
                .with_context(|| format!("resource {id} ({})", resource.kind))?;
            let fields = Fields::new(id, &resource.kind, properties);
            template.add(&resolver, id, resource, fields, &mut api)?;
        }
        template.api = api.finish()?;
        template.check()?;
        Ok(template)
    }

    fn add(
        &mut self,
        resolver: &Resolver<'_>,
        id: &str,
        resource: &RawResource,
        fields: Fields,
        api: &mut ApiParts,
    ) -> Result<()> {
        let name = resolver.own_name(id, resource)?;
        let kind = resource.kind.as_str();
        let arn = || names::attribute(id, kind, &name, "Arn", resolver.place);
        match kind {
            "AWS::DynamoDB::Table" => self.tables.push(storage::table(name, fields)?),
            "AWS::S3::Bucket" => self.buckets.push(storage::bucket(name, fields)?),
            "AWS::S3::BucketPolicy" => self.bucket_policies.push(storage::bucket_policy(fields)?),
            "AWS::KMS::Key" => {
                let arn = arn()?;
                self.keys.push(storage::key(name, arn, fields)?);
            }
            "AWS::SQS::Queue" => {
                let url = names::reference(id, kind, &name, resolver.place)?;
                let arn = arn()?;
                self.queues.push(queue::queue(name, url, arn, fields)?);
            }
            function::KIND => {
                let arn = arn()?;
                self.functions.push(function::function(name, arn, fields)?);
            }
            "AWS::IAM::Role" => self.roles.push(function::role(arn()?, fields)?),
            "AWS::IAM::OIDCProvider" => self
                .identity_providers
                .push(function::identity_provider(fields)?),
            "AWS::Lambda::EventSourceMapping" => self.mapping(fields)?,
            "AWS::Events::Rule" => self.schedules.push(schedule::schedule(id, fields)?),
            "AWS::ApiGatewayV2::Api" => api.api(name, fields)?,
            "AWS::ApiGatewayV2::Stage" => api.stage(fields)?,
            "AWS::ApiGatewayV2::Authorizer" => api.authorizer(name, fields)?,
            "AWS::ApiGatewayV2::Integration" => api.integration(name, fields)?,
            "AWS::ApiGatewayV2::Route" => api.route(id, fields)?,
            _ if inert::read(kind, fields)? => {}
            _ => bail!("resource {id}: type {kind} is not known to the local stack"),
        }
        Ok(())
    }

    fn mapping(&mut self, mut fields: Fields) -> Result<()> {
        let source = fields.text("EventSourceArn")?;
        if source.starts_with("arn:aws:sqs:") {
            self.mappings.push(queue::mapping(source, fields)?);
        } else if source.starts_with("arn:aws:dynamodb:") {
            self.streams.push(stream::mapping(&source, fields)?);
        } else {
            let what = "is neither a queue nor a stream; the local stack knows no other";
            return Err(fields.refuse("EventSourceArn", what));
        }
        Ok(())
    }

    /// Policies that are attached to what is called: of buckets, of keys, and the trust of roles.
    #[must_use]
    pub fn resource_policies(&self, place: &Place) -> Policies {
        let keys = self.keys.iter().map(|key| (&key.arn, &key.policy));
        let roles = self.roles.iter().map(|role| (&role.arn, &role.trust));
        let buckets = self
            .bucket_policies
            .iter()
            .map(|(arn, policy)| (arn, policy));
        Policies {
            by_resource: keys
                .chain(roles)
                .chain(buckets)
                .map(|(arn, policy)| (arn.clone(), policy.clone()))
                .collect(),
            account: place.account.clone(),
        }
    }

    /// Everything that is pointed at is there.
    fn check(&self) -> Result<()> {
        let queue = |arn: &str| self.queues.iter().any(|queue| queue.arn == arn);
        for arn in self
            .queues
            .iter()
            .filter_map(|queue| queue.redrive.as_ref())
            .map(|redrive| &redrive.dead_letters)
            .chain(
                self.buckets
                    .iter()
                    .flat_map(|b| &b.notifications)
                    .map(|n| &n.queue),
            )
            .chain(self.mappings.iter().map(|mapping| &mapping.queue))
            .chain(self.schedules.iter().map(|schedule| &schedule.queue))
            .chain(self.streams.iter().map(|stream| &stream.dead_letters))
        {
            if !queue(arn) {
                bail!("{arn} is not a queue of the template");
            }
        }
        for function in &self.functions {
            if !self.roles.iter().any(|role| role.arn == function.role) {
                bail!(
                    "the role of function {} is not in the template",
                    function.name
                );
            }
        }
        let fed = self.mappings.iter().map(|mapping| &mapping.function);
        for fed in fed.chain(self.streams.iter().map(|stream| &stream.function)) {
            if !self.functions.iter().any(|function| function.name == *fed) {
                bail!("{fed} is not a function of the template");
            }
        }
        for stream in &self.streams {
            let table = self.tables.iter().find(|table| table.name == stream.table);
            if !table.is_some_and(|table| table.streams) {
                bail!("{} is not a table with a stream", stream.table);
            }
        }
        for route in self.api.iter().flat_map(|api| &api.routes) {
            if !self
                .functions
                .iter()
                .any(|function| function.arn == route.function)
            {
                bail!("route {} leads to no function of the template", route.key);
            }
        }
        Ok(())
    }
}
