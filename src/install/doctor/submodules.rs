//! Submodules, whose commits no hook of this repository sees.

use super::super::site::Site;
use super::super::submodules;
use super::{Diagnosis, Trouble};
use crate::error::Result;

pub(super) fn look(site: &Site, diagnosis: &mut Diagnosis) -> Result<()> {
    for path in submodules::unguarded(site)? {
        diagnosis.troubles.push(Trouble::note(
            "submodule-unguarded",
            format!(
                "the submodule {path} has no hooks: its commits are read only when git pushes it along with this repository"
            ),
            submodules::FIX,
        ));
    }
    Ok(())
}
