//! Lines of code, of a shell, of a log, and of an error message.

/// Returns true if a line is code, a command, or the message of an error.
pub(super) fn is_code(line: &str) -> bool {
    const OPENINGS: &[&str] = &[
        "// ",
        "/*",
        "*/",
        "# ",
        "#!",
        "#include",
        "<!--",
        "$ ",
        ">>> ",
        "def ",
        "import ",
        "const ",
        "return \"",
        "return '",
        "echo ",
        "Traceback (most recent",
        "Exception in ",
        "Error: ",
        "error: ",
        "fatal: ",
        "npm ERR!",
        "{\"",
        "[{",
        "File \"",
        "@@ ",
        "diff --git",
        "+++ ",
        "--- a/",
    ];
    OPENINGS.iter().any(|it| line.starts_with(it))
        || is_query(line)
        || is_error(line)
        || calls(line)
        || assigns(line)
        || is_encoded(line)
}

/// Returns true for a statement of SQL.
fn is_query(line: &str) -> bool {
    const QUERIES: &[&str] =
        &["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE "];
    QUERIES.iter().any(|it| line.starts_with(it))
}

/// Returns true for "ValueError: ..." and "java.io.IOException: ...".
fn is_error(line: &str) -> bool {
    let Some((name, _)) = line.split_once(':') else { return false };
    let kind = name.rsplit(['.', ' ']).next().unwrap_or_default();
    let is_name = !name.contains(' ') || name.starts_with("Uncaught ");
    is_name
        && ["Error", "Exception", "Warning"]
            .iter()
            .any(|end| kind.len() > end.len() && kind.ends_with(end))
}

/// Returns true if a line calls a function with a text: `print("...")`.
fn calls(line: &str) -> bool {
    let is_text = |rest: &str| rest.starts_with(['"', '\'', '`']);
    line.match_indices('(').any(|(at, _)| {
        line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') && is_text(&line[at + 1..])
    })
}

/// Returns true if a line gives a variable a text, or ends like a statement of code.
fn assigns(line: &str) -> bool {
    let gives = |sign: &str| {
        line.split_once(sign).is_some_and(|(name, text)| {
            !name.is_empty() && name.split(' ').count() <= 3 && text.starts_with(['"', '\'', '`'])
        })
    };
    gives(" = ") || gives("=") || line.ends_with([';', '{']) && line.contains(['"', '\'', '=', '('])
}

/// Characters of the shortest encoded text.
const ENCODED_MIN: usize = 40;

/// Returns true for a line of base64 or hexadecimal digits.
fn is_encoded(line: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    ENCODED_MIN <= line.len() && line.chars().all(is_digit)
}

/// Returns true if a line of a log begins with its level or with a full time.
pub(super) fn is_log(line: &str) -> bool {
    const LEVELS: &[&str] = &["TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL"];
    let mut words = line.split([' ', '[', ']', '\t']).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let is_level = |word: &str| LEVELS.contains(&word.trim_end_matches(':'));
    let is_labelled =
        line.starts_with('[') || words.clone().next().is_some_and(|it| it.contains(':'));
    if is_level(first) {
        return !first.ends_with(':') || is_labelled && line.starts_with('[');
    }
    is_date(first) && (first.contains('T') || words.take(3).any(is_level))
}

/// Returns true for a date in digits, with or without a time: 2026-03-01T10:00:02Z.
fn is_date(word: &str) -> bool {
    let day = word.get(..10).unwrap_or_default();
    let is_part = |(at, c): (usize, char)| match at {
        4 | 7 => matches!(c, '-' | '/'),
        _ => c.is_ascii_digit(),
    };
    !day.is_empty() && day.char_indices().all(is_part)
}
