//! `install` and `uninstall` for each coding agent, on configurations of others.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::program::{Program, text};

/// The agents, with the files that an installation for a user edits.
const AGENTS: &[(&str, &[&str])] = &[
    ("claude-code", &[".claude.json", ".claude/settings.json"]),
    ("codex", &[".codex/config.toml", ".codex/hooks.json"]),
    ("cursor", &[".cursor/mcp.json"]),
    ("vscode", &[".config/Code/User/mcp.json"]),
    ("opencode", &[".config/opencode/opencode.json"]),
];

/// The agents, with the files that an installation for a project edits.
const IN_PROJECT: &[(&str, &[&str])] = &[
    ("claude-code", &[".mcp.json", ".claude/settings.json"]),
    ("codex", &[".codex/config.toml", ".codex/hooks.json"]),
    ("cursor", &[".cursor/mcp.json"]),
    ("vscode", &[".vscode/mcp.json"]),
    ("opencode", &["opencode.json"]),
];

/// Configurations of others. The first one is an empty object.
const JSON: &[&str] = &[
    "{}\n",
    "{\n    \"theme\": \"dark\",\n    \"numbers\": [1, 2.50, 1e3]\n}\n",
    "{\"mcpServers\":{\"other\":{\"command\":\"x\"}},\"hooks\":{\"Stop\":[{\"hooks\":[]}]}}",
    "{\n  // mine\n  \"servers\": {\n    \"other\": { \"command\": \"x\" }, // theirs\n  },\n}\n",
];
const TOML: &[&str] = &[
    "# mine\nmodel = \"gpt\"\n\n[mcp_servers.other]\ncommand = \"x\" # theirs\n",
    "model = \"gpt\"",
];

/// Layouts of JSON that people and programs write. Those with comments are for agents that permit
/// them.
const LAYOUTS: &[&str] = &[
    "",
    "{}",
    "{\n}\n",
    "{ }",
    "{\"a\":1}",
    "{ \"a\": [1, 2], \"b\": {} }\n",
    "{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"c\": []\n\t}\n}",
    "{\r\n  \"a\": 1\r\n}\r\n",
    "{\n  \"mcpServers\": {},\n  \"hooks\": {\"Stop\": []}\n}\n",
    "{\"hooks\":{\"Stop\":[],\"PreToolUse\":[]},\"mcpServers\":{\"x\":{}}}",
    "{\n    \"hooks\": {\n        \"Stop\": [\n            {\"hooks\": [{\"type\": \"command\", \
     \"command\": \"say done\"}]}\n        ]\n    }\n}\n",
    "{\n  \"\\u0061\": \"\\n{[,]}\", \"mcpServers\": { \"o\": {} }\n}",
    "// mine\n{\n  \"a\": 1, // one\n  \"b\": 2 // two\n}\n",
    "{\n  \"a\": 1,\n  // the end\n}\n",
    "{\n  \"a\": 1, /* one */\n}\n",
    "{\n  \"mcpServers\": {\n    \"other\": {\n      \"command\": \"x\" // theirs\n    }\n  }\n}\n",
];

/// Returns every file below a directory, without the data directory, with its content.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

