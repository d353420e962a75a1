//! The token of a lookup: whom a venue was shown, for ten minutes. Sealed for the municipality and the
//! coupon, so it opens for no other coupon and says nothing to who holds it.

use crypto::{KeyLabel, NoncePool, Place, ResidentTag, Tag, TenantKeys};
use data_encoding::BASE64URL_NOPAD;
use domain::japan_date;
use jiff::{SignedDuration, Timestamp};

/// Time from the lookup to the record.
const VALID_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Characters of a token, with room to grow.
pub(crate) const TOKEN_LIMIT: usize = 200;
const SCHEMA: u8 = 1;
const CONTENT: usize = 24;

fn place<'a>(tenant: &'a str, coupon: &'a Tag) -> Place<'a> {
    Place {
        tenant,
        table: "lookup",
        pk: coupon.as_bytes(),
        sk: b"",
        attribute: "token",
        schema: SCHEMA,
    }
}

/// A token, and when it ends.
pub(crate) fn issue(
    keys: &TenantKeys,
    nonces: &mut NoncePool,
    coupon: &Tag,
    resident: &ResidentTag,
    now: Timestamp,
) -> (String, Timestamp) {
    let expires = now.saturating_add(VALID_FOR).unwrap_or(now);
    let mut content = Vec::with_capacity(CONTENT);
    content.extend_from_slice(&expires.as_millisecond().to_be_bytes());
    content.extend_from_slice(resident.as_bytes());
    let tenant = keys.tenant();
    let sealer = keys.sealer(KeyLabel::of_month(japan_date(now)));
    let sealed = sealer.seal(nonces, &place(tenant.as_str(), coupon), &content);
    (BASE64URL_NOPAD.encode(&sealed), expires)
}

/// Whom the token shows, if it is one of this coupon and not too old.
pub(crate) fn open(
    keys: &TenantKeys,
    coupon: &Tag,
    token: &str,
    now: Timestamp,
) -> Option<ResidentTag> {
    let sealed = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let tenant = keys.tenant();
    let content = keys.open(&place(tenant.as_str(), coupon), &sealed).ok()?;
    let (expires, resident) = content.split_first_chunk::<8>()?;
    let expires = Timestamp::from_millisecond(i64::from_be_bytes(*expires)).ok()?;
    let resident = ResidentTag::from_bytes(resident.try_into().ok()?);
    (now < expires).then_some(resident)
}

#[cfg(test)]
mod tests {
    use crypto::BranchKey;
    use domain::TenantCode;

    use super::*;

    #[test]
    fn a_token_is_of_one_coupon_one_municipality_and_ten_minutes() {
        let keys = |code| {
            let tenant = TenantCode::parse(code).unwrap();
            TenantKeys::new(tenant, vec![BranchKey::new(1, [7; 32])]).unwrap()
        };
        let ours = keys("131016");
        let (coupon, other) = (Tag::from_bytes([1; 16]), Tag::from_bytes([2; 16]));
        let resident = ResidentTag::from_bytes([3; 16]);
        let now: Timestamp = "2021-04-30T14:55:00Z".parse().unwrap();
        let (token, expires) = issue(&ours, &mut NoncePool::default(), &coupon, &resident, now);
        assert!(token.len() < TOKEN_LIMIT);
        let last = expires - SignedDuration::from_millis(1);
        // In Japan, the month has changed by then.
        assert_eq!(open(&ours, &coupon, &token, last), Some(resident));
        assert_eq!(open(&ours, &coupon, &token, expires), None);
        assert_eq!(open(&ours, &other, &token, now), None);
        assert_eq!(open(&keys("011002"), &coupon, &token, now), None);
        assert_eq!(open(&ours, &coupon, "x", now), None);
        assert_eq!(open(&ours, &coupon, "", now), None);
    }
}
