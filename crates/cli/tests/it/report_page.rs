//! The page behind `--report`, read as a browser reads it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, Latency, ThrottleShape};
use scraper::{ElementRef, Html, Selector};

use crate::helpers::{Run, Stage, Summary, assert_books, lead_lines, leads, load_args, number};
use crate::signals::send;

/// A page that was read.
struct Page {
    source: String,
    html: Html,
}

impl Page {
    /// The page, in which nothing is wrong, nothing is loaded and nothing can run.
    fn read(stage: &Stage, name: &str) -> Self {
        let source = stage.read(name);
        let html = Html::parse_document(&source);
        assert!(html.errors.is_empty(), "{:?}: {source}", html.errors);
        let page = Self { source, html };
        page.assert_inert();
        page
    }

    fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        let selector = Selector::parse(selector).unwrap();
        self.html.select(&selector).collect()
    }

    fn texts(&self, selector: &str) -> Vec<String> {
        self.all(selector).into_iter().map(text).collect()
    }

    fn text(&self, selector: &str) -> String {
        let texts = self.texts(selector);
        assert_eq!(texts.len(), 1, "{selector}: {texts:?}");
        texts.into_iter().next().unwrap()
    }

    /// The number that a `data` element has for machines, which is the one it shows to people.
    fn number(&self, id: &str) -> u64 {
        let found = self.all(&format!("data#{id}"));
        assert_eq!(found.len(), 1, "{id}");
        let value = found[0].attr("value").unwrap();
        assert_eq!(text(found[0]).replace(',', ""), value);
        value.parse().unwrap()
    }

    /// The value of a setting.
    fn setting(&self, name: &str) -> String {
        let settings = self.all(".settings dl > div");
        let mut named = settings.into_iter().filter_map(|setting| {
            let text: Vec<_> = setting.child_elements().map(text).collect();
            (text[0] == name).then(|| text[1..].join("; "))
        });
        named.next().unwrap()
    }

    fn assert_inert(&self) {
        let names: BTreeSet<&str> = self.all("*").iter().map(|e| e.value().name()).collect();
        for active in [
            "script",
            "img",
            "link",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "a",
            "image",
            "use",
            "video",
            "audio",
            "foreignObject",
            "animate",
            "set",
        ] {
            assert!(!names.contains(active), "there is a {active}");
        }
        for element in self.all("*") {
            for (name, value) in element.value().attrs() {
                let is_reference = ["href", "src", "srcset", "action", "data", "style", "ping"];
                assert!(
                    !name.starts_with("on") && !is_reference.contains(&name),
                    "{name}=\"{value}\" of a {}",
                    element.value().name()
                );
                assert!(
                    !value.contains("url(") || value.starts_with("url(#"),
                    "{name}={value}"
                );
            }
        }
        let style = self.text("style");
        for outside in ["url(", "@import", "http", "//", "\\"] {
            assert!(!style.contains(outside), "{outside} is in the style");
        }
        let policy = self.all("meta[http-equiv=Content-Security-Policy]");
        let policy = policy[0].attr("content").unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("script-src"), "{policy}");
        // What nobody would see.
        let hidden =
            |c: &char| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c);
        assert_eq!(self.source.chars().find(hidden), None);
    }

    /// The page has the numbers of the summary.
    fn assert_same(&self, summary: &Summary) {
        for name in [
            "read",
            "created",
            "created_earlier",
            "duplicate",
            "rejected",
            "unconfirmed",
            "not_sent",
            "calls",
            "throttled",
            "retried",
        ] {
            assert_eq!(self.number(name), number(summary, name), "{name}");
        }
        let tiles = self.texts(".tiles:not(.small) > div");
        let is_in = number(summary, "created") + number(summary, "created_earlier");
        let tile = |place: usize, start: String| {
            assert!(tiles[place].starts_with(&start), "{start}: {tiles:?}");
        };
        tile(0, format!("rows read {}", shown(number(summary, "read"))));
        tile(1, format!("leads in {}", shown(is_in)));
        tile(
            2,
            format!("not in {}", shown(number(summary, "read") - is_in)),
        );
        let rate = summary["leads_per_second"].as_f64().unwrap();
        let rate = if rate < 10.0 {
            format!("{rate:.1}")
        } else {
            format!("{rate:.0}")
        };
        let utilisation = summary["limit_utilisation"].as_f64().unwrap() * 100.0;
        tile(
            3,
            format!("leads/s created {rate} {utilisation:.0}% of the limit"),
        );
    }
}

