//! Classes of words, as bits of a set.

/// A class of words; a word may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Words without meaning of their own.
    Closed,
    /// `I`, `we`, `me`, `us`, `my`, `our`, `mine`, `ours`, `myself`, `ourselves`.
    First,
    /// `you` and its forms.
    Second,
    /// `he`, `she`, `it`, `they` and their forms.
    Third,
    /// `my`, `our`.
    Mine,
    Determiner,
    Preposition,
    Conjunction,
    /// Forms of `be`, `have`, `do`, and modal verbs.
    Auxiliary,
    /// Words that open a question.
    Asking,
    Negation,
    /// `maybe`, `might`, `wish`, `would`, and other marks of what is not the case.
    Hypothesis,
    Greeting,
    /// Words of praise and thanks.
    Praise,
    Number,
    Weekday,
    Month,
    /// `day`, `week`, `yesterday`, `ago` and other words of time.
    Time,
    Verb,
    /// People and animals that belong to somebody: `sister`, `boss`, `dog`.
    Relation,
    Spouse,
    Pet,
    /// `now`, `nowadays`, `currently`.
    Current,
    /// `also`, `too`, `another`.
    Additional,
    /// Verbs that end their object: `quit`, `cancel`, `sell`.
    Ending,
    /// Verbs whose subject ends: `die`, `retire`, `expire`.
    Ceasing,
    /// Verbs that change a value: `move`, `rename`, `postpone`.
    Changing,
    /// Verbs of liking, and of disliking.
    Liking,
    Disliking,
    /// Verbs of speech and thought, whose clause is somebody's report.
    Reporting,
    /// Nouns that say little alone: `class`, `account`, `trip`.
    Generic,
    /// Nouns and suffixes of occupations.
    Occupation,
    Diet,
    Status,
    Zone,
    Transport,
    Drink,
    Instrument,
    Tongue,
    Editor,
    System,
    Database,
    Vehicle,
    Device,
    Software,
    Medicine,
    Venue,
    /// Verbs that begin a new state: `start`, `join`, `adopt`.
    Starting,
    Opinion,
    /// Nouns of a project or group at work.
    Work,
    /// Injuries and illnesses.
    Ailment,
    /// A year before that of the message, marked as the message is read.
    Bygone,
}

impl Class {
    pub(crate) fn bit(self) -> u64 {
        1 << (self as u8)
    }
}

/// Kinds of values that exclude each other, and a person or project usually has one.
pub(crate) const EXCLUSIVE: u64 = 1 << Class::Drink as u8
    | 1 << Class::Instrument as u8
    | 1 << Class::Tongue as u8
    | 1 << Class::Editor as u8
    | 1 << Class::System as u8
    | 1 << Class::Database as u8
    | 1 << Class::Vehicle as u8
    | 1 << Class::Device as u8
    | 1 << Class::Software as u8
    | 1 << Class::Medicine as u8;
