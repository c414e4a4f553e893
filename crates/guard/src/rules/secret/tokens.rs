//! Tokens that tell by their shape whose they are: one line a service.
//!
//! Shapes follow what the issuers document and the rule sets of gitleaks (MIT) and detect-secrets
//! (Apache-2.0). A token is a prefix and a run of an alphabet, of a least length; the match takes
//! the whole run, however long. Shapes of several parts have a pattern.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

use super::{super::Match, value};
use crate::{Kind::Token, entropy};

/// The characters of a token's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    /// Letters and digits.
    Alphanumeric,
    /// Capital letters and digits.
    Upper,
    Hex,
    /// base64url: also `_` and `-`.
    Url,
    /// base64 in any variant: also `+`, `/` and `=`.
    Base64,
    /// base64url in parts that dots join.
    Dotted,
}
use Alphabet::{Alphanumeric, Base64, Dotted, Hex, Upper, Url};

/// Each token: the rule, its prefix, and the alphabet and least length of what follows.
const TOKENS: &[(&str, &str, Alphabet, usize)] = &[
    ("1password-token", "ops_eyJ", Base64, 100),
    ("adobe-client-secret", "p8e-", Alphanumeric, 32),
    ("age-secret-key", "AGE-SECRET-KEY-1", Upper, 58),
    ("age-secret-key", "AGE-SECRET-KEY-PQ-1", Upper, 58),
    ("airtable-token", "patAirtable", Dotted, 60),
    ("alibaba-access-key", "LTAI", Alphanumeric, 20),
    ("amazon-mws-token", "amzn.mws.", Url, 36),
    ("anthropic-key", "sk-ant-", Url, 40),
    ("apify-token", "apify_api_", Alphanumeric, 36),
    ("artifactory-key", "AKCp", Alphanumeric, 60),
    ("artifactory-token", "cmVmd", Alphanumeric, 55),
    ("asana-token", "0/1", Hex, 31),
    ("atlassian-token", "ATATT3", Base64, 60),
    ("atlassian-token", "ATCTT3", Base64, 60),
    ("atlassian-token", "ATBB", Base64, 28),
    ("bitbucket-token", "BBDC-", Base64, 40),
    ("brevo-key", "xkeysib-", Url, 64),
    ("brevo-key", "xsmtpsib-", Url, 64),
    ("buildkite-token", "bkua_", Hex, 40),
    ("buildkite-agent-token", "bkaj_", Alphanumeric, 40),
    ("circleci-token", "CCIPAT_", Url, 40),
    ("circleci-token", "CCIPRJ_", Url, 40),
    ("clickhouse-key", "4b1d", Alphanumeric, 38),
    ("clojars-token", "CLOJARS_", Alphanumeric, 60),
    ("cloudflare-origin-key", "v1.0-", Url, 160),
    ("composio-key", "comp_", Alphanumeric, 32),
    ("contentful-token", "CFPAT-", Url, 40),
    ("contentful-token", "cfpat-", Url, 40),
    ("crates-io-token", "cio", Alphanumeric, 32),
    ("databricks-token", "dapi", Hex, 32),
    ("deno-token", "ddp_", Alphanumeric, 36),
    ("deno-token", "ddw_", Alphanumeric, 36),
    ("defined-token", "dnkey-", Url, 60),
    ("digitalocean-token", "doo_v1_", Hex, 64),
    ("digitalocean-token", "dop_v1_", Hex, 64),
    ("digitalocean-token", "dor_v1_", Hex, 64),
    ("digitalocean-token", "dos_v1_", Hex, 64),
    ("docker-token", "dckr_oat_", Url, 27),
    ("docker-token", "dckr_pat_", Url, 27),
    ("doppler-token", "dp.audit.", Dotted, 40),
    ("doppler-token", "dp.ct.", Dotted, 40),
    ("doppler-token", "dp.pt.", Dotted, 40),
    ("doppler-token", "dp.sa.", Dotted, 40),
    ("doppler-token", "dp.scim.", Dotted, 40),
    ("doppler-token", "dp.st.", Dotted, 40),
    ("dropbox-token", "sl.", Base64, 100),
    ("duffel-token", "duffel_live_", Base64, 40),
    ("duffel-token", "duffel_test_", Base64, 40),
    ("dynatrace-token", "dt0c01.", Dotted, 80),
    ("easypost-key", "EZAK", Alphanumeric, 54),
    ("easypost-key", "EZTK", Alphanumeric, 54),
    ("elevenlabs-key", "sk_", Hex, 48),
    ("facebook-token", "EAAC", Alphanumeric, 80),
    ("facebook-token", "EAAG", Alphanumeric, 80),
    ("facebook-token", "EAAM", Alphanumeric, 80),
    ("fastly-token", "fastly_", Url, 32),
    ("figma-token", "figd_", Url, 36),
    ("flutterwave-key", "FLWSECK-", Url, 12),
    ("flutterwave-key", "FLWSECK_TEST-", Url, 12),
    ("fly-token", "fm1a_", Base64, 80),
    ("fly-token", "fm1r_", Base64, 80),
    ("fly-token", "fm2_", Base64, 80),
    ("fly-token", "fo1_", Url, 40),
    ("frameio-token", "fio-u-", Base64, 60),
    ("github-token", "gho_", Alphanumeric, 36),
    ("github-token", "ghp_", Alphanumeric, 36),
    ("github-token", "ghr_", Alphanumeric, 36),
    ("github-token", "ghs_", Alphanumeric, 36),
    ("github-token", "ghu_", Alphanumeric, 36),
    ("github-fine-grained-token", "github_pat_", Url, 80),
    ("gitlab-token", "GR1348941", Url, 20),
    ("gitlab-token", "glagent-", Url, 20),
    ("gitlab-token", "glcbt-", Url, 20),
    ("gitlab-token", "gldt-", Url, 20),
    ("gitlab-token", "glffct-", Url, 20),
    ("gitlab-token", "glft-", Url, 20),
    ("gitlab-token", "glimt-", Url, 20),
    ("gitlab-token", "gloas-", Url, 20),
    ("gitlab-token", "glpat-", Dotted, 20),
    ("gitlab-token", "glptt-", Url, 20),
    ("gitlab-token", "glrt-", Dotted, 20),
    ("gitlab-token", "glsoat-", Url, 20),
    ("google-api-key", "AIza", Url, 35),
    ("google-oauth-secret", "GOCSPX-", Url, 24),
    ("google-oauth-token", "ya29.", Dotted, 40),
    ("google-refresh-token", "1//0", Url, 40),
    ("grafana-token", "eyJrIjoi", Base64, 60),
    ("grafana-token", "glc_", Base64, 32),
    ("grafana-token", "glsa_", Url, 40),
    ("groq-key", "gsk_", Alphanumeric, 40),
    ("heroku-token", "HRKU-", Url, 36),
    ("hubspot-token", "pat-eu1-", Url, 36),
    ("hubspot-token", "pat-na1-", Url, 36),
    ("huggingface-token", "api_org_", Alphanumeric, 34),
    ("huggingface-token", "hf_", Alphanumeric, 34),
    ("infracost-key", "ico-", Alphanumeric, 32),
    ("intra42-secret", "s-s4t2af-", Hex, 64),
    ("intra42-secret", "s-s4t2ud-", Hex, 64),
    ("langchain-key", "lsv2_pt_", Url, 40),
    ("langchain-key", "lsv2_sk_", Url, 40),
    ("linear-key", "lin_api_", Alphanumeric, 40),
    ("linear-key", "lin_oauth_", Alphanumeric, 40),
    ("mailgun-key", "key-", Hex, 32),
    ("mailgun-key", "pubkey-", Hex, 32),
    ("mapbox-token", "sk.eyJ", Dotted, 60),
    ("meta-token", "EAACEdEose0cBA", Alphanumeric, 20),
    ("neon-key", "napi_", Alphanumeric, 40),
    ("netlify-token", "nfp_", Alphanumeric, 36),
    ("newrelic-key", "NRAK-", Alphanumeric, 27),
    ("newrelic-key", "NRII-", Url, 32),
    ("newrelic-key", "NRJS-", Alphanumeric, 19),
    ("newrelic-key", "NRRA-", Alphanumeric, 42),
    ("notion-token", "ntn_", Alphanumeric, 43),
    ("notion-token", "secret_", Alphanumeric, 43),
    ("npm-token", "npm_", Alphanumeric, 36),
    ("nvidia-key", "nvapi-", Url, 60),
    ("octopus-key", "API-", Upper, 26),
    ("openai-key", "sk-admin-", Url, 40),
    ("openai-key", "sk-proj-", Url, 40),
    ("openai-key", "sk-svcacct-", Url, 40),
    ("openai-key", "sk-None-", Url, 40),
    ("openai-key", "sk-", Alphanumeric, 32),
    ("openrouter-key", "sk-or-v1-", Hex, 64),
    ("openshift-token", "sha256~", Url, 20),
    ("perplexity-key", "pplx-", Alphanumeric, 40),
    ("planetscale-token", "pscale_oauth_", Dotted, 32),
    ("planetscale-token", "pscale_pw_", Dotted, 32),
    ("planetscale-token", "pscale_tkn_", Dotted, 32),
    ("posthog-key", "phs_", Alphanumeric, 40),
    ("posthog-key", "phx_", Alphanumeric, 40),
    ("postman-key", "PMAK-", Url, 56),
    ("prefect-token", "pnb_", Alphanumeric, 36),
    ("prefect-token", "pnu_", Alphanumeric, 36),
    ("pulumi-token", "pul-", Hex, 40),
    ("pypi-token", "pypi-AgE", Url, 50),
    ("pypi-token", "pypi-AgN", Url, 50),
    ("railway-token", "railway_", Url, 32),
    ("readme-token", "rdme_", Alphanumeric, 70),
    ("render-key", "rnd_", Alphanumeric, 28),
    ("replicate-token", "r8_", Alphanumeric, 36),
    ("resend-key", "re_", Url, 30),
    ("rubygems-token", "rubygems_", Hex, 48),
    ("scalingo-token", "tk-us-", Url, 48),
    ("secret-token", "secret-token:", Base64, 16),
    ("sendgrid-key", "SG.", Dotted, 50),
    ("sentry-token", "sntrys_", Base64, 60),
    ("sentry-token", "sntryu_", Hex, 64),
    ("settlemint-token", "sm_aat_", Alphanumeric, 16),
    ("settlemint-token", "sm_pat_", Alphanumeric, 16),
    ("settlemint-token", "sm_sat_", Alphanumeric, 16),
    ("shippo-token", "shippo_live_", Hex, 40),
    ("shippo-token", "shippo_test_", Hex, 40),
    ("shopify-token", "shpat_", Hex, 32),
    ("shopify-token", "shpca_", Hex, 32),
    ("shopify-token", "shppa_", Hex, 32),
    ("shopify-token", "shpss_", Hex, 32),
    ("shopify-token", "shpua_", Hex, 32),
    ("slack-app-token", "xapp-", Url, 40),
    ("slack-token", "xoxa-", Url, 10),
    ("slack-token", "xoxb-", Url, 10),
    ("slack-token", "xoxe-", Url, 10),
    ("slack-token", "xoxe.xoxb-", Url, 40),
    ("slack-token", "xoxe.xoxp-", Url, 40),
    ("slack-token", "xoxo-", Url, 10),
    ("slack-token", "xoxp-", Url, 10),
    ("slack-token", "xoxr-", Url, 10),
    ("slack-token", "xoxs-", Url, 10),
    ("slack-token", "xoxc-", Url, 10),
    ("slack-token", "xoxd-", Base64, 20),
    ("sonar-token", "sqa_", Alphanumeric, 40),
    ("sonar-token", "sqp_", Alphanumeric, 40),
    ("sonar-token", "squ_", Alphanumeric, 40),
    ("sourcegraph-token", "sgp_", Url, 40),
    ("square-token", "EAAA", Url, 56),
    ("square-token", "sq0atp-", Url, 22),
    ("square-token", "sq0csp-", Url, 40),
    ("stripe-key", "rk_live_", Alphanumeric, 10),
    ("stripe-key", "rk_prod_", Alphanumeric, 10),
    ("stripe-key", "rk_test_", Alphanumeric, 10),
    ("stripe-key", "sk_live_", Alphanumeric, 10),
    ("stripe-key", "sk_prod_", Alphanumeric, 10),
    ("stripe-key", "sk_test_", Alphanumeric, 10),
    ("stripe-webhook-secret", "whsec_", Base64, 24),
    ("supabase-token", "sb_secret_", Url, 30),
    ("supabase-token", "sbp_", Alphanumeric, 40),
    ("tailscale-key", "tskey-", Url, 20),
    ("tavily-key", "tvly-", Url, 28),
    ("together-key", "tgp_v1_", Url, 40),
    ("twilio-key", "SK", Hex, 32),
    ("typeform-token", "tfp_", Dotted, 40),
    ("vault-token", "hvb.", Url, 24),
    ("vault-token", "hvr.", Url, 24),
    ("vault-token", "hvs.", Url, 24),
    ("vault-token", "s.", Alphanumeric, 24),
    ("vercel-token", "vercel_", Alphanumeric, 24),
    ("voyage-key", "pa-", Url, 40),
    ("xai-key", "xai-", Alphanumeric, 60),
    ("yandex-key", "AQVN", Url, 35),
    ("yandex-key", "YCAJ", Url, 36),
    ("yandex-token", "t1.", Dotted, 90),
];

