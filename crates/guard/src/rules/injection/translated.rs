//! "Ignore the previous instructions" in other languages.
//!
//! Latin patterns are written without accents and Arabic ones without hamza, since the folded text
//! has none; text typed without them matches as well. Word orders are those of an order to the
//! reader, so that a sentence about instructions passes.

/// For each language its cues in lower case and its pattern. Every match contains a cue.
pub(super) const PATTERNS: &[(&[&str], &str)] = &[
    // German.
    (
        &["ignorier", "missacht", "vergiss", "vergess"],
        r"(?ix)
        (?:ignorier\w{0,4}|missachte\w{0,2}|vergiss|vergesst|vergessen\s+sie)(?:\s+\w{1,14}
        ){0,3}?
        \s+(?:vorherig|bisherig|obig|fruher|vorig|vorangegangen|vorstehend|ursprunglich)\w{0,3}
        \s+(?:anweisung|instruktion|befehl|vorgabe|regel|anordnung|richtlinie)\w{0,3}",
    ),
    // French.
    (
        &["ignore", "oublie", "neglige"],
        r"(?ix)
        (?:ignore[zr]?|oublie[zr]?|neglige[zr]?)\s+(?:toutes?\s+|tous\s+)?(?:les|vos|tes|ces|mes
        )
        \s+(?:instructions|consignes|directives|regles|ordres)
        \s+(?:precedente?s|anterieure?s|ci-dessus|initiales|donnees|d['\x{2019}]avant)",
    ),
    // Spanish and Portuguese.
    (
        &["ignor", "olvid", "esque", "desconsider", "descart", "omit"],
        r"(?ix)
        (?:ignor(?:a|e|ar|en|em)|olvid(?:a|e|ar|en)|esque(?:ca|cam|cer)|desconsider(?:a|e)|
        descart(?:a|e)|omit(?:a|e))
        \s+(?:de\s+)?(?:tod[ao]s?\s+)?(?:(?:las|los|tus|sus|as|os|suas|seus)\s+)?
        (?:instrucciones|instrucoes|indicaciones|indicacoes|ordenes|ordens|directrices|
        diretrizes|reglas|regras|orientacoes)
        \s+(?:anteriores|previas|acima|iniciales|iniciais|de\s+arriba)",
    ),
    // Italian.
    (
        &["ignora", "dimentica", "trascura"],
        r"(?ix)
        (?:ignora|dimentica|trascura)(?:te|re)?\s+(?:tutt[ei]\s+)?(?:le|gli|i|tue|queste)(?:\s+
        tue)?
        \s+(?:istruzioni|indicazioni|direttive|ordini|regole)\s+(?:precedenti|iniziali|di\s+
        prima|di\s+cui\s+sopra)",
    ),
    // Polish.
    (
        &["ignoruj", "pomin", "zapomnij", "odrzuc", "zlekcewaz"],
        r"(?ix)
        (?:z?ignoruj|pomin|zapomnij|odrzuc|zlekcewaz)(?:cie)?(?:\s+\w{1,14}){0,3}?
        (?:\s+(?:poprzedni|wczesniejsz|powyzsz|dotychczasow|pierwotn)\w{1,4}(?:\s+\w{1,14}){0,1}
        \s+(?:instrukcj|polece|wytyczn|zasad|wskazow|rozkaz|dyrektyw)\w{0,5}
        |\s+(?:instrukcj|polece|wytyczn|zasad)\w{0,5}\s+(?:powyzej|wczesniejsz\w{1,3}|poprzedni
        \w{1,3}))",
    ),
    // Dutch.
    (
        &["negeer", "vergeet", "schrap"],
        r"(?ix)
        (?:negeer|vergeet|schrap)(?:\s+\w{1,14}){0,3}?\s+(?:voorgaande|vorige|eerdere|
        bovenstaande|voorafgaande|oorspronkelijke)
        \s+(?:instructies?|aanwijzingen|opdrachten|richtlijnen|regels|bevelen)",
    ),
    // Swedish, Danish and Norwegian.
    (
        &["ignorer", "glem", "glom", "bortse"],
        r"(?ix)
        (?:ignorera?|glomm?|glem|bortse\s+fran)(?:\s+\w{1,14}){0,2}?\s+(?:tidigare|foregaende|
        tidligere|forrige|ovanstaende|ovenstaende)
        \s+(?:instruktion|instruks|anvisning|regl|order)\w{0,5}",
    ),
    // Czech and Slovak.
    (
        &["ignoruj", "zapomen", "zabudni"],
        r"(?ix)
        (?:ignoruj|zapomen|zabudni)(?:te)?(?:\s+\w{1,14}){0,3}?\s+(?:predchozi|predchadzajuc|
        predesl|vyse\s+uveden)\w{0,3}
        \s+(?:instrukc|pokyn|prikaz|pravid)\w{0,4}",
    ),
    // Romanian.
    (
        &["instructiunile", "comenzile", "regulile"],
        r"(?ix)
        (?:ignora|uita)(?:ti)?\s+(?:toate\s+)?(?:instructiunile|comenzile|regulile)\s+(?:
        anterioare|precedente|de\s+mai\s+sus)",
    ),
    // Indonesian and Malay.
    (
        &["abaikan", "lupakan"],
        r"(?ix)
        (?:abaikan|lupakan)(?:\s+\w{1,14}){0,2}?\s+(?:instruksi|perintah|arahan|petunjuk|aturan)
        (?:\s+\w{1,14}){0,2}?\s+(?:sebelumnya|di\s?atas|terdahulu)",
    ),
    // Turkish.
    (
        &["talimat", "yonerge", "komut", "emir", "kural", "direktif"],
        r"(?ix)
        (?:onceki|yukaridaki|evvelki|oncesindeki)(?:\s+\w{1,14}){0,3}?\s+(?:talimat|yonerge|
        komut|emir|kural|direktif)\w{0,6}
        (?:\s+\w{1,14}){0,2}?\s+(?:yok\s?say|gormezden\s+gel|unut|dikkate\s+alma|goz\s?ardi\s+et
        |bosver|yapma)\w{0,5}",
    ),
    // Vietnamese.
    (
        &["huong", "lenh", "quy", "chi "],
        r"(?ix)
        (?:bo\s+qua|quen|phot\s+lo|lam\s+ngo|(?:dung|khong)\s+(?:tuan|lam)\s+theo)(?:\s+\w{1,14}
        ){0,4}?
        \s+(?:huong\s+dan|chi\s+dan|chi\s+thi|menh\s+lenh|cau\s+lenh|quy\s+tac|lenh)(?:\s+
        \w{1,14}){0,2}?\s+(?:truoc|(?:o\s+|ben\s+)tren|ban\s+dau)",
    ),
    // Russian.
    (
        &[
            "\u{433}\u{43D}\u{43E}\u{440}\u{438}\u{440}\u{443}\u{439}",
            "\u{430}\u{431}\u{443}\u{434}\u{44C}",
            "\u{442}\u{431}\u{440}\u{43E}\u{441}\u{44C}",
        ],
        r"(?ix)
        (?:(?:\x{43F}\x{440}\x{43E})?\x{438}\x{433}\x{43D}\x{43E}\x{440}\x{438}\x{440}\x{443}
        \x{439}|\x{437}\x{430}\x{431}\x{443}\x{434}\x{44C}|\x{43E}\x{442}\x{431}\x{440}\x{43E}
        \x{441}\x{44C})\w{0,2}(?:\s+\w{1,10}){0,3}?\s+(?:\x{43F}\x{440}\x{435}\x{434}\x{44B}
        \x{434}\x{443}\x{449}|\x{43F}\x{440}\x{435}\x{436}\x{43D}|\x{43F}\x{440}\x{435}\x{434}
        \x{448}\x{435}\x{441}\x{442}\x{432}|\x{432}\x{44B}\x{448}\x{435}\x{443}\x{43A}\x{430}
        \x{437}|\x{432}\x{44B}\x{448}\x{435}\x{438}\x{437}\x{43B}\x{43E}\x{436}|\x{440}\x{430}
        \x{43D}\x{435}\x{435}|\x{441}\x{442}\x{430}\x{440})\w{0,8}
        (?:\s+\w{1,10})?\s+(?:\x{438}\x{43D}\x{441}\x{442}\x{440}\x{443}\x{43A}\x{446}|\x{443}
        \x{43A}\x{430}\x{437}\x{430}\x{43D}|\x{43A}\x{43E}\x{43C}\x{430}\x{43D}\x{434}|\x{43F}
        \x{440}\x{430}\x{432}\x{438}\x{43B}|\x{440}\x{430}\x{441}\x{43F}\x{43E}\x{440}\x{44F}
        \x{436}|\x{434}\x{438}\x{440}\x{435}\x{43A}\x{442}\x{438}\x{432})\w{0,4}",
    ),
    // Ukrainian.
    (
        &["\u{433}\u{43D}\u{43E}\u{440}\u{443}\u{439}", "\u{430}\u{431}\u{443}\u{434}\u{44C}"],
        r"(?ix)
        (?:(?:\x{43F}\x{440}\x{43E})?\x{456}\x{433}\x{43D}\x{43E}\x{440}\x{443}\x{439}|\x{437}
        \x{430}\x{431}\x{443}\x{434}\x{44C})\w{0,2}(?:\s+\w{1,10}){0,3}?\s+(?:\x{43F}\x{43E}
        \x{43F}\x{435}\x{440}\x{435}\x{434}\x{43D}|\x{43A}\x{43E}\x{43B}\x{438}\x{448}\x{43D}|
        \x{432}\x{438}\x{449}\x{435}\x{432}\x{43A}\x{430}\x{437}\x{430}\x{43D})\w{1,4}\s+(?:
        \x{456}\x{43D}\x{441}\x{442}\x{440}\x{443}\x{43A}\x{446}|\x{432}\x{43A}\x{430}\x{437}
        \x{456}\x{432}\x{43A}|\x{43A}\x{43E}\x{43C}\x{430}\x{43D}\x{434}|\x{43F}\x{440}\x{430}
        \x{432}\x{438}\x{43B})\w{0,4}",
    ),
    // Chinese.
    (
        &[
            "\u{5FFD}\u{7565}",
            "\u{65E0}\u{89C6}",
            "\u{7121}\u{8996}",
            "\u{5FD8}\u{8BB0}",
            "\u{5FD8}\u{8A18}",
            "\u{5FFD}\u{89C6}",
            "\u{5FFD}\u{8996}",
            "\u{4E0D}\u{8981}\u{9075}\u{5B88}",
            "\u{4E0D}\u{8981}\u{7406}\u{4F1A}",
        ],
        r"(?ix)
        (?:\x{5FFD}\x{7565}|\x{65E0}\x{89C6}|\x{7121}\x{8996}|\x{5FD8}\x{8BB0}|\x{5FD8}\x{8A18}|
        \x{5FFD}\x{89C6}|\x{5FFD}\x{8996}|\x{4E0D}\x{8981}\x{9075}\x{5B88}|\x{4E0D}\x{8981}
        \x{7406}\x{4F1A})[^\n\x{3002}]{0,8}(?:\x{4E4B}\x{524D}|\x{4EE5}\x{524D}|\x{4EE5}\x{4E0A}
        |\x{4E0A}\x{9762}|\x{4E0A}\x{8FF0}|\x{524D}\x{9762}|\x{5148}\x{524D}|\x{6B64}\x{524D}|
        \x{539F}\x{6765})[^\n\x{3002}]{0,8}(?:\x{6307}\x{4EE4}|\x{6307}\x{793A}|\x{63D0}\x{793A}
        |\x{89C4}\x{5219}|\x{898F}\x{5247}|\x{547D}\x{4EE4}|\x{8BF4}\x{660E}|\x{8AAA}\x{660E}|
        \x{8981}\x{6C42})",
    ),
    // Japanese.
    (
        &[
            "\u{6307}\u{793A}",
            "\u{547D}\u{4EE4}",
            "\u{30EB}\u{30FC}\u{30EB}",
            "\u{30D7}\u{30ED}\u{30F3}\u{30D7}\u{30C8}",
            "\u{6307}\u{56F3}",
        ],
        r"(?ix)
        (?:\x{4EE5}\x{524D}|\x{4E0A}\x{8A18}|\x{3053}\x{308C}\x{307E}\x{3067}|\x{524D}|\x{5148}
        \x{307B}\x{3069}|\x{4ECA}\x{307E}\x{3067}|\x{4E0A}|\x{3059}\x{3079}\x{3066})\x{306E}
        [^\n\x{3002}]{0,10}(?:\x{6307}\x{793A}|\x{547D}\x{4EE4}|\x{30EB}\x{30FC}\x{30EB}|
        \x{30D7}\x{30ED}\x{30F3}\x{30D7}\x{30C8}|\x{6307}\x{56F3})[^\n\x{3002}]{0,8}(?:\x{7121}
        \x{8996}|\x{5FD8}\x{308C}|\x{5F93}\x{308F}\x{306A}\x{3044}|\x{7834}\x{68C4})",
    ),
    // Korean.
    (
        &[
            "\u{C9C0}\u{C2DC}",
            "\u{BA85}\u{B839}",
            "\u{C9C0}\u{CE68}",
            "\u{ADDC}\u{CE59}",
            "\u{D504}\u{B86C}\u{D504}\u{D2B8}",
            "\u{C548}\u{B0B4}",
        ],
        r"(?ix)
        (?:\x{C774}\x{C804}|\x{C55E}|\x{C704}|\x{C9C0}\x{AE08}\x{AE4C}\x{C9C0}|\x{AE30}\x{C874}|
        \x{C55E}\x{C120})[^\n.]{0,12}(?:\x{C9C0}\x{C2DC}|\x{BA85}\x{B839}|\x{C9C0}\x{CE68}|
        \x{ADDC}\x{CE59}|\x{D504}\x{B86C}\x{D504}\x{D2B8}|\x{C548}\x{B0B4})[^\n.]{0,10}(?:
        \x{BB34}\x{C2DC}|\x{C78A}|\x{B530}\x{B974}\x{C9C0})",
    ),
    // Arabic.
    (
        &[
            "\u{62A}\u{62C}\u{627}\u{647}\u{644}",
            "\u{627}\u{646}\u{633}",
            "\u{627}\u{647}\u{645}\u{644}",
        ],
        r"(?ix)
        (?:\x{62A}\x{62C}\x{627}\x{647}\x{644}|\x{627}\x{646}\x{633}|\x{627}\x{647}\x{645}
        \x{644})\w{0,3}(?:\s+\w{1,12}){0,3}?\s+(?:\x{627}\x{644}\x{62A}\x{639}\x{644}\x{64A}
        \x{645}\x{627}\x{62A}|\x{627}\x{644}\x{627}\x{648}\x{627}\x{645}\x{631}|\x{627}\x{644}
        \x{627}\x{631}\x{634}\x{627}\x{62F}\x{627}\x{62A}|\x{627}\x{644}\x{62A}\x{648}\x{62C}
        \x{64A}\x{647}\x{627}\x{62A}|\x{627}\x{644}\x{642}\x{648}\x{627}\x{639}\x{62F})(?:\s+
        \w{1,12}){0,2}?\s+(?:\x{627}\x{644}\x{633}\x{627}\x{628}\x{642}\x{629}|\x{627}\x{639}
        \x{644}\x{627}\x{647}|\x{627}\x{644}\x{627}\x{648}\x{644}\x{64A}\x{629}|\x{627}\x{644}
        \x{645}\x{630}\x{643}\x{648}\x{631}\x{629}|\x{627}\x{644}\x{645}\x{627}\x{636}\x{64A}
        \x{629}|\x{627}\x{644}\x{627}\x{635}\x{644}\x{64A}\x{629})",
    ),
    // Persian.
    (
        &[
            "\u{646}\u{627}\u{62F}\u{6CC}\u{62F}\u{647}",
            "\u{641}\u{631}\u{627}\u{645}\u{648}\u{634}",
        ],
        r"(?ix)
        (?:\x{62F}\x{633}\x{62A}\x{648}\x{631}|\x{62F}\x{633}\x{62A}\x{648}\x{631}\x{627}\x{644}
        \x{639}\x{645}\x{644}|\x{62F}\x{633}\x{62A}\x{648}\x{631}\x{627}\x{62A})\w{0,6}
        [^\n.]{0,12}(?:\x{642}\x{628}\x{644}\x{6CC}|\x{67E}\x{6CC}\x{634}\x{6CC}\x{646}|\x{628}
        \x{627}\x{644}\x{627})[^\n.]{0,12}(?:\x{646}\x{627}\x{62F}\x{6CC}\x{62F}\x{647}|\x{641}
        \x{631}\x{627}\x{645}\x{648}\x{634})",
    ),
    // Hindi.
    (
        &[
            "\u{928}\u{93F}\u{930}\u{94D}\u{926}\u{947}\u{936}",
            "\u{906}\u{926}\u{947}\u{936}",
            "\u{928}\u{93F}\u{92F}\u{92E}",
            "\u{939}\u{93F}\u{926}\u{93E}\u{92F}\u{924}",
        ],
        r"(?ix)
        (?:\x{92A}\x{93F}\x{91B}\x{932}|\x{92A}\x{942}\x{930}\x{94D}\x{935}|\x{92A}\x{939}
        \x{932}\x{947}|\x{90A}\x{92A}\x{930}|\x{909}\x{92A}\x{930}\x{94B}\x{915}\x{94D}\x{924}|
        \x{92A}\x{941}\x{930}\x{93E}\x{928})[^\n\x{964}]{0,24}(?:\x{928}\x{93F}\x{930}\x{94D}
        \x{926}\x{947}\x{936}|\x{906}\x{926}\x{947}\x{936}|\x{928}\x{93F}\x{92F}\x{92E}|\x{939}
        \x{93F}\x{926}\x{93E}\x{92F}\x{924})[^\n\x{964}]{0,14}(?:\x{905}\x{928}\x{926}\x{947}
        \x{916}|\x{905}\x{928}\x{938}\x{941}\x{928}|\x{928}\x{91C}\x{930}\x{905}\x{902}\x{926}
        \x{93E}\x{91C}|\x{928}\x{91C}\x{930}\s?\x{905}\x{902}\x{926}\x{93E}\x{91C}|\x{909}
        \x{92A}\x{947}\x{915}\x{94D}\x{937}\x{93E}|\x{92D}\x{942}\x{932})",
    ),
];
