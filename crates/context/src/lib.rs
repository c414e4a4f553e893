//! Candidates and a token budget in, an exact and framed context out
