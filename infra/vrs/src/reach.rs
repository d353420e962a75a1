//! How services are reached: on AWS as the AWS command line does, or those of a `vrs serve` on this machine.

use anyhow::{Context as _, Result};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use hyper::Uri;
use tokio::net::TcpStream;

use crate::cli;

/// Those of the stack, and S3.
pub(crate) async fn reached(
    services: &cli::Services,
    s3: &str,
) -> Result<(SdkConfig, aws_sdk_s3::Client)> {
    if services.aws {
        let config = on_aws().await?;
        let s3 = aws_sdk_s3::Client::new(&config);
        return Ok((config, s3));
    }
    let config = on_this_machine(&services.dynamodb).await?;
    Ok((config, s3_on_this_machine(s3).await?))
}

/// With the settings of the AWS command line: a profile, or the environment. Where they name a role and the file
/// of a token, the token buys the role's credentials.
pub(crate) async fn on_aws() -> Result<SdkConfig> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    config
        .region()
        .context("no region is set: name it in AWS_REGION, or in the profile of AWS_PROFILE")?;
    Ok(config)
}

/// DynamoDB, KMS, SQS or S3 of a `vrs serve`, which take any credentials of their own. Fails where nothing answers.
pub(crate) async fn on_this_machine(url: &str) -> Result<SdkConfig> {
    let authority = authority(url)?;
    let connected = TcpStream::connect(authority).await;
    connected.with_context(|| nothing_answers(url))?;
    let credentials = Credentials::new("local", "local", None, None, "vrs");
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .build())
}

/// S3 of a `vrs serve`.
pub(crate) async fn s3_on_this_machine(url: &str) -> Result<aws_sdk_s3::Client> {
    let config = on_this_machine(url).await?;
    let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true);
    Ok(aws_sdk_s3::Client::from_conf(config.build()))
}

/// Host and port of an address at which a `vrs serve` may answer.
pub(crate) fn authority(url: &str) -> Result<String> {
    let uri = url.parse::<Uri>().ok();
    let uri = uri.filter(|it| it.scheme_str() == Some("http"));
    let at = uri.as_ref().and_then(Uri::authority);
    let at = at.with_context(|| format!("{url}: write it as http://127.0.0.1:8080"))?;
    Ok(match at.port() {
        Some(_) => at.to_string(),
        None => format!("{at}:80"),
    })
}

/// What is said where no connection comes about.
pub(crate) fn nothing_answers(url: &str) -> String {
    format!("nothing answers at {url}; is `vrs serve` running?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_on_this_machine_has_a_scheme_and_a_port_or_the_usual_one() {
        for (url, at) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080/", "[::1]:8080"),
            ("http://localhost", "localhost:80"),
        ] {
            assert_eq!(authority(url).unwrap(), at);
        }
        for url in ["127.0.0.1:8080", "https://127.0.0.1:8080", "", "localhost"] {
            let said = authority(url).unwrap_err().to_string();
            assert!(said.contains("write it as http://"), "{said}");
        }
    }
}
