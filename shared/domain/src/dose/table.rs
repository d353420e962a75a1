//! The tables of programmes, embedded. They are data: a new programme, vaccine, date or interval is a line in
//! `data/`, with the version of all five files counted up.

use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::Date;

use super::programme::Interval;
use super::{AgeLimit, DoseNumber, Product, ProductCode, Programme, ProgrammeCode};

/// programme,name,first day,last day,most doses.
const PROGRAMMES: &str = include_str!("../../data/programmes.csv");
/// programme,number,first day of that number.
const DOSE_NUMBERS: &str = include_str!("../../data/dose_numbers.csv");
/// programme,product,maker,name,other ways to write it,CVX,`day:CVX` for each day from which it is another one
/// (empty: none is certain),first and last day of use.
const PRODUCTS: &str = include_str!("../../data/products.csv");
/// programme,product,from,youngest,oldest age,last dose of the first series (empty: each dose goes by its own day).
const AGES: &str = include_str!("../../data/ages.csv");
/// programme,number,product (empty: all that are not named),from,shortest.
const INTERVALS: &str = include_str!("../../data/intervals.csv");

/// A line that cannot be read is left out; a test reads every line.
pub(super) static TABLE: LazyLock<Vec<Programme>> =
    LazyLock::new(|| rows(PROGRAMMES).filter_map(read_programme).collect());

/// The cells of each row; the first two lines are the version and the header.
fn rows<const N: usize>(file: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    file.lines().skip(2).filter_map(|line| {
        let mut cells = line.split(',');
        let mut row = [""; N];
        for cell in &mut row {
            *cell = cells.next()?;
        }
        cells.next().is_none().then_some(row)
    })
}

/// Those of one programme, which every file names first.
fn rows_of<const N: usize>(
    programme: ProgrammeCode,
    file: &'static str,
) -> impl Iterator<Item = [&'static str; N]> {
    rows(file).filter(move |row: &[&str; N]| row.first() == Some(&programme.as_str()))
}

fn read_programme([code, name, first_day, last_day, most]: [&'static str; 5]) -> Option<Programme> {
    let code: ProgrammeCode = code.parse().ok()?;
    Some(Programme {
        code,
        name,
        first_day: first_day.parse().ok()?,
        last_day: optional(last_day).ok()?,
        most: most.parse().ok()?,
        first_days: first_days(code),
        products: products(code),
        intervals: intervals(code),
    })
}

fn first_days(of: ProgrammeCode) -> Vec<Date> {
    let mut days: Vec<(DoseNumber, Date)> = rows_of(of, DOSE_NUMBERS)
        .filter_map(|[_, number, day]| Some((number.parse().ok()?, day.parse().ok()?)))
        .collect();
    days.sort_unstable();
    days.into_iter().map(|(_, day)| day).collect()
}

fn products(of: ProgrammeCode) -> Vec<Product> {
    rows_of(of, PRODUCTS)
        .filter_map(|row| read_product(of, row))
        .collect()
}

fn read_product(
    of: ProgrammeCode,
    [
        _,
        code,
        maker,
        name,
        as_written,
        cvx,
        cvx_later,
        first_day,
        last_day,
    ]: [&'static str; 9],
) -> Option<Product> {
    let code: ProductCode = code.parse().ok()?;
    let ages = rows_of(of, AGES)
        .filter(|row: &[&str; 6]| row.get(1) == Some(&code.as_str()))
        .filter_map(read_age)
        .collect();
    Some(Product {
        code,
        maker,
        name,
        as_written: as_written.split('|').filter(|it| !it.is_empty()).collect(),
        cvx: read_cvx(cvx, cvx_later)?,
        first_day: first_day.parse().ok()?,
        last_day: optional(last_day).ok()?,
        ages,
    })
}

/// Codes by the day from which each is certain, from the earliest.
fn read_cvx(first: &'static str, later: &'static str) -> Option<Vec<(Date, Option<&'static str>)>> {
    let certain = |code: &'static str| (!code.is_empty()).then_some(code);
    let mut codes = vec![(Date::MIN, certain(first))];
    for cell in later.split('|').filter(|it| !it.is_empty()) {
        let (day, code) = cell.split_once(':')?;
        codes.push((day.parse().ok()?, certain(code)));
    }
    codes.is_sorted_by_key(|(day, _)| *day).then_some(codes)
}

fn read_age([_, _, from, youngest, oldest, series]: [&'static str; 6]) -> Option<AgeLimit> {
    Some(AgeLimit {
        from: from.parse().ok()?,
        youngest: optional(youngest).ok()?,
        oldest: optional(oldest).ok()?,
        series: optional(series).ok()?,
    })
}

fn intervals(of: ProgrammeCode) -> Vec<Interval> {
    rows_of(of, INTERVALS).filter_map(read_interval).collect()
}

fn read_interval([_, number, product, from, shortest]: [&'static str; 5]) -> Option<Interval> {
    Some(Interval {
        number: number.parse().ok()?,
        product: optional(product).ok()?,
        from: from.parse().ok()?,
        shortest: shortest.parse().ok()?,
    })
}

/// `None` for an empty cell.
fn optional<T: FromStr>(cell: &str) -> Result<Option<T>, T::Err> {
    (!cell.is_empty()).then(|| cell.parse()).transpose()
}
