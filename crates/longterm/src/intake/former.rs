//! User names that the former version accepted and that are not valid owner names: the empty name,
//! which today stands for the shared owner, and names with U+001F, which ends an owner's name in an
//! encoded identity. The migration renames these users, in the same way in
//! `journal/0006_owners.sql`, in the library, and in working memory.

use std::borrow::Cow;

use aios_record::Scope;

/// Present name of the user with the empty name.
const NO_NAME: &str = "(no name)";
const OWNER_END: char = '\u{1f}';
/// Replacement for [`OWNER_END`].
const REPLACEMENT: char = '\u{fffd}';

/// Returns the present name of a user of the former version.
fn present_name(former: &str) -> Cow<'_, str> {
    match former {
        "" => Cow::Borrowed(NO_NAME),
        name if name.contains(OWNER_END) => {
            Cow::Owned(name.replace(OWNER_END, &REPLACEMENT.to_string()))
        }
        name => Cow::Borrowed(name),
    }
}

/// Returns the name that a present user may have had in the former version.
pub(crate) fn former_name(present: &str) -> Cow<'_, str> {
    match present {
        NO_NAME => Cow::Borrowed(""),
        name if name.contains(REPLACEMENT) => {
            Cow::Owned(name.replace(REPLACEMENT, &OWNER_END.to_string()))
        }
        name => Cow::Borrowed(name),
    }
}

/// Renames a user of the former version to the present name.
pub(crate) fn rename_user(scope: &mut Scope) {
    if let Some(user) = &mut scope.user {
        let present = present_name(user);
        if present != *user {
            *user = present.into_owned();
        }
    }
}
