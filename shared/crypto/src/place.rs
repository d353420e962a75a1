/// Where a sealed value stands. A value opens only at the place it was sealed for.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Municipality code.
    pub tenant: &'a str,
    /// Table, or `work` for objects in the work bucket.
    pub table: &'a str,
    /// Partition key, or object name.
    pub pk: &'a [u8],
    /// Sort key, or block within the object.
    pub sk: &'a [u8],
    /// Attribute.
    pub attribute: &'a str,
    /// Version of the plaintext's layout.
    pub schema: u8,
}

impl Place<'_> {
    /// Each part prefixed by its length, so that no two places give the same bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        let parts = [
            self.tenant.as_bytes(),
            self.table.as_bytes(),
            self.pk,
            self.sk,
            self.attribute.as_bytes(),
        ];
        for part in parts {
            let len = u32::try_from(part.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&len.to_be_bytes());
            out.extend_from_slice(part);
        }
        out.push(self.schema);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifting_a_letter_between_parts_gives_other_bytes() {
        let place = Place {
            tenant: "1",
            table: "23",
            pk: b"4",
            sk: b"5",
            attribute: "6",
            schema: 1,
        };
        let (mut a, mut b) = (Vec::new(), Vec::new());
        place.write(&mut a);
        Place {
            tenant: "12",
            table: "3",
            ..place
        }
        .write(&mut b);
        assert_ne!(a, b);
    }
}
