use super::Dose;
use crate::words;

/// What a finding does to a dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The dose is not kept.
    Refuse,
    /// The dose is kept aside until somebody has looked at it.
    Doubt,
}

/// What is wrong with a dose, or may be. The codes are stored and shown, so they stay what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingCode {
    /// The birth date or the token given with the coupon, or the number (個別宛名番号) beside it in a file, is not
    /// this person's.
    SecondAttribute,
    /// Nobody in the register has the number (個別宛名番号) of the record.
    UnknownResident,
    /// More than one person in the register has the coupon.
    CouponOfSeveral,
    /// The tables have no such programme.
    UnknownProgramme,
    /// The programme has no such vaccine.
    UnknownProduct,
    /// The programme has no dose of this number.
    NumberAboveProgramme,
    /// The date lies after today in Japan.
    FutureDate,
    /// The date lies before the person was born.
    BeforeBirth,
    /// The date lies before the programme began.
    BeforeProgramme,
    /// The date lies after the programme ended.
    AfterProgramme,
    /// The date lies before doses of this number began.
    BeforeNumber,
    /// There is no dose with the number before.
    PreviousMissing,
    /// The date is not after that of a dose with a lower number.
    NotAfterPrevious,
    /// The date is not before that of a dose with a higher number.
    NotBeforeNext,
    /// Too few days since the dose before, or until the one after.
    IntervalTooShort,
    /// The lot is none of those known for this vaccine.
    LotUnknown,
    /// The lot belongs to another vaccine.
    LotOfOtherProduct,
    /// The vaccine was not in use on that day.
    ProductNotInUse,
    /// The vaccine is not licensed for the person's age on that day.
    AgeNotLicensed,
    /// The person had left the register before that day.
    RemovedBefore,
    /// The same record was taken back before.
    CancelledBefore,
    /// The same record was, under this coupon, somebody else's once, and is not any more.
    RecordedForAnother,
}

/// One thing that was found about a dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// What it is.
    pub code: FindingCode,
}

impl Finding {
    /// The second attribute does not fit. Found by whoever compares it; [`crate::check_dose`] does not see it.
    pub const SECOND_ATTRIBUTE: Self = Self {
        code: FindingCode::SecondAttribute,
    };

    /// What it does to the dose.
    #[must_use]
    pub const fn severity(self) -> Severity {
        self.code.severity()
    }
}

impl From<FindingCode> for Finding {
    fn from(code: FindingCode) -> Self {
        Self { code }
    }
}

words!(FindingCode {
    SecondAttribute = "second-attribute",
    UnknownResident = "unknown-resident",
    CouponOfSeveral = "coupon-of-several",
    UnknownProgramme = "unknown-programme",
    UnknownProduct = "unknown-product",
    NumberAboveProgramme = "number-above-programme",
    FutureDate = "future-date",
    BeforeBirth = "before-birth",
    BeforeProgramme = "before-programme",
    AfterProgramme = "after-programme",
    BeforeNumber = "before-number",
    PreviousMissing = "previous-missing",
    NotAfterPrevious = "not-after-previous",
    NotBeforeNext = "not-before-next",
    IntervalTooShort = "interval-too-short",
    LotUnknown = "lot-unknown",
    LotOfOtherProduct = "lot-of-other-product",
    ProductNotInUse = "product-not-in-use",
    AgeNotLicensed = "age-not-licensed",
    RemovedBefore = "removed-before",
    CancelledBefore = "cancelled-before",
    RecordedForAnother = "recorded-for-another",
});

