//! One stack: services, functions, gateway and issuer, wired from the template.

use std::{collections::BTreeMap, fs::File, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain::Clock;
use jiff::SignedDuration;
use runtime::{Adapters, Settings};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    access::{Access, Caller},
    aws::{InProcess, Services, config},
    buckets,
    dynamodb::LocalDynamoDb,
    folder, functions,
    gateway::Gateway,
    host::FunctionHost,
    kms::LocalKms,
    lambda::LocalLambda,
    oidc::{Issuer, TokenRequest, ToolsToken},
    serve::Urls,
    sqs::LocalSqs,
    stream::StreamFeed,
    sts::LocalSts,
    template::{Function, Place, TEMPLATE, Template},
};

/// The one pair of keys that the local S3 takes, as id and as secret.
pub const ACCESS_KEY: &str = "local";

/// How long a token is good for.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// How often items whose time is up are removed.
const SWEEP: Duration = Duration::from_mins(1);
/// How long an invocation may take to end when the stack is stopped.
pub(crate) const GRACE: Duration = Duration::from_secs(20);

/// Puts something between a function (named by its package) and the services: where tests lose
/// answers, throttle and delay.
pub type Intercept = Arc<dyn Fn(&str, SharedHttpClient) -> SharedHttpClient + Send + Sync>;

/// How a stack is to be.
pub struct Options {
    /// Where it is kept; in memory if nowhere.
    pub data: Option<PathBuf>,
    /// The time that functions, queues and tokens go by.
    pub clock: Arc<dyn Clock>,
    /// Multiplies timeouts, visibility and delays: 0.01 makes a minute of 0.6 s.
    pub time_scale: f64,
    /// Values for parameters of the template, such as `ChunkBytes`.
    pub parameters: BTreeMap<String, String>,
    /// Where the stack is reached, if it is served.
    pub urls: Urls,
    /// What stands between functions and services.
    pub intercept: Option<Intercept>,
}

impl Default for Options {
    /// In memory, by the clock of the machine.
    fn default() -> Self {
        Self {
            data: None,
            clock: Arc::new(runtime::system_clock),
            time_scale: 1.0,
            parameters: BTreeMap::new(),
            urls: Urls::default(),
            intercept: None,
        }
    }
}

/// A running stack. Dropping it is the death of its process: what was under way stays undone, and
/// a stack on the same folder takes it up.
pub struct LocalStack {
    template: Template,
    services: Services,
    sts: LocalSts,
    host: Arc<FunctionHost>,
    gateway: Gateway,
    issuer: Arc<Issuer>,
    clock: Arc<dyn Clock>,
    urls: Urls,
    tasks: JoinSet<()>,
    /// For each stream that is followed, the count of writes up to which it was.
    streams_seen: Vec<watch::Receiver<u64>>,
    /// Keeps others out of the folder.
    _lock: Option<File>,
}

impl LocalStack {
    /// Builds the stack of `infra/template.yaml` and starts to feed its functions, beginning with
    /// what an earlier process left in the folder. Must be called within a Tokio runtime.
    pub fn start(options: Options) -> Result<Self> {
        let place = Place::default();
        let parameters = local_parameters(options.parameters, &options.urls.api);
        let template = Template::parse(TEMPLATE, &parameters, &place)?;
        let (data, scale) = (options.data.as_ref(), options.time_scale);
        let lock = data.map(|folder| folder::lock(folder)).transpose()?;
        let clock = options.clock;
        let services = open_services(data, &template, &place, &clock, scale)?;
        let access = Arc::new(Access::of(&template, &place));
        let api = template.api.as_ref().context("the template has no API")?;
        let key_file = data.map(|folder| folder.join("issuer.pem"));
        let issuer = Arc::new(Issuer::new(&api.authorizer, key_file));
        let sts = LocalSts::new(Arc::clone(&access), Arc::clone(&issuer), Arc::clone(&clock));
        let build = |function: &Function| {
            let intercept = options.intercept.as_ref();
            let client = client_of(function, &services, &sts, &access, intercept)?;
            let config = config(client, &options.urls.s3, &place.region);
            let settings = Settings::from_map(function.environment.clone());
            let adapters = Adapters::new(settings, config, Arc::clone(&clock));
            functions::build(&function.package, &adapters)
                .with_context(|| format!("function {}", function.package))
        };
        let host = FunctionHost::new(&template.functions, Arc::clone(&clock), scale, build)?;
        let gateway = Gateway::new(api, Arc::clone(&issuer), Arc::clone(&clock));
        let host = Arc::new(host);
        services.lambda.serve(&host);
        let mut stack = Self {
            host,
            streams_seen: Vec::new(),
            gateway,
            issuer,
            clock,
            urls: options.urls,
            tasks: JoinSet::new(),
            _lock: lock,
            template,
            services,
            sts,
        };
        stack.feed();
        stack.follow(data, scale);
        stack.sweep();
        stack.schedule()?;
        let again = stack.services.s3.announce_pending();
        if again > 0 {
            tracing::info!(
                files = again,
                "files announced that an earlier process left"
            );
        }
        Ok(stack)
    }

