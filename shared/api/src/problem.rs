use std::error::Error;
use std::fmt;

use serde_json::{Map, Value};

/// Who must do something before the same request can succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// The municipality that asked.
    Municipality,
    /// Whoever runs the system.
    Operator,
}

impl Act {
    /// The word it is answered as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Municipality => "municipality",
            Self::Operator => "operator",
        }
    }
}

/// What kind of problem it is. The word of each is stable: programs may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// No verified token came with the request.
    Unauthenticated,
    /// The token names no municipality, or not exactly one.
    TenantClaim,
    /// The token is of a municipality that does not take part.
    TenantNotEnrolled,
    /// The caller lacks the role.
    RoleMissing,
    /// There is no such thing in the caller's own area.
    NotFound,
    /// The body is over the limit.
    BodyTooLarge,
    /// The body is not one JSON object.
    BodyMalformed,
    /// A field stands twice.
    FieldDoubled,
    /// A field that this route does not know.
    FieldUnknown,
    /// A field that this route needs.
    FieldMissing,
    /// A field whose value breaks a rule; says which by a [`Fault`].
    FieldInvalid,
    /// A query parameter that this route does not know.
    QueryUnknown,
    /// A query parameter whose value breaks a rule.
    QueryInvalid,
    /// Not exactly one of the ways to search.
    SearchCriteria,
    /// The upload is not held for confirmation.
    UploadNotHeld,
    /// A newer file was accepted while the upload was held.
    UploadStale,
    /// Passing trouble; the same request may succeed later.
    TryAgain,
    /// Our own fault.
    Internal,
}

/// What stands behind a [`Code`].
struct Entry {
    status: u16,
    act: Act,
    word: &'static str,
    ja: &'static str,
    en: &'static str,
}

const fn municipality(
    status: u16,
    word: &'static str,
    ja: &'static str,
    en: &'static str,
) -> Entry {
    Entry {
        status,
        act: Act::Municipality,
        word,
        ja,
        en,
    }
}

