//! What stands in a job for what cannot be read of it, so that it can be shown all the same.

use banto_core::{Name, Payload};

/// The name of what has none that can be read.
#[expect(clippy::expect_used, reason = "a constant that a test reads")]
pub fn stand_in() -> Name {
    Name::new("unreadable").expect("the alphabet has these letters")
}

/// The payload of what has none that can be read.
#[expect(clippy::expect_used, reason = "a constant that a test reads")]
pub fn no_payload() -> Payload {
    Payload::parse("null").expect("null is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_can_be_read() {
        assert_eq!((stand_in().as_str(), no_payload().as_str()), ("unreadable", "null"));
    }
}
