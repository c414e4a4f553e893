//! Collects the drafts of one file from the readers of formats: messages, tool calls with their
//! results, titles, and the number of rows that are not messages.

mod calls;
mod conversation;

use std::collections::{BTreeMap, HashMap, HashSet};

use aios_draft::{
    Defaults, Draft, Mend, Unfit, Unnamed,
    content::{Call, Content, Returned},
    moment,
    shape::{self, Shaped},
};
use aios_memory::admission::Refusal;
use aios_record::{Kind, Scope};
use aios_working::OUTPUT_CHARS_MAX;
use serde_json::{Map, Value};

pub(in crate::ingest) use self::conversation::session_id;
pub(super) use self::conversation::{Conversation, Ids};
use self::{
    calls::{call_draft, fitted, name_bytes, text_of},
    conversation::provider,
};
use crate::ingest::{
    options::{Secrets, Thinking},
    own::{cut_own, is_own_tool, without_own},
    piece::Piece,
};

/// Maximum number of calls that wait for their results. Beyond it, the oldest is emitted without
/// one.
const CALLS_WAITING_MAX: usize = 4096;

/// Reasons for skipping rows that this memory caused.
const OWN_CONTEXT: &str = "a context that this memory gave";
const OWN_CALL: &str = "a call of this memory";

/// Role of thinking that is kept.
const THINKING: &str = "thinking";

/// Role of the texts of documents that a user encloses, which nobody said.
const DOCUMENT: &str = "document";

/// A message of a conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct Message {
    pub(super) line: u64,
    pub(super) role: String,
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
    pub(super) time: Value,
    pub(super) said: Content,
    /// Facts that are stored with the message, such as the model.
    pub(super) about: Map<String, Value>,
}

/// Collector of the drafts of one file.
pub(super) struct Transcript {
    thinking: Thinking,
    /// Defaults for the whole file.
    file: Defaults,
    /// Defaults for the current element.
    defaults: Defaults,
    pieces: Vec<Piece>,
    waiting: Vec<Waiting>,
    /// Sessions with a title or a start time, each with its line.
    sessions: Vec<(u64, Draft)>,
    /// Ids of calls of this memory's own tools.
    own_calls: HashSet<String>,
    /// Times of the emitted calls, by session and id.
    called: HashMap<(Option<String>, String), Vec<Value>>,
    /// First line and number of the skipped rows, by reason.
    skipped: BTreeMap<String, (u64, u64)>,
}

/// A call whose result has not been read yet.
struct Waiting {
    line: u64,
    id: Option<String>,
    draft: Draft,
}

impl Transcript {
    pub(super) fn new(thinking: Thinking, defaults: &Defaults) -> Transcript {
        Transcript {
            thinking,
            file: defaults.clone(),
            defaults: defaults.clone(),
            pieces: Vec::new(),
            waiting: Vec::new(),
            sessions: Vec::new(),
            own_calls: HashSet::new(),
            called: HashMap::new(),
            skipped: BTreeMap::new(),
        }
    }

    /// Returns the defaults for values that the file lacks.
    pub(super) fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// Checks that the owner that an element names agrees with that of the file, and returns it.
    ///
    /// # Errors
    /// A message if the file belongs to another user.
    pub(super) fn owner(&self, owner: Option<String>) -> Result<Option<String>, String> {
        let place = Scope { user: owner, ..Scope::default() };
        Ok(self.file.within(place)?.scope.user)
    }

    /// Returns the current owner.
    pub(super) fn own(&self) -> Option<&String> {
        self.defaults.scope.user.as_ref()
    }

    /// Sets the owner of all following elements.
    pub(super) fn set_owner(&mut self, owner: Option<String>) {
        self.defaults.scope.user = owner;
    }

    /// Sets the session of the following messages that name none.
    pub(super) fn set_session(&mut self, session: &Unnamed) {
        self.file.session.clone_from(session);
        self.defaults.session.clone_from(session);
    }

