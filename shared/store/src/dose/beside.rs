//! What a change of doses stands on beside what it writes.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use crypto::ResidentTag;

use super::{DoseChange, DoseKey, DoseRevision, PersonDoses};
use crate::{
    StoreError,
    item::{n, s},
    keys::{self, EDITION_SK},
    transaction::not_built,
};

impl DoseChange<'_> {
    /// Holds only if what stands under a number is still `dose`, of `resident`.
    pub fn unless_moved(
        &mut self,
        resident: &ResidentTag,
        dose: &DoseRevision,
    ) -> Result<(), StoreError> {
        let key = DoseKey::of(*resident, &dose.dose);
        self.while_it_is(
            resident,
            &keys::dose_sk(&key),
            "rev",
            u64::from(dose.revision),
        )
    }

    /// Holds only if none of this person's doses changed since they were read: what was found beside them may not
    /// be true otherwise. May be said more than once, and of somebody whose doses are changed as well.
    pub fn beside(&mut self, person: &PersonDoses) {
        self.beside.insert(person.tag, person.edition);
    }

    /// Puts what [`Self::beside`] was told into the transaction, which takes one operation for each item.
    pub(super) fn check_beside(&mut self) -> Result<(), StoreError> {
        for (resident, edition) in std::mem::take(&mut self.beside) {
            if !self.touched.contains_key(&resident) {
                self.while_it_is(&resident, EDITION_SK, "edition", edition)?;
            }
        }
        Ok(())
    }

    /// What nobody has written yet is 0.
    fn while_it_is(
        &mut self,
        resident: &ResidentTag,
        sk: &str,
        name: &str,
        read: u64,
    ) -> Result<(), StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.store.table)
            .key("pk", s(keys::resident(self.scope, resident)))
            .key("sk", s(sk));
        let check = if read == 0 {
            check.condition_expression("attribute_not_exists(pk)")
        } else {
            check
                .condition_expression(format!("{name} = :read"))
                .expression_attribute_values(":read", n(read))
        };
        let check = check.build().map_err(|_| not_built())?;
        let check = TransactWriteItem::builder().condition_check(check).build();
        self.writes.push(check);
        Ok(())
    }
}
