//! The keys of the configuration file, as the schema, `config init` and the documentation tell them.

/// One key of the file, for the schema, for `config init` and for the documentation.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Its JSON schema type.
    pub kind: Kind,
    /// What applies when it is absent, as TOML.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// What a key holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One of these words.
    Word(&'static [&'static str]),
    /// Text.
    Text,
    /// Texts.
    List,
    /// One text or several.
    TextOrList,
    /// `true` or `false`.
    Bool,
    /// A number of bytes.
    Size,
    /// A day.
    Date,
    /// Whole numbers.
    Numbers,
}

/// The keys at the top of the file.
pub const KEYS: &[Key] = &[
    Key {
        name: "block",
        kind: Kind::Word(&["high", "medium", "low"]),
        default: "\"medium\"",
        about: "The lowest confidence that blocks.",
    },
    Key {
        name: "severity",
        kind: Kind::Word(&["critical", "high", "medium", "low"]),
        default: "\"low\"",
        about: "The lowest severity that blocks.",
    },
    Key {
        name: "rules",
        kind: Kind::List,
        default: "[]",
        about: "Rule files (paths or globs from the root), added to the built-in rules.",
    },
    Key {
        name: "replace-builtin",
        kind: Kind::Bool,
        default: "false",
        about: "Whether the files in `rules` replace the built-in rules instead.",
    },
    Key { name: "disable", kind: Kind::List, default: "[]", about: "Ids of rules that do not run." },
    Key {
        name: "max-object",
        kind: Kind::Size,
        default: "\"1 GiB\"",
        about: "A larger file makes the scan incomplete (exit 2).",
    },
    Key {
        name: "baseline",
        kind: Kind::Text,
        default: "\".shield-hook.baseline\"",
        about: "The file of known secrets that do not block.",
    },
    Key {
        name: "published-elsewhere",
        kind: Kind::Word(&["auto", "block", "report"]),
        default: "\"auto\"",
        about: "Whether a push is stopped for what another remote already holds; auto: only while nothing is known to be published where it goes.",
    },
    Key {
        name: "moved",
        kind: Kind::Word(&["report", "block"]),
        default: "\"report\"",
        about: "Whether an old secret blocks that a change moves from one file to another.",
    },
    Key {
        name: "tests-and-docs",
        kind: Kind::Word(&["report", "block"]),
        default: "\"report\"",
        about: "Whether what rests on context alone blocks in tests, examples and documentation too.",
    },
    Key {
        name: "inline",
        kind: Kind::Word(&["all", "own", "none"]),
        default: "\"all\"",
        about: "Which directives beside a secret are honoured: also other scanners' (all), `shield-hook:allow` (own), none.",
    },
];

/// The keys of `[packages]`.
pub const PACKAGE_KEYS: &[Key] = &[
    Key {
        name: "install-script",
        kind: Kind::Word(&["warn", "block"]),
        default: "\"warn\"",
        about: "Something new runs at installation.",
    },
    Key {
        name: "source",
        kind: Kind::Word(&["warn", "block"]),
        default: "\"warn\"",
        about: "A package from a new registry host, from git, an archive or over plain http.",
    },
    Key {
        name: "downgrade",
        kind: Kind::Word(&["warn", "block"]),
        default: "\"warn\"",
        about: "An older version than before.",
    },
    Key {
        name: "lookalike",
        kind: Kind::Word(&["warn", "block"]),
        default: "\"warn\"",
        about: "A new name that is nearly a popular one.",
    },
    Key {
        name: "suspicious",
        kind: Kind::Word(&["warn", "block"]),
        default: "\"warn\"",
        about: "A name from an attack whose bad versions are not known, or a proof of concept.",
    },
    Key {
        name: "hidden",
        kind: Kind::Word(&["warn", "block"]),
        default: "\"warn\"",
        about: "Something that runs by itself, or text that hides.",
    },
    Key {
        name: "tiers",
        kind: Kind::Numbers,
        default: "[]",
        about: "Tiers of popularity: [500, 3000] are the first 500 packages, and the next up to the 3,000th.",
    },
    Key {
        name: "cooldown",
        kind: Kind::Numbers,
        default: "[]",
        about: "Days that a version must have been out, tier by tier, then for the rest; needs a lockfile with dates (uv.lock, pylock.toml), or `online`.",
    },
    Key {
        name: "withdrawn",
        kind: Kind::Word(&["warn", "block"]),
        default: "\"warn\"",
        about: "A version that its registry calls yanked or deprecated, or does not know; needs `online`.",
    },
    Key {
        name: "online",
        kind: Kind::Bool,
        default: "false",
        about: "Hooks and `ci` ask the registries of .npmrc and pip.conf about new packages. A program without network code refuses this.",
    },
];

/// The keys of `[ci]`.
pub const CI_KEYS: &[Key] = &[Key {
    name: "accept",
    kind: Kind::Word(&["none", "fingerprint"]),
    default: "\"none\"",
    about: "What a change may allow itself: nothing, or its own findings by their fingerprints, where a review is the gate. Read from the branch that the change goes to.",
}];

/// The keys of `[server]`.
pub const SERVER_KEYS: &[Key] = &[Key {
    name: "policy-weakened",
    kind: Kind::Word(&["report", "block"]),
    default: "\"report\"",
    about: "Whether pre-receive refuses a push that weakens the default branch's policy, or says so only.",
}];

/// The keys of `[advisories]`, in the user's own configuration only.
pub const FEED_KEYS: &[Key] = &[
    Key {
        name: "from",
        kind: Kind::Text,
        default: "",
        about: "Where `advisories update` looks when it is told nothing: a file, a folder, a zip archive or an https address of OSV records.",
    },
    Key {
        name: "key",
        kind: Kind::TextOrList,
        default: "",
        about: "minisign public keys (RW...): new data must be signed by one of them, in FILE.minisig beside the file.",
    },
];

/// The keys of an `[[unread]]`.
pub const UNREAD_KEYS: &[Key] = &[
    Key {
        name: "lfs",
        kind: Kind::Word(&["require", "report"]),
        default: "",
        about: "Whether Git LFS content that is not here makes a scan incomplete. Hooks require it, `ci` reports it.",
    },
    Key { name: "path", kind: Kind::TextOrList, default: "", about: "Globs of what may stay unread." },
    Key { name: "reason", kind: Kind::Text, default: "", about: "Why that is no risk. Required with a path." },
];

/// The keys of an `[[allow]]`.
pub const ALLOW_KEYS: &[Key] = &[
    Key { name: "path", kind: Kind::TextOrList, default: "", about: "Globs; one must match the path." },
    Key { name: "rule", kind: Kind::TextOrList, default: "", about: "Rule ids; one must be the finding's." },
    Key { name: "value", kind: Kind::Text, default: "", about: "A regex that must match within the secret." },
    Key {
        name: "fingerprint",
        kind: Kind::Text,
        default: "",
        about: "The secret's fingerprint, as a report shows it.",
    },
    Key { name: "commit", kind: Kind::Text, default: "", about: "The first seven or more digits of a commit's id." },
    Key { name: "reason", kind: Kind::Text, default: "", about: "Why this is no leak. Required." },
    Key { name: "expires", kind: Kind::Date, default: "", about: "The last day on which it holds, in UTC." },
    Key {
        name: "broad",
        kind: Kind::Bool,
        default: "",
        about: "Must be true where neither rule, value nor fingerprint narrows it down.",
    },
];
