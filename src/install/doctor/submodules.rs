//! Submodules whose commits no hook of this repository scans.

use super::super::site::Site;
use super::super::submodules;
use super::{Diagnosis, Problem};
use crate::error::Result;

pub(super) fn check(site: &Site, diagnosis: &mut Diagnosis) -> Result<()> {
    for path in submodules::unguarded(site)? {
        diagnosis.problems.push(Problem::note(
            "submodule-unguarded",
            format!(
                "the submodule {path} has no hooks: its commits are read only when git pushes it along with this repository"
            ),
            submodules::FIX,
        ));
    }
    Ok(())
}
