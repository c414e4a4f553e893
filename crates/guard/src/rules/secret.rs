//! Secrets by their shape: private keys, tokens with a known prefix, credentials in an assignment
//! or a URL, and runs that look random.
//!
//! Shapes are those which the issuers document. Rules that need a vendor's name near a bare hex
//! string are left out, because in prose, unlike in code, they mostly find digests.

use super::{Check, Rule};
use crate::Kind::{Credential, HighEntropy, PrivateKey, Token};

/// The rules, in no particular order.
pub(super) fn rules() -> Vec<Rule> {
    let tokens = TOKENS.iter().map(|&(name, cue, pattern)| Rule::new(name, Token, cue, pattern));
    let rule = Rule::new;
    let others = [
        rule("private-key", PrivateKey, "-----BEGIN", PRIVATE_KEY),
        rule(
            "putty-private-key",
            PrivateKey,
            "PuTTY-User",
            r"PuTTY-User-Key-File-[23]: [^\n]{1,80}",
        ),
        rule("age-secret-key", PrivateKey, "AGE-SECRET", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
        rule("assigned-secret", Credential, "key|secret|token", ASSIGNED)
            .with_check(Check::Entropy(3.2)),
        rule("assigned-password", Credential, "passw|passphrase|pwd", PASSWORD)
            .with_check(Check::Entropy(2.5)),
        rule("authorization-header", Credential, "authorization", AUTHORIZATION)
            .with_check(Check::Entropy(3.0)),
        rule("url-password", Credential, "://", URL_PASSWORD).with_check(Check::Entropy(1.5)),
        rule(
            "azure-account-key",
            Credential,
            "AccountKey",
            r"AccountKey=([A-Za-z0-9+/]{80,100}={0,2})",
        ),
        rule("random-run", HighEntropy, "[A-Za-z0-9+/_-]{32}", RANDOM_RUN)
            .with_check(Check::Random),
    ];
    tokens.chain(others).collect()
}

/// The armour, with its content; without an end, as far as the content goes.
const PRIVATE_KEY: &str = r"(?x)-----BEGIN\ [A-Z0-9\ ]{0,30}PRIVATE\ KEY(?:\ BLOCK)?-----
    (?:[A-Za-z0-9+/=\s:,.()\\-]*?-----END\ [A-Z0-9\ ]{0,30}PRIVATE\ KEY(?:\ BLOCK)?-----
    |[A-Za-z0-9+/=\s:,.()\\-]*)";

/// `name = value` where the name says what the value is.
const ASSIGNED: &str = r#"(?ix)(?-u:\b)(?:[a-z0-9]{1,20}[_-])?
    (?:api[_-]?key|(?:secret|access|private|encryption|signing)[_-]?(?:key|token)|client[_-]?secret
        |auth[_-]?token|bearer[_-]?token|session[_-]?token|refresh[_-]?token|secret|token)
    ["'`]?\s{0,3}(?:=>|:=|=|:)\s{0,3}["'`]?
    ([a-z0-9+/_.~-]{0,120}[0-9][a-z0-9+/_.~=-]{11,120})"#;

/// A password in an assignment, or after "password is". It has a digit, so that
/// "password: required" is none.
const PASSWORD: &str = r#"(?ix)(?-u:\b)(?:[a-z0-9]{1,20}[_-])?
    (?:password|passwd|passphrase|pwd)(?-u:\b)
    ["'`]?(?:\s{0,3}(?:=>|:=|=|:)|\s+is:?)\s{0,3}["'`]?
    ([^\s"'`<>]{0,60}[0-9][^\s"'`<>]{5,60}|[^\s"'`<>]{5,60}[0-9][^\s"'`<>]{0,60})"#;

const AUTHORIZATION: &str = r"(?ix)(?-u:\b)(?:proxy-)?authorization
    [\x22']?\s{0,3}[:=]\s{0,3}[\x22']?(?:bearer|basic|token)\s+([a-z0-9+/_.~=-]{16,400})";

const URL_PASSWORD: &str =
    r"(?-u:\b)[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s:@/]{0,64}:([^\s:@/]{3,128})@[A-Za-z0-9\[]";

/// A run of the base64 alphabets, long enough for a key and short enough to be no payload.
const RANDOM_RUN: &str =
    r"(?:^|[^A-Za-z0-9+/_=.-])([A-Za-z0-9+_-][A-Za-z0-9+/_-]{31,255}={0,2})(?:[^A-Za-z0-9+/_=-]|$)";

/// Tokens that tell by their prefix what they are: name, cue, pattern.
const TOKENS: &[(&str, &str, &str)] = &[
    (
        "aws-access-key",
        "AKIA|ASIA|ABIA|ACCA",
        r"(?-u:\b)(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?-u:\b)",
    ),
    ("github-token", "gh[oprsu]_", r"(?-u:\b)gh[oprsu]_[A-Za-z0-9]{36,255}(?-u:\b)"),
    ("github-fine-grained-token", "github_pat_", r"(?-u:\b)github_pat_[A-Za-z0-9_]{82}(?-u:\b)"),
    (
        "gitlab-token",
        "gl(?:pat|ptt|rt|dt|cbt|ft|imt|agent|soat|oas)-",
        r"(?-u:\b)gl(?:pat|ptt|rt|dt|cbt|ft|imt|agent|soat|oas)-[A-Za-z0-9_-]{20,64}",
    ),
    ("slack-token", "xox", r"(?-u:\b)xox[abeoprs]-(?:[0-9A-Za-z]{1,14}-){0,4}[0-9A-Za-z]{10,150}"),
    ("slack-app-token", "xapp-", r"(?-u:\b)xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[a-z0-9]{32,128}"),
    (
        "slack-webhook",
        r"hooks\.slack",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,60}",
    ),
    (
        "discord-webhook",
        "api/webhooks",
        r"discord(?:app)?\.com/api/webhooks/\d{15,22}/[A-Za-z0-9_-]{60,80}",
    ),
    (
        "discord-bot-token",
        r"[A-Za-z0-9_-]{23}\.[A-Za-z0-9_-]{6}\.",
        r"(?-u:\b)[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,45}",
    ),
    ("telegram-bot-token", ":AA", r"(?-u:\b)\d{8,10}:AA[A-Za-z0-9_-]{33}(?-u:\b)"),
    (
        "openai-key",
        "sk-",
        r"(?x)(?-u:\b)sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{40,200}
            |[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})",
    ),
    ("anthropic-key", "sk-ant", r"(?-u:\b)sk-ant-[a-z]{2,8}\d{2}-[A-Za-z0-9_-]{80,120}"),
    ("openrouter-key", "sk-or-", r"(?-u:\b)sk-or-v1-[0-9a-f]{64}(?-u:\b)"),
    ("google-api-key", "AIza", r"(?-u:\b)AIza[A-Za-z0-9_-]{35}(?:[^A-Za-z0-9_-]|$)"),
    ("google-oauth-token", r"ya29\.", r"(?-u:\b)ya29\.[A-Za-z0-9_-]{30,400}"),
    ("google-oauth-secret", "GOCSPX", r"(?-u:\b)GOCSPX-[A-Za-z0-9_-]{28}"),
    ("huggingface-token", "hf_|api_org_", r"(?-u:\b)(?:hf_|api_org_)[A-Za-z]{34}(?-u:\b)"),
    ("groq-key", "gsk_", r"(?-u:\b)gsk_[A-Za-z0-9]{52}(?-u:\b)"),
    ("xai-key", "xai-", r"(?-u:\b)xai-[A-Za-z0-9]{80}(?-u:\b)"),
    ("replicate-token", "r8_", r"(?-u:\b)r8_[A-Za-z0-9]{37}(?-u:\b)"),
    ("perplexity-key", "pplx-", r"(?-u:\b)pplx-[A-Za-z0-9]{48}(?-u:\b)"),
    (
        "stripe-key",
        "k_(?:live|test|prod)_",
        r"(?-u:\b)[rs]k_(?:live|test|prod)_[A-Za-z0-9]{10,99}(?-u:\b)",
    ),
    ("stripe-webhook-secret", "whsec_", r"(?-u:\b)whsec_[A-Za-z0-9+/=]{32,64}"),
    (
        "square-token",
        "sq0|EAAA",
        r"(?-u:\b)(?:sq0[a-z]{3}-[A-Za-z0-9_-]{22,43}|EAAA[A-Za-z0-9_-]{60})(?-u:\b)",
    ),
    ("shopify-token", "shp(?:at|ca|pa|ss)_", r"(?-u:\b)shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}(?-u:\b)"),
    (
        "paypal-braintree-token",
        r"access_token\$",
        r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
    ),
    ("twilio-key", "SK[0-9a-f]{8}", r"(?-u:\b)SK[0-9a-f]{32}(?-u:\b)"),
    ("sendgrid-key", r"SG\.", r"(?-u:\b)SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("mailgun-key", "key-[0-9a-f]{8}", r"(?-u:\b)(?:key|pubkey)-[0-9a-f]{32}(?-u:\b)"),
    ("mailchimp-key", r"-us\d", r"(?-u:\b)[0-9a-f]{32}-us\d{1,2}(?-u:\b)"),
    ("npm-token", "npm_", r"(?-u:\b)npm_[A-Za-z0-9]{36}(?-u:\b)"),
    ("pypi-token", "pypi-", r"(?-u:\b)pypi-AgE[A-Za-z0-9_-]{50,1000}"),
    ("crates-io-token", "cio", r"(?-u:\b)cio[A-Za-z0-9]{32}(?-u:\b)"),
    ("rubygems-token", "rubygems_", r"(?-u:\b)rubygems_[0-9a-f]{48}(?-u:\b)"),
    ("docker-token", "dckr_", r"(?-u:\b)dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,60}"),
    ("vault-token", r"hv[bsr]\.", r"(?-u:\b)hv[bsr]\.[A-Za-z0-9_-]{24,300}"),
    ("terraform-token", r"\.atlasv1\.", r"(?-u:\b)[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}"),
    ("digitalocean-token", "_v1_", r"(?-u:\b)do[oprs]_v1_[a-f0-9]{64}(?-u:\b)"),
    ("databricks-token", "dapi", r"(?-u:\b)dapi[a-f0-9]{32}(?:-\d)?(?-u:\b)"),
    ("doppler-token", r"dp\.", r"(?-u:\b)dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{40,80}"),
    (
        "fly-token",
        "fo1_|fm[12]",
        r"(?-u:\b)(?:fo1_[A-Za-z0-9_-]{43}|fm[12][ar]?_[A-Za-z0-9+/=_-]{100,800})",
    ),
    ("heroku-token", "HRKU-", r"(?-u:\b)HRKU-[A-Za-z0-9_-]{36,70}"),
    (
        "supabase-token",
        "sbp_|sb_secret",
        r"(?-u:\b)(?:sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{31})(?-u:\b)",
    ),
    ("planetscale-token", "pscale_", r"(?-u:\b)pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_=.-]{32,64}"),
    (
        "grafana-token",
        "glsa_|glc_",
        r"(?-u:\b)(?:glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|glc_[A-Za-z0-9+/]{32,400})",
    ),
    ("newrelic-key", "NRAK-", r"(?-u:\b)NRAK-[A-Z0-9]{27}(?-u:\b)"),
    ("sentry-token", "sntry", r"(?-u:\b)sntry[su]_[A-Za-z0-9+/=_]{60,300}"),
    ("linear-key", "lin_", r"(?-u:\b)lin_(?:api|oauth)_[A-Za-z0-9]{40,64}(?-u:\b)"),
    (
        "notion-token",
        "ntn_|secret_",
        r"(?-u:\b)(?:ntn_[0-9]{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})(?-u:\b)",
    ),
    ("atlassian-token", "ATATT3", r"(?-u:\b)ATATT3[A-Za-z0-9_=-]{180,200}"),
    ("postman-key", "PMAK-", r"(?-u:\b)PMAK-[a-f0-9]{24}-[a-f0-9]{34}(?-u:\b)"),
    ("1password-token", "ops_eyJ", r"(?-u:\b)ops_eyJ[A-Za-z0-9+/=_-]{200,1500}"),
    (
        "json-web-token",
        r"\.eyJ",
        r"(?-u:\b)eyJ[A-Za-z0-9_-]{14,2000}\.eyJ[A-Za-z0-9_-]{14,4000}\.[A-Za-z0-9_-]{10,1000}",
    ),
    (
        "bitcoin-private-key",
        "[1-9A-HJ-NP-Za-km-z]{50}",
        r"(?-u:\b)(?:[KL][1-9A-HJ-NP-Za-km-z]{51}|5[HJK][1-9A-HJ-NP-Za-km-z]{49})(?-u:\b)",
    ),
];
