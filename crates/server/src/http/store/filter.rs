//! Filters by fields of the value: equality, and the operators of LangGraph's stores.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::failure::Failure;

/// Maximum number of conditions.
const CONDITIONS_MAX: usize = 32;

/// Conditions. A value must meet all of them.
pub(super) struct Filter(Vec<Condition>);

struct Condition {
    field: String,
    comparison: Comparison,
    operand: Value,
}

#[derive(Clone, Copy)]
enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Fails if an operator is unknown, or compares values other than numbers and texts.
    pub(super) fn of(filter: Option<&Map<String, Value>>) -> Result<Filter, Failure> {
        let mut conditions = Vec::new();
        for (field, wanted) in filter.into_iter().flatten() {
            let operators = wanted.as_object().filter(|it| it.keys().any(|it| it.starts_with('$')));
            let Some(operators) = operators else {
                let (field, operand) = (field.clone(), wanted.clone());
                conditions.push(Condition { field, comparison: Comparison::Equal, operand });
                continue;
            };
            for (name, operand) in operators {
                let comparison = Comparison::named(name, operand)
                    .map_err(|it| it.within(&format!("`filter.{field}`")))?;
                let (field, operand) = (field.clone(), operand.clone());
                conditions.push(Condition { field, comparison, operand });
            }
        }
        if CONDITIONS_MAX < conditions.len() {
            let message = format!("`filter` has at most {CONDITIONS_MAX} conditions");
            return Err(Failure::invalid(message));
        }
        Ok(Filter(conditions))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn admits(&self, value: &Value) -> bool {
        self.0.iter().all(|condition| condition.admits(value))
    }
}

impl Condition {
    fn admits(&self, value: &Value) -> bool {
        let field = value.get(&self.field).unwrap_or(&Value::Null);
        let is = |wanted: &[Ordering]| {
            ordered(field, &self.operand).is_some_and(|ordering| wanted.contains(&ordering))
        };
        match self.comparison {
            Comparison::Equal => *field == self.operand,
            Comparison::NotEqual => *field != self.operand,
            Comparison::Greater => is(&[Ordering::Greater]),
            Comparison::GreaterOrEqual => is(&[Ordering::Greater, Ordering::Equal]),
            Comparison::Less => is(&[Ordering::Less]),
            Comparison::LessOrEqual => is(&[Ordering::Less, Ordering::Equal]),
        }
    }
}

impl Comparison {
    fn named(name: &str, operand: &Value) -> Result<Comparison, Failure> {
        let comparison = match name {
            "$eq" => return Ok(Comparison::Equal),
            "$ne" => return Ok(Comparison::NotEqual),
            "$gt" => Comparison::Greater,
            "$gte" => Comparison::GreaterOrEqual,
            "$lt" => Comparison::Less,
            "$lte" => Comparison::LessOrEqual,
            other => {
                return Err(Failure::invalid(format!(
                    "unknown operator `{other}`; known are $eq, $ne, $gt, $gte, $lt, $lte"
                )));
            }
        };
        match operand {
            Value::Number(_) | Value::String(_) => Ok(comparison),
            _ => Err(Failure::invalid(format!("`{name}` compares with a number or a text"))),
        }
    }
}

/// Compares two numbers or two texts. As in LangGraph, a text that is a number counts as one.
fn ordered(field: &Value, operand: &Value) -> Option<Ordering> {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match (number(field), number(operand), field.as_str(), operand.as_str()) {
        (Some(field), Some(operand), ..) => field.partial_cmp(&operand),
        (.., Some(field), Some(operand)) => Some(field.cmp(operand)),
        _ => None,
    }
}