const fn operator(status: u16, word: &'static str, ja: &'static str, en: &'static str) -> Entry {
    Entry {
        status,
        act: Act::Operator,
        word,
        ja,
        en,
    }
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 18] = [
        Self::Unauthenticated,
        Self::TenantClaim,
        Self::TenantNotEnrolled,
        Self::RoleMissing,
        Self::NotFound,
        Self::BodyTooLarge,
        Self::BodyMalformed,
        Self::FieldDoubled,
        Self::FieldUnknown,
        Self::FieldMissing,
        Self::FieldInvalid,
        Self::QueryUnknown,
        Self::QueryInvalid,
        Self::SearchCriteria,
        Self::UploadNotHeld,
        Self::UploadStale,
        Self::TryAgain,
        Self::Internal,
    ];

    #[rustfmt::skip]
    const fn entry(self) -> Entry {
        match self {
            Self::Unauthenticated => municipality(401, "UNAUTHENTICATED",
                "ログインが必要です。もう一度ログインしてください。",
                "a valid token is needed; sign in again"),
            Self::TenantClaim => operator(403, "TENANT_CLAIM",
                "利用者に自治体がひとつだけ割り当てられていません。運用者に連絡してください。",
                "the token does not name exactly one municipality; the operator must correct the account"),
            Self::TenantNotEnrolled => operator(403, "TENANT_NOT_ENROLLED",
                "この自治体はまだ利用登録されていません。運用者に連絡してください。",
                "this municipality is not enrolled; the operator must add it"),
            Self::RoleMissing => municipality(403, "ROLE_MISSING",
                "この操作に必要な権限がありません。自治体の管理者に権限の付与を依頼してください。",
                "the caller lacks the role for this; the municipality's administrator can grant it"),
            Self::NotFound => municipality(404, "NOT_FOUND",
                "見つかりません。",
                "there is no such thing"),
            Self::BodyTooLarge => municipality(413, "BODY_TOO_LARGE",
                "リクエスト本文が大きすぎます。64 KB 以内にしてください。",
                "the body is over 64 KB"),
            Self::BodyMalformed => municipality(400, "BODY_MALFORMED",
                "リクエスト本文が JSON オブジェクトとして読めません。",
                "the body is not one JSON object in UTF-8"),
            Self::FieldDoubled => municipality(400, "FIELD_DOUBLED",
                "同じ項目が二回あります。",
                "a field stands twice"),
            Self::FieldUnknown => municipality(400, "FIELD_UNKNOWN",
                "この操作にない項目があります。",
                "a field that this route does not know"),
            Self::FieldMissing => municipality(400, "FIELD_MISSING",
                "必須の項目がありません。",
                "a required field is missing"),
            Self::FieldInvalid => municipality(400, "FIELD_INVALID",
                "項目の値が正しくありません。",
                "the value of a field breaks a rule"),
            Self::QueryUnknown => municipality(400, "QUERY_UNKNOWN",
                "この操作にないクエリパラメーターがあります。",
                "a query parameter that this route does not know"),
            Self::QueryInvalid => municipality(400, "QUERY_INVALID",
                "クエリパラメーターの値が正しくありません。",
                "the value of a query parameter breaks a rule"),
            Self::SearchCriteria => municipality(400, "SEARCH_CRITERIA",
                "「生年月日と氏名」「券番号」「宛名番号」のいずれかひとつで検索してください。",
                "search by birth_date and name, or by coupon, or by number"),
            Self::UploadNotHeld => municipality(409, "UPLOAD_NOT_HELD",
                "このファイルは確認待ちではありません。",
                "this upload is not held for confirmation"),
            Self::UploadStale => municipality(409, "UPLOAD_STALE",
                "確認待ちの間に新しいファイルが受け付けられました。このファイルは破棄してください。",
                "a newer file was accepted while this one was held; discard it"),
            Self::TryAgain => municipality(503, "TRY_AGAIN",
                "一時的に処理できません。少し待ってからもう一度お試しください。",
                "passing trouble; wait a little and try again"),
            Self::Internal => operator(500, "INTERNAL",
                "システムの不具合です。運用者に連絡してください。",
                "a fault of the system; the operator must look into it"),
        }
    }

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.entry().word
    }

    /// HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.entry().status
    }

    /// Who must act.
    #[must_use]
    pub const fn act(self) -> Act {
        self.entry().act
    }

    /// What it says in Japanese.
    #[must_use]
    pub const fn title_ja(self) -> &'static str {
        self.entry().ja
    }

    /// What it says in English.
    #[must_use]
    pub const fn title_en(self) -> &'static str {
        self.entry().en
    }
}

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

/// Why a request is not done. Holds nothing of the request but the name of a field.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    field: Option<String>,
    fault: Option<Fault>,
    cause: Option<String>,
}

/// As much of a field's name as is repeated: names come from the caller.
const NAME_SHOWN: usize = 40;

