//! `[packages]`: the settings of the package gate.

use super::{Key, Kind, Loosens, Reader, word, words};
use crate::package::settings::PackageSettings;
use crate::policy::config::WARN;

pub(super) const PACKAGES: &[Key] = &[
    gate_rule!("install-script", "install-script", "Something new runs at installation."),
    gate_rule!(
        "source",
        "package-source",
        "A package from a new registry host, from git, an archive or over plain http."
    ),
    gate_rule!("downgrade", "package-downgrade", "An older version than before."),
    gate_rule!("lookalike", "lookalike-package", "A new name that is nearly a popular one."),
    gate_rule!(
        "suspicious",
        "suspicious-package",
        "A name from an attack whose bad versions are not known, or a proof of concept."
    ),
    gate_rule!("hidden", "hidden-behaviour", "Something that runs by itself, or text that hides."),
    Key {
        name: "tiers",
        kind: Kind::Numbers,
        default: "[]",
        about: "Tiers of popularity: [500, 3000] are the first 500 packages, and the next up to the 3,000th.",
        reader: Reader::Setting {
            read: |field, config| {
                config.packages.tiers = Some(field.numbers()?);
                Ok(())
            },
            apply: |config, policy| {
                if let Some(tiers) = &config.packages.tiers {
                    policy.packages.tiers.clone_from(tiers);
                }
            },
        },
        show: |policy| Some(format!("{:?}", policy.packages.tiers)),
        loosens: Loosens::Within("the days of `cooldown`"),
    },
    Key {
        name: "cooldown",
        kind: Kind::Numbers,
        default: "[]",
        about: "The age in days that a version must have, for each tier and then for all other packages; needs a lockfile with dates (uv.lock, pylock.toml), or `online`.",
        reader: Reader::Setting {
            read: |field, config| {
                config.packages.cooldown = Some(field.numbers()?);
                Ok(())
            },
            apply: |config, policy| {
                if let Some(cooldown) = &config.packages.cooldown {
                    policy.packages.cooldown.clone_from(cooldown);
                }
            },
        },
        show: |policy| Some(format!("{:?}", policy.packages.cooldown)),
        loosens: Loosens::By(|was, now| {
            let (old, new) = shortened(&was.packages, &now.packages)?;
            Some(format!("shortens the time that a version must have been out from {old} to {new} days"))
        }),
    },
    gate_rule!(
        "withdrawn",
        "package-withdrawn",
        "A version that its registry marks as yanked or deprecated, or does not have; needs `online`."
    ),
    gate_rule!(
        "builder",
        "package-provenance",
        "A release without the provenance that the one before it has, or built by another workflow; needs `online`. A signature that does not hold always blocks."
    ),
    Key {
        name: "provenance",
        kind: Kind::Numbers,
        default: "[]",
        about: "[500]: a version of the 500 most popular packages needs a provenance that holds; needs `online`.",
        reader: Reader::Setting {
            read: |field, config| {
                config.packages.provenance = Some(field.numbers()?);
                Ok(())
            },
            apply: |config, policy| {
                if let Some(provenance) = &config.packages.provenance {
                    policy.packages.provenance.clone_from(provenance);
                }
            },
        },
        show: |policy| Some(format!("{:?}", policy.packages.provenance)),
        loosens: Loosens::By(|was, now| {
            let last = |settings: &PackageSettings| settings.provenance.iter().max().copied().unwrap_or(0);
            let (old, new) = (last(&was.packages), last(&now.packages));
            (new < old).then(|| format!("demands a provenance of the {new} most popular packages instead of {old}"))
        }),
    },
    Key {
        name: "online",
        kind: Kind::Bool,
        default: "false",
        about: "Hooks and `ci` ask the registries of .npmrc and pip.conf about new packages. A program without network code refuses this key.",
        reader: Reader::Setting {
            read: |field, config| {
                config.packages.online = Some(field.bool()?);
                Ok(())
            },
            apply: |config, policy| {
                policy.packages.online = config.packages.online.unwrap_or(policy.packages.online);
            },
        },
        show: |policy| Some(policy.packages.online.to_string()),
        loosens: Loosens::By(|was, now| {
            (was.packages.online && !now.packages.online).then(|| "asks the registries no more".to_owned())
        }),
    },
];

/// The days before and after, for the first rank of popularity whose cooldown `now` shortens.
fn shortened(was: &PackageSettings, now: &PackageSettings) -> Option<(u64, u64)> {
    let days = |settings: &PackageSettings, rank: u64| {
        let tier = settings.tiers.iter().position(|tier| rank <= *tier).unwrap_or(settings.tiers.len());
        settings.cooldown.get(tier).copied().unwrap_or(0)
    };
    // The number of days changes only at the borders of the tiers.
    let ranks = was.tiers.iter().chain(&now.tiers).flat_map(|tier| [*tier, tier.saturating_add(1)]);
    ranks.chain([u64::MAX]).map(|rank| (days(was, rank), days(now, rank))).find(|(old, new)| new < old)
}
