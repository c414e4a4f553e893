//! Names of users that the former version took and that are not names of owners: the empty one,
//! which is the shared owner's today, and those with U+001F, which ends an owner's name in an
//! encoded identity. Their records got other names when the store was brought over, in the same way
//! in `journal/0006_owners.sql`, in the library, and in working memory.

use std::borrow::Cow;

use aios_record::Scope;

/// The present name of the user with the empty one.
const NO_NAME: &str = "(no name)";
const OWNER_END: char = '\u{1f}';
/// Stands for [`OWNER_END`].
const REPLACEMENT: char = '\u{fffd}';

/// The present name of a user of the former version.
fn present_name(former: &str) -> Cow<'_, str> {
    match former {
        "" => Cow::Borrowed(NO_NAME),
        name if name.contains(OWNER_END) => {
            Cow::Owned(name.replace(OWNER_END, &REPLACEMENT.to_string()))
        }
        name => Cow::Borrowed(name),
    }
}

/// The name that a user of today may have had for the former version.
pub(crate) fn former_name(present: &str) -> Cow<'_, str> {
    match present {
        NO_NAME => Cow::Borrowed(""),
        name if name.contains(REPLACEMENT) => {
            Cow::Owned(name.replace(REPLACEMENT, &OWNER_END.to_string()))
        }
        name => Cow::Borrowed(name),
    }
}

/// Gives a user of the former version the present name.
pub(crate) fn rename_user(scope: &mut Scope) {
    if let Some(user) = &mut scope.user {
        let present = present_name(user);
        if present != *user {
            *user = present.into_owned();
        }
    }
}
