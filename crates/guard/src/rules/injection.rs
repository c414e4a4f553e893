//! Texts that try to instruct the model that reads them.
//!
//! A rule requires a verb of overriding *and* an object that only a model has (instructions, a
//! prompt, a role), since "ignore him", "forget the rules" and "you are now a father" are ordinary
//! speech. Single words such as "jailbreak", "override" or "pretend to be" are omitted for that
//! reason.

mod translated;

use std::{
    ops::Range,
    sync::{LazyLock, OnceLock},
};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

use super::{MATCHES_MAX, Match, is_full};
use crate::{
    Kind,
    Kind::{ChatMarkup, Exfiltration, InstructionOverride, RoleSpoofing},
};

/// One rule. Its findings are the whole matches of its pattern.
struct Rule {
    name: &'static str,
    kind: Kind,
    /// Literals in lower case. Every match contains one of them.
    cues: &'static [&'static str],
    pattern: &'static str,
    regex: OnceLock<Regex>,
}

/// The rules, ready to run.
struct Compiled {
    rules: Vec<Rule>,
    cues: AhoCorasick,
    /// The rule of each cue.
    owners: Vec<usize>,
}

static ALL: LazyLock<Compiled> = LazyLock::new(|| {
    let rules = rules();
    let owned = rules
        .iter()
        .enumerate()
        .flat_map(|(rule, Rule { cues, .. })| cues.iter().map(move |cue| (rule, *cue)));
    let (owners, cues): (Vec<usize>, Vec<&str>) = owned.unzip();
    let cues = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(cues);
    Compiled { cues: cues.expect("cues are constants, tested"), owners, rules }
});

/// Reach of a rule around its cue, in bytes. Longer runs of white space are folded before.
const BEFORE_BYTES: usize = 320;
const AFTER_BYTES: usize = 640;

/// Finds every match in `text`. One pass searches the cues of all rules together; a pattern is
/// compiled on first use and runs only around its cues.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    let all = &*ALL;
    let mut windows: Vec<Vec<Range<usize>>> = vec![Vec::new(); all.rules.len()];
    for cue in all.cues.find_overlapping_iter(text) {
        let windows = &mut windows[all.owners[cue.pattern().as_usize()]];
        let start = cue.start().saturating_sub(BEFORE_BYTES);
        let end = (cue.end() + AFTER_BYTES).min(text.len());
        match windows.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => windows.push(start..end),
        }
    }
    for (rule, windows) in all.rules.iter().zip(windows) {
        for window in windows {
            if is_full(matches) {
                return;
            }
            rule.find(text, window, matches);
        }
    }
}

impl Rule {
    /// Finds the matches in a window of `text`.
    fn find(&self, text: &str, window: Range<usize>, matches: &mut Vec<Match>) {
        let regex = self
            .regex
            .get_or_init(|| Regex::new(self.pattern).expect("rules are constants, tested"));
        let start = text.ceil_char_boundary(window.start);
        let window = &text[start..text.floor_char_boundary(window.end)];
        // The start of a window is not the start of a word or line, unless the text or a line
        // starts there.
        let starts_line = start == 0 || text.as_bytes()[start - 1] == b'\n';
        let found = regex.find_iter(window).filter(|found| starts_line || found.start() != 0);
        let room = (MATCHES_MAX + 1).saturating_sub(matches.len());
        matches.extend(found.take(room).map(|found| Match {
            rule: self.name,
            kind: self.kind,
            span: start + found.start()..start + found.end(),
        }));
    }
}

