//! Submodules whose commits no hook of this repository scans.

use super::super::site::Site;
use super::super::submodules;
use super::{Diagnosis, messages};
use crate::error::Result;

pub(super) fn check(site: &Site, diagnosis: &mut Diagnosis) -> Result<()> {
    let unguarded = submodules::unguarded(site)?;
    diagnosis.problems.extend(unguarded.iter().map(|path| messages::submodule_unguarded(path)));
    Ok(())
}