/// Tokens of several parts: the rule, a literal of each, how far before it the token may start, and
/// the pattern.
const SHAPES: &[(&str, &str, usize, &str)] = &[
    (
        "1password-secret-key",
        "A3-",
        0,
        r"^A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
    ),
    ("airtable-token", "pat", 0, r"^pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    (
        "authress-key",
        ".acc_",
        45,
        r"(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc_[A-Za-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,}",
    ),
    ("aws-access-key", "A3T", 0, r"^A3T[A-Z0-9][A-Z2-7]{16}"),
    ("aws-access-key", "ABIA", 0, r"^ABIA[A-Z2-7]{16}"),
    ("aws-access-key", "ACCA", 0, r"^ACCA[A-Z2-7]{16}"),
    ("aws-access-key", "AKIA", 0, r"^AKIA[A-Z2-7]{16}"),
    ("aws-access-key", "ASIA", 0, r"^ASIA[A-Z2-7]{16}"),
    ("azure-client-secret", "Q~", 4, r"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{30,}"),
    ("bitcoin-private-key", "5H", 0, r"^5H[1-9A-HJ-NP-Za-km-z]{49}"),
    ("bitcoin-private-key", "5J", 0, r"^5J[1-9A-HJ-NP-Za-km-z]{49}"),
    ("bitcoin-private-key", "5K", 0, r"^5K[1-9A-HJ-NP-Za-km-z]{49}"),
    ("bitcoin-private-key", "xprv", 0, r"^xprv[1-9A-HJ-NP-Za-km-z]{100,}"),
    (
        "discord-webhook",
        "discord.com/api/webhooks/",
        0,
        r"^discord\.com/api/webhooks/\d{15,22}/([A-Za-z0-9_-]{60,})",
    ),
    (
        "discord-webhook",
        "discordapp.com/api/webhooks/",
        0,
        r"^discordapp\.com/api/webhooks/\d{15,22}/([A-Za-z0-9_-]{60,})",
    ),
    ("harness-key", "pat.", 0, r"^pat\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}"),
    ("harness-key", "sat.", 0, r"^sat\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}"),
    ("json-web-token", "eyJ", 0, r"^eyJ[A-Za-z0-9_-]{14,}\.eyJ[A-Za-z0-9_-]{14,}\.[A-Za-z0-9_-]*"),
    ("json-web-token", "eyJ", 0, r"^eyJ[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]*){4}"),
    ("json-web-token", "ZXlK", 0, r"^ZXlK[A-Za-z0-9+/_-]{60,}={0,2}"),
    ("launchdarkly-key", "api-", 0, LAUNCHDARKLY),
    ("launchdarkly-key", "sdk-", 0, LAUNCHDARKLY),
    ("mailchimp-key", "-us", 32, r"[0-9a-f]{32}-us\d{1,2}"),
    ("maxmind-key", "_mmk", 36, r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk"),
    (
        "paypal-braintree-token",
        "access_token$",
        0,
        r"^access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
    ),
    (
        "plaid-token",
        "access-",
        0,
        r"^access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    ),
    (
        "slack-webhook",
        "hooks.slack.com/",
        0,
        r"^hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{30,})",
    ),
    ("softlayer-key", "softlayer.com/", 0, r"^softlayer\.com/\S{0,40}/([a-z0-9]{64})"),
    (
        "teams-webhook",
        ".webhook.office.com/webhookb2/",
        0,
        r"^\.webhook\.office\.com/webhookb2/([0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-zA-Z-]+/[0-9a-f-]{36})",
    ),
    ("telegram-bot-token", ":A", 16, r"[0-9]{5,16}:A[A-Za-z0-9_-]{33,}"),
    ("terraform-token", ".atlasv1.", 14, r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}"),
    (
        "discord-bot-token",
        ".",
        28,
        r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",
    ),
    ("artifactory-key", "AP", 0, r"^AP[0-9A-F][A-Za-z0-9_-]{31,}"),
];

const LAUNCHDARKLY: &str =
    "^(?:api|sdk)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

struct Tables {
    literals: AhoCorasick,
    patterns: Vec<OnceLock<Regex>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let prefixes = TOKENS.iter().map(|(_, prefix, ..)| *prefix);
    let literals = prefixes.chain(SHAPES.iter().map(|(_, literal, ..)| *literal));
    let literals = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(literals);
    let patterns = SHAPES.iter().map(|_| OnceLock::new()).collect();
    Tables { literals: literals.expect("literals are constants, tested"), patterns }
});

/// How many literals are tried in the same stretch of text without success, and how long that is.
const TRIES_MAX: usize = 32;
const STRETCH_BYTES: usize = 1024;

/// A shape of several parts is looked for in so many bytes; its last part may go on.
const SHAPE_BYTES_MAX: usize = 16 << 10;

/// Finds tokens by their shape.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    let tables = &*TABLES;
    let (mut found_until, mut stretch_until, mut tries) = (0, 0, 0);
    for literal in tables.literals.find_overlapping_iter(text) {
        if literal.start() < found_until {
            continue;
        }
        if stretch_until <= literal.start() {
            (stretch_until, tries) = (literal.start() + STRETCH_BYTES, 0);
        }
        tries += 1;
        if TRIES_MAX < tries {
            continue;
        }
        let index = literal.pattern().as_usize();
        let found = match TOKENS.get(index) {
            Some(&(rule, _, alphabet, length_min)) => {
                prefixed(text, literal.range(), alphabet, length_min).map(|span| (rule, span))
            }
            None => {
                let index = index - TOKENS.len();
                shaped(text, literal.start(), index, &tables.patterns[index])
                    .map(|span| (SHAPES[index].0, span))
            }
        };
        if let Some((rule, span)) = found {
            found_until = span.end;
            tries = 0;
            matches.push(Match { rule, kind: Token, span });
        }
    }
}

