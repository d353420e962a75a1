//! Taking turns at items that many write at the same time, as the head of a log.

use std::{fmt::Display, time::Duration};

use aws_sdk_dynamodb::types::TransactWriteItem;
use crypto::Sha256;
use domain::TenantScope;

use crate::{Store, StoreError};

/// The head of a log moves with every entry; so often one may be too late in a row.
pub(crate) const TRIES: u32 = 40;
/// What a further try is put off by, at most, for each before it.
const STEP: u64 = 8;
/// Tries behind which the pause grows no more.
const STEPS: u32 = 12;

impl Store {
    /// `false` when somebody moved first, or was at the same items in the same moment.
    pub(crate) async fn transacted(
        &self,
        scope: &TenantScope,
        writes: Vec<TransactWriteItem>,
    ) -> Result<bool, StoreError> {
        match self.transact(scope, writes).await {
            Ok(()) => Ok(true),
            Err(StoreError::Moved) => Ok(false),
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// As `transact`, again behind whoever was at the same items in the same moment.
    pub(crate) async fn transact_in_turn(
        &self,
        scope: &TenantScope,
        writes: Vec<TransactWriteItem>,
        who: &impl Display,
    ) -> Result<(), StoreError> {
        let mut attempt = 0;
        loop {
            match self.transact(scope, writes.clone()).await {
                Err(error) if error.is_conflict() && attempt < TRIES => attempt += 1,
                other => return other,
            }
            pause(who, attempt).await;
        }
    }
}

/// Before trying again behind somebody who was faster. Each round one of them gets through; those who wait
/// do so for times of their own, or they would meet again.
pub(crate) async fn pause(who: &impl Display, attempt: u32) {
    if attempt > 0 {
        let most = u64::from(attempt.min(STEPS)) * STEP;
        let millis = 1 + u64::from(share_of(&who.to_string(), attempt)) % most;
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

/// A number that tells those who wait apart, and is another each time.
pub(crate) fn share_of(who: &str, attempt: u32) -> u16 {
    let digest = Sha256::of_parts(&[who.as_bytes(), &attempt.to_be_bytes()]);
    let (share, _) = digest.split_first_chunk().unwrap_or((&[0; 2], &[]));
    u16::from_be_bytes(*share)
}
