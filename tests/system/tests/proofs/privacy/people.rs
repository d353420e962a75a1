//! People who are not to be mistaken for anybody, or for anything.

use system::file::Row;

/// A planted person.
pub(crate) struct Person {
    pub(crate) number: &'static str,
    pub(crate) coupon: &'static str,
    pub(crate) my_number: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kana: &'static str,
    /// Year, month, day, and the Japanese era with its year.
    pub(crate) born: (u16, u8, u8, char, u8),
}

macro_rules! person {
    ($number:literal, $coupon:literal, $mine:literal, $name:literal, $kana:literal, $born:expr) => {
        Person {
            number: $number,
            coupon: $coupon,
            my_number: $mine,
            name: $name,
            kana: $kana,
            born: $born,
        }
    };
}

/// Their My Numbers are valid; their birth dates are before everybody else's.
pub(crate) const PEOPLE: [Person; 6] = [
    person!(
        "QX-8842-17-KA",
        "7391846205",
        "739184620516",
        "鯰江　犀之介",
        "ナマズエ　サイノスケ",
        (1919, 10, 23, '大', 8)
    ),
    person!(
        "QX-8842-29-KI",
        "8264917350",
        "826491735029",
        "鵺野　朧月夜",
        "ヌエノ　オボロヅキヨ",
        (1921, 11, 27, '大', 10)
    ),
    person!(
        "QX-8842-31-KU",
        "9157302846",
        "915730284630",
        "ZYXWVUT　QPONMLK",
        "ジクスブト　クポンムルク",
        (1917, 12, 29, '大', 6)
    ),
    person!(
        "QX-8842-43-KE",
        "6482093175",
        "648209317540",
        "麒麟坂　獏太郎",
        "キリンザカ　バクタロウ",
        (1923, 10, 21, '大', 12)
    ),
    person!(
        "QX-8842-57-KO",
        "5379180264",
        "537918026456",
        "鰐淵　鸚鵡",
        "ワニブチ　オウム",
        (1918, 11, 19, '大', 7)
    ),
    person!(
        "QX-8842-69-SA",
        "4698235071",
        "469823507168",
        "狢塚　蛟",
        "ムジナヅカ　ミズチ",
        (1922, 12, 17, '大', 11)
    ),
];

impl Person {
    /// All ways in which a file may write the birth date.
    pub(crate) fn birth_dates(&self) -> [String; 5] {
        let (year, month, day, _, era_year) = self.born;
        [
            format!("{year}{month:02}{day:02}"),
            format!("{year}-{month:02}-{day:02}"),
            format!("{year}/{month}/{day}"),
            format!("T{era_year}.{month}.{day}"),
            format!("大正{era_year}年{month}月{day}日"),
        ]
    }

    /// A sound row, the birth date written in one of the ways.
    pub(crate) fn row(&self, code: &str, date: usize) -> Row {
        Row::of(0)
            .with("自治体コード", code)
            .with("個別宛名番号", self.number)
            .with("券番号", self.coupon)
            .with("個人番号", self.my_number)
            .with("氏名", self.name)
            .with("氏名カナ", self.kana)
            .with("生年月日", &self.birth_dates()[date])
    }
}
