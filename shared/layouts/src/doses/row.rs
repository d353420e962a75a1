use std::fmt;

use domain::{
    CouponNumber, Date, Dose, DoseNumber, LotNumber, ProductCode, ProgrammeCode, ShortText,
    ShortTextError, Text,
};

/// What an accepted row says. Borrows from the file; `Debug` shows nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DoseRow<'a> {
    /// 券番号. A row has it, 個別宛名番号, or both.
    pub coupon: Option<CouponNumber>,
    /// 個別宛名番号.
    pub resident: Option<&'a str>,
    /// 接種回.
    pub number: DoseNumber,
    /// 接種日.
    pub given_on: Date,
    /// 接種会場名.
    pub venue: Option<Text<'a>>,
    /// 接種医師名.
    pub physician: Option<Text<'a>>,
    /// ワクチンメーカー, by its code in the table of vaccines.
    pub product: ProductCode,
    /// ロット番号 as written.
    pub lot: &'a str,
    /// 予防接種.
    pub programme: ProgrammeCode,
}

impl DoseRow<'_> {
    /// The dose, with a life of its own. `None` never comes of a row that a check accepted.
    #[must_use]
    pub fn to_dose(&self) -> Option<Dose> {
        Some(Dose {
            programme: self.programme,
            number: self.number,
            given_on: self.given_on,
            product: self.product,
            lot: LotNumber::parse(self.lot).ok()?,
            venue: short(self.venue).ok()?,
            physician: short(self.physician).ok()?,
            coupon: self.coupon,
        })
    }
}

fn short<const MOST: usize>(
    text: Option<Text<'_>>,
) -> Result<Option<ShortText<MOST>>, ShortTextError> {
    text.map(|text| ShortText::new(text.to_owned_text()))
        .transpose()
}

impl fmt::Debug for DoseRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DoseRow")
    }
}
