//! The words of identifiers, which name files as well as variables.

/// Calls `f` with each word of an identifier, in any case style; digits stay with the word before them.
pub fn each_word<'a>(name: &'a [u8], mut f: impl FnMut(&'a [u8])) {
    let mut start = 0;
    let mut i = 0;
    while i <= name.len() {
        let cut = i == name.len() || !name[i].is_ascii_alphanumeric() || {
            i > start
                && name[i].is_ascii_uppercase()
                && (name[i - 1].is_ascii_lowercase()
                    || name[i - 1].is_ascii_digit() && name.get(i + 1).is_some_and(u8::is_ascii_lowercase)
                    || name[i - 1].is_ascii_uppercase() && name.get(i + 1).is_some_and(u8::is_ascii_lowercase))
        };
        if cut {
            if i > start {
                f(&name[start..i]);
            }
            start = i;
            while start < name.len() && !name[start].is_ascii_alphanumeric() {
                start += 1;
            }
            i = start.max(i);
            if i >= name.len() {
                break;
            }
        }
        i += 1;
    }
}
