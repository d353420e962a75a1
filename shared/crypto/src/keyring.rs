use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::hmac;
use domain::{CouponNumber, TenantCode};
use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    BranchKey, Fingerprint, KeyLabel, Kms, KmsError, OpenError, PersonTag, Place, ResidentTag,
    Sealer, Tag, WrappedKey, seal,
};

/// How long unwrapped keys are kept: a revoked right to decrypt takes effect within this time.
const KEPT: SignedDuration = SignedDuration::from_mins(15);

/// Since when the keys of a tenant are on the ring, what they were unwrapped from, and the keys.
type Kept = HashMap<TenantCode, (Timestamp, Vec<WrappedKey>, Arc<TenantKeys>)>;

/// The keys of the tenants this process works for, unwrapped once each and kept for 15 minutes.
#[derive(Clone)]
pub struct Keyring {
    kms: Kms,
    kept: Arc<Mutex<Kept>>,
}

impl Keyring {
    /// An empty ring over KMS.
    #[must_use]
    pub fn new(kms: Kms) -> Self {
        Self {
            kms,
            kept: Arc::default(),
        }
    }

    /// The tenant's keys if they are on the ring and not older than 15 minutes. Not where one was added since; nor those
    /// of a tenant that has left and entered anew: what was sealed under them would soon be lost.
    #[must_use]
    pub fn kept(
        &self,
        tenant: TenantCode,
        wrapped: &[WrappedKey],
        now: Timestamp,
    ) -> Option<Arc<TenantKeys>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, of, keys) = kept.get(&tenant)?;
        let is_kept = of == wrapped && now.duration_since(*since) < KEPT;
        is_kept.then(|| Arc::clone(keys))
    }

    /// Unwraps the tenant's branch keys and keeps what is derived from them.
    ///
    /// Fails as KMS does, and with [`KmsError::NotABranchKey`] when `wrapped` lacks version 1.
    pub async fn unwrap(
        &self,
        tenant: TenantCode,
        wrapped: &[WrappedKey],
        now: Timestamp,
    ) -> Result<Arc<TenantKeys>, KmsError> {
        let mut branches = Vec::with_capacity(wrapped.len());
        for key in wrapped {
            branches.push(self.kms.unwrap(tenant, key).await?);
        }
        let keys = Arc::new(TenantKeys::new(tenant, branches).ok_or(KmsError::NotABranchKey)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(tenant, (now, wrapped.to_vec(), Arc::clone(&keys)));
        Ok(keys)
    }
}

/// One municipality's keys: what finds (index keys) and what seals (data keys).
pub struct TenantKeys {
    tenant: TenantCode,
    resident: hmac::Key,
    coupon: hmac::Key,
    birth: hmac::Key,
    row: hmac::Key,
    pointer: hmac::Key,
    branches: BTreeMap<u8, BranchKey>,
    sealers: Mutex<HashMap<(u8, KeyLabel), Arc<Sealer>>>,
}

impl TenantKeys {
    /// Derives the index keys. `None` when there is no branch key of version 1.
    #[must_use]
    pub fn new(tenant: TenantCode, branches: Vec<BranchKey>) -> Option<Self> {
        let branches: BTreeMap<u8, BranchKey> = branches
            .into_iter()
            .map(|branch| (branch.version(), branch))
            .collect();
        let first = branches.get(&1)?;
        let index = |purpose: &[u8]| {
            hmac::Key::new(hmac::HMAC_SHA256, &first.derive(&[b"index", purpose])[..])
        };
        let (resident, coupon, birth, row, pointer) = (
            index(b"resident"),
            index(b"coupon"),
            index(b"birth"),
            index(b"row"),
            index(b"pointer"),
        );
        Some(Self {
            tenant,
            resident,
            coupon,
            birth,
            row,
            pointer,
            branches,
            sealers: Mutex::default(),
        })
    }

    /// The municipality whose keys these are.
    #[must_use]
    pub fn tenant(&self) -> TenantCode {
        self.tenant
    }

    /// Tag of a resident number (個別宛名番号), over its UTF-8 form.
    #[must_use]
    pub fn resident_tag(&self, number: &str) -> ResidentTag {
        ResidentTag::new(Tag::of(&self.resident, number.as_bytes()))
    }

