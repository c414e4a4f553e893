//! Words that name the asker, and the remaining query.

use aios_analysis::Language;

use super::*;

fn of(text: &str, owner: Option<&str>, speakers: &[&str]) -> (String, String) {
    let analyzer = Analyzer::of(Language::English);
    let asker = Asker::new(text, owner, analyzer);
    let names = analyzer.query_names(text);
    let (asked, _) = asker.clone().first_person(speakers.iter().copied(), &names);
    (asker.content(), asked)
}

#[test]
fn whoever_is_spoken_of_asks_in_the_first_person() {
    let cases = [
        ("Which language does the user prefer?", "Which language does I prefer?"),
        ("Where is the user's passport?", "Where is my passport?"),
        ("Tilda's bike", "My bike"),
        ("Where did tilda leave it?", "Where did I leave it?"),
        ("What did Caroline Smith paint with the Caroline?", "What did I paint with I?"),
        ("Where did Will paint?", "Where did I paint?"),
    ];
    for (text, expect) in cases {
        let (_, asked) = of(text, Some("tilda.rennick@example.org"), &["Caroline Smith", "Will"]);
        assert_eq!(asked, expect);
    }
}

#[test]
fn the_asker_is_not_looked_for_and_a_speaker_is() {
    let (content, _) = of("What does the user's cat eat?", None, &[]);
    assert_eq!(content, "What does  cat eat?");
    let (content, _) = of("Does Tilda like cats?", Some("tilda"), &[]);
    assert_eq!(content, "Does  like cats?");
    let text = "Does Caroline like cats?";
    assert_eq!(of(text, None, &["Caroline"]).0, text);
}

#[test]
fn other_words_stay_as_they_are() {
    for text in [
        "how do users reset passwords?",
        "the user interface of the shop",
        "user table columns",
        "what will the weather be like?",
        "the user",
        "Caroline?",
    ] {
        let (content, asked) = of(text, Some("ab"), &["Caroline", "Will"]);
        assert_eq!((&*content, &*asked), (text, text));
    }
    let long = format!("{}the user", "word ".repeat(WORDS_MAX));
    assert_eq!(of(&long, None, &[]).1, long, "a long text says what it means");
}

#[test]
fn other_languages_have_no_first_person_here() {
    let analyzer = Analyzer::of(Language::German);
    let asker = Asker::new("Wohin fuhr Anna im Mai?", Some("anna"), analyzer);
    let (asked, scope) = asker.first_person(std::iter::empty(), &[]);
    assert_eq!(asked, "Wohin fuhr  im Mai?");
    assert_eq!(scope, ["Anna"]);
}
