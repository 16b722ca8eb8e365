//! Coding assistants: what they ask before they act, and the judgement of everything but secrets.
//!
//! An assistant sends an event before a tool runs and before a prompt goes out. [`event`] reads it, [`dialect`] has the
//! form of each assistant, [`request`] names what the tool would do, and [`bypass`], [`guarded`] and [`installs`] judge
//! it. The texts that may hold secrets are scanned by the caller, as any other source is.

pub mod bypass;
pub mod dialect;
pub mod event;
pub mod guarded;
pub mod installs;
pub mod reads;
pub mod request;
pub mod shell;

/// A reason to stop an assistant, with the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The refused action.
    pub what: String,
    /// The way out.
    pub instead: String,
}

impl Objection {
    /// An objection.
    pub fn new(what: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { what: what.into(), instead: instead.into() }
    }
}
