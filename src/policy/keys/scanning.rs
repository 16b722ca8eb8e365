//! The keys at the top of the file: which secrets block.

use super::{Key, Kind, Loosens, Reader, bare, list, quoted, word, words};
use crate::policy::config::{CONFIDENCES, ELSEWHERE, INLINE, MILD, SEVERITIES};

pub(super) const TOP: &[Key] = &[
    word!("block", CONFIDENCES, "\"medium\"", block, "The lowest confidence that blocks.", |was, now| {
        let word = word(CONFIDENCES, &now.block)?;
        (now.block > was.block).then(|| format!("raises the lowest confidence that blocks to {}", bare(&word)))
    }),
    word!("severity", SEVERITIES, "\"low\"", severity, "The lowest severity that blocks.", |was, now| {
        let word = word(SEVERITIES, &now.severity)?;
        (now.severity > was.severity).then(|| format!("raises the lowest severity that blocks to {}", bare(&word)))
    }),
    Key {
        name: "rules",
        kind: Kind::List,
        default: "[]",
        about: "Rule files (paths or globs from the root), added to the built-in rules; `gitleaks:PATH` loads the own rules of another scanner.",
        reader: Reader::Setting {
            read: |field, config| {
                config.rules = field.strings()?;
                Ok(())
            },
            apply: |config, policy| policy.rule_files.extend(config.rules.iter().map(|(_, path)| path.clone())),
        },
        show: |policy| Some(list(policy.rule_files.iter().map(String::as_str))),
        loosens: Loosens::Within("the rules that run"),
    },
    Key {
        name: "replace-builtin",
        kind: Kind::Bool,
        default: "false",
        about: "Whether the files in `rules` replace the built-in rules instead.",
        reader: Reader::Setting {
            read: |field, config| {
                config.replace_builtin = Some(field.bool()?);
                Ok(())
            },
            apply: |config, policy| {
                policy.replace_builtin = config.replace_builtin.unwrap_or(policy.replace_builtin);
            },
        },
        show: |policy| Some(policy.replace_builtin.to_string()),
        loosens: Loosens::Within("the rules that run"),
    },
    Key {
        name: "disable",
        kind: Kind::List,
        default: "[]",
        about: "Ids of rules that do not run.",
        reader: Reader::Setting {
            read: |field, config| {
                config.disable = field.strings()?;
                Ok(())
            },
            apply: |config, policy| policy.disable.extend(config.disable.iter().map(|(_, id)| id.clone())),
        },
        show: |policy| Some(list(policy.disable.iter().map(String::as_str))),
        loosens: Loosens::Within("the rules that run"),
    },
    Key {
        name: "max-object",
        kind: Kind::Size,
        default: "\"1 GiB\"",
        about: "A larger file makes the scan incomplete (exit 2).",
        reader: Reader::Setting {
            read: |field, config| {
                config.max_object = Some(field.size()?);
                Ok(())
            },
            apply: |config, policy| policy.max_object = config.max_object.unwrap_or(policy.max_object),
        },
        show: |policy| Some(policy.max_object.to_string()),
        loosens: Loosens::Never("a larger object stops the operation until it is accepted in [[unread]]"),
    },
    Key {
        name: "baseline",
        kind: Kind::Text,
        default: "\".shield-hook.baseline\"",
        about: "The file of known secrets that do not block.",
        reader: Reader::Setting {
            read: |field, config| {
                config.baseline = Some((field.line(), field.text()?));
                Ok(())
            },
            apply: |config, policy| {
                if let Some((_, path)) = &config.baseline {
                    path.strip_prefix("./").unwrap_or(path).clone_into(&mut policy.baseline_path);
                }
            },
        },
        show: |policy| Some(quoted(&policy.baseline_path)),
        loosens: Loosens::Within("the baseline's entries"),
    },
    word!(
        "published-elsewhere",
        ELSEWHERE,
        "\"auto\"",
        published_elsewhere,
        "Whether content that another remote already has blocks a push; auto: only while nothing is known to be published at the destination.",
        |was, now| {
            let loosens = now.published_elsewhere < was.published_elsewhere;
            loosens.then(|| "lets pass content that another remote already has".to_owned())
        }
    ),
    word!(
        "moved",
        MILD,
        "\"report\"",
        block_moved,
        "Whether an old secret that a change moves to another file blocks.",
        |was, now| {
            let loosens = was.block_moved && !now.block_moved;
            loosens.then(|| "lets pass secrets that a change moves from one file to another".to_owned())
        }
    ),
    word!(
        "tests-and-docs",
        MILD,
        "\"report\"",
        block_tests_and_docs,
        "Whether findings that rest on context alone also block in tests, examples and documentation.",
        |was, now| {
            let loosens = was.block_tests_and_docs && !now.block_tests_and_docs;
            loosens.then(|| {
                "lets pass findings that rest on context alone in tests, examples and documentation".to_owned()
            })
        }
    ),
    word!(
        "inline",
        INLINE,
        "\"all\"",
        inline,
        "The directives beside a secret that are honoured: those of other scanners too (all), only `shield-hook:allow` (own), none.",
        |was, now| (now.inline > was.inline).then(|| "honours more directives beside a secret".to_owned())
    ),
];
