use crate::file::LayoutColumn;

/// A column of the layout of bulk inquiries (一括照会).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// 整理番号, up to 40 characters: comes back beside the answer.
    Reference,
    /// 個人番号.
    MyNumber,
    /// 生年月日.
    BirthDate,
    /// 照会根拠, the code of a legal basis.
    Basis,
    /// 同意日.
    ConsentedOn,
    /// 同意書番号, up to 40 characters.
    FormNumber,
    /// 同意書ハッシュ値, SHA-256 of the form's scan in hexadecimal.
    Scan,
    /// 照会目的, the code of a purpose; empty means to vaccinate.
    Purpose,
    /// 予防接種, codes of programmes with blanks between; empty means COVID-19.
    Programmes,
}

impl LayoutColumn for Column {
    const ALL: &'static [Self] = &[
        Self::Reference,
        Self::MyNumber,
        Self::BirthDate,
        Self::Basis,
        Self::ConsentedOn,
        Self::FormNumber,
        Self::Scan,
        Self::Purpose,
        Self::Programmes,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Reference => "整理番号",
            Self::MyNumber => "個人番号",
            Self::BirthDate => "生年月日",
            Self::Basis => "照会根拠",
            Self::ConsentedOn => "同意日",
            Self::FormNumber => "同意書番号",
            Self::Scan => "同意書ハッシュ値",
            Self::Purpose => "照会目的",
            Self::Programmes => "予防接種",
        }
    }

    fn is_required(self) -> bool {
        matches!(
            self,
            Self::Reference | Self::MyNumber | Self::BirthDate | Self::Basis
        )
    }

    #[inline]
    fn place(self) -> usize {
        self as usize
    }
}
