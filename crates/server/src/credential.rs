//! The credential of a call: a token of this service, or an access token of its identity provider.

use std::{collections::BTreeSet, sync::Arc};

use aios_memory::{AgentMemory, Scope, ScopeFilter, Timestamp};
use http::HeaderValue;

use crate::{
    Token, Tokens,
    caller::{Caller, MadeBy, Naming},
    failure::{Challenge, Failure},
    oauth::{Provider, Subject, is_jwt},
    operation::Right,
};

/// Sources of credentials.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    pub(crate) tokens: Option<Tokens>,
    pub(crate) provider: Option<Provider>,
}

/// A valid credential.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    Token(Token),
    Access(Subject),
}

impl Credentials {
    /// Checks the value of the header `authorization`.
    ///
    /// # Errors
    /// Fails if it is not a valid token.
    pub(crate) async fn check(
        &self,
        value: &HeaderValue,
        now: Timestamp,
    ) -> Result<Credential, Failure> {
        let text = value.to_str().unwrap_or_default();
        let (scheme, secret) = text.split_once(' ').unwrap_or((text, ""));
        let (scheme, secret) = (scheme.to_ascii_lowercase(), secret.trim());
        match (&self.provider, scheme.as_str()) {
            (Some(provider), "bearer") if is_jwt(secret) => {
                provider.verify(secret).await.map(Credential::Access)
            }
            // mem0's clients write `Token`.
            (_, "bearer" | "token") => self.token(secret, now).map(Credential::Token),
            _ => Err(Failure::unauthenticated("the authorization is not a bearer token")),
        }
    }

    fn token(&self, secret: &str, now: Timestamp) -> Result<Token, Failure> {
        let Some(tokens) = &self.tokens else {
            return Err(Failure::unauthenticated("this service has no tokens"));
        };
        let found = tokens.find(secret, now).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "tokens cannot be read");
            Failure::internal("the tokens cannot be read")
        })?;
        found.ok_or_else(|| {
            Failure::unauthenticated("the token is unknown, expired or revoked")
                .with_challenge(Challenge::InvalidToken)
        })
    }

    /// Returns `true` if a credential that admitted a call is still valid.
    pub(crate) fn still_admit(&self, credential: &Credential, now: Timestamp) -> bool {
        match credential {
            Credential::Token(token) => {
                self.tokens.as_ref().is_some_and(|tokens| tokens.still_has(token, now))
            }
            Credential::Access(subject) => subject.is_valid(now),
        }
    }
}

impl Credential {
    /// Returns the name of the caller in the log and for its rate: that of the token, or the
    /// provider's subject with the prefix `oauth:`, which the name of a token cannot have.
    pub(crate) fn name(&self) -> String {
        match self {
            Credential::Token(token) => token.name.clone(),
            Credential::Access(subject) => format!("oauth:{}", subject.owner),
        }
    }

    /// Returns the caller.
    ///
    /// # Errors
    /// Fails if the name of its user is invalid.
    pub(crate) fn caller(&self, memory: &AgentMemory) -> Result<Caller, Failure> {
        let made_by = |rights: &BTreeSet<Right>, delegate: Option<&str>| MadeBy {
            name: Arc::from(self.name()),
            rights: Arc::new(rights.clone()),
            naming: match delegate {
                Some(prefix) => Naming::Delegate { prefix: prefix.to_owned() },
                None => Naming::Fixed,
            },
        };
        match self {
            Credential::Token(token) => {
                let project = token.project.as_ref();
                let filter =
                    project.map(|project| ScopeFilter::new(Scope::default().with_project(project)));
                let made_by = made_by(&token.rights, token.delegate.as_deref());
                Caller::new(memory.clone(), token.user.as_deref(), filter, made_by)
            }
            Credential::Access(subject) => {
                let made_by = made_by(&subject.rights, subject.is_delegate.then_some(""));
                let user = (!subject.is_delegate).then(|| subject.owner.as_str());
                Caller::new(memory.clone(), user, None, made_by)
            }
        }
    }
}
