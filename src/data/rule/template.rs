//! Texts with placeholders for fresh random values, so that rules have examples without containing a credential.

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A literal.
    Text(String),
    /// A fresh secret: of the rule itself, or of the one named. The same value each time within a template.
    Secret(Option<String>),
    /// A number of characters of an alphabet.
    Random(Alphabet, usize),
    /// A random version 4 UUID.
    Uuid,
    /// A key store of the named kind, in base64.
    Store(String),
}

/// The characters of random values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// 0-9A-Za-z
    Base62,
    /// 0-9a-f
    Hex,
    /// 0-9A-F
    HexUpper,
    /// A-Za-z0-9+/
    Base64,
    /// A-Za-z0-9-_
    Base64Url,
    /// A-Z2-7
    Base32,
    /// 0-9
    Digits,
    /// a-z
    Lower,
    /// A-Z
    Upper,
}

impl Alphabet {
    /// The characters, in the order of their values.
    pub fn chars(self) -> &'static [u8] {
        const ALL: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        match self {
            Self::Base62 => ALL,
            Self::Hex => b"0123456789abcdef",
            Self::HexUpper => &ALL[..16],
            Self::Base64 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            Self::Base64Url => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            Self::Base32 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            Self::Digits => &ALL[..10],
            Self::Lower => &ALL[36..],
            Self::Upper => &ALL[10..36],
        }
    }

    const NAMES: [(&'static str, Self); 10] = [
        ("base62", Self::Base62),
        ("alnum", Self::Base62),
        ("hex", Self::Hex),
        ("HEX", Self::HexUpper),
        ("base64", Self::Base64),
        ("base64url", Self::Base64Url),
        ("base32", Self::Base32),
        ("digits", Self::Digits),
        ("lower", Self::Lower),
        ("upper", Self::Upper),
    ];
}

/// Splits a template into its pieces. A similar form that is no placeholder (`${NPM_TOKEN}`, `${{ x }}`) is text.
///
/// # Errors
/// A sentence about a placeholder with an unknown kind or a wrong length.
pub fn parse(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let piece = match from.find('}') {
            Some(end) => placeholder(&from[2..end])?.map(|p| (p, end + 1)),
            None => None,
        };
        if let Some((piece, len)) = piece {
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(piece);
            rest = &from[len..];
        } else {
            text.push_str("${");
            rest = &from[2..];
        }
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

fn placeholder(inside: &str) -> Result<Option<Piece>, String> {
    let (kind, argument) = inside.split_once(':').map_or((inside, None), |(k, a)| (k, Some(a)));
    match (kind, argument) {
        ("secret", rule) => return Ok(Some(Piece::Secret(rule.map(str::to_owned)))),
        ("uuid", None) => return Ok(Some(Piece::Uuid)),
        ("store", Some(kind)) => return Ok(Some(Piece::Store(kind.to_owned()))),
        _ => {}
    }
    let known = Alphabet::NAMES.iter().find(|(name, _)| *name == kind);
    let count = argument.and_then(|a| a.parse::<usize>().ok());
    match (known, argument, count) {
        (Some((_, alphabet)), _, Some(n)) if (1..=65_536).contains(&n) => Ok(Some(Piece::Random(*alphabet, n))),
        (Some(_), _, _) => Err(format!("`${{{inside}}}` needs a length from 1 to 65536, as in `${{{kind}:32}}`")),
        (None, _, Some(_)) => {
            let names: Vec<&str> = Alphabet::NAMES.iter().map(|(name, _)| *name).collect();
            Err(format!("`${{{inside}}}` is no known placeholder; there are secret, store, uuid, {}", names.join(", ")))
        }
        (None, ..) => Ok(None),
    }
}