    /// Sets the handling of secrets in the following elements.
    pub(super) fn set_secrets(&mut self, secrets: Secrets) {
        self.defaults.redacts_secrets = secrets == Secrets::Redacted;
    }

    /// Returns `true` if a call waits for its result.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Adds complete pieces.
    pub(super) fn add(&mut self, pieces: Vec<Piece>) {
        self.pieces.extend(pieces);
    }

    /// Removes and returns the complete pieces.
    pub(super) fn take(&mut self) -> Vec<Piece> {
        std::mem::take(&mut self.pieces)
    }

    /// Ends the transcript: emits calls without a result and the counts of skipped rows, and
    /// returns all remaining pieces.
    pub(super) fn finish(&mut self) -> Vec<Piece> {
        for waiting in std::mem::take(&mut self.waiting) {
            self.pieces.push(Piece::Draft(waiting.line, Box::new(waiting.draft)));
        }
        self.tell_sessions();
        let mut skipped: Vec<_> = std::mem::take(&mut self.skipped).into_iter().collect();
        skipped.sort_by_key(|(_, (line, _))| *line);
        for (reason, (line, rows)) in skipped {
            self.pieces.push(Piece::Skipped { line, rows, reason });
        }
        self.take()
    }

    /// Adds a message with its calls and results. A message without a text has only these.
    pub(super) fn message(&mut self, conversation: &Conversation, message: Message) {
        let line = message.line;
        let Message { said, .. } = &message;
        let (given, documents) = match shape::role_of(&message.role) {
            "user" => (said.said(), said.documents()),
            _ => (said.text(), String::new()),
        };
        let thinking = said.thinking();
        let text = without_own(&given).into_owned();
        let (calls, results) = (said.calls.clone(), said.results.clone());
        let has_calls = !calls.is_empty() || !results.is_empty();
        let time = message.time.clone();
        let keeps_thinking = self.thinking == Thinking::Kept && !thinking.is_empty();
        if keeps_thinking {
            let id = message.id.as_ref().map(|id| format!("{id}/{THINKING}"));
            let role = THINKING.to_owned();
            self.say(conversation, Message { id, role, ..message.clone() }, &thinking);
        }
        let document = (!documents.is_empty()).then(|| Message {
            id: message.id.as_ref().map(|id| format!("{id}/{DOCUMENT}")),
            role: DOCUMENT.to_owned(),
            ..message.clone()
        });
        if !text.is_empty() {
            self.say(conversation, message, &text);
        } else if !has_calls && !keeps_thinking && document.is_none() {
            let reason = match (given.is_empty(), thinking.is_empty()) {
                (false, _) => OWN_CONTEXT,
                (true, false) => "thinking (kept with `--thinking`)",
                (true, true) => "empty",
            };
            self.skip(line, reason);
        }
        if let Some(document) = document {
            self.say(conversation, document, &documents);
        }
        for call in calls {
            self.call(conversation, line, call, &time);
        }
        for result in results {
            self.result(conversation, line, result, &time);
        }
    }

    /// Adds a call and keeps it until its result is read.
    pub(super) fn call(&mut self, to: &Conversation, line: u64, call: Call, time: &Value) {
        let scope = self.scope(to);
        let said_at = if time.is_null() { &to.began } else { time };
        let mut draft = call_draft(scope, &call, said_at);
        draft.unnamed = self.unnamed(to);
        draft.redacts_secrets = self.defaults.redacts_secrets;
        // Ids of calls are short, so tool and input are added to make them unique.
        if let (Some(id), true) = (&call.id, to.id.is_some()) {
            let said = format!("{}\n{}", call.tool, call.input);
            let hash = blake3::hash(said.as_bytes()).to_hex();
            let external_id = format!("{id}/{}", &hash[..16]);
            let number = self.number_of(to.session(), &external_id, time);
            draft.external_id = Some(match number {
                1 => external_id,
                number => format!("{external_id}#{number}"),
            });
            draft.provider = provider(to);
        }
        self.wait(Waiting { line, id: call.id, draft });
    }

