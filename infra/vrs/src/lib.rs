//! What the command `vrs` is made of. Tests and benchmarks take their synthetic files from here.

pub mod cli;
pub mod commands;
pub mod demo;
mod drop_folder;
pub mod erase;
pub mod evidence;
pub mod generate;
mod http;
pub mod index;
pub mod logs;
pub mod patience;
mod reach;
mod receipt;
pub mod recover;
mod registry;
mod text;
