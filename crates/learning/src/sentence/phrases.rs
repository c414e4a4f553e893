//! Fixed phrases that give a sentence its mood, found in one pass.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// The mood that a phrase gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Order,
    Joke,
    Refusal,
    Hypothesis,
    Story,
}

impl Kind {
    pub(super) fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// Returns the kinds of phrases in a text whose words are surrounded by spaces, as bits.
pub(super) fn find(spaced: &str) -> u8 {
    static PHRASES: OnceLock<(AhoCorasick, Vec<Kind>)> = OnceLock::new();
    let (automaton, kinds) = PHRASES.get_or_init(|| {
        let all = || LISTS.iter().flat_map(|(kind, list)| list.iter().map(|it| (*kind, *it)));
        let automaton = AhoCorasick::new(all().map(|(_, phrase)| phrase));
        let automaton = automaton.expect("the list of phrases is short");
        (automaton, all().map(|(kind, _)| kind).collect())
    });
    let found = automaton.find_overlapping_iter(spaced);
    found.fold(0, |bits, found| bits | kinds[found.pattern().as_usize()].bit())
}

const LISTS: &[(Kind, &[&str])] = &[
    (Kind::Order, ORDERS),
    (Kind::Joke, JOKES),
    (Kind::Refusal, REFUSALS),
    (Kind::Hypothesis, HYPOTHESES),
    (Kind::Story, STORIES),
];

/// Words that make a wish an instruction, or a correction.
const ORDERS: &[&str] =
    &[" from now on ", " from here on ", " going forward ", " meant to say ", " meant to write "];

const JOKES: &[&str] = &[
    " just kidding ",
    " only kidding ",
    " kidding ",
    " just joking ",
    " only joking ",
    " joking ",
    " jk ",
    " as a joke ",
    " april fools ",
    " april fool ",
    " just messing ",
    " pulling your leg ",
    " being sarcastic ",
    " not really lol ",
    " just teasing ",
];

const REFUSALS: &[&str] = &[
    " decided against ",
    " decided not to ",
    " chose not to ",
    " opted not to ",
    " voted against ",
    " ruled out ",
    " talked me out ",
    " talked us out ",
    " chickened out ",
    " did not end up ",
    " ended up not ",
    " ended up staying ",
    " ended up keeping ",
    " not going to move ",
    " not planning to ",
    " no plans to ",
    " no intention ",
    " not going to quit ",
    " not going to leave ",
    " will not be moving ",
    " am not leaving ",
    " am not quitting ",
    " am not moving ",
    " are not moving ",
    " are not leaving ",
    " am not switching ",
    " are not switching ",
    " not about to ",
    " will not quit ",
    " will not leave ",
    " will not switch ",
    " turned down ",
    " turned it down ",
    " declined ",
    " rejected the ",
    " passed on the offer ",
    " changed my mind about moving ",
    " changed my mind about leaving ",
    " changed my mind about quitting ",
    " changed my mind about switching ",
    " staying put ",
    " sticking with ",
    " stick with ",
    " stuck with ",
    " did not get the ",
    " would never ",
    " never thought ",
    " never wanted ",
    " refuse to ",
    " refused to ",
    " not giving up ",
    " will not give up ",
    " not selling ",
    " not cancelling ",
];

const HYPOTHESES: &[&str] = &[
    " thinking of ",
    " thinking about ",
    " thought of ",
    " thought about ",
    " think about ",
    " toying with ",
    " dream of ",
    " dreaming of ",
    " dreamed of ",
    " dreamt ",
    " dreamed that ",
    " some day ",
    " one day ",
    " would like to ",
    " would love to ",
    " want to ",
    " wants to ",
    " wanted to ",
    " hope to ",
    " hoping to ",
    " hopes to ",
    " planning to ",
    " i plan to ",
    " we plan to ",
    " plans to ",
    " planned to ",
    " looking into ",
    " looking at ",
    " looking to ",
    " in case ",
    " as if ",
    " as though ",
    " if only ",
    " debating ",
    " on the fence ",
    " not sure ",
    " no idea if ",
    " interested in ",
    " might ",
    " may be ",
    " may have to ",
    " may move ",
    " may leave ",
    " may switch ",
    " may quit ",
    " could be ",
    " rumours ",
    " rumors ",
    " supposed to ",
    " meant to ",
    " trying to ",
    " about to ",
    " intend to ",
    " unlikely ",
    " sometimes i ",
    " i feel like ",
    " let us say ",
    " say i ",
    " what if ",
    " assuming ",
    " fantasise ",
    " fantasize ",
    " weighing ",
    " contemplating ",
    " keen to ",
    " ought to ",
    " there is talk ",
    " talk of ",
    " talks about ",
    " proposal ",
    " should ",
];

const STORIES: &[&str] = &[
    " in the movie ",
    " in the film ",
    " in the book ",
    " in the novel ",
    " in the story ",
    " in the show ",
    " in the series ",
    " in the game ",
    " in my novel ",
    " in my story ",
    " in my dream ",
    " in a dream ",
    " my character ",
    " main character ",
    " the character ",
    " protagonist ",
    " the lyrics ",
    " the song goes ",
    " the saying goes ",
    " the quote ",
    " role play ",
    " roleplay ",
    " in the play ",
    " in the sims ",
    " in minecraft ",
    " in gta ",
    " in skyrim ",
    " in zelda ",
    " in fortnite ",
    " in roblox ",
    " in fallout ",
    " in cyberpunk ",
    " in stardew valley ",
    " in animal crossing ",
    " in world of warcraft ",
    " in elden ring ",
    " in pokemon ",
    " in the witcher ",
    " in our campaign ",
    " in my campaign ",
    " in my screenplay ",
    " in a game ",
    " in a novel ",
];
