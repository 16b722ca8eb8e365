//! A fault of the program itself ends like any other: with a sentence and exit code 2.

use std::panic::{self, AssertUnwindSafe, Location};
use std::process::ExitCode;
use std::sync::OnceLock;

use crate::error::Error;
use crate::exit::Exit;

/// Where the first panic was, whichever thread it was in.
static PLACE: OnceLock<String> = OnceLock::new();

/// Runs the program. A panic in it becomes a sentence that names no path of the machine that built it, and nothing of
/// the input: the message of a panic may quote it.
pub fn calmly(program: impl FnOnce() -> ExitCode) -> ExitCode {
    panic::set_hook(Box::new(|panic| {
        PLACE.get_or_init(|| panic.location().map(place).unwrap_or_default());
    }));
    panic::catch_unwind(AssertUnwindSafe(program)).unwrap_or_else(|_| {
        let place = PLACE.get().map_or("", String::as_str);
        super::complain(
            &Error::incomplete(format!("shield-hook itself failed ({place})"))
                .help("this is a fault of the program: please report it with this line and the command"),
            true,
        );
        ExitCode::from(Exit::Incomplete as u8)
    })
}

/// A place in the source, from the crate's name on.
fn place(at: &Location<'_>) -> String {
    format!("{}:{}", from_crate(at.file()), at.line())
}

fn from_crate(file: &str) -> String {
    let parts: Vec<&str> = file.split(['/', '\\']).collect();
    let source = parts.iter().rposition(|part| *part == "src");
    let from = source.map_or(parts.len() - 1, |source| source.saturating_sub(1));
    parts[from..].join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_of_the_building_machine_is_named() {
        let somewhere = ["", "home", "user", "registry", "some-crate-1.2.3", "src", "a", "b.rs"];
        assert_eq!(from_crate(&somewhere.join("/")), "some-crate-1.2.3/src/a/b.rs");
        assert_eq!(from_crate(&somewhere.join("\\")), "some-crate-1.2.3/src/a/b.rs");
        assert_eq!(from_crate("src/scan.rs"), "src/scan.rs");
        assert_eq!(from_crate("/tmp/build/out.rs"), "out.rs");
    }
}
