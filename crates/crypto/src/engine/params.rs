//! The cost of a hash.

/// The cost parameters of Argon2id. Valid once it exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Params {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Params {
    /// 19 mebibytes, two passes: the default, and the OWASP Password Storage Cheat Sheet's minimum.
    pub const OWASP_19M: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };
    /// 7 mebibytes, five passes: equal by the same cheat sheet, and 1.8 times as fast where it fits the
    /// cache.
    pub const OWASP_7M: Self = Self { memory_kib: 7168, passes: 5, lanes: 1 };
    /// 64 mebibytes, three passes, four lanes: the second recommended option of RFC 9106 section 4, for where
    /// the first one's 2 gibibytes cannot be had.
    pub const RFC9106_64M: Self = Self { memory_kib: 65_536, passes: 3, lanes: 4 };
    /// The costliest string that is verified unless a setting says otherwise: 256 mebibytes, 16 passes, 4
    /// lanes. What of it does not fit a worker's arena is borrowed, see [`Memory`](crate::engine::Memory).
    pub const CEILING: Self = Self { memory_kib: 262_144, passes: 16, lanes: 4 };
    /// 8 kibibytes, one pass: for tests and simulation only, it slows nobody down.
    pub const CHEAP: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };

    /// Memory in kibibytes, passes over it, and lanes. Four gibibytes, 1,000 passes and 64 lanes are the
    /// most; below that RFC 9106 section 3.1 asks for at least 8 kibibytes a lane.
    ///
    /// # Errors
    ///
    /// [`InvalidParams`] if any number is out of range.
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, InvalidParams> {
        let valid = lanes >= 1
            && lanes <= 64
            && passes >= 1
            && passes <= 1000
            && memory_kib >= 8 * lanes
            && memory_kib <= 4 * 1024 * 1024;
        if valid { Ok(Self { memory_kib, passes, lanes }) } else { Err(InvalidParams) }
    }

    /// Memory in kibibytes, `m` of the string.
    #[must_use]
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory, `t` of the string.
    #[must_use]
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes, `p` of the string. They are computed one after the other: a worker has one thread.
    #[must_use]
    pub const fn lanes(&self) -> u32 {
        self.lanes
    }

    /// Whether `params` cost no more than these, in every respect.
    #[must_use]
    pub const fn admits(&self, params: &Self) -> bool {
        params.memory_kib <= self.memory_kib && params.passes <= self.passes && params.lanes <= self.lanes
    }
}

impl Default for Params {
    fn default() -> Self {
        Self::OWASP_19M
    }
}

/// Numbers that are no parameters of Argon2id, or beyond any use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("Argon2id needs 1 to 64 lanes, 1 to 1000 passes, and 8 KiB a lane to 4 GiB of memory")]
pub struct InvalidParams;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_valid_and_below_the_ceiling() {
        for preset in
            [Params::OWASP_19M, Params::OWASP_7M, Params::RFC9106_64M, Params::CEILING, Params::CHEAP]
        {
            assert_eq!(Params::new(preset.memory_kib, preset.passes, preset.lanes), Ok(preset));
            assert!(Params::CEILING.admits(&preset));
        }
        assert!(!Params::OWASP_19M.admits(&Params::OWASP_7M));
    }

    #[test]
    fn refuses_numbers_out_of_range() {
        for (memory, passes, lanes) in
            [(7, 1, 1), (8, 0, 1), (8, 1, 0), (15, 1, 2), (u32::MAX, 1, 1), (8, 1001, 1), (1024, 1, 65)]
        {
            assert_eq!(Params::new(memory, passes, lanes), Err(InvalidParams));
        }
    }
}
