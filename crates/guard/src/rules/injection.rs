//! Texts that try to instruct the model which reads them.
//!
//! A rule asks for a verb of overriding *and* an object that only a model has (instructions, a
//! prompt, a role), since "ignore him", "forget the rules" and "you are now a father" are ordinary
//! talk. Single words such as "jailbreak", "override" or "pretend to be" are left out for that
//! reason.

use super::Rule;
use crate::Kind::{ChatMarkup, Exfiltration, InstructionOverride, RoleSpoofing};

/// The rules, in no particular order.
pub(super) fn rules() -> Vec<Rule> {
    let rule = Rule::new;
    let (order, role) = (InstructionOverride, RoleSpoofing);
    vec![
        rule("ignore-instructions", order, IGNORE_VERBS, IGNORE_INSTRUCTIONS),
        rule(
            "ignore-all-instructions",
            order,
            "ignore|disregard|forget|override|bypass|discard",
            IGNORE_ALL,
        ),
        rule("ignore-what-was-said", order, "ignore|disregard|forget", IGNORE_SAID),
        rule("ignore-instructions-translated", order, IGNORE_STEMS, IGNORE_TRANSLATED),
        rule("new-instructions", order, NEW_CUE, NEW_INSTRUCTIONS),
        rule("persona-override", order, PERSONA_CUE, PERSONA),
        rule("no-restrictions", order, "without", NO_RESTRICTIONS),
        rule(
            "conceal-from-user",
            order,
            r"(?:the|your)\s+(?:user|human|operator|admin|developer)",
            CONCEAL,
        ),
        rule("system-line", role, "system|developer", SYSTEM_LINE),
        rule("system-bracket", role, "system|developer|override", SYSTEM_BRACKET),
        rule("authority-claim", role, AUTHORITY_CUE, AUTHORITY),
        rule("chatml-token", ChatMarkup, r"<\||<\x{FF5C}|<(?:start|end)_of", CHATML),
        rule("llama-token", ChatMarkup, r"INST\]|SYS>>|TOOL|SYSTEM_PROMPT", LLAMA),
        rule("template-heading", ChatMarkup, r"\#\#", TEMPLATE_HEADING),
        rule("role-tag", ChatMarkup, "<", ROLE_TAG),
        rule(
            "reveal-prompt",
            Exfiltration,
            "prompt|instruction|message|above|before|preceding",
            REVEAL_PROMPT,
        ),
        rule("send-secrets", Exfiltration, SECRET_NOUNS, SEND_SECRETS),
        rule("image-beacon", Exfiltration, r"!\[", IMAGE_BEACON),
        rule("upload-command", Exfiltration, "curl|wget|nc", UPLOAD_COMMAND),
    ]
}

const IGNORE_VERBS: &str = "ignor|disregard|forget|overrid|bypass|discard|neglect|follow|obey";
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

const IGNORE_STEMS: &str = r"ignor|missacht|vergiss|vergessen|oubli|olvid|esque|dimentic
    |\x{438}\x{433}\x{43D}|\x{437}\x{430}\x{431}\x{443}|\x{5FFD}\x{7565}|\x{65E0}\x{89C6}
    |\x{5FD8}\x{8BB0}|\x{6307}\x{793A}|\x{547D}\x{4EE4}";
