use domain::FindingCode;

use crate::file::LayoutColumn;

/// A column of the doses layout (接種記録).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// 自治体コード, six digits.
    Municipality,
    /// 券番号, ten digits. A row has it or 個別宛名番号, or both.
    Coupon,
    /// 個別宛名番号, up to 40 characters.
    Number,
    /// 接種回, 1 to 99.
    DoseNumber,
    /// 接種日.
    GivenOn,
    /// 接種会場名, up to 30 characters.
    Venue,
    /// 接種医師名, up to 20 characters.
    Physician,
    /// ワクチンメーカー, up to 20 characters.
    Maker,
    /// ロット番号, up to 20 characters.
    Lot,
    /// 予防接種, the code of a programme.
    Programme,
}

impl LayoutColumn for Column {
    const ALL: &'static [Self] = &[
        Self::Municipality,
        Self::Coupon,
        Self::Number,
        Self::DoseNumber,
        Self::GivenOn,
        Self::Venue,
        Self::Physician,
        Self::Maker,
        Self::Lot,
        Self::Programme,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Municipality => "自治体コード",
            Self::Coupon => "券番号",
            Self::Number => "個別宛名番号",
            Self::DoseNumber => "接種回",
            Self::GivenOn => "接種日",
            Self::Venue => "接種会場名",
            Self::Physician => "接種医師名",
            Self::Maker => "ワクチンメーカー",
            Self::Lot => "ロット番号",
            Self::Programme => "予防接種",
        }
    }

    fn is_required(self) -> bool {
        matches!(
            self,
            Self::Municipality | Self::DoseNumber | Self::GivenOn | Self::Maker | Self::Lot
        )
    }

    #[inline]
    fn place(self) -> usize {
        self as usize
    }
}

/// The column that a finding about a dose shows in; `None` where it is about the row as a whole.
#[must_use]
pub(crate) const fn column_of(finding: FindingCode) -> Option<Column> {
    match finding {
        FindingCode::UnknownProgramme => Some(Column::Programme),
        FindingCode::UnknownProduct
        | FindingCode::ProductNotInUse
        | FindingCode::AgeNotLicensed => Some(Column::Maker),
        FindingCode::NumberAboveProgramme | FindingCode::PreviousMissing => {
            Some(Column::DoseNumber)
        }
        FindingCode::FutureDate
        | FindingCode::BeforeBirth
        | FindingCode::BeforeProgramme
        | FindingCode::AfterProgramme
        | FindingCode::BeforeNumber
        | FindingCode::NotAfterPrevious
        | FindingCode::NotBeforeNext
        | FindingCode::IntervalTooShort
        | FindingCode::RemovedBefore => Some(Column::GivenOn),
        FindingCode::SecondAttribute
        | FindingCode::CouponOfSeveral
        | FindingCode::RecordedForAnother => Some(Column::Coupon),
        FindingCode::UnknownResident => Some(Column::Number),
        FindingCode::LotUnknown | FindingCode::LotOfOtherProduct => Some(Column::Lot),
        _ => None,
    }
}
