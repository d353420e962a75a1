use domain::LifeError;

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

/// Declares the codes, an entry each: HTTP status, who must act, the stable word, what it says in Japanese and in
/// English.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$doc:meta])+ $variant:ident $status:literal $act:ident $word:literal $ja:literal $en:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])+ $variant,)+
        }

        domain::words!($name { $($variant = $word),+ });

        impl $name {
            /// HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// Who must act.
            #[must_use]
            pub const fn act(self) -> Act {
                match self { $(Self::$variant => Act::$act),+ }
            }

            /// What it says in Japanese.
            #[must_use]
            pub const fn title_ja(self) -> &'static str {
                match self { $(Self::$variant => $ja),+ }
            }

            /// What it says in English.
            #[must_use]
            pub const fn title_en(self) -> &'static str {
                match self { $(Self::$variant => $en),+ }
            }
        }
    };
}

codes! {
/// What kind of problem it is, in the order of the documentation. The word of each is stable: programs may depend on
/// it.
Code {
    /// No verified token came with the request.
    Unauthenticated 401 Municipality "UNAUTHENTICATED"
        "ログインが必要です。もう一度ログインしてください。"
        "a valid token is needed; sign in again";
    /// The token names no municipality, or not exactly one.
    TenantClaim 403 Operator "TENANT_CLAIM"
        "利用者に自治体がひとつだけ割り当てられていません。運用者に連絡してください。"
        "the token does not name exactly one municipality; the operator must correct the account";
    /// The token is of a municipality that does not take part.
    TenantNotEnrolled 403 Operator "TENANT_NOT_ENROLLED"
        "この自治体はまだ利用登録されていません。運用者に連絡してください。"
        "this municipality is not enrolled; the operator must add it";
    /// The caller lacks the role.
    RoleMissing 403 Municipality "ROLE_MISSING"
        "この操作に必要な権限がありません。自治体の管理者に権限の付与を依頼してください。"
        "the caller lacks the role for this; the municipality's administrator can grant it";
    /// There is no such thing in the caller's own area.
    NotFound 404 Municipality "NOT_FOUND"
        "見つかりません。"
        "there is no such thing";
    /// The body is over the limit.
    BodyTooLarge 413 Municipality "BODY_TOO_LARGE"
        "リクエスト本文が大きすぎます。"
        "the body is over the limit of this route";
    /// The body is not one JSON object.
    BodyMalformed 400 Municipality "BODY_MALFORMED"
        "リクエスト本文が JSON オブジェクトとして読めません。"
        "the body is not one JSON object in UTF-8";
    /// A field stands twice.
    FieldDoubled 400 Municipality "FIELD_DOUBLED"
        "同じ項目が二回あります。"
        "a field stands twice";
    /// A field that this route does not know.
    FieldUnknown 400 Municipality "FIELD_UNKNOWN"
        "この操作にない項目があります。"
        "a field that this route does not know";
    /// A field that this route needs.
    FieldMissing 400 Municipality "FIELD_MISSING"
        "必須の項目がありません。"
        "a required field is missing";
    /// A field whose value breaks a rule; says which by a [`crate::Fault`].
    FieldInvalid 400 Municipality "FIELD_INVALID"
        "項目の値が正しくありません。"
        "the value of a field breaks a rule";
    /// A query parameter that this route does not know.
    QueryUnknown 400 Municipality "QUERY_UNKNOWN"
        "この操作にないクエリパラメーターがあります。"
        "a query parameter that this route does not know";
    /// A query parameter whose value breaks a rule.
    QueryInvalid 400 Municipality "QUERY_INVALID"
        "クエリパラメーターの値が正しくありません。"
        "the value of a query parameter breaks a rule";
    /// Not exactly one of the ways to search.
    SearchCriteria 400 Municipality "SEARCH_CRITERIA"
        "「生年月日と氏名」「券番号」「宛名番号」のいずれかひとつで検索してください。"
        "search by birth_date and name, or by coupon, or by number";
    /// The upload is not held for confirmation.
    UploadNotHeld 409 Municipality "UPLOAD_NOT_HELD"
        "このファイルは確認待ちではありません。"
        "this upload is not held for confirmation";
    /// A newer file was accepted while the upload was held.
    UploadStale 409 Municipality "UPLOAD_STALE"
        "確認待ちの間に新しいファイルが受け付けられました。このファイルを取りやめてください。"
        "a newer file was accepted while this one was held; discard it";
    /// The upload was held for so long that what is needed to load it is gone.
    UploadGone 409 Municipality "UPLOAD_GONE"
        "取り込むと決められるのは、置いてから28日以内です。このファイルを取りやめて、もう一度置いてください。"
        "can be confirmed within 28 days of its drop only; discard it and send it again";
    /// The coupon is one of another municipality, which the problem names.
    CouponElsewhere 422 Municipality "COUPON_ELSEWHERE"
        "他の自治体の接種券です。発行した自治体で記録してもらってください。"
        "the coupon was issued by another municipality; the dose is recorded there";
    /// Nobody in the register has the coupon.
    CouponUnknown 404 Municipality "COUPON_UNKNOWN"
        "この券番号の方は登録されていません。番号を確認してください。登録が後になる方の接種記録は登録待ちとして受け付けます。"
        "nobody in the register has this coupon; check the number, or record the dose and let it wait";
    /// More than one person has the coupon.
    CouponOfSeveral 409 Municipality "COUPON_OF_SEVERAL"
        "同じ券番号の方が二人以上登録されています。対象者の登録内容を確認してください。"
        "more than one person in the register has this coupon; correct the register";
    /// The token of a lookup is too old, or of another coupon.
    LookupExpired 422 Municipality "LOOKUP_EXPIRED"
        "表示してから時間がたったか、別の接種券の表示です。接種券をもう一度読み取ってください。"
        "the lookup is too old or was one of another coupon; look it up again";
    /// The rules refuse the dose; the problem lists the findings.
    DoseRefused 422 Municipality "DOSE_REFUSED"
        "この内容では記録できません。指摘された点を確認してください。"
        "the rules refuse this dose; the findings say why";
    /// Something else has the number; the dose stands in the queue.
    DoseConflict 409 Municipality "DOSE_CONFLICT"
        "この接種回には別の記録があります。今回の記録は有効にせず保管しました。「残す」と決定済みの記録でなければ、食い違いとして確認を待っています。接種回に読み違いがないか確認してください。正しければ、食い違いの一覧で決めてください。"
        "another record has this number; this one is kept, and waits in the queue unless somebody has decided against it already; check the number, and decide in the queue if it is right";
    /// The dose stands so that this cannot be done to it.
    DoseState 409 Municipality "DOSE_STATE"
        "記録の現在の状態ではこの操作はできません（取消や決定が済んでいる、移す先の接種回に別の記録がある、など）。最新の内容を確認してください。"
        "the dose stands so that this cannot be done to it, or another one has the number it is to go to; read it again";
    /// The dose is locked.
    DoseLocked 423 Municipality "DOSE_LOCKED"
        "この記録はロックされています。変更するには、承認する役割の方がロックを解除してください。"
        "the dose is locked; somebody with the role approve can unlock it";
    /// Another revision stands there than the one that was seen.
    RevisionStale 412 Municipality "REVISION_STALE"
        "表示した後に他の人が変更しています。最新の内容を確認してからやり直してください。"
        "somebody changed it since it was read; read it again";
    /// The header If-Match is missing.
    RevisionMissing 428 Municipality "REVISION_MISSING"
        "If-Match ヘッダーで、変更する記録の版番号を指定してください。"
        "say in If-Match which revision was seen";
    /// A header whose value breaks a rule.
    HeaderInvalid 400 Municipality "HEADER_INVALID"
        "ヘッダーの値が正しくありません。"
        "the value of a header breaks a rule";
    /// The header Idempotency-Key is missing.
    IdempotencyKeyMissing 400 Municipality "IDEMPOTENCY_KEY_MISSING"
        "Idempotency-Key ヘッダーで、この登録を区別する値を指定してください。"
        "give the request a key of its own in Idempotency-Key";
    /// The key was used for a request with another body.
    IdempotencyKeyReused 422 Municipality "IDEMPOTENCY_KEY_REUSED"
        "同じ Idempotency-Key が別の内容で使われています。新しい値で送ってください。"
        "the key was used for another request; use a new one";
    /// The form or decision was recorded before, for something else.
    EvidenceUsed 409 Municipality "EVIDENCE_USED"
        "この同意書番号（決裁番号）は別の内容で登録済みです。番号を確認してください。番号が正しいときは、別の番号の同意書（決裁）が必要です。"
        "this form or decision is recorded already, for something else; check its number, and if it is right, get another with a number of its own";
    /// The basis waits for a second person.
    ConsentNotApproved 409 Municipality "CONSENT_NOT_APPROVED"
        "この照会根拠はまだ承認されていません。別の職員が承認してください。"
        "this basis is not approved yet; another person has to approve it";
    /// The basis does not wait for approval.
    ConsentNotWaiting 409 Municipality "CONSENT_NOT_WAITING"
        "この照会根拠は承認待ちではありません。"
        "this basis does not wait for approval";
    /// Whoever recorded a basis cannot approve it.
    ApprovedByRecorder 403 Municipality "APPROVED_BY_RECORDER"
        "登録した本人は承認できません。別の職員が承認してください。"
        "whoever recorded a basis cannot approve it; another person has to";
    /// The basis was asked on already.
    ConsentUsed 409 Municipality "CONSENT_USED"
        "この照会根拠は使用済みです。ご自身の照会の答えは、その照会のID（inquiry）を付けて同じ内容で照会し直すと、もう一度表示されます。それ以外のときは、新しい照会根拠を登録してください。"
        "this basis was asked on already; ask again under the id of your own inquiry (inquiry) to be shown its answer, or record a new basis";
    /// The basis was withdrawn.
    ConsentRevoked 409 Municipality "CONSENT_REVOKED"
        "この照会根拠は取り下げられています。"
        "this basis was withdrawn";
    /// The basis' time is up.
    ConsentExpired 409 Municipality "CONSENT_EXPIRED"
        "この照会根拠は有効期限が切れています。新しい照会根拠を登録してください。"
        "this basis has expired; record a new one";
    /// The basis is not about this person.
    PersonMismatch 409 Municipality "PERSON_MISMATCH"
        "個人番号または生年月日が、登録した照会根拠のものと一致しません。"
        "number or birth date are not those of the recorded basis";
    /// More is asked than the basis was recorded for.
    ScopeExceeded 409 Municipality "SCOPE_EXCEEDED"
        "登録した照会根拠の目的または範囲を超えています。"
        "this asks for more than the basis was recorded for";
    /// The municipality has asked as much as it may today.
    BudgetSpent 429 Municipality "BUDGET_SPENT"
        "本日の照会件数の上限に達しました。明日以降に照会するか、登録と承認の役割を持つ方が「設定」で上限を見直してください（運用者が定めた上限を超える場合は、運用者に相談してください）。"
        "no more inquiries can be made today; go on tomorrow, or let who registers and approves look at the limit in the settings, and beyond what the operator set, the operator";
    /// Passing trouble; the same request may succeed later.
    TryAgain 503 Municipality "TRY_AGAIN"
        "一時的に処理できません。少し待ってからもう一度お試しください。"
        "passing trouble; wait a little and try again";
    /// Our own fault.
    Internal 500 Operator "INTERNAL"
        "システムの不具合です。運用者に連絡してください。"
        "a fault of the system; the operator must look into it";
}}

/// Why nothing can be done to a recorded basis, as a caller is told.
impl From<LifeError> for Code {
    fn from(error: LifeError) -> Self {
        match error {
            LifeError::NotApproved => Self::ConsentNotApproved,
            LifeError::NotWaiting => Self::ConsentNotWaiting,
            LifeError::SamePerson => Self::ApprovedByRecorder,
            LifeError::Used => Self::ConsentUsed,
            LifeError::Revoked => Self::ConsentRevoked,
            LifeError::Expired => Self::ConsentExpired,
        }
    }
}

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
    fn staff_are_told_what_to_do_about_a_dose() {
        let of_doses = [
            Code::CouponOfSeveral,
            Code::DoseConflict,
            Code::DoseLocked,
            Code::DoseRefused,
            Code::DoseState,
            Code::LookupExpired,
            Code::RevisionStale,
        ];
        for code in of_doses {
            assert!(code.title_ja().ends_with("ください。"), "{code:?}");
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
}
