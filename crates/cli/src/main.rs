//! The `leadsquared` command; everything is in the library, so that it can be tested.

use std::panic;
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    leave_workers_to_report();
    leadsquared_cli::run(std::env::args_os()).into()
}

/// Keeps panics of worker threads off standard error.
///
/// File decoders may panic at hostile files; whoever waits for the worker reports that as the error
/// it is. A panic of the main thread is a mistake of ours, and shows.
fn leave_workers_to_report() {
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() == Some("main") {
            show(info);
        }
    }));
}
