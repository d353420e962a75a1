use crate::file::LayoutColumn;

/// A column of the residents layout (接種対象者).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// 自治体コード, six digits.
    Municipality,
    /// 個別宛名番号, up to 40 characters.
    Number,
    /// 券番号, ten digits.
    Coupon,
    /// 個人番号, twelve digits.
    MyNumber,
    /// 氏名, up to 100 characters.
    Name,
    /// 氏名カナ, up to 100 characters.
    Kana,
    /// 生年月日.
    BirthDate,
    /// 性別, one digit.
    Sex,
    /// 異動区分, one digit.
    Movement,
    /// 異動日.
    MovedOn,
    /// 異動事由, up to 20 characters.
    Reason,
    /// 支援措置, one digit. Empty is no; without the column nothing is said.
    Protected,
}

impl LayoutColumn for Column {
    const ALL: &'static [Self] = &[
        Self::Municipality,
        Self::Number,
        Self::Coupon,
        Self::MyNumber,
        Self::Name,
        Self::Kana,
        Self::BirthDate,
        Self::Sex,
        Self::Movement,
        Self::MovedOn,
        Self::Reason,
        Self::Protected,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Municipality => "自治体コード",
            Self::Number => "個別宛名番号",
            Self::Coupon => "券番号",
            Self::MyNumber => "個人番号",
            Self::Name => "氏名",
            Self::Kana => "氏名カナ",
            Self::BirthDate => "生年月日",
            Self::Sex => "性別",
            Self::Movement => "異動区分",
            Self::MovedOn => "異動日",
            Self::Reason => "異動事由",
            Self::Protected => "支援措置",
        }
    }

    fn is_required(self) -> bool {
        matches!(
            self,
            Self::Municipality | Self::Number | Self::Name | Self::BirthDate | Self::Sex
        )
    }

    #[inline]
    fn place(self) -> usize {
        self as usize
    }
}
