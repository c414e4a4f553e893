//! Incidents: failures with their causes and fixes.

use aios_record::{Id, Kind, Record, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::{Item, Meta};
use crate::{Error, LongtermView};

/// A failure with its cause and its fix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Unique among incidents. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// Description of the failure.
    #[serde(default)]
    pub description: String,
    /// Observed symptoms. A single text counts as a list of one.
    #[serde(default, deserialize_with = "texts")]
    pub symptoms: Vec<String>,
    /// Cause of the failure.
    #[serde(default)]
    pub root_cause: String,
    /// The fix.
    #[serde(default)]
    pub resolution: String,
    /// Author of the fix.
    #[serde(default)]
    pub resolved_by: String,
    /// Measure that prevents a recurrence.
    #[serde(default)]
    pub prevention: String,
    /// Time of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Common fields: scope, provenance, importance, expiry and others.
    #[serde(flatten)]
    pub meta: Meta,
}

impl Incident {
    /// Creates an incident with this description and no other details.
    #[must_use]
    pub fn new(description: impl Into<String>) -> Incident {
        Incident {
            id: Id::generate(),
            description: description.into(),
            symptoms: Vec::new(),
            root_cause: String::new(),
            resolution: String::new(),
            resolved_by: String::new(),
            prevention: String::new(),
            timestamp: None,
            meta: Meta::default(),
        }
    }
}

impl Item for Incident {
    const KIND: Kind = Kind::Incident;

    fn id(&self) -> &Id {
        &self.id
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn prose(&self) -> Vec<&str> {
        let symptoms = self.symptoms.iter().map(String::as_str);
        let rest = [&*self.root_cause, &*self.resolution, &*self.prevention];
        std::iter::once(&*self.description).chain(symptoms).chain(rest).collect()
    }

    fn shape(&self, record: Record) -> Record {
        Record { occurred_at: self.timestamp, ..record }
    }
}

/// The incidents, as a view shows them.
///
/// ```
/// # use aios_longterm::{Config, Longterm, Incident};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let incident = Incident {
///     resolution: "renewed the certificate".to_owned(),
///     ..Incident::new("the gateway was down")
/// };
/// let id = longterm.incidents().put(incident.clone()).await?;
/// assert_eq!(longterm.incidents().get(&id).await?, Some(incident));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Incidents<'a> {
    view: &'a LongtermView,
}

impl LongtermView {
    /// Returns the incidents.
    #[must_use]
    pub fn incidents(&self) -> Incidents<'_> {
        Incidents { view: self }
    }
}

impl Incidents<'_> {
    /// Stores an incident, replacing any with the same id, and returns its id.
    ///
    /// # Errors
    /// [`Error::Invalid`] if all of its texts are empty; as [`store`](LongtermView::store).
    pub async fn put(self, incident: Incident) -> Result<Id, Error> {
        self.view.store_item(&incident).await
    }

    /// Returns the incident with this id, or `None` if it is not stored.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the record is not an incident; [`Error::Journal`], [`Error::Library`]
    /// if a store cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Incident>, Error> {
        self.view.item(id).await
    }
}

/// Deserializes a list of texts, or one text.
fn texts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::Several(texts) => texts,
    })
}
