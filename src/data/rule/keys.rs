//! The keys of a rule file, listed once for the reader, the draft of a new rule and rules/README.md.

/// A key of `[[rule]]`.
#[derive(Debug)]
pub struct RuleKey {
    /// The key.
    pub name: &'static str,
    /// Its part in a rule.
    pub role: KeyRole,
}

/// The part of a key in a rule.
#[derive(Debug)]
pub enum KeyRole {
    /// Every rule has it, and so does a draft.
    Drafted {
        /// The value in a draft; `ID`, `PREFIX` and `VERSION` are filled in.
        value: &'static str,
        /// The comment behind it.
        comment: &'static str,
    },
    /// Some rules have it. The text is its line in rules/README.md.
    Optional(&'static str),
    /// An optional key that the line of another one explains.
    ExplainedWith(&'static str),
}

/// The begin of every sentence in a draft that its author has to replace.
pub const UNWRITTEN: &str = "TODO: ";
/// The begin of the reference in a draft.
pub const UNWRITTEN_REFERENCE: &str = "https://docs.example/";

const fn drafted(name: &'static str, value: &'static str, comment: &'static str) -> RuleKey {
    RuleKey { name, role: KeyRole::Drafted { value, comment } }
}

const fn optional(name: &'static str, meaning: &'static str) -> RuleKey {
    RuleKey { name, role: KeyRole::Optional(meaning) }
}

/// Every key, in the order of rule files and of rules/README.md.
pub const KEYS: &[RuleKey] = &[
    drafted("id", r#""ID""#, r#"kebab, unique, reads well after "allow"; never changes"#),
    drafted("title", r#""PREFIX token""#, "the name that people use"),
    drafted(
        "status",
        r#""experimental""#,
        r#"experimental (warns, never blocks) | stable | deprecated (then replaced-by = "id")"#,
    ),
    drafted("severity", r#""high""#, "the damage: critical | high | medium | low"),
    drafted("confidence", r#""high""#, "how sure a match is a live credential: high | medium | low (low never blocks)"),
    drafted("since", r#""VERSION""#, "the version that brings the rule"),
    drafted("keywords", r#"["PREFIX_"]"#, "3 ASCII bytes or more; every match contains one, in whatever case"),
    drafted("regex", r"'''\b(?<secret>PREFIX_[0-9A-Za-z]{32})\b'''", ""),
    drafted("why", r#""TODO: what an attacker does with it.""#, ""),
    drafted("fix", r#""TODO: where it is revoked, and what replaces it.""#, ""),
    drafted("references", r#"["https://docs.example/tokens"]"#, "the provider's own pages"),
    drafted("match", r#"["TOKEN=${secret}"]"#, "templates that the rule must find"),
    drafted("reject", r#"["PREFIX_token_name", "TOKEN=${TOKEN}"]"#, "templates in which it must find nothing"),
    RuleKey { name: "replaced-by", role: KeyRole::ExplainedWith("status") },
    optional(
        "check",
        "an offline proof: `rules test` names the known ones when a name is wrong. A proof that holds makes a finding certain; a wrong checksum makes it a lookalike, which does not block",
    ),
    optional("entropy", "the least Shannon entropy of the secret, in bits a character"),
    optional(
        "judge",
        "`token`: the form is distinctive. `context`: it is not (32 hex digits beside a name), so likeness to words and the path policy count too",
    ),
    optional(
        "scope",
        "where the credential opens something. `service`, the default: wherever it stands. `sandbox`: only where the data is made up. `installation`: in one installation of the program, as a framework's key. The last two do not block in tests, examples and documentation, and the last not in settings for development",
    ),
    optional(
        "general",
        "`true` for a form that many issuers use (a JWT, an Authorization header): leaves a value to any rule that knows whose it is",
    ),
    optional("window", "how many bytes around a keyword a match may span; else the regex's longest match, or 1024"),
    optional("prefix", "the public part that reports show; else the literal that every secret begins with"),
    optional("paths", "globs relative to the repository's root: the rule applies only there"),
    optional("allow", "regexes on the secret: documented samples, not findings"),
    optional(
        "requires",
        "`{ rule = \"acme-key-id\", lines = 10 }`: reported only near a match of that rule, and once, as a pair",
    ),
    optional(
        "beside",
        "with `value`, instead of `regex`, for tokens whose shape says nothing: the names to which they are assigned",
    ),
    optional("value", "with `beside`: the shape of what is assigned"),
    optional("words", "with `beside`: one of these is in the rest of the name (for a UUID, which is more often an id)"),
    optional(
        "detector",
        "`\"whole-file\"` with `value` and `paths`, for files whose only word is the secret (`config/master.key`): no keyword leads there. `\"kubernetes-secret\"` reads the values of a manifest's `data` and `stringData`; `\"key-store\"` reads binary files made to keep keys in, by their first bytes, plain or in base64 (no keyword, no `value`; its code names the rules that it reports); `\"generic\"` is for secrets with no form of their own",
    ),
];

/// The names of all keys.
pub fn names() -> Vec<&'static str> {
    KEYS.iter().map(|key| key.name).collect()
}

/// A rule file to begin with. Until its sentences are written, the rule fails its test.
pub fn draft(id: &str, version: &str) -> String {
    let prefix = id.split('-').next().filter(|prefix| prefix.len() > 1).unwrap_or("token");
    let provider = format!("provider = \"{prefix}\"");
    let mut file = format!("{provider:37} # lower-case kebab; the file's name\n\n[[rule]]\n");
    for key in KEYS {
        let KeyRole::Drafted { value, comment } = key.role else { continue };
        let value = value.replace("ID", id).replace("PREFIX", prefix).replace("VERSION", version);
        let line = format!("{:10} = {value}", key.name);
        file.push_str(&if comment.is_empty() { line } else { format!("{line:37} # {comment}") });
        file.push('\n');
    }
    file
}

/// The table of optional keys in rules/README.md.
pub fn table() -> String {
    let rows = KEYS.iter().filter_map(|key| match key.role {
        KeyRole::Optional(meaning) => Some(format!("| `{}` | {meaning} |\n", key.name)),
        KeyRole::Drafted { .. } | KeyRole::ExplainedWith(_) => None,
    });
    ["| key | meaning |\n|---|---|\n".to_owned()].into_iter().chain(rows).collect()
}
