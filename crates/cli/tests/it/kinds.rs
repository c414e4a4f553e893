//! `kinds`: the kinds of record on the command line.

use aios_memory::Kind;

use crate::program::Program;

const AGENT_STATE: &str = "\
agent_state (collection agent_states): The last saved state of a named agent.

stored in      working memory, and fed to long-term memory if longterm.feed_kinds has it
changes        every field but the id
other fields   refused

agent_name           id, required                       Name of the agent, which is the id.
state                json, required                     The saved value.
scope                scope                              User, project, agent and session. Default: those of the handle.
provenance           provenance                         The writer, and the task that it was written for.
importance           share                              Importance, 0 to 1. Default: 0.5.
created_at           time                               Time of creation. Default: when it is first stored.
updated_at           time, set by the memory            Time of the last write.
recorded_at          time, set by the memory            Time at which it was first stored.
expires_at           time                               Time from which it is no longer shown.

example        {\"agent_name\":\"agent_name-1\",\"state\":{\"detail\":\"state\"}}
";

#[test]
fn every_kind_is_listed_without_a_memory() {
    let program = Program::new();
    let listed = program.run(&["kinds"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    let items = program.json(&["kinds"])["items"].take();
    for (at, kind) in Kind::ALL.iter().enumerate() {
        assert!(listed.stdout.contains(kind.about()), "{kind}");
        assert_eq!(items[at]["kind"], kind.as_str());
    }
    assert!(!program.data_dir().exists());
}

#[test]
fn the_fields_and_rules_of_a_kind_are_printed() {
    let program = Program::new();
    assert_eq!(program.run(&["kinds", "agent-states"]).stdout, AGENT_STATE);
    let unknown = program.run(&["kinds", "nothing"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
}

#[test]
fn the_example_of_a_kind_can_be_recorded() {
    let program = Program::new();
    for kind in ["goal", "note", "agent_state", "message"] {
        let described = program.json(&["kinds", kind]);
        assert_eq!(described["schema"]["title"], kind);
        let example = described["example"].to_string();
        let recorded = program.json_with(&["record", kind], example.as_bytes());
        let id = recorded["id"].as_str().unwrap();
        let shown = program.json(&["show", &format!("{kind}/{id}")]);
        assert!(shown["payload"].is_object(), "{shown}");
    }
}

#[test]
fn every_field_that_a_caller_may_set_has_a_flag() {
    let program = Program::new();
    let help = program.run(&["record", "--help"]).stdout;
    for &kind in Kind::ALL {
        for field in program.json(&["kinds", kind.as_str()])["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let is_own = kind.fields().iter().any(|own| own.name == name);
            let flag = format!("--{} <VALUE>", name.replace('_', "-"));
            let is_given = is_own && field["set_by"] == "caller" && name != "agent";
            assert!(!is_given || help.contains(&flag), "{kind} {name}");
        }
    }
}
