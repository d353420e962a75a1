//! What the command `vrs` is made of. Tests and benchmarks take their synthetic files from here.

pub mod cli;
pub mod commands;
pub mod demo;
pub mod evidence;
pub mod generate;
mod http;
mod receipt;
mod registry;
mod text;
