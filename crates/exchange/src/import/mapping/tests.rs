//! The tables of column names agree with the table of kinds.

use super::{super::shapes::SHAPES, Becomes, USER};

#[test]
fn columns_name_fields_of_their_kind() {
    for table in SHAPES.iter().flat_map(|shape| shape.tables) {
        let kind = table.becomes.kind();
        for column in table.columns {
            assert!(column.value_type(kind).is_some(), "{kind} {}", column.field);
        }
        let has_column = |name: &str| table.columns.iter().any(|column| column.field == name);
        for name in table.needs.iter().chain(table.same) {
            assert!(*name == USER || has_column(name), "{kind} {name}");
        }
    }
}

#[test]
fn tables_of_parents_come_before_those_of_their_children() {
    let becomes = || SHAPES.iter().flat_map(|shape| shape.tables).map(|table| table.becomes);
    for child in becomes() {
        for parent in child.kind().parents() {
            let is_parent = |it: &Becomes| it.kind() == parent.kind;
            assert!(becomes().filter(is_parent).all(|it| it.rank() < child.rank()));
        }
    }
    assert!(becomes().all(|it| it.kind() == aios_record::Kind::Session || 0 < it.rank()));
}
