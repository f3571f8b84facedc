//! Redis does what the contract's shortest form does, whatever it is asked.

use std::sync::Arc;

use leadsquared_sink::{
    Arrival, ClaimKey, Claims, MemoryClaims, OpenClaims, Outcome, Recalled, SettledClaim,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::support::{arrival, claims, settled};
use crate::redis_server::redis_or_skip;

/// An opening of both, and the claims that its rows were given.
struct Both {
    memory: Arc<dyn OpenClaims>,
    redis: Arc<dyn OpenClaims>,
    given: Vec<(ClaimKey, u64)>,
}

#[derive(Debug)]
enum Step {
    Open,
    Recall(Vec<Arrival>),
    Claim(Vec<ClaimKey>),
    Release(Vec<ClaimKey>),
    Settle(Vec<SettledClaim>),
}

fn step(rng: &mut StdRng, given: &[(ClaimKey, u64)]) -> Step {
    let some = rng.random_range(0..4);
    let chosen: Vec<(ClaimKey, u64)> = given.sample(rng, some).copied().collect();
    let keys = || chosen.iter().map(|(key, _)| *key).collect();
    match rng.random_range(0..10) {
        0 => Step::Open,
        1..=4 => {
            let rows = rng.random_range(0..6);
            let row = |_| arrival(rng.random_range(0..4), rng.random_range(0..3));
            Step::Recall((0..rows).map(row).collect())
        }
        5 | 6 => Step::Claim(keys()),
        7 => Step::Release(keys()),
        _ => {
            let end = |(key, content): &(ClaimKey, u64)| {
                let outcome = Outcome::ALL.choose(rng).copied();
                settled(*key, outcome.unwrap_or(Outcome::Created), *content)
            };
            Step::Settle(chosen.iter().map(end).collect())
        }
    }
}

impl Both {
    async fn open(memory: &MemoryClaims, redis: &dyn Claims, delivery: &str) -> Self {
        Self {
            memory: memory.open(delivery).await.unwrap(),
            redis: redis.open(delivery).await.unwrap(),
            given: Vec::new(),
        }
    }

    async fn recall(&mut self, arrivals: &[Arrival]) -> [Vec<Recalled>; 2] {
        let memory = self.memory.recall(arrivals).await.unwrap();
        let redis = self.redis.recall(arrivals).await.unwrap();
        let given = memory.iter().zip(arrivals);
        self.given
            .extend(given.map(|(lead, arrival)| (lead.key, arrival.content)));
        [memory, redis]
    }
}

#[tokio::test]
async fn redis_recalls_what_memory_recalls() {
    let redis = redis_or_skip!();
    let store = claims(&redis.url()).await;
    let memory = MemoryClaims::default();
    let (mut found, mut doubts, mut refusals) = (0, 0, 0);
    for seed in 0..40 {
        let delivery = seed.to_string();
        let mut rng = StdRng::seed_from_u64(seed);
        let mut both = Both::open(&memory, &store, &delivery).await;
        let mut steps = Vec::new();
        for _ in 0..120 {
            let step = step(&mut rng, &both.given);
            match &step {
                Step::Open => both = Both::open(&memory, &store, &delivery).await,
                Step::Recall(arrivals) => {
                    let [memory, redis] = both.recall(arrivals).await;
                    assert_eq!(memory, redis, "seed {seed}: {steps:?}, then {step:?}");
                    let states = memory.iter().map(|lead| &lead.state);
                    for state in states {
                        match state {
                            leadsquared_sink::ClaimState::New => {}
                            leadsquared_sink::ClaimState::InDoubt => doubts += 1,
                            leadsquared_sink::ClaimState::Settled(_) => found += 1,
                        }
                    }
                }
                Step::Claim(keys) => {
                    let memory = both.memory.claim(keys).await;
                    let redis = both.redis.claim(keys).await;
                    refusals += u32::from(memory.is_err());
                    assert_eq!(
                        memory.is_ok(),
                        redis.is_ok(),
                        "seed {seed}: {steps:?}, then {step:?}"
                    );
                }
                Step::Release(keys) => {
                    both.memory.release(keys).await.unwrap();
                    both.redis.release(keys).await.unwrap();
                }
                Step::Settle(claims) => {
                    both.memory.settle(claims.clone()).await.unwrap();
                    both.redis.settle(claims.clone()).await.unwrap();
                }
            }
            steps.push(step);
        }
    }
    println!("{found} found, {doubts} in doubt, {refusals} refused");
    assert!(
        found > 100 && doubts > 100 && refusals > 100,
        "{found} {doubts} {refusals}"
    );
}
