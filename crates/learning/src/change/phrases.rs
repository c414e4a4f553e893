//! Verbs of more than one word that end something, each verb in its base form.

/// Verb and particle, with anything short between them: "gave it up".
pub(super) const ENDING: &[(&str, &str)] = &[
    ("give", "up"), ("break", "up"), ("split", "up"), ("split", "with"), ("get", "rid"),
    ("part", "ways"), ("drop", "out"), ("back", "out"), ("pull", "out"), ("call", "off"),
    ("let", "go"), ("lay", "off"), ("give", "away"), ("throw", "out"), ("throw", "away"),
    ("phase", "out"), ("shut", "down"), ("come", "off"), ("go", "off"), ("wean", "off"),
    ("opt", "out"), ("sign", "out"), ("grow", "out"), ("put", "down"), ("step", "down"),
    ("hand", "back"), ("send", "back"), ("trade", "in"), ("do", "away"), ("be", "through"),
    ("be", "done"), ("say", "goodbye"), ("move", "off"), ("move", "away"), ("lay", "down"),
    ("turn", "off"), ("walk", "away"), ("get", "over"), ("fall", "out"), ("cut", "out"),
    ("part", "with"), ("check", "out"), ("wind", "down"), ("pull", "plug"), ("move", "out"),
    ("swear", "off"), ("come", "around"), ("come", "round"), ("hand", "notice"), ("give", "notice"),
    ("let", "lapse"), ("let", "expire"), ("put", "sleep"), ("lose", "interest"), ("turn", "back"), ("kick", "habit"), ("stay", "off"), ("lie", "off"),
];

/// Verb and particle whose subject ends.
pub(super) const CEASING: &[(&str, &str)] = &[
    ("pass", "away"), ("pass", "on"), ("fall", "through"), ("run", "away"), ("move", "out"),
    ("break", "down"), ("shut", "down"), ("run", "out"), ("go", "bankrupt"), ("fall", "apart"),
    ("give", "out"), ("die", "out"), ("go", "missing"), ("step", "down"), ("close", "down"),
    ("go", "under"), ("wear", "off"), ("cross", "rainbow"),
    ("fall", "into"), ("fall", "in"), ("blow", "up"), ("go", "away"), ("clear", "up"), ("stop", "working"),
];

/// Words after "is" that say that the subject has ended.
pub(super) const OVER: &[&str] = &[
    "over", "gone", "dead", "off", "cancelled", "canceled", "finished", "closed", "done",
    "history", "discontinued", "dissolved", "obsolete", "retired", "expired", "broken", "shelved",
    "scrapped", "cured", "healed", "terminated", "stolen", "lost", "smashed", "wrecked", "ruined",
    "totalled", "totaled", "sold", "disbanded", "deprecated",
];

/// Words between a verb and its particle.
pub(super) const GAP_WORDS_MAX: usize = 4;
