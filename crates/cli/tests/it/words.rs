//! Search for symbols, signs and scripts as users type them.

use crate::program::Program;

fn remember(program: &Program, texts: &[&str]) {
    for text in texts {
        assert_eq!(program.run(&["remember", "--", text]).code, 0, "{text}");
    }
}

#[test]
fn scripts_without_spaces_are_found_inside_sentences() {
    let program = Program::new();
    let thai = concat!(
        "\u{e41}\u{e21}\u{e27}\u{e02}\u{e2d}\u{e07}\u{e09}\u{e31}\u{e19}",
        "\u{e0a}\u{e37}\u{e48}\u{e2d}\u{e21}\u{e30}\u{e25}\u{e34}",
    );
    let tower = "\u{6771}\u{4eac}\u{30bf}\u{30ef}\u{30fc}\u{3067}\u{732b}\u{3092}\u{898b}\u{305f}";
    let (launch, hedgehog) = ("\u{1f680} launch day is the 3rd of June", "\u{1f994}");
    remember(&program, &[thai, tower, launch, hedgehog]);
    let cases = [
        (&thai[..9], thai),
        (&thai[..27], thai),
        ("\u{732b}", tower),
        ("\u{1f680}", launch),
        (hedgehog, hedgehog),
    ];
    for (query, expect) in cases {
        assert_eq!(program.recall(query), [expect], "{query}");
    }
}

#[test]
fn texts_that_differ_in_a_sign_are_both_shown_and_the_exact_one_is_first() {
    let program = Program::new();
    let text = |sign: &str| format!("Keep the vaccine fridge in room six at {sign} degrees");
    let (cold, cool) = (text("-4"), text("4"));
    remember(&program, &[&cold, &cool]);
    assert_eq!(program.recall("vaccine fridge temperature").len(), 2);
    assert_eq!(program.recall("vaccine fridge at -4 degrees"), [cold.as_str(), &cool]);
    assert_eq!(program.recall("vaccine fridge at 4 degrees"), [cool.as_str(), &cold]);
}

#[test]
fn speakers_who_say_the_same_are_both_shown() {
    let program = Program::new();
    let line = |name: &str, minute: u32, day: &str| {
        format!(
            "{{\"role\":\"user\",\"name\":\"{name}\",\"session\":\"s1\",\"content\":\"I would really \
             prefer the meeting on {day} morning\",\"timestamp\":\"2026-01-01T10:0{minute}:00Z\"}}\n"
        )
    };
    let lines = line("Ada", 0, "Monday") + &line("Bert", 1, "Monday") + &line("Cleo", 2, "Tuesday");
    let file = program.file("talk.jsonl", lines);
    program.json(&["ingest", crate::program::text(&file)]);
    assert_eq!(program.recall("prefer the meeting on Monday morning").len(), 3);
}

#[test]
fn numbers_and_typos_find_their_target() {
    let program = Program::new();
    let texts = [
        "Invoice total was $1,299.00 for the oak shelves",
        "Staging database listens on port 5433",
        "The audit begins on 2026-03-02",
    ];
    remember(&program, &texts);
    let cases = [("1299", 0), ("databse prot stagign", 1), ("02.03.2026", 2)];
    for (query, expect) in cases {
        assert_eq!(program.recall(query)[0], texts[expect], "{query}");
    }
}
