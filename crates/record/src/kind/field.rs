//! Fields of records: names, types and rules. The fields of each kind are in `table`. Not here: the
//! conversion of given values to the type of a field.

use serde::Serialize;

/// Maximum length of a label (a status, role, name or key), in bytes.
pub const LABEL_BYTES_MAX: usize = 4096;

/// A field of the records of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Field {
    /// Name in JSON.
    pub name: &'static str,
    /// Another accepted name, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<&'static str>,
    /// Meaning, in a sentence or two.
    pub about: &'static str,
    /// Type of its value.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// Smallest accepted whole number, if it is bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Largest accepted whole number, if it is bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Known words, if the type is [`ValueType::Word`]. Other words are kept unchanged.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub words: &'static [&'static str],
    /// Requirement of the field in a record.
    pub need: Need,
    /// Writer of its value.
    pub set_by: SetBy,
    /// True if searches find the record by it.
    #[serde(rename = "searched")]
    pub is_searched: bool,
    /// True if the guard examines it for secrets and injections. A value that names something is
    /// not examined, since a redacted name would be useless.
    #[serde(rename = "guarded")]
    pub is_guarded: bool,
    /// Role of its strings in recognising the record's texts after they are forgotten.
    #[serde(skip)]
    pub recognition: Recognition,
    /// The field that stores it as a member of its value. `None` if it is stored separately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_of: Option<&'static str>,
    /// An example of its text. `None` if any text fits.
    #[serde(skip)]
    pub instance: Option<&'static str>,
}

/// The type of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValueType {
    /// Text.
    Text,
    /// A text, or a list of texts.
    Texts,
    /// A word of an open vocabulary, at most [`LABEL_BYTES_MAX`] bytes.
    Word,
    /// The id of the record itself or of another record, 1 to [`ID_BYTES_MAX`](crate::ID_BYTES_MAX)
    /// bytes.
    Id,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A number from 0 to 1; others are clamped.
    Share,
    /// A truth value.
    Truth,
    /// A point in time, not before 1970.
    Time,
    /// A list of labels.
    Labels,
    /// A list of keys of records, such as `goal/g1`, that the record was made from.
    Keys,
    /// A [scope](crate::Scope).
    Scope,
    /// A [provenance](crate::Provenance).
    Provenance,
    /// Any JSON value.
    Json,
}

impl ValueType {
    /// Returns a description of the expected value.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            ValueType::Text => "text",
            ValueType::Texts => "text or a list of texts",
            ValueType::Word => "a word",
            ValueType::Id => "an id",
            ValueType::Whole => "a whole number",
            ValueType::Number => "a number",
            ValueType::Share => "a number from 0 to 1",
            ValueType::Truth => "true or false",
            ValueType::Time => "a time, such as 2026-05-08T13:56:00Z",
            ValueType::Labels => "a list of labels",
            ValueType::Keys => "a list of keys, such as goal/g1",
            ValueType::Scope => "an object with user, project, agent or session",
            ValueType::Provenance => "an object with module, client or task_id",
            ValueType::Json => "JSON",
        }
    }
}

/// The requirement of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Every record needs it.
    Required,
    /// Every record needs at least one of the kind's fields of this need, with some text.
    OneOf,
    /// It may be left out.
    Optional,
}

/// The writer of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetBy {
    /// The caller who gives the record.
    Caller,
    /// The tier, or a caller of its typed API. It is ignored in a record that is given as an
    /// object.
    Tier,
}

/// The role of a field's strings in recognising forgotten texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recognition {
    /// A text of the record. A record with such a text is recognised by it.
    Text,
    /// A sentence that stands for the record like its text, and is recognised in any record.
    Sentence,
    /// A value, recognised only as the whole text of a record, because unrelated records may share
    /// it.
    Value,
    /// A name, which is ignored.
    Name,
    /// A name that a text of the record may repeat. Such a text is ignored as well.
    Title,
}