    /// Adds the result of an earlier call. The result of an unknown call becomes a message of the
    /// tool.
    pub(super) fn result(&mut self, to: &Conversation, line: u64, result: Returned, time: &Value) {
        let scope = self.scope(to);
        let Some(result) = self.join(&scope, result) else { return };
        let text = text_of(&result.output);
        if text.trim().is_empty() {
            return self.skip(line, "empty result of an unknown call");
        }
        let message = Message {
            line,
            role: "tool".to_owned(),
            id: result.call.map(|call| format!("{call}/result")),
            time: time.clone(),
            ..Message::default()
        };
        self.say(to, message, &text);
    }

    /// Records the title and, if known, the start time of a conversation with an id.
    pub(super) fn title(&mut self, of: &Conversation, line: u64, title: &str) {
        self.begin(of, line, title, &of.began);
    }

    /// Like [`title`](Transcript::title), for a conversation with the start time `began`.
    pub(super) fn begin(&mut self, of: &Conversation, line: u64, title: &str, began: &Value) {
        let Some(session) = of.session() else { return };
        let scope = self.defaults.scope.clone().with_session(session);
        self.name(&Defaults { scope, ..self.defaults.clone() }, line, title, began);
    }

    /// Like [`title`](Transcript::title), for the session of messages with the defaults `within`.
    pub(super) fn name(&mut self, within: &Defaults, line: u64, title: &str, began: &Value) {
        let began = moment::from_json(began).ok();
        if title.trim().is_empty() && began.is_none() {
            return;
        }
        let Some(session) = &within.scope.session else { return };
        let scope = within.scope.clone().with_session(session.clone());
        let known = self.sessions.iter_mut().rev();
        let known = known.into_iter().find(|(_, it)| is_one_conversation(&it.scope, &scope));
        let Some((_, known)) = known else {
            let redacts_secrets = self.defaults.redacts_secrets;
            let session = Draft::new(Kind::Session, scope, title.trim().to_owned());
            let session = Draft { occurred_at: began, redacts_secrets, ..session };
            return self.sessions.push((line, session));
        };
        if !title.trim().is_empty() {
            title.trim().clone_into(&mut known.text);
        }
        known.occurred_at = known.occurred_at.or(began);
        if known.scope.user.is_none() {
            known.scope.user = scope.user;
        }
    }

    /// Emits the sessions, each once, with its last title.
    pub(super) fn tell_sessions(&mut self) {
        for (line, session) in std::mem::take(&mut self.sessions) {
            self.draft(line, Ok(session));
        }
    }

    /// Adds a draft, cut into parts if its text is too long.
    pub(super) fn draft(&mut self, line: u64, draft: Result<Draft, Unfit>) {
        match draft {
            Ok(draft) => {
                let parts = draft.parts().into_iter();
                self.pieces.extend(parts.map(|part| Piece::Draft(line, Box::new(part))));
            }
            Err(Unfit::Skipped(reason)) => self.skip(line, reason),
            Err(Unfit::Refused(problem)) => self.fail(line, problem),
        }
    }

    /// Skips a row that is not a message.
    pub(super) fn skip(&mut self, line: u64, reason: impl Into<String>) {
        let (_, rows) = self.skipped.entry(reason.into()).or_insert((line, 0));
        *rows += 1;
    }

    /// Reports a malformed part that was read nevertheless.
    pub(super) fn mend(&mut self, line: u64, reason: impl Into<String>) {
        self.pieces.push(Piece::Mended(line, Mend::whole(reason)));
    }

    /// Reports a refused row.
    pub(super) fn fail(&mut self, line: u64, problem: impl Into<Refusal>) {
        self.pieces.push(Piece::Failed(Some(line), problem.into()));
    }

