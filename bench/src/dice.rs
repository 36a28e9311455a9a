//! Numbers that look random and are the same every time.

/// A source of them, by its seed (xorshift64*, Vigna 2016).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The same numbers for the same seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        // Zero would stay zero for ever.
        Self(if seed == 0 { 0x9E37_79B9_7F4A_7C15 } else { seed })
    }

    /// Above 0 and at most 1, each as likely.
    #[must_use]
    pub fn above_zero(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        (f64::from(u32::try_from(high).unwrap_or(u32::MAX)) + 1.0) / 4_294_967_296.0
    }

    /// The time until the next of independent events that are 1 apart in the mean: exponential, by inversion.
    #[must_use]
    pub fn until_next(&mut self) -> f64 {
        -self.above_zero().ln()
    }
}
