use domain::CouponLineError;

/// Which rule a value breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Not a JSON string.
    NotText,
    /// Neither true nor false.
    NotFlag,
    /// Not a JSON object.
    NotObject,
    /// Not a JSON list.
    NotList,
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
    /// A My Number in the name of a file.
    FileNameMyNumber,
    /// Not the 18 digits of a coupon line.
    LineLength,
    /// Something else than digits in a coupon line.
    LineDigits,
    /// The first digit of a coupon line is neither 1 nor 2.
    LineKind,
    /// The programme has no dose of the number in a coupon line.
    LineDoseNumber,
    /// The check digit of the municipality code is wrong.
    LineCheckDigit,
    /// No municipality has the code in a coupon line.
    LineMunicipality,
    /// The coupon is for an interview only.
    LineInterviewOnly,
    /// Not the code of a municipality.
    Municipality,
    /// Not the number of a dose.
    DoseNumber,
    /// None of the decisions that can be made.
    Decision,
    /// None of the lists of doses.
    DoseList,
    /// Blanks only, or invisible characters.
    Blank,
    /// Not a revision in quotes.
    Revision,
    /// Not a key of visible ASCII characters.
    Key,
    /// Not a My Number.
    MyNumber,
    /// Not a legal basis that is in force today.
    Basis,
    /// Not a purpose, or not one of this basis.
    Purpose,
    /// Not programmes, or not of this basis.
    Programmes,
    /// Not the number of a form or decision.
    EvidenceNumber,
    /// Not the day of a form that one may still ask on.
    SignedOn,
    /// Not a SHA-256 in hexadecimal digits.
    Sha256,
    /// Not an id.
    Id,
    /// Not a number within the limits.
    Number,
    /// Not a mapping of columns that files could be read by.
    Columns,
    /// Not the code of a vaccine.
    Product,
    /// Not a lot number.
    Lot,
    /// Not a piece of a file in Base64.
    Sample,
    /// Not a scope of an export.
    ExportScope,
    /// Not an encoding that is written.
    Encoding,
    /// Not a cursor that this list gave to this municipality.
    Cursor,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 42] = [
        Self::NotText,
        Self::NotFlag,
        Self::NotObject,
        Self::NotList,
        Self::Empty,
        Self::TooLong,
        Self::ControlCharacter,
        Self::Date,
        Self::CouponNumber,
        Self::FileKind,
        Self::FileName,
        Self::FileNameMyNumber,
        Self::LineLength,
        Self::LineDigits,
        Self::LineKind,
        Self::LineDoseNumber,
        Self::LineCheckDigit,
        Self::LineMunicipality,
        Self::LineInterviewOnly,
        Self::Municipality,
        Self::DoseNumber,
        Self::Decision,
        Self::DoseList,
        Self::Blank,
        Self::Revision,
        Self::Key,
        Self::MyNumber,
        Self::Basis,
        Self::Purpose,
        Self::Programmes,
        Self::EvidenceNumber,
        Self::SignedOn,
        Self::Sha256,
        Self::Id,
        Self::Number,
        Self::Columns,
        Self::Product,
        Self::Lot,
        Self::Sample,
        Self::ExportScope,
        Self::Encoding,
        Self::Cursor,
    ];

    #[rustfmt::skip]
    const fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NotText => ("NOT_TEXT", "文字列で指定してください。", "must be a string"),
            Self::NotFlag => ("NOT_FLAG", "true または false で指定してください。", "must be true or false"),
            Self::NotObject => ("NOT_OBJECT", "オブジェクトで指定してください。", "must be an object"),
            Self::NotList => ("NOT_LIST", "リストで指定してください。", "must be a list"),
            Self::Empty => ("EMPTY", "空にはできません。", "must not be empty"),
            Self::TooLong => ("TOO_LONG", "文字数が多すぎます。", "has too many characters"),
            Self::ControlCharacter => ("CONTROL_CHARACTER",
                "制御文字は使えません。", "must not hold control characters"),
            Self::Date => ("DATE",
                "日付として読めません。例: 1980-04-01、19800401、昭和55年4月1日",
                "is not a date such as 1980-04-01, 19800401 or S55.4.1"),
            Self::CouponNumber => ("COUPON_NUMBER", "10桁の数字で指定してください。", "must be ten digits"),
            Self::FileKind => ("FILE_KIND",
                "ファイルの種類は residents、doses、inquiries のいずれかを指定してください。",
                "must be \"residents\", \"doses\" or \"inquiries\""),
            Self::FileName => ("FILE_NAME",
                "ファイル名は英数字と . _ - のみ、100文字以内で、.csv で終わる名前にしてください。\
                 氏名や番号などの個人情報を入れないでください。",
                "must be at most 100 letters, digits, dots, underscores and hyphens, begin with a \
                 letter or digit and end in .csv; put nothing in it that tells of a person"),
            Self::FileNameMyNumber => ("FILE_NAME_MY_NUMBER",
                "ファイル名に個人番号が入っています（12桁の日時などが、たまたま個人番号と同じ形になることもあります）。\
                 名前から番号を除いて、付け直してください。",
                "holds a My Number (twelve digits of a time may look like one); rename the file \
                 without it"),
            Self::LineLength => ("LINE_LENGTH", CouponLineError::Length.text_ja(),
                "is not 18 digits long; read the coupon again"),
            Self::LineDigits => ("LINE_DIGITS", CouponLineError::NotDigits.text_ja(),
                "has something else than the digits 0 to 9, such as O or l; read the coupon again"),
            Self::LineKind => ("LINE_KIND", CouponLineError::Kind.text_ja(),
                "does not begin with 1 or 2; read the coupon again"),
            Self::LineDoseNumber => ("LINE_DOSE_NUMBER", CouponLineError::DoseNumber.text_ja(),
                "has a dose number that the programme does not have; read the coupon again"),
            Self::LineCheckDigit => ("LINE_CHECK_DIGIT", CouponLineError::CheckDigit.text_ja(),
                "has a municipality code with a wrong check digit; read the coupon again"),
            Self::LineMunicipality => ("LINE_MUNICIPALITY", CouponLineError::UnknownMunicipality.text_ja(),
                "has the code of no municipality; read the coupon again"),
            Self::LineInterviewOnly => ("LINE_INTERVIEW_ONLY", CouponLineError::InterviewOnly.text_ja(),
                "is that of a coupon for an interview only"),
            Self::Municipality => ("MUNICIPALITY", "自治体コードが正しくありません。6桁の数字で指定してください。",
                "is not the six-digit code of a municipality"),
            Self::DoseNumber => ("DOSE_NUMBER", "接種回は1以上の整数で指定してください。",
                "is not the number of a dose"),
            Self::Decision => ("DECISION", "この操作で選べる決定ではありません。",
                "is none of the decisions that can be made here"),
            Self::DoseList => ("DOSE_LIST", "review, conflict, waiting, locked のいずれかを指定してください。",
                "is none of review, conflict, waiting and locked"),
            Self::Blank => ("BLANK", "空白だけの値や見えない文字は使えません。",
                "must not be blank or hold invisible characters"),
            Self::Revision => ("REVISION", "記録の版番号を引用符で囲んで指定してください。例: \"3\"",
                "is not a revision in quotes such as \"3\""),
            Self::Key => ("KEY", "見える英数字と記号で1文字以上100文字以内にしてください。",
                "must be 1 to 100 visible ASCII characters"),
            Self::MyNumber => ("MY_NUMBER",
                "個人番号として正しくありません。12桁の数字を確認してください。",
                "is not a My Number of twelve digits with its check digit"),
            Self::Basis => ("BASIS", "本日有効な照会根拠のコードではありません。",
                "is not the code of a legal basis that is in force today"),
            Self::Purpose => ("PURPOSE", "この照会根拠で使える照会目的ではありません。",
                "is not a purpose that this basis serves"),
            Self::Programmes => ("PROGRAMMES",
                "この照会根拠で照会できる予防接種のコードを空白区切りで指定してください。例: COVID19",
                "must be codes of programmes that this basis covers, with blanks between, such as COVID19"),
            Self::EvidenceNumber => ("EVIDENCE_NUMBER",
                "番号は英数字と . _ - / のみ、40文字以内で指定してください。氏名や個人番号を入れないでください。",
                "must be at most 40 letters, digits, dots, underscores, hyphens and slashes; put nothing in it that tells of a person"),
            Self::SignedOn => ("SIGNED_ON",
                "同意日（または決裁日）として使えません。今日までの日付で、照会根拠の有効期間内の日を指定してください。",
                "must be a day that is not in the future and not longer ago than the basis holds"),
            Self::Sha256 => ("SHA256", "SHA-256 を64桁の16進数（小文字）で指定してください。",
                "must be a SHA-256 as 64 hexadecimal digits in small letters"),
            Self::Id => ("ID", "ID として正しくありません。", "is not an id"),
            Self::Number => ("NUMBER", "範囲内の整数で指定してください。", "must be a whole number within the limits"),
            Self::Columns => ("COLUMNS", "列の対応が正しくありません。ない列に対応させているか、二つの列を同じ列に対応させています。",
                "names a column that does not exist, or maps two names to one column"),
            Self::Product => ("PRODUCT", "ワクチンのコードではありません。", "is not the code of a vaccine"),
            Self::Lot => ("LOT", "ロット番号は1文字以上20文字以内で、見えない文字を含めないでください。",
                "must be lot numbers of 1 to 20 characters that can be seen"),
            Self::Sample => ("SAMPLE", "ファイルの先頭を Base64 で、元の大きさで256 KB以内にして送ってください。",
                "must be the beginning of a file in Base64, at most 256 KB of it"),
            Self::ExportScope => ("EXPORT_SCOPE", "full、changed のいずれかを指定してください。", "must be \"full\" or \"changed\""),
            Self::Encoding => ("ENCODING", "utf-8、utf-8-bom、cp932 のいずれかを指定してください。",
                "must be \"utf-8\", \"utf-8-bom\" or \"cp932\""),
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
    pub(crate) const fn detail_ja(self) -> &'static str {
        self.entry().1
    }

    /// What it says in English.
    #[must_use]
    pub(crate) const fn detail_en(self) -> &'static str {
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