/// Returns the rules, unordered.
fn rules() -> Vec<Rule> {
    let rule =
        |name, kind, cues, pattern| Rule { name, kind, cues, pattern, regex: OnceLock::new() };
    let (order, role) = (InstructionOverride, RoleSpoofing);
    let mut rules: Vec<Rule> = translated::PATTERNS
        .iter()
        .map(|&(cues, pattern)| rule("ignore-instructions-translated", order, cues, pattern))
        .collect();
    rules.extend([
        rule("ignore-instructions", order, IGNORE, IGNORE_INSTRUCTIONS),
        rule("ignore-all-instructions", order, IGNORE, IGNORE_ALL),
        rule("ignore-what-was-said", order, &["ignore", "disregard", "forget"], IGNORE_SAID),
        rule("ignore-instructions-spaced", order, IGNORE, SQUEEZED),
        rule("new-instructions", order, NEW_CUES, NEW_INSTRUCTIONS),
        rule("persona-override", order, PERSONA_CUES, PERSONA),
        rule("no-restrictions", order, &["without"], NO_RESTRICTIONS),
        rule("conceal-from-user", order, CONCEAL_CUES, CONCEAL),
        rule("system-line", role, &["system", "developer"], SYSTEM_LINE),
        rule("system-bracket", role, &["system", "developer", "override"], SYSTEM_BRACKET),
        rule("authority-claim", role, AUTHORITY_CUES, AUTHORITY),
        rule("chatml-token", ChatMarkup, &["<|", "<\u{FF5C}", "<start_of", "<end_of"], CHATML),
        rule("llama-token", ChatMarkup, LLAMA_CUES, LLAMA),
        rule("template-heading", ChatMarkup, &["##"], TEMPLATE_HEADING),
        rule("role-tag", ChatMarkup, ROLE_TAG_CUES, ROLE_TAG),
        rule("reveal-prompt", Exfiltration, REVEAL_CUES, REVEAL_PROMPT),
        rule("send-secrets", Exfiltration, SEND_CUES, SEND_SECRETS),
        rule("image-beacon", Exfiltration, &["!["], IMAGE_BEACON),
        rule(
            "upload-command",
            Exfiltration,
            &["curl", "wget", "nc ", "nc\t", "ncat"],
            UPLOAD_COMMAND,
        ),
    ]);
    rules
}

const IGNORE: &[&str] =
    &["ignor", "disregard", "forget", "overrid", "bypass", "discard", "neglect", "follow", "obey"];
