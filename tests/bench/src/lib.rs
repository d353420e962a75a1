#![doc = include_str!("../README.md")]

pub mod cloud;
pub mod cost;
pub mod function;
pub mod process;
pub mod register;
pub mod rival;
pub mod runtime_api;
pub mod server;
pub mod suite;
pub mod table;
pub mod town;
