//! `[publish]`: what `publish` demands of a release.

use super::{Key, Kind, Loosens, Reader, list, word, words};
use crate::policy::config::WARN;

pub(super) const PUBLISH: &[Key] = &[
    Key {
        name: "built",
        kind: Kind::List,
        default: "[]",
        about: "Globs below the artefact's root of what a build makes: not expected in the repository.",
        reader: Reader::Setting {
            read: |field, config| {
                config.publish_built = Some(field.strings()?.into_iter().map(|(_, glob)| glob).collect());
                Ok(())
            },
            apply: |config, policy| {
                if let Some(built) = &config.publish_built {
                    policy.publish_built.clone_from(built);
                }
            },
        },
        show: |policy| Some(list(policy.publish_built.iter().map(String::as_str))),
        loosens: Loosens::By(|was, now| {
            let more = now.publish_built.iter().find(|glob| !was.publish_built.contains(glob))?;
            Some(format!("publishes `{more}` without looking for it in the repository"))
        }),
    },
    gate_rule!(
        "outside",
        "artefact-outside-repository",
        "A file of the artefact that is neither in the repository nor built."
    ),
    gate_rule!("leftover", "artefact-leftover-file", "A file that does not belong into a release."),
];
