//! The storage of updated advisory data, in the user's data directory.

use super::advisory::Advisories;
use super::index::Index;
use crate::environment;
use crate::error::{Context, Error, Result};
use crate::file;
use std::borrow::Cow;
use std::path::PathBuf;

/// The file's name.
const FILE: &str = "advisories.idx";

/// `$XDG_DATA_HOME/shield-hook/advisories.idx`, or its default; none if the user has no home.
pub fn path() -> Option<PathBuf> {
    let base = environment::absolute_path("XDG_DATA_HOME").or_else(|| {
        if cfg!(windows) {
            environment::absolute_path("LOCALAPPDATA")
        } else {
            environment::absolute_path("HOME").map(|home| home.join(".local/share"))
        }
    })?;
    Some(base.join("shield-hook").join(FILE))
}

/// The data in the binary together with that of `advisories update`.
///
/// # Errors
/// Exit 2 when updated data cannot be read: without it, attacks that the user believes to be known would pass.
pub fn load() -> Result<Advisories> {
    let builtin = Advisories::builtin();
    let Some(path) = path() else { return Ok(builtin) };
    let bytes = match file::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(builtin),
        Err(error) => return Err(error).or_incomplete(path.display()),
    };
    let index = Index::open(Cow::Owned(bytes)).and_then(|index| index.verify().map(|()| index)).map_err(|error| {
        Error::incomplete(format!("{}: {error}", path.display()))
            .help("`shield-hook advisories update` replaces it; without the file the data in the binary is used")
    })?;
    Ok(builtin.with(index))
}
