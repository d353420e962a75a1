//! Residents of whom records are asked after they moved away.

use crypto::{ResidentTag, TenantKeys};
use domain::{Generation, Resident, TenantScope};

use crate::{
    InRegister, InSight, PersonItems, Store, StoreError,
    keys::{self, PROFILE_SK},
    register::{TRIES, slots},
};

impl Store {
    /// A resident by tag, and one who was removed as well: whoever moved away still has records here.
    /// A removal that names no My Number leaves the one that was there before.
    pub async fn resident_or_former(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        tag: &ResidentTag,
    ) -> Result<Option<Resident>, StoreError> {
        for _ in 0..TRIES {
            let generation = self.register(scope).await?.generation();
            let item = self
                .get(scope, keys::resident(scope, tag), PROFILE_SK)
                .await?;
            if self.register(scope).await?.generation() == generation {
                let opened = item.map(|item| slots::under(scope, keys, &item, generation));
                let found = opened.transpose()?.flatten();
                return Ok(found.map(|found| found.resident.resident));
            }
        }
        Err(moves())
    }

    /// The same with all that is known of their doses, nothing of which is opened yet; and the register that
    /// they stand in: `generation`, which was in force a moment ago, or the one that came into force since.
    ///
    /// One look at `CURRENT` is enough for one person: what was in force then is kept in one of the two
    /// slots until the generation after next is loaded.
    pub async fn person_or_former(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        tag: &ResidentTag,
        mut generation: Generation,
    ) -> Result<Option<(InRegister, PersonItems, Generation)>, StoreError> {
        for _ in 0..TRIES {
            let items = self.person_items(scope, tag).await?;
            match items.person(keys, generation)? {
                InSight::Person(person) => return Ok(Some((*person, items, generation))),
                InSight::Nobody => return Ok(None),
                InSight::Ahead => {
                    let now = self.register(scope).await?.generation();
                    if now == generation {
                        return Ok(None);
                    }
                    generation = now;
                }
            }
        }
        Err(moves())
    }
}

fn moves() -> StoreError {
    StoreError::TryAgain {
        code: "RegisterMoves".to_owned(),
    }
}
