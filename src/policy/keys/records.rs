//! The keys of the small sections: `[ci]`, `[server]`, `[advisories]`, `[[allow]]` and `[[unread]]`.

use super::{Key, Kind, Loosens, Reader, list, quoted, word, words};
use crate::policy::config::{ACCEPT, MILD};
use crate::policy::unread::{LFS, Lfs};

pub(super) const CI: &[Key] = &[word!(
    "accept",
    ACCEPT,
    "\"none\"",
    accept,
    "The allowances that a change may bring for itself: none, or those of its own findings by their fingerprints, if a review is the gate. Read from the target branch.",
    |was, now| {
        (now.accept > was.accept).then(|| "lets a change accept its own findings by their fingerprints".to_owned())
    }
)];

/// Why no budget lets more pass than another.
const REFUSED: Loosens = Loosens::Never("a push beyond it is refused, not let through");

pub(super) const SERVER: &[Key] = &[
    word!(
        "policy-weakened",
        MILD,
        "\"report\"",
        refuse_weakened,
        "Whether pre-receive refuses a push that weakens the default branch's policy, or only reports it.",
        |was, now| {
            let loosens = was.refuse_weakened && !now.refuse_weakened;
            loosens.then(|| "no longer refuses a push that weakens the policy".to_owned())
        }
    ),
    Key {
        name: "push-bytes",
        kind: Kind::Size,
        default: "\"64 GiB\"",
        about: "Pre-receive refuses a push whose content, unpacked, is larger.",
        reader: Reader::Setting {
            read: |field, config| {
                config.push_bytes = Some(field.size()?);
                Ok(())
            },
            apply: |config, policy| {
                policy.push_allotment.bytes = config.push_bytes.unwrap_or(policy.push_allotment.bytes);
            },
        },
        show: |policy| Some(policy.push_allotment.bytes.to_string()),
        loosens: REFUSED,
    },
    Key {
        name: "push-seconds",
        kind: Kind::Number,
        default: "900",
        about: "Pre-receive refuses a push whose reading takes longer, in seconds.",
        reader: Reader::Setting {
            read: |field, config| {
                config.push_seconds = Some(field.number()?);
                Ok(())
            },
            apply: |config, policy| {
                policy.push_allotment.seconds = config.push_seconds.unwrap_or(policy.push_allotment.seconds);
            },
        },
        show: |policy| Some(policy.push_allotment.seconds.to_string()),
        loosens: REFUSED,
    },
];

pub(super) const PUSH: &[Key] = &[
    Key {
        name: "ask",
        kind: Kind::Bool,
        default: "false",
        about: "Whether pre-push asks the address that is pushed to for its refs, with `git ls-remote`, instead of believing tracking refs.",
        reader: Reader::Setting {
            read: |field, config| {
                config.ask = Some(field.bool()?);
                Ok(())
            },
            apply: |config, policy| policy.trust.asks = config.ask.unwrap_or(policy.trust.asks),
        },
        show: |policy| Some(policy.trust.asks.to_string()),
        loosens: Loosens::By(|was, now| {
            (was.trust.asks && !now.trust.asks).then(|| "believes tracking refs without asking".to_owned())
        }),
    },
    Key {
        name: "tracking-days",
        kind: Kind::Number,
        default: "0",
        about: "A tracking ref counts as published for so many days after its branch was last fetched or pushed; 0 for ever.",
        reader: Reader::Setting {
            read: |field, config| {
                config.tracking_days = Some(field.number()?);
                Ok(())
            },
            apply: |config, policy| {
                if let Some(days) = config.tracking_days {
                    policy.trust.tracking_days = (days > 0).then_some(days);
                }
            },
        },
        show: |policy| Some(policy.trust.tracking_days.unwrap_or(0).to_string()),
        loosens: Loosens::By(|was, now| {
            let days = |policy: &super::Policy| policy.trust.tracking_days.unwrap_or(u64::MAX);
            (days(now) > days(was)).then(|| "believes older tracking refs".to_owned())
        }),
    },
];

const FEED: Loosens = Loosens::Never("a repository's file may not set it");

pub(super) const ADVISORIES: &[Key] = &[
    Key {
        name: "from",
        kind: Kind::Text,
        default: "",
        about: "The source of `advisories update` without arguments: a file, a folder, a zip archive or an https URL of OSV records.",
        reader: Reader::Record,
        show: |policy| policy.feed.from.as_deref().map(quoted),
        loosens: FEED,
    },
    Key {
        name: "key",
        kind: Kind::TextOrList,
        default: "",
        about: "minisign public keys (RW...): new data must be signed by one of them, in FILE.minisig beside the file.",
        reader: Reader::Record,
        show: |policy| (!policy.feed.key.is_empty()).then(|| list(policy.feed.key.iter().map(String::as_str))),
        loosens: FEED,
    },
];

pub(super) const ALLOW: &[Key] = &[
    part!("path", Kind::TextOrList, "Globs; one must match the path.", "the allowances"),
    part!("rule", Kind::TextOrList, "Rule ids; one must be the finding's.", "the allowances"),
    part!("value", Kind::Text, "A regex that must match within the secret.", "the allowances"),
    part!("fingerprint", Kind::Text, "The secret's fingerprint, as a report shows it.", "the allowances"),
    part!("commit", Kind::Text, "The first seven or more digits of a commit's id.", "the allowances"),
    part!("reason", Kind::Text, "The reason why this is not a leak. Required.", "the allowances"),
    part!("expires", Kind::Date, "The last day on which it holds, in UTC.", "the allowances"),
    part!(
        "broad",
        Kind::Bool,
        "Must be true if neither a rule, a value nor a fingerprint limits the allowance.",
        "the allowances"
    ),
];

pub(super) const UNREAD: &[Key] = &[
    Key {
        name: "lfs",
        kind: Kind::Word(|| words(LFS)),
        default: "",
        about: "Whether Git LFS content that is not on the machine makes a scan incomplete. Hooks require it, `ci` reports it.",
        reader: Reader::Setting {
            read: |field, config| {
                config.unread.lfs = Some(field.one_of(LFS)?);
                Ok(())
            },
            apply: |config, policy| policy.unread.lfs = config.unread.lfs.or(policy.unread.lfs),
        },
        show: |policy| word(LFS, &policy.unread.lfs?),
        loosens: Loosens::By(|was, now| {
            let reports = now.unread.lfs.is_some_and(|lfs| lfs == Lfs::Report);
            (was.unread.lfs != now.unread.lfs && reports).then(|| "lets Git LFS content stay unread".to_owned())
        }),
    },
    part!("path", Kind::TextOrList, "Globs of files that may stay unread.", "what may stay unread"),
    part!("reason", Kind::Text, "The reason why that is no risk. Required with a path.", "what may stay unread"),
];
