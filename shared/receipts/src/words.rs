use domain::{FileKind, UploadState};

use crate::Words;

fn words(ja: impl Into<String>, en: impl Into<String>) -> Words {
    Words {
        ja: ja.into(),
        en: en.into(),
    }
}

pub(crate) fn state(kind: FileKind, state: UploadState) -> Words {
    match (kind, state) {
        (FileKind::Doses, UploadState::Refused) => words(
            "ファイル全体を受け付けませんでした。接種記録は変わっていません",
            "the whole file was refused; the records are as they were",
        ),
        (FileKind::Doses, UploadState::Loading) => {
            words("接種記録に取り込んでいます", "its doses are being recorded")
        }
        (FileKind::Doses, UploadState::InForce) => {
            words("接種記録に取り込みました", "its doses are loaded")
        }
        (FileKind::Inquiries, UploadState::Refused) => words(
            "ファイル全体を受け付けませんでした。どの行も照会していません",
            "the whole file was refused; nothing was asked",
        ),
        (FileKind::Inquiries, UploadState::Loading) => {
            words("照会しています", "its inquiries are being made")
        }
        (FileKind::Inquiries, UploadState::InForce) => words(
            "照会が終わりました。結果のファイルをご覧ください",
            "every row was asked or refused; see the file of answers",
        ),
        (_, state) => any(state),
    }
}

fn any(state: UploadState) -> Words {
    match state {
        UploadState::Checking => words("行を確認しています", "the rows are being checked"),
        UploadState::Refused => words(
            "ファイル全体を受け付けませんでした。台帳は変わっていません",
            "the whole file was refused; the register is as it was",
        ),
        UploadState::Held => words(
            "取り込む前の確認を待っています",
            "waits for confirmation before it is loaded",
        ),
        UploadState::Waiting => words(
            "受け付けました。前のファイルの取り込みが終わるのを待っています",
            "accepted; waits for the file before it",
        ),
        UploadState::Loading => words("取り込んでいます", "is being loaded"),
        UploadState::InForce => words("台帳に反映しました", "is in force"),
        UploadState::NoChange => words(
            "現在の台帳と同じ内容のため、取り込みは不要でした",
            "equals the register in force; there was nothing to load",
        ),
        UploadState::Discarded => words(
            "確認の結果、取り込みを取りやめました",
            "was discarded instead of being confirmed",
        ),
    }
}

/// How many people, of how many.
#[derive(Clone, Copy)]
pub(crate) struct Part(pub(crate) u64, pub(crate) u64);

/// What has to be confirmed, and what to do; beside the protections, how many others lifted before.
pub(crate) fn held(removals: Option<Part>, protections: Option<(Part, u64)>) -> Words {
    let (mut ja, mut en) = (Vec::new(), Vec::new());
    if let Some(Part(removals, register)) = removals {
        ja.push(format!(
            "このファイルは、登録されている{register}人のうち{removals}人を削除します。"
        ));
        en.push(format!(
            "this file removes {removals} of the {register} residents in the register"
        ));
    }
    let mut again = ("", "");
    if let Some((Part(lifted, protected), before)) = protections {
        ja.push(format!(
            "このファイルで支援措置がなくなる方がいます：支援措置の解除 {lifted}人（現在の対象者 {protected}人）。"
        ));
        en.push(format!(
            "this file lifts the address protection of {lifted} of the {protected} residents who have it"
        ));
        if before > 0 {
            ja.push(format!(
                "確認のないまま、前のファイルですでに{before}人を解除しているため、合わせて数えています。\
                 列「支援措置」が空のまま抽出されていないか、確かめてください。"
            ));
            en.push(format!(
                "files before it lifted that of {before} without confirmation, which count with them; see whether they \
                 were extracted with an empty column 支援措置"
            ));
        }
        again = (
            "取りやめたときは、列「支援措置」に値のあるファイルか、\
             この列のないファイル（支援措置は今のままです）を置いてください。",
            "; after that drop a file whose column 支援措置 is filled, or one without the column, \
             which leaves protection as it is",
        );
    }
    let choose = "正しければ「取り込む」、誤りであれば「取りやめる」を選んでください。";
    let confirm = "; confirm it if that is right, discard it if not";
    words(
        ja.concat() + choose + again.0,
        en.join("; ") + confirm + again.1,
    )
}

/// What a code means; an unknown one, from a newer version, stands for itself.
pub(crate) fn reason(code: &str) -> Words {
    match layouts::describe(code) {
        Some((ja, en)) => words(ja, en),
        None => words(code, code),
    }
}
