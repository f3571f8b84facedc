//! The thread that writes: whatever waits goes into one transaction.

use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use leadsquared_sink::{CallId, Conclusion, Intent, JournalError, SettledRow};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::file::LedgerFile;
use crate::lock::RunLock;
use crate::record::Sources;
use crate::tables::Tables;
use crate::{Ending, Error, RunId, time};

/// How many writes may wait, and how many of them go into one transaction: at 50 rows a call that is
/// a few megabytes.
const QUEUE: usize = 256;

/// Who is told when a write is safe.
type Reply<T> = oneshot::Sender<Result<T, JournalError>>;

/// One thing to write.
pub(crate) enum Write {
    Intend(Intent, Reply<CallId>),
    Conclude(CallId, Conclusion, Vec<SettledRow>),
    Settle(Vec<SettledRow>),
    Flush(Reply<()>),
    Finish(Ending, Reply<()>),
}

/// What the thread works on.
pub(crate) struct Work {
    pub(crate) file: LedgerFile,
    pub(crate) connection: Connection,
    pub(crate) lock: RunLock,
    pub(crate) run: RunId,
    pub(crate) part: u64,
    pub(crate) sources: Sources,
}

/// The way to the thread. Dropping it waits until what was queued is written.
#[derive(Debug)]
pub(crate) struct Writer {
    // Dropped before the thread is waited for, which ends it.
    queue: mpsc::Sender<Write>,
    failure: Arc<OnceLock<JournalError>>,
    _thread: Joined,
}

impl Writer {
    pub(crate) fn start(work: Work) -> Result<Self, Error> {
        let (queue, writes) = mpsc::channel(QUEUE);
        let failure = Arc::new(OnceLock::new());
        let told = Arc::clone(&failure);
        let thread = thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || work.run(writes, &told))
            .map_err(|source| Error::NoThread { source })?;
        Ok(Self {
            queue,
            failure,
            _thread: Joined(Some(thread)),
        })
    }

    /// Queues a write, and waits while the queue is full.
    pub(crate) async fn queue(&self, write: Write) -> Result<(), JournalError> {
        match self.failure.get() {
            Some(failure) => Err(failure.clone()),
            None => self.queue.send(write).await.map_err(|_| self.closed()),
        }
    }

    /// Queues a write, and waits until it is safe.
    pub(crate) async fn write<T>(
        &self,
        write: impl FnOnce(Reply<T>) -> Write,
    ) -> Result<T, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.queue(write(reply)).await?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    fn closed(&self) -> JournalError {
        self.failure.get().cloned().unwrap_or_else(|| {
            JournalError::new("the run has been finished; resume or replay it to write on")
        })
    }
}

/// A thread that is waited for.
#[derive(Debug)]
struct Joined(Option<JoinHandle<()>>);

impl Drop for Joined {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ended = thread.join();
        }
    }
}

impl Work {
    fn run(self, mut writes: mpsc::Receiver<Write>, failure: &OnceLock<JournalError>) {
        let Self {
            file,
            connection,
            lock,
            run,
            part,
            sources,
        } = self;
        let mut lock = Some(lock);
        let mut tables = file.sql(Tables::new(&connection, run, part, sources));
        let mut waiting = Vec::with_capacity(QUEUE);
        while writes.blocking_recv_many(&mut waiting, QUEUE) > 0 {
            if let Some(error) = failure.get() {
                waiting.drain(..).for_each(|write| write.refuse(error));
                continue;
            }
            let written = match &mut tables {
                Ok(tables) => write_all(&file, &connection, tables, &waiting),
                Err(error) => Err(error.to_journal()),
            };
            match written {
                Err(error) => {
                    let error = failure.get_or_init(|| error);
                    waiting.drain(..).for_each(|write| write.refuse(error));
                }
                Ok(calls) => {
                    let finish = acknowledge(&mut waiting, calls);
                    if let Some((ending, reply)) = finish
                        && let Some(lock) = lock.take()
                    {
                        let finished = finish_run(&file, &connection, run, ending, lock);
                        let _heard = reply.send(finished.map_err(|error| error.to_journal()));
                        return;
                    }
                }
            }
        }
    }
}

/// Writes everything in one transaction; gives back the numbers of the calls in it.
fn write_all(
    file: &LedgerFile,
    connection: &Connection,
    tables: &mut Tables<'_>,
    writes: &[Write],
) -> Result<Vec<CallId>, JournalError> {
    let mut write = || {
        let transaction = file.begin(connection)?;
        let mut calls = Vec::new();
        for write in writes {
            match write {
                Write::Intend(intent, _) => calls.push(file.sql(tables.intend(intent))?),
                Write::Conclude(call, conclusion, rows) => {
                    file.sql(tables.conclude(*call, conclusion, rows))?;
                }
                Write::Settle(rows) => file.sql(tables.settle(None, rows))?,
                Write::Flush(_) | Write::Finish(..) => {}
            }
        }
        file.sql(transaction.commit())?;
        Ok(calls)
    };
    write().map_err(|error: Error| error.to_journal())
}

/// Tells everyone who waits that it is safe; gives back how the run is to end, if it is.
fn acknowledge(writes: &mut Vec<Write>, calls: Vec<CallId>) -> Option<(Ending, Reply<()>)> {
    let mut calls = calls.into_iter();
    let mut finish = None;
    // Whoever stopped waiting needs no answer.
    for write in writes.drain(..) {
        match write {
            Write::Intend(_, reply) => {
                if let Some(call) = calls.next() {
                    let _heard = reply.send(Ok(call));
                }
            }
            Write::Flush(reply) => {
                let _heard = reply.send(Ok(()));
            }
            Write::Finish(ending, reply) => finish = Some((ending, reply)),
            Write::Conclude(..) | Write::Settle(_) => {}
        }
    }
    finish
}

/// Writes the run's end, and lets its lock go.
fn finish_run(
    file: &LedgerFile,
    connection: &Connection,
    run: RunId,
    ending: Ending,
    lock: RunLock,
) -> Result<(), Error> {
    let end = match ending {
        // A replay leaves the rest of its run as it was.
        Ending::Finished => {
            "UPDATE runs SET state = coalesce(after_replay, 'finished'), ended_at = ?2, \
             replay_part = NULL, after_replay = NULL WHERE id = ?1"
        }
        Ending::Interrupted => "UPDATE runs SET state = 'interrupted', ended_at = ?2 WHERE id = ?1",
    };
    let transaction = file.begin(connection)?;
    file.sql(transaction.execute(end, (run, time::to_micros(SystemTime::now()))))?;
    // Inside the transaction, so that nobody takes the lock while it goes.
    lock.give_back();
    file.sql(transaction.commit())
}

impl Write {
    fn refuse(self, error: &JournalError) {
        match self {
            Self::Intend(_, reply) => {
                let _heard = reply.send(Err(error.clone()));
            }
            Self::Flush(reply) | Self::Finish(_, reply) => {
                let _heard = reply.send(Err(error.clone()));
            }
            Self::Conclude(..) | Self::Settle(_) => {}
        }
    }
}
