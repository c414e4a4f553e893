//! The representation of each type of setting in a file, in the environment, and in output.

use std::{ffi::OsStr, fmt::Display, ops::RangeInclusive, path::PathBuf, str::FromStr};

use aios_guard::Policy;
use aios_longterm::{Access, Durability, Language};
use aios_operational::Keep;
use aios_record::{Error, Kind, Tier};
use toml::Value;

use super::{
    extractor::Extractor,
    home::expand_home,
    log::{LogFormat, LogLevel},
};
use crate::tokens::Tokenizer;

/// A type of a setting. Its errors describe the expected value.
pub(crate) trait Setting: Sized {
    /// The bounds of its values.
    type Bounds;

    fn read(value: &Value, bounds: &Self::Bounds) -> Result<Self, String>;
    fn parse(text: &str, bounds: &Self::Bounds) -> Result<Self, String>;
    /// Returns an error if `read` and `parse` would not accept the value.
    fn check(&self, bounds: &Self::Bounds) -> Result<(), String>;
    fn show(&self) -> Value;

    /// Replaces `~` by `home` in a path.
    fn expand(&mut self, _home: Option<&OsStr>) -> Result<(), String> {
        Ok(())
    }
}

/// Returns the number if it is present and within its bounds.
fn bounded<T: PartialOrd + Display>(
    number: Option<T>,
    what: &str,
    bounds: &RangeInclusive<T>,
) -> Result<T, String> {
    let within = number.filter(|number| bounds.contains(number));
    within.ok_or_else(|| format!("{what} from {} to {}", bounds.start(), bounds.end()))
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl Setting for $type {
            type Bounds = RangeInclusive<$type>;

            fn read(value: &Value, bounds: &Self::Bounds) -> Result<Self, String> {
                let number = value.as_integer().and_then(|number| number.try_into().ok());
                bounded(number, "a whole number", bounds)
            }

            fn parse(text: &str, bounds: &Self::Bounds) -> Result<Self, String> {
                bounded(text.trim().parse().ok(), "a whole number", bounds)
            }

            fn check(&self, bounds: &Self::Bounds) -> Result<(), String> {
                bounded(Some(*self), "a whole number", bounds).map(drop)
            }

            fn show(&self) -> Value {
                Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }
    )*};
}

whole_numbers!(usize, u64);

// The bounds exclude NaN and infinities.
impl Setting for f64 {
    type Bounds = RangeInclusive<f64>;

    fn read(value: &Value, bounds: &Self::Bounds) -> Result<Self, String> {
        let whole = || value.as_integer().map(|number| number as f64);
        bounded(value.as_float().or_else(whole), "a number", bounds)
    }

    fn parse(text: &str, bounds: &Self::Bounds) -> Result<Self, String> {
        bounded(text.trim().parse().ok(), "a number", bounds)
    }

    fn check(&self, bounds: &Self::Bounds) -> Result<(), String> {
        bounded(Some(*self), "a number", bounds).map(drop)
    }

    fn show(&self) -> Value {
        Value::Float(*self)
    }
}

impl Setting for String {
    /// Minimum and maximum number of characters.
    type Bounds = RangeInclusive<usize>;

    fn read(value: &Value, bounds: &Self::Bounds) -> Result<Self, String> {
        String::parse(value.as_str().ok_or("a quoted string")?, bounds)
    }

    fn parse(text: &str, bounds: &Self::Bounds) -> Result<Self, String> {
        match bounds.contains(&text.chars().count()) {
            true => Ok(text.to_owned()),
            false => Err(format!("a string of {} to {} characters", bounds.start(), bounds.end())),
        }
    }

    fn check(&self, bounds: &Self::Bounds) -> Result<(), String> {
        String::parse(self, bounds).map(drop)
    }

    fn show(&self) -> Value {
        Value::String(self.clone())
    }
}

impl Setting for bool {
    type Bounds = ();

    fn read(value: &Value, (): &()) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "true or false".to_owned())
    }

    fn parse(text: &str, (): &()) -> Result<Self, String> {
        text.trim().parse().map_err(|_| "true or false".to_owned())
    }

    fn check(&self, (): &()) -> Result<(), String> {
        Ok(())
    }

    fn show(&self) -> Value {
        Value::Boolean(*self)
    }
}

impl Setting for PathBuf {
    type Bounds = ();

    fn read(value: &Value, (): &()) -> Result<Self, String> {
        value.as_str().map(PathBuf::from).ok_or_else(|| "a quoted string".to_owned())
    }

