//! The tables of records: the properties of a kind that statements need, without its Rust type.
//! Parents come from the description of the kind; only names of columns and assignments are here.

use aios_record::Kind;

use crate::visible::NOBODY;

/// The table of one kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    /// The kind of its records.
    pub(crate) kind: Kind,
    /// Reference of its records to their parent by a field, if they can have one.
    pub(crate) parent: Option<Parent>,
    /// True if a record belongs to the session that its scope names, by the column
    /// [`SESSION_ROW`]. A missing session is created.
    pub(crate) of_session: bool,
    /// The stub that a row leaves while others refer to it. `None` if no row is referred to.
    pub(crate) stub: Option<&'static Stub>,
}

/// Reference of a record to its parent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parent {
    /// Name of the field; its column holds the id.
    pub(crate) field: &'static str,
    /// Column of the row number.
    pub(crate) column: &'static str,
    /// Kind of the parent.
    pub(crate) kind: Kind,
}

/// Assignments that turn a row into a stub.
#[derive(Debug)]
pub(crate) struct Stub {
    kind: Kind,
    /// Column in which the rows of other tables hold the number of a row.
    column: &'static str,
    /// Assignments that clear the content.
    blank: &'static str,
    /// Assignments that clear the references to parents of a removed row.
    unlinked: &'static str,
}

/// Column of the row number of a record's session.
pub(crate) const SESSION_ROW: &str = "session_row";

/// The kinds stored here.
pub const KINDS: &[Kind] = Kind::IN_WORKING;

/// The stubs of the kinds that others refer to, children first.
static STUBS: &[Stub] = &[
    Stub {
        kind: Kind::Task,
        column: "task_row",
        blank: "description = '', input = 'null', output = 'null', summary = NULL,
            result = NULL, error = NULL, metadata = 'null'",
        unlinked: "agent = '', goal_id = NULL, goal_row = NULL, session_row = NULL,",
    },
    Stub {
        kind: Kind::Goal,
        column: "goal_row",
        blank: "description = '', result = NULL, metadata = 'null'",
        unlinked: "",
    },
    Stub { kind: Kind::Session, column: SESSION_ROW, blank: "summary = NULL", unlinked: "" },
];

/// Returns the table of a kind.
pub(crate) fn of(kind: Kind) -> Table {
    let parent = kind.parents().iter().find_map(|parent| {
        let (field, stub) = (parent.field?, stub(parent.kind)?);
        Some(Parent { field, column: stub.column, kind: parent.kind })
    });
    let of_session = kind.parents().iter().any(|parent| parent.field.is_none());
    Table { kind, parent, of_session, stub: stub(kind) }
}

fn stub(kind: Kind) -> Option<&'static Stub> {
    STUBS.iter().find(|stub| stub.kind == kind)
}

/// Returns the kinds whose rows leave stubs, children first.
pub(crate) fn with_stubs() -> impl Iterator<Item = Kind> {
    STUBS.iter().map(|stub| stub.kind)
}

/// Returns true if rows of this kind leave stubs for the rows that refer to them.
pub(crate) fn leaves_stub(kind: Kind) -> bool {
    stub(kind).is_some()
}

/// Returns the references to records of a kind: the referring kind, and its column. Messages come
/// before tasks.
pub(crate) fn children(kind: Kind) -> impl Iterator<Item = (Kind, &'static str)> {
    let column = stub(kind).map(|stub| stub.column);
    kind.children().rev().filter_map(move |child| Some((child, column?)))
}

/// Builds the condition that a row is not a stub; true for tables without stubs.
pub(crate) fn whole(kind: Kind) -> &'static str {
    if leaves_stub(kind) { "NOT stub" } else { "TRUE" }
}

/// Builds the condition that a row of a parent's table has children.
pub(crate) fn has_children(kind: Kind) -> String {
    has_child(kind, |_| "TRUE".to_owned())
}

/// Builds the condition that a row is not a stub, or has a child of the owners that `owners`
/// selects for which this condition holds too. A stub kept only by other owners' records, or by
/// stubs that these keep, is invisible to anyone else.
pub(crate) fn stands(kind: Kind, owners: &str) -> String {
    if !leaves_stub(kind) {
        return "TRUE".to_owned();
    }
    let standing =
        |child: Kind| format!("{}.{owners} AND {}", child.collection(), stands(child, owners));
    format!("(NOT {}.stub OR {})", kind.collection(), has_child(kind, standing))
}

/// Builds the condition that a row of a parent's table has a child that meets `which`. The tables
/// on the way from a parent to its last children differ, so that their names need no alias.
fn has_child(kind: Kind, which: impl Fn(Kind) -> String) -> String {
    let table = kind.collection();
    let any = children(kind).map(|(child, column)| {
        let (children, which) = (child.collection(), which(child));
        format!(
            "EXISTS (
                 SELECT 1 FROM {children} WHERE {children}.{column} = {table}.row AND {which}
             )"
        )
    });
    format!("({})", any.collect::<Vec<_>>().join(" OR "))
}

impl Table {
    /// Returns the name of the table.
    pub(crate) fn name(&self) -> &'static str {
        self.kind.collection()
    }
}

impl Stub {
    /// Builds the statement that turns the rows that `which` selects into stubs, and returns their
    /// numbers and owners.
    pub(crate) fn moving_out(&self, which: &str) -> String {
        let (table, blank) = (self.kind.collection(), self.blank);
        let has_children = has_children(self.kind);
        format!(
            "UPDATE {table} SET stub = TRUE, {blank} WHERE ({which}) AND NOT stub
             AND {has_children} RETURNING row, owner"
        )
    }

    /// Builds the statement that turns row `?1` into a stub without owner, which no id finds.
    pub(crate) fn disowning(&self) -> String {
        let (table, blank, unlinked) = (self.kind.collection(), self.blank, self.unlinked);
        format!(
            "UPDATE {table} SET stub = TRUE, {blank}, {unlinked} id = CAST(row AS TEXT),
                 owner = {NOBODY}, scope_project = NULL, scope_agent = NULL, scope_session = NULL,
                 module = '', client = NULL, provenance_task_id = NULL, updated_by = NULL,
                 expires_at = NULL
             WHERE row = ?1"
        )
    }
}

#[cfg(test)]
mod tests;
