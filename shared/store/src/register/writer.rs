use std::{sync::Arc, time::Duration};

use aws_sdk_dynamodb::{error::SdkError, operation::update_item::UpdateItemError};
use bytes::Bytes;
use crypto::{Fingerprint, KeyLabel, NoncePool, Place, ResidentTag, Sealer, Tag, TenantKeys};
use domain::{Generation, TenantScope};

use crate::{
    Store, StoreError,
    item::Item,
    keys::{self, PROFILE_SK, SCHEMA, TABLE},
    wire::{Json, replacing},
};

/// BatchWriteItem takes at most 25 items.
const BATCH: u32 = 25;
/// A batch is given up after this time, as the SDK gives up one operation.
const LONGEST: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Whether a resident is in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In the register.
    Registered,
    /// Was in it and left; stays known, so that a return is not taken for somebody new.
    Removed,
}

impl Status {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Registered => 1,
            Self::Removed => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Registered),
            2 => Some(Self::Removed),
            _ => None,
        }
    }
}

/// What is written of one row.
#[derive(Clone, Copy)]
pub struct SlotContent<'a> {
    /// Tag of the resident.
    pub tag: &'a ResidentTag,
    /// Fingerprint of the whole row.
    pub fingerprint: &'a Fingerprint,
    /// The profile, from [`crate::write_profile`].
    pub profile: &'a [u8],
    /// My Number, from [`crate::write_profile`].
    pub my_number: &'a [u8],
    /// Registered or removed.
    pub status: Status,
}

/// Builds finished request bodies for the rows of one generation, sealing as it goes.
pub struct RegisterWriter {
    table: String,
    tenant: String,
    prefix: String,
    protected: String,
    generation: Generation,
    sealer: Arc<Sealer>,
    nonces: NoncePool,
    aad: Vec<u8>,
    sealed: Vec<u8>,
    pk: Vec<u8>,
    batch: Json,
    items: u32,
    full: Vec<BatchBody>,
}

/// A finished BatchWriteItem request.
#[derive(Debug, Clone)]
pub struct BatchBody(Bytes);

/// How the table took what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// As it came.
    AtOnce,
    /// Bit by bit: it was more than the table takes for now.
    InParts,
}

/// A finished UpdateItem request that shifts a resident's slots.
#[derive(Debug, Clone)]
pub struct ShiftBody(Bytes);

impl RegisterWriter {
    /// A writer for one generation of one tenant.
    #[must_use]
    pub fn new(
        store: &Store,
        scope: &TenantScope,
        keys: &TenantKeys,
        generation: Generation,
    ) -> Self {
        Self {
            table: store.table.clone(),
            tenant: scope.code().as_str().to_owned(),
            prefix: format!("T#{}#", scope.code()),
            protected: keys::protected(scope),
            generation,
            sealer: keys.sealer(KeyLabel::of(generation)),
            nonces: NoncePool::default(),
            aad: Vec::new(),
            sealed: Vec::new(),
            pk: Vec::new(),
            batch: Json::default(),
            items: 0,
            full: Vec::new(),
        }
    }

