//! The table of each record type: its columns, and the statements derived from them.
//!
//! A type lists its fields once, with [`fields!`], and defines its text and references once, with
//! [`Row`]. No statement contains a caller's text.

use aios_record::{Id, Identity, Kind, Owner, Provenance, Record, Scope};
use rusqlite::types::{FromSqlError, ToSqlOutput};
use serde::Serialize;

use crate::{
    Error,
    column::Column,
    config::EventFeed,
    meta::Meta,
    tables::{self, Parent, SESSION_ROW, Table},
    visible::NOBODY,
};

/// Columns that every record table has after its own.
const META: &[&str] = &[
    "owner",
    "scope_project",
    "scope_agent",
    "scope_session",
    "module",
    "client",
    "provenance_task_id",
    "updated_by",
    "importance",
    "created_at",
    "updated_at",
    "recorded_at",
    "expires_at",
];

/// A record and its columns. Implemented by [`fields!`].
pub(crate) trait Fields: Sized {
    const KIND: Kind;
    /// Columns specific to the kind, after the id and before the common ones.
    const COLUMNS: &'static [&'static str];

    fn statements() -> &'static Statements;

    /// Returns the table of these records.
    fn table() -> &'static Table {
        &Self::statements().table
    }

    fn id(&self) -> &Id;
    fn meta(&self) -> &Meta;
    fn meta_mut(&mut self) -> &mut Meta;
    fn bind(&self) -> Vec<ToSqlOutput<'_>>;
    fn take(columns: &mut Columns<'_>) -> rusqlite::Result<Self>;
    fn check(&self, limit: usize) -> Result<(), Error>;
}

/// Properties of a record beyond its columns.
pub(crate) trait Row: Fields + Serialize + Send + 'static {
    /// Returns the text to index.
    fn text(&self) -> String;

    /// Column of the time at which the record happened, if known.
    const HAPPENED: &'static str = "created_at";

    /// True if an update may move the record to another project, agent or session, because it has
    /// the scope of its subject.
    const MOVES: bool = false;

    /// Returns the id of the parent.
    fn parent(&self) -> Option<&Id> {
        None
    }

    /// Removes the reference to the parent.
    fn detach(&mut self) {}

    /// Returns true if the feed includes this record, given that it includes its kind.
    fn feeds(&self, _events: EventFeed) -> bool {
        true
    }

    /// Adds the parts of the exchange form that are specific to this kind.
    fn describe(&self, _record: &mut Record) {}

    /// Sets derived fields before the record is stored.
    fn settle(&mut self, _now: aios_record::Timestamp) {}
}

/// Defines the columns of a record by its fields, whose names they share.
macro_rules! fields {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl $crate::row::Fields for $type {
            const KIND: aios_record::Kind = aios_record::Kind::$type;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn statements() -> &'static $crate::row::Statements {
                static STATEMENTS: std::sync::LazyLock<$crate::row::Statements> =
                    std::sync::LazyLock::new($crate::row::Statements::of::<$type>);
                &STATEMENTS
            }

            fn id(&self) -> &aios_record::Id {
                &self.id
            }

            fn meta(&self) -> &$crate::Meta {
                &self.meta
            }

            fn meta_mut(&mut self) -> &mut $crate::Meta {
                &mut self.meta
            }

            fn bind(&self) -> Vec<rusqlite::types::ToSqlOutput<'_>> {
                vec![$($crate::column::Column::bind(&self.$field)),*]
            }

            fn take(columns: &mut $crate::row::Columns<'_>) -> rusqlite::Result<$type> {
                Ok($type {
                    id: columns.next()?,
                    $($field: columns.next()?,)*
                    meta: columns.meta()?,
                })
            }

            fn check(&self, limit: usize) -> Result<(), $crate::Error> {
                $($crate::column::Column::check(&self.$field, stringify!($field), limit)?;)*
                Ok(())
            }
        }
    };
}

pub(crate) use fields;

/// Statements derived from a table's columns.
pub(crate) struct Statements {
    table: Table,
    /// `SELECT` of whole records with the owner of their parent, to be followed by a condition.
    pub(crate) select: String,
    /// `INSERT`, returning the row number.
    pub(crate) insert: String,
    /// `UPDATE` by row number, which is the last parameter.
    pub(crate) update: String,
    /// `SELECT` by id and owner of the row number, the scope without the user, the creation and
    /// recording times, the parent, and whether it is anything but a stub kept only by other
    /// owners' records.
    pub(crate) existing: String,
}

