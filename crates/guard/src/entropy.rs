//! How random a run of characters looks. Not here: where runs are looked for.

/// Shannon entropy in bits per byte.
pub(crate) fn bits_per_byte(run: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in run.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = run.len() as f64;
    let share = |count: u32| f64::from(count) / length;
    counts.iter().filter(|&&n| 0 < n).map(|&n| -share(n) * share(n).log2()).sum()
}

/// Whether `run` looks drawn at random from the base64 alphabets: lower case, upper case and
/// digits, mixed closely. Words, identifiers and paths change between the three at few places
/// (`getElementById2`), random text at more than half; digests and UUIDs lack a case.
pub(crate) fn looks_random(run: &str) -> bool {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => Some(0u8),
        b'A'..=b'Z' => Some(1),
        b'0'..=b'9' => Some(2),
        _ => None,
    };
    let classes: Vec<u8> = run.bytes().filter_map(class).collect();
    let all_three = (0..3).all(|wanted| classes.contains(&wanted));
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    all_three && run.len() <= 3 * changes && RANDOM_BITS_MIN <= bits_per_byte(run)
}

/// A random base64 run of 32 characters has 4.6 bits a byte on average, and rarely under this.
const RANDOM_BITS_MIN: f64 = 4.2;
