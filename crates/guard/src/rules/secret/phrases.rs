//! Secrets in notations of single programs: headers, command lines, login files.
//!
//! A row has a word that is in every match, and a pattern whose first matching group is the secret.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

use super::{
    super::{Match, is_full},
    value,
};
use crate::Kind::Credential;

/// The condition on a value besides its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Chosen by a person: not a placeholder, a path or a call.
    Chosen,
    /// Issued by a machine.
    Issued,
    /// Found after the name of a scheme, in a header or in a sentence: not a word in lower case.
    Scheme,
}
use Check::{Chosen, Issued, Scheme};

/// Each notation: the rule, its cue in lower case, the check, and the pattern.
const PHRASES: &[(&str, &str, Check, &str)] = &[
    (
        "authorization-header",
        "authorization",
        Scheme,
        r#"(?ix)authorization["'\\\])]{0,4}\s{0,3}[:=,]\s{0,5}f?["'\\]{0,3}
        (?:bearer|basic|token|apikey|api-?token|api-?key|key|digest|negotiate|splunk|sso-key)
        [:\s]\s{0,3}([^\s"'\\,;<>(){}\[\]]{8,})"#,
    ),
    (
        "authorization-header",
        "authorization",
        Issued,
        r#"(?ix)authorization["'\\\])]{0,4}\s{0,3}[:=]\s{0,5}["'\\]{0,3}([^\s"'\\,;<>(){}\[\]]{12,})"#,
    ),
    ("authorization-header", "bearer ", Issued, r#"(?i)(?-u:\b)bearer ([A-Za-z0-9_.~+/=-]{20,})"#),
    (
        "authorization-header",
        "signature=",
        Issued,
        r"(?i)(?-u:\b)signature=([A-Za-z0-9+/=%_-]{32,})",
    ),
    (
        "cookie",
        "sess",
        Issued,
        r#"(?ix)(?-u:\b)[0-9A-Za-z_.-]{0,20}(?:session_?id|sess(?:ion)?|sessid)=([^;,\s"'&<>]{12,})"#,
    ),
    ("cookie", "cookie:", Issued, r#"(?i)(?-u:\b)cookie:[^\n]*?=([^;,\s"'&<>]{20,})"#),
    ("url-token", "sig=", Issued, r"(?i)[?&;]sig=([A-Za-z0-9+/=%_-]{16,})"),
    ("url-token", "key=", Issued, r"(?i)[?&][0-9A-Za-z_-]{0,20}key=([A-Za-z0-9+/=%_.-]{16,})"),
    (
        "command-login",
        "curl",
        Chosen,
        r#"(?x)(?-u:\b)curl(?-u:\b)(?:[^\n]|\\\n|\n\ +-)*?\s(?:-u|--user|--proxy-user|-U)(?:=|\s{0,5})
        (?:"[^"\s:]*:([^"]{3,})"|'[^'\s:]*:([^']{3,})'
        |[0-9A-Za-z_.%+@-]*:'([^'\n]{3,})'|[0-9A-Za-z_.%+@-]*:"([^"\n]{3,})"
        |"[^"\n]+":"([^"\n]{3,})"
        |"([^":\n]{3,}):"
        |[0-9A-Za-z_.%+@-]+:([^\s"':][^\s"']{2,}))"#,
    ),
    (
        "command-login",
        "sshpass",
        Chosen,
        r#"(?-u:\b)sshpass\s+(?:-v\s+)?-p\s?(?:'([^'\n]+)'|"([^"\n]+)"|([^\s"']+))"#,
    ),
    (
        "command-login",
        "mysql",
        Chosen,
        r#"(?-u:\b)mysql(?:dump|admin|import|show|pump)?(?-u:\b)[^\n|;&]*?\s-p(?:'([^'\n]+)'|"([^"\n]+)"|([^\s"'-][^\s"']+))"#,
    ),
    (
        "command-login",
        "redis-cli",
        Chosen,
        r#"(?-u:\b)redis-cli(?-u:\b)[^\n|;]*?\s-a\s+["']?([^\s"']+)"#,
    ),
    (
        "command-login",
        "login",
        Chosen,
        r#"(?x)(?-u:\b)(?:docker|podman|helm|az|oc|cf|ibmcloud|skopeo|buildah|registry|nerdctl|crane)(?-u:\b)
        [^\n|;&]*login(?-u:\b)[^\n|;&]*?\s-p\s?["']?([^\s"']+)"#,
    ),
    ("command-login", "vault login", Issued, r"(?-u:\b)vault login (?:token=)?([^\s]{12,})"),
    ("command-login", "pass:", Chosen, r#"\s["']?-?pass(?:in|out)?\s["']?pass:([^\s"']+)"#),
    (
        "command-login",
        "-u",
        Chosen,
        r#"(?-u:\b)(?:smbclient|rpcclient|net|winexe|smbmap)(?-u:\b)[^\n|;]*?\s-U\s?["']?[^\s%"']+%([^\s"']+)"#,
    ),
    (
        "command-login",
        "ldap",
        Chosen,
        r#"(?-u:\b)ldap(?:search|modify|add|delete|passwd|whoami)(?-u:\b)[^\n|;]*?\s-w\s+["']?([^\s"']+)"#,
    ),
    (
        "command-login",
        "sqlcmd",
        Chosen,
        r#"(?-u:\b)(?:sqlcmd|bcp|osql)(?-u:\b)[^\n|;]*?\s-P\s?["']?([^\s"']+)"#,
    ),
    (
        "command-login",
        "chpasswd",
        Chosen,
        r#"(?-u:\b)(?:echo|printf)\s+(?:-n\s+)?["']?[0-9A-Za-z_.-]+:([^\s"'|]+)["']?\s*\|\s*(?:sudo\s+)?chpasswd"#,
    ),
    (
        "command-login",
        "htpasswd",
        Chosen,
        r#"(?-u:\b)htpasswd\s+-[0-9A-Za-z_]*b[0-9A-Za-z_]*\s+[!-~]+\s+[!-~]+\s+["']?([^\s"']+)"#,
    ),
    (
        "command-login",
        "net use",
        Chosen,
        r"(?i)(?-u:\b)net use [^\n]*?/user:[!-~]+\s+([^\s/][!-~]+)",
    ),
    (
        "command-login",
        " -p",
        Chosen,
        r#"(?-u:\b)(?:mongo|mongosh|mongodump|mongorestore|mongoexport|mongoimport|rdesktop|useradd|usermod|impacket|crackmapexec|cqlsh|influx|clickhouse-client|sshfs|snowsql)(?-u:\b)[^\n|;]*?\s-p\s?["']?([^\s"'-][^\s"']+)"#,
    ),
    ("command-login", "lftp", Chosen, r"(?-u:\b)lftp(?-u:\b)[^\n|;]*?\s-u\s?[^\s,]+,([^\s]+)"),
    ("command-login", "xfreerdp", Chosen, r"(?-u:\b)xfreerdp(?-u:\b)[^\n|;]*?\s/p:([^\s]+)"),
    ("command-login", "/rp ", Chosen, r"(?-u:\b)schtasks(?-u:\b)[^\n|;]*?\s/rp ([^\s]+)"),
    ("command-login", "cmdkey", Chosen, r"(?-u:\b)cmdkey(?-u:\b)[^\n|;]*?\s/pass:([^\s]+)"),
    ("command-login", "openssl enc", Chosen, r"(?-u:\b)openssl enc [^\n|;]*?\s-k ([^\s]+)"),
    ("command-login", "snmp", Chosen, r"(?-u:\b)snmp[a-z]+(?-u:\b)[^\n|;]*?\s-[AX]\s([^\s]+)"),
    ("url-token", "code=", Issued, r"[?&]code=([A-Za-z0-9_./-]{16,})"),
    (
        "command-login",
        "zip",
        Chosen,
        r#"(?-u:\b)(?:zip|unzip)(?-u:\b)[^\n|;]*?\s-P\s?["']?([^\s"']+)"#,
    ),
    ("command-login", "7z", Chosen, r#"(?-u:\b)7z[ar]?\s[^\n|;]*?\s-p([^\s"']+)"#),
    (
        "command-login",
        "identified",
        Chosen,
        r#"(?i)(?-u:\b)identified\s+(?:with\s+[!-~]+\s+)?by\s+(?:password\s+)?(?:'([^'\n]+)'|"([^"\n]+)")"#,
    ),
    ("command-login", "password", Chosen, r#"(?i)(?-u:\b)password\s+(?:=\s*)?N?'([^'\n]{4,})'"#),
    (
        "login-pair",
        "auth=",
        Chosen,
        r#"(?i)(?-u:\b)auth=\(\s?["'][^"'\n]*["'],\s?["']([^"'\n]{3,})["']"#,
    ),
    (
        "login-pair",
        "basicauth(",
        Chosen,
        r#"(?i)basicauth\(\s?["'][^"'\n]*["'],\s?["']([^"'\n]{3,})["']"#,
    ),
    (
        "login-pair",
        "getconnection",
        Chosen,
        r#"(?i)getconnection\([^,\n]+,\s?"[^"\n]*",\s?"([^"\n]{3,})""#,
    ),
    (
        "signing-secret",
        "jwt.",
        Issued,
        r#"(?i)(?-u:\b)jwt\.(?:sign|verify|encode|decode)\([^,\n]+,\s?["'`]([^"'`\n]{8,})["'`]"#,
    ),
    (
        "signing-secret",
        "hmac",
        Issued,
        r#"(?i)hmac(?:\.new)?\(\s?(?:["'][0-9A-Za-z_]{1,20}["'],\s?)?b?["'`]([^"'`\n]{8,})["'`]"#,
    ),
    (
        "netrc",
        "machine",
        Chosen,
        r"(?i)(?-u:\b)machine\s+[!-~]+(?:\s+(?:login|account)\s+[!-~]+){0,2}\s+password\s+([!-~]+)",
    ),
    ("pgpass", ":5432:", Chosen, PGPASS),
    ("pgpass", ":*:", Chosen, PGPASS),
    ("dsn-password", "@tcp(", Chosen, r"[0-9A-Za-z_.-]+:([^\s@:]{3,})@tcp\("),
    ("dsn-password", "@unix(", Chosen, r"[0-9A-Za-z_.-]+:([^\s@:]{3,})@unix\("),
    (
        "oracle-password",
        "jdbc:oracle",
        Chosen,
        r"(?i)jdbc:oracle:[0-9A-Za-z_]{1,10}:[0-9A-Za-z_.-]+/([^\s@]{3,})@",
    ),
    ("docker-auth", "auth", Issued, r#"["'\\]+auth["'\\]+\s?:\s?["'\\]+([A-Za-z0-9+/=]{12,})"#),
    ("npm-auth", "_auth", Chosen, r#"(?:^|[\s:/])_auth\s?=\s?["']?([A-Za-z0-9+/=_-]{8,})"#),
    (
        "sidekiq-key",
        "contribsys",
        Issued,
        r"(?i)contribsys__com\s?[=:]\s?([0-9a-f]{8}:[0-9a-f]{8})",
    ),
    (
        "sidekiq-key",
        ".contribsys.com",
        Issued,
        r"([0-9a-f]{8}:[0-9a-f]{8})@(?:gems|enterprise)\.contribsys\.com",
    ),
    (
        "kubernetes-secret",
        "data:",
        Issued,
        r#"(?xm)^[\ \t]+[0-9A-Za-z_.-]+:[\ \t]*(?:[|>][+-]?\s*\n\s+)?["']?([A-Za-z0-9+/]{8,}={0,2})["']?[\ \t]*$"#,
    ),
];

/// A line of PostgreSQL's password file: host, port, database, user, password.
const PGPASS: &str =
    r"(?m)^[0-9A-Za-z_.*-]+:(?:[0-9]{4,5}|\*):[0-9A-Za-z_*-]+:[0-9A-Za-z_*.-]+:([!-~]{3,})$";

struct Tables {
    cues: AhoCorasick,
    patterns: Vec<OnceLock<Regex>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let cues = PHRASES.iter().map(|(_, cue, ..)| *cue);
    let cues = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(cues);
    let patterns = PHRASES.iter().map(|_| OnceLock::new()).collect();
    Tables { cues: cues.expect("cues are constants, tested"), patterns }
});

/// Finds the secrets in all notations.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    let mut is_cued = vec![false; PHRASES.len()];
    for cue in TABLES.cues.find_overlapping_iter(text) {
        is_cued[cue.pattern().as_usize()] = true;
    }
    let cued = PHRASES.iter().zip(&TABLES.patterns).zip(is_cued).filter(|(_, is_cued)| *is_cued);
    for ((&(rule, _, check, source), pattern), _) in cued {
        if rule == "kubernetes-secret" && !is_kubernetes_secret(text) {
            continue;
        }
        let pattern =
            pattern.get_or_init(|| Regex::new(source).expect("patterns are constants, tested"));
        for captures in pattern.captures_iter(text) {
            if is_full(matches) {
                return;
            }
            let Some(found) = captures.iter().skip(1).flatten().next() else { continue };
            if admits(check, found.as_str()) {
                matches.push(Match { rule, kind: Credential, span: found.range() });
            }
        }
    }
}

fn admits(check: Check, found: &str) -> bool {
    const ISSUED_BYTES_MIN: usize = 8;
    const JUDGED_BYTES_MAX: usize = 2048;
    let judged = &found[..found.floor_char_boundary(JUDGED_BYTES_MAX)];
    match check {
        Chosen => !value::is_placeholder(judged) && !value::is_code(judged),
        Scheme => {
            !value::is_placeholder(judged) && !judged.bytes().all(|byte| byte.is_ascii_lowercase())
        }
        Issued => !value::is_placeholder(judged) && value::is_issued(judged, ISSUED_BYTES_MIN),
    }
}

/// Returns `true` if a text contains the manifest of a Secret, not of an object that creates one.
fn is_kubernetes_secret(text: &str) -> bool {
    static KIND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?im)^[ \t]*kind:[ \t]*["']?secret["']?[ \t]*$"#).expect("a constant, tested")
    });
    text.contains("kind:") && KIND.is_match(text)
}
