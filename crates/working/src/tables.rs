//! The tables of records: everything that statements need to know of a kind without its Rust type.

use aios_record::Kind;

use crate::visible::NOBODY;

/// The table of one kind.
#[derive(Debug)]
pub(crate) struct Table {
    /// The kind of its records.
    pub(crate) kind: Kind,
    /// Reference of its records to their parent, if they can have one.
    pub(crate) parent: Option<Parent>,
    /// True if a record belongs to the session that its scope names, by the column
    /// [`SESSION_ROW`]. A missing session is created.
    pub(crate) of_session: bool,
    /// The stub that a row leaves while others refer to it. `None` if no row is referred to.
    pub(crate) stub: Option<Stub>,
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
    /// Clear the content.
    blank: &'static str,
    /// Clear the references to parents of a removed row.
    unlinked: &'static str,
}

/// Column of the row number of a record's session.
pub(crate) const SESSION_ROW: &str = "session_row";

/// The kinds stored here.
pub const KINDS: &[Kind] = &[
    Kind::Goal,
    Kind::Task,
    Kind::ToolCall,
    Kind::Decision,
    Kind::Pattern,
    Kind::AgentState,
    Kind::Session,
    Kind::Message,
    Kind::Interaction,
    Kind::Entry,
    Kind::Event,
    Kind::Summary,
    Kind::Preference,
    Kind::Persona,
];

/// The kinds whose rows leave stubs, children first.
pub(crate) const WITH_STUBS: &[Kind] = &[Kind::Task, Kind::Goal, Kind::Session];

/// The tables, parents first.
static TABLES: &[Table] = &[
    Table {
        stub: Some(Stub {
            blank: "description = '', result = NULL, metadata = 'null'",
            unlinked: "",
        }),
        ..Table::alone(Kind::Goal)
    },
    Table {
        parent: Some(Parent { field: "goal_id", column: "goal_row", kind: Kind::Goal }),
        of_session: true,
        stub: Some(Stub {
            blank: "description = '', input = 'null', output = 'null', summary = NULL,
                result = NULL, error = NULL, metadata = 'null'",
            unlinked: "agent = '', goal_id = NULL, goal_row = NULL, session_row = NULL,",
        }),
        ..Table::alone(Kind::Task)
    },
    Table {
        parent: Some(Parent { field: "task_id", column: "task_row", kind: Kind::Task }),
        ..Table::alone(Kind::ToolCall)
    },
    Table::alone(Kind::Decision),
    Table::alone(Kind::Pattern),
    Table::alone(Kind::AgentState),
    Table {
        stub: Some(Stub { blank: "summary = NULL", unlinked: "" }),
        ..Table::alone(Kind::Session)
    },
    Table { of_session: true, ..Table::alone(Kind::Message) },
    Table::alone(Kind::Interaction),
    Table::alone(Kind::Entry),
    Table::alone(Kind::Event),
    Table::alone(Kind::Summary),
    Table::alone(Kind::Preference),
    Table::alone(Kind::Persona),
];

/// Returns the table of a kind; `None` if the kind is not one of [`KINDS`].
pub(crate) fn find(kind: Kind) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.kind == kind)
}

/// Returns the table of one of [`KINDS`].
pub(crate) fn of(kind: Kind) -> &'static Table {
    find(kind).expect("the kind is stored here")
}

/// Returns true if rows of this kind stay as stubs for the rows that refer to them.
pub(crate) fn leaves_stub(kind: Kind) -> bool {
    find(kind).is_some_and(|table| table.stub.is_some())
}

/// Returns the references to records of a kind: the referring kind, and its column. Messages come
/// before tasks.
pub(crate) fn children(kind: Kind) -> impl Iterator<Item = (Kind, &'static str)> {
    TABLES.iter().rev().filter_map(move |table| {
        let of_session = table.of_session && kind == Kind::Session;
        let parent = table.parent.filter(|parent| parent.kind == kind);
        let column = parent.map(|parent| parent.column).or(of_session.then_some(SESSION_ROW));
        column.map(|column| (table.kind, column))
    })
}

/// Builds the condition that a row is not a stub; true for tables without stubs.
pub(crate) fn whole(kind: Kind) -> &'static str {
    if leaves_stub(kind) { "NOT stub" } else { "TRUE" }
}

/// Builds the condition that a row of a parent's table has children.
pub(crate) fn has_children(kind: Kind) -> String {
    has_children_of(kind, "")
}

/// Builds the condition that a row is not a stub, or has a child of the owners that `owners`
/// selects. A stub kept only by other owners' records does not exist for anyone else.
pub(crate) fn stands(kind: Kind, owners: &str) -> String {
    match leaves_stub(kind) {
        true => format!("(NOT stub OR {})", has_children_of(kind, &format!(" AND c.{owners}"))),
        false => "TRUE".to_owned(),
    }
}

fn has_children_of(kind: Kind, which: &str) -> String {
    let table = kind.collection();
    let any = children(kind).map(|(child, column)| {
        let children = child.collection();
        format!("EXISTS (SELECT 1 FROM {children} AS c WHERE c.{column} = {table}.row{which})")
    });
    format!("({})", any.collect::<Vec<_>>().join(" OR "))
}

impl Table {
    const fn alone(kind: Kind) -> Table {
        Table { kind, parent: None, of_session: false, stub: None }
    }

    /// Returns the name of the table.
    pub(crate) fn name(&self) -> &'static str {
        self.kind.collection()
    }
}

impl Stub {
    /// Builds the statement that turns the rows that `which` selects into stubs, and returns their
    /// numbers and owners.
    pub(crate) fn moving_out(&self, kind: Kind, which: &str) -> String {
        let (table, blank, has_children) = (kind.collection(), self.blank, has_children(kind));
        format!(
            "UPDATE {table} SET stub = TRUE, {blank} WHERE ({which}) AND NOT stub
             AND {has_children} RETURNING row, owner"
        )
    }

    /// Builds the statement that turns row `?1` into a stub without owner, which no id finds.
    pub(crate) fn disowning(&self, kind: Kind) -> String {
        let (table, blank, unlinked) = (kind.collection(), self.blank, self.unlinked);
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
