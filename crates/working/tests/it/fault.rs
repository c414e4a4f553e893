//! Damage and want: what is lost, what is not, and what is said.

use aios_record::Kind;
use aios_working::{Goal, Health, Pattern, Problem, Working};

use crate::{Place, id};

const PAGE: usize = 4096;

/// A memory with 200 goals and a pattern, closed.
async fn filled(place: &Place) {
    let working = place.open(place.config());
    working.store_pattern(Pattern::new("disk full", "clean")).await.unwrap();
    for n in 0..200 {
        let text = "x".repeat(300);
        working.store_goal(Goal { id: id(&format!("g{n}")), ..Goal::new(text) }).await.unwrap();
    }
    working.close().await;
}

/// The leaf pages of a table, by what SQLite says of its own file.
fn leaves(place: &Place, table: &str) -> Vec<usize> {
    let file = rusqlite::Connection::open(place.folder.path().join("working.db")).unwrap();
    let sql = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path";
    let mut statement = file.prepare(sql).unwrap();
    let pages = statement.query_map([table], |row| row.get::<_, i64>(0)).unwrap();
    pages.map(|page| usize::try_from(page.unwrap()).unwrap()).collect()
}

fn flip(place: &Place, page: usize, offset: usize) {
    let path = place.folder.path().join("working.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[(page - 1) * PAGE + offset] ^= 0x40;
    std::fs::write(&path, bytes).unwrap();
}

async fn integrity(working: &Working) -> Health {
    let checks = working.doctor().await.unwrap();
    checks.iter().find(|check| check.name == "integrity").unwrap().health
}

#[tokio::test]
async fn a_flipped_bit_is_found_and_what_can_be_read_is_told() {
    let place = Place::new();
    filled(&place).await;
    let pages = leaves(&place, "goals");
    assert!(8 < pages.len(), "{pages:?}");
    // The type of a page in the middle of the goals.
    flip(&place, pages[pages.len() / 2], 0);
    let working = place.open(place.config());
    let problems = working.verify().await.unwrap();
    assert!(matches!(problems.first(), Some(Problem::Damaged { .. })), "{problems:?}");
    let unreadable: Vec<_> = problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::Unreadable { kind, first, last, .. } => Some((*kind, *first, *last)),
            _ => None,
        })
        .collect();
    let [(Kind::Goal, first, last)] = unreadable[..] else { panic!("{problems:?}") };
    assert!((50..150).contains(&first) && (50..150).contains(&last) && first + last < 200);
    assert_eq!(integrity(&working).await, Health::Bad);

    // What was said to be readable is.
    let page = working.records(Kind::Goal, None, usize::try_from(first).unwrap()).await.unwrap();
    assert_eq!(page.records.len() as u64, first);
    assert!(working.goal("g199").await.unwrap().is_some());
    assert_eq!(working.records(Kind::Pattern, None, 9).await.unwrap().records.len(), 1);
}
