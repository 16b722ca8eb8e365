mod archives;
mod documents;
mod files;
#[cfg(unix)]
mod history;
#[cfg(unix)]
mod history_twin;
mod objects_twin;
#[cfg(unix)]
mod old_lines;
mod outgoing_property;
#[cfg(unix)]
mod published;
#[cfg(unix)]
mod push;
#[cfg(unix)]
mod range;
#[cfg(unix)]
mod receive;
#[cfg(unix)]
mod remotes_property;
mod staged;
