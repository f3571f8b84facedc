use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::fault::Fault;

/// Faults by chance: each call that creates leads meets at most one, with the probability of its rule.
///
/// The same seed and the same order of calls give the same faults. Scripted faults go first: a
/// call that meets one draws nothing. Probabilities that add up to more than 1 leave less, or
/// nothing, to the last rules.
///
/// ```
/// use leadsquared_emulator::{Chaos, Fault};
///
/// // One call in ten is told to come back, one in a hundred is cut off after it was stored.
/// let chaos = Chaos {
///     seed: 7,
///     rules: vec![(0.1, Fault::status(503)), (0.01, Fault::reset().stored())],
/// };
/// assert_eq!(chaos.rules.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chaos {
    /// Where the draws start.
    pub seed: u64,
    /// Probabilities from 0 to 1, and what happens.
    pub rules: Vec<(f64, Fault)>,
}

/// A [`Chaos`] at work.
pub(crate) struct Dice {
    rng: SmallRng,
    rules: Vec<(f64, Fault)>,
}

impl Dice {
    pub(crate) fn new(chaos: Chaos) -> Self {
        Self {
            rng: SmallRng::seed_from_u64(chaos.seed),
            rules: chaos.rules,
        }
    }

    /// What the next call meets.
    pub(crate) fn roll(&mut self) -> Option<Fault> {
        if self.rules.is_empty() {
            return None;
        }
        let mut draw: f64 = self.rng.random();
        for (probability, fault) in &self.rules {
            if draw < *probability {
                return Some(fault.clone());
            }
            draw -= probability;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rolls(seed: u64) -> Vec<Option<Fault>> {
        let rules = vec![(0.2, Fault::status(503)), (0.1, Fault::reset())];
        let mut dice = Dice::new(Chaos { seed, rules });
        (0..10_000).map(|_| dice.roll()).collect()
    }

    #[test]
    fn each_fault_comes_as_often_as_its_rule_says() {
        let rolls = rolls(1);
        let count = |fault| rolls.iter().filter(|roll| **roll == fault).count();
        let near = |n: usize, expected: usize| n.abs_diff(expected) < 150;
        assert!(near(count(Some(Fault::status(503))), 2000));
        assert!(near(count(Some(Fault::reset())), 1000));
        assert!(near(count(None), 7000));
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(rolls(1), rolls(1));
        assert_ne!(rolls(1), rolls(2));
    }

    #[test]
    fn certain_and_impossible_rules() {
        let rules = vec![
            (0.0, Fault::hang()),
            (1.0, Fault::close()),
            (1.0, Fault::reset()),
        ];
        let mut dice = Dice::new(Chaos { seed: 3, rules });
        assert!((0..1000).all(|_| dice.roll() == Some(Fault::close())));
    }
}
