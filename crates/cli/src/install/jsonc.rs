//! Entries in JSON with comments.

use jsonc_parser::{
    CollectOptions, CommentCollectionStrategy, ParseOptions,
    ast::{Array, Object, Value as Node},
    common::Ranged,
    parse_to_ast,
};
use serde_json::{Map, Value};

use super::{
    edit::{Edit, Refusal},
    entries::{Entry, SERVER},
};

/// Unit of indentation if the text has none.
const INDENT: &str = "  ";

/// Parses JSON with comments and trailing commas but no other extensions. `None` for an empty text.
fn parsed(text: &str) -> Result<Option<Node<'_>>, Refusal> {
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    match parse_to_ast(text, &collect, &options) {
        Ok(result) => Ok(result.value),
        Err(error) => {
            let problem = format!("not valid JSON: {}", error.kind());
            Err(Refusal::at_line(Some(error.line_display()), problem))
        }
    }
}

/// Parses a text to its value.
pub(super) fn value(text: &str) -> Result<Value, Refusal> {
    Ok(parsed(text)?.map_or_else(|| Value::Object(Map::new()), |node| value_of(&node)))
}

fn value_of(node: &Node<'_>) -> Value {
    match node {
        Node::StringLit(text) => text.value.clone().into_owned().into(),
        Node::NumberLit(number) => serde_json::from_str(number.value).unwrap_or_default(),
        Node::BooleanLit(it) => it.value.into(),
        Node::NullKeyword(_) => Value::Null,
        Node::Array(list) => list.elements.iter().map(value_of).collect(),
        Node::Object(object) => {
            let members = object.properties.iter();
            let members = members.map(|it| (it.name.as_str().to_owned(), value_of(&it.value)));
            Value::Object(members.collect())
        }
    }
}

/// Inserts an entry, with those of its enclosing objects and lists that are missing.
pub(super) fn insert(edit: &mut Edit, entry: &Entry) -> Result<(), Refusal> {
    if edit.text.trim().is_empty() {
        let line_end = line_end(&edit.text);
        edit.insert(edit.text.len(), &format!("{{}}{line_end}"));
    }
    let before = value(&edit.text)?;
    let text = edit.text.clone();
    let root = parsed(&text)?;
    let Some(Node::Object(root)) = &root else {
        return Err(Refusal::whole("expected a JSON object"));
    };
    let mut object = root;
    let mut path = entry.path();
    let last = match entry {
        Entry::Server { .. } => SERVER,
        Entry::Hook { .. } => path.pop().expect("a hook is in the list of its event"),
    };
    let mut missing = Vec::new();
    for name in path {
        match member(object, name) {
            _ if !missing.is_empty() => missing.push(name),
            None => missing.push(name),
            Some(Node::Object(inner)) => object = inner,
            Some(other) => {
                let problem = format!("expected an object as `{name}`");
                return Err(Refusal::at(&text, other.start(), problem));
            }
        }
    }
    let found = if missing.is_empty() { member(object, last) } else { None };
    let places = match (entry, found) {
        (Entry::Server { .. }, Some(other)) => {
            let problem = entry.unlike(&value_of(other));
            return Err(Refusal::of_entry(&text, other.start(), problem));
        }
        (Entry::Hook { value, .. }, Some(Node::Array(list))) => {
            insertion(&text, &holder_of_list(list), None, value)
        }
        (Entry::Hook { .. }, Some(other)) => {
            let problem = format!("expected a list as `{last}`");
            return Err(Refusal::at(&text, other.start(), problem));
        }
        (_, None) => {
            let mut value = match entry {
                Entry::Server { value, .. } => value.clone(),
                Entry::Hook { value, .. } => Value::Array(vec![value.clone()]),
            };
            let mut name = last;
            for outer in missing.into_iter().rev() {
                value = Value::Object(Map::from_iter([(name.to_owned(), value)]));
                name = outer;
            }
            insertion(&text, &holder_of(object), Some(name), &value)
        }
    };
    // In reverse order, so that earlier offsets stay valid.
    for (offset, part) in places.into_iter().rev() {
        edit.insert(offset, &part);
    }
    check(&before, entry, &edit.text)
}

