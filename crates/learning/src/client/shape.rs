//! The form of a request: the parameters that an endpoint accepts differ.

use serde_json::{Value, json};

use crate::chat::Request;

/// The form of a request. The default is the strictest; endpoints that refuse it get a simpler one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    form: Form,
    /// True if the limit of the answer is named `max_completion_tokens`.
    names_completion: bool,
    /// True if the temperature is left out.
    leaves_out_temperature: bool,
}

/// The way in which the form of the answer is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Form {
    /// By its JSON schema.
    #[default]
    Schema,
    /// As any JSON object; the schema is in the instructions.
    Object,
    /// In the instructions only.
    Words,
}

impl Shape {
    /// Returns the next simpler shape after the endpoint refused this one for `reason`. `None` if
    /// there is no other.
    pub(super) fn simpler(self, reason: &str) -> Option<Shape> {
        if !self.names_completion && reason.contains("max_completion_tokens") {
            return Some(Shape { names_completion: true, ..self });
        }
        if !self.leaves_out_temperature && reason.contains("temperature") {
            return Some(Shape { leaves_out_temperature: true, ..self });
        }
        let form = match self.form {
            Form::Schema => Form::Object,
            Form::Object => Form::Words,
            Form::Words => return None,
        };
        Some(Shape { form, ..self })
    }

    /// Returns the instructions. They have the schema if it is no parameter.
    pub(super) fn system(self, request: &Request) -> String {
        if self.form == Form::Schema || request.schema.is_null() {
            return request.system.clone();
        }
        let schema = &request.schema;
        format!("{}\nAnswer with one JSON object of this schema only: {schema}", request.system)
    }

    /// Returns the body of the request.
    pub(super) fn body(
        self,
        model: &str,
        system: &str,
        request: &Request,
        answer_tokens: u64,
    ) -> Value {
        let mut body = json!({
            "model": model,
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": request.user},
            ],
        });
        let limit = if self.names_completion { "max_completion_tokens" } else { "max_tokens" };
        body[limit] = json!(answer_tokens);
        if !self.leaves_out_temperature {
            body["temperature"] = json!(0);
        }
        if request.schema.is_null() {
            return body;
        }
        match self.form {
            Form::Schema => {
                body["response_format"] = json!({"type": "json_schema", "json_schema": {
                    "name": "answer", "strict": true, "schema": request.schema,
                }});
            }
            Form::Object => body["response_format"] = json!({"type": "json_object"}),
            Form::Words => {}
        }
        body
    }
}
