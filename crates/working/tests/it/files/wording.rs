//! The wording of results and refusals, which are those of the reference. `cargo xtask verify
//! files` compares it with the reference itself.

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::answer;
use crate::opened;

/// Runs commands, one JSON object a line, in a new memory, and compares the answers.
async fn check(commands: &str, expected: Expect) {
    let (_place, working) = opened();
    let mut said = String::new();
    for command in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let input = serde_json::from_str(command).unwrap();
        writeln!(said, "{}\n", answer(&working, input).await).unwrap();
    }
    expected.assert_eq(&said);
}

#[tokio::test]
async fn view_lists_directories_and_numbers_lines() {
    check(
        r#"
        {"command": "view", "path": "/memories"}
        {"command": "view", "path": "/memories/none.md"}
        {"command": "create", "path": "/memories/a.md", "file_text": "one\ntwo\nthree\n"}
        {"command": "create", "path": "/memories/a/b/c/d.md", "file_text": ""}
        {"command": "create", "path": "/memories/a/b.md", "file_text": "x"}
        {"command": "create", "path": "/memories/.hidden/e.md", "file_text": "x"}
        {"command": "create", "path": "/memories/a/.f.md", "file_text": "x"}
        {"command": "create", "path": "/memories/g/.h/i.md", "file_text": "x"}
        {"command": "view", "path": "/memories"}
        {"command": "view", "path": "/memories/"}
        {"command": "view", "path": "/memories/./a/"}
        {"command": "view", "path": "/memories/.hidden"}
        {"command": "view", "path": "/memories/a.md"}
        {"command": "view", "path": "/memories/a.md/"}
        {"command": "view", "path": "/memories/a.md/x"}
        {"command": "view", "path": "/memories/a.md", "view_range": [2, 3]}
        {"command": "view", "path": "/memories/a.md", "view_range": [2, -1]}
        {"command": "view", "path": "/memories/a.md", "view_range": [0, -2]}
        {"command": "view", "path": "/memories/a.md", "view_range": [9, 12]}
        {"command": "view", "path": "/memories/a.md", "view_range": [3, 2]}
        {"command": "view", "path": "/memories/a.md", "view_range": [3]}
        {"command": "view", "path": "/memories/a.md", "view_range": null}
        {"command": "view", "path": "/memories/a/b/c/d.md"}
        "#,
        expect![[r#"
            Here're the files and directories up to 2 levels deep in /memories, excluding hidden items:
            4K	/memories

            error: The path /memories/none.md does not exist. Please provide a valid path.

            File created successfully at: /memories/a.md

            File created successfully at: /memories/a/b/c/d.md

            File created successfully at: /memories/a/b.md

            File created successfully at: /memories/.hidden/e.md

            File created successfully at: /memories/a/.f.md

            File created successfully at: /memories/g/.h/i.md

            Here're the files and directories up to 2 levels deep in /memories, excluding hidden items:
            4K	/memories
            4K	/memories/a/
            4K	/memories/a/b/
            1B	/memories/a/b.md
            14B	/memories/a.md
            4K	/memories/g/

            Here're the files and directories up to 2 levels deep in /memories/, excluding hidden items:
            4K	/memories/
            4K	/memories//a/
            4K	/memories//a/b/
            1B	/memories//a/b.md
            14B	/memories//a.md
            4K	/memories//g/

            Here're the files and directories up to 2 levels deep in /memories/./a/, excluding hidden items:
            4K	/memories/./a/
            4K	/memories/./a//b/
            4K	/memories/./a//b/c/
            1B	/memories/./a//b.md

            Here're the files and directories up to 2 levels deep in /memories/.hidden, excluding hidden items:
            4K	/memories/.hidden
            1B	/memories/.hidden/e.md

            Here's the content of /memories/a.md with line numbers:
                 1	one
                 2	two
                 3	three
                 4	

            Here's the content of /memories/a.md/ with line numbers:
                 1	one
                 2	two
                 3	three
                 4	

            error: The path /memories/a.md/x does not exist. Please provide a valid path.

            Here's the content of /memories/a.md with line numbers:
                 2	two
                 3	three

            Here's the content of /memories/a.md with line numbers:
                 2	two
                 3	three
                 4	

            Here's the content of /memories/a.md with line numbers:
                 1	one
                 2	two

            Here's the content of /memories/a.md with line numbers:


            Here's the content of /memories/a.md with line numbers:


            Here's the content of /memories/a.md with line numbers:
                 1	one
                 2	two
                 3	three
                 4	

            Here's the content of /memories/a.md with line numbers:
                 1	one
                 2	two
                 3	three
                 4	

            Here's the content of /memories/a/b/c/d.md with line numbers:
                 1	

        "#]],
    )
    .await;
}

#[tokio::test]
async fn create_and_edits() {
    check(
        r#"
        {"command": "create", "path": "/memories", "file_text": "x"}
        {"command": "create", "path": "/memories/a.md", "file_text": "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"}
        {"command": "create", "path": "/memories/a.md", "file_text": "again"}
        {"command": "create", "path": "/memories/./b/../a.md", "file_text": "again"}
        {"command": "create", "path": "/memories/a.md/b.md", "file_text": "in a file"}
        {"command": "str_replace", "path": "/memories/none.md", "old_str": "a", "new_str": "b"}
        {"command": "str_replace", "path": "/memories", "old_str": "a", "new_str": "b"}
        {"command": "str_replace", "path": "/memories/a.md", "old_str": "zebra", "new_str": "b"}
        {"command": "str_replace", "path": "/memories/a.md", "old_str": "o", "new_str": "b"}
        {"command": "str_replace", "path": "/memories/a.md", "old_str": "four", "new_str": "4a\n4b"}
        {"command": "str_replace", "path": "/memories/a.md", "old_str": "one\n", "new_str": ""}
        {"command": "str_replace", "path": "/memories/a.md", "old_str": "seven\n", "new_str": "7"}
        {"command": "insert", "path": "/memories/none.md", "insert_line": 0, "insert_text": "x"}
        {"command": "insert", "path": "/memories", "insert_line": 0, "insert_text": "x"}
        {"command": "insert", "path": "/memories/a.md", "insert_line": -1, "insert_text": "x"}
        {"command": "insert", "path": "/memories/a.md", "insert_line": 9, "insert_text": "x"}
        {"command": "insert", "path": "/memories/a.md", "insert_line": 0, "insert_text": "first\n\n"}
        {"command": "insert", "path": "/memories/a.md", "insert_line": 8, "insert_text": "last"}
        {"command": "view", "path": "/memories/a.md"}
        {"command": "create", "path": "/memories/c.md", "file_text": "aaaa\naa"}
        {"command": "str_replace", "path": "/memories/c.md", "old_str": "aa", "new_str": "b"}
        {"command": "str_replace", "path": "/memories/c.md", "old_str": "", "new_str": "b"}
        {"command": "create", "path": "/memories/d.md", "file_text": "aaa"}
        {"command": "str_replace", "path": "/memories/d.md", "old_str": "aa", "new_str": "b"}
        {"command": "create", "path": "/memories/e.md", "file_text": ""}
        {"command": "str_replace", "path": "/memories/e.md", "old_str": "", "new_str": "b"}
        {"command": "insert", "path": "/memories/e.md", "insert_line": 1, "insert_text": ""}
        {"command": "view", "path": "/memories/e.md"}
        "#,
        expect![[r#"
            error: File /memories already exists

            File created successfully at: /memories/a.md

            error: File /memories/a.md already exists

            error: File /memories/./b/../a.md already exists

            error: The path /memories/a.md is a file, so it cannot contain /memories/a.md/b.md

            error: The path /memories/none.md does not exist. Please provide a valid path.

            error: The path /memories is not a file.

            error: No replacement was performed, old_str `zebra` did not appear verbatim in /memories/a.md.

            error: No replacement was performed. Multiple occurrences of old_str `o` in lines: 1, 2, 4. Please ensure it is unique

            The memory file has been edited. Here is the snippet showing the change (with line numbers):
                 2	two
                 3	three
                 4	4a
                 5	4b
                 6	five

            The memory file has been edited. Here is the snippet showing the change (with line numbers):
                 1	two
                 2	three
                 3	4a

            The memory file has been edited. Here is the snippet showing the change (with line numbers):
                 5	five
                 6	six
                 7	7

            error: The path /memories/none.md does not exist. Please provide a valid path.

            error: The path /memories is not a file.

            error: Invalid `insert_line` parameter: -1. It should be within the range [0, 7].

            error: Invalid `insert_line` parameter: 9. It should be within the range [0, 7].

            The file /memories/a.md has been edited.

            The file /memories/a.md has been edited.

            Here's the content of /memories/a.md with line numbers:
                 1	first
                 2	two
                 3	three
                 4	4a
                 5	4b
                 6	five
                 7	six
                 8	7
                 9	last
                10	

            File created successfully at: /memories/c.md

            error: No replacement was performed. Multiple occurrences of old_str `aa` in lines: 1, 1, 1, 2. Please ensure it is unique

            error: No replacement was performed. Multiple occurrences of old_str `` in lines: 1, 1, 1, 1, 1, 2, 2, 2. Please ensure it is unique

            File created successfully at: /memories/d.md

            The memory file has been edited. Here is the snippet showing the change (with line numbers):
                 1	ba

            File created successfully at: /memories/e.md

            The memory file has been edited. Here is the snippet showing the change (with line numbers):
                 1	b

            The file /memories/e.md has been edited.

            Here's the content of /memories/e.md with line numbers:
                 1	b
                 2	

        "#]],
    )
    .await;
}

#[tokio::test]
async fn delete_and_rename() {
    check(
        r#"
        {"command": "delete", "path": "/memories"}
        {"command": "delete", "path": "/memories/"}
        {"command": "delete", "path": "/memories/none"}
        {"command": "create", "path": "/memories/a/b/c.md", "file_text": "c"}
        {"command": "create", "path": "/memories/a/d.md", "file_text": "d"}
        {"command": "rename", "old_path": "/memories", "new_path": "/memories/x"}
        {"command": "rename", "old_path": "/memories/a", "new_path": "/memories"}
        {"command": "rename", "old_path": "/memories/none", "new_path": "/memories/a/d.md"}
        {"command": "rename", "old_path": "/memories/none", "new_path": "/memories/x"}
        {"command": "rename", "old_path": "/memories/a", "new_path": "/memories/a"}
        {"command": "rename", "old_path": "/memories/a", "new_path": "/memories/a/b/e"}
        {"command": "rename", "old_path": "/memories/a/b", "new_path": "/memories/a/d.md/b"}
        {"command": "rename", "old_path": "/memories/a/b/", "new_path": "/memories/new/b"}
        {"command": "rename", "old_path": "/memories/a/d.md", "new_path": "/memories/a/D.md"}
        {"command": "view", "path": "/memories"}
        {"command": "delete", "path": "/memories/a/D.md"}
        {"command": "view", "path": "/memories/a"}
        {"command": "delete", "path": "/memories/new/"}
        {"command": "view", "path": "/memories"}
        "#,
        expect![[r#"
            error: Cannot delete the /memories directory itself

            error: Cannot delete the /memories directory itself

            error: The path /memories/none does not exist

            File created successfully at: /memories/a/b/c.md

            File created successfully at: /memories/a/d.md

            error: Cannot rename the /memories directory itself

            error: The destination /memories already exists

            error: The destination /memories/a/d.md already exists

            error: The path /memories/none does not exist

            error: The destination /memories/a already exists

            error: Cannot rename /memories/a to /memories/a/b/e, which is inside of it

            error: The path /memories/a/d.md is a file, so it cannot contain /memories/a/d.md/b

            Successfully renamed /memories/a/b/ to /memories/new/b

            Successfully renamed /memories/a/d.md to /memories/a/D.md

            Here're the files and directories up to 2 levels deep in /memories, excluding hidden items:
            4K	/memories
            4K	/memories/a/
            1B	/memories/a/D.md
            4K	/memories/new/
            4K	/memories/new/b/

            Successfully deleted /memories/a/D.md

            error: The path /memories/a does not exist. Please provide a valid path.

            Successfully deleted /memories/new/

            Here're the files and directories up to 2 levels deep in /memories, excluding hidden items:
            4K	/memories

        "#]],
    )
    .await;
}

#[tokio::test]
async fn paths_stay_below_the_root() {
    check(
        r#"
        {"command": "create", "path": "/memories/a.md", "file_text": "a"}
        {"command": "view", "path": "memories/a.md"}
        {"command": "view", "path": ""}
        {"command": "view", "path": "/etc/passwd"}
        {"command": "view", "path": "/memoriesx/a.md"}
        {"command": "view", "path": "/memories/.."}
        {"command": "view", "path": "/memories/../etc/passwd"}
        {"command": "view", "path": "/memories/a/../../etc"}
        {"command": "view", "path": "/memories/../../memories/a.md"}
        {"command": "view", "path": "/memories/../memories/a.md"}
        {"command": "view", "path": "/memories//a.md"}
        {"command": "view", "path": "/memories/..a"}
        {"command": "view", "path": "/memories/%2e%2e/secret"}
        {"command": "view", "path": "/memories/%252E%252e%255cx"}
        {"command": "view", "path": "/memories/..%2f..%2fetc"}
        {"command": "view", "path": "/memories/%41.md"}
        {"command": "view", "path": "/memories/a\u0000.md"}
        {"command": "view", "path": "/memories/a\nb.md"}
        {"command": "view", "path": "/memories/A.md"}
        {"command": "create", "path": "/memories/cafe\u0301.md", "file_text": "NFD"}
        {"command": "view", "path": "/memories/caf\u00e9.md"}
        {"command": "create", "path": "/memories/..\\..\\b", "file_text": "a backslash is a character"}
        {"command": "view", "path": "/memories"}
        "#,
        expect![[r#"
            File created successfully at: /memories/a.md

            error: Path must start with /memories, got: memories/a.md

            error: Path must start with /memories, got: 

            error: Path must start with /memories, got: /etc/passwd

            error: Path must start with /memories, got: /memoriesx/a.md

            error: Path /memories/.. would escape /memories directory

            error: Path /memories/../etc/passwd would escape /memories directory

            error: Path /memories/a/../../etc would escape /memories directory

            error: Path /memories/../../memories/a.md would escape /memories directory

            Here's the content of /memories/../memories/a.md with line numbers:
                 1	a

            Here's the content of /memories//a.md with line numbers:
                 1	a

            error: The path /memories/..a does not exist. Please provide a valid path.

            error: Path /memories/%2e%2e/secret would escape /memories directory

            error: Path /memories/%252E%252e%255cx would escape /memories directory

            error: Path /memories/..%2f..%2fetc would escape /memories directory

            error: The path /memories/%41.md does not exist. Please provide a valid path.

            error: Path /memories/a\u{0}.md contains a control character. Please use printable characters.

            error: Path /memories/a\nb.md contains a control character. Please use printable characters.

            error: The path /memories/A.md does not exist. Please provide a valid path.

            File created successfully at: /memories/café.md

            Here's the content of /memories/café.md with line numbers:
                 1	NFD

            File created successfully at: /memories/..\..\b

            Here're the files and directories up to 2 levels deep in /memories, excluding hidden items:
            4K	/memories
            1B	/memories/a.md
            3B	/memories/café.md

        "#]],
    )
    .await;
}
