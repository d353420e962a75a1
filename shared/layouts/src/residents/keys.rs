use std::fmt;

use domain::{CouponNumber, MyNumber};

/// What must be unique among the rows of a file.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct RowKeys<'a> {
    /// 個別宛名番号.
    pub number: Option<&'a str>,
    /// 券番号, of a row that registers.
    pub coupon: Option<CouponNumber>,
    /// 個人番号, of a row that registers.
    pub my_number: Option<MyNumber>,
}

impl fmt::Debug for RowKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowKeys")
    }
}