    /// Adds a complete message with its calls. `read` makes its draft.
    pub(super) fn plain(
        &mut self,
        line: u64,
        shaped: Shaped,
        defaults: &Defaults,
        read: fn(Map<String, Value>, &Defaults) -> Result<Draft, Unfit>,
    ) {
        let Shaped { mut object, documents, thinking, calls, results } = shaped;
        let is_plain = calls.is_empty() && results.is_empty() && thinking.is_empty();
        if is_plain && documents.is_empty() {
            return self.draft(line, read(object, defaults));
        }
        let has_text = object.contains_key("content") || object.contains_key("text");
        if !has_text {
            object.insert("content".to_owned(), "-".into());
        }
        let draft = match read(object, defaults) {
            Ok(draft) => Draft { kind: Kind::Message, ..draft }.in_session(defaults),
            Err(unfit) => return self.draft(line, Err(unfit)),
        };
        let place = |call: &Call| Draft {
            occurred_at: draft.occurred_at,
            unnamed: draft.unnamed.clone(),
            like_owner: draft.like_owner.clone(),
            ..call_draft(draft.scope.clone(), call, &Value::Null)
        };
        let waiting: Vec<Waiting> = calls
            .into_iter()
            .map(|call| Waiting { line, draft: place(&call), id: call.id })
            .collect();
        if self.thinking == Thinking::Kept && !thinking.is_empty() {
            let role = Some(THINKING.to_owned());
            let external_id = draft.external_id.as_ref().map(|id| format!("{id}/{THINKING}"));
            let draft = Draft { role, text: thinking.clone(), external_id, ..draft.clone() };
            self.draft(line, Ok(draft));
        } else if !has_text && waiting.is_empty() && results.is_empty() {
            return self.skip(line, "thinking (kept with `--thinking`)");
        }
        // A provider's own tool has its result in the calling message.
        waiting.into_iter().for_each(|waiting| self.wait(waiting));
        // The message of a tool is a result if the call is known.
        let is_tool = draft.role.as_deref() == Some("tool");
        let mut is_said = has_text;
        for result in results {
            match self.join(&draft.scope, result) {
                None => is_said = has_text && !is_tool,
                Some(orphan) => {
                    let text = text_of(&orphan.output);
                    // The message of a tool already contains the result.
                    let is_said_already = has_text && text == draft.text;
                    if !text.trim().is_empty() && !is_said_already {
                        let role = Some("tool".to_owned());
                        let draft =
                            Draft { role, text, external_id: None, former: None, ..draft.clone() };
                        self.draft(line, Ok(draft));
                    }
                }
            }
        }
        let document = (!documents.is_empty()).then(|| Draft {
            role: Some(DOCUMENT.to_owned()),
            text: documents,
            external_id: draft.external_id.as_ref().map(|id| format!("{id}/{DOCUMENT}")),
            unknown: Vec::new(),
            mended: Vec::new(),
            former: None,
            ..draft.clone()
        });
        if is_said {
            self.draft(line, Ok(draft));
        }
        if let Some(document) = document {
            self.draft(line, Ok(document));
        }
    }