fn folders(dir: &Path) -> usize {
    let below = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    below.filter(|path| path.is_dir()).map(|path| 1 + folders(&path)).sum()
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn an_installation_is_complete_repeatable_and_removed_without_a_trace() {
    for (agent, paths) in AGENTS {
        let program = Program::new();
        let (before, dirs) = (files(&program.path("")), folders(&program.path("")));
        let installed = program.json(&["install", agent]);
        let changed = installed["files"].as_array().unwrap();
        assert_eq!(changed.len(), paths.len(), "{installed}");
        for (file, path) in changed.iter().zip(*paths) {
            assert_eq!(file["path"], text(&program.path(path)), "{agent}");
            assert_eq!(file["change"], "created", "{agent}");
            let mode = fs::metadata(program.path(path)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{agent}: {mode:o}");
        }
        let content = fs::read_to_string(program.path(paths[0])).unwrap();
        assert!(content.contains("aios-memory") && content.contains("mcp"), "{content}");
        if let Some(hooks) = paths.get(1) {
            let hooks: Value =
                serde_json::from_slice(&fs::read(program.path(hooks)).unwrap()).unwrap();
            assert_eq!(hooks["hooks"].as_object().unwrap().len(), 6, "{hooks}");
        }
        let again = program.json(&["install", agent]);
        for file in again["files"].as_array().unwrap() {
            assert_eq!(file["change"], "unchanged", "{again}");
        }
        program.json(&["install", agent, "--uninstall"]);
        assert_eq!(files(&program.path("")), before, "{agent}");
        assert_eq!(folders(&program.path("")), dirs, "{agent}");
    }
}

#[test]
fn the_configuration_of_others_stays_byte_for_byte() {
    for (agent, paths) in AGENTS.iter().chain(IN_PROJECT) {
        let is_for_project = IN_PROJECT.iter().any(|it| std::ptr::eq(it.1, *paths));
        for (number, json) in JSON.iter().enumerate() {
            let program = Program::new();
            for path in *paths {
                let is_toml = path.ends_with(".toml");
                let content = if is_toml { TOML[number % TOML.len()] } else { json };
                write(&program.path(path), content);
                fs::set_permissions(program.path(path), fs::Permissions::from_mode(0o640)).unwrap();
            }
            let before = files(&program.path(""));
            let mut command = vec!["install", agent];
            if is_for_project {
                command.push("--project");
            }
            let dry = program.run(&[&command[..], &["--dry-run"]].concat());
            assert_eq!((dry.code, dry.stderr.as_str()), (0, ""), "{agent}");
            assert!(dry.stdout.contains("+ "), "{}", dry.stdout);
            assert_eq!(files(&program.path("")), before, "a dry run changes nothing");
            let ended = program.run(&command);
            assert_eq!(ended.code, 0, "{agent}: {}", ended.stderr);
            assert_eq!(ended.stdout, dry.stdout);
            let lost = ended.stdout.lines().filter_map(|line| line.strip_prefix("- "));
            // A configuration on one line stays on one.
            for line in lost.filter(|line| !line.starts_with('{')) {
                // A comma after the last line of others is all that a line loses.
                assert!(ended.stdout.contains(&format!("+ {line},")), "{}", ended.stdout);
            }
            for path in *paths {
                let mode = fs::metadata(program.path(path)).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o640, "{path}");
            }
            assert_eq!(program.run(&[&command[..], &["--uninstall"]].concat()).code, 0);
            assert_eq!(files(&program.path("")), before, "{agent} {json}");
        }
    }
}

#[test]
fn entries_in_a_file_that_changed_since_are_removed_by_their_content() {
    for (agent, paths) in AGENTS {
        let program = Program::new();
        for path in *paths {
            let is_toml = path.ends_with(".toml");
            write(&program.path(path), if is_toml { TOML[0] } else { JSON[1] });
        }
        assert_eq!(program.run(&["install", agent]).code, 0);
        for path in *paths {
            let path = program.path(path);
            let content = fs::read_to_string(&path).unwrap();
            fs::write(&path, content.replace("dark", "light").replace("gpt", "gpt-2")).unwrap();
        }
        assert_eq!(program.run(&["install", agent, "--uninstall"]).code, 0);
        for path in *paths {
            let content = fs::read_to_string(program.path(path)).unwrap();
            assert!(!content.contains("aios-memory"), "{content}");
            let is_toml = path.ends_with(".toml");
            let wanted = if is_toml { TOML[0] } else { JSON[1] };
            let wanted = wanted.replace("dark", "light").replace("gpt", "gpt-2");
            assert_eq!(content, wanted, "{agent}");
        }
    }
}

#[test]
fn every_layout_survives() {
    let comments = ["// mine", "// one", "// two", "// the end", "/* one */", "// theirs"];
    for layout in LAYOUTS {
        for (agent, path) in
            [("cursor", ".cursor/mcp.json"), ("claude-code", ".claude/settings.json")]
        {
            let program = Program::new();
            let file = program.path(path);
            write(&file, layout);
            let ended = program.run(&["install", agent]);
            assert_eq!(ended.code, 0, "{layout}: {}", ended.stderr);
            let after = fs::read_to_string(&file).unwrap();
            let has_comment = comments.iter().any(|comment| layout.contains(comment));
            if !has_comment {
                let after: Value = serde_json::from_str(&after).unwrap();
                let is_whole = match agent {
                    "cursor" => after["mcpServers"]["aios-memory"]["args"][2] == "mcp",
                    _ => after["hooks"].as_object().unwrap().len() >= 6,
                };
                assert!(is_whole, "{layout}: {after}");
            }
            assert_eq!(program.run(&["install", agent, "--uninstall"]).code, 0);
            assert_eq!(fs::read_to_string(&file).unwrap(), *layout, "{agent}");
            // Without the record of the spans, the entries are found by their content.
            assert_eq!(program.run(&["install", agent]).code, 0);
            fs::remove_dir_all(program.data_dir().join("hooks")).unwrap();
            assert_eq!(program.run(&["install", agent, "--uninstall"]).code, 0);
            let left = fs::read_to_string(&file).unwrap_or_else(|_| "{}".to_owned());
            assert!(!left.contains("aios-memory"), "{left}");
            for comment in comments {
                assert_eq!(left.contains(comment), layout.contains(comment), "{left}");
            }
            if !has_comment && !layout.is_empty() {
                let value = |text: &str| without_empty(serde_json::from_str(text).unwrap());
                assert_eq!(value(&left), value(layout), "{left}");
            }
        }
    }
}

/// Returns an object without the objects and lists that may be empty, because nothing shows who
/// made them.
fn without_empty(mut value: Value) -> Value {
    let object = value.as_object_mut().unwrap();
    for name in ["mcpServers", "hooks"] {
        if let Some(inner) = object.get_mut(name).and_then(Value::as_object_mut) {
            inner.retain(|_, it| *it != serde_json::json!([]));
        }
        object.retain(|key, it| key != name || *it != serde_json::json!({}));
    }
    value
}

#[test]
fn a_handler_of_others_beside_ours_stays() {
    let program = Program::new();
    let file = program.path(".claude/settings.json");
    assert_eq!(program.run(&["install", "claude-code"]).code, 0);
    let mine = serde_json::json!({"type": "command", "command": "echo mine"});
    let mut settings: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    settings["hooks"]["Stop"][0]["hooks"].as_array_mut().unwrap().push(mine.clone());
    fs::write(&file, format!("{settings:#}")).unwrap();
    let again = program.json(&["install", "claude-code"]);
    assert_eq!(again["files"][1]["change"], "unchanged", "{again}");
    assert_eq!(program.run(&["install", "claude-code", "--uninstall"]).code, 0);
    let left: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(left, serde_json::json!({"hooks": {"Stop": [{"hooks": [mine]}]}}));

    let file = program.path(".codex/config.toml");
    let own = "[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = \"command\"\ncommand = \"a\"\n";
    write(&file, own);
    assert_eq!(program.run(&["install", "codex"]).code, 0);
    let mine = "[[hooks.Stop.hooks]]\ntype = \"command\"\ncommand = \"echo mine\"\n";
    let content = fs::read_to_string(&file).unwrap();
    let ours = content.find("hook codex Stop").unwrap();
    let end = ours + content[ours..].find("\n\n").unwrap() + 1;
    fs::write(&file, [&content[..end], mine, &content[end..]].concat()).unwrap();
    assert_eq!(program.run(&["install", "codex", "--uninstall"]).code, 0);
    let left = fs::read_to_string(&file).unwrap();
    assert!(left.starts_with(own) && left.contains(mine), "{left}");
    assert!(!left.contains("hook codex"), "{left}");
}

#[test]
fn entries_of_a_program_with_another_name_are_removed_from_a_reformatted_file() {
    let program = Program::new();
    let other = program.path("memory");
    // A process of its own: a program that is open for writing anywhere cannot be run.
    let mut copy = std::process::Command::new("cp");
    let copied = copy.args([env!("CARGO_BIN_EXE_aios-memory"), text(&other)]).status();
    assert!(copied.unwrap().success());
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(&other);
        let command = command.args(arguments).env_clear().env("HOME", program.path(""));
        assert!(command.current_dir(program.path("")).output().unwrap().status.success());
    };
    let files = [program.path(".claude.json"), program.path(".claude/settings.json")];
    run(&["install", "claude-code"]);
    for file in &files {
        let value: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert!(value.to_string().contains("/memory"), "{value}");
        fs::write(file, format!("{value}")).unwrap();
    }
    run(&["install", "claude-code", "--uninstall"]);
    for file in &files {
        let left = fs::read_to_string(file).unwrap_or_default();
        assert!(!left.contains("/memory"), "{left}");
    }
}

