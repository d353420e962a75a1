use std::collections::{BTreeMap, BTreeSet};

use super::{LotNumber, LotSeen, ProductCode};

/// The lots that were delivered to a municipality, by vaccine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownLots(BTreeMap<ProductCode, BTreeSet<LotNumber>>);

impl KnownLots {
    /// Adds a lot. Adding it again changes nothing.
    pub fn add(&mut self, product: ProductCode, lot: LotNumber) {
        self.0.entry(product).or_default().insert(lot);
    }

    /// Where a lot of `product` was seen. As long as nothing is known of the product's own lots, a lot is
    /// only held against those of the others.
    #[must_use]
    pub fn seen(&self, product: ProductCode, lot: &LotNumber) -> LotSeen {
        let own = self.0.get(&product);
        if own.is_some_and(|lots| lots.contains(lot)) {
            return LotSeen::ThisProduct;
        }
        let mut others = self.0.iter();
        match others.find(|(_, lots)| lots.contains(lot)) {
            Some((other, _)) => LotSeen::OtherProduct(*other),
            None if own.is_some() => LotSeen::Never,
            None => LotSeen::NotAsked,
        }
    }

    /// All of them, by vaccine.
    pub fn iter(&self) -> impl Iterator<Item = (ProductCode, &BTreeSet<LotNumber>)> {
        self.0.iter().map(|(product, lots)| (*product, lots))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_doubtful_only_beside_others_that_are_known() {
        let product = |code: &str| code.parse::<ProductCode>().unwrap();
        let lot = |text| LotNumber::parse(text).unwrap();
        let mut known = KnownLots::default();
        let seen = |known: &KnownLots, text| known.seen(product("COMIRNATY"), &lot(text));
        assert_eq!(seen(&known, "EY0779"), LotSeen::NotAsked);
        known.add(product("SPIKEVAX"), lot("3003186"));
        assert_eq!(seen(&known, "EY0779"), LotSeen::NotAsked);
        let other = LotSeen::OtherProduct(product("SPIKEVAX"));
        assert_eq!(seen(&known, "3003186"), other);
        known.add(product("COMIRNATY"), lot("EY0779"));
        assert_eq!(seen(&known, "ey0779"), LotSeen::ThisProduct);
        assert_eq!(seen(&known, "EYO779"), LotSeen::Never);
        assert_eq!(seen(&known, "3003186"), other);
    }
}
