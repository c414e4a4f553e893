//! A model that is a set of rules: it plans and makes an index of a directory, and needs no
//! network.

use std::error::Error;

use aios_memory::work::Step;
use serde_json::{Value, json};

use crate::chat::{Answer, Answering, ChatModel, Question};

/// The rules.
pub(crate) struct Rules;

impl ChatModel for Rules {
    fn name(&self) -> &str {
        "rules"
    }

    fn next<'a>(&'a self, question: &'a Question<'a>) -> Answering<'a> {
        Box::pin(async move { answer(question) })
    }
}

fn answer(question: &Question<'_>) -> Result<Answer, Box<dyn Error>> {
    let task = question.task;
    if let Some(goal) = task.strip_prefix("Plan: ") {
        return plan(goal, question.done);
    }
    if let Some(dir) = task.strip_prefix("List ") {
        return Ok(match question.done.first() {
            None => next("list", json!({"path": dir}), "to know the files"),
            Some((_, files)) => Answer::Done(format!("{} files", names(files).len())),
        });
    }
    let parts = task.strip_prefix("Write the titles of ").and_then(|rest| rest.split_once(" to "));
    match parts {
        Some((dir, target)) => Ok(titles(dir, target, question.done)),
        None => Err(format!("the rules do not know how to do `{task}`").into()),
    }
}

/// Plans the goal `Write an index of DIR to FILE`.
fn plan(goal: &str, done: &[(Step, Value)]) -> Result<Answer, Box<dyn Error>> {
    let parts = goal.strip_prefix("Write an index of ").and_then(|rest| rest.split_once(" to "));
    let (dir, target) = parts.ok_or_else(|| format!("the rules have no plan for `{goal}`"))?;
    let tasks = [format!("List {dir}"), format!("Write the titles of {dir} to {target}")];
    Ok(match tasks.get(done.len()) {
        Some(task) => next("add_task", json!({"description": task}), "a part of the goal"),
        None => Answer::Done(format!("{} tasks", tasks.len())),
    })
}

/// Reads each file of a directory and writes a list of their first lines.
fn titles(dir: &str, target: &str, done: &[(Step, Value)]) -> Answer {
    let Some((_, files)) = done.first() else {
        return next("list", json!({"path": dir}), "to know the files");
    };
    let files = names(files);
    if let Some(file) = files.get(done.len() - 1) {
        return next(
            "read",
            json!({"path": format!("{dir}/{file}")}),
            "its title is the first line",
        );
    }
    if done.iter().any(|(step, _)| step.tool == "write") {
        return Answer::Done(format!("{} titles in {target}", files.len()));
    }
    // The tool fills in the lines, so that the same step serves when the files have changed.
    let lines: Vec<String> = files.iter().map(|file| format!("{{{dir}/{file}}}")).collect();
    next("write", json!({"path": target, "text": lines.join("\n")}), "every title is read")
}

fn next(tool: &str, input: Value, reason: &str) -> Answer {
    Answer::Next(Step { tool: tool.to_owned(), input }, reason.to_owned())
}

fn names(output: &Value) -> Vec<&str> {
    output.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
