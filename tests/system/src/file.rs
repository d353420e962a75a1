//! Residents files of made-up people, cell by cell, in any encoding.

use encoding_rs::{EUC_JP, ISO_2022_JP, SHIFT_JIS};

/// The columns of the layout, in its order.
pub const COLUMNS: [&str; 12] = [
    "自治体コード",
    "個別宛名番号",
    "券番号",
    "個人番号",
    "氏名",
    "氏名カナ",
    "生年月日",
    "性別",
    "異動区分",
    "異動日",
    "異動事由",
    "支援措置",
];

/// How a file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
    /// Windows-31J.
    Cp932,
    /// EUC-JP, which is refused.
    EucJp,
    /// ISO-2022-JP, which is refused.
    Iso2022Jp,
    /// UTF-16 with a byte order mark, which is refused.
    Utf16Le,
    /// UTF-16 without a byte order mark, which is refused.
    Utf16Be,
}

impl Encoding {
    /// The text in this encoding.
    ///
    /// # Panics
    /// When the encoding lacks a character.
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u8> {
        let by = |encoding: &'static encoding_rs::Encoding| {
            let (bytes, _, lossy) = encoding.encode(text);
            assert!(!lossy, "{text} cannot be written so");
            bytes.into_owned()
        };
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf8Bom => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            Self::Cp932 => by(SHIFT_JIS),
            Self::EucJp => by(EUC_JP),
            Self::Iso2022Jp => by(ISO_2022_JP),
            Self::Utf16Le => ("\u{FEFF}".to_owned() + text)
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }
}

/// One row: a cell for each column of [`COLUMNS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    cells: Vec<String>,
    /// Cells behind the last column, or fewer cells than columns.
    width: usize,
}

impl Row {
    /// A sound row of the person with this number, of the municipality 131016. No two numbers below
    /// a million share anything that must not be shared.
    #[must_use]
    pub fn of(number: u32) -> Self {
        let cells = [
            "131016".to_owned(),
            format!("A-{number:06}"),
            format!("{:010}", 1_000_000_000 + u64::from(number)),
            my_number(90_000_000_000 + u64::from(number) * 7),
            format!("山田　{}", name(number)),
            format!("ヤマダ　{}", kana(number)),
            format!(
                "{:04}{:02}{:02}",
                1930 + number % 80,
                1 + number % 12,
                1 + number % 28
            ),
            (1 + number % 2).to_string(),
        ];
        let mut cells = cells.to_vec();
        cells.resize(COLUMNS.len(), String::new());
        Self {
            width: cells.len(),
            cells,
        }
    }

    /// The same with another cell.
    #[must_use]
    pub fn with(mut self, column: &str, cell: &str) -> Self {
        let place = COLUMNS
            .iter()
            .position(|it| *it == column)
            .expect("a column of the layout");
        cell.clone_into(&mut self.cells[place]);
        self
    }

    /// The same with so many cells: the last ones missing, or empty ones behind the last.
    #[must_use]
    pub fn cut_to(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// What stands in a column.
    #[must_use]
    pub fn cell(&self, column: &str) -> &str {
        let place = COLUMNS.iter().position(|it| *it == column);
        &self.cells[place.expect("a column of the layout")]
    }
}

/// A residents file.
#[derive(Debug, Clone)]
pub struct File {
    /// Columns in the order in which they stand.
    pub columns: Vec<&'static str>,
    /// Rows.
    pub rows: Vec<Row>,
    /// What ends a line.
    pub line_end: &'static str,
}

impl File {
    /// All columns in the order of the layout, CRLF.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = Row>) -> Self {
        Self {
            columns: COLUMNS.to_vec(),
            rows: rows.into_iter().collect(),
            line_end: "\r\n",
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.columns.join(",") + self.line_end;
        for row in &self.rows {
            let mut cells: Vec<String> = self
                .columns
                .iter()
                .map(|column| quoted(row.cell(column)))
                .collect();
            if row.width != COLUMNS.len() {
                cells.resize(row.width, String::new());
            }
            text += &cells.join(",");
            text += self.line_end;
        }
        text
    }

    /// The bytes of the file.
    #[must_use]
    pub fn bytes(&self, encoding: Encoding) -> Vec<u8> {
        encoding.encode(&self.text())
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// The My Number with these first eleven digits.
#[must_use]
pub fn my_number(first_eleven: u64) -> String {
    let digits = format!("{first_eleven:011}");
    let weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let sum: u32 = digits
        .chars()
        .zip(weights)
        .map(|(digit, weight)| digit.to_digit(10).unwrap_or(0) * weight)
        .sum();
    let check = if sum % 11 <= 1 { 0 } else { 11 - sum % 11 };
    format!("{digits}{check}")
}

fn name(number: u32) -> String {
    spelled(
        number,
        &["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"],
    )
}

fn kana(number: u32) -> String {
    spelled(
        number,
        &["イ", "ロ", "ハ", "ニ", "ホ", "ヘ", "ト", "チ", "リ", "ヌ"],
    )
}

fn spelled(number: u32, digits: &[&str; 10]) -> String {
    let of = |digit: char| digits[digit.to_digit(10).unwrap_or(0) as usize];
    number.to_string().chars().map(of).collect()
}
