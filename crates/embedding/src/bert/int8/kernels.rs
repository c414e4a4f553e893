//! Products of bytes with packed int8 weights, with the instructions that the processor has.
//!
//! The sums are integers and exact, so every path gives the same bits. Rows of the left side are
//! `u8`, weights are `i8`. Weights are packed in blocks of [`COLUMNS`] outputs: for each group of
//! [`GROUP`] inputs, a block holds the group's weights of its first output, then those of the
//! second, and so on, which is the order that `vpdpbusd` needs. A block has a few kilobytes, so it
//! second, and so on: the order that `vpdpbusd` needs. A block has a few kilobytes, so it
//!
//! This is the only file of the crate with unsafe code: loads and stores of whole registers, and
//! calls of functions that need instructions detected at run time.

#![allow(unsafe_code, reason = "loads of registers, and instructions detected at run time")]

/// Outputs of a block.
pub(super) const COLUMNS: usize = 32;
/// Inputs that one instruction multiplies and adds up.
pub(super) const GROUP: usize = 4;
/// Bytes of a block for one group of inputs.
const STEP_BYTES: usize = COLUMNS * GROUP;
/// Rows that are multiplied with a block together. Their sums fill the registers.
const ROWS: usize = 6;

/// The sums of one row and one block.
pub(super) type Sums = [i32; COLUMNS];
/// The sums of the rows that are multiplied together.
type Tile = [Sums; ROWS];
/// The groups of a row, or of several concatenated rows.
type Row<'a> = &'a [[u8; GROUP]];
/// The weights of a block, group by group.
type Block<'a> = &'a [[u8; STEP_BYTES]];

/// Multiplies all given rows together, up to [`ROWS`]: one row takes nearly as long as several.
macro_rules! in_tiles {
    ($multiply:ident) => {
        |rows: Row<'_>, count: usize, block: Block<'_>, sums: &mut Tile| match count {
            6 => $multiply(split::<6>(rows, block), block, sums),
            5 => $multiply(split::<5>(rows, block), block, sums),
            4 => $multiply(split::<4>(rows, block), block, sums),
            3 => $multiply(split::<3>(rows, block), block, sums),
            2 => $multiply(split::<2>(rows, block), block, sums),
            1 => $multiply(split::<1>(rows, block), block, sums),
            _ => unreachable!("a tile has at least one row and at most six"),
        }
    };
}
/// A set of instructions that this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Path(Instructions);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instructions {
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// The instructions the program was compiled for: NEON on AArch64, SSE2 on x86-64.
    Plain,
}

impl Path {
    /// Returns the fastest path of this processor.
    pub(super) fn best() -> Path {
        Path::available()[0]
    }

    /// Returns all paths of this processor, the fastest first.
    pub(super) fn available() -> Vec<Path> {
        let mut paths = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni");
            let has_avx2 = is_x86_feature_detected!("avx2");
            let found = [
                (has_avx512, Instructions::Avx512Vnni),
                (has_avx2 && is_x86_feature_detected!("avxvnni"), Instructions::AvxVnni),
                (has_avx2, Instructions::Avx2),
            ];
            paths.extend(found.into_iter().filter(|found| found.0).map(|found| Path(found.1)));
        }
        paths.push(Path(Instructions::Plain));
        paths
    }
}

/// Multiplies each row of `left`, which has `inputs` bytes, with all blocks of `weights`, and
/// passes to `finish` the number of the row, the first output of the block, and the sums.
///
/// `inputs` is a multiple of [`GROUP`]; `weights` consists of whole blocks.
pub(super) fn multiply(
    path: Path,
    left: &[u8],
    inputs: usize,
    weights: &[u8],
    finish: impl FnMut(usize, usize, &Sums),
) {
    assert!(0 < inputs && inputs.is_multiple_of(GROUP), "inputs come in groups");
    assert!(weights.len().is_multiple_of(inputs * COLUMNS), "weights come in blocks");
    match path.0 {
        // SAFETY: `Path::available` returns this path only if the processor has AVX-512 F, BW,
        // VNNI.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512Vnni => unsafe { x86::avx512_vnni(left, inputs, weights, finish) },
        // SAFETY: `Path::available` returns this path only if the processor has AVX2 and AVX-VNNI.
        #[cfg(target_arch = "x86_64")]
        Instructions::AvxVnni => unsafe { x86::avx_vnni(left, inputs, weights, finish) },
        // SAFETY: `Path::available` returns this path only if the processor has AVX2.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { x86::avx2(left, inputs, weights, finish) },
        Instructions::Plain => walk(left, inputs, weights, finish, in_tiles!(plain)),
    }
}