    fn parse(text: &str, (): &()) -> Result<Self, String> {
        Ok(PathBuf::from(text))
    }

    /// Dependencies take paths as text, and a lossy conversion would name another directory.
    fn check(&self, (): &()) -> Result<(), String> {
        match self.to_str() {
            Some(_) => Ok(()),
            None => Err("a UTF-8 path".to_owned()),
        }
    }

    fn show(&self) -> Value {
        Value::String(self.display().to_string())
    }

    fn expand(&mut self, home: Option<&OsStr>) -> Result<(), String> {
        *self = expand_home(self, home)?;
        Ok(())
    }
}

/// A setting whose value is one of several words.
trait Choice: Sized + Copy + PartialEq + 'static {
    const CHOICES: &'static [(&'static str, Self)];
}

fn read_choice<T: Choice>(text: &str) -> Result<T, String> {
    let found = T::CHOICES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    found.map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<_> = T::CHOICES.iter().map(|(name, _)| *name).collect();
        format!("one of {}", names.join(", "))
    })
}

fn show_choice<T: Choice>(choice: T) -> Value {
    let name = T::CHOICES.iter().find(|(_, known)| *known == choice).map(|(name, _)| *name);
    Value::String(name.expect("every value that a setting can take has a name").to_owned())
}

macro_rules! choices {
    ($($type:ty { $($name:literal = $value:expr),* $(,)? })*) => {$(
        impl Choice for $type {
            const CHOICES: &'static [(&'static str, Self)] = &[$(($name, $value)),*];
        }

        impl Setting for $type {
            type Bounds = ();

            fn read(value: &Value, (): &()) -> Result<Self, String> {
                read_choice(value.as_str().unwrap_or_default())
            }

            fn parse(text: &str, (): &()) -> Result<Self, String> {
                read_choice(text)
            }

            fn check(&self, (): &()) -> Result<(), String> {
                Ok(())
            }

            fn show(&self) -> Value {
                show_choice(*self)
            }
        }
    )*};
}

choices! {
    Access { "read_write" = Access::ReadWrite, "read_only" = Access::ReadOnly }
    Durability { "full" = Durability::Full, "normal" = Durability::Normal }
    Keep { "critical" = Keep::Critical, "all" = Keep::All, "none" = Keep::Nothing }
    Language {
        "auto" = Language::Auto,
        "english" = Language::English,
        "german" = Language::German,
        "spanish" = Language::Spanish,
        "french" = Language::French,
        "italian" = Language::Italian,
        "portuguese" = Language::Portuguese,
        "dutch" = Language::Dutch,
        "russian" = Language::Russian,
        "none" = Language::None,
    }
    LogFormat { "text" = LogFormat::Text, "json" = LogFormat::Json }
    LogLevel {
        "error" = LogLevel::Error,
        "warn" = LogLevel::Warn,
        "info" = LogLevel::Info,
        "debug" = LogLevel::Debug,
    }
    Extractor {
        "rules" = Extractor::Rules,
        "chat" = Extractor::Chat,
        "local" = Extractor::Local,
    }
    Policy { "mark" = Policy::Mark, "redact" = Policy::Redact, "refuse" = Policy::Refuse }
    Tokenizer {
        "embedder" = Tokenizer::Embedder,
        "o200k" = Tokenizer::O200k,
        "cl100k" = Tokenizer::Cl100k,
        "estimate" = Tokenizer::Estimate,
    }
}

macro_rules! lists_of_names {
    ($($type:ty: $parse:expr),*) => {$(
        impl Setting for Vec<$type> {
            type Bounds = ();

            fn read(value: &Value, (): &()) -> Result<Self, String> {
                let list = value.as_array().ok_or("a list of names in brackets")?;
                let names = list.iter().map(|name| name.as_str().unwrap_or_default());
                names.map(|name| $parse(name).map_err(|error: Error| error.to_string())).collect()
            }

            fn parse(text: &str, (): &()) -> Result<Self, String> {
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                names.map(|name| $parse(name).map_err(|error: Error| error.to_string())).collect()
            }

            fn check(&self, (): &()) -> Result<(), String> {
                Ok(())
            }

            fn show(&self) -> Value {
                Value::Array(self.iter().map(|name| Value::String(name.to_string())).collect())
            }
        }
    )*};
}

lists_of_names!(Kind: Kind::meant_by, Tier: Tier::from_str, String: any_name);

fn any_name(name: &str) -> Result<String, Error> {
    Ok(name.to_owned())
}