type Span = std::ops::Range<usize>;

/// The token of a prefix, if a run of its alphabet follows.
fn prefixed(text: &str, prefix: Span, alphabet: Alphabet, length_min: usize) -> Option<Span> {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| match alphabet {
        Alphanumeric => byte.is_ascii_alphanumeric(),
        Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Hex => byte.is_ascii_hexdigit(),
        Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
        Base64 => byte.is_ascii_alphanumeric() || b"_-+/=".contains(&byte),
        Dotted => byte.is_ascii_alphanumeric() || b"_-.=".contains(&byte),
    };
    if is_inside(bytes, prefix.start) {
        return None;
    }
    let length = bytes[prefix.end..].iter().take_while(|byte| is_part(**byte)).count();
    let mut end = prefix.end + length;
    while end != prefix.end && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let is_word = bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    let body = &text[prefix.end..end];
    (length_min <= body.len() && !is_word && is_drawn(body)).then_some(prefix.start..end)
}

/// Returns `true` if a token at `start` would be the end of a longer word.
fn is_inside(bytes: &[u8], start: usize) -> bool {
    start.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric())
}

/// The span of a shape around a literal. A group in the pattern is what is secret of it.
fn shaped(text: &str, literal: usize, index: usize, pattern: &OnceLock<Regex>) -> Option<Span> {
    let (_, sign, before, source) = SHAPES[index];
    if sign == "." && !is_bot_dot(text.as_bytes(), literal) {
        return None;
    }
    let earliest = text.ceil_char_boundary(literal.saturating_sub(before));
    let start = text[earliest..literal].rfind(ENDS).map_or(earliest, |end| earliest + end + 1);
    let pattern =
        pattern.get_or_init(|| Regex::new(source).expect("patterns are constants, tested"));
    let near = &text[start..text.floor_char_boundary(literal + SHAPE_BYTES_MAX)];
    let near = &near[..near.find(ENDS).unwrap_or(near.len())];
    let captures = pattern.captures(near)?;
    let whole = captures.get(0)?;
    // A literal further on finds its own, and an address may have any host before it.
    let is_part = !sign.starts_with('.') && is_inside(text.as_bytes(), start + whole.start());
    if literal - start < whole.start() || is_part {
        return None;
    }
    let found = captures.get(1).unwrap_or(whole).range();
    let end = start + found.end;
    let is_cut = SHAPE_BYTES_MAX <= found.end;
    let rest = text.as_bytes()[end..].iter().take_while(|b| is_cut && b.is_ascii_alphanumeric());
    let end = end + rest.count();
    let is_word = text.as_bytes().get(end).is_some_and(u8::is_ascii_alphanumeric);
    (!is_word && is_drawn(&text[start + found.start..end])).then(|| start + found.start..end)
}