/// Fails unless the text has exactly one additional entry. Duplicate names can cause this.
fn check(before: &Value, entry: &Entry, text: &str) -> Result<(), Refusal> {
    match (value(text)?, entry.added_to(before)) {
        (after, Ok(wanted)) if after == wanted => Ok(()),
        _ => Err(Refusal::whole("its layout is one that this program cannot edit")),
    }
}

/// An object or a list: its span and the spans of its items.
struct Holder {
    start: usize,
    end: usize,
    items: Vec<(usize, usize)>,
}

fn holder_of(object: &Object<'_>) -> Holder {
    let items = object.properties.iter().map(|it| (it.start(), it.end())).collect();
    Holder { start: object.start(), end: object.end(), items }
}

fn holder_of_list(list: &Array<'_>) -> Holder {
    let items = list.elements.iter().map(|it| (it.start(), it.end())).collect();
    Holder { start: list.start(), end: list.end(), items }
}

fn member<'o, 'a>(object: &'o Object<'a>, name: &str) -> Option<&'o Node<'a>> {
    object.properties.iter().find(|it| it.name.as_str() == name).map(|it| &it.value)
}

/// Returns the insertions for a new last item of a holder, ordered by offset.
fn insertion(
    text: &str,
    holder: &Holder,
    name: Option<&str>,
    value: &Value,
) -> Vec<(usize, String)> {
    let line_end = line_end(text);
    let key = name.map(|name| format!("{}: ", Value::from(name))).unwrap_or_default();
    let Some((first, last)) = holder.items.first().zip(holder.items.last()) else {
        let outer = indent_at(text, holder.start);
        let inner = format!("{outer}{}", unit(text));
        let item = format!("{line_end}{inner}{key}{}", pretty(value, &inner, text));
        let has_lines = text[holder.start..holder.end].contains('\n');
        let end = if has_lines { String::new() } else { format!("{line_end}{outer}") };
        return vec![(holder.start + 1, item + &end)];
    };
    let comma = comma_after(text, last.1, holder.end);
    let after = comma.map_or(last.1, |comma| comma + 1);
    let is_on_one_line = !text[holder.start..first.0].contains('\n');
    let trailing = if comma.is_some() { "," } else { "" };
    let (place, item) = match is_on_one_line {
        true => (after, format!(" {key}{value}{trailing}")),
        false => {
            let inner = indent_at(text, first.0);
            let item = format!("{line_end}{inner}{key}{}{trailing}", pretty(value, inner, text));
            (end_of_line(text, after), item)
        }
    };
    match comma {
        Some(_) => vec![(place, item)],
        None if place == last.1 => vec![(place, format!(",{item}"))],
        None => vec![(last.1, ",".to_owned()), (place, item)],
    }
}

/// Returns the offset after a comment at the end of the line of `at`, or `at` without a comment.
fn end_of_line(text: &str, at: usize) -> usize {
    let rest = text[at..].split('\n').next().unwrap_or_default().trim_end();
    let comment = rest.trim_start();
    let is_block =
        comment.starts_with("/*") && comment.ends_with("*/") && comment.matches("*/").count() == 1;
    match comment.starts_with("//") || is_block {
        true => at + rest.len(),
        false => at,
    }
}

/// Returns the offset of the comma after an item, if there is one before `end`.
fn comma_after(text: &str, mut at: usize, end: usize) -> Option<usize> {
    while at < end {
        let rest = &text[at..end];
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |close| close + 2)
        } else {
            match rest.chars().next()? {
                ',' => return Some(at),
                c if c.is_whitespace() => c.len_utf8(),
                _ => return None,
            }
        };
        at += skipped;
    }
    None
}

/// Formats a value in several lines, with the indentation and the line ends of the text.
fn pretty(value: &Value, indent: &str, text: &str) -> String {
    let unit = unit(text);
    let mut formatted = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(unit.as_bytes());
    let mut serializer = serde_json::Serializer::with_formatter(&mut formatted, formatter);
    serde::Serialize::serialize(value, &mut serializer).expect("a value is plain data");
    let formatted = String::from_utf8(formatted).expect("JSON is UTF-8");
    formatted.replace('\n', &format!("{}{indent}", line_end(text)))
}

