-- The tables of a ledger, version 1; docs/ledger.md says what they mean.
-- Times are microseconds since 1970-01-01 UTC.

CREATE TABLE runs (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    state        TEXT NOT NULL CHECK (state IN ('running', 'finished', 'interrupted', 'abandoned')),
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    account      TEXT NOT NULL,
    options_hash TEXT NOT NULL,
    mapping_path TEXT,
    version      TEXT NOT NULL,
    -- 1, and one more each time that the run is taken up again.
    part         INTEGER NOT NULL,
    -- The part in which a replay began that hasn't finished, and the run's state after it.
    replay_part  INTEGER,
    after_replay TEXT
) STRICT;

-- Where a run's rows come from: its inputs, and streams that only its rows named.
CREATE TABLE inputs (
    run         INTEGER NOT NULL REFERENCES runs (id),
    source      INTEGER NOT NULL,
    name        TEXT NOT NULL,
    path        TEXT,
    size        INTEGER,
    fingerprint TEXT,
    is_declared INTEGER NOT NULL,
    PRIMARY KEY (run, source)
) STRICT, WITHOUT ROWID;

-- Attempts to send a call. `rows` is a JSON array of [source, first row, last row].
CREATE TABLE calls (
    id         INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES runs (id),
    part       INTEGER NOT NULL,
    sent_at    INTEGER NOT NULL,
    timeout    INTEGER NOT NULL,
    ended_at   INTEGER,
    -- The latest moment at which the server can have counted it; null if it never got there.
    counted_at INTEGER,
    status     INTEGER,
    meaning    TEXT,
    leads      INTEGER NOT NULL,
    rows       TEXT NOT NULL
) STRICT;

CREATE INDEX calls_of_run ON calls (run);
CREATE INDEX calls_by_counting ON calls (counted_at);

-- Texts that many rows share.
CREATE TABLE reasons (
    id     INTEGER PRIMARY KEY,
    code   TEXT,
    reason TEXT
) STRICT;

-- What became of each row; the view `results` is the readable form.
CREATE TABLE outcomes (
    run      INTEGER NOT NULL,
    source   INTEGER NOT NULL,
    row      INTEGER NOT NULL,
    part     INTEGER NOT NULL,
    outcome  INTEGER NOT NULL,
    is_final INTEGER NOT NULL,
    lead_id  TEXT,
    reason   INTEGER,
    call     INTEGER,
    PRIMARY KEY (run, source, row)
) STRICT, WITHOUT ROWID;

CREATE VIEW results AS
SELECT outcomes.run,
       inputs.name AS file,
       outcomes.row,
       CASE outcomes.outcome
           WHEN 0 THEN 'created'
           WHEN 1 THEN 'created_earlier'
           WHEN 2 THEN 'duplicate'
           WHEN 3 THEN 'rejected'
           WHEN 4 THEN 'unconfirmed'
           WHEN 5 THEN 'not_sent'
       END AS outcome,
       outcomes.lead_id,
       reasons.code,
       reasons.reason
FROM outcomes
JOIN inputs ON inputs.run = outcomes.run AND inputs.source = outcomes.source
LEFT JOIN reasons ON reasons.id = outcomes.reason;

CREATE VIEW books AS
SELECT run,
       count(*) AS rows,
       count(*) FILTER (WHERE outcome = 0) AS created,
       count(*) FILTER (WHERE outcome = 1) AS created_earlier,
       count(*) FILTER (WHERE outcome = 2) AS duplicate,
       count(*) FILTER (WHERE outcome = 3) AS rejected,
       count(*) FILTER (WHERE outcome = 4) AS unconfirmed,
       count(*) FILTER (WHERE outcome = 5) AS not_sent
FROM outcomes
GROUP BY run;

CREATE VIEW run_times AS
SELECT id AS run,
       state,
       strftime('%Y-%m-%d %H:%M:%S', started_at / 1000000, 'unixepoch') AS started,
       strftime('%Y-%m-%d %H:%M:%S', ended_at / 1000000, 'unixepoch') AS ended,
       account,
       mapping_path,
       version
FROM runs;

CREATE VIEW call_times AS
SELECT id AS call,
       run,
       strftime('%Y-%m-%d %H:%M:%f', sent_at / 1000000.0, 'unixepoch') AS sent,
       (ended_at - sent_at) / 1000 AS milliseconds,
       status,
       meaning,
       leads
FROM calls;
