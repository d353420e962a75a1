//! Inquiries between municipalities: one basis, one answer, two logs.

mod forged;
mod hostile;
mod life;
mod story;
mod world;