    /// Tag of a coupon number (券番号).
    #[must_use]
    pub fn coupon_tag(&self, coupon: CouponNumber) -> Tag {
        Tag::of(&self.coupon, &coupon.expose().to_be_bytes())
    }

    /// Tag of a birth date.
    #[must_use]
    pub fn birth_tag(&self, date: Date) -> Tag {
        let [y1, y2] = date.year().to_be_bytes();
        let month_day = [date.month().to_be_bytes(), date.day().to_be_bytes()].concat();
        Tag::of(&self.birth, &[&[y1, y2], &month_day[..]].concat())
    }

    /// What an entry of the index of holders is called that leads from this person to this resident. Without
    /// the keys here it tells nothing of either, nor that two entries are about one resident.
    #[must_use]
    pub fn pointer_tag(&self, person: &PersonTag, resident: &ResidentTag) -> Tag {
        let both = [person.text().as_bytes(), resident.as_bytes()].concat();
        Tag::of(&self.pointer, &both)
    }

    /// Fingerprint of a row's canonical content.
    #[must_use]
    pub fn fingerprint(&self, content: &[u8]) -> Fingerprint {
        Fingerprint::of(&self.row, content)
    }

    /// The sealer for new values under `label`, from the newest branch key.
    #[must_use]
    pub fn sealer(&self, label: KeyLabel) -> Arc<Sealer> {
        let newest = self
            .branches
            .last_key_value()
            .map_or(1, |(version, _)| *version);
        #[expect(clippy::expect_used, reason = "`new` refuses an empty list")]
        self.sealer_of(newest, label)
            .expect("the newest branch key is among the branch keys")
    }