/// An element's text, its blanks put together.
fn text(element: ElementRef<'_>) -> String {
    let text: Vec<&str> = element.text().flat_map(str::split_whitespace).collect();
    text.join(" ")
}

/// `1,000`, of numbers below a million.
fn shown(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    }
}

/// The number of calls that the parts of the latency chart stand for.
fn calls_in_bars(page: &Page) -> u64 {
    let titles = page.texts("rect.spread title");
    let calls = titles.iter().map(|title| title.split(':').next().unwrap());
    calls.map(|calls| calls.parse::<u64>().unwrap()).sum()
}

fn names(stage: &Stage) -> BTreeSet<String> {
    let files = fs::read_dir(stage.folder.path()).unwrap();
    files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// A load with a page, whose numbers are those of the summary.
fn load(stage: &Stage, args: &[&str]) -> (Run, Summary, Page) {
    let (run, summary) = stage.load(&[args, &["--report", "page.html"]].concat());
    let page = Page::read(stage, "page.html");
    page.assert_same(&summary);
    (run, summary, page)
}

/// A load in which five rows don't get in, each for its own reason but for two.
async fn eventful_load() -> (Stage, Summary, Page) {
    let stage = Stage::new().await;
    stage.emulator.script_all([
        Fault::delay(Duration::ZERO),
        Fault::status(503),
        Fault::short_rows(2),
        Fault::reset().stored(),
    ]);
    let mapping = "[rename]\nmail = \"EmailAddress\"\n";
    stage.write("mapping.toml", mapping);
    let lines = lead_lines(1..=400).replace("EmailAddress", "mail");
    let nobody = r#"{"FirstName":"Nobody","City":"Pune"}"#;
    let line = format!(
        "{lines}{}{nobody}\n{{oops\n",
        lead_lines(7..=7).replace("EmailAddress", "mail")
    );
    stage.write("leads.ndjson", line);
    let (run, summary, page) = load(
        &stage,
        &[
            "leads.ndjson",
            "--mapping",
            "mapping.toml",
            "--rejects",
            "rejects.ndjson",
            "--timeout",
            "20s",
            "--concurrency",
            "3",
        ],
    );
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(
        &summary,
        &[
            ("created", 348),
            ("created_earlier", 50),
            ("duplicate", 1),
            ("rejected", 2),
            ("unconfirmed", 2),
        ],
    );
    assert_eq!(stage.emulator.lead_count(), 400);
    (stage, summary, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_the_books_and_the_calls() {
    let (stage, summary, page) = eventful_load().await;
    assert_eq!(page.text("h1"), "Run 1: leads.ndjson");
    assert_eq!(
        page.text("head > title"),
        "Run 1: leads.ndjson – Finished: 5 rows are not in"
    );
    assert!(
        page.text(".verdict")
            .ends_with("Finished: 5 rows are not in")
    );
    let facts = page.text(".facts");
    assert!(
        facts.starts_with(&format!("Into {}", stage.emulator.url())),
        "{facts}"
    );
    let time = page.all("time")[0].attr("datetime").unwrap().to_owned();
    assert_eq!((time.len(), time.ends_with('Z')), (20, true), "{time}");

    // The bar: a part for each outcome that occurs, and all of it in words.
    let bar = page.all("svg.bar")[0]
        .attr("aria-label")
        .unwrap()
        .to_owned();
    assert_eq!(
        bar,
        "403 rows read: 348 created (86.4%), 50 created earlier (12.4%), 1 duplicate (0.2%), \
         2 rejected (0.5%), 2 unconfirmed (0.5%)"
    );
    assert_eq!(page.all("svg.bar[role=img] > g").len(), 5);

    // The calls: 9 payloads, and two of them went again.
    assert_eq!(number(&summary, "retried"), 2);
    assert_eq!(page.number("unanswered"), 1);
    assert_eq!(calls_in_bars(&page), number(&summary, "calls") - 1);
    assert_eq!(page.all("polyline.limit").len(), 1);
    assert_eq!(page.all("polyline.answered").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_the_reasons_what_to_do_and_the_settings() {
    let (stage, _, page) = eventful_load().await;
    let reasons = page.texts(".reason");
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    let of = |words: &str| {
        let found = reasons.iter().find(|reason| reason.contains(words));
        found
            .unwrap_or_else(|| panic!("{words}: {reasons:?}"))
            .clone()
    };
    let nobody = of("no value in any unique field");
    assert!(nobody.starts_with("1 row rejected"), "{nobody}");
    assert!(
        nobody.contains("row 402 leads.ndjson FirstName Nobody City Pune"),
        "{nobody}"
    );
    assert!(of("row 403 leads.ndjson {oops").starts_with("1 row rejected"));
    assert!(of("row 401 leads.ndjson EmailAddress lead7@example.com").contains("duplicate"));
    assert!(of("2 rows unconfirmed").contains("@example.com"));

    let next = page.text(".next");
    assert!(next.contains("5 rows are not in."), "{next}");
    assert!(
        next.contains("rejects.ndjson has them, with the reasons"),
        "{next}"
    );
    assert!(
        next.contains("2 rows are unconfirmed: look in the account whether they are in"),
        "{next}"
    );

    for (name, value) in [
        ("Inputs", "leads.ndjson"),
        ("Account", stage.emulator.url().as_str()),
        ("Mapping", "mapping.toml"),
        ("Rate limit", "1,000 calls in 1 s"),
        ("Limiter", "balanced"),
        ("Concurrency", "3 calls"),
        ("Time-out of a call", "20 s"),
        ("Answers that never come", "retry: the call is sent again"),
        ("Ledger", "leadsquared.db"),
        ("Rejects", "rejects.ndjson"),
        (
            "Version",
            concat!("leadsquared ", env!("CARGO_PKG_VERSION")),
        ),
    ] {
        assert_eq!(
            page.setting(name).trim_end_matches('/'),
            value.trim_end_matches('/'),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_fault_says_so_and_has_nothing_to_do() {
    let stage = Stage::new().await;
    stage.parquet("leads.parquet", &leads(1..=120));
    let (run, _, page) = load(&stage, &["leads.parquet", "--no-ledger"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(page.text("h1"), "Load: leads.parquet");
    assert!(page.text(".verdict").ends_with("Finished: every row is in"));
    assert_eq!(page.all(".next, .reasons, .why").len(), 0);
    assert_eq!(page.setting("Ledger"), "none");
    // Nothing was read at all: a page all the same.
    stage.parquet("empty.parquet", &leads(0..0));
    let (_, _, page) = load(&stage, &["empty.parquet", "--no-ledger"]);
    assert_eq!(page.all("svg.bar, svg.chart").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_shown_and_nothing_else() {
    let stage = Stage::new().await;
    let script = "<script>alert(1)</script>";
    let breaks =
        "</style></title></svg></table>\"onload=alert(1) 'x' <img src=x onerror=alert(1)>&lt;";
    stage.emulator.script(Fault::exception(
        400,
        "MXHostile<script>Exception",
        format!("{script}{breaks}\u{202e}\u{7}"),
    ));
    let name = "a\"onload=alert(1)<img src=x>\u{202e}\u{1b}[2J&amp;.ndjson";
    let lead = |email: &str, field: &str, value: &str| {
        let pair = |name: &str, value: &str| (name.to_owned(), serde_json::Value::from(value));
        let lead: Summary = [pair("EmailAddress", email), pair(field, value)]
            .into_iter()
            .collect();
        serde_json::to_string(&lead).unwrap() + "\n"
    };
    let mut lines = lead("a@example.com", "FirstName", "good");
    lines += &lead("", script, breaks);
    lines += &lead("", "\u{202e}\0name", "\u{9b}31m\u{2066}שלום\u{1b}");
    lines = format!("{lines}{{{script}{breaks}\n");
    stage.write(name, lines);
    let (run, _, page) = load(&stage, &[name, "--no-ledger"]);
    assert_eq!(run.code, Some(3), "{run:?}");

    let shown_name = "a\"onload=alert(1)<img src=x>⟨U+202E⟩␛[2J&amp;.ndjson";
    assert_eq!(page.text("h1 bdi"), shown_name);
    assert!(page.text("head > title").contains(shown_name));
    assert_eq!(page.setting("Inputs"), shown_name);
    let reasons = page.texts(".reason").join("\n");
    for shown in [
        script,
        breaks,
        "MXHostile<script>Exception",
        "&lt;⟨U+202E⟩␇",
        "⟨U+202E⟩␀name ⟨U+009B⟩31m⟨U+2066⟩שלום␛",
        &format!("{{{script}{breaks}"),
    ] {
        assert!(reasons.contains(shown), "{shown} is not in {reasons}");
    }
    // What is written from right to left turns nothing around it.
    let values = page.texts(".values bdi");
    let value = "⟨U+009B⟩31m⟨U+2066⟩שלום␛".to_owned();
    assert!(values.contains(&value), "{values:?}");
    assert!(!page.source.contains("<script"));
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_text_is_cut_and_endless_reasons_are_folded() {
    let stage = Stage::new().await;
    let long = "x".repeat(100_000);
    // Each is broken at another place, and so for another reason.
    let bad = |n: usize| format!("{{{}\"Notes\":\"{long}\", 1x\n", " ".repeat(n));
    let lines: String = (0..40).map(bad).collect();
    stage.write("leads.ndjson", lead_lines(1..=3) + &lines);
    let (_, summary, page) = load(&stage, &["leads.ndjson", "--no-ledger"]);
    assert_books(&summary, &[("created", 3), ("rejected", 40)]);
    assert_eq!(page.all(".reasons > article").len(), 8);
    assert_eq!(page.all(".reasons details article").len(), 32);
    assert_eq!(page.text("summary"), "32 more reasons");
    assert!(page.source.len() < 200_000, "{}", page.source.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_leave_a_page_that_says_so() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=70));
    let args = load_args(&["leads.ndjson", "--report", "page.html"]);
    let mut command = stage.command(args);
    let run = stage.end(command.env("LEADSQUARED_SECRET_KEY", "wrong"));
    assert_eq!(run.code, Some(1), "{run:?}");
    let page = Page::read(&stage, "page.html");
    page.assert_same(&run.summary());
    assert_eq!(page.number("not_sent"), 70);
    assert!(page.text(".verdict").ends_with("Failed"));
    let why = page.text(".why");
    assert!(why.contains("check the host and the two keys"), "{why}");
    assert!(
        page.text(".next")
            .contains("to go on, load the same inputs with --resume")
    );
    assert!(!page.source.contains("wrong"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_has_a_page_and_so_has_the_rest_of_it() {
    let latency = Latency {
        service: Duration::from_millis(100),
        ..Latency::default()
    };
    let stage = Stage::with(Emulator::builder().no_rate_limit().latency(latency)).await;
    stage.parquet("leads.parquet", &leads(1..=5000));
    let args = [
        "leads.parquet",
        "--concurrency",
        "2",
        "--report",
        "page.html",
    ];
    let child = stage.start(&args);
    stage.emulator.wait_for_calls(4).await;
    send(&child, "INT");
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    let run = stage.checked(&output);
    assert_eq!(run.code, Some(1), "{run:?}");
    let summary = run.summary();
    let page = Page::read(&stage, "page.html");
    page.assert_same(&summary);
    let created = page.number("created");
    assert!(created >= 100 && page.number("not_sent") > 0);
    assert!(page.text(".verdict").ends_with("Stopped by SIGINT"));
    assert!(page.text(".why").contains("stopped by SIGINT"));
    assert!(
        page.text(".next")
            .contains("load the same inputs with --resume")
    );

    let (run, summary) = stage.load(&["leads.parquet", "--resume", "--report", "page.html"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let page = Page::read(&stage, "page.html");
    assert_eq!(page.number("read"), number(&summary, "read"));
    assert_eq!(page.number("created"), 5000);
    assert_eq!(page.text("h1"), "Run 1: leads.parquet");
    let note = format!("{} rows of these had come to their end", shown(created));
    assert!(page.text(".books .note").starts_with(&note));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_learned_is_a_step_in_the_line() {
    let stage = Stage::new().await;
    stage.emulator.script_all([
        Fault::delay(Duration::ZERO),
        Fault::throttle_naming(ThrottleShape::Status429, 500, Duration::from_secs(1)),
    ]);
    stage.parquet("leads.parquet", &leads(1..=500));
    let (run, summary, page) = load(&stage, &["leads.parquet", "--no-ledger"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(number(&summary, "throttled"), 1);
    let legend = page.texts(".legend").join(" ");
    assert!(
        legend.contains("the limit: 1,000 calls in 1 s, then 500 calls in 1 s"),
        "{legend}"
    );
    let line = page.all("polyline.limit")[0].attr("points").unwrap();
    assert_eq!(line.split(' ').count(), 4, "{line}");
    assert_eq!(page.texts("polygon.throttled title"), ["1 call throttled"]);
    // It is no call whose time tells anything.
    assert_eq!(calls_in_bars(&page), number(&summary, "calls") - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_the_preflight_learned_is_there_from_the_start() {
    let stage = Stage::new().await;
    let limit = Duration::from_secs(1);
    let throttle = Fault::throttle_naming(ThrottleShape::Status429, 500, limit);
    stage.emulator.script_fields(throttle);
    stage.parquet("leads.parquet", &leads(1..=500));
    let args = load_args(&["leads.parquet", "--no-ledger", "--report", "report.html"]);
    let mut command = stage.command(args);
    let run = stage.end(command.env_remove("LEADSQUARED_NO_PREFLIGHT"));
    assert_eq!(run.code, Some(0), "{run:?}");
    let legend = Page::read(&stage, "report.html").texts(".legend").join(" ");
    assert!(legend.contains("the limit: 500 calls in 1 s"), "{legend}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_has_a_page_too() {
    let stage = Stage::new().await;
    stage.write(
        "leads.ndjson",
        lead_lines(1..=30) + "{\"mail\":\"late@example.com\"}\n",
    );
    let (_, summary) = stage.load(&["leads.ndjson"]);
    assert_books(&summary, &[("created", 30), ("rejected", 1)]);
    let mapping = "drop = [\"EmailAddress\"]\n[rename]\nmail = \"EmailAddress\"\n";
    stage.write("mapping.toml", mapping);
    let run = stage.run(&[
        "replay",
        "1",
        "--mapping",
        "mapping.toml",
        "--report",
        "page.html",
        "--format",
        "json",
    ]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let page = Page::read(&stage, "page.html");
    assert_eq!(page.number("read"), number(&run.summary(), "read"));
    assert_eq!(page.number("created"), 31);
    assert_eq!(page.setting("Mapping"), "mapping.toml");
    assert_eq!(page.text("h1"), "Run 1: leads.ndjson");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_takes_the_place_of_another_in_one_step() {
    let stage = Stage::new().await;
    stage.emulator.script(Fault::hang());
    stage.write("leads.ndjson", lead_lines(1..=3));
    stage.write("page.html", "before");
    let mut before = File::open(stage.path("page.html")).unwrap();
    let args = ["leads.ndjson", "--timeout", "1s", "--report", "page.html"];
    let child = stage.start(&args);
    stage.emulator.wait_for_calls(1).await;
    let during = names(&stage);
    assert_eq!(stage.read("page.html"), "before");
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    assert_eq!(stage.checked(&output).code, Some(0));
    assert_eq!(Page::read(&stage, "page.html").number("read"), 3);
    // Whoever had the old page open has it whole.
    let mut old = String::new();
    before.read_to_string(&mut old).unwrap();
    assert_eq!(old, "before");
    for names in [during, names(&stage)] {
        assert!(
            !names.iter().any(|name| name.starts_with(".leadsquared-")),
            "{names:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_written_fails_before_the_first_call() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=3));
    fs::create_dir(stage.path("folder")).unwrap();
    for path in ["no/such/page.html", "folder"] {
        let run = stage.run(&load_args(&["leads.ndjson", "--report", path]));
        run.assert_failed(
            1,
            &[&format!("{path}: can't be written"), "name another file"],
        );
    }
    assert_eq!(stage.emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_written_in_the_end_is_told_beside_the_books() {
    let stage = Stage::new().await;
    stage.emulator.script(Fault::hang());
    stage.write("leads.ndjson", lead_lines(1..=3));
    fs::create_dir(stage.path("out")).unwrap();
    let args = [
        "leads.ndjson",
        "--timeout",
        "1s",
        "--report",
        "out/page.html",
    ];
    let child = stage.start(&args);
    stage.emulator.wait_for_calls(1).await;
    fs::remove_dir(stage.path("out")).unwrap();
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    let run = stage.checked(&output);
    assert_eq!(run.code, Some(1), "{run:?}");
    run.assert_said(&["error: out/page.html: can't be written"]);
    // The run itself is over, and there is nothing to go on with.
    assert_books(&run.summary(), &[("created_earlier", 3)]);
    assert!(!run.stderr.contains("--resume"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_no_file_that_is_read_kept_or_written_otherwise() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=3));
    stage.write("mapping.toml", "");
    for (path, words) in [
        (
            "leads.ndjson",
            "is one of the inputs, and would be written over",
        ),
        ("./mapping.toml", "is the mapping"),
        ("leadsquared.db", "is the ledger"),
        ("results.ndjson", "--results and --report are the same file"),
        (
            "./rejects.ndjson",
            "--rejects and --report are the same file",
        ),
    ] {
        let run = stage.run(&load_args(&[
            "leads.ndjson",
            "--mapping",
            "mapping.toml",
            "--results",
            "results.ndjson",
            "--rejects",
            "rejects.ndjson",
            "--report",
            path,
        ]));
        run.assert_failed(2, &[words]);
    }
    assert_eq!(stage.emulator.call_count(), 0);
    assert_eq!(stage.read("leads.ndjson"), lead_lines(1..=3));
}
