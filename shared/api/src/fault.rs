use domain::CouponLineError;

/// Declares the faults, an entry each: the stable word, what it says in Japanese and in English.
macro_rules! faults {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$doc:meta])+ $variant:ident $word:literal, $ja:expr, $en:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])+ $variant,)+
        }

        domain::words!($name { $($variant = $word),+ });

        impl $name {
            /// What it says in Japanese.
            #[must_use]
            pub(crate) const fn detail_ja(self) -> &'static str {
                match self { $(Self::$variant => $ja),+ }
            }

            /// What it says in English.
            #[must_use]
            pub(crate) const fn detail_en(self) -> &'static str {
                match self { $(Self::$variant => $en),+ }
            }
        }
    };
}

faults! {
/// Which rule a value breaks.
Fault {
    /// Not a JSON string.
    NotText "NOT_TEXT",
        "文字列で指定してください。",
        "must be a string";
    /// Neither true nor false.
    NotFlag "NOT_FLAG",
        "true または false で指定してください。",
        "must be true or false";
    /// Not a JSON object.
    NotObject "NOT_OBJECT",
        "オブジェクトで指定してください。",
        "must be an object";
    /// Not a JSON list.
    NotList "NOT_LIST",
        "リストで指定してください。",
        "must be a list";
    /// Nothing in it.
    Empty "EMPTY",
        "空にはできません。",
        "must not be empty";
    /// More characters than the field takes.
    TooLong "TOO_LONG",
        "文字数が多すぎます。",
        "has too many characters";
    /// A control character.
    ControlCharacter "CONTROL_CHARACTER",
        "制御文字は使えません。",
        "must not hold control characters";
    /// No date.
    Date "DATE",
        "日付として読めません。例: 1980-04-01、19800401、昭和55年4月1日",
        "is not a date such as 1980-04-01, 19800401 or S55.4.1";
    /// Not ten digits.
    CouponNumber "COUPON_NUMBER",
        "10桁の数字で指定してください。",
        "must be ten digits";
    /// Not one of the kinds of files.
    FileKind "FILE_KIND",
        "ファイルの種類は residents、doses、inquiries のいずれかを指定してください。",
        "must be \"residents\", \"doses\" or \"inquiries\"";
    /// Not a safe name of a CSV file.
    FileName "FILE_NAME",
        "ファイル名は英数字と . _ - のみ、100文字以内で、.csv で終わる名前にしてください。\
         氏名や番号などの個人情報を入れないでください。",
        "must be at most 100 letters, digits, dots, underscores and hyphens, begin with a \
         letter or digit and end in .csv; put nothing in it that tells of a person";
    /// A My Number in the name of a file.
    FileNameMyNumber "FILE_NAME_MY_NUMBER",
        "ファイル名に個人番号が入っています（12桁の日時などが、たまたま個人番号と同じ形になることもあります）。\
         名前から番号を除いて、付け直してください。",
        "holds a My Number (twelve digits of a time may look like one); rename the file \
         without it";
    /// Not the 18 digits of a coupon line.
    LineLength "LINE_LENGTH",
        CouponLineError::Length.text_ja(),
        "is not 18 digits long; read the coupon again";
    /// Something else than digits in a coupon line.
    LineDigits "LINE_DIGITS",
        CouponLineError::NotDigits.text_ja(),
        "has something else than the digits 0 to 9, such as O or l; read the coupon again";
    /// The first digit of a coupon line is neither 1 nor 2.
    LineKind "LINE_KIND",
        CouponLineError::Kind.text_ja(),
        "does not begin with 1 or 2; read the coupon again";
    /// The programme has no dose of the number in a coupon line.
    LineDoseNumber "LINE_DOSE_NUMBER",
        CouponLineError::DoseNumber.text_ja(),
        "has a dose number that the programme does not have; read the coupon again";
    /// The check digit of the municipality code is wrong.
    LineCheckDigit "LINE_CHECK_DIGIT",
        CouponLineError::CheckDigit.text_ja(),
        "has a municipality code with a wrong check digit; read the coupon again";
    /// No municipality has the code in a coupon line.
    LineMunicipality "LINE_MUNICIPALITY",
        CouponLineError::UnknownMunicipality.text_ja(),
        "has the code of no municipality; read the coupon again";
    /// The coupon is for an interview only.
    LineInterviewOnly "LINE_INTERVIEW_ONLY",
        CouponLineError::InterviewOnly.text_ja(),
        "is that of a coupon for an interview only";
    /// Not the code of a municipality.
    Municipality "MUNICIPALITY",
        "自治体コードが正しくありません。6桁の数字で指定してください。",
        "is not the six-digit code of a municipality";
    /// Not the number of a dose.
    DoseNumber "DOSE_NUMBER",
        "接種回は1以上の整数で指定してください。",
        "is not the number of a dose";
    /// None of the decisions that can be made.
    Decision "DECISION",
        "この操作で選べる決定ではありません。",
        "is none of the decisions that can be made here";
    /// None of the lists of doses.
    DoseList "DOSE_LIST",
        "review, conflict, waiting, locked のいずれかを指定してください。",
        "is none of review, conflict, waiting and locked";
    /// Blanks only, or invisible characters.
    Blank "BLANK",
        "空白だけの値や見えない文字は使えません。",
        "must not be blank or hold invisible characters";
    /// Not a revision in quotes.
    Revision "REVISION",
        "記録の版番号を引用符で囲んで指定してください。例: \"3\"",
        "is not a revision in quotes such as \"3\"";
    /// Not a key of visible ASCII characters.
    Key "KEY",
        "見える英数字と記号で1文字以上100文字以内にしてください。",
        "must be 1 to 100 visible ASCII characters";
    /// Not a My Number.
    MyNumber "MY_NUMBER",
        "個人番号として正しくありません。12桁の数字を確認してください。",
        "is not a My Number of twelve digits with its check digit";
    /// Not a legal basis that is in force today.
    Basis "BASIS",
        "本日有効な照会根拠のコードではありません。",
        "is not the code of a legal basis that is in force today";
    /// Not a purpose, or not one of this basis.
    Purpose "PURPOSE",
        "この照会根拠で使える照会目的ではありません。",
        "is not a purpose that this basis serves";
    /// Not programmes, or not of this basis.
    Programmes "PROGRAMMES",
        "この照会根拠で照会できる予防接種のコードを空白区切りで指定してください。例: COVID19",
        "must be codes of programmes that this basis covers, with blanks between, such as COVID19";
    /// Not the number of a form or decision.
    EvidenceNumber "EVIDENCE_NUMBER",
        "番号は英数字と . _ - / のみ、40文字以内で指定してください。氏名や個人番号を入れないでください。",
        "must be at most 40 letters, digits, dots, underscores, hyphens and slashes; put nothing in it that tells of a person";
    /// Not the day of a form that one may still ask on.
    SignedOn "SIGNED_ON",
        "同意日（または決裁日）として使えません。今日までの日付で、照会根拠の有効期間内の日を指定してください。",
        "must be a day that is not in the future and not longer ago than the basis holds";
    /// Not a SHA-256 in hexadecimal digits.
    Sha256 "SHA256",
        "SHA-256 を64桁の16進数（小文字）で指定してください。",
        "must be a SHA-256 as 64 hexadecimal digits in small letters";
    /// Not an id.
    Id "ID",
        "ID として正しくありません。",
        "is not an id";
    /// Not a number within the limits.
    Number "NUMBER",
        "範囲内の整数で指定してください。",
        "must be a whole number within the limits";
    /// Not a mapping of columns that files could be read by.
    Columns "COLUMNS",
        "列の対応が正しくありません。ない列に対応させているか、二つの列を同じ列に対応させています。",
        "names a column that does not exist, or maps two names to one column";
    /// Not the code of a vaccine.
    Product "PRODUCT",
        "ワクチンのコードではありません。",
        "is not the code of a vaccine";
    /// Not a lot number.
    Lot "LOT",
        "ロット番号は1文字以上20文字以内で、見えない文字を含めないでください。",
        "must be lot numbers of 1 to 20 characters that can be seen";
    /// Not a piece of a file in Base64.
    Sample "SAMPLE",
        "ファイルの先頭を Base64 で、元の大きさで256 KB以内にして送ってください。",
        "must be the beginning of a file in Base64, at most 256 KB of it";
    /// Not a scope of an export.
    ExportScope "EXPORT_SCOPE",
        "full、changed のいずれかを指定してください。",
        "must be \"full\" or \"changed\"";
    /// Not an encoding that is written.
    Encoding "ENCODING",
        "utf-8、utf-8-bom、cp932 のいずれかを指定してください。",
        "must be \"utf-8\", \"utf-8-bom\" or \"cp932\"";
    /// Not a cursor that this list gave to this municipality.
    Cursor "CURSOR",
        "続きの位置が正しくありません。一覧を最初から取得してください。",
        "is not a position in this list; begin again without it";
}}

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
