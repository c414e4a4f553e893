//! Nouns that name properties and relations with one value at a time.

use crate::words::Word;

/// Nouns that name a property, so that any phrase after "is" is its value.
pub(super) const PROPERTIES: &[&str] = &[
    "goal",
    "target",
    "budget",
    "deadline",
    "plan",
    "title",
    "role",
    "job",
    "major",
    "address",
    "birthday",
    "name",
    "nickname",
    "surname",
    "size",
    "weight",
    "height",
    "timezone",
    "zone",
    "schedule",
    "hobby",
    "stack",
    "language",
    "framework",
    "theme",
    "bank",
    "position",
    "occupation",
    "profession",
    "employer",
    "codename",
    "salary",
    "rent",
    "commute",
    "diet",
    "favorite",
    "shift",
    "limit",
    "rate",
    "score",
    "gate",
    "seat",
    "room",
    "extension",
    "slot",
    "priority",
    "status",
    "version",
    "port",
    "host",
    "region",
    "currency",
    "motto",
    "colour",
    "color",
    "day",
    "number",
    "date",
    "time",
    "hometown",
    "degree",
    "school",
    "university",
];

/// Nouns whose place is a home.
pub(super) const DWELLINGS: &[&str] =
    &["flat", "apartment", "house", "place", "home", "condo", "studio", "cottage"];

/// Relations that a person has one at a time.
pub(super) const SINGLE: &[&str] = &[
    "boss",
    "manager",
    "manag",
    "supervisor",
    "doctor",
    "dentist",
    "therapist",
    "landlord",
    "landladi",
    "landlady",
    "coach",
    "trainer",
    "mentor",
    "husband",
    "wife",
    "girlfriend",
    "boyfriend",
    "partner",
    "fiance",
    "fianc",
    "fiancee",
    "spouse",
    "spous",
    "roommat",
    "roommate",
    "flatmat",
    "flatmate",
    "housemat",
    "physio",
    "gp",
    "vet",
    "lawyer",
    "account",
    "hairdress",
    "barber",
    "nanni",
    "tutor",
    "teacher",
    "professor",
    "assist",
];

/// Verbs of taking the place of something: "Hugo replaced Priscilla as my manager".
pub(crate) const OUSTING: &[&str] = &[
    "replac", "replace", "beat", "overtak", "overtake", "succeed", "supersed", "supplant", "oust",
    "dethron", "displac", "follow", "take",
];

/// Returns true if a noun in its lower-case form names a property.
pub(crate) fn is_property(low: &str) -> bool {
    PROPERTIES.contains(&low)
}

/// Returns true if a noun names a property with one value at a time.
pub(crate) fn is_single(noun: &Word) -> bool {
    let has =
        |list: &[&str]| list.contains(&noun.low.as_str()) || list.contains(&noun.lemma.as_str());
    has(PROPERTIES) || has(SINGLE)
}
