//! The randomness of a run of characters. Not here: the search for runs.

/// Returns the Shannon entropy in bits per byte.
pub(crate) fn bits_per_byte(run: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in run.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = run.len() as f64;
    let share = |count: u32| f64::from(count) / length;
    counts.iter().filter(|&&n| 0 < n).map(|&n| -share(n) * share(n).log2()).sum()
}

/// Returns `true` if `run` looks random in the base64 alphabets: lower case, upper case and digits,
/// closely mixed. In random text 62 of 100 neighbours differ in these three classes, in words
/// joined by capitals (`getElementById2`) about 40; digests and UUIDs lack a case.
pub(crate) fn looks_random(run: &str, changes_percent_min: usize) -> bool {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => Some(0u8),
        b'A'..=b'Z' => Some(1),
        b'0'..=b'9' => Some(2),
        _ => None,
    };
    let classes: Vec<u8> = run.bytes().filter_map(class).collect();
    let all_three = (0..3).all(|wanted| classes.contains(&wanted));
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    all_three
        && changes_percent_min * run.len() <= 100 * changes
        && bits_min(run.len()) <= bits_per_byte(run)
}

/// Changes of class, in percent of a run's length, that no name in code reaches.
pub(crate) const CHANGES_PERCENT_MIN: usize = 47;

/// Returns the least entropy of a random run, in bits per byte. A random base64 run of 32
/// characters has 4.6 on average, and rarely under 4.2. A shorter one cannot exceed the logarithm
/// of its length.
fn bits_min(length: usize) -> f64 {
    const BITS_MIN: f64 = 4.2;
    const SHARE_MIN: f64 = 0.84;
    BITS_MIN.min(SHARE_MIN * (length as f64).log2())
}
