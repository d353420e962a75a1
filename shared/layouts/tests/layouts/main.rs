//! What each kind of good and bad input gets, one table per outcome.
#![cfg(test)]

mod doses;
mod errors_csv;
mod file;
mod file_refused;
mod inquiries;
mod ledger;
mod row_accepted;
mod row_refused;
mod shared_by_two;