    fn feed(&mut self) {
        for mapping in &self.template.mappings {
            let feed = Arc::clone(&self.host).feed(self.services.sqs.clone(), mapping.clone());
            let function = mapping.function.clone();
            self.tasks.spawn(async move {
                if let Err(error) = feed.await {
                    tracing::error!(function, error = format!("{error:#}"), "no longer fed");
                }
            });
        }
    }

    /// Sends what schedules send, when their time has come. One that came while the machine slept is
    /// sent once, late.
    fn schedule(&mut self) -> Result<()> {
        for schedule in &self.template.schedules {
            let queue = self.services.sqs.by_arn(&schedule.queue)?;
            let (sqs, clock) = (self.services.sqs.clone(), Arc::clone(&self.clock));
            let schedule = schedule.clone();
            self.tasks.spawn(async move {
                loop {
                    let next = schedule.times.next_after(clock.now());
                    while let Ok(left) = Duration::try_from(next.duration_since(clock.now()))
                        && !left.is_zero()
                    {
                        tokio::time::sleep(left.min(SWEEP)).await;
                    }
                    if let Err(error) = sqs.send(queue, &schedule.input, Duration::ZERO) {
                        let error = format!("{error:#}");
                        tracing::error!(error, "the schedule {} sent nothing", schedule.id);
                    }
                }
            });
        }
        Ok(())
    }

    /// Sends what a schedule of the template sends, before its time.
    pub fn fire(&self, id: &str) -> Result<()> {
        let mut schedules = self.template.schedules.iter();
        let schedule = schedules.find(|it| it.id == id);
        let schedule = schedule.with_context(|| format!("there is no schedule {id}"))?;
        let queue = self.services.sqs.by_arn(&schedule.queue)?;
        self.services
            .sqs
            .send(queue, &schedule.input, Duration::ZERO)?;
        Ok(())
    }

    /// Feeds functions from the streams of tables.
    fn follow(&mut self, data: Option<&PathBuf>, time_scale: f64) {
        for mapping in &self.template.streams {
            let (seen, receiver) = watch::channel(0);
            self.streams_seen.push(receiver);
            let feed = StreamFeed {
                mapping: mapping.clone(),
                dynamodb: self.services.dynamodb.clone(),
                host: Arc::clone(&self.host),
                sqs: self.services.sqs.clone(),
                time_scale,
                folder: data.cloned(),
                seen,
            };
            let function = mapping.function.clone();
            self.tasks.spawn(async move {
                if let Err(error) = feed.run().await {
                    tracing::error!(function, error = format!("{error:#}"), "no longer fed");
                }
            });
        }
    }