impl FindingCode {
    /// What it does to a dose.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::SecondAttribute
            | Self::UnknownResident
            | Self::CouponOfSeveral
            | Self::UnknownProgramme
            | Self::UnknownProduct
            | Self::NumberAboveProgramme
            | Self::FutureDate
            | Self::BeforeBirth
            | Self::BeforeProgramme
            | Self::AfterProgramme
            | Self::BeforeNumber => Severity::Refuse,
            Self::PreviousMissing
            | Self::NotAfterPrevious
            | Self::NotBeforeNext
            | Self::IntervalTooShort
            | Self::LotUnknown
            | Self::LotOfOtherProduct
            | Self::ProductNotInUse
            | Self::AgeNotLicensed
            | Self::RemovedBefore
            | Self::CancelledBefore
            | Self::RecordedForAnother => Severity::Doubt,
        }
    }

    /// Whether it is about what became of the same record before, which [`crate::check_dose`] does not see.
    #[must_use]
    pub const fn is_of_history(self) -> bool {
        matches!(self, Self::CancelledBefore | Self::RecordedForAnother)
    }

    /// Whether somebody who tries dates could learn from it when the person was born.
    #[must_use]
    pub const fn tells_birth_date(self) -> bool {
        matches!(self, Self::BeforeBirth | Self::AgeNotLicensed)
    }

    /// For a doubt that both doses have: whether the correction `is` leaves unchanged what the doubt is about in `was`.
    /// If so, staff who accepted it need not be asked again.
    #[must_use]
    pub fn is_about_the_same(self, was: &Dose, is: &Dose) -> bool {
        let number = (was.programme, was.number) == (is.programme, is.number);
        let day = was.given_on == is.given_on;
        let product = was.product == is.product;
        match self {
            Self::PreviousMissing | Self::NotAfterPrevious | Self::NotBeforeNext => number && day,
            Self::IntervalTooShort | Self::AgeNotLicensed => number && day && product,
            Self::ProductNotInUse => day && product,
            Self::RemovedBefore => day,
            Self::LotUnknown | Self::LotOfOtherProduct => product && was.lot == is.lot,
            // Refusals cannot be accepted; what became of it before is about a whole record.
            _ => false,
        }
    }

    /// For the staff of the municipality: what is wrong, what to do.
    #[must_use]
    pub const fn text_ja(self) -> &'static str {
        match self {
            Self::SecondAttribute => {
                "生年月日または宛名番号が接種券の方と一致しません。接種券番号の読み違いがないか確認してください。"
            }
            Self::UnknownResident => {
                "この宛名番号の方が登録されていません。番号を確認してください。"
            }
            Self::CouponOfSeveral => {
                "同じ券番号の方が二人以上登録されています。対象者の登録内容を確認してください。"
            }
            Self::UnknownProgramme => {
                "予防接種のコードが登録されていません。コードを確認してください。"
            }
            Self::UnknownProduct => {
                "ワクチンメーカーがこの予防接種の一覧にありません。表記を確認してください。"
            }
            Self::NumberAboveProgramme => {
                "この予防接種にない接種回です。接種回を確認してください。"
            }
            Self::FutureDate => "接種日が未来の日付です。接種日を確認してください。",
            Self::BeforeBirth => "接種日が生年月日より前です。接種日と対象者を確認してください。",
            Self::BeforeProgramme => {
                "接種日がこの予防接種の開始日より前です。接種日を確認してください。"
            }
            Self::AfterProgramme => {
                "接種日がこの予防接種の終了日より後です。接種日を確認してください。"
            }
            Self::BeforeNumber => {
                "接種日がこの接種回の開始日より前です。接種回と接種日を確認してください。"
            }
            Self::PreviousMissing => {
                "前の回の接種記録がありません（後から記録されれば、この指摘はなくなり、ほかに指摘がなければ有効になります）。接種回を確認してください。"
            }
            Self::NotAfterPrevious => {
                "接種日が前の回の接種日より後ではありません。接種回と接種日を確認してください。"
            }
            Self::NotBeforeNext => {
                "接種日が後の回の接種日より前ではありません。接種回と接種日を確認してください。"
            }
            Self::IntervalTooShort => {
                "前後の回との接種間隔が短すぎます。接種日とワクチンを確認してください。"
            }
            Self::LotUnknown => {
                "このワクチンで配送実績のないロット番号です。Oと0、Iと1などの読み違いがないか確認してください。"
            }
            Self::LotOfOtherProduct => {
                "別のワクチンのロット番号です。ワクチンとロット番号を確認してください。"
            }
            Self::ProductNotInUse => {
                "接種日に使用されていないワクチンです。接種日とワクチンを確認してください。"
            }
            Self::AgeNotLicensed => {
                "接種日の年齢がこのワクチンの対象年齢ではありません。対象者とワクチンを確認してください。"
            }
            Self::RemovedBefore => {
                "接種日より前に異動(転出・死亡等)した方です。対象者と接種日を確認してください。"
            }
            Self::CancelledBefore => {
                "同じ内容の接種記録が以前に取り消されています。取り消した理由を確認してください。"
            }
            Self::RecordedForAnother => {
                "同じ内容の接種が、以前この券番号だった別の方の記録として登録され、その後に訂正または取消しされています。どちらの方の接種かを確認してください。"
            }
        }
    }

    /// The same in English.
    #[must_use]
    pub const fn text_en(self) -> &'static str {
        match self {
            Self::SecondAttribute => {
                "the birth date or the number is not that of the coupon's person; check for a misread coupon"
            }
            Self::UnknownResident => "nobody in the register has this number; check the number",
            Self::CouponOfSeveral => {
                "more than one person in the register has this coupon; check the register"
            }
            Self::UnknownProgramme => "the programme is not known; check its code",
            Self::UnknownProduct => {
                "the vaccine is not one of this programme; check how it is written"
            }
            Self::NumberAboveProgramme => {
                "the programme has no dose of this number; check the number"
            }
            Self::FutureDate => "the date lies in the future; check the date",
            Self::BeforeBirth => {
                "the date lies before the birth date; check the date and the person"
            }
            Self::BeforeProgramme => "the date lies before the programme began; check the date",
            Self::AfterProgramme => "the date lies after the programme ended; check the date",
            Self::BeforeNumber => {
                "the date lies before doses of this number began; check the number and the date"
            }
            Self::PreviousMissing => {
                "there is no record of the dose before (should it come later, the doubt goes by itself); check the number"
            }
            Self::NotAfterPrevious => {
                "the date is not after that of an earlier dose; check the number and the date"
            }
            Self::NotBeforeNext => {
                "the date is not before that of a later dose; check the number and the date"
            }
            Self::IntervalTooShort => {
                "too little time to the dose before or after; check the date and the vaccine"
            }
            Self::LotUnknown => {
                "the lot is none of those delivered of this vaccine; check O and 0, I and 1"
            }
            Self::LotOfOtherProduct => {
                "the lot is one of another vaccine; check the vaccine and the lot"
            }
            Self::ProductNotInUse => {
                "the vaccine was not in use on that day; check the date and the vaccine"
            }
            Self::AgeNotLicensed => {
                "the vaccine is not for the age on that day; check the person and the vaccine"
            }
            Self::RemovedBefore => {
                "the person had left the register before that day; check the person and the date"
            }
            Self::CancelledBefore => {
                "the same record was taken back before; check why it was cancelled"
            }
            Self::RecordedForAnother => {
                "the same record was that of somebody else who had this coupon, and was corrected or cancelled; check whose it is"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnknownWord;

    #[test]
    fn codes_are_read_and_given_back_and_each_says_what_to_do() {
        for code in FindingCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(code));
            assert!(code.text_ja().ends_with("ください。"), "{code}");
            assert!(code.text_en().contains("; check "), "{code}");
        }
        assert!(FindingCode::ALL.is_sorted());
        assert_eq!("none".parse::<FindingCode>(), Err(UnknownWord));
    }

    #[test]
    fn what_refuses_is_listed_before_what_is_doubtful() {
        let doubtful = |code: &FindingCode| code.severity() == Severity::Doubt;
        let first = FindingCode::ALL.iter().position(doubtful).unwrap();
        assert_eq!(first, 11);
        assert!(FindingCode::ALL[first..].iter().all(doubtful));
    }
}
