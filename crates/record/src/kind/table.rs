//! The table of kinds: the one place that states the home, the parents, the rules and the fields of
//! each. The tiers, the umbrella, the importers and the command line derive their lists from it;
//! tests compare it with the types and tables that cannot be derived.

use super::{
    Kind,
    description::Description,
    field::{Field, Need, Recognition, SetBy, ValueType},
    longterm,
    rules::{Feeding, FreeFields, Home, Mutability, Parent},
    working,
};

/// Builds the list of the kinds for which a function returns true, at compile time.
macro_rules! kinds_that {
    ($is_one:ident) => {{
        const COUNT: usize = {
            let (mut count, mut at) = (0, 0);
            while at < Kind::ALL.len() {
                if $is_one(Kind::ALL[at]) {
                    count += 1;
                }
                at += 1;
            }
            count
        };
        const FOUND: [Kind; COUNT] = {
            let mut found = [Kind::Goal; COUNT];
            let (mut count, mut at) = (0, 0);
            while at < Kind::ALL.len() {
                if $is_one(Kind::ALL[at]) {
                    found[count] = Kind::ALL[at];
                    count += 1;
                }
                at += 1;
            }
            found
        };
        &FOUND
    }};
}

const fn is_in_working(kind: Kind) -> bool {
    !matches!(kind.description().home, Home::Longterm)
}

const fn is_fed_by_default(kind: Kind) -> bool {
    matches!(kind.description().feeding, Feeding::Default)
}

impl Kind {
    /// The kinds that working memory stores, in the order of [`Kind::ALL`].
    pub const IN_WORKING: &[Kind] = kinds_that!(is_in_working);

    /// The kinds that are fed to long-term memory by default.
    pub const FED: &[Kind] = kinds_that!(is_fed_by_default);

    const fn description(self) -> &'static Description {
        match self {
            Kind::Goal => &working::GOAL,
            Kind::Task => &working::TASK,
            Kind::ToolCall => &working::TOOL_CALL,
            Kind::Decision => &working::DECISION,
            Kind::Pattern => &working::PATTERN,
            Kind::AgentState => &working::AGENT_STATE,
            Kind::Session => &working::SESSION,
            Kind::Message => &working::MESSAGE,
            Kind::Interaction => &working::INTERACTION,
            Kind::Entry => &working::ENTRY,
            Kind::File => &working::FILE,
            Kind::Event => &working::EVENT,
            Kind::Preference => &working::PREFERENCE,
            Kind::Persona => &working::PERSONA,
            Kind::Procedure => &longterm::PROCEDURE,
            Kind::Incident => &longterm::INCIDENT,
            Kind::ConfigChange => &longterm::CONFIG_CHANGE,
            Kind::Knowledge => &longterm::KNOWLEDGE,
            Kind::Note => &longterm::NOTE,
            Kind::Fact => &working::FACT,
            Kind::Summary => &longterm::SUMMARY,
        }
    }

    /// Returns the tier that stores its records first.
    #[must_use]
    pub fn home(self) -> Home {
        self.description().home
    }

    /// Returns true if the records that callers give are stored in long-term memory directly.
    #[must_use]
    pub fn is_direct(self) -> bool {
        self.home() != Home::Working
    }

    /// Returns true if its records are only in long-term memory, which keeps them permanently.
    #[must_use]
    pub fn is_kept(self) -> bool {
        self.home() == Home::Longterm
    }

    /// Returns true if a record is a value under a key, which is its id: preferences and persona.
    #[must_use]
    pub fn is_setting(self) -> bool {
        self.id_field().name == "key"
    }

    /// Returns the kinds that its records may belong to.
    #[must_use]
    pub fn parents(self) -> &'static [Parent] {
        self.description().parents
    }

    /// Returns the kinds whose records may belong to a record of this kind.
    pub fn children(self) -> impl DoubleEndedIterator<Item = Kind> {
        let is_child = move |kind: &Kind| kind.parents().iter().any(|parent| parent.kind == self);
        Kind::ALL.iter().copied().filter(is_child)
    }

    /// Returns true if fields of a record may name others that it belongs to or was made from.
    #[must_use]
    pub fn names_origins(self) -> bool {
        self.parents().iter().any(|parent| parent.field.is_some())
            || self.fields().iter().any(|field| field.value_type == ValueType::Keys)
    }

    /// Returns the accepted changes of stored records.
    #[must_use]
    pub fn mutability(self) -> Mutability {
        self.description().mutability
    }

    /// Returns the treatment of fields that the kind does not define.
    #[must_use]
    pub fn free_fields(self) -> FreeFields {
        self.description().free_fields
    }

    /// Returns the condition under which its records are fed to long-term memory.
    #[must_use]
    pub fn feeding(self) -> Feeding {
        self.description().feeding
    }

    /// Returns the fields specific to the kind. The first one is the id.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        self.description().fields
    }

    /// Returns the fields that it shares with other kinds. One of its own may have the same name.
    #[must_use]
    pub fn common_fields(self) -> &'static [Field] {
        self.description().common
    }

    /// Returns its own fields, then the shared fields that none of its own hides.
    pub fn all_fields(self) -> impl Iterator<Item = &'static Field> {
        let own = self.fields();
        let is_free = move |field: &&Field| own.iter().all(|known| known.name != field.name);
        own.iter().chain(self.common_fields().iter().filter(is_free))
    }

    /// Returns the field with this name or alias.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.all_fields().find(|field| field.name == name || field.alias == Some(name))
    }

    /// Returns the field with the id. If the id is not [required](Need::Required), one is made.
    #[must_use]
    pub fn id_field(self) -> &'static Field {
        &self.fields()[0]
    }

    /// Returns the fields by which searches find a record, in the order of its text.
    pub fn searched_fields(self) -> impl Iterator<Item = &'static Field> {
        self.fields().iter().filter(|field| field.is_searched)
    }

    /// Returns true if the strings of a field only refer to something: to the record itself, its
    /// parents, the records that it was made from, its scope or its writer.
    #[must_use]
    pub fn is_reference(self, field: &str) -> bool {
        let is_parent = |parent: &Parent| parent.field == Some(field);
        self.field(field).is_some_and(|known| match known.value_type {
            ValueType::Scope | ValueType::Provenance | ValueType::Keys => true,
            ValueType::Id => known.name == "id" || self.parents().iter().any(is_parent),
            _ => false,
        })
    }

    /// Returns the fields that a caller of `record` may set, the kind's own before the shared ones.
    pub fn given_fields(self) -> impl Iterator<Item = &'static Field> {
        self.all_fields().filter(|field| field.set_by == SetBy::Caller)
    }

    /// Returns the names of the fields that a record needs at least one of.
    pub fn one_of(self) -> impl Iterator<Item = &'static str> {
        let one_of = self.fields().iter().filter(|field| field.need == Need::OneOf);
        one_of.map(|field| field.name)
    }
}

impl Field {
    /// Returns the names of the fields of any kind whose strings have this role in recognising
    /// forgotten texts.
    pub fn recognised(recognition: Recognition) -> impl Iterator<Item = &'static str> {
        let fields = Kind::ALL.iter().flat_map(|kind| kind.all_fields());
        fields.filter(move |field| field.recognition == recognition).map(|field| field.name)
    }
}
