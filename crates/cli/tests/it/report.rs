//! `report`: its text, its JSON and its page.

use std::{fs, os::unix::fs::PermissionsExt};

use regex::Regex;

use crate::program::{Program, text};

/// A text that would run, load or break out, if it were not escaped.
const HOSTILE: &str = "heron</table></style><script>alert(1)</script><img src=x onerror=alert(1)> \
                       \"'&lt; \u{202e}back\u{7}";

fn filled() -> Program {
    let program = Program::new();
    program.json(&["remember", HOSTILE]);
    program.json(&["--user", "ada", "remember", "The otter of ada swims."]);
    program.json(&["--user", "bob<b>", "remember", "The heron of bob is grey."]);
    program.json(&["record", "pattern", "--trigger", HOSTILE, "--action", "leave <it> & go"]);
    assert_eq!(program.recall("heron").len(), 1);
    program
}

#[test]
fn text_json_and_page_have_the_same_numbers_of_the_same_records() {
    let program = filled();
    let report = program.json(&["--all-users", "report", "--days", "7"]);
    assert_eq!(report["totals"]["records"], 4, "{report}");
    assert_eq!(report["days"].as_array().unwrap().len(), 7);
    assert_eq!(report["scope"]["all_users"], true);
    let shown = program.run(&["--all-users", "report", "--days", "7"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let count = Regex::new(r"(?m)^records +4, 4 of them in the period$").unwrap();
    assert!(count.is_match(&shown.stdout), "{shown:?}");
    assert!(shown.stdout.contains("bob<b>"), "{shown:?}");
    let page = program.run(&["--all-users", "report", "--days", "7", "--html", "-"]).stdout;
    assert!(page.contains("<dt>Records</dt><dd>4</dd>"), "{page}");
    // A user's report has the user's own and shared records.
    let of_ada = program.json(&["--user", "ada", "report"]);
    assert_eq!(of_ada["totals"]["records"], 3, "{of_ada}");
    assert!(!of_ada.to_string().contains("bob"), "{of_ada}");
    let since = program.json(&["report", "--since", "2020-01-01"]);
    assert!(2000 < since["days"].as_array().unwrap().len());
    for wrong in [&["--days", "0"][..], &["--days", "3661"], &["--days", "3", "--since", "7d"]] {
        let refused = program.run(&[&["report"][..], wrong].concat());
        assert_eq!(refused.code, 2, "{refused:?}");
    }
}

#[test]
fn a_page_is_one_private_file_that_runs_and_loads_nothing() {
    let program = filled();
    let path = program.path("report.html");
    let file = text(&path);
    let made = program.run(&["--all-users", "report", "--html", file]);
    assert_eq!(made.code, 0, "{made:?}");
    assert!(made.stdout.contains("a report on 4 records"), "{made:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let page = fs::read_to_string(&path).unwrap();
    assert!(page.starts_with("<!doctype html>\n") && page.ends_with("</html>\n"));
    let forbidden = [
        "<script",
        "<img",
        "<link",
        "<iframe",
        "src=\"",
        "href=\"",
        "@import",
        "url(",
        "http:",
        "https:",
        "\u{202e}",
        "\u{7}",
        "<b>",
        "</style><",
        "javascript",
    ];
    for part in forbidden {
        let found = page.replace("</style>\n</head>", "");
        assert!(!found.contains(part), "{part}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    assert!(page.contains("bob&lt;b&gt;") && page.contains("&amp;lt;"), "{page}");
    assert!(page.contains("prefers-color-scheme: dark"));
    // Every chart has a description, and its numbers as a table.
    assert_eq!(page.matches("class=\"chart\"").count(), page.matches("role=\"img\"").count());
    assert!(page.contains("<summary>Numbers by day</summary>"));
    // A former report is replaced, another file is not.
    assert_eq!(program.run(&["report", "--html", file]).code, 0);
    let other = program.file("notes.html", "<p>mine</p>");
    let refused = program.run(&["report", "--html", text(&other)]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "<p>mine</p>");
    let nowhere = program.run(&["report", "--html", "no/such/directory.html"]);
    assert_eq!(nowhere.code, 1, "{nowhere:?}");
}

#[test]
fn an_empty_memory_has_a_report_that_says_so() {
    let program = Program::new();
    let shown = program.run(&["report"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stdout.ends_with("nothing is stored yet\n"), "{shown:?}");
    let page = program.run(&["report", "--html", "-"]).stdout;
    assert!(page.contains("Nothing is stored yet") && !page.contains("<table"), "{page}");
    assert!(!page.contains("NaN"), "{page}");
}
