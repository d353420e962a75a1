//! The table of codes and texts. A code is part of what municipalities and their software see: it is
//! added, never renamed.

use super::Actor;

/// Declares an enum of codes with their texts, one entry a line or two.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $code:literal $ja:literal $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $code, "`: ", $en)] $variant,)+
        }

        domain::words!($name { $($variant = $code),+ });

        impl $name {
            /// What it means and what to do, in Japanese.
            #[must_use]
            pub const fn text_ja(self) -> &'static str {
                match self { $(Self::$variant => $ja),+ }
            }

            /// The same in English.
            #[must_use]
            pub const fn text_en(self) -> &'static str {
                match self { $(Self::$variant => $en),+ }
            }
        }
    };
}

codes! {
/// What is wrong with a file or a row.
ProblemCode {
    EmptyFile "EMPTY_FILE"
        "ファイルが空です。出力し直してください。"
        "the file is empty; export it again";
    HeaderOnly "HEADER_ONLY"
        "列名の行だけで、データの行がありません。出力条件を確かめてください。"
        "there is a header but no row; check what was selected for export";
    NoHeader "NO_HEADER"
        "最初の行に列名がありません。最初の行を列名にしてください。"
        "the first line holds no column names; put them there";
    UnknownColumn "UNKNOWN_COLUMN"
        "登録のない列名です。列を除くか、住民と接種記録のファイルでは「設定」で列を結び付けてください。不要な情報は受け取れません。"
        "this column is neither known nor mapped; leave it out, or map it in files of residents and doses; data that is not needed is not taken";
    MissingColumn "MISSING_COLUMN"
        "必須の列がありません。列を加えるか、住民と接種記録のファイルでは「設定」で列を結び付けてください。"
        "this required column is missing; add it, or map it in files of residents and doses";
    DoubledColumn "DOUBLED_COLUMN"
        "同じ列が二つ以上あります。一つにしてください。"
        "this column stands there more than once; keep one";
    WrongDelimiter "WRONG_DELIMITER"
        "区切り文字がタブまたはセミコロンです。コンマ区切りのCSVで保存し直してください。"
        "the fields are divided by tabs or semicolons; save the file with commas";
    Utf16 "UTF_16"
        "文字コードがUTF-16（Unicodeテキスト）です。UTF-8またはCP932（シフトJIS）で保存し直してください。"
        "the file is in UTF-16; save it in UTF-8 or CP932";
    EucJp "EUC_JP"
        "文字コードがEUC-JPです。UTF-8またはCP932（シフトJIS）で保存し直してください。"
        "the file is in EUC-JP; save it in UTF-8 or CP932";
    Iso2022Jp "ISO_2022_JP"
        "文字コードがISO-2022-JP（JIS）です。UTF-8またはCP932（シフトJIS）で保存し直してください。"
        "the file is in ISO-2022-JP; save it in UTF-8 or CP932";
    MixedEncodings "MIXED_ENCODINGS"
        "この行から文字コードが異なります（UTF-8とCP932の混在）。一つの文字コードで保存し直してください。"
        "from this line on the encoding differs (UTF-8 and CP932 mixed); save the file in one";
    NotUtf8OrCp932 "NOT_UTF8_OR_CP932"
        "UTF-8としてもCP932（シフトJIS）としても読めない文字があります。この行の文字を確かめて出力し直してください。"
        "there are bytes that are neither UTF-8 nor CP932; look at this line and export the file again";
    CutInCharacter "CUT_IN_CHARACTER"
        "ファイルが文字の途中で切れています。転送に失敗した可能性があります。もう一度送ってください。"
        "the file ends inside a character, perhaps because a transfer failed; send it again";
    CutInQuotes "CUT_IN_QUOTES"
        "ファイルが引用符（\"）の中で切れています。転送の失敗か、引用符の閉じ忘れです。確かめて送り直してください。"
        "the file ends inside a quoted field: a failed transfer or an unclosed quote; check it and send it again";
    UnclosedQuote "UNCLOSED_QUOTE"
        "引用符（\"）で始まる項目が4 KBを超えて続きます。引用符の閉じ忘れがないか確かめてください。"
        "a quoted field goes on for more than 4 KB; look for a quote that is not closed";
    FieldTooLong "FIELD_TOO_LONG"
        "4 KBを超える項目があります。CSVとして出力されているか確かめてください。"
        "a field is longer than 4 KB; check that the file is CSV";
    RecordTooLong "RECORD_TOO_LONG"
        "64 KBを超える行があります。改行と引用符（\"）を確かめてください。"
        "a record is longer than 64 KB; check line ends and quotes";
    SpreadsheetOrZip "SPREADSHEET_OR_ZIP"
        "CSVではなく、表計算ファイル（xlsx等）または圧縮ファイルです。CSV形式で保存し直してください。"
        "this is a spreadsheet or an archive, not CSV; save it as CSV";
    Gzip "GZIP"
        "gzipで圧縮されています。展開したCSVを送ってください。"
        "the file is compressed with gzip; send the CSV itself";
    NotText "NOT_TEXT"
        "テキストファイルではありません。CSV形式で保存し直してください。"
        "this is not a text file; save it as CSV";
    OtherMunicipality "OTHER_MUNICIPALITY"
        "他の自治体のコードの行があります。送り先とファイルを確かめてください。1行も取り込んでいません。"
        "a row bears the code of another municipality; check file and folder, nothing was taken over";
    FileTooLarge "FILE_TOO_LARGE"
        "ファイルが大きすぎます（上限2 GB、500万行）。分けて、前のファイルの受付結果が出てから次を送ってください。"
        "the file is too large (2 GB and 5,000,000 rows at most); send it in parts, each when the receipt of the one before is there";
    FileGone "FILE_GONE"
        "確認する前にファイルが削除されました。必要であれば送り直してください。"
        "the file was deleted before it could be checked; send it again if it is needed";
    TooManyRefused "TOO_MANY_REFUSED"
        "エラーの行が多すぎるため、1行も取り込んでいません。errors.csvで原因を確かめて元のファイル全体を直し、そのファイルを送り直してください。"
        "too many rows are wrong, so no row was taken over; look into errors.csv, mend the original file as a whole and send that one again";
    Stale "STALE"
        "すでに受け付けた台帳より基準日が古いか、後から置かれた台帳が先に受け付けられました。内容が最新であれば、ファイル名の基準日を正しい日付に直して（基準日がなければそのまま）もう一度送ってください。"
        "a file with a newer date, or one that was dropped later, was accepted before; if this one is up to date, correct the date in its name, if it has one, and send it again";
    AsOfInFuture "AS_OF_IN_FUTURE"
        "ファイル名の基準日が、ファイルを置いた日より後です。何も取り込んでいません。ファイル名の日付を直して、もう一度送ってください。"
        "the as-of date in the name of the file is later than the day on which it was dropped, and nothing was taken over; correct the name and send the file again";
    UnknownTenant "UNKNOWN_TENANT"
        "フォルダ名の自治体コードは登録されていません。フォルダ名を確かめ、正しければ運用担当者へ連絡してください。"
        "no municipality is registered under this folder; check its name, or ask the operator";
    UnknownKind "UNKNOWN_KIND"
        "フォルダ名から種類が分かりません。residents（住民）、doses（接種記録）、inquiries（照会）のいずれかのフォルダに、名前の末尾が.csvのファイルを置いてください。"
        "the folder does not tell what the file is; put a .csv file into the folder residents, doses or inquiries";
    NameHasMyNumber "NAME_HAS_MY_NUMBER"
        "ファイル名かフォルダ名に個人番号が入っています（12桁の日時などが、たまたま個人番号と同じ形になることもあります）。何も読んでいません。名前から番号を除いて、もう一度送ってください。"
        "the name of the file or of a folder holds a My Number (twelve digits of a time may look like one), and nothing was read; take it out of the name and send the file again";

    TooFewFields "TOO_FEW_FIELDS"
        "項目の数が列名より少ないです。コンマや改行の抜けを確かめてください。"
        "the row has fewer fields than the header; look for missing commas or a stray line end";
    TooManyFields "TOO_MANY_FIELDS"
        "項目の数が列名より多いです。値の中のコンマは引用符（\"）で囲んでください。"
        "the row has more fields than the header; put values that hold commas into quotes";
    QuotesMisplaced "QUOTES_MISPLACED"
        "閉じる引用符（\"）の後に文字があります。値の中の引用符は二つ重ねてください。"
        "there is text behind a closing quote; double the quotes within a value";
    RequiredEmpty "REQUIRED_EMPTY"
        "必須の項目が空です。値を入れてください。"
        "this required field is empty; fill it in";
    TooLong "TOO_LONG"
        "文字数が上限を超えています。短くしてください。"
        "the text is too long; shorten it";
    HiddenCharacter "HIDDEN_CHARACTER"
        "制御文字や見えない文字が含まれています。入力し直してください。"
        "there is a control character or an invisible one; type the value again";
    MunicipalityCode "MUNICIPALITY_CODE"
        "自治体コードとして読めません。6桁のコードにしてください。"
        "this is not a municipality code; write its six digits";
    MunicipalityCodeLostZero "MUNICIPALITY_CODE_LOST_ZERO"
        "自治体コードの先頭の0が失われています。表計算ソフトで保存したファイルは、他の番号も壊れている可能性があります。"
        "the municipality code lost its leading zero; if a spreadsheet saved the file, other numbers may be damaged too";
    ResidentNumberRounded "RESIDENT_NUMBER_ROUNDED"
        "宛名番号が表計算ソフトで丸められています（指数表示）。元のシステムから出力し直してください。"
        "a spreadsheet rounded this number; export the file again from its own system";
    ResidentNumberTwice "RESIDENT_NUMBER_TWICE"
        "同じ宛名番号の行が二つ以上あります。どれも取り込んでいません。正しい1行だけにしてください。"
        "this number stands on more than one row, and none was taken over; keep the right one";
    CouponLength "COUPON_LENGTH"
        "券番号が10桁ではありません。先頭の0が失われていないか確かめてください。"
        "a coupon number has ten digits; look for lost leading zeros";
    CouponNotDigits "COUPON_NOT_DIGITS"
        "券番号に数字以外の文字があります。10桁の数字にしてください。"
        "a coupon number is ten digits and nothing else";
    CouponShared "COUPON_SHARED"
        "同じ券番号の人が二人以上います。どちらも取り込んでいません。正しい番号を確かめてください。"
        "more than one resident has this coupon number, and none was taken over; find out whose it is";
    MyNumberLength "MY_NUMBER_LENGTH"
        "個人番号が12桁ではありません。先頭の0が失われていないか確かめてください。"
        "a My Number has twelve digits; look for lost leading zeros";
    MyNumberNotDigits "MY_NUMBER_NOT_DIGITS"
        "個人番号に数字以外の文字があります。12桁の数字にしてください。"
        "a My Number is twelve digits and nothing else";
    MyNumberRounded "MY_NUMBER_ROUNDED"
        "個人番号が表計算ソフトで丸められています（指数表示）。元のシステムから出力し直してください。"
        "a spreadsheet rounded this My Number; export the file again from its own system";
    MyNumberCheckDigit "MY_NUMBER_CHECK_DIGIT"
        "個人番号の検査用数字が合いません。番号を確かめてください。"
        "the check digit of the My Number is wrong; look the number up";
    MyNumberShared "MY_NUMBER_SHARED"
        "同じ個人番号の人が二人以上います。どちらも取り込んでいません。正しい番号を確かめてください。"
        "more than one resident has this My Number, and none was taken over; find out whose it is";
    DateUnreadable "DATE_UNREADABLE"
        "日付として読めません。YYYYMMDD、または令和3年4月1日のように書いてください。"
        "this is in no known form of date; write YYYYMMDD";
    DateImpossible "DATE_IMPOSSIBLE"
        "暦にない日付です。日付を確かめてください。"
        "the calendar has no such day; look the date up";
    DateOutsideEra "DATE_OUTSIDE_ERA"
        "元号の期間にない日付です。元号と年を確かめてください。"
        "the era does not have this day; check era and year";
    DateInFuture "DATE_IN_FUTURE"
        "未来の日付です。日付を確かめてください。"
        "this day is still to come; look the date up";
    BirthTooEarly "BIRTH_BEFORE_1880"
        "1880年より前の生年月日です。日付を確かめてください。"
        "a birth date before 1880 is not taken; look the date up";
    SexUnknown "SEX_UNKNOWN"
        "性別の値が0、1、2、9のどれでもありません。直してください。"
        "sex is 0, 1, 2 or 9";
    MovementUnknown "MOVEMENT_UNKNOWN"
        "異動区分の値が1、2、空のどれでもありません。直してください。"
        "the kind of movement is 1, 2 or empty";
    ProtectionUnknown "PROTECTION_UNKNOWN"
        "支援措置の値が1、0、空のどれでもありません。直してください。"
        "protection is 1, 0 or empty";
    PersonMissing "PERSON_MISSING"
        "券番号も個別宛名番号もありません。どちらかを入れてください。"
        "there is neither a coupon number nor the municipality's number of the person; fill in one of them";
    DoseNumber "DOSE_NUMBER"
        "接種回の値が1から99の数字ではありません。直してください。"
        "the number of the dose is 1 to 99";
    ProductUnknown "PRODUCT_UNKNOWN"
        "ワクチンメーカーがこの予防接種の一覧にありません。表記を確かめてください。"
        "the vaccine is not one of this programme; look at how it is written";
    LotRounded "LOT_ROUNDED"
        "ロット番号が表計算ソフトで丸められています（指数表示）。元のシステムから出力し直してください。"
        "a spreadsheet rounded this lot number; export the file again from its own system";
    ProgrammeUnknown "PROGRAMME_UNKNOWN"
        "予防接種のコードが登録されていません。コードを確かめてください。"
        "the programme is not known; look its code up";
    DoseTwice "DOSE_TWICE"
        "同じ人の同じ接種回で内容の異なる行があります。どれも取り込んでいません。正しい1行だけにしてください。"
        "rows record the same dose of the same person differently, and none was taken over; keep the right one";
    ReferenceTwice "REFERENCE_TWICE"
        "同じ整理番号の行が二つ以上あります。どれも照会していません。番号を分けてください。"
        "rows share a reference number, and nothing was asked for any of them; give each its own";
    ReferenceRounded "REFERENCE_ROUNDED"
        "整理番号が表計算ソフトで丸められています。元のシステムから出力し直してください。"
        "a spreadsheet rounded this reference number; export the file again from its own system";
    BasisUnknown "BASIS_UNKNOWN"
        "照会根拠のコードが本日有効なものではありません。コードを確かめてください。"
        "the code is not that of a legal basis in force today; look it up";
    BasisNeedsApproval "BASIS_NEEDS_APPROVAL"
        "この照会根拠には別の職員の承認が必要なため、一括照会では使えません。画面から登録し、承認を受けてから照会してください。"
        "this basis needs the approval of a second person and cannot be asked on by file; record it by itself and have it approved";
    ConsentTooOld "CONSENT_TOO_OLD"
        "同意日が古すぎます。改めて同意を得てください。"
        "the consent was given too long ago; ask for it again";
    FormNumber "FORM_NUMBER"
        "同意書番号は英数字と . _ - / のみ、40文字以内で入れてください。氏名や個人番号を入れないでください。"
        "the number of the form is at most 40 letters, digits, dots, underscores, hyphens and slashes; put nothing in it that tells of a person";
    ScanHash "SCAN_HASH"
        "同意書ハッシュ値が64桁の16進数（SHA-256）ではありません。直してください。"
        "the hash of the form is a SHA-256 of 64 hexadecimal digits";
    PurposeUnknown "PURPOSE_UNKNOWN"
        "この照会根拠で使える照会目的ではありません。コードを確かめてください。"
        "this is not a purpose that the basis serves; look its code up";
    FormUsed "FORM_USED"
        "この同意書番号は別の照会で使われています。番号を確かめるか、改めて同意を得てください。"
        "a form with this number was used for another inquiry; check the number, or ask for consent again";
    BasisEnded "BASIS_ENDED"
        "照会の途中で照会根拠が取り消されたか、期限が切れました。改めて同意を得てから照会してください。"
        "the basis was withdrawn or expired before the answer was there; ask for consent again";
    BudgetSpent "BUDGET_SPENT"
        "本日の照会件数の上限に達したため照会していません。明日以降にこの行を送り直してください。"
        "no more inquiries could be made today; drop this row again tomorrow";
    HolderCannotAnswer "HOLDER_CANNOT_ANSWER"
        "照会先の記録に不具合があり、回答を得られませんでした。運用者に連絡し、直った後に、有効期間内にこの行を送り直してください。同意書はそのまま使えます。"
        "a municipality that holds records of this person could not answer; tell the operator, and drop this row again while the basis holds: it is still good";
    TooManyInquiries "TOO_MANY_INQUIRIES"
        "一つのファイルで照会できる件数を超えています。ファイルを分けてください。"
        "the file has more rows than can be asked for at once; divide it";
}}