/// Signs that no token of several parts has within it.
const ENDS: [char; 9] = [' ', '\n', '\t', '"', '\'', ';', ',', '<', '>'];

/// Returns `true` for the first dot of a bot's token: six characters stand before the second one.
fn is_bot_dot(bytes: &[u8], dot: usize) -> bool {
    const MIDDLE: usize = 6;
    bytes.get(dot + MIDDLE + 1) == Some(&b'.')
        && dot.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric())
}

/// Returns `true` if a body looks drawn, not written: some variety, and a digit or mixed case.
fn is_drawn(body: &str) -> bool {
    const BITS_MIN: f64 = 2.4;
    const JUDGED_BYTES_MAX: usize = 512;
    let body = &body[..body.floor_char_boundary(JUDGED_BYTES_MAX)];
    let has = |is: fn(&u8) -> bool| body.bytes().any(|byte| is(&byte));
    let is_mixed = has(u8::is_ascii_digit)
        || body
            .as_bytes()
            .windows(2)
            .filter(|two| two[0].is_ascii_lowercase() != two[1].is_ascii_lowercase())
            .count()
            * 4
            > body.len();
    let is_name = !has(u8::is_ascii_uppercase) && value::is_wordlike(body);
    is_mixed && !is_name && BITS_MIN <= entropy::bits_per_byte(body)
}