/// Returns the white space at the beginning of the line of `at`.
fn indent_at(text: &str, at: usize) -> &str {
    let begin = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = &text[begin..at];
    &line[..line.len() - line.trim_start().len()]
}

/// Returns the indentation of the first indented line.
fn unit(text: &str) -> String {
    let indents = text.lines().filter(|line| !line.trim().is_empty());
    let first = indents.map(|line| &line[..line.len() - line.trim_start().len()]);
    first.filter(|indent| !indent.is_empty()).map(str::to_owned).next().unwrap_or(INDENT.to_owned())
}

fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Removes the first item that this program made for an entry, and the objects and lists that
/// become empty. `None` if there is no such item.
pub(super) fn without_one(text: &str, entry: &Entry) -> Result<Option<String>, Refusal> {
    let Some(Node::Object(root)) = parsed(text)? else { return Ok(None) };
    let mut holders = Vec::new();
    let mut object = &root;
    let path = entry.path();
    let (list, names) = match entry {
        Entry::Server { .. } => (None, &path[..]),
        Entry::Hook { .. } => (path.last(), &path[..path.len() - 1]),
    };
    for name in names {
        let Some(Node::Object(inner)) = member(object, name) else { return Ok(None) };
        holders.push((holder_of(object), index_of(object, name)));
        object = inner;
    }
    match list {
        None => {
            let Some(found) = member(object, SERVER) else { return Ok(None) };
            if !entry.is_made(&value_of(found)) {
                return Ok(None);
            }
            holders.push((holder_of(object), index_of(object, SERVER)));
        }
        Some(event) => {
            let Some(Node::Array(list)) = member(object, event) else { return Ok(None) };
            let made = list.elements.iter().position(|it| entry.is_made(&value_of(it)));
            let Some(index) = made else { return Ok(None) };
            let group = &list.elements[index];
            if let Some(place) = entry.made_among_others(&value_of(group))
                && let Node::Object(group) = group
                && let Some(Node::Array(handlers)) = member(group, "hooks")
            {
                return Ok(Some(without_item(text, &holder_of_list(handlers), place)));
            }
            holders.push((holder_of(object), index_of(object, event)));
            holders.push((holder_of_list(list), index));
        }
    }
    // A holder whose only item is removed is removed itself, except the document.
    while 1 < holders.len() && holders.last().is_some_and(|(holder, _)| holder.items.len() == 1) {
        holders.pop();
    }
    let (holder, index) = holders.pop().expect("the document is a holder");
    Ok(Some(without_item(text, &holder, index)))
}

fn index_of(object: &Object<'_>, name: &str) -> usize {
    let found = object.properties.iter().position(|it| it.name.as_str() == name);
    found.expect("the member was found")
}

/// Removes an item with its comma and the white space before it.
fn without_item(text: &str, holder: &Holder, index: usize) -> String {
    let (start, end) = holder.items[index];
    let comma = comma_after(text, end, holder.end);
    let before = text[..start].trim_end().len();
    let next = holder.items.get(index + 1);
    if let (Some(comma), Some(_)) = (comma, next) {
        return format!("{}{}", &text[..before], &text[comma + 1..]);
    }
    let rest = comma.map_or(end, |comma| comma + 1);
    let Some(previous) = index.checked_sub(1).map(|index| holder.items[index]) else {
        let inner_end = holder.end - 1;
        let is_blank = text[holder.start + 1..before].trim().is_empty()
            && text[rest..inner_end].trim().is_empty();
        return match is_blank {
            true => format!("{}{}", &text[..=holder.start], &text[inner_end..]),
            false => format!("{}{}", &text[..before], &text[rest..]),
        };
    };
    let head = match (comma, comma_after(text, previous.1, start)) {
        // The comma before the item replaces the one after it.
        (Some(_), _) | (None, None) => text[..before].to_owned(),
        (None, Some(comma)) => format!("{}{}", &text[..comma], &text[comma + 1..before]),
    };
    format!("{head}{}", &text[rest..])
}
