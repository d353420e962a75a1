//! The local stack: its reading of the template, its services through the real SDKs, its host of
//! functions, its gateway.

mod template;
