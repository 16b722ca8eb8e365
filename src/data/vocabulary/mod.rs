//! The vocabulary of the generic detector, and the Bloom filter in front of it.

pub mod bloom;
pub mod words;