#[test]
fn an_outdated_entry_is_replaced() {
    let program = Program::new();
    assert_eq!(program.run(&["install", "claude-code"]).code, 0);
    let ended = program.run(&["install", "claude-code", "--user", "ada l"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let settings = fs::read_to_string(program.path(".claude/settings.json")).unwrap();
    assert_eq!(settings.matches(" hook claude-code Stop").count(), 1, "{settings}");
    assert!(settings.contains("--user 'ada l' hook claude-code Stop"), "{settings}");
    let servers = fs::read_to_string(program.path(".claude.json")).unwrap();
    assert_eq!(servers.matches("\"mcp\"").count(), 1, "{servers}");
    assert!(servers.contains("\"ada l\""), "{servers}");
    assert_eq!(program.run(&["install", "claude-code", "--uninstall"]).code, 0);
    assert!(files(&program.path("")).is_empty());
}

#[test]
fn a_malformed_configuration_is_refused_untouched_with_its_line() {
    let cases = [
        ("cursor", ".cursor/mcp.json", "{\n  \"a\": 1\n  \"b\": 2\n}\n", 2),
        ("codex", ".codex/config.toml", "a = 1\nb = \n", 2),
        ("claude-code", ".claude/settings.json", "{\n  \"hooks\": []\n}\n", 2),
        ("vscode", ".config/Code/User/mcp.json", "{\n  \"servers\": 7\n}\n", 2),
        ("cursor", ".cursor/mcp.json", "{\n  \"mcpServers\": null\n}\n", 2),
        ("claude-code", ".claude/settings.json", "{\"hooks\":\n {\n\"Stop\": {}}}\n", 3),
        ("codex", ".codex/hooks.json", "{\"hooks\":\n 3}\n", 2),
        ("codex", ".codex/config.toml", "a = 1\nmcp_servers = 3\n", 2),
        ("codex", ".codex/config.toml", "a = 1\nmcp_servers = true\n", 2),
        ("codex", ".codex/config.toml", "a = 1\n\"mcp_servers\" = \"x\"\n", 2),
        ("codex", ".codex/config.toml", "a = 1\nmcp_servers = []\n", 2),
        ("codex", ".codex/config.toml", "a = 1\nmcp_servers = {}\n", 2),
        ("codex", ".codex/config.toml", "a = 1\n[[mcp_servers]]\nb = 2\n", 2),
    ];
    for (agent, path, content, line) in cases {
        for dry_run in [&[][..], &["--dry-run"]] {
            check_refused(&[&["install", agent], dry_run].concat(), path, content, line);
        }
    }
    // A name that is given twice.
    let twice = "{\"mcpServers\": {}, \"mcpServers\": 3}";
    let program = Program::new();
    write(&program.path(".cursor/mcp.json"), twice);
    let ended = program.run(&["install", "cursor"]);
    assert_eq!((ended.code, ended.stderr.contains("cannot edit")), (1, true), "{}", ended.stderr);
}

#[track_caller]
fn check_refused(command: &[&str], path: &str, content: &str, line: usize) {
    let program = Program::new();
    write(&program.path(path), content);
    let before = files(&program.path(""));
    let ended = program.run(command);
    assert_eq!(ended.code, 1, "{content}: {}", ended.stderr);
    assert!(ended.stderr.contains(&format!("{path}:{line}: ")), "{content}: {}", ended.stderr);
    assert!(ended.stdout.contains("aios-memory"), "the entries to add: {}", ended.stdout);
    assert_eq!(files(&program.path("")), before, "{content}");
}

#[test]
fn links_are_followed_and_stay() {
    let program = Program::new();
    let real = program.path("dotfiles/mcp.json");
    write(&real, JSON[1]);
    fs::create_dir_all(program.path(".cursor")).unwrap();
    symlink(&real, program.path(".cursor/mcp.json")).unwrap();
    assert_eq!(program.run(&["install", "cursor"]).code, 0);
    assert!(program.path(".cursor/mcp.json").is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("aios-memory"));
    assert_eq!(program.run(&["install", "cursor", "--uninstall"]).code, 0);
    assert_eq!(fs::read_to_string(&real).unwrap(), JSON[1]);
}

#[test]
fn the_variables_of_the_agents_are_honoured() {
    let program = Program::new();
    let (claude, codex, xdg) = (program.path("c"), program.path("x"), program.path("g"));
    let env = [
        ("CLAUDE_CONFIG_DIR", text(&claude)),
        ("CODEX_HOME", text(&codex)),
        ("XDG_CONFIG_HOME", text(&xdg)),
    ];
    for (agent, _) in AGENTS {
        let ended = program.run_with(&["install", agent], b"", &env);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    for path in [
        "c/.claude.json",
        "c/settings.json",
        "x/config.toml",
        "x/hooks.json",
        "g/Code/User/mcp.json",
        "g/opencode/opencode.json",
        ".cursor/mcp.json",
    ] {
        assert!(program.path(path).exists(), "{path}");
    }
}

#[test]
fn hooks_of_codex_join_those_in_its_configuration() {
    let program = Program::new();
    let own = "[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = \"command\"\ncommand = \"say done\"\n";
    write(&program.path(".codex/config.toml"), own);
    assert_eq!(program.run(&["install", "codex"]).code, 0);
    let config = fs::read_to_string(program.path(".codex/config.toml")).unwrap();
    assert!(config.starts_with(own), "{config}");
    assert!(config.contains("hook codex SessionStart"), "{config}");
    assert!(!program.path(".codex/hooks.json").exists());
    assert_eq!(program.run(&["install", "codex"]).stdout.matches("unchanged").count(), 1);
    assert_eq!(program.run(&["install", "codex", "--uninstall"]).code, 0);
    assert_eq!(fs::read_to_string(program.path(".codex/config.toml")).unwrap(), own);
}

#[test]
fn doctor_tells_what_is_installed() {
    let program = Program::new();
    let finding = |agent: &str| {
        let checks = program.json(&["doctor"]);
        let checks = checks["checks"].as_array().unwrap();
        let is_it = |check: &&Value| check["part"] == "agent" && check["name"] == agent;
        checks.iter().find(is_it).unwrap()["finding"].as_str().unwrap().to_owned()
    };
    assert_eq!(finding("claude-code"), "not installed");
    assert_eq!(program.run(&["install", "claude-code"]).code, 0);
    assert_eq!(finding("claude-code"), "MCP server, 6 of 6 hooks; last: no hook ran yet");
    assert_eq!(program.run(&["install", "cursor"]).code, 0);
    assert_eq!(finding("cursor"), "MCP server");
}

/// Returns the arguments of the server in a file of an agent.
fn server_words(program: &Program, path: &str) -> Vec<String> {
    let text = fs::read_to_string(program.path(path)).unwrap();
    let value: Value = match path.ends_with(".toml") {
        true => toml::from_str(&text).unwrap(),
        false => serde_json::from_str(&text).unwrap(),
    };
    let names = ["mcpServers", "mcp_servers", "servers", "mcp"];
    let server = names.iter().find_map(|name| value.get(name)).unwrap()["aios-memory"].clone();
    let words = server.get("args").unwrap_or(&server["command"]).as_array().unwrap();
    words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_server_acts_in_the_project_of_its_session() {
    for (in_project, agents) in [(false, AGENTS), (true, IN_PROJECT)] {
        for (agent, paths) in agents {
            let program = Program::new();
            let flag: &[&str] = if in_project { &["--project"] } else { &[] };
            assert_eq!(program.run(&[&["install", agent], flag].concat()).code, 0);
            let words = server_words(&program, paths[0]);
            let project = match (*agent, in_project) {
                // VS Code starts the servers of a user in the home directory.
                ("vscode", false) => None,
                ("cursor" | "vscode", _) => Some("${workspaceFolder}"),
                _ => Some("auto"),
            };
            let wanted = project.map(|it| ["--project", it]).into_iter().flatten().chain(["mcp"]);
            let wanted: Vec<&str> = wanted.collect();
            assert!(
                words.ends_with(&wanted.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()),
                "{agent}: {words:?}"
            );
            assert_eq!(words.contains(&"--project".to_owned()), project.is_some(), "{agent}");
        }
    }
}

#[test]
fn an_entry_of_the_former_form_is_updated_and_keeps_its_user() {
    for user in [None, Some("ben")] {
        let program = Program::new();
        let flags: &[&str] = if user.is_some() { &["--user", "ben"] } else { &[] };
        assert_eq!(program.run(&[&["install", "claude-code"], flags].concat()).code, 0);
        let file = program.path(".claude.json");
        let mut config: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let args = &mut config["mcpServers"]["aios-memory"]["args"];
        args.as_array_mut().unwrap().retain(|word| word != "--project" && word != "auto");
        fs::write(&file, format!("{config:#}")).unwrap();
        let ended = program.run(&["install", "claude-code"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let mut wanted: Vec<&str> = flags.to_vec();
        wanted.extend(["--project", "auto", "mcp"]);
        assert_eq!(server_words(&program, ".claude.json"), wanted);
        let hooks = fs::read_to_string(program.path(".claude/settings.json")).unwrap();
        assert_eq!(hooks.contains("--user ben hook claude-code Stop"), user.is_some(), "{hooks}");
        assert_eq!(ended.stderr.contains("--user ben"), user.is_some(), "{}", ended.stderr);
        let again = program.run(&["install", "claude-code"]);
        assert_eq!(again.stdout.matches("unchanged").count(), 2, "{again:?}");
        // Another user is a deliberate change.
        assert_eq!(program.run(&["install", "claude-code", "--user", "ada"]).code, 0);
        assert_eq!(server_words(&program, ".claude.json")[..2], ["--user", "ada"]);
    }
}

#[test]
fn an_entry_with_parts_of_others_stays_and_is_reported() {
    let server = |args: &str, more: &str| {
        format!(
            "{{\n\"mcpServers\": {{\"aios-memory\": {{\"command\": \"aios-memory\", \
                 \"args\": {args}{more}}}}}\n}}\n"
        )
    };
    let full =
        "[\"--user\", \"ada\", \"--project\", \"auto\", \"mcp\", \"--tools\", \"core,files\"]";
    let cases = [
        ("claude-code", ".claude.json", server(full, ", \"env\": {\"A\": \"b\"}"), "--tools"),
        (
            "cursor",
            ".cursor/mcp.json",
            server("[\"--project\", \"shop\", \"mcp\"]", ""),
            "--project",
        ),
        ("cursor", ".cursor/mcp.json", server("[\"--read-only\", \"mcp\"]", ""), "--read-only"),
        ("cursor", ".cursor/mcp.json", server("[\"mcp\"]", ", \"env\": {\"A\": \"b\"}"), "env"),
        (
            "codex",
            ".codex/config.toml",
            "\n[mcp_servers.aios-memory]\ncommand = \"aios-memory\"\nargs = [\"mcp\"]\n\n\
             [mcp_servers.aios-memory.env]\nA = \"b\"\n"
                .to_owned(),
            "env",
        ),
    ];
    for (agent, path, content, part) in cases {
        let program = Program::new();
        write(&program.path(path), &content);
        let before = files(&program.path(""));
        let ended = program.run(&["install", agent]);
        assert_eq!(ended.code, 1, "{content}: {ended:?}");
        assert!(ended.stderr.contains(&format!("`{part}`")), "{part}: {}", ended.stderr);
        assert!(ended.stderr.contains("remove that entry"), "{}", ended.stderr);
        let ended = program.run(&["install", agent, "--uninstall"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.stderr.contains(&format!("`{part}`")), "{}", ended.stderr);
        assert_eq!(files(&program.path("")), before, "{content}");
        let doctor = program.run(&["doctor"]).stdout;
        assert!(doctor.contains(&format!("agent {agent}")), "{doctor}");
        assert!(!doctor.contains("no MCP server"), "{doctor}");
    }
}

#[test]
fn a_mark_of_utf_8_stays() {
    for (agent, path) in [("claude-code", ".claude.json"), ("codex", ".codex/config.toml")] {
        let program = Program::new();
        let content =
            if path.ends_with("json") { "\u{feff}{\"a\": 1}\n" } else { "\u{feff}a = 1\n" };
        write(&program.path(path), content);
        assert_eq!(program.run(&["install", agent]).code, 0, "{agent}");
        let after = fs::read_to_string(program.path(path)).unwrap();
        assert!(after.starts_with('\u{feff}') && after.contains("aios-memory"), "{after}");
        assert_eq!(program.run(&["install", agent, "--uninstall"]).code, 0, "{agent}");
        assert_eq!(fs::read_to_string(program.path(path)).unwrap(), content);
    }
}

#[test]
fn a_write_protected_file_is_refused() {
    let program = Program::new();
    let file = program.path(".claude/settings.json");
    write(&file, "{}\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let before = files(&program.path(""));
    let ended = program.run(&["install", "claude-code"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("settings.json is write-protected"), "{}", ended.stderr);
    assert!(ended.stderr.contains("chmod u+w"), "{}", ended.stderr);
    assert_eq!(files(&program.path("")), before);
}

#[test]
fn doctor_names_the_malformed_line_of_a_configuration() {
    let program = Program::new();
    assert_eq!(program.run(&["install", "claude-code"]).code, 0);
    write(&program.path(".claude/settings.json"), "{\n  \"a\": 1\n  \"b\": 2\n}\n");
    let ended = program.run(&["doctor"]);
    let place = "settings.json:2: not valid JSON";
    assert!(ended.stdout.contains(place), "{}", ended.stdout);
    assert!(ended.stdout.contains("-> correct it, or move it away"), "{}", ended.stdout);
}
