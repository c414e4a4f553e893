//! Words that open a request, and words that only look like it.

/// Verbs that are orders to an agent. The lexicon has others.
pub(super) const ORDERS: &str = "\
    analyze analyse adapt align append assign archive assume attach backup benchmark bump \
    calculate check clone comment commit compare compile compose compress compute configure \
    convert copy customize debug deduplicate define delete deploy describe document \
    double-check download draft drop dump duplicate edit elaborate email execute export extend \
    extract find fix format generate give google go grep guess have help hurry avoid identify \
    ignore imagine implement import improve increase insert inspect integrate investigate \
    iterate join just keep kill let lint list load log look lookup make mail map mark merge \
    message minimize mock modify mute navigate open optimize optimise order organize outline \
    output paraphrase parse patch pause ping polish port post predict preview print prioritize \
    proceed process proofread pull push put query read rebase rebuild recalculate recheck \
    recommend redo redeploy reduce refactor reference reformat refresh regenerate reload \
    remind remove rename render reorder rephrase reply report request rerun re-run research \
    reset resize resolve respond restart restore resume retry rethink revert review revise \
    revoke reword rewrite roll roleplay rotate run save scan schedule scrape search see select \
    send set share ship shorten show simplify simulate skip solve sort speak split start stop \
    submit suggest sum summarise summarize swap switch sync take tell test tidy tighten toggle \
    trace transcribe transfer transform translate trim truncate try tweak type undo uninstall \
    unpack unzip update upgrade upload use validate verify visualize visualise wait walk watch \
    wire wrap write zip act pretend be continue";

/// Verbs that a note about oneself opens without its subject: "Live in Ghent", "Play the cello".
/// They are requests only with "please" or an object "me".
pub(super) const OWN: &str = "\
    love like hate need want live work know think believe feel mean prefer own enjoy dislike \
    adore miss hope wish wonder seem belong play drive ride eat drink study wear sleep smoke \
    swim commute teach attend practise practice volunteer collect suffer wake rent dance train \
    camp expect hear understand remain reside cycle bike cook sing fear trust care \
    cost weigh dream worry regret tend agree come celebrate grow learn hike jog ski \
    climb lead appreciate have";

/// Words with a past form that is written alike.
pub(super) const PAST_ALIKE: &[&str] =
    &["read", "put", "cut", "quit", "set", "hit", "hurt", "let", "split", "bet", "cost", "shut"];

/// Verbs whose forms with "s" are no nouns, and their base forms.
pub(super) const FINITE: &[&str] = &[
    "reads", "meets", "takes", "pays", "goes", "makes", "gives", "keeps", "begins", "becomes",
    "comes", "costs", "happens", "needs", "wants", "gets", "says", "lives", "works", "starts",
    "ends", "fails", "breaks", "closes", "opens", "happen", "take", "begin", "came", "got", "fell",
];

/// Words before a request that say nothing about it.
pub(super) const LOOSE: &[&str] = &[
    "and",
    "so",
    "but",
    "then",
    "now",
    "next",
    "also",
    "first",
    "second",
    "third",
    "finally",
    "lastly",
    "actually",
    "just",
    "well",
    "anyway",
    "again",
    "alright",
    "right",
    "great",
    "perfect",
    "cool",
    "nice",
    "good",
    "awesome",
    "excellent",
    "fine",
    "no",
    "nope",
    "wait",
    "hmm",
    "um",
    "kindly",
    "instead",
    "afterwards",
    "meanwhile",
    "additionally",
    "plus",
    "or",
    "btw",
    "quickly",
    "quick",
    "otherwise",
    "therefore",
    "thus",
    "hence",
    "maybe",
    "perhaps",
    "simply",
    "today",
    "okay",
    "ok",
    "k",
    "oh",
    "ah",
    "hey",
    "hi",
    "hello",
    "yes",
    "yeah",
    "yep",
    "sure",
    "thanks",
    "thank",
    "there",
];

/// Words of courtesy, with the usual errors of typing.
pub(super) const POLITE: &[&str] =
    &["please", "pls", "plz", "plese", "plaese", "pleae", "pleas", "plesae", "kindly", "pleasee"];

/// Names of agents.
pub(super) const AGENTS: &[&str] = &[
    "claude",
    "chatgpt",
    "gpt",
    "gemini",
    "copilot",
    "cursor",
    "codex",
    "assistant",
    "agent",
    "bot",
    "ai",
    "siri",
    "alexa",
    "llama",
    "grok",
    "mistral",
];

/// Verbs of a rule of style.
pub(super) const STYLE_VERBS: &[&str] = &[
    "use", "prefer", "format", "follow", "write", "add", "avoid", "stick", "keep", "indent",
    "name", "respect", "apply", "include", "put", "ask", "document", "target", "assume", "answer",
];

/// Plural nouns of the answers of an agent.
pub(super) const MANNER_NOUNS: &[&str] = &[
    "answers",
    "replies",
    "responses",
    "explanations",
    "emojis",
    "emoji",
    "abbreviations",
    "exclamation",
];

/// Verbs of giving, whose first object is the one who gets something.
pub(super) const GIVING: &[&str] = &[
    "make",
    "give",
    "find",
    "suggest",
    "show",
    "tell",
    "send",
    "write",
    "book",
    "get",
    "recommend",
    "help",
    "remind",
    "order",
    "buy",
    "build",
    "cook",
    "offer",
    "read",
    "teach",
];
