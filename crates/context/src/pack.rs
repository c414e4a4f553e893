//! The selection strategy.
//!
//! The packer plans with the counts of parts, which is cheap and nearly exact, and [`Packer::fit`]
//! makes it exact by counting the whole text. Another strategy would replace [`worth`] (the value
//! of a text given the chosen ones) and [`Packer::greedy`] (the order of choice): greedy choice
//! under a budget, scaled by cost, as in H. Lin and J. Bilmes, *Multi-document summarization via
//! budgeted maximization of submodular functions*, 2010.

use std::{
    cell::OnceCell,
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashSet},
};

use aios_record::{Tier, Timestamp};

use crate::{
    Candidate, Estimate, Policy, Reason, Section, TokenCounter,
    cut::{self, CUT_TOKENS_MIN},
    fold::Item,
    render::{Body, Heading, Line},
};

/// An upper bound of the average bytes per token in any text. Texts longer than this times the room
/// are not counted, only cut.
const BYTES_PER_TOKEN_MAX: usize = 32;

/// Number of consecutive texts that do not fit after which a gap counts as filled.
const GAP_MISSES_MAX: usize = 200;

/// Maximum number of texts that are tried for cutting into the last gap.
const CUT_TRIES_MAX: usize = 8;

/// Minimum number of tokens of a chunk. Less room counts as none.
const CHUNK_TOKENS_MIN: usize = 3;

/// Maximum number of attempts to refill the room that the exact count leaves.
const REFILLS_MAX: usize = 3;

/// Share of a text's worth that is lost if all of its content is already in the context.
const REPETITION_PENALTY: f64 = 0.5;

/// Returns the worth of a text: its relevance, reduced by its repeated share, per token to the
/// policy's power.
fn worth(relevance: f64, repeated: f64, tokens: usize, policy: &Policy) -> f64 {
    let value = relevance * (1.0 - REPETITION_PENALTY * repeated);
    value / (tokens.max(1) as f64).powf(policy.length_exponent)
}

/// A chosen chunk.
pub(crate) struct Chosen {
    /// The index of its item.
    pub(crate) item: usize,
    /// Its rendering, frame included.
    pub(crate) content: String,
    /// The number of tokens in `content` alone.
    pub(crate) tokens: usize,
    /// True if its end was cut off.
    pub(crate) cut: bool,
    heading: Heading,
    /// The tokens that it added to the plan, including those of its group if it opened one.
    cost: usize,
}

/// The chosen chunks, and the reasons for omitting the others.
pub(crate) struct Packed {
    /// In the order of the text.
    pub(crate) chosen: Vec<Chosen>,
    pub(crate) text: String,
    pub(crate) total_tokens: usize,
    /// For each item, the reason if it was not chosen.
    pub(crate) reasons: Vec<Reason>,
}

/// Selects among `items`, which are in order of precedence.
pub(crate) fn pack(
    items: &[Item],
    policy: &Policy,
    budget: usize,
    counter: &dyn TokenCounter,
) -> Packed {
    let mut packer = Packer::new(items, policy, budget, counter);
    packer.limited(Section::Pinned, policy.pinned_tokens_max.0);
    packer.limited(Section::Profile, policy.profile_tokens_max.0);
    let recent = packer.recent();
    let retrieved = packer.of(Section::Retrieved);
    let share = if retrieved.is_empty() { 1.0 } else { policy.recent_share_max };
    packer.newest(&recent, (packer.room() as f64 * share) as usize);
    packer.floors_and_caps(&retrieved);
    packer.greedy(&retrieved, usize::MAX);
    packer.cut_into_gap(&retrieved);
    packer.newest(&recent, usize::MAX);
    packer.fit();
    for _ in 0..REFILLS_MAX {
        if !packer.refill(&retrieved) {
            break;
        }
    }
    packer.annotate();
    packer.finish()
}