/// The same in German, French, Spanish and Portuguese, Italian, Russian, Chinese, Japanese.
const IGNORE_TRANSLATED: &str = r"(?ix)
    (?:ignorier\w{0,4}|missachte\w{0,2}|vergiss|vergessen\s+sie)
        (?:\s+\w{1,10}){0,2}\s+(?:vorherigen?|bisherigen?|obigen?|fr\x{FC}heren?)
        \s+(?:anweisungen?|instruktionen|befehle|vorgaben)
    |(?:ignore[zr]?|oublie[zr]?)\s+(?:toutes\s+)?(?:les|vos|tes)
        \s+(?:instructions|consignes|directives)\s+(?:pr\x{E9}c\x{E9}dentes|ant\x{E9}rieures
            |ci-dessus)
    |(?:ignor[ae]|olvida|olvide|esque\x{E7}a)\s+(?:todas\s+)?(?:(?:las|tus|sus|as|suas)\s+)?
        (?:instrucciones|instru\x{E7}\x{F5}es)\s+(?:anteriores|previas|pr\x{E9}vias)
    |(?:ignora|dimentica)\s+(?:tutte\s+)?(?:le|tue)(?:\s+tue)?\s+istruzioni\s+precedenti
    |(?:\x{438}\x{433}\x{43D}\x{43E}\x{440}\x{438}\x{440}\x{443}\x{439}
            |\x{437}\x{430}\x{431}\x{443}\x{434}\x{44C})
        \w{0,2}\s+(?:\w{2,4}\s+)?
        (?:\x{43F}\x{440}\x{435}\x{434}\x{44B}\x{434}\x{443}\x{449}
            |\x{43F}\x{440}\x{435}\x{436}\x{43D})\w{1,3}
        \s+(?:\x{438}\x{43D}\x{441}\x{442}\x{440}\x{443}\x{43A}\x{446}
            |\x{443}\x{43A}\x{430}\x{437}\x{430}\x{43D})\w{1,4}
    |(?:\x{5FFD}\x{7565}|\x{65E0}\x{89C6}|\x{5FD8}\x{8BB0})[^\n]{0,6}
        (?:\x{4E4B}\x{524D}|\x{4EE5}\x{524D}|\x{4EE5}\x{4E0A}|\x{4E0A}\x{9762}|\x{524D}\x{9762}
            |\x{5148}\x{524D})
        [^\n]{0,6}(?:\x{6307}\x{4EE4}|\x{6307}\x{793A}|\x{63D0}\x{793A}|\x{89C4}\x{5219})
    |(?:\x{4EE5}\x{524D}|\x{4E0A}\x{8A18}|\x{3053}\x{308C}\x{307E}\x{3067}|\x{524D})\x{306E}
        [^\n]{0,6}(?:\x{6307}\x{793A}|\x{547D}\x{4EE4})[^\n]{0,8}(?:\x{7121}\x{8996}
            |\x{5FD8}\x{308C})";

const NEW_CUE: &str = r"instruction|directive|your\s+(?:new|real|actual|true)|from\s+now\s+on";
const NEW_INSTRUCTIONS: &str = r"(?ix)(?-u:\b)
    (?:(?:new|updated|revised|real|actual)\s+(?:system\s+)?(?:instructions?|directives?)\s*:
    |your\s+(?:new|real|actual|true)\s+(?:instructions?|directives?|objective|task)\s+(?:is
            |are)(?-u:\b)
    |from\s+now\s+on,?\s+(?:you\s+(?:will|must|shall|should|are\s+to)\s+)?
        (?:(?:only\s+)?(?:respond|reply|answer)\s+(?:only|as|with|in)|ignore\s+(?:all|any|every
            |your)
        |obey\s+(?:me|my|only)|act\s+as|behave\s+as)(?-u:\b))";

const PERSONA_CUE: &str = r"you\s+are\s+now|mode|you\s+have\s+no|you\s+are\s+(?:not|free)
    |un(?:restrict|filter|censor)|jailbroken|amoral|do\s+anything\s+now";
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

const AUTHORITY_CUE: &str = r"your\s+(?:developer|creator|programmer|system)
    |from\s+(?:openai|anthropic|your|the)|override";
