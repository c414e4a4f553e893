//! The table of spellings, and the documentation page that lists it.

use super::*;

/// Documentation page of the accepted spellings.
const PAGE: &str = include_str!("../../../../docs/FORMATS.md");

#[test]
fn no_spelling_has_two_meanings_and_each_is_in_its_plain_form() {
    let mut seen = std::collections::BTreeSet::new();
    for spelling in FIELDS.iter().flat_map(|field| field.spellings) {
        assert!(seen.insert(spelling), "{spelling}");
        assert_eq!(plain(spelling), *spelling);
        assert!(!names_owner(spelling) && !looks_like_owner(spelling), "{spelling}");
        assert!(!is_nested(spelling), "{spelling}");
    }
}

#[test]
fn the_page_lists_every_spelling() {
    for field in FIELDS {
        let listed: Vec<String> = field.spellings.iter().map(|it| format!("`{it}`")).collect();
        let row = format!("| {} | {} |", field.name, listed.join(", "));
        assert!(PAGE.contains(&row), "docs/FORMATS.md lacks the row\n{row}");
    }
    let owners: Vec<String> = OWNERS.iter().map(|it| format!("`{it}`")).collect();
    assert!(PAGE.contains(&owners.join(", ")), "{owners:?}");
    let ids: Vec<String> = OWNER_IDS.iter().map(|it| format!("`{it}`")).collect();
    assert!(PAGE.contains(&ids.join(", ")), "{ids:?}");
    let nested: Vec<String> = NESTED.iter().map(|it| format!("`{it}`")).collect();
    assert!(PAGE.contains(&nested.join(", ")), "{nested:?}");
}

#[test]
fn names_are_compared_word_by_word() {
    for (name, expect) in [
        ("userId", "user_id"),
        ("user-id", "user_id"),
        ("User ID", "user_id"),
        ("user.id", "user_id"),
        ("USER_ID", "user_id"),
        ("_id", "id"),
        ("__user__id__", "user_id"),
        ("$date", "date"),
        ("createdAt", "created_at"),
        ("\u{ff55}\u{ff53}\u{ff45}\u{ff52}\u{ff3f}\u{ff49}\u{ff44}", "user_id"),
        ("us\u{435}r_\u{456}d", "user_id"),
        ("\u{1d42e}\u{1d42c}\u{1d41e}\u{1d42b}_id", "user_id"),
        ("\u{443}ser\u{406}d", "yser_id"),
        ("\u{e9}t\u{e9}", "\u{e9}t\u{e9}"),
        ("", ""),
        ("-", ""),
    ] {
        assert_eq!(plain(name), expect);
    }
}
