//! The three ways in which a call is told that it was throttled, through a sink.

use leadsquared_sink::{Outcome, SinkConfig};

use crate::support::{InMemory, Reply, deliver, phones};

const NAMED: &str = r#"{"Status":"Error","ExceptionType":"MXAPIRateLimitExceededException","ExceptionMessage":"API calls exceeded the limit of 2 in 5 second(s)"}"#;

#[tokio::test(start_paused = true)]
async fn each_shape_is_learned_from_and_the_call_goes_again_in_the_next_slot() {
    for status in [429, 403, 200] {
        let script = [Reply::Create, Reply::Create, Reply::Answer(status, NAMED)];
        let transport = InMemory::new(script, Reply::Create);
        let limit = "25/4s".parse().unwrap();
        let config = SinkConfig::over(transport.clone()).with_rate_limit(limit);
        let delivered = deliver(config, vec![phones(0..250)]).await;

        assert_eq!(delivered.count(Outcome::Created), 250, "{status}");
        assert_eq!(delivered.summary.throttled, 1, "{status}");
        assert_eq!(delivered.summary.retried, 0, "{status}");
        assert_eq!(delivered.summary.limit.to_string(), "2/5s", "{status}");
        // Each takes 100 ms. The third is throttled at 280, when the fourth is on its way. Of the four
        // slots that are held, all but one are free at 5280; from then on sends are 2.5 s apart.
        let expected = [0, 100, 180, 260, 5_280, 7_780];
        assert_eq!(transport.sent(), expected, "{status}");
    }
}
