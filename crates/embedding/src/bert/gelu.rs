//! The exact GELU (Hendrycks and Gimpel, 2016), written so that the compiler makes vectors of it.
//!
//! candle computes the error function of each value in `f64` by a library call, which takes half of
//! a small model's time.

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, bail};

/// `x * (1 + erf(x / sqrt 2)) / 2` of each value, in place.
pub(super) struct Gelu;

impl InplaceOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(values) = storage else { bail!("gelu takes f32") };
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("gelu takes contiguous values")
        };
        values[start..end].iter_mut().for_each(|x| *x = gelu(*x));
        Ok(())
    }
}

fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The rational approximation of Eigen and XLA: odd over even polynomial on [-4, 4], beyond which
/// erf is 1 in `f32`. Within 2e-7 of the true value.
fn erf(x: f32) -> f32 {
    const ODD: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_5e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const EVEN: [f32; 5] =
        [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2];
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let polynomial = |terms: &[f32]| terms.iter().fold(0.0, |sum, term| sum * square + term);
    x * polynomial(&ODD) / polynomial(&EVEN)
}