impl ProblemCode {
    /// Who can put it right.
    #[must_use]
    pub const fn who(self) -> Actor {
        match self {
            Self::UnknownTenant | Self::HolderCannotAnswer => Actor::Operator,
            _ => Actor::Municipality,
        }
    }
}

codes! {
/// What was accepted, but is worth a look.
NoticeCode {
    FiveDigitCode "FIVE_DIGIT_MUNICIPALITY_CODE"
        "自治体コードが5桁です。検査数字を補って受け付けました。"
        "the municipality code had five digits; its check digit was added";
    FullWidthFolded "FULL_WIDTH_FOLDED"
        "番号や区分の全角文字を半角として受け付けました。"
        "full-width characters in a number or code were taken as their usual forms";
    PrivateCharacter "PRIVATE_CHARACTER"
        "外字があります。バイト列のまま保管します。画面では表示できないことがあります。"
        "there are characters of the users' own; they are kept byte for byte, but may not show on a screen";
    ReplacedCharacter "REPLACED_CHARACTER"
        "変換できなかった文字の印（U+FFFD）があります。元の文字を確かめてください。"
        "some program put U+FFFD for a character that it did not know; look up the original";
    HiddenInText "HIDDEN_CHARACTER_IN_TEXT"
        "氏名等に見えない文字があります。そのまま受け付けました。"
        "there are invisible characters in a text; they were taken as they are";
    ColumnAbsent "COLUMN_ABSENT"
        "任意の列がありません。空として受け付けましたが、住民のファイルの券番号、個人番号、支援措置は、登録済みの方の値をそのまま残しています。"
        "an optional column is absent; its fields count as empty, but for coupon, My Number and protection in a file of residents: what is known of a resident stays";
    RemovalOfUnknown "REMOVAL_OF_UNKNOWN"
        "台帳にない人の削除の行です。何も変わりません。"
        "a row removes somebody who is not in the register; nothing changes";
    ProtectionLifted "PROTECTION_LIFTED"
        "支援措置のある方を「なし」とする行です。支援措置が解除されます。誤りがないか確かめてください。"
        "a row says that a protected resident is not; the address protection is lifted; make sure that it is meant";
}}
