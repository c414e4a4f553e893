//! Names of places that are written without a capital: "i moved to oslo".

use crate::lexicon::Class;
use crate::words::Word;

/// Well-known places of one word.
const PLACES: &str = "\
    oslo bergen trondheim stavanger stockholm gothenburg malmo uppsala copenhagen aarhus odense \
    helsinki tampere turku espoo reykjavik tallinn tartu riga vilnius kaunas warsaw krakow gdansk \
    wroclaw poznan lodz prague brno bratislava vienna graz linz salzburg innsbruck budapest \
    debrecen ljubljana zagreb split belgrade sarajevo skopje sofia plovdiv bucharest cluj athens \
    thessaloniki istanbul ankara izmir berlin hamburg munich cologne frankfurt stuttgart \
    dusseldorf leipzig dresden bremen hanover nuremberg bonn mannheim karlsruhe freiburg dortmund \
    essen zurich geneva basel bern lausanne amsterdam rotterdam utrecht eindhoven groningen leiden \
    delft maastricht haarlem brussels antwerp ghent bruges leuven liege luxembourg paris lyon \
    marseille toulouse nantes strasbourg bordeaux lille rennes grenoble montpellier london \
    manchester birmingham leeds liverpool bristol sheffield edinburgh glasgow cardiff belfast \
    oxford cambridge brighton nottingham newcastle leicester southampton dublin cork galway \
    limerick madrid barcelona valencia seville bilbao malaga zaragoza granada lisbon porto braga \
    coimbra rome milan turin naples florence bologna venice genoa palermo verona kyiv kiev lviv \
    odessa moscow minsk tbilisi yerevan baku dubai doha riyadh jerusalem haifa beirut amman cairo \
    tunis casablanca nairobi lagos accra johannesburg durban pretoria mumbai delhi bangalore \
    bengaluru hyderabad chennai pune kolkata karachi lahore dhaka colombo kathmandu bangkok hanoi \
    singapore jakarta manila tokyo kyoto osaka nagoya fukuoka sapporo seoul busan beijing shanghai \
    shenzhen taipei sydney melbourne brisbane perth adelaide hobart canberra auckland wellington \
    christchurch toronto montreal vancouver ottawa calgary edmonton winnipeg halifax seattle \
    portland chicago boston philadelphia houston dallas austin denver miami atlanta detroit \
    pittsburgh baltimore minneapolis cleveland nashville memphis tucson sacramento brooklyn queens \
    manhattan oakland berkeley honolulu havana bogota lima quito santiago montevideo caracas \
    norway sweden denmark finland iceland estonia latvia lithuania poland germany austria \
    switzerland belgium netherlands holland france england scotland wales ireland spain portugal \
    italy greece croatia serbia slovenia slovakia hungary romania bulgaria ukraine russia israel \
    egypt morocco kenya nigeria ghana india pakistan nepal thailand vietnam indonesia philippines \
    japan korea taiwan australia canada mexico brazil argentina chile peru colombia texas \
    california florida oregon ohio michigan arizona nevada colorado utah virginia georgia bavaria \
    catalonia tuscany provence brittany yorkshire devon cornwall kent sussex europe africa asia";

/// Well-known places of two words.
const PAIRS: &[(&str, &str)] = &[
    ("new", "york"),
    ("new", "zealand"),
    ("new", "delhi"),
    ("new", "orleans"),
    ("new", "jersey"),
    ("los", "angeles"),
    ("las", "vegas"),
    ("san", "francisco"),
    ("san", "diego"),
    ("san", "jose"),
    ("san", "antonio"),
    ("salt", "lake"),
    ("south", "africa"),
    ("south", "korea"),
    ("north", "carolina"),
    ("south", "carolina"),
    ("hong", "kong"),
    ("tel", "aviv"),
    ("cape", "town"),
    ("mexico", "city"),
    ("buenos", "aires"),
    ("rio", "de"),
    ("sao", "paulo"),
    ("kuala", "lumpur"),
    ("abu", "dhabi"),
    ("costa", "rica"),
    ("sri", "lanka"),
    ("saint", "petersburg"),
    ("st", "petersburg"),
    ("the", "hague"),
    ("the", "netherlands"),
];

/// Nouns and adjectives that follow "live in" and "move to" without naming a place.
const COMMON: &str = "\
    fear peace poverty luxury town tears sales marketing finance management engineering support \
    operations production staging harmony hope denial silence chaos darkness exile isolation \
    solitude sin style comfort squalor pain misery agony constant total complete perpetual shared \
    student temporary halls dorms barracks care suburbia nature bed remote plan step level phase \
    paper digital electric cloud cash safety freedom rented rural urban suburban downtown uptown \
    upstairs downstairs abroad overseas close closer further farther larger bigger smaller better \
    cheaper separate social assisted sheltered tents caravans trailers vans lodgings digs \
    accommodation housing retirement captivity hiding limbo terror dread shame debt bliss filth \
    dirt splendor splendour seclusion obscurity anonymity hell heaven paradise wartime modern \
    interesting difficult uncertain strange part-time full-time freelancing consulting teaching \
    research design logistics procurement accounting legal security development testing quality \
    leadership strategy analytics product hybrid self-hosting open-source plant-based decaf";

/// Returns the place that is written in lower case at `at`. A name that is not well known counts
/// only if the author writes "i", and no common word is written so.
pub(super) fn lower(words: &[Word], at: usize) -> &[Word] {
    let Some(first) = words.get(at).filter(|word| !word.is_capital && !word.is_sign) else {
        return &[];
    };
    let next = words.get(at + 1);
    let is_pair =
        |(one, two): &(&str, &str)| first.low == *one && next.is_some_and(|next| next.low == *two);
    if PAIRS.iter().any(is_pair) {
        let start = if first.low == "the" { at + 1 } else { at };
        return &words[start..at + 2];
    }
    let known = |list: &str| list.split_whitespace().any(|word| word == first.low);
    let ends = next.is_none_or(|next| !next.is_content() || next.is(Class::Time));
    if known(PLACES) && ends {
        return &words[at..=at];
    }
    let writes_small = words.iter().any(|word| word.low == "i" && !word.is_capital);
    let is_unknown = first.classes == 0 && first.low.len() > 3 && !is_derived(&first.low);
    if writes_small && is_unknown && ends && !known(COMMON) { &words[at..=at] } else { &[] }
}

/// Returns true for a word with the ending of a common noun or an adjective.
fn is_derived(low: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "ing",
        "ment",
        "ness",
        "tion",
        "sion",
        "ity",
        "ship",
        "ance",
        "ence",
        "ism",
        "ly",
        "ed",
        "ful",
        "less",
        "ous",
        "ive",
        "al",
        "ic",
        "hood",
        "ency",
        "ancy",
        "ware",
        "script",
        "ers",
        "ments",
        "ings",
        "houses",
        "flats",
        "rooms",
        "homes",
        "apartments",
        "tents",
    ];
    low.chars().any(|c| !c.is_alphabetic()) || ENDINGS.iter().any(|ending| low.ends_with(ending))
}
