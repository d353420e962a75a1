/// Which rule a value breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Not a JSON string.
    NotText,
    /// Nothing in it.
    Empty,
    /// More characters than the field takes.
    TooLong,
    /// A control character.
    ControlCharacter,
    /// No date.
    Date,
    /// Not ten digits.
    CouponNumber,
    /// Not one of the kinds of files.
    FileKind,
    /// Not a safe name of a CSV file.
    FileName,
    /// Not a number within the limits.
    Number,
    /// Not a cursor that this list gave to this municipality.
    Cursor,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 10] = [
        Self::NotText,
        Self::Empty,
        Self::TooLong,
        Self::ControlCharacter,
        Self::Date,
        Self::CouponNumber,
        Self::FileKind,
        Self::FileName,
        Self::Number,
        Self::Cursor,
    ];

    #[rustfmt::skip]
    const fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NotText => ("NOT_TEXT", "文字列で指定してください。", "must be a string"),
            Self::Empty => ("EMPTY", "空にはできません。", "must not be empty"),
            Self::TooLong => ("TOO_LONG", "文字数が多すぎます。", "has too many characters"),
            Self::ControlCharacter => ("CONTROL_CHARACTER",
                "制御文字は使えません。", "must not hold control characters"),
            Self::Date => ("DATE",
                "日付として読めません。例: 1980-04-01、19800401、昭和55年4月1日",
                "is not a date such as 1980-04-01, 19800401 or S55.4.1"),
            Self::CouponNumber => ("COUPON_NUMBER", "10桁の数字で指定してください。", "must be ten digits"),
            Self::FileKind => ("FILE_KIND",
                "ファイルの種類は residents を指定してください。", "must be \"residents\""),
            Self::FileName => ("FILE_NAME",
                "ファイル名は英数字と . _ - のみ、100文字以内で、.csv で終わる名前にしてください。\
                 氏名や番号などの個人情報を入れないでください。",
                "must be at most 100 letters, digits, dots, underscores and hyphens, begin with a \
                 letter or digit and end in .csv; put nothing in it that tells of a person"),
            Self::Number => ("NUMBER", "範囲内の整数で指定してください。", "must be a whole number within the limits"),
            Self::Cursor => ("CURSOR",
                "続きの位置が正しくありません。一覧を最初から取得してください。",
                "is not a position in this list; begin again without it"),
        }
    }

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// What it says in Japanese.
    #[must_use]
    pub const fn detail_ja(self) -> &'static str {
        self.entry().1
    }

    /// What it says in English.
    #[must_use]
    pub const fn detail_en(self) -> &'static str {
        self.entry().2
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_fault_has_a_word_of_its_own_and_both_details() {
        let words: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.as_str()).collect();
        assert_eq!(words.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            assert!(!fault.detail_ja().is_ascii(), "{fault:?}");
            assert!(fault.detail_en().is_ascii(), "{fault:?}");
        }
    }
}
