//! An answer in the form of a schema: the guide writes its signs and names, the model its values.
//!
//! The schema is the subset that a [`Request`](crate::Request) needs: objects with required
//! properties, lists, texts, and whole numbers.

use serde_json::Value;

use crate::chat::ChatError;

/// Items of the longest list.
const ITEMS_MAX: usize = 16;

/// Tokens of a text that are kept free for the end of an item.
const TEXT_TOKENS: usize = 24;

/// Levels of the deepest schema.
const DEPTH_MAX: usize = 8;

/// A model that continues what the guide wrote.
pub(super) trait Voice {
    /// Returns the tokens that the answer may still have.
    fn left(&self) -> usize;
    /// Writes a text of the guide.
    fn force(&mut self, text: &str) -> Result<(), ChatError>;
    /// Returns the index of the option that the model continues with. Writes nothing.
    fn choose(&mut self, options: &[String]) -> Result<usize, ChatError>;
    /// Writes and returns the text of the model up to a quotation mark.
    fn text(&mut self) -> Result<String, ChatError>;
}

/// The form of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Guide {
    Object(Vec<(String, Guide)>),
    List(Box<Guide>),
    Text,
    /// A whole number from 1 to `max`.
    Number {
        max: usize,
    },
}

impl Guide {
    /// Reads a schema. `numbers_max` is the highest number. `None` if it has other parts.
    pub(super) fn read(schema: &Value, numbers_max: usize) -> Option<Guide> {
        Guide::part(schema, numbers_max, DEPTH_MAX)
    }

    fn part(schema: &Value, numbers_max: usize, depth: usize) -> Option<Guide> {
        let depth = depth.checked_sub(1)?;
        match schema.get("type")?.as_str()? {
            "object" => {
                let properties = schema.get("properties")?;
                let names = schema.get("required")?.as_array()?;
                let part = |name: &Value| {
                    let name = name.as_str()?;
                    let part = Guide::part(properties.get(name)?, numbers_max, depth)?;
                    Some((name.to_owned(), part))
                };
                names.iter().map(part).collect::<Option<_>>().map(Guide::Object)
            }
            "array" => {
                let item = Guide::part(schema.get("items")?, numbers_max, depth)?;
                Some(Guide::List(Box::new(item)))
            }
            "string" => Some(Guide::Text),
            "integer" => Some(Guide::Number { max: numbers_max.max(1) }),
            _ => None,
        }
    }

    /// Returns an answer of this form.
    pub(super) fn answer(&self, voice: &mut impl Voice) -> Result<String, ChatError> {
        let mut answer = String::new();
        self.write(voice, &mut answer)?;
        Ok(answer)
    }

    fn write(&self, voice: &mut impl Voice, answer: &mut String) -> Result<(), ChatError> {
        match self {
            Guide::Object(parts) => {
                for (index, (name, part)) in parts.iter().enumerate() {
                    let sign = if index == 0 { "{" } else { ", " };
                    force(voice, answer, &format!("{sign}\"{name}\": "))?;
                    part.write(voice, answer)?;
                }
                force(voice, answer, if parts.is_empty() { "{}" } else { "}" })
            }
            Guide::List(item) => list(item, voice, answer),
            Guide::Text => {
                force(voice, answer, "\"")?;
                // Without quotation marks, reverse slashes and control characters: no escapes.
                answer.push_str(&voice.text()?);
                force(voice, answer, "\"")
            }
            Guide::Number { max } => number(*max, voice, answer),
        }
    }

    /// Returns the first signs of an answer of this form, by which a model begins it.
    fn opening(&self) -> String {
        match self {
            Guide::Object(parts) => {
                parts.first().map_or_else(|| "{".to_owned(), |(name, _)| format!("{{\"{name}"))
            }
            Guide::List(_) => "[".to_owned(),
            Guide::Text => "\"".to_owned(),
            Guide::Number { .. } => "1".to_owned(),
        }
    }

    /// Returns the tokens that a short answer of this form needs.
    fn tokens(&self) -> usize {
        match self {
            Guide::Object(parts) => {
                2 + parts
                    .iter()
                    .map(|(name, part)| 6 + name.len() / 3 + part.tokens())
                    .sum::<usize>()
            }
            Guide::List(item) => 2 + item.tokens(),
            Guide::Text => TEXT_TOKENS,
            Guide::Number { .. } => 3,
        }
    }
}

fn force(voice: &mut impl Voice, answer: &mut String, text: &str) -> Result<(), ChatError> {
    voice.force(text)?;
    answer.push_str(text);
    Ok(())
}

/// Writes a list. It ends if the model ends it, repeats an item, or has no space for another.
fn list(item: &Guide, voice: &mut impl Voice, answer: &mut String) -> Result<(), ChatError> {
    force(voice, answer, "[")?;
    let mut items: Vec<String> = Vec::new();
    let may_be_empty = matches!(item, Guide::Object(_));
    let options = [item.opening(), "]".to_owned()];
    let goes_on = [",".to_owned(), "]".to_owned()];
    // The signs that close the answer.
    let space = item.tokens() + 8;
    while items.len() < ITEMS_MAX {
        let is_first = items.is_empty();
        if !is_first || may_be_empty {
            let options = if is_first { &options } else { &goes_on };
            if voice.left() < space || voice.choose(options)? == 1 {
                break;
            }
        }
        if !is_first {
            force(voice, answer, ", ")?;
        }
        let start = answer.len();
        item.write(voice, answer)?;
        let is_repeated = items.iter().any(|it| *it == answer[start..]);
        items.push(answer[start..].to_owned());
        if is_repeated {
            break;
        }
    }
    force(voice, answer, "]")
}

/// Writes a number, digit by digit.
fn number(max: usize, voice: &mut impl Voice, answer: &mut String) -> Result<(), ChatError> {
    let mut value = 0;
    loop {
        let least = usize::from(value == 0);
        let digits: Vec<usize> = (least..10).filter(|it| value * 10 + it <= max).collect();
        let mut options: Vec<String> = digits.iter().map(usize::to_string).collect();
        if 0 < value {
            options.extend([",".to_owned(), "]".to_owned()]);
        }
        let digit = match options.len() {
            1 => digits.first(),
            _ => digits.get(voice.choose(&options)?),
        };
        let Some(digit) = digit else { return Ok(()) };
        force(voice, answer, &digit.to_string())?;
        value = value * 10 + digit;
        if max < value * 10 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