    /// Opens a value sealed for this tenant at this place, under whichever of its keys.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.open_by(seal::key_of(sealed)?, |sealer| sealer.open(place, sealed))
    }

    /// Opens as [`Self::open`] does, where the value lies: the plaintext is a part of `sealed`.
    pub fn open_in_place<'a>(
        &self,
        place: &Place<'_>,
        sealed: &'a mut [u8],
    ) -> Result<&'a [u8], OpenError> {
        let key = seal::key_of(sealed)?;
        self.open_by(key, move |sealer| sealer.open_in_place(place, sealed))
    }

    /// Opens as [`Self::open`] does, and only what was sealed under this label: a value of another
    /// generation put in its place does not open.
    pub fn open_under(
        &self,
        label: KeyLabel,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, OpenError> {
        if seal::key_of(sealed)?.1 == label {
            self.open(place, sealed)
        } else {
            Err(OpenError::NotHere)
        }
    }

    /// Opens under the key that a value names. That is kept only once something opened under it: until then the
    /// name is anybody's word.
    fn open_by<T>(
        &self,
        (version, label): (u8, KeyLabel),
        open: impl FnOnce(&Sealer) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        let branch = self.branches.get(&version);
        let branch = branch.ok_or(OpenError::UnknownKey(version))?;
        let sealers = || self.sealers.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = sealers().get(&(version, label)).cloned();
        if let Some(sealer) = kept {
            return open(&sealer);
        }
        let sealer = Sealer::new(branch, label);
        let opened = open(&sealer)?;
        sealers()
            .entry((version, label))
            .or_insert_with(|| Arc::new(sealer));
        Ok(opened)
    }

    fn sealer_of(&self, version: u8, label: KeyLabel) -> Option<Arc<Sealer>> {
        let branch = self.branches.get(&version)?;
        let mut sealers = self.sealers.lock().unwrap_or_else(PoisonError::into_inner);
        let sealer = sealers
            .entry((version, label))
            .or_insert_with(|| Arc::new(Sealer::new(branch, label)));
        Some(Arc::clone(sealer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoncePool;

    fn keys(code: &str, byte: u8) -> TenantKeys {
        let tenant = TenantCode::parse(code).unwrap();
        TenantKeys::new(tenant, vec![BranchKey::new(1, [byte; 32])]).unwrap()
    }

    const PLACE: Place<'_> = Place {
        tenant: "131016",
        table: "records",
        pk: b"T#131016#R#x",
        sk: b"P",
        attribute: "profile",
        schema: 1,
    };

    #[test]
    fn a_value_opens_at_its_own_place_only() {
        let keys = keys("131016", 1);
        let sealed =
            keys.sealer(KeyLabel::Generation(3))
                .seal(&mut NoncePool::default(), &PLACE, b"secret");
        assert_eq!(keys.open(&PLACE, &sealed).unwrap(), b"secret");
        let elsewhere = [
            Place {
                tenant: "011002",
                ..PLACE
            },
            Place {
                table: "holders",
                ..PLACE
            },
            Place {
                pk: b"T#131016#R#y",
                ..PLACE
            },
            Place {
                sk: b"D#1",
                ..PLACE
            },
            Place {
                attribute: "my_number",
                ..PLACE
            },
            Place { schema: 2, ..PLACE },
        ];
        for place in elsewhere {
            assert_eq!(
                keys.open(&place, &sealed),
                Err(OpenError::NotHere),
                "{place:?}"
            );
        }
    }

    #[test]
    fn another_tenants_keys_open_nothing_and_find_nothing() {
        let (ours, theirs) = (keys("131016", 1), keys("011002", 2));
        let sealed = ours
            .sealer(KeyLabel::Work(1))
            .seal(&mut NoncePool::default(), &PLACE, b"x");
        assert_eq!(theirs.open(&PLACE, &sealed), Err(OpenError::NotHere));
        assert_ne!(ours.resident_tag("1"), theirs.resident_tag("1"));
        assert_ne!(ours.fingerprint(b"1"), theirs.fingerprint(b"1"));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let keys = keys("131016", 1);
        let sealer = keys.sealer(KeyLabel::Generation(1));
        let sealed = sealer.seal(&mut NoncePool::default(), &PLACE, b"abc");
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut bad = sealed.clone();
                bad[at] ^= 1 << bit;
                assert!(keys.open(&PLACE, &bad).is_err(), "byte {at} bit {bit}");
            }
            assert!(keys.open(&PLACE, &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_key_is_kept_for_what_opened_and_not_for_what_names_it() {
        let (ours, others) = (keys("131016", 1), keys("131016", 2));
        let kept = || ours.sealers.lock().unwrap().len();
        let mut nonces = NoncePool::default();
        for generation in 0..1_000 {
            let sealer = others.sealer(KeyLabel::Generation(generation));
            let mut forged = sealer.seal(&mut nonces, &PLACE, b"x");
            assert_eq!(ours.open(&PLACE, &forged), Err(OpenError::NotHere));
            let opened = ours.open_in_place(&PLACE, &mut forged);
            assert_eq!(opened, Err(OpenError::NotHere));
        }
        assert_eq!(kept(), 0);
        let same = keys("131016", 1);
        let sealer = same.sealer(KeyLabel::Generation(7));
        let sealed = sealer.seal(&mut nonces, &PLACE, b"x");
        for _ in 0..2 {
            assert_eq!(ours.open(&PLACE, &sealed).unwrap(), b"x");
            assert_eq!(kept(), 1);
        }
    }

    #[test]
    fn a_rotated_branch_key_seals_anew_and_opens_the_old_and_finds_the_same() {
        let old = keys("131016", 1);
        let branches = vec![BranchKey::new(1, [1; 32]), BranchKey::new(2, [9; 32])];
        let rotated = TenantKeys::new(old.tenant(), branches).unwrap();
        let label = KeyLabel::Generation(1);
        let before = old
            .sealer(label)
            .seal(&mut NoncePool::default(), &PLACE, b"a");
        let after = rotated
            .sealer(label)
            .seal(&mut NoncePool::default(), &PLACE, b"b");
        assert_eq!(rotated.open(&PLACE, &before).unwrap(), b"a");
        assert_eq!(rotated.open(&PLACE, &after).unwrap(), b"b");
        assert_eq!(old.open(&PLACE, &after), Err(OpenError::UnknownKey(2)));
        assert_eq!(old.resident_tag("1"), rotated.resident_tag("1"));
    }

    #[test]
    fn tags_of_different_kinds_do_not_meet() {
        let keys = keys("131016", 1);
        let coupon = CouponNumber::parse(b"0000000001").unwrap();
        let date = jiff::civil::date(2000, 1, 2);
        assert_ne!(
            keys.coupon_tag(coupon).as_bytes(),
            keys.birth_tag(date).as_bytes()
        );
        assert_ne!(
            keys.birth_tag(date),
            keys.birth_tag(jiff::civil::date(2000, 2, 1))
        );
    }
}
