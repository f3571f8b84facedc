//! A command on a pseudo-terminal, as a person has it before them.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::thread;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Which streams are the terminal; the others are pipes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Stdout,
    Stderr,
    Both,
}

/// What came out of a command.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) code: Option<i32>,
    /// What the terminal got, with `\n` as the end of a line.
    pub(crate) terminal: String,
}

/// Runs the command to its end on a terminal of 120 columns.
pub(crate) fn run(command: &mut Command, on: On) -> Shown {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let user: OwnedFd =
        rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: 120,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&user, size).unwrap();
    let end = |is_terminal: bool| {
        if is_terminal {
            Stdio::from(user.try_clone().unwrap())
        } else {
            Stdio::piped()
        }
    };
    command
        .stdout(end(on != On::Stderr))
        .stderr(end(on != On::Stdout));
    let child = command.spawn().unwrap();
    // The terminal ends when nobody has it open any more.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    drop(user);
    let screen = thread::spawn(move || {
        let mut screen = File::from(controller);
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        // Linux ends a terminal with an error, other systems with nothing.
        while let Ok(length @ 1..) = screen.read(&mut piece) {
            bytes.extend_from_slice(&piece[..length]);
        }
        bytes
    });
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    Shown {
        code: output.status.code(),
        terminal: String::from_utf8(screen.join().unwrap())
            .unwrap()
            .replace("\r\n", "\n"),
    }
}
