//! A person as a row of the file.

use domain::{Date, Movement};

use super::person::{Name, Person};

/// The columns in the order of the file.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Tenant,
    Number,
    Coupon,
    MyNumber,
    Name,
    Kana,
    BirthDate,
    Sex,
    Movement,
    MovedOn,
    Reason,
    Protected,
}

const COLUMNS: usize = 12;

/// The header line without its end.
pub(super) const HEADER: &str = "自治体コード,個別宛名番号,券番号,個人番号,氏名,氏名カナ,生年月日,性別,異動区分,異動日,異動事由,支援措置";

/// The fields of one row, used again for the next.
#[derive(Default)]
pub(super) struct Cells {
    cells: [Vec<u8>; COLUMNS],
    /// How many of them, from the left, are written; one more than there are adds an empty one.
    written: usize,
}

impl Cells {
    pub(super) fn get_mut(&mut self, column: Column) -> &mut Vec<u8> {
        &mut self.cells[column as usize]
    }

    pub(super) fn set(&mut self, column: Column, content: &[u8]) {
        let cell = self.get_mut(column);
        cell.clear();
        cell.extend_from_slice(content);
    }

    /// Takes over one field of another row.
    pub(super) fn borrow_from(&mut self, other: &Self, column: Column) {
        self.set(column, &other.cells[column as usize]);
    }

    pub(super) fn cut(&mut self, fields: usize) {
        self.written = COLUMNS - fields;
    }

    pub(super) fn add_one(&mut self) {
        self.written = COLUMNS + 1;
    }

    /// Fills all fields with what the person's row says.
    pub(super) fn fill(&mut self, tenant: &[u8], person: &Person<'_>) {
        self.cells.iter_mut().for_each(Vec::clear);
        self.written = COLUMNS;
        self.set(Column::Tenant, tenant);
        push_ten_digits(self.get_mut(Column::Number), person.number);
        if let Some(coupon) = person.coupon {
            push_ten_digits(self.get_mut(Column::Coupon), coupon);
        }
        if let Some(my_number) = person.my_number {
            self.set(Column::MyNumber, &my_number.expose_digits());
        }
        push_date(self.get_mut(Column::BirthDate), person.birth_date);
        self.get_mut(Column::Sex).push(b'0' + person.sex.code());
        if person.movement == Movement::Remove || !person.movement_left_empty {
            self.get_mut(Column::Movement)
                .push(b'0' + person.movement.code());
        }
        if let Some(moved_on) = person.moved_on {
            push_date(self.get_mut(Column::MovedOn), moved_on);
        }
        if let Some(reason) = person.reason {
            self.set(Column::Reason, &reason.written);
        }
        self.set(
            Column::Protected,
            if person.protected { b"1" } else { b"0" },
        );
    }

    /// Fills name and reading; `wide_space` stands between surname and given name.
    pub(super) fn fill_name(&mut self, person: &Person<'_>, wide_space: &[u8]) {
        match person.name {
            Name::Japanese { family, given } => {
                let name = self.get_mut(Column::Name);
                name.extend_from_slice(&family.written);
                name.extend_from_slice(wide_space);
                name.extend_from_slice(&given.written);
                let kana = self.get_mut(Column::Kana);
                kana.extend_from_slice(&person.reading(family).written);
                kana.extend_from_slice(if person.half_kana { b" " } else { wide_space });
                kana.extend_from_slice(&person.reading(given).written);
            }
            Name::Foreign(full) => {
                self.set(Column::Name, &full.written);
                self.set(Column::Kana, &person.reading(full).written);
            }
        }
    }

    /// Appends the row as CSV.
    pub(super) fn write(&self, out: &mut Vec<u8>, line_end: &[u8]) {
        for (place, cell) in self.cells.iter().take(self.written).enumerate() {
            if place > 0 {
                out.push(b',');
            }
            // Neither byte is a trail byte of CP932, so this finds commas and quotes only.
            if cell.iter().any(|byte| matches!(byte, b',' | b'"')) {
                push_quoted(out, cell);
            } else {
                out.extend_from_slice(cell);
            }
        }
        if self.written > COLUMNS {
            out.push(b',');
        }
        out.extend_from_slice(line_end);
    }
}

fn push_quoted(out: &mut Vec<u8>, cell: &[u8]) {
    out.push(b'"');
    for &byte in cell {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn push_ten_digits(out: &mut Vec<u8>, number: u64) {
    push_digits::<10>(out, number);
}

fn push_date(out: &mut Vec<u8>, date: Date) {
    push_digits::<4>(out, u64::from(date.year().unsigned_abs()));
    push_digits::<2>(out, u64::from(date.month().unsigned_abs()));
    push_digits::<2>(out, u64::from(date.day().unsigned_abs()));
}

fn push_digits<const N: usize>(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    out.extend_from_slice(&digits);
}
