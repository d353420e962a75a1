use aws_sdk_kms::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
};
use domain::{PerTenant, TenantCode};
use zeroize::Zeroizing;

use crate::{BranchKey, WrappedKey};

/// KMS did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum KmsError {
    /// Throttled or out of reach for the moment.
    #[error("the key service asks to try again")]
    TryAgain,
    /// Denied, disabled, or not the right context: a matter for the operator.
    #[error("the key service refused ({code})")]
    Refused {
        /// The service's own code.
        code: String,
    },
    /// The answer is not 32 bytes.
    #[error("the key service answered with something that is no branch key")]
    NotABranchKey,
    /// The answer is not 32 bytes.
    #[error("the key service answered with something that is no code of a message")]
    NotAMac,
}

/// The two calls made to KMS for branch keys, each bound to the tenant by encryption context.
#[derive(Debug, Clone)]
pub struct Kms {
    clients: PerTenant<Client>,
}

impl Kms {
    /// Wraps the SDK's client: one for all, or one for each municipality.
    #[must_use]
    pub fn new(clients: impl Into<PerTenant<Client>>) -> Self {
        Self {
            clients: clients.into(),
        }
    }

    /// A fresh branch key, wrapped; the plain key is not returned by KMS at all.
    pub async fn new_branch_key(
        &self,
        key_id: &str,
        tenant: TenantCode,
        version: u8,
    ) -> Result<WrappedKey, KmsError> {
        let answer = self
            .clients
            .of(tenant)
            .generate_data_key_without_plaintext()
            .key_id(key_id)
            .number_of_bytes(32)
            .encryption_context("tenant", tenant.as_str())
            .send()
            .await
            .map_err(|error| classify(&error))?;
        let blob = answer
            .ciphertext_blob
            .ok_or(KmsError::NotABranchKey)?
            .into_inner();
        Ok(WrappedKey { version, blob })
    }

    /// Unwraps a branch key; KMS refuses when it was wrapped for another tenant.
    pub async fn unwrap(
        &self,
        tenant: TenantCode,
        wrapped: &WrappedKey,
    ) -> Result<BranchKey, KmsError> {
        let answer = self
            .clients
            .of(tenant)
            .decrypt()
            .ciphertext_blob(Blob::new(wrapped.blob.clone()))
            .encryption_context("tenant", tenant.as_str())
            .send()
            .await
            .map_err(|error| classify(&error))?;
        let plain = Zeroizing::new(
            answer
                .plaintext
                .ok_or(KmsError::NotABranchKey)?
                .into_inner(),
        );
        let bytes = plain[..].try_into().map_err(|_| KmsError::NotABranchKey)?;
        Ok(BranchKey::new(wrapped.version, bytes))
    }
}

/// What the service could not do for its own reasons passes, whatever it calls them.
pub(crate) fn classify<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> KmsError {
    match error {
        SdkError::ServiceError(service) if service.raw().status().is_server_error() => {
            KmsError::TryAgain
        }
        SdkError::ServiceError(service) => match service.err().code() {
            Some(
                "ThrottlingException"
                | "KMSInternalException"
                | "DependencyTimeoutException"
                | "KeyUnavailableException"
                | "InternalFailure"
                | "ServiceUnavailable",
            )
            | None => KmsError::TryAgain,
            Some(code) => KmsError::Refused {
                code: code.to_owned(),
            },
        },
        _ => KmsError::TryAgain,
    }
}
