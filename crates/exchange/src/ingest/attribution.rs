//! Attributes records whose conversation names its owner only in some of its parts. A conversation
//! belongs to the owner that one of its parts names.
//!
//! Lines and list elements arrive one by one, and the last may name the owner of the first. Pieces
//! without an owner are therefore held until the end of the input, or until [`HELD_BYTES_MAX`]
//! bytes are held. Not here: conversations that are a single element, which name their owner in
//! that element (`json`, `formats::owners`).

use std::{collections::HashMap, ops::ControlFlow};

use aios_draft::{Defaults, Draft};

use super::piece::{Piece, Sink};

/// Approximate maximum size of the held drafts, in bytes.
const HELD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Approximate size of a draft in bytes, without its texts.
const DRAFT_BYTES: usize = 1024;

/// Passes pieces on, each with the owner of its conversation.
pub(super) struct Attribution<'a, 's> {
    sink: &'a mut Sink<'s>,
    held: Vec<Piece>,
    held_bytes: usize,
    /// True if all records without an owner belong to the handle's user.
    is_owned: bool,
    /// Owners of conversations known so far, by session name.
    conversations: HashMap<String, Conversation>,
}

/// Owner of a conversation, from the parts read so far.
#[derive(Debug, Default)]
struct Conversation {
    owner: Owner,
    /// Name of a field of a part that may be meant as the owner.
    like_owner: Option<String>,
    /// True if a part without an owner was already passed on.
    is_shared: bool,
}

#[derive(Debug, Default)]
enum Owner {
    #[default]
    Nobody,
    One(String),
    Several(String, String),
}

impl Owner {
    fn add(&mut self, name: &str) {
        match self {
            Owner::Nobody => *self = Owner::One(name.to_owned()),
            Owner::One(one) if one != name => {
                *self = Owner::Several(std::mem::take(one), name.to_owned());
            }
            Owner::One(_) | Owner::Several(..) => {}
        }
    }
}

impl<'a, 's> Attribution<'a, 's> {
    pub(super) fn new(sink: &'a mut Sink<'s>, defaults: &Defaults) -> Attribution<'a, 's> {
        Attribution {
            sink,
            held: Vec::new(),
            held_bytes: 0,
            is_owned: defaults.is_owned,
            conversations: HashMap::new(),
        }
    }

    /// Adds a piece and passes it on as soon as its owner is known.
    pub(super) fn take(&mut self, piece: Piece) -> ControlFlow<()> {
        if self.is_owned {
            return (self.sink)(piece);
        }
        let mut is_open = false;
        if let Piece::Draft(_, draft) = &piece
            && let Some(session) = &draft.scope.session
        {
            let conversation = self.conversations.entry(session.clone()).or_default();
            if conversation.like_owner.is_none() {
                conversation.like_owner.clone_from(&draft.like_owner);
            }
            match &draft.scope.user {
                Some(user) => conversation.owner.add(user),
                None => is_open = true,
            }
        }
        if self.held.is_empty() && !is_open {
            return self.hand_on(piece);
        }
        self.held_bytes += bytes_of(&piece);
        self.held.push(piece);
        if self.held_bytes < HELD_BYTES_MAX {
            return ControlFlow::Continue(());
        }
        self.finish()
    }

    /// Passes the held pieces on.
    pub(super) fn finish(&mut self) -> ControlFlow<()> {
        self.held_bytes = 0;
        let held = std::mem::take(&mut self.held);
        held.into_iter().try_for_each(|piece| self.hand_on(piece))
    }

    fn hand_on(&mut self, piece: Piece) -> ControlFlow<()> {
        let piece = match piece {
            Piece::Draft(line, mut draft) => match self.settle(&mut draft) {
                Ok(()) => Piece::Draft(line, draft),
                Err(problem) => Piece::Failed(Some(line), problem.into()),
            },
            piece => piece,
        };
        (self.sink)(piece)
    }

    /// Sets the owner of a draft to that of its conversation.
    ///
    /// # Errors
    /// A message if the owner is ambiguous.
    fn settle(&mut self, draft: &mut Draft) -> Result<(), String> {
        let session = draft.scope.session.as_ref();
        let Some(conversation) = session.and_then(|it| self.conversations.get_mut(it)) else {
            return Ok(());
        };
        match (&draft.scope.user, &conversation.owner) {
            (Some(user), _) if conversation.is_shared => Err(format!(
                "it names the owner `{user}`, but much earlier parts of its conversation name none \
                 and are stored; add the owner to the first part"
            )),
            (Some(_), _) => Ok(()),
            (None, Owner::Nobody) => {
                conversation.is_shared = true;
                draft.like_owner.clone_from(&conversation.like_owner);
                Ok(())
            }
            (None, Owner::One(owner)) => {
                draft.scope.user = Some(owner.clone());
                if let Some(former) = &mut draft.former {
                    former.scope.user = Some(owner.clone());
                }
                Ok(())
            }
            (None, Owner::Several(one, other)) => Err(format!(
                "it names no owner, and its conversation names two, `{one}` and `{other}`; add its \
                 owner"
            )),
        }
    }
}

/// Returns the approximate size of a piece in RAM, in bytes.
fn bytes_of(piece: &Piece) -> usize {
    let Piece::Draft(_, draft) = piece else { return DRAFT_BYTES };
    let texts = draft.metadata.values().filter_map(|value| value.as_str());
    let metadata: usize = texts.map(str::len).sum();
    let former = draft.former.as_ref().map_or(0, |former| former.text.len());
    DRAFT_BYTES + draft.text.len() + metadata + former
}
