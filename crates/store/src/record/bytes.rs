//! Bytes as stored: their number, then they. It is what a list of bytes is stored as too, but copied at once and not one
//! after the other.

use core::fmt;

use postcard::ser_flavors::Flavor;
use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

/// For a field of bytes.
pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// For a field of bytes.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    deserializer.deserialize_bytes(Owned)
}

struct Owned;

impl Visitor<'_> for Owned {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}

/// A record being written.
pub(super) struct Written(pub(super) Vec<u8>);

impl Flavor for Written {
    type Output = Vec<u8>;

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Field(#[serde(with = "super")] Vec<u8>);

    #[test]
    fn bytes_are_stored_as_a_list_of_them() {
        for length in [0, 1, 127, 128, 300] {
            let list = vec![0xa5_u8; length];
            let listed = postcard::to_extend(&list, Vec::new()).expect("encodes");
            let field = postcard::serialize_with_flavor(&Field(list.clone()), Written(Vec::new()));
            assert_eq!(field.expect("encodes"), listed);
            assert_eq!(postcard::from_bytes::<Field>(&listed).expect("decodes").0, list);
            if length > 0 {
                assert!(postcard::from_bytes::<Field>(&listed[..length]).is_err(), "it is cut short");
            }
        }
    }
}
