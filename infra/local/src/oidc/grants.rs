//! Codes that somebody who signed in carries back to the client, each good once and for a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use anyhow::{Result, anyhow};
use aws_lc_rs::rand;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};

use super::{TokenRequest, pkce::Challenge};

/// A browser follows a redirect at once.
const LIFE: SignedDuration = SignedDuration::from_mins(1);
/// Who could fill the memory could have any token anyway; this only bounds a mistake.
const MOST: usize = 1_000;

/// What a code stands for.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) challenge: Challenge,
    /// Repeated in the tokens, if the client sent one.
    pub(super) nonce: Option<String>,
    pub(super) token: TokenRequest,
}

/// The codes that were given out and not yet come back.
#[derive(Default)]
pub(super) struct Grants {
    open: Mutex<HashMap<String, (Timestamp, Grant)>>,
}

impl Grants {
    /// A new code for this grant.
    pub(super) fn give(&self, grant: Grant, now: Timestamp) -> Result<String> {
        let mut random = [0; 32];
        rand::fill(&mut random).map_err(|_| anyhow!("no randomness"))?;
        let code = BASE64URL_NOPAD.encode(&random);
        let until = now.saturating_add(LIFE)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, (until, _)| *until > now);
        if open.len() >= MOST {
            return Err(anyhow!("too many people sign in at once"));
        }
        open.insert(code.clone(), (until, grant));
        Ok(code)
    }

    /// What the code stands for. Whatever comes of it, the code is used up.
    pub(super) fn take(&self, code: &str, now: Timestamp) -> Option<Grant> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, grant) = open.remove(code)?;
        (until > now).then_some(grant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            challenge: Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap(),
            nonce: None,
            token: TokenRequest {
                tenant: "131016".to_owned(),
                roles: Vec::new(),
                subject: "someone".to_owned(),
                valid_for: LIFE,
            },
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute() {
        let grants = Grants::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let code = grants.give(grant(), at(0)).unwrap();
        assert!(grants.take(&code, at(59)).is_some());
        assert!(grants.take(&code, at(59)).is_none());
        let late = grants.give(grant(), at(0)).unwrap();
        assert_ne!(late, code);
        assert!(grants.take(&late, at(60)).is_none());
        assert!(grants.take("", at(0)).is_none());
    }

    #[test]
    fn codes_that_nobody_fetches_make_room() {
        let grants = Grants::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        for _ in 0..MOST {
            grants.give(grant(), at(0)).unwrap();
        }
        assert!(grants.give(grant(), at(1)).is_err());
        assert!(grants.give(grant(), at(60)).is_ok());
    }
}