const IGNORE_INSTRUCTIONS: &str = r"(?ix)(?-u:\b)
    (?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass|discard|neglect
        |(?:do\ not|don['\x{2019}]?t|stop|never)\s+(?:follow|obey)(?:ing)?)
    (?:\s+(?:about|all|any|every|each|of|the|these|those|my|our)){0,4}
    \s+(?:previous|prior|preceding|above|earlier|foregoing|existing|initial|original|system|your
        |(?:previously|already)\s+given)
    (?:\s+(?:and|or|system|prior|previous|above|own|core|safety|security|developer|given|set
        |of|the)){0,3}
    \s+(?:instructions?|prompts?|directives?|directions|guidelines?|guardrails?|rules
        |programming|commands|constraints|training|context)(?-u:\b)";

const IGNORE_ALL: &str = r"(?ix)(?-u:\b)
    (?:ignore|disregard|forget|override|bypass|discard)\s+(?:all|any|every)
    (?:\s+(?:of|the|these|those|your|my|other)){0,3}
    \s+(?:instructions?|prompts?|directives?|guardrails?|system\s+messages?)(?-u:\b)";

const IGNORE_SAID: &str = r"(?ix)(?-u:\b)
    (?:ignore|disregard|forget)\s+(?:everything|anything|all|whatever)\s+(?:that\s+)?
    (?:(?:was\s+|is\s+)?(?:said|written|stated)?\s*(?:above|before\s+this)
        |(?:you\s+(?:were|have\s+been)|you['\x{2019}]?ve\s+been)\s+(?:told|taught|instructed
            |given))(?-u:\b)";

/// The same without spaces, for evenly spaced-out letters.
const SQUEEZED: &str = r"(?ix)
    (?:ignore|disregard|forget|override|bypass)
    (?:all|any|every|of|the|these|those|my|your|about){0,5}
    (?:previous|prior|preceding|above|earlier|existing|initial|original|system)
    (?:and|or|system|given|of|the|above|safety|set){0,3}
    (?:instruction|prompt|directive|direction|guideline|guardrail|rules|programming|constraint)s?";

const NEW_CUES: &[&str] = &[
    "instruction",
    "directive",
    "objective",
    "task",
    "respond",
    "reply",
    "answer",
    "ignore",
    "obey",
    "behave",
    "act as",
    "act  as",
    "act
as",
];
const NEW_INSTRUCTIONS: &str = r"(?ix)(?-u:\b)
    (?:(?:new|updated|revised|real|actual)\s+(?:system\s+)?(?:instructions?|directives?)\s*:
    |your\s+(?:new|real|actual|true)\s+(?:instructions?|directives?|objective|task)\s+(?:is
            |are)(?-u:\b)
    |from\s+now\s+on,?\s+(?:you\s+(?:will|must|shall|should|are\s+to)\s+)?
        (?:(?:only\s+)?(?:respond|reply|answer)\s+(?:only|as|with|in)|ignore\s+(?:all|any|every
            |your)
        |obey\s+(?:me|my|only)|act\s+as|behave\s+as)(?-u:\b))";

const PERSONA_CUES: &[&str] = &[
    "are now",
    "are  now",
    "are
now",
    "mode",
    "pretend",
    "imagine",
    "behave",
    "roleplay",
    "anything",
    "jailbroken",
    "unrestricted",
    "unfiltered",
    "uncensored",
    "amoral",
    "have no",
    "not bound",
    "free of",
    "free from",
];
const PERSONA: &str = r"(?ix)(?-u:\b)
    (?:you\s+are\s+now\s+(?:(?:in|entering)\s+)?(?:an?\s+|the\s+)?
        (?:dan|jailbroken|unrestricted|unfiltered|uncensored|developer\s+mode|god\s+mode
        |debug\s+mode|(?:new|different|evil|rogue)\s+(?:ai|assistant|model|chatbot|bot))
    |(?:developer|god|debug|dan|jailbreak|admin|sudo)\s+mode\s*:?\s+(?:is\s+now\s+)?
        (?:enabled|activated|engaged|on)
    |(?:pretend|act|imagine|behave)\s+(?:as\s+if\s+|as\s+though\s+|like\s+|that\s+)?you\s+
        (?:have\s+no|are\s+not\s+bound\s+by|are\s+free\s+(?:of|from))\s+(?:any\s+|all\s+)?
        (?:restrictions?|limitations?|rules|guidelines|filters?|policies|ethic\w{0,7})
    |(?:act|pretend|roleplay|behave)\s+(?:as|to\s+be|like)\s+(?:an?\s+)?
        (?:unrestricted|unfiltered|uncensored|jailbroken|amoral)\s+(?:ai|assistant|model|chatbot
            |bot)
    |do\s+anything\s+now)(?-u:\b)";

const NO_RESTRICTIONS: &str = r"(?ix)(?-u:\b)
    (?:respond|answer|reply|operate|comply|act)\s+(?:\w{1,12}\s+){0,3}?without\s+(?:any\s+|your\s+)?
    (?:restrictions?|filters?|limitations|censorship|guardrails|guidelines|safety\s+\w{3,16}
        |(?:moral|ethical)\s+\w{3,16})(?-u:\b)";

const CONCEAL_CUES: &[&str] =
    &["tell", "inform", "alert", "notify", "warn", "mention", "reveal", "disclos", "report"];
const CONCEAL: &str = r"(?ix)(?-u:\b)
    (?:do\s+not|don['\x{2019}]?t|never|without)\s+
    (?:(?:tell|inform|alert|notify|warn)(?:ing)?|(?:mention|reveal|disclose|report)(?:ing)?
        \s+(?:this|it|that|any\s+of\s+this|these\s+\w{3,12})\s+to)
    \s+(?:the|your)\s+(?:users?|humans?|operators?|administrators?|developers?)(?-u:\b)";

const SYSTEM_LINE: &str = r"(?imx)^[\s>\#*_\[(-]{0,8}
    (?:system|developer)
    (?:\s+(?:prompt|message|override|instructions?|command|directive|mandate)[\])*_]{0,3}\s*:
    |[\])*_]{0,3}\s*:[\s*_]{0,4}(?:you\s+(?:are|must|will|should|shall|have)(?-u:\b)
        |ignore(?-u:\b)|disregard(?-u:\b)|override(?-u:\b)|from\s+now\s+on|new\s+(?:instruction
            |task|rule)
        |the\s+(?:user|assistant)\s+(?:is|has|must|may|can)(?-u:\b)))";

const SYSTEM_BRACKET: &str = r"(?ix)\[\s*(?:begin\s+|end\s+(?:of\s+)?|start\s+(?:of\s+)?|/\s*)?
    (?:system(?:\s+(?:prompt|message|override|instructions?))?|developer\s+message|admin\s+override)
    \s*\]|(?-u:\b)(?:begin|end)\s+(?:of\s+)?(?:the\s+)?system\s+(?:prompt|instructions?)(?-u:\b)";

const AUTHORITY_CUES: &[&str] =
    &["developer", "creator", "programmer", "administrator", "openai", "anthropic", "override"];
const AUTHORITY: &str = r"(?ix)(?-u:\b)
    (?:(?:i\s+am|i['\x{2019}]m|this\s+is|as)\s+your\s+(?:developer|creator|programmer
            |system\s+administrator)
    |(?:message|instructions?|orders?|notice)\s+from\s+(?:openai|anthropic|your\s+developers?
        |the\s+system\s+administrator|the\s+developers\s+of\s+this)
    |(?:admin(?:istrator)?|root|developer|system|emergency)\s+override\s+
        (?:code|granted|authorized|enabled|activated|accepted))(?-u:\b)";

/// ChatML, Llama 3, Phi and similar; DeepSeek's with full-width bars.
const CHATML: &str =
    r"<\|[a-z][a-z0-9_]{1,30}\|>|<\x{FF5C}[^\x{FF5C}<>\n]{1,40}\x{FF5C}>|<(?:start|end)_of_turn>";

const LLAMA_CUES: &[&str] =
    &["inst]", "sys>>", "available_tools]", "tool_calls]", "tool_results]", "system_prompt]"];
const LLAMA: &str =
    r"\[/?INST\]|<</?SYS>>|\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]";

/// Alpaca and Vicuna.
const TEMPLATE_HEADING: &str = r"(?imx)^[\ \t>]{0,4}\#{2,4}\ ?
    (?:system|instructions?|assistant|human)(?:\ prompt|\ message)?\ ?:[\ \t]*";

const ROLE_TAG_CUES: &[&str] = &[
    "<system",
    "</system",
    "<assistant",
    "</assistant",
    "<developer",
    "</developer",
    "<tool",
    "</tool",
    "<function",
    "</function",
    "antml:",
    "< ",
    "</ ",
    "<\n",
    "<\t",
];
/// Tags for roles, tool calls and tool results of assistants.
const ROLE_TAG: &str = r"(?ix)</?\s{0,2}
    (?:system|assistant|developer|system[-_ ]?(?:prompt|message|reminder|instructions?)
    |tool[-_](?:calls?|use|response|results?|output)|function[-_](?:calls?|results?|response)
    |antml:[a-z_]{1,20})(?:\s[^<>\n]{0,80})?\s{0,2}/?>";

const REVEAL_CUES: &[&str] = &[
    "prompt",
    "instruction",
    "messages above",
    "messages verbatim",
    "message above",
    "message verbatim",
    "above",
    "before this",
    "preceding",
];
const REVEAL_PROMPT: &str = r"(?ix)(?-u:\b)
    (?:reveal|show|print|repeat|output|display|disclose|leak|dump|recite|give|tell|send|paste
        |translate|summari[sz]e|write\s+(?:out|down)|what\s+(?:is|are|was|were))
    (?:\s+(?:me|us|all|any|the|of|your|its|this|entire|full|exact|complete|verbatim|raw|own
        |current|contents?)){0,6}\s+
    (?:(?:system|initial|hidden|secret|original|developer|internal|pre-?)\s*
        (?:prompts?|instructions?|messages?\s+(?:above|verbatim))
    |(?:text|words|everything|instructions?|prompt)\s+(?:above|before\s+this
            |preceding\s+this))(?-u:\b)";

const SEND_CUES: &[&str] = &["http", "@", "webhook", "url", "server", "endpoint", "address"];
const SEND_SECRETS: &str = r"(?ix)(?-u:\b)
    (?:send|post|upload|forward|e-?mail|exfiltrate|transmit|leak|submit|append|copy)(?-u:\b)
    [^\n.!?]{0,40}?(?-u:\b)
    (?:api[\ _-]?keys?|passwords?|credentials?|secrets|private\s+keys?|ssh\s+keys?|access\s+tokens?
        |auth(?:entication)?\s+tokens?|(?:chat|conversation|message)\s+(?:history|logs?)
        |system\s+prompt|env(?:ironment)?\s+variables?|cookies|memor(?:y|ies)\s+contents?)
    [^\n!?]{0,40}?(?-u:\b)(?:to|at|via|into)\s[^\n!?]{0,20}?
    (?:https?://|[a-z0-9._%+-]{1,40}@[a-z0-9-]{1,40}\.|webhook|(?:this|that|my|the\s+following)\s+
        (?:url|server|endpoint|address))";

/// An image whose URL sends data out as soon as it is displayed.
const IMAGE_BEACON: &str = r"(?ix)!\[[^\]\n]{0,80}\]\(\s*https?://[^)\s]{1,120}\?[^)\s]{0,80}
    (?:=[{\[<]|%7B|=\$|(?:data|secret|prompt|history|context|exfil|leak|memory|conversation
            |token)=)";

const UPLOAD_COMMAND: &str = r#"(?x)(?-u:\b)(?:curl|wget|nc|ncat)(?-u:\b)[^\n]{0,120}?
    (?:\$\(|`|@|<\s*)\s*(?:cat\s|env(?-u:\b)|printenv|~/\.|/etc/(?:passwd|shadow)|\$HOME/\.
            |\.env(?-u:\b))"#;
