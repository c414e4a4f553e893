//! The changed lines of a text, each prefixed with `+` or `-`.

/// Product of the numbers of lines above which the changed part is shown as a whole.
const COMPARED_MAX: usize = 4_000_000;

/// Returns the added and removed lines of `after` compared with `before`, in order.
pub(super) fn lines(before: &str, after: &str) -> Vec<String> {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (before.lines().collect(), after.lines().collect());
    let same = |(one, other): &(&&str, &&str)| one == other;
    let head = before.iter().zip(&after).take_while(same).count();
    let (before, after) = (&before[head..], &after[head..]);
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(same).count();
    let (before, after) = (&before[..before.len() - tail], &after[..after.len() - tail]);
    if COMPARED_MAX < before.len().saturating_mul(after.len()) {
        let less = before.iter().map(|line| format!("- {line}"));
        return less.chain(after.iter().map(|line| format!("+ {line}"))).collect();
    }
    compared(before, after)
}

/// Compares by the longest common subsequence.
fn compared(before: &[&str], after: &[&str]) -> Vec<String> {
    let width = after.len() + 1;
    let mut common = vec![0_u32; (before.len() + 1) * width];
    for (at, line) in before.iter().enumerate().rev() {
        for (to, other) in after.iter().enumerate().rev() {
            common[at * width + to] = match line == other {
                true => common[(at + 1) * width + to + 1] + 1,
                false => common[(at + 1) * width + to].max(common[at * width + to + 1]),
            };
        }
    }
    let (mut at, mut to, mut lines) = (0, 0, Vec::new());
    while at < before.len() || to < after.len() {
        if at < before.len() && to < after.len() && before[at] == after[to] {
            (at, to) = (at + 1, to + 1);
        } else if to < after.len()
            && (at == before.len() || common[(at + 1) * width + to] <= common[at * width + to + 1])
        {
            lines.push(format!("+ {}", after[to]));
            to += 1;
        } else {
            lines.push(format!("- {}", before[at]));
            at += 1;
        }
    }
    lines
}
