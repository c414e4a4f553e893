//! `token`: the tokens by which other programs call the service.

use aios_memory::Timestamp;
use aios_memory_server::{NewToken, Right, Token, Tokens, tokens_file};
use serde_json::json;

use crate::{
    args::{Global, TokenAdd, TokenCommand},
    failure::Failure,
    output::Output,
    settings,
};

pub(crate) fn token(command: TokenCommand, global: &Global, output: Output) -> Result<(), Failure> {
    let config = settings(global)?.config;
    let path = tokens_file(&config);
    if let Some(dir) = path.parent() {
        make_private(dir)?;
    }
    let tokens = Tokens::open(path)?;
    match command {
        TokenCommand::Add(add) => {
            let secret = tokens.add(described(add, global)?, Timestamp::now())?;
            output.result(&json!({ "token": secret }), |out| writeln!(out, "{secret}"))?;
            output.note("this secret is not stored and cannot be shown again");
        }
        TokenCommand::List => {
            let listed = tokens.list()?;
            let items: Vec<_> = listed.iter().map(shown).collect();
            output.result(&json!({ "items": items }), |out| {
                for token in &listed {
                    writeln!(out, "{}", line(token))?;
                }
                Ok(())
            })?;
        }
        TokenCommand::Revoke { name } => {
            tokens.revoke(&name)?;
            output.result(&json!({ "revoked": name }), |out| writeln!(out, "revoked {name}"))?;
        }
    }
    Ok(())
}

fn described(add: TokenAdd, global: &Global) -> Result<NewToken, Failure> {
    let (user, project, others) = global.bound();
    if others {
        return Err(Failure::Usage {
            message: "a token can be bound to a user and a project only".to_owned(),
            hint: "omit --agent, --session, --exact-scope and --all-users",
        });
    }
    let TokenAdd { name, delegate, rights, expires } = add;
    let mut new = NewToken::new(name);
    new.user = user.map(str::to_owned);
    new.project = project.map(str::to_owned);
    new.delegate = delegate;
    new.rights = rights.into_iter().collect();
    new.expires_at = expires;
    Ok(new)
}

/// Creates the data directory, readable only by its owner, if it is missing.
fn make_private(dir: &std::path::Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| Failure::Io { action: format!("create {}", dir.display()), source })
}

fn shown(token: &Token) -> serde_json::Value {
    json!({
        "name": token.name,
        "user": token.user,
        "delegate": token.delegate,
        "project": token.project,
        "rights": token.rights,
        "expires_at": token.expires_at,
        "created_at": token.created_at,
    })
}

fn line(token: &Token) -> String {
    let rights: Vec<_> = token.rights.iter().copied().map(Right::as_str).collect();
    let whom = match (&token.user, token.delegate.as_deref()) {
        (Some(user), _) => format!("for {user}"),
        (None, Some("")) => "for the user that each call names".to_owned(),
        (None, Some(prefix)) => format!("for users that begin with {prefix}"),
        (None, None) => "for shared records".to_owned(),
    };
    let project = token.project.as_ref().map(|id| format!(", project {id}")).unwrap_or_default();
    let expires = token.expires_at.map(|end| format!(", expires {end}")).unwrap_or_default();
    format!("{}: {} {whom}{project}{expires}", token.name, rights.join(","))
}
