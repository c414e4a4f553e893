//! Limits of the tiers, and the settings that raise them.

use aios_record::Remedy;

/// Fields of the tiers' configurations that are limits, each with the setting that raises it.
const LIMITS: &[(&str, &str)] = &[
    ("disk_bytes_max", "longterm.max_disk_bytes"),
    ("metric_keys_max", "operational.metric_keys_max"),
    ("queue", "working.queue"),
];

/// Names the limit of a tier's remedy by its setting. Returns `None` if no setting raises it.
pub(crate) fn in_settings(remedy: Remedy) -> Option<Remedy> {
    let setting_of = |limit| {
        let found = LIMITS.iter().find(|(field, _)| *field == limit);
        found.map(|(_, setting)| *setting)
    };
    Some(match remedy {
        Remedy::RaiseLimit { setting } => Remedy::RaiseLimit { setting: setting_of(setting)? },
        Remedy::Purge { setting } => Remedy::Purge { setting: setting_of(setting)? },
        Remedy::ReduceLoad { setting } => Remedy::ReduceLoad { setting: setting_of(setting)? },
        remedy => remedy,
    })
}

#[cfg(test)]
mod tests;
