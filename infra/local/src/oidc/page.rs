//! The page on which somebody says who they are. On AWS the municipalities' own provider has one.

use std::fmt::Write as _;

use domain::municipalities;

use super::sign_in::{AUTHORIZE, Asked, ROLES};

/// The form, with what the client asked for as hidden fields; `said` is what is wrong with the last try.
pub(super) fn form(asked: &Asked, said: Option<(&str, &str)>) -> String {
    let mut page = String::from(OPENING);
    if let Some((ja, en)) = said {
        let _ = write!(
            page,
            r#"<p class="notice notice-error" role="alert"><span>{ja}<br><small lang="en">{en}</small></span></p>"#
        );
    }
    let _ = write!(page, r#"<form method="post" action="{AUTHORIZE}">"#);
    for (name, value) in asked.fields() {
        let value = escaped(value);
        let _ = write!(
            page,
            r#"<input type="hidden" name="{name}" value="{value}">"#
        );
    }
    page.push_str(
        r#"<div class="field"><label for="tenant">自治体コード <small lang="en">municipality code</small></label>
<p class="help" id="tenant-help">6桁。名前の一部を入力しても選べます。</p>
<input class="input" id="tenant" name="tenant" list="municipalities" required maxlength="6" pattern="[0-9]{6}" autocomplete="organization" aria-describedby="tenant-help" autofocus></div>
<div class="field"><label for="person">職員 <small lang="en">person</small></label>
<input class="input" id="person" name="person" value="staff-01" required maxlength="64" autocomplete="username"></div>
<fieldset class="field"><legend>役割 <small lang="en">roles</small></legend>"#,
    );
    for (role, ja, en) in ROLES {
        let checked = if role == "approve" { "" } else { " checked" };
        let _ = write!(
            page,
            r#"<label class="check"><input type="checkbox" name="role" value="{role}"{checked}><span>{ja} <small lang="en">{en}</small></span></label>"#
        );
    }
    page.push_str(r#"</fieldset><button class="button button-primary button-wide" type="submit">ログイン <small lang="en">sign in</small></button></form><datalist id="municipalities">"#);
    for it in municipalities() {
        let (code, prefecture, name) = (it.code(), it.prefecture(), it.name());
        let _ = write!(
            page,
            r#"<option value="{code}">{prefecture}{name}</option>"#
        );
    }
    page.push_str("</datalist></main></body></html>");
    page
}

const OPENING: &str = r#"<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ログイン - Open VRS</title><link rel="stylesheet" href="/vendor/tokens.css"><link rel="stylesheet" href="/style.css"></head>
<body class="sign-in"><main class="card sign-in-card"><h1>Open VRS <small>試用環境のログイン</small></h1>
<p>この画面は手元の試用環境だけのものです。本番では、自治体が使っている認証基盤の画面になります。
<br><small lang="en">Only on this machine. In production this is your own identity provider.</small></p>"#;

/// As text between tags or quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_stays_text() {
        assert_eq!(escaped(r#"<b>"&'"#), "&lt;b&gt;&quot;&amp;&#39;");
    }
}