/// Multiplies every block with all rows, [`ROWS`] of them at a time.
#[inline(always)]
fn walk(
    left: &[u8],
    inputs: usize,
    weights: &[u8],
    mut finish: impl FnMut(usize, usize, &Sums),
    multiply: impl Fn(Row<'_>, usize, Block<'_>, &mut Tile),
) {
    let groups = inputs / GROUP;
    let rows = left.as_chunks::<GROUP>().0;
    let mut sums: Tile = [[0; COLUMNS]; ROWS];
    for (at, block) in weights.chunks_exact(inputs * COLUMNS).enumerate() {
        let (block, column) = (block.as_chunks::<STEP_BYTES>().0, at * COLUMNS);
        for (tile_at, tile) in rows.chunks(groups * ROWS).enumerate() {
            let count = tile.len() / groups;
            multiply(tile, count, block, &mut sums);
            for (row, sums) in sums[..count].iter().enumerate() {
                finish(tile_at * ROWS + row, column, sums);
            }
        }
    }
}

/// Splits a tile into rows, each as long as `block`, so that the compiler can omit bounds checks.
#[inline(always)]
fn split<'a, const N: usize>(rows: Row<'a>, block: Block<'_>) -> [Row<'a>; N] {
    std::array::from_fn(|row| &rows[row * block.len()..][..block.len()])
}