impl Field {
    const fn new(name: &'static str, value_type: ValueType, about: &'static str) -> Field {
        let is_name = matches!(
            value_type,
            ValueType::Id | ValueType::Time | ValueType::Scope | ValueType::Provenance
        );
        let only_names = matches!(
            value_type,
            ValueType::Id
                | ValueType::Scope
                | ValueType::Provenance
                | ValueType::Labels
                | ValueType::Keys
        );
        Field {
            name,
            alias: None,
            about,
            value_type,
            min: None,
            max: None,
            words: &[],
            need: Need::Optional,
            set_by: SetBy::Caller,
            is_searched: false,
            is_guarded: !is_name,
            recognition: if only_names { Recognition::Name } else { Recognition::Text },
            member_of: None,
            instance: None,
        }
    }

    pub(super) const fn required(self) -> Field {
        Field { need: Need::Required, ..self }
    }

    pub(super) const fn one_of(self) -> Field {
        Field { need: Need::OneOf, ..self }
    }

    pub(super) const fn searched(self) -> Field {
        Field { is_searched: true, ..self }
    }

    pub(super) const fn by_tier(self) -> Field {
        Field { set_by: SetBy::Tier, ..self }
    }

    pub(super) const fn guarded(self) -> Field {
        Field { is_guarded: true, ..self }
    }

    pub(super) const fn unguarded(self) -> Field {
        Field { is_guarded: false, ..self }
    }

    pub(super) const fn sentence(self) -> Field {
        Field { recognition: Recognition::Sentence, ..self }
    }

    pub(super) const fn value(self) -> Field {
        Field { recognition: Recognition::Value, ..self }
    }

    pub(super) const fn naming(self) -> Field {
        Field { recognition: Recognition::Name, ..self }
    }

    pub(super) const fn title(self) -> Field {
        Field { recognition: Recognition::Title, ..self }
    }

    pub(super) const fn or_named(self, alias: &'static str) -> Field {
        Field { alias: Some(alias), ..self }
    }

    pub(super) const fn in_member_of(self, field: &'static str) -> Field {
        Field { member_of: Some(field), ..self }
    }

    pub(super) const fn such_as(self, instance: &'static str) -> Field {
        Field { instance: Some(instance), ..self }
    }

    pub(super) const fn at_least(self, min: i64) -> Field {
        Field { min: Some(min), ..self }
    }

    pub(super) const fn at_most(self, max: i64) -> Field {
        Field { max: Some(max), ..self }
    }

    /// Returns a description of the expected value, with its bounds.
    #[must_use]
    pub fn expected(&self) -> String {
        let expected = self.value_type.expected();
        match (self.min, self.max) {
            (None, None) => expected.to_owned(),
            (Some(min), None) => format!("{expected} from {min}"),
            (None, Some(max)) => format!("{expected} up to {max}"),
            (Some(min), Some(max)) => format!("{expected} from {min} to {max}"),
        }
    }

    /// Returns true if a whole number is within the field's bounds.
    #[must_use]
    pub fn admits(&self, number: i64) -> bool {
        self.min.is_none_or(|min| min <= number) && self.max.is_none_or(|max| number <= max)
    }
}

macro_rules! constructors {
    ($($name:ident: $type:ident),* $(,)?) => {
        $(
            pub(super) const fn $name(name: &'static str, about: &'static str) -> Field {
                Field::new(name, ValueType::$type, about)
            }
        )*
    };
}

constructors! {
    text: Text, texts: Texts, id: Id, whole: Whole, number: Number, share: Share, truth: Truth,
    time: Time, labels: Labels, keys: Keys, scope: Scope, provenance: Provenance, json: Json,
}

pub(super) const fn word(
    name: &'static str,
    words: &'static [&'static str],
    about: &'static str,
) -> Field {
    Field { words, ..Field::new(name, ValueType::Word, about) }
}