impl Problem {
    /// A problem that needs no more words.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            field: None,
            fault: None,
            cause: None,
        }
    }

    /// There is no such thing in the caller's area, be it that it never was or that it is another
    /// tenant's. Says nothing that would tell these apart.
    #[must_use]
    pub const fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// A problem with a field or a query parameter, by its name.
    #[must_use]
    pub fn at(code: Code, field: &str) -> Self {
        let shown = field.chars().filter(|c| !c.is_control()).take(NAME_SHOWN);
        Self {
            field: Some(shown.collect()),
            ..Self::new(code)
        }
    }

    /// A field whose value breaks a rule.
    #[must_use]
    pub fn invalid(field: &str, fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::at(Code::FieldInvalid, field)
        }
    }

    /// A query parameter whose value breaks a rule.
    #[must_use]
    pub fn invalid_query(name: &str, fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::at(Code::QueryInvalid, name)
        }
    }

    /// Passing trouble, to be tried again by the caller. `cause` is logged, never answered.
    #[must_use]
    pub fn try_again(cause: &dyn Error) -> Self {
        Self {
            cause: Some(chain(cause)),
            ..Self::new(Code::TryAgain)
        }
    }

    /// Our own fault. `cause` is logged, never answered.
    #[must_use]
    pub fn internal(cause: &dyn Error) -> Self {
        Self {
            cause: Some(chain(cause)),
            ..Self::new(Code::Internal)
        }
    }

    /// What kind of problem.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The field or query parameter, as much of its name as is repeated.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The rule that a value breaks.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// What went wrong inside, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The members of the answer.
    pub(crate) fn to_json(&self) -> Value {
        let mut members = Map::new();
        let mut say = |name: &str, value: Value| members.insert(name.to_owned(), value);
        let code = self.code;
        say(
            "type",
            format!("urn:open-vrs:problem:{}", code.as_str()).into(),
        );
        say("title", code.title_ja().into());
        say("title_en", code.title_en().into());
        say("status", code.status().into());
        say("code", code.as_str().into());
        say("act", code.act().as_str().into());
        if let Some(field) = &self.field {
            say("field", field.as_str().into());
        }
        if let Some(fault) = self.fault {
            say("reason", fault.as_str().into());
            say("detail", fault.detail_ja().into());
            say("detail_en", fault.detail_en().into());
        }
        Value::Object(members)
    }
}

/// An error and its sources on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        text.push_str(": ");
        text.push_str(&deeper.to_string());
        source = deeper.source();
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.title_en())
    }
}

impl Error for Problem {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_word_of_its_own_a_status_and_both_titles() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        for code in Code::ALL {
            let word = code.as_str();
            assert!(
                word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'),
                "{word}"
            );
            assert!((400..600).contains(&code.status()), "{word}");
            assert!(
                !code.title_ja().is_ascii() && code.title_ja().ends_with('。'),
                "{word}"
            );
            assert!(
                code.title_en().is_ascii() && !code.title_en().is_empty(),
                "{word}"
            );
        }
    }

    #[test]
    fn what_is_our_fault_is_for_the_operator() {
        for code in Code::ALL {
            if code.status() == 500 {
                assert_eq!(code.act(), Act::Operator, "{code:?}");
            }
            if code.status() == 400 {
                assert_eq!(code.act(), Act::Municipality, "{code:?}");
            }
        }
    }

    #[test]
    fn every_fault_has_a_word_of_its_own_and_both_details() {
        let words: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.as_str()).collect();
        assert_eq!(words.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            assert!(!fault.detail_ja().is_ascii(), "{fault:?}");
            assert!(fault.detail_en().is_ascii(), "{fault:?}");
        }
    }

    #[test]
    fn the_answer_names_the_field_and_the_rule() {
        let json = Problem::invalid("birth_date", Fault::Date).to_json();
        assert_eq!(json["type"], "urn:open-vrs:problem:FIELD_INVALID");
        assert_eq!(json["status"], 400);
        assert_eq!(json["act"], "municipality");
        assert_eq!(json["field"], "birth_date");
        assert_eq!(json["reason"], "DATE");
    }

    #[test]
    fn a_name_from_the_caller_is_cut_and_holds_no_control_characters() {
        let problem = Problem::at(Code::FieldUnknown, &format!("a\r\n\u{7}{}", "x".repeat(99)));
        assert_eq!(problem.field().unwrap(), format!("a{}", "x".repeat(39)));
    }

    #[test]
    fn the_cause_is_kept_for_the_log_and_never_answered() {
        let io = std::io::Error::other("the disk is gone");
        let problem = Problem::internal(&io);
        assert_eq!(problem.cause(), Some("the disk is gone"));
        assert!(!problem.to_json().to_string().contains("disk"));
    }
}
