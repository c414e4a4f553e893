//! Procedures: steps that solved a task, with counts of their outcomes.

use aios_record::{Change, Id, Key, Kind, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::item::{Item, Meta, read, record_of, with_origins};
use crate::{Error, LongtermView, write::Trace};

/// Steps that solved a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Procedure {
    /// Unique among procedures. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// Name of the procedure.
    #[serde(default)]
    pub name: String,
    /// Purpose of the procedure.
    #[serde(default)]
    pub description: String,
    /// Tool calls, in order.
    #[serde(default)]
    pub steps: Value,
    /// Number of successful uses. Default: 0.
    #[serde(default)]
    pub success_count: u64,
    /// Number of failed uses. Default: 0.
    #[serde(default)]
    pub fail_count: u64,
    /// Mean duration of all uses, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avg_duration_ms: Option<f64>,
    /// Labels to filter by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Time of creation. Default: the time at which it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Time at which its last outcome was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// Common fields: scope, provenance, importance, expiry and others.
    #[serde(flatten)]
    pub meta: Meta,
}

/// Outcome of one use of a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The procedure achieved its purpose.
    Success,
    /// The procedure did not achieve its purpose.
    Failure,
}

impl Procedure {
    /// Creates a procedure with this name and purpose, and no steps.
    #[must_use]
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Procedure {
        Procedure {
            id: Id::generate(),
            name: name.into(),
            description: description.into(),
            steps: Value::Array(Vec::new()),
            success_count: 0,
            fail_count: 0,
            avg_duration_ms: None,
            tags: Vec::new(),
            created_at: None,
            last_used: None,
            meta: Meta::default(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "uses are counted one by one")]
    fn count(&mut self, outcome: Outcome, duration_ms: u64, now: Timestamp) {
        match outcome {
            Outcome::Success => self.success_count += 1,
            Outcome::Failure => self.fail_count += 1,
        }
        let uses = (self.success_count + self.fail_count) as f64;
        let before = self.avg_duration_ms.unwrap_or(duration_ms as f64);
        self.avg_duration_ms = Some(before + (duration_ms as f64 - before) / uses);
        self.last_used = Some(now);
    }
}

impl Item for Procedure {
    const KIND: Kind = Kind::Procedure;

    fn id(&self) -> &Id {
        &self.id
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn prose(&self) -> Vec<&str> {
        vec![&self.name, &self.description]
    }

    fn shape(&self, record: Record) -> Record {
        Record {
            title: Some(self.name.clone()).filter(|name| !name.is_empty()),
            tags: self.tags.clone(),
            occurred_at: self.created_at,
            ..record
        }
    }
}

/// The procedures, as a view shows them.
///
/// ```
/// # use aios_longterm::{Config, Longterm, Outcome, Procedure};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let procedure = Procedure::new("restart the gateway", "Stop it, wait ten seconds, start it.");
/// let id = longterm.procedures().put(procedure).await?;
///
/// let counted = longterm.procedures().count(&id, Outcome::Success, 1_200).await?;
/// assert_eq!(counted.success_count, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Procedures<'a> {
    view: &'a LongtermView,
}

impl LongtermView {
    /// Returns the procedures.
    #[must_use]
    pub fn procedures(&self) -> Procedures<'_> {
        Procedures { view: self }
    }
}

impl Procedures<'_> {
    /// Stores a procedure, replacing any with the same id and its counts, and returns its id. A
    /// procedure without `created_at` gets the current time.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it has neither a name nor a description; as
    /// [`store`](LongtermView::store).
    pub async fn put(self, procedure: Procedure) -> Result<Id, Error> {
        let created_at = procedure.created_at.or_else(|| Some(self.view.parts.intake.now()));
        self.view.store_item(&Procedure { created_at, ..procedure }).await
    }

    /// Returns the procedure with this id, or `None` if it is not stored.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the record is not a procedure; [`Error::Journal`], [`Error::Library`]
    /// if a store cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Procedure>, Error> {
        self.view.item(id).await
    }

    /// Counts one use of a procedure, and returns the new version. Every acknowledged outcome is
    /// counted, even if other callers and processes count at the same time, and searches find the
    /// procedure throughout. Counts make no version in its [`history`](LongtermView::history).
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such procedure, [`Error::Contended`] if other processes
    /// keep changing it; as [`store`](LongtermView::store).
    pub async fn count(
        self,
        id: &Id,
        outcome: Outcome,
        duration_ms: u64,
    ) -> Result<Procedure, Error> {
        let now = self.view.parts.intake.now();
        let key = Key::new(Kind::Procedure, id.clone());
        let record = self
            .view
            .change(&key, Trace::Counted, |record| {
                let mut procedure: Procedure = read(&record)?;
                procedure.count(outcome, duration_ms, now);
                let counted = record_of(&procedure)?;
                Ok(vec![Change::Upsert(Box::new(with_origins(counted, record)))])
            })
            .await?;
        read(&record)
    }
}