impl Statements {
    pub(crate) fn of<T: Row>() -> Statements {
        let of = tables::of(T::KIND);
        let table = of.name();
        let (whole, again) =
            if of.stub.is_some() { ("NOT stub AND", ", stub = FALSE") } else { ("", "") };
        let quoted = |names: &[&str]| {
            names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
        };
        let fields = [&["id"], T::COLUMNS, META].concat();
        let mut columns = fields.clone();
        columns.extend(of.parent.map(|parent| parent.column));
        columns.extend(of.of_session.then_some(SESSION_ROW));
        let marks = (1..=columns.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        let changes = columns.iter().enumerate().skip(1);
        let changes = changes.map(|(n, name)| format!("\"{name}\" = ?{}", n + 1));
        let changes = changes.collect::<Vec<_>>().join(", ");
        let row = columns.len() + 1;
        let (parent, parent_owner) = match of.parent {
            None => ("NULL, NULL".to_owned(), "NULL".to_owned()),
            Some(Parent { field, column, kind }) => {
                let parents = kind.collection();
                let owner = format!(
                    "(SELECT p.owner FROM {parents} AS p
                      WHERE p.row = t.{column} AND p.owner <> {NOBODY})"
                );
                (format!("{field}, {column}"), owner)
            }
        };
        Statements {
            table: of,
            select: format!(
                "SELECT {}, row, {parent_owner} FROM {table} AS t WHERE {whole}",
                quoted(&fields)
            ),
            insert: format!(
                "INSERT INTO {table} ({}) VALUES ({marks}) RETURNING row",
                quoted(&columns)
            ),
            update: format!("UPDATE {table} SET {changes}{again} WHERE row = ?{row}"),
            existing: format!(
                "SELECT row, scope_project, scope_agent, scope_session, created_at, recorded_at,
                     {parent}, {}
                 FROM {table} WHERE id = ?1 AND owner = ?2",
                tables::stands(T::KIND, "owner = ?2")
            ),
        }
    }
}

/// Reads the columns of a row from left to right.
pub(crate) struct Columns<'a> {
    row: &'a rusqlite::Row<'a>,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(row: &'a rusqlite::Row<'a>) -> Columns<'a> {
        Columns { row, next: 0 }
    }

    pub(crate) fn next<T: Column>(&mut self) -> rusqlite::Result<T> {
        let index = self.next;
        self.next += 1;
        let value = self.row.get_ref(index)?;
        T::decode(value).map_err(|error| match error {
            FromSqlError::Other(source) => {
                rusqlite::Error::FromSqlConversionFailure(index, value.data_type(), source)
            }
            other => {
                rusqlite::Error::FromSqlConversionFailure(index, value.data_type(), Box::new(other))
            }
        })
    }

    pub(crate) fn scope(&mut self) -> rusqlite::Result<Scope> {
        let owner: String = self.next()?;
        Ok(Scope {
            user: Some(owner).filter(|owner| !owner.is_empty()),
            project: self.next()?,
            agent: self.next()?,
            session: self.next()?,
        })
    }

    pub(crate) fn meta(&mut self) -> rusqlite::Result<Meta> {
        Ok(Meta {
            scope: self.scope()?,
            provenance: Provenance {
                module: self.next()?,
                client: self.next()?,
                task_id: self.next()?,
                updated_by: self.next()?,
            },
            importance: self.next()?,
            created_at: self.next()?,
            updated_at: self.next()?,
            recorded_at: self.next()?,
            expires_at: self.next()?,
        })
    }
}

/// Binds the columns of [`META`], in its order.
pub(crate) fn bind_meta(meta: &Meta) -> Vec<ToSqlOutput<'_>> {
    vec![
        meta.scope.user.as_deref().unwrap_or_default().into(),
        meta.scope.project.bind(),
        meta.scope.agent.bind(),
        meta.scope.session.bind(),
        meta.provenance.module.bind(),
        meta.provenance.client.bind(),
        meta.provenance.task_id.bind(),
        meta.provenance.updated_by.bind(),
        meta.importance.bind(),
        meta.created_at.bind(),
        meta.updated_at.bind(),
        meta.recorded_at.bind(),
        meta.expires_at.bind(),
    ]
}

/// Checks the fields common to all records.
pub(crate) fn check_meta(meta: &Meta, limit: usize) -> Result<(), Error> {
    for (name, part) in meta.scope.parts() {
        crate::column::label(part.unwrap_or_default(), name)?;
    }
    crate::column::label(&meta.provenance.module, "module")?;
    crate::column::label(meta.provenance.client.as_deref().unwrap_or_default(), "client")?;
    meta.importance.check("importance", limit)?;
    meta.created_at.check("created_at", limit)?;
    meta.updated_at.check("updated_at", limit)?;
    meta.recorded_at.check("recorded_at", limit)?;
    meta.expires_at.check("expires_at", limit)
}

/// Returns the exchange form of a record. `parent_owner` is the owner of its parent, if it has one.
pub(crate) fn record<T: Row>(row: &T, parent_owner: Option<Owner>) -> Record {
    let meta = row.meta();
    let mut record = Record::new(T::KIND, row.id().clone(), row.text(), meta.scope.clone());
    record.provenance = meta.provenance.clone();
    record.importance = meta.importance;
    record.expires_at = meta.expires_at;
    record.occurred_at = meta.created_at;
    record.recorded_at = meta.recorded_at.unwrap_or_default();
    record.payload = serde_json::to_value(row).expect("a record has text keys and finite numbers");
    if let (Some(parent), Some(id), Some(owner)) = (T::table().parent, row.parent(), parent_owner) {
        record.references.push(Identity::new(owner, parent.kind, id.clone()));
    }
    row.describe(&mut record);
    record
}
