//! Files of residents who do not exist: always the same for the same size, so that figures compare.
//!
//! `vrs generate` writes such files with more variety. These are plainer for a reason: no row is refused, so
//! that rates are about rows that do work, and the same register can be written in another order.
//!
//! Resident `i` is the same in every file; a larger register begins with the smaller one. Coupon numbers
//! and My Numbers come from `i` by a multiplication that no two residents share.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;

/// Shinjuku. Any municipality would do.
pub const TENANT: &str = "131041";

const HEADER: &str = "自治体コード,個別宛名番号,券番号,個人番号,氏名,氏名カナ,生年月日,性別,異動区分,異動日,異動事由,支援措置";

const FAMILY: [(&str, &str); 12] = [
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("長谷川", "ハセガワ"),
    ("森", "モリ"),
    ("五十嵐", "イガラシ"),
];

const GIVEN: [(&str, &str); 12] = [
    ("蓮", "レン"),
    ("陽葵", "ヒマリ"),
    ("太郎", "タロウ"),
    ("花子", "ハナコ"),
    ("健一", "ケンイチ"),
    ("美咲", "ミサキ"),
    ("誠", "マコト"),
    ("由美子", "ユミコ"),
    ("大輔", "ダイスケ"),
    ("さくら", "サクラ"),
    ("翔太", "ショウタ"),
    ("恵", "メグミ"),
];

/// In which encoding a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte order mark.
    Utf8,
    /// Windows-31J.
    Cp932,
}

/// Which residents a file holds, and how.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    /// Whose.
    pub tenant: &'static str,
    /// How many.
    pub residents: u64,
    /// How it is written.
    pub encoding: Encoding,
    /// With which resident it begins; the others follow in a circle. A register in another order says
    /// the same but is another file.
    pub first: u64,
    /// One resident in how many has a new name since the register was first written (0: nobody).
    pub one_changed_in: u64,
}

impl Register {
    /// A register in UTF-8, in order, nobody changed.
    #[must_use]
    pub fn of(residents: u64) -> Self {
        Self {
            tenant: TENANT,
            residents,
            encoding: Encoding::Utf8,
            first: 0,
            one_changed_in: 0,
        }
    }

    /// How many residents have changed.
    #[must_use]
    pub fn changed(&self) -> u64 {
        if self.one_changed_in == 0 {
            0
        } else {
            self.residents.div_ceil(self.one_changed_in)
        }
    }

    /// How many residents are under protection (支援措置).
    #[must_use]
    pub fn protected(&self) -> u64 {
        protected_among(0..self.residents)
    }

    /// How many of those who have changed are.
    #[must_use]
    pub fn changed_protected(&self) -> u64 {
        let nth = |nth: u64| nth * self.one_changed_in;
        protected_among((0..self.changed()).map(nth))
    }