struct Packer<'a> {
    items: &'a [Item],
    policy: &'a Policy,
    counter: &'a dyn TokenCounter,
    budget: usize,
    /// The count of the empty text: special tokens that every count includes once.
    base: usize,
    /// The planned number of tokens so far.
    used: usize,
    /// In the order of choice, the weakest last.
    chosen: Vec<Chosen>,
    states: Vec<State>,
    /// The number of chunks in each group.
    groups: BTreeMap<Heading, usize>,
    tiers: BTreeMap<Tier, TierRoom>,
    /// The hashes of the chosen texts.
    said: HashSet<u64>,
    /// The text of the last exact count, and that count.
    fitted: (String, usize),
}

/// The state of an item.
struct State {
    /// An estimate of its length in tokens, for weighing only.
    length: usize,
    is_chosen: bool,
    /// True if it was chosen and dropped; it is not tried again.
    is_dropped: bool,
    reason: Reason,
    body: OnceCell<Result<Body, Reason>>,
    /// The number of tokens of its whole text, framed, without its group.
    tokens: OnceCell<usize>,
}

#[derive(Default, Clone, Copy)]
struct TierRoom {
    used: usize,
    cap: usize,
}

impl<'a> Packer<'a> {
    fn new(
        items: &'a [Item],
        policy: &'a Policy,
        budget: usize,
        counter: &'a dyn TokenCounter,
    ) -> Packer<'a> {
        let state = |item: &Item| State {
            length: Estimate.count(&item.candidate.text).0,
            is_chosen: false,
            is_dropped: false,
            reason: Reason::Budget,
            body: OnceCell::new(),
            tokens: OnceCell::new(),
        };
        Packer {
            items,
            policy,
            counter,
            budget,
            base: counter.count("").0,
            used: 0,
            chosen: Vec::new(),
            states: items.iter().map(state).collect(),
            groups: BTreeMap::new(),
            tiers: BTreeMap::new(),
            said: HashSet::new(),
            fitted: (String::new(), 0),
        }
    }

    fn room(&self) -> usize {
        self.budget.saturating_sub(self.used)
    }

    fn of(&self, section: Section) -> Vec<usize> {
        let indices = 0..self.items.len();
        indices.filter(|&index| self.items[index].candidate.section == section).collect()
    }

    /// Chooses from a section in order of precedence, up to its limit.
    fn limited(&mut self, section: Section, limit: usize) {
        let before = self.used;
        for index in self.of(section) {
            let left = limit.saturating_sub(self.used - before);
            if !self.take(index, left, Reason::SectionLimit) {
                self.take_cut(index, left);
            }
        }
    }

    /// Returns the newest messages of the session, newest first, up to the policy's maximum.
    fn recent(&mut self) -> Vec<usize> {
        let mut recent = self.of(Section::Recent);
        recent.sort_by_key(|&index| Reverse(self.turn_order(index)));
        for index in recent.split_off(recent.len().min(self.policy.recent_messages_max)) {
            self.states[index].reason = Reason::SectionLimit;
        }
        recent
    }

    /// Chooses messages, newest first, within `limit` tokens.
    fn newest(&mut self, recent: &[usize], limit: usize) {
        let before = self.used;
        for &index in recent {
            let left = limit.saturating_sub(self.used - before);
            if !self.take(index, left, Reason::Budget) {
                self.take_cut(index, left);
            }
        }
    }

    /// Sets the caps of the tiers, then fills their floors.
    fn floors_and_caps(&mut self, retrieved: &[usize]) {
        let room = self.room() as f64;
        for &tier in Tier::ALL {
            let cap = (room * self.policy.tier(tier).cap) as usize;
            self.tiers.insert(tier, TierRoom { used: 0, cap });
        }
        for &tier in Tier::ALL {
            let floor = (room * self.policy.tier(tier).floor) as usize;
            let is_own = |&index: &usize| self.items[index].candidate.tier == tier;
            let own: Vec<usize> = retrieved.iter().copied().filter(is_own).collect();
            self.greedy(&own, floor);
        }
    }

    /// Chooses the items of highest worth until `enough` tokens are spent or nothing more fits.
    /// Worth only decreases as texts are chosen, so an item is weighed again only when it is next
    /// in line (M. Minoux, *Accelerated greedy algorithms*, 1978).
    fn greedy(&mut self, indices: &[usize], enough: usize) {
        let before = self.used;
        let mut heap: BinaryHeap<(u64, Reverse<usize>)> = indices
            .iter()
            .filter(|&&index| !self.states[index].is_chosen && !self.states[index].is_dropped)
            .map(|&index| (self.weigh(index), Reverse(index)))
            .collect();
        let mut misses = 0;
        while let Some((weight, Reverse(index))) = heap.pop() {
            let is_full = self.room() < CHUNK_TOKENS_MIN || GAP_MISSES_MAX < misses;
            if is_full || enough <= self.used - before {
                return;
            }
            let now = self.weigh(index);
            if now < weight && heap.peek().is_some_and(|&(next, _)| now < next) {
                heap.push((now, Reverse(index)));
                continue;
            }
            let tier_room = self.tier_room(index);
            if tier_room < CHUNK_TOKENS_MIN {
                self.states[index].reason = Reason::TierCap;
            } else if self.take(index, tier_room, Reason::TierCap) {
                misses = 0;
            } else if self.states[index].reason == Reason::Budget {
                misses += 1;
            }
        }
    }

    /// Returns the worth as bits, which order like the values for non-negative numbers.
    fn weigh(&self, index: usize) -> u64 {
        let Item { candidate, sketch, .. } = &self.items[index];
        let said = sketch.hashes.iter().filter(|hash| self.said.contains(hash)).count();
        let repeated = said as f64 / sketch.hashes.len().max(1) as f64;
        worth(candidate.relevance, repeated, self.states[index].length, self.policy).to_bits()
    }

    fn tier_room(&self, index: usize) -> usize {
        let tier = self.items[index].candidate.tier;
        self.tiers.get(&tier).map_or(usize::MAX, |room| room.cap.saturating_sub(room.used))
    }

    /// Cuts the most relevant of the items that did not fit.
    fn cut_into_gap(&mut self, retrieved: &[usize]) {
        let left = retrieved.iter().copied().filter(|&index| !self.states[index].is_chosen);
        let left: Vec<usize> = left.take(CUT_TRIES_MAX).collect();
        for index in left {
            self.take_cut(index, self.tier_room(index));
        }
    }

    /// Chooses a whole item if its cost is within `limit` and the room. Otherwise the reason is
    /// `limited` if the limit was exceeded, else the budget.
    fn take(&mut self, index: usize, limit: usize, limited: Reason) -> bool {
        let State { is_chosen, is_dropped, .. } = self.states[index];
        if is_chosen || is_dropped {
            return false;
        }
        match self.whole(index, limit, limited) {
            Ok(chunk) => {
                self.push(chunk);
                true
            }
            Err(reason) => {
                self.states[index].reason = reason;
                false
            }
        }
    }

    fn whole(&self, index: usize, limit: usize, limited: Reason) -> Result<Chosen, Reason> {
        let room = self.room();
        let body = self.body(index)?;
        if room.min(limit).saturating_mul(BYTES_PER_TOKEN_MAX) < body.text.len() {
            return Err(if limit < room { limited } else { Reason::Budget });
        }
        let tokens = &self.states[index].tokens;
        if tokens.get().is_some_and(|&known| room < known) {
            return Err(Reason::Budget);
        }
        let chunk = self.chunk(index, body, &body.text, false);
        tokens.get_or_init(|| chunk.tokens);
        match chunk.cost {
            cost if room < cost => Err(Reason::Budget),
            cost if limit < cost => Err(limited),
            _ => Ok(chunk),
        }
    }

    /// Chooses the beginning of an item, up to the end of a sentence, otherwise of a word, if
    /// enough of it fits.
    fn take_cut(&mut self, index: usize, limit: usize) -> bool {
        let room = self.room().min(limit);
        let State { is_chosen, is_dropped, .. } = self.states[index];
        if is_chosen || is_dropped || room < CUT_TOKENS_MIN {
            return false;
        }
        let Ok(body) = self.body(index) else { return false };
        let bytes_max = room.saturating_mul(BYTES_PER_TOKEN_MAX);
        let attempt = |beginning: &str| {
            let chunk = self.chunk(index, body, beginning, true);
            (chunk.cost <= room).then_some(chunk)
        };
        let is_enough = |chunk: &Chosen| CUT_TOKENS_MIN <= chunk.tokens;
        let fit = cut::at_sentence_end(&body.text, bytes_max, attempt).filter(is_enough);
        let fit =
            fit.or_else(|| cut::at_word_end(&body.text, bytes_max, attempt).filter(is_enough));
        match fit {
            Some(chunk) => {
                self.push(chunk);
                true
            }
            None => false,
        }
    }

    fn body(&self, index: usize) -> Result<&Body, Reason> {
        let candidate = &self.items[index].candidate;
        let body = &self.states[index].body;
        body.get_or_init(|| Body::of(candidate, self.policy.guard)).as_ref().map_err(|&why| why)
    }

    fn chunk(&self, index: usize, body: &Body, text: &str, cut: bool) -> Chosen {
        let (candidate, format) = (&self.items[index].candidate, self.policy.format);
        let content = format.chunk(&Line { candidate, body, text, cut });
        let tokens = self.part(&content);
        let joined = match format.frame().between_chunks {
            "" => tokens,
            between => self.part(&[&content, between].concat()),
        };
        let heading = Heading::of(candidate);
        let cost = joined.saturating_add(self.opening(&heading));
        Chosen { item: index, tokens, content, cut, heading, cost }
    }

    /// Returns the additional cost of a chunk under `heading`: its group if that is new, and the
    /// frame of the text if it is the first chunk.
    fn opening(&self, heading: &Heading) -> usize {
        let (format, frame) = (self.policy.format, self.policy.format.frame());
        let mut tokens = 0;
        if !self.groups.contains_key(heading) {
            tokens += self.part(&format.open(heading)) + self.part(&format.close(heading));
            tokens += self.part(frame.between_groups);
        }
        if self.chosen.is_empty() {
            tokens += self.part(frame.prologue) + self.part(frame.epilogue);
        }
        tokens
    }

    /// Returns the approximate number of tokens that a part of the text adds.
    fn part(&self, text: &str) -> usize {
        if text.is_empty() { 0 } else { self.counter.count(text).0.saturating_sub(self.base) }
    }

    fn push(&mut self, chunk: Chosen) {
        let Item { candidate, sketch, .. } = &self.items[chunk.item];
        self.used = self.used.saturating_add(chunk.cost);
        self.states[chunk.item].is_chosen = true;
        self.said.extend(&sketch.hashes);
        *self.groups.entry(chunk.heading.clone()).or_default() += 1;
        if candidate.section == Section::Retrieved
            && let Some(tier) = self.tiers.get_mut(&candidate.tier)
        {
            tier.used = tier.used.saturating_add(chunk.cost);
        }
        self.chosen.push(chunk);
    }

    /// Drops the chunk chosen last. Its hashes remain in `said`, which only reduces the worth of
    /// its repetitions.
    fn pop(&mut self) -> Option<Chosen> {
        let chunk = self.chosen.pop()?;
        let candidate = &self.items[chunk.item].candidate;
        let state = &mut self.states[chunk.item];
        (state.is_chosen, state.is_dropped, state.reason) = (false, true, Reason::Budget);
        self.used = self.used.saturating_sub(chunk.cost);
        if let Some(count) = self.groups.get_mut(&chunk.heading) {
            *count -= 1;
            if *count == 0 {
                self.groups.remove(&chunk.heading);
            }
        }
        if candidate.section == Section::Retrieved
            && let Some(tier) = self.tiers.get_mut(&candidate.tier)
        {
            tier.used = tier.used.saturating_sub(chunk.cost);
        }
        Some(chunk)
    }

    /// Counts the whole text and drops the weakest chunks until it fits. Each round drops at least
    /// twice as many as the one before, so that few counts suffice even if a counter deviates from
    /// the plan.
    fn fit(&mut self) {
        let mut drops_min = 1;
        loop {
            let (text, total) = self.exact();
            if total <= self.budget {
                self.used = total;
                self.fitted = (text, total);
                return;
            }
            let mut over = total - self.budget;
            let mut drops = 0;
            while 0 < over || drops < drops_min {
                let Some(dropped) = self.pop() else { break };
                over = over.saturating_sub(dropped.cost);
                drops += 1;
            }
            drops_min *= 2;
        }
    }

    /// Fills the room left by the exact count. Returns `true` if it succeeded and another try may
    /// help.
    fn refill(&mut self, retrieved: &[usize]) -> bool {
        let before = self.chosen.len();
        self.greedy(retrieved, usize::MAX);
        if self.chosen.len() == before {
            return false;
        }
        let (text, total) = self.exact();
        if self.budget < total {
            while before < self.chosen.len() {
                self.pop();
            }
            return false;
        }
        self.used = total;
        self.fitted = (text, total);
        true
    }

    /// Adds annotations to whole chunks, the first choice first, while they fit.
    fn annotate(&mut self) {
        let mut without = Vec::new();
        for at in 0..self.chosen.len() {
            let Some(chunk) = self.annotated(&self.chosen[at]) else { continue };
            let added = chunk.tokens.saturating_sub(self.chosen[at].tokens);
            if added <= self.room() {
                self.used += added;
                without.push((at, std::mem::replace(&mut self.chosen[at], chunk)));
            }
        }
        while !without.is_empty() {
            let (text, total) = self.exact();
            if total <= self.budget {
                self.used = total;
                self.fitted = (text, total);
                return;
            }
            if let Some((at, chunk)) = without.pop() {
                self.chosen[at] = chunk;
            }
        }
    }

    /// Returns a whole chunk with its annotation; `None` if it has none, or the guard refuses it.
    fn annotated(&self, chunk: &Chosen) -> Option<Chosen> {
        let candidate = &self.items[chunk.item].candidate;
        let annotation = candidate.annotation.as_ref().filter(|_| !chunk.cut)?;
        let text = [&candidate.text, annotation.as_str()].concat();
        let body = Body::of(&Candidate { text, ..candidate.clone() }, self.policy.guard).ok()?;
        let annotated = self.chunk(chunk.item, &body, &body.text, false);
        Some(Chosen { cost: chunk.cost, ..annotated })
    }

    /// Returns the text and its count. The empty text counts as 0.
    fn exact(&self) -> (String, usize) {
        let text = self.text();
        let total = if text.is_empty() { 0 } else { self.counter.count(&text).0 };
        (text, total)
    }

    fn text(&self) -> String {
        let (format, frame) = (self.policy.format, self.policy.format.frame());
        let mut groups: BTreeMap<&Heading, Vec<&Chosen>> = BTreeMap::new();
        for chunk in self.in_order() {
            groups.entry(&chunk.heading).or_default().push(chunk);
        }
        if groups.is_empty() {
            return String::new();
        }
        let group = |(heading, chunks): (&Heading, Vec<&Chosen>)| {
            let contents: Vec<&str> = chunks.iter().map(|chunk| chunk.content.as_str()).collect();
            let contents = contents.join(frame.between_chunks);
            [format.open(heading), contents, format.close(heading)].concat()
        };
        let groups: Vec<String> = groups.into_iter().map(group).collect();
        [frame.prologue, &groups.join(frame.between_groups), frame.epilogue].concat()
    }

    /// Returns the chosen chunks in the order of the text.
    fn in_order(&self) -> Vec<&Chosen> {
        let mut chosen: Vec<&Chosen> = self.chosen.iter().collect();
        chosen.sort_by_cached_key(|chunk| (chunk.heading.clone(), self.turn_order(chunk.item)));
        chosen
    }

    /// Returns the sort key of an item: turns by position, else by time; other items by precedence.
    fn turn_order(&self, index: usize) -> (bool, Option<i64>, Option<Timestamp>, usize) {
        let candidate = &self.items[index].candidate;
        if candidate.is_turn() {
            (candidate.position.is_none(), candidate.position, candidate.time, index)
        } else {
            (true, None, None, index)
        }
    }

    fn finish(self) -> Packed {
        let mut order: Vec<usize> = self.in_order().iter().map(|chunk| chunk.item).collect();
        let place: BTreeMap<usize, usize> =
            order.drain(..).enumerate().map(|(place, item)| (item, place)).collect();
        let mut chosen = self.chosen;
        chosen.sort_by_key(|chunk| place[&chunk.item]);
        let reasons = self.states.into_iter().map(|state| state.reason).collect();
        let (text, total_tokens) = self.fitted;
        Packed { chosen, text, total_tokens, reasons }
    }
}