    /// Adds a resident whom the register does not know. Safe to repeat: the same generation puts
    /// the same content, and nothing newer can be there while this generation is being loaded.
    pub fn add_new(&mut self, content: &SlotContent<'_>) {
        self.begin_item();
        self.key_of(content.tag);
        let mut json = std::mem::take(&mut self.batch);
        json.raw(r#"{"pk":{"S":""#)
            .bytes(&self.pk)
            .raw(r#""},"sk":{"S":"P"},"v":{"N":""#);
        json.number(u64::from(SCHEMA)).raw(r#""},"newest":"#);
        self.slot(&mut json, content);
        json.raw("}}}");
        self.batch = json;
        self.end_item();
    }

    /// Adds the hint that leads from a coupon to a resident.
    pub fn add_coupon_hint(&mut self, coupon: &Tag, resident: &ResidentTag) {
        self.hint(b"C#", coupon, resident);
    }

    /// Adds the hint that leads from a birth date to a resident.
    pub fn add_birth_hint(&mut self, birth: &Tag, resident: &ResidentTag) {
        self.hint(b"B#", birth, resident);
    }

    /// Notes that a resident is protected. The note stays, whatever later registers say.
    pub fn add_protected(&mut self, resident: &ResidentTag) {
        self.begin_item();
        self.pk.clear();
        resident.write_text(&mut self.pk);
        self.batch
            .raw(r#"{"pk":{"S":""#)
            .raw(&self.protected)
            .raw(r#""},"sk":{"S":""#)
            .bytes(&self.pk)
            .raw(r#""},"v":{"N":""#)
            .number(u64::from(SCHEMA));
        self.batch.raw(r#""}}}}"#);
        self.end_item();
    }

    /// A batch of 25 items, if one is complete.
    pub fn next_full(&mut self) -> Option<BatchBody> {
        self.full.pop()
    }

    /// The last, incomplete batch, if there is one.
    pub fn flush(&mut self) -> Option<BatchBody> {
        if self.items > 0 {
            self.close_batch();
        }
        self.full.pop()
    }

    /// The update that moves what is in force to the older slot and puts `content` in the newest.
    pub fn shift(&mut self, content: &SlotContent<'_>) -> ShiftBody {
        self.key_of(content.tag);
        let mut json = Json::with_capacity(1024);
        json.raw(r#"{"TableName":""#).raw(&self.table);
        json.raw(r#"","Key":{"pk":{"S":""#).bytes(&self.pk);
        json.raw(
            r#""},"sk":{"S":"P"}},"UpdateExpression":"SET older = newest, newest = :slot","ConditionExpression":"newest.g < :g","ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeValues":{":g":{"N":""#,
        );
        json.number(self.generation.get()).raw(r#""},":slot":"#);
        self.slot(&mut json, content);
        json.raw("}}");
        ShiftBody(json.into_bytes().into())
    }

    fn slot(&mut self, json: &mut Json, content: &SlotContent<'_>) {
        json.raw(r#"{"M":{"g":{"N":""#)
            .number(self.generation.get());
        json.raw(r#""},"s":{"N":""#)
            .number(u64::from(content.status.code()));
        json.raw(r#""},"f":{"B":""#)
            .base64(content.fingerprint.as_bytes());
        json.raw(r#""},"p":{"B":""#);
        self.seal("profile", content.profile);
        json.base64(&self.sealed).raw(r#""},"m":{"B":""#);
        self.seal("my_number", content.my_number);
        json.base64(&self.sealed).raw(r#""}}}"#);
    }

    fn seal(&mut self, attribute: &str, plaintext: &[u8]) {
        let place = Place {
            tenant: &self.tenant,
            table: TABLE,
            pk: &self.pk,
            sk: PROFILE_SK.as_bytes(),
            attribute,
            schema: SCHEMA,
        };
        self.sealed.clear();
        self.sealer.seal_into(
            &mut self.nonces,
            &mut self.aad,
            &place,
            plaintext,
            &mut self.sealed,
        );
    }

    fn key_of(&mut self, tag: &ResidentTag) {
        self.pk.clear();
        self.pk.extend_from_slice(self.prefix.as_bytes());
        self.pk.extend_from_slice(b"R#");
        tag.write_text(&mut self.pk);
    }

    fn hint(&mut self, kind: &[u8], from: &Tag, to: &ResidentTag) {
        self.begin_item();
        self.pk.clear();
        self.pk.extend_from_slice(self.prefix.as_bytes());
        self.pk.extend_from_slice(kind);
        from.write_text(&mut self.pk);
        self.batch
            .raw(r#"{"pk":{"S":""#)
            .bytes(&self.pk)
            .raw(r#""},"sk":{"S":""#);
        self.pk.clear();
        to.write_text(&mut self.pk);
        self.batch.bytes(&self.pk).raw(r#""}}}}"#);
        self.end_item();
    }

    fn begin_item(&mut self) {
        if self.items == 0 {
            self.batch = Json::with_capacity(16 * 1024);
            self.batch
                .raw(r#"{"RequestItems":{""#)
                .raw(&self.table)
                .raw(r#"":["#);
        } else {
            self.batch.raw(",");
        }
        self.batch.raw(r#"{"PutRequest":{"Item":"#);
    }

    fn end_item(&mut self) {
        self.items += 1;
        if self.items == BATCH {
            self.close_batch();
        }
    }

    fn close_batch(&mut self) {
        self.batch.raw("]}}");
        self.items = 0;
        self.full.push(BatchBody(
            std::mem::take(&mut self.batch).into_bytes().into(),
        ));
    }
}

impl Store {
    /// Sends a batch of puts; what DynamoDB leaves over is offered again, with growing pauses, as
    /// long as one operation may take: the lease of the caller covers no more.
    pub async fn put_batch(
        &self,
        scope: &TenantScope,
        batch: BatchBody,
    ) -> Result<Taken, StoreError> {
        let whole = tokio::time::timeout(LONGEST, self.offer(scope, batch));
        let late = |_| StoreError::TryAgain {
            code: "UnprocessedItems".to_owned(),
        };
        whole.await.map_err(late)?
    }

    async fn offer(&self, scope: &TenantScope, batch: BatchBody) -> Result<Taken, StoreError> {
        let answer = self
            .client(scope)
            .batch_write_item()
            .request_items(&self.table, Vec::new())
            .customize()
            .mutate_request(replacing(batch.0))
            .send()
            .await?;
        let mut left = answer.unprocessed_items.unwrap_or_default();
        let mut pause = FIRST_PAUSE;
        let mut taken = Taken::AtOnce;
        while !left.values().all(Vec::is_empty) {
            taken = Taken::InParts;
            tokio::time::sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
            let again = self
                .client(scope)
                .batch_write_item()
                .set_request_items(Some(left));
            left = again.send().await?.unprocessed_items.unwrap_or_default();
        }
        Ok(taken)
    }

    /// Sends a shift. One that was made before changes nothing and is no error.
    pub async fn put_shift(
        &self,
        scope: &TenantScope,
        shift: ShiftBody,
        generation: Generation,
    ) -> Result<(), StoreError> {
        let sent = self
            .client(scope)
            .update_item()
            .table_name(&self.table)
            .set_key(Some(std::collections::HashMap::new()))
            .customize()
            .mutate_request(replacing(shift.0))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => already_shifted(error, generation),
        }
    }
}

/// The condition fails when this generation is there already, which is fine, or when the resident
/// is not there at all, which is not.
fn already_shifted<R>(
    error: SdkError<UpdateItemError, R>,
    generation: Generation,
) -> Result<(), StoreError> {
    if let SdkError::ServiceError(service) = &error
        && let UpdateItemError::ConditionalCheckFailedException(failed) = service.err()
    {
        let newest = failed.item().and_then(|item| Item(item).map("newest"));
        let stands: Option<u64> = newest.and_then(|slot| slot.number("g").ok());
        return match stands {
            Some(stands) if stands == generation.get() => Ok(()),
            _ => Err(StoreError::Damaged {
                what: "slot of a known resident",
            }),
        };
    }
    Err(error.into())
}
