//! Synthetic notes and messages in English: clauses of one form, filled from lists. They have
//! several hundred words and many numbers, so that neither a tokenizer nor a table of word pieces
//! fits the data of a whole run into the nearest cache.

use crate::numbers::Numbers;

const WHO: &str = "I you she he we they nobody somebody everybody Ada Bruno Chen Edith Farid Grace \
    Hugo Maria";
const DID: &str = "found lost moved opened closed painted fixed broke sold bought wrote read sent \
    received forgot remembered cleaned tested deployed restarted measured cancelled booked \
    borrowed returned cooked planted drew checked signed copied deleted renamed replaced carried \
    photographed described explained recommended compared";
const HOW: &str = "old new red green blue broken slow fast heavy cheap expensive quiet noisy large \
    small wooden empty full strange favourite second last urgent weekly monthly private public \
    secret missing wrong correct simple difficult beautiful cold warm electric digital medical";
const WHAT: &str = "server database invoice contract garden kitchen bicycle ticket report password \
    letter camera piano window engine recipe passport calendar novel painting budget keyboard \
    printer battery backup certificate script container cluster network router firewall dashboard \
    meeting holiday flight hotel restaurant concert museum river mountain beach forest bridge \
    station airport hospital school library office apartment roof basement sofa table lamp carpet \
    mirror jacket shoe umbrella suitcase wallet necklace birthday wedding dinner breakfast coffee \
    bread cheese tomato onion soup cake apple guitar violin puppy cat horse tree flower tractor \
    warehouse factory shipment customer complaint refund salary interview lecture exam thesis \
    experiment sample vaccine prescription appointment insurance mortgage election newspaper film";
const WHERE: &str = "in near behind before after without for from with above";
const WHEN: &str = "today yesterday tomorrow tonight again twice recently later often once already \
    finally Monday Friday October early eventually here abroad somewhere quickly carefully";
const AND: &str = "and but because so while although when";

/// Returns `count` texts of `words_min` to `words_max` words.
pub(super) fn texts(count: usize, words_min: usize, words_max: usize) -> Vec<String> {
    let mut numbers = Numbers::new(11);
    (0..count)
        .map(|_| {
            let wanted = words_min + numbers.below(words_max + 1 - words_min);
            let mut words: Vec<String> = Vec::new();
            while words.len() < wanted {
                words.extend(clause(&mut numbers));
            }
            words.truncate(wanted);
            words.join(" ")
        })
        .collect()
}

/// Returns a clause of ten or eleven words, which ends with a conjunction.
fn clause(numbers: &mut Numbers) -> Vec<String> {
    let mut of = |list: &str| {
        let words: Vec<&str> = list.split_whitespace().collect();
        words[numbers.below(words.len())].to_owned()
    };
    let the = || "the".to_owned();
    let mut clause = vec![of(WHO), of(DID), the(), of(HOW), of(WHAT)];
    clause.extend([of(WHERE), the(), of(WHAT), of(WHEN), of(AND)]);
    if numbers.below(4) == 0 {
        clause.insert(5, numbers.below(10_000).to_string());
    }
    clause
}