    /// Joins a result with the waiting call of its session, and returns the result if there is
    /// none. Both belong to the owner that either of them names. Drops results of calls of this
    /// memory's own tools.
    fn join(&mut self, scope: &Scope, mut result: Returned) -> Option<Returned> {
        if result.call.as_ref().is_some_and(|call| self.own_calls.contains(call)) {
            return None;
        }
        cut_own(&mut result.output);
        let has_bytes = name_bytes(&mut result.output);
        let is_here = |waiting: &Waiting| is_one_conversation(&waiting.draft.scope, scope);
        let is_called = |waiting: &Waiting| is_here(waiting) && waiting.id == result.call;
        let is_named = |waiting: &Waiting| is_here(waiting) && waiting.draft.role == result.tool;
        let at = match (&result.call, &result.tool) {
            (Some(_), _) => self.waiting.iter().rposition(is_called),
            (None, Some(_)) => self.waiting.iter().position(is_named),
            (None, None) => None,
        };
        let oldest = || self.waiting.iter().position(is_here);
        let at = at.or_else(|| result.call.is_none().then(oldest).flatten());
        let Some(at) = at else { return Some(result) };
        let Waiting { line, mut draft, .. } = self.waiting.remove(at);
        if draft.scope.user.is_none() {
            draft.scope.user.clone_from(&scope.user);
        }
        if has_bytes {
            draft.mended.push(Mend::of("output", "binary data was replaced by its size"));
        }
        let (output, mended) = fitted("output", result.output, OUTPUT_CHARS_MAX);
        draft.mended.extend(mended);
        let fields = &mut draft.metadata;
        fields.insert("success".to_owned(), (!result.has_failed).into());
        fields.insert("output".to_owned(), output);
        self.pieces.push(Piece::Draft(line, Box::new(draft)));
        None
    }

    /// Returns the number of a call among those with the same session and id, from 1. Two calls
    /// with the same time are one call that was emitted twice.
    fn number_of(&mut self, session: Option<String>, id: &str, time: &Value) -> usize {
        let times = self.called.entry((session, id.to_owned())).or_default();
        let known = times.iter().position(|it| it == time && !time.is_null());
        known.unwrap_or_else(|| {
            times.push(time.clone());
            times.len() - 1
        }) + 1
    }

    fn wait(&mut self, waiting: Waiting) {
        if waiting.draft.role.as_deref().is_some_and(is_own_tool) {
            self.own_calls.extend(waiting.id);
            return self.skip(waiting.line, OWN_CALL);
        }
        if CALLS_WAITING_MAX <= self.waiting.len() {
            let Waiting { line, draft, .. } = self.waiting.remove(0);
            self.pieces.push(Piece::Draft(line, Box::new(draft)));
        }
        self.waiting.push(waiting);
    }

    fn say(&mut self, conversation: &Conversation, message: Message, text: &str) {
        let Message { line, role, name, id, time, about, .. } = message;
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                object.insert(name.to_owned(), value);
            }
        };
        put("role", shape::role_of(&role).into());
        put("name", name.into());
        put("content", text.into());
        put("id", id.into());
        put("timestamp", time);
        put("session", conversation.session().into());
        let mut metadata = conversation.about.clone();
        metadata.extend(about);
        metadata.retain(|_, value| !value.is_null());
        metadata.insert("provider".to_owned(), conversation.provider.into());
        put("metadata", metadata.into());
        let within = Defaults {
            title: conversation.title.clone(),
            time: moment::said_at(&conversation.began).ok(),
            ..self.defaults.clone()
        };
        let draft = Draft::from_chat(object, &within);
        let provider = provider(conversation);
        self.draft(line, draft.map(|draft| Draft { provider, ..draft }));
    }

    fn scope(&self, conversation: &Conversation) -> Scope {
        let session = conversation.session().or_else(|| self.defaults.scope.session.clone());
        let session = session.unwrap_or_else(|| self.defaults.session.name());
        self.defaults.scope.clone().with_session(session)
    }

    /// Returns the name to resolve later for a conversation without an id.
    fn unnamed(&self, conversation: &Conversation) -> Option<Unnamed> {
        let is_named = conversation.id.is_some() || self.defaults.scope.session.is_some();
        (!is_named).then(|| self.defaults.session.clone())
    }
}

/// Returns `true` for two scopes of one session that do not name different owners.
fn is_one_conversation(one: &Scope, other: &Scope) -> bool {
    let unowned = |scope: &Scope| Scope { user: None, ..scope.clone() };
    let is_open = one.user.is_none() || other.user.is_none();
    unowned(one) == unowned(other) && (is_open || one.user == other.user)
}
