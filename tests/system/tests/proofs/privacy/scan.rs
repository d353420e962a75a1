//! Every form in which something of a person could leak, and the search for it.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding as Base, HEXLOWER, HEXUPPER};
use memchr::memmem::Finder;
use system::file::Encoding;

use super::{people::Person, places::Place};

/// Something of a person, in one form.
#[derive(Debug, Clone)]
pub(crate) struct Needle {
    pub(crate) whose: &'static str,
    pub(crate) what: &'static str,
    pub(crate) form: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Shorter ones would be found by accident.
const SHORTEST: usize = 6;

/// All that these people are called and numbered, in all forms.
pub(crate) fn needles(people: &'static [Person]) -> Vec<Needle> {
    let mut needles = Vec::new();
    for person in people {
        for (what, text) in said(person) {
            let mut known = BTreeSet::new();
            for (form, bytes) in forms(&text) {
                if bytes.len() >= SHORTEST && known.insert(bytes.clone()) {
                    let whose = person.number;
                    needles.push(Needle {
                        whose,
                        what,
                        form,
                        bytes,
                    });
                }
            }
        }
    }
    needles
}

fn said(person: &Person) -> Vec<(&'static str, String)> {
    let mut said = vec![
        ("number", person.number.to_owned()),
        ("coupon", person.coupon.to_owned()),
        ("my number", person.my_number.to_owned()),
        ("name", person.name.to_owned()),
        ("kana", person.kana.to_owned()),
        ("name", person.name.replace('　', "")),
        ("kana", person.kana.replace('　', "")),
    ];
    // As names are folded for a search, and the parts by themselves.
    said.extend(
        person
            .name
            .split('　')
            .map(|part| ("name", part.to_owned())),
    );
    said.extend(
        person
            .kana
            .split('　')
            .map(|part| ("kana", part.to_owned())),
    );
    said.extend(person.birth_dates().map(|date| ("birth date", date)));
    said
}

fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = Vec::new();
    for (names, bytes) in [
        (
            ["utf-8", "utf-8 in base64", "utf-8 in hex", "utf-8 hashed"],
            Encoding::Utf8.encode(text),
        ),
        (
            ["cp932", "cp932 in base64", "cp932 in hex", "cp932 hashed"],
            Encoding::Cp932.encode(text),
        ),
        (
            [
                "utf-16",
                "utf-16 in base64",
                "utf-16 in hex",
                "utf-16 hashed",
            ],
            Encoding::Utf16Be.encode(text),
        ),
        (
            [
                "utf-16 le",
                "utf-16 le in base64",
                "utf-16 le in hex",
                "utf-16 le hashed",
            ],
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
    ] {
        let [plain, base64, hex, hashed] = names;
        forms.extend(base64s(&bytes).into_iter().map(|it| (base64, it)));
        forms.push((hex, HEXLOWER.encode(&bytes).into_bytes()));
        forms.push((hex, HEXUPPER.encode(&bytes).into_bytes()));
        // A hash without a key is as good as the number itself: all can be tried.
        for algorithm in [&SHA256, &SHA1_FOR_LEGACY_USE_ONLY] {
            let whole = digest(algorithm, &bytes);
            let short = whole.as_ref()[..16].to_vec();
            forms.push((hashed, HEXLOWER.encode(&short).into_bytes()));
            forms.extend([BASE64_NOPAD, BASE64URL_NOPAD].map(|base| {
                // The last character may hold bits of what follows.
                (hashed, base.encode(&short).into_bytes()[..21].to_vec())
            }));
            forms.push((hashed, short));
        }
        forms.push((plain, bytes));
    }
    let percent = HEXUPPER.encode(text.as_bytes()).into_bytes();
    let percent = percent.chunks(2).flat_map(|pair| [b"%", pair].concat());
    let escaped = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    forms.push(("percent", percent.collect()));
    forms.push(("escaped", escaped.collect::<String>().into_bytes()));
    forms
}

/// How the bytes look inside a longer text in base64, wherever they begin.
fn base64s(bytes: &[u8]) -> Vec<Vec<u8>> {
    let at = |base: &Base, before: usize| {
        let text = base.encode(&[&vec![0; before][..], bytes].concat());
        // Characters that hold bits of nothing else.
        let from = (before * 8).div_ceil(6);
        let to = (before + bytes.len()) * 8 / 6;
        text.as_bytes()[from..to].to_vec()
    };
    let starts =
        (0..3).flat_map(|before| [at(&BASE64_NOPAD, before), at(&BASE64URL_NOPAD, before)]);
    starts.collect()
}

/// Where which needle is found, one line each: what, whose, in which form, in which place.
pub(crate) fn found(needles: &[Needle], places: &[Place]) -> Vec<String> {
    let mut found = Vec::new();
    for needle in needles {
        let finder = Finder::new(&needle.bytes);
        let hits = places
            .iter()
            .filter(|place| finder.find(&place.bytes).is_some());
        let Needle {
            whose, what, form, ..
        } = needle;
        found.extend(hits.map(|place| format!("{what} of {whose} as {form} in {}", place.name)));
    }
    found
}
