use std::fmt;

use domain::{Basis, Date, MyNumber, ProgrammeCode, Purpose};

/// What an accepted row asks. Borrows from the file; `Debug` shows nothing of it.
#[derive(Clone, Copy)]
pub struct InquiryRow<'a> {
    /// 整理番号.
    pub reference: &'a str,
    /// 個人番号.
    pub my_number: MyNumber,
    /// 生年月日.
    pub birth_date: Date,
    /// 照会根拠, in the reading of the law of the day on which the file was dropped.
    pub basis: &'static Basis,
    /// 同意書番号.
    pub form_number: &'a str,
    /// 同意日; every form has one.
    pub signed_on: Option<Date>,
    /// 同意書ハッシュ値.
    pub scan: Option<[u8; 32]>,
    /// 照会目的.
    pub purpose: Purpose,
    /// 予防接種, as written.
    pub(super) programmes: &'a str,
}

impl InquiryRow<'_> {
    /// Of which programmes doses are asked, each once, in ascending order.
    #[must_use]
    pub fn programmes(&self) -> Vec<ProgrammeCode> {
        self.basis
            .programmes_as_written(self.programmes)
            .unwrap_or_default()
    }
}

impl fmt::Debug for InquiryRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InquiryRow")
    }
}

/// What of a row matters beyond the row, as far as it could be read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct RowKeys<'a> {
    /// 整理番号.
    pub reference: Option<&'a str>,
}

impl fmt::Debug for RowKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowKeys")
    }
}
