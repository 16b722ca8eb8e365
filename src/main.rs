//! The shield-hook command.

fn main() {}
