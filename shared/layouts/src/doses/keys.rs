use std::fmt;

use domain::{CouponNumber, Date, DoseNumber, ProductCode, ProgrammeCode};

/// What tells whose dose a row records, which one, and what it says of it, as far as it could be read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct RowKeys<'a> {
    /// 券番号.
    pub coupon: Option<CouponNumber>,
    /// 個別宛名番号.
    pub number: Option<&'a str>,
    /// The programme.
    pub programme: Option<ProgrammeCode>,
    /// 接種回.
    pub dose: Option<DoseNumber>,
    /// What else the row says.
    pub(super) content: Content<'a>,
}

/// All that makes one dose another content than another.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Content<'a> {
    pub(super) given_on: Option<Date>,
    pub(super) product: Option<ProductCode>,
    pub(super) lot: Option<&'a str>,
    pub(super) venue: Option<&'a str>,
    pub(super) physician: Option<&'a str>,
}

impl fmt::Debug for RowKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowKeys")
    }
}