const AUTHORITY: &str = r"(?ix)(?-u:\b)
    (?:(?:i\s+am|i['\x{2019}]m|this\s+is|as)\s+your\s+(?:developer|creator|programmer
            |system\s+administrator)
    |(?:message|instructions?|orders?|notice)\s+from\s+(?:openai|anthropic|your\s+developers?
        |the\s+system\s+administrator|the\s+developers\s+of\s+this)
    |(?:admin(?:istrator)?|root|developer|system|emergency)\s+override\s+
        (?:code|granted|authorized|enabled|activated|accepted))(?-u:\b)";

/// ChatML, Llama 3, Phi and their kin; DeepSeek's with full-width bars.
const CHATML: &str =
    r"<\|[a-z][a-z0-9_]{1,30}\|>|<\x{FF5C}[^\x{FF5C}<>\n]{1,40}\x{FF5C}>|<(?:start|end)_of_turn>";

const LLAMA: &str =
    r"\[/?INST\]|<</?SYS>>|\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]";

/// Alpaca and Vicuna.
const TEMPLATE_HEADING: &str = r"(?imx)^[\ \t>]{0,4}\#{2,4}\ ?
    (?:system|instructions?|assistant|human)(?:\ prompt|\ message)?\ ?:[\ \t]*";

/// Tags in which assistants carry roles, tool calls and tool results.
const ROLE_TAG: &str = r"(?ix)</?\s{0,2}
    (?:system|assistant|developer|system[-_ ]?(?:prompt|message|reminder|instructions?)
    |tool[-_](?:calls?|use|response|results?|output)|function[-_](?:calls?|results?|response)
    |antml:[a-z_]{1,20})(?:\s[^<>\n]{0,80})?\s{0,2}/?>";

const REVEAL_PROMPT: &str = r"(?ix)(?-u:\b)
    (?:reveal|show|print|repeat|output|display|disclose|leak|dump|recite|give|tell|send|paste
        |translate|summari[sz]e|write\s+(?:out|down)|what\s+(?:is|are|was|were))
    (?:\s+(?:me|us|all|any|the|of|your|its|this|entire|full|exact|complete|verbatim|raw|own
        |current|contents?)){0,6}\s+
    (?:(?:system|initial|hidden|secret|original|developer|internal|pre-?)\s*
        (?:prompts?|instructions?|messages?\s+(?:above|verbatim))
    |(?:text|words|everything|instructions?|prompt)\s+(?:above|before\s+this
            |preceding\s+this))(?-u:\b)";

const SECRET_NOUNS: &str = r"key|password|credential|secret|token|history|logs?|prompt|env|cookies
    |memor";
const SEND_SECRETS: &str = r"(?ix)(?-u:\b)
    (?:send|post|upload|forward|e-?mail|exfiltrate|transmit|leak|submit|append|copy)(?-u:\b)
    [^\n.!?]{0,40}?(?-u:\b)
    (?:api[\ _-]?keys?|passwords?|credentials?|secrets|private\s+keys?|ssh\s+keys?|access\s+tokens?
        |auth(?:entication)?\s+tokens?|(?:chat|conversation|message)\s+(?:history|logs?)
        |system\s+prompt|env(?:ironment)?\s+variables?|cookies|memor(?:y|ies)\s+contents?)
    [^\n!?]{0,40}?(?-u:\b)(?:to|at|via|into)\s[^\n!?]{0,20}?
    (?:https?://|[a-z0-9._%+-]{1,40}@[a-z0-9-]{1,40}\.|webhook|(?:this|that|my|the\s+following)\s+
        (?:url|server|endpoint|address))";

/// An image whose address carries data out as soon as it is shown.
const IMAGE_BEACON: &str = r"(?ix)!\[[^\]\n]{0,80}\]\(\s*https?://[^)\s]{1,120}\?[^)\s]{0,80}
    (?:=[{\[<]|%7B|=\$|(?:data|secret|prompt|history|context|exfil|leak|memory|conversation
            |token)=)";

const UPLOAD_COMMAND: &str = r#"(?x)(?-u:\b)(?:curl|wget|nc|ncat)(?-u:\b)[^\n]{0,120}?
    (?:\$\(|`|@|<\s*)\s*(?:cat\s|env(?-u:\b)|printenv|~/\.|/etc/(?:passwd|shadow)|\$HOME/\.
            |\.env(?-u:\b))"#;
