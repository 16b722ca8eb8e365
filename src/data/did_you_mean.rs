//! Suggestions for a word that is not known.

/// The one of `known` that was probably meant by `typed`: at most a third of its letters differ, a swap of neighbours
/// counting once, or one begins with the other.
///
/// ```
/// use shield_hook::data::did_you_mean::nearest;
///
/// assert_eq!(nearest("basline", ["baseline", "block"]), Some("baseline"));
/// assert_eq!(nearest("colour", ["baseline", "block"]), None);
/// ```
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed = typed.to_ascii_lowercase().replace('_', "-");
    if typed.chars().count() > 64 {
        return None;
    }
    known
        .into_iter()
        .filter_map(|k| {
            let distance = strsim::osa_distance(&typed, k);
            let begins = typed.len() >= 4 && (k.starts_with(&typed) || typed.starts_with(k));
            (distance <= k.chars().count().max(3) / 3 || begins).then_some((distance, k))
        })
        .min()
        .map(|(_, k)| k)
}

/// The end of a message: `; did you mean ...?` when a known word is similar to `typed`, else nothing.
///
/// ```
/// use shield_hook::data::did_you_mean::hint;
///
/// assert_eq!(hint("sevrity", ["severity"]), "; did you mean `severity`?");
/// ```
pub fn hint<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(typed, known).map_or_else(String::new, |k| format!("; did you mean `{k}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_nothing_far_off() {
        let known = ["block", "baseline", "max-object", "published-elsewhere"];
        assert_eq!(nearest("blok", known), Some("block"));
        assert_eq!(nearest("max_object", known), Some("max-object"));
        assert_eq!(nearest("published", known), Some("published-elsewhere"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(hint("blokc", known), "; did you mean `block`?");
        assert_eq!(hint("", known), "");
    }
}