    /// Writes the file.
    pub fn write_to(&self, path: &Path) -> Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        self.line(&mut out, HEADER)?;
        for at in 0..self.residents {
            let resident = (at + self.first) % self.residents;
            self.line(&mut out, &self.resident(resident))?;
        }
        Ok(out.flush()?)
    }

    fn line(&self, out: &mut impl Write, line: &str) -> Result<()> {
        match self.encoding {
            Encoding::Utf8 => out.write_all(line.as_bytes())?,
            Encoding::Cp932 => out.write_all(&encoding_rs::SHIFT_JIS.encode(line).0)?,
        }
        Ok(out.write_all(b"\r\n")?)
    }

    /// The coupon number of resident `i`, 10 digits.
    #[must_use]
    pub fn coupon(i: u64) -> u64 {
        (i * 7_368_787 + 1_234_567_891) % 10_000_000_000
    }

    /// The 個別宛名番号 of resident `i`.
    #[must_use]
    pub fn number(i: u64) -> String {
        format!("{:010}", 1_000_000 + i)
    }

    /// The My Number of resident `i`, of all municipalities that have them.
    #[must_use]
    pub fn my_number(i: u64) -> String {
        my_number((i * 48_611_861 + 98_320_567_321) % 100_000_000_000)
    }

    /// Whether resident `i` is under protection (支援措置).
    #[must_use]
    pub fn is_protected(i: u64) -> bool {
        (scatter(i) >> 48).is_multiple_of(500)
    }

    /// The birth date of resident `i`: year, month, day.
    #[must_use]
    pub fn born(i: u64) -> (u64, u64, u64) {
        let dice = scatter(i);
        (
            1930 + (dice >> 16) % 90,
            1 + (dice >> 24) % 12,
            1 + (dice >> 32) % 28,
        )
    }

    fn resident(&self, i: u64) -> String {
        let dice = scatter(i);
        let changed = self.one_changed_in != 0 && i.is_multiple_of(self.one_changed_in);
        let (family, family_kana) =
            pick(&FAMILY, if changed { dice.wrapping_add(1) } else { dice });
        let (given, given_kana) = pick(&GIVEN, dice >> 8);
        let (year, month, day) = Self::born(i);
        let sex = 1 + (dice >> 40) % 2;
        let protected = u64::from(Self::is_protected(i));
        let (movement, moved) = if changed { ("1", "20210401") } else { ("", "") };
        format!(
            "{},{},{:010},{},{family}　{given},{family_kana}　{given_kana},\
             {year}{month:02}{day:02},{sex},{movement},{moved},{},{protected}",
            self.tenant,
            Self::number(i),
            Self::coupon(i),
            Self::my_number(i),
            if changed { "婚姻" } else { "" },
        )
    }
}

fn protected_among(residents: impl Iterator<Item = u64>) -> u64 {
    residents.filter(|i| Register::is_protected(*i)).count() as u64
}

fn pick(of: &[(&'static str, &'static str); 12], dice: u64) -> (&'static str, &'static str) {
    of.iter()
        .cycle()
        .nth((dice % 12) as usize)
        .copied()
        .unwrap_or_default()
}

/// Twelve digits: these eleven and their check digit.
fn my_number(eleven: u64) -> String {
    let digits = format!("{eleven:011}");
    let weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let sum: u32 = digits
        .bytes()
        .zip(weights)
        .map(|(digit, by)| u32::from(digit - b'0') * by)
        .sum();
    let check = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    format!("{digits}{check}")
}

/// Spreads counted numbers over all 64 bits (the finaliser of `SplitMix64`).
fn scatter(i: u64) -> u64 {
    let mut z = i
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(0x5DEE_CE66);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Register, my_number};

    fn text_of(register: Register) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        register.write_to(file.path()).unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        match register.encoding {
            Encoding::Utf8 => String::from_utf8(bytes).unwrap(),
            Encoding::Cp932 => encoding_rs::SHIFT_JIS.decode(&bytes).0.into_owned(),
        }
    }

    #[test]
    fn check_digits_are_right() {
        assert_eq!(my_number(98_320_567_321), "983205673214");
    }

    #[test]
    fn the_same_residents_come_in_any_encoding_and_order() {
        let plain = text_of(Register::of(50));
        assert_eq!(
            text_of(Register {
                encoding: Encoding::Cp932,
                ..Register::of(50)
            }),
            plain
        );
        let turned = text_of(Register {
            first: 20,
            ..Register::of(50)
        });
        assert_ne!(turned, plain);
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&turned), sorted(&plain));
    }

    #[test]
    fn one_in_a_hundred_changes_and_no_one_else() {
        let register = Register {
            one_changed_in: 100,
            ..Register::of(1000)
        };
        let (before, after) = (text_of(Register::of(1000)), text_of(register));
        let differing = before
            .lines()
            .zip(after.lines())
            .filter(|(a, b)| a != b)
            .count();
        assert_eq!(differing as u64, register.changed());
        assert_eq!(differing, 10);
    }

    #[test]
    fn no_two_residents_share_a_number() {
        let text = text_of(Register::of(2000));
        for column in 1..4 {
            let mut seen = std::collections::HashSet::new();
            assert!(
                text.lines()
                    .all(|line| seen.insert(line.split(',').nth(column).unwrap()))
            );
        }
    }
}
