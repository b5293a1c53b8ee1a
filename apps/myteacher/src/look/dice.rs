//! A seeded row of numbers that stays the same for ever.
//!
//! A seed is kept in an avatar's row and must draw the same teacher years later, so the numbers must not depend on the
//! version of a crate. It is SplitMix64 (Steele, Lea, Flood 2014). Never for secrets.

/// A die that always falls the same way for the same seed and purpose.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// A die for one purpose, so that a new feature's throws do not change those of an old one.
    pub fn new(seed: u32, purpose: &str) -> Self {
        let mut state = u64::from(seed) ^ 0xcbf2_9ce4_8422_2325;
        for byte in purpose.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(state)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, but not including, 1.
    pub fn unit(&mut self) -> f32 {
        // 24 bits: all that an f32 holds exactly.
        (self.next() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// One of the choices; `None` if there are none.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        let count = choices.len() as u64;
        choices.get(self.next().checked_rem(count)? as usize).copied()
    }
}