    fn sweep(&mut self) {
        let dynamodb = self.services.dynamodb.clone();
        self.tasks.spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                if let Err(error) = dynamodb.sweep().await {
                    tracing::error!(error = format!("{error:#}"), "nothing was swept");
                }
            }
        });
    }

    /// Answers a request as the deployed API would, and the issuer's own paths.
    pub async fn api(&self, request: http::Request<bytes::Bytes>) -> http::Response<bytes::Bytes> {
        match crate::serve::local_path(self, &request) {
            Some(response) => response,
            None => self.gateway.call(request, &self.host).await,
        }
    }

    /// A token for the API.
    pub fn token(&self, tenant: &str, roles: &[&str], subject: &str) -> Result<String> {
        let request = TokenRequest {
            tenant: tenant.to_owned(),
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            subject: subject.to_owned(),
            valid_for: TOKEN_LIFE,
        };
        self.issuer.token(&request, self.clock.now())
    }

    /// A token with which a tool of the municipality buys credentials for its drop folder.
    pub fn tools_token(&self, tenant: &str, subject: &str) -> Result<String> {
        let providers = &self.template.identity_providers;
        let audience = providers.iter().flat_map(|it| &it.audiences).next();
        let request = ToolsToken {
            tenant,
            audience: audience.context("the template lets no tools in")?,
            subject,
            valid_for: TOKEN_LIFE,
        };
        self.issuer.tools_token(&request, self.clock.now())
    }

    /// The services, for whoever calls over a port: the owner, or a session with the rights of its role.
    pub(crate) fn at_ports(&self) -> InProcess {
        InProcess::new(self.services.clone(), self.sts.clone(), None)
    }

    /// For the stack's owner: every SDK client works, with no role in the way.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        let client = SharedHttpClient::new(self.at_ports());
        config(client, &self.urls.s3, &Place::default().region)
    }

    /// For the stack's owner: every adapter works, `RECORDS_KEY_ID` included.
    #[must_use]
    pub fn adapters(&self) -> Adapters {
        let mut settings: BTreeMap<String, String> = self
            .template
            .functions
            .iter()
            .flat_map(|it| it.environment.clone())
            .collect();
        settings.insert("RECORDS_KEY_ID".to_owned(), "records".to_owned());
        // The owner acts with rights of their own.
        settings.remove("TENANT_ROLE_ARN");
        Adapters::new(
            Settings::from_map(settings),
            self.sdk_config(),
            Arc::clone(&self.clock),
        )
    }

    /// The services, to be looked at or called by hand.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// What the stack was built from.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Where it is reached, if it is served.
    #[must_use]
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// What its clock says.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// The issuer of its tokens.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Waits until no queue that feeds a function holds a message, every stream is followed to its
    /// end, and no function is at work. Messages that fail come to rest among the dead letters.
    pub async fn idle(&self) {
        let mut running = self.host.running();
        let mut changes = self.services.sqs.changes();
        let mut writes = self.services.dynamodb.changes();
        let mut seen = self.streams_seen.clone();
        loop {
            let at_work = *running.borrow_and_update() > 0;
            changes.borrow_and_update();
            let written = *writes.borrow_and_update();
            let followed = seen.iter_mut().all(|it| *it.borrow_and_update() >= written);
            if !at_work && followed && self.fed_queues_are_empty() {
                return;
            }
            let one_followed = async {
                match seen.first_mut() {
                    // Its task lives as long as the stack.
                    Some(seen) => {
                        let _changed = seen.changed().await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = running.changed() => {}
                _ = changes.changed() => {}
                _ = writes.changed() => {}
                () = one_followed => {}
            }
        }
    }

    fn fed_queues_are_empty(&self) -> bool {
        self.template.mappings.iter().all(|mapping| {
            let queue = self
                .template
                .queues
                .iter()
                .find(|queue| queue.arn == mapping.queue);
            let depth = queue.and_then(|queue| self.services.sqs.depth(&queue.name));
            depth.is_none_or(|depth| depth.visible == 0 && depth.hidden == 0)
        })
    }

    /// The death of the process, for tests: what is under way is dropped where it stands, and the
    /// folder is free for the next stack once the clients of this one are gone.
    pub async fn kill(mut self) {
        self.tasks.shutdown().await;
    }

    /// Takes up nothing new, and lets what is under way come to its end for a while. What is left
    /// in the queues stays there.
    pub async fn stop(mut self) {
        self.services.sqs.close();
        let mut running = self.host.running();
        let ended = running.wait_for(|running| *running == 0);
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!(
                "stopped in the middle of an invocation; it is repeated at the next start"
            );
        }
        self.tasks.shutdown().await;
    }
}

/// Parameters of the template that nobody gave, as they are on one machine.
fn local_parameters(mut given: BTreeMap<String, String>, api: &str) -> BTreeMap<String, String> {
    let local = [
        ("JwtIssuer", api),
        ("ConsoleOrigin", api),
        // The keys are in this process: nobody else waits for them.
        ("HoldersKmsCallsPerSecond", "0"),
        ("ToolsIssuer", without_scheme(api)),
    ];
    for (name, value) in local {
        given
            .entry(name.to_owned())
            .or_insert_with(|| value.to_owned());
    }
    given
}

/// The services of the template, with what an earlier process left of them in the folder.
fn open_services(
    folder: Option<&PathBuf>,
    template: &Template,
    place: &Place,
    clock: &Arc<dyn Clock>,
    time_scale: f64,
) -> Result<Services> {
    let data = folder.map(PathBuf::as_path);
    let sqs = LocalSqs::open(data, &template.queues, Arc::clone(clock), time_scale)?;
    let arn_prefix = format!("arn:aws:kms:{}:{}:key/", place.region, place.account);
    Ok(Services {
        dynamodb: LocalDynamoDb::open(data, &template.tables, Arc::clone(clock))?,
        kms: LocalKms::open(data, &template.keys, &arn_prefix)?,
        lambda: LocalLambda::default(),
        s3: buckets::open(folder, &template.buckets, &sqs, clock, &place.region)?,
        sqs,
    })
}

/// As IAM knows an issuer.
fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

/// The function's way to the services, with the rights of its role.
fn client_of(
    function: &Function,
    services: &Services,
    sts: &LocalSts,
    access: &Arc<Access>,
    intercept: Option<&Intercept>,
) -> Result<SharedHttpClient> {
    let caller = Caller::in_role(&function.role, Vec::new(), access);
    let caller = Arc::new(caller.with_context(|| format!("no role for {}", function.name))?);
    let client = SharedHttpClient::new(InProcess::new(services.clone(), sts.clone(), Some(caller)));
    Ok(match intercept {
        Some(intercept) => intercept(&function.package, client),
        None => client,
    })
}
