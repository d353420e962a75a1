//! A fresh stack, and clients that speak to it.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use local::{LocalStack, Options, TimerClock};

/// Tests that pause the timers have this clock stand still with them.
pub(crate) fn in_memory() -> LocalStack {
    LocalStack::start(Options {
        clock: Arc::new(clock()),
        ..Options::default()
    })
    .unwrap()
}

pub(crate) fn in_folder(folder: &Path) -> LocalStack {
    let data = Some(folder.to_owned());
    LocalStack::start(Options {
        data,
        ..Options::default()
    })
    .unwrap()
}

pub(crate) fn clock() -> TimerClock {
    TimerClock::starting_at("2021-04-12T00:00:00Z".parse::<Timestamp>().unwrap())
}

pub(crate) fn dynamodb(stack: &LocalStack) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&stack.sdk_config())
}

pub(crate) fn sqs(stack: &LocalStack) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&stack.sdk_config())
}

pub(crate) fn kms(stack: &LocalStack) -> aws_sdk_kms::Client {
    aws_sdk_kms::Client::new(&stack.sdk_config())
}

pub(crate) fn s3(stack: &LocalStack) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&stack.sdk_config())
}

/// The code that the service names in a failed call.
#[macro_export]
macro_rules! code_of {
    ($call:expr, $sdk:ident) => {{
        use $sdk::error::ProvideErrorMetadata as _;
        $call
            .send()
            .await
            .unwrap_err()
            .code()
            .unwrap_or_default()
            .to_owned()
    }};
}

/// Enters a municipality, as `vrs tenant add` does.
pub(crate) async fn add_tenant(stack: &LocalStack, code: &str) {
    let tenant = domain::TenantCode::parse(code).unwrap();
    let key = crypto::Kms::new(kms(stack))
        .new_branch_key("records", tenant, 1)
        .await
        .unwrap();
    let scope = domain::TenantScope::for_operator(tenant);
    let store = stack.adapters().store().unwrap();
    store
        .add_tenant(
            &scope,
            &domain::TenantSettings::default(),
            &key,
            stack.adapters().clock().now(),
        )
        .await
        .unwrap();
}
