//! `leadsquared emulate`: the endpoint on this machine.

use std::io::{self, Write as _};

use anyhow::Context as _;
use leadsquared_emulator::{Emulator, Latency};

use crate::Exit;
use crate::args::EmulateArgs;
use crate::command::Ended;
use crate::preflight;
use crate::report::tolerate_closed;
use crate::signals::Signals;
use crate::talk::Talk;
use crate::words;

pub(crate) async fn emulate(args: EmulateArgs) -> Ended {
    let mut signals = Signals::listen()?;
    let limit = args.rate_limit;
    let mut builder = Emulator::builder()
        .listen(args.listen)
        .algorithm(args.algorithm)
        .throttle_shape(args.throttle_shape)
        .retry_after(args.retry_after)
        .refused_count(args.refused_count)
        .keys(args.access_key, "secret-key")
        .duplicate_answer(args.duplicate_answer)
        .duplicate_in_call(args.duplicate_in_call)
        .check_formats(args.check_formats)
        .latency(Latency {
            service: args.latency,
            jitter: args.jitter,
            ..Latency::default()
        })
        .keep_leads(false);
    builder = if args.no_rate_limit {
        builder.no_rate_limit()
    } else {
        builder.rate_limit(limit.calls().get(), limit.per())
    };
    builder = builder.strict_fields(args.strict_fields);
    if let Some(path) = &args.fields {
        builder = builder.fields(preflight::emulated(path)?);
    }
    if !args.unique_fields.is_empty() {
        builder = builder.unique_fields(args.unique_fields);
    }
    let emulator = builder.start().await.context(
        "the emulator can't start; name another address with --listen (port 0: a free one)",
    )?;

    let exports = format!(
        "export LEADSQUARED_HOST={}\nexport LEADSQUARED_ACCESS_KEY={}\nexport LEADSQUARED_SECRET_KEY={}\n",
        words::shell_word(&emulator.url()),
        words::shell_word(emulator.access_key()),
        words::shell_word(emulator.secret_key()),
    );
    let mut out = io::stdout().lock();
    tolerate_closed(out.write_all(exports.as_bytes()).and_then(|()| out.flush()))?;
    drop(out);

    let talk = Talk::default();
    let allowed = if args.no_rate_limit {
        "any number of calls".to_owned()
    } else {
        format!("{} ({})", words::limit(limit), args.algorithm)
    };
    talk.say(format_args!(
        "an emulator listens at {} and allows {allowed}; Ctrl-C ends it",
        emulator.url()
    ));
    let signal = signals.next().await;
    emulator.shutdown().await;
    let calls = words::count(emulator.call_count() as u64, "call");
    let leads = words::count(emulator.lead_count() as u64, "lead");
    talk.say(format_args!(
        "{signal}: it took {calls} and created {leads}"
    ));
    Ok(Exit::Complete)
}