/// Computes the sums in plain arithmetic: the reference for the other paths.
#[inline(always)]
fn plain<const N: usize>(rows: [Row<'_>; N], block: Block<'_>, sums: &mut Tile) {
    *sums = [[0; COLUMNS]; ROWS];
    for (group, step) in block.iter().enumerate() {
        let weights = step.as_chunks::<GROUP>().0;
        for (row, sums) in rows.iter().zip(&mut *sums) {
            let inputs = row[group].map(i32::from);
            for (sum, weights) in sums.iter_mut().zip(weights) {
                let products = inputs.iter().zip(weights);
                *sum += products.map(|(x, weight)| x * i32::from(*weight as i8)).sum::<i32>();
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, __m256i, __m512i, _mm_loadu_si128, _mm_set1_epi32, _mm256_add_epi32,
        _mm256_cvtepi8_epi16, _mm256_cvtepu8_epi16, _mm256_dpbusd_avx_epi32, _mm256_loadu_si256,
        _mm256_madd_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_storeu_si256,
        _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
        _mm512_storeu_si512,
    };

    use super::{Block, COLUMNS, GROUP, Row, STEP_BYTES, Sums, Tile, split, walk};

    /// Multiplies with sixteen outputs per register, two registers per block.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn avx512_vnni(
        left: &[u8],
        inputs: usize,
        weights: &[u8],
        finish: impl FnMut(usize, usize, &Sums),
    ) {
        walk(left, inputs, weights, finish, in_tiles!(tile_avx512));
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    #[inline]
    fn tile_avx512<const N: usize>(rows: [Row<'_>; N], block: Block<'_>, out: &mut Tile) {
        let mut sums = [[_mm512_setzero_si512(); 2]; N];
        for (group, step) in block.iter().enumerate() {
            let weights = [load_512(step, 0), load_512(step, 64)];
            for (row, sums) in rows.iter().zip(&mut sums) {
                let inputs = _mm512_set1_epi32(i32::from_le_bytes(row[group]));
                sums[0] = _mm512_dpbusd_epi32(sums[0], inputs, weights[0]);
                sums[1] = _mm512_dpbusd_epi32(sums[1], inputs, weights[1]);
            }
        }
        for (out, registers) in out.iter_mut().zip(&sums) {
            for (half, register) in out.as_chunks_mut::<16>().0.iter_mut().zip(registers) {
                // SAFETY: `half` has the 64 bytes that are written; any alignment is allowed.
                unsafe { _mm512_storeu_si512(half.as_mut_ptr().cast::<__m512i>(), *register) };
            }
        }
    }

    /// Multiplies with eight outputs per register. Two half blocks in turn, so that the sums of all
    /// rows have registers.
    #[target_feature(enable = "avx2,avxvnni")]
    pub(super) fn avx_vnni(
        left: &[u8],
        inputs: usize,
        weights: &[u8],
        finish: impl FnMut(usize, usize, &Sums),
    ) {
        walk(left, inputs, weights, finish, in_tiles!(tile_avx_vnni));
    }

    #[target_feature(enable = "avx2,avxvnni")]
    #[inline]
    fn tile_avx_vnni<const N: usize>(rows: [Row<'_>; N], block: Block<'_>, out: &mut Tile) {
        for half in 0..2 {
            let mut sums = [[_mm256_setzero_si256(); 2]; N];
            for (group, step) in block.iter().enumerate() {
                let weights = [load_256(step, half * 64), load_256(step, half * 64 + 32)];
                for (row, sums) in rows.iter().zip(&mut sums) {
                    let inputs = _mm256_set1_epi32(i32::from_le_bytes(row[group]));
                    sums[0] = _mm256_dpbusd_avx_epi32(sums[0], inputs, weights[0]);
                    sums[1] = _mm256_dpbusd_avx_epi32(sums[1], inputs, weights[1]);
                }
            }
            for (out, registers) in out.iter_mut().zip(sums) {
                out[half * 16..half * 16 + 8].copy_from_slice(&store_256(registers[0]));
                out[half * 16 + 8..half * 16 + 16].copy_from_slice(&store_256(registers[1]));
            }
        }
    }

    /// Widens weights and inputs to 16 bits, whose products in pairs are exact. (`vpmaddubsw` would
    /// use them as bytes, but its sums saturate.) Eight outputs of a block at a time.
    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(
        left: &[u8],
        inputs: usize,
        weights: &[u8],
        finish: impl FnMut(usize, usize, &Sums),
    ) {
        walk(left, inputs, weights, finish, in_tiles!(tile_avx2));
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn tile_avx2<const N: usize>(rows: [Row<'_>; N], block: Block<'_>, out: &mut Tile) {
        for part in 0..COLUMNS / 8 {
            // Two sums per output, for the first and the second half of a group.
            let mut sums = [[_mm256_setzero_si256(); 2]; N];
            for (group, step) in block.iter().enumerate() {
                let weights = [
                    _mm256_cvtepi8_epi16(load_128(step, part * 32)),
                    _mm256_cvtepi8_epi16(load_128(step, part * 32 + 16)),
                ];
                for (row, sums) in rows.iter().zip(&mut sums) {
                    let inputs =
                        _mm256_cvtepu8_epi16(_mm_set1_epi32(i32::from_le_bytes(row[group])));
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(weights, inputs));
                    }
                }
            }
            for (out, registers) in out.iter_mut().zip(sums) {
                let halves = [store_256(registers[0]), store_256(registers[1])];
                let pairs = halves.as_flattened().as_chunks::<2>().0;
                for (out, [first, second]) in out[part * 8..].iter_mut().zip(pairs) {
                    *out = first + second;
                }
            }
        }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn load_512(step: &[u8; STEP_BYTES], at: usize) -> __m512i {
        let bytes: &[u8] = &step[at..at + 64];
        // SAFETY: `bytes` has the 64 bytes that are read; any alignment is allowed.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast::<__m512i>()) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load_256(step: &[u8; STEP_BYTES], at: usize) -> __m256i {
        let bytes: &[u8] = &step[at..at + 32];
        // SAFETY: `bytes` has the 32 bytes that are read; any alignment is allowed.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast::<__m256i>()) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load_128(step: &[u8; STEP_BYTES], at: usize) -> __m128i {
        let bytes: &[u8] = &step[at..at + 16];
        // SAFETY: `bytes` has the 16 bytes that are read; any alignment is allowed.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>()) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn store_256(register: __m256i) -> [i32; 8] {
        let mut numbers = [0; 8];
        // SAFETY: `numbers` has the 32 bytes that are written; any alignment is allowed.
        unsafe { _mm256_storeu_si256(numbers.as_mut_ptr().cast::<__m256i>(), register) };
        numbers
    }

    /// `set1` repeats one group of inputs, as one `i32`.
    const _: () = assert!(GROUP == size_of::<i32>());
}

#[cfg(test)]
mod tests;
