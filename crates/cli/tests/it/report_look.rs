//! The page behind `--report` in a real browser: that it is drawn, that nothing in it runs, and how it
//! looks.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, Latency, ThrottleShape};
use scraper::{Html, Selector};

use crate::browser::{Browser, Colour, Scheme};
use crate::helpers::{Stage, lead_lines, number};

const FIRST_NAMES: [&str; 8] = [
    "Ananya", "Rohan", "Meera", "Arjun", "Kavya", "Vikram", "Isha", "Farhan",
];
const LAST_NAMES: [&str; 7] = [
    "Sharma", "Iyer", "Reddy", "Kulkarni", "Nair", "Bose", "D'Souza",
];
const CITIES: [&str; 5] = ["Bengaluru", "Pune", "Kochi", "Jaipur", "Mumbai"];

/// An export with the faults that exports have.
fn export(rows: usize) -> String {
    let mut lines = String::new();
    for row in 1..=rows {
        let first = FIRST_NAMES[row % FIRST_NAMES.len()];
        let last = LAST_NAMES[row % LAST_NAMES.len()];
        let city = CITIES[row % CITIES.len()];
        // Some rows are there twice, some have no address, some a number that is none.
        let person = if row % 83 == 0 { row / 2 } else { row };
        let mail = match row % 211 {
            0 => String::new(),
            _ => format!("{}.{person}@example.com", first.to_lowercase()),
        };
        let phone = match row % 307 {
            0 => "n/a".to_owned(),
            _ => format!("+91-98{:08}", person * 7919 % 100_000_000),
        };
        let phone = if mail.is_empty() {
            String::new()
        } else {
            phone
        };
        if row % 499 == 0 {
            let _ = writeln!(lines, "{{\"mail\":\"{mail}\",\"first_name\":\"{first}");
            continue;
        }
        let _ = writeln!(
            lines,
            "{{\"mail\":\"{mail}\",\"first_name\":\"{first}\",\"last_name\":\"{last}\",\
             \"mobile\":\"{phone}\",\"city\":\"{city}\"}}"
        );
    }
    lines
}

const MAPPING: &str = "\
[rename]
mail = \"EmailAddress\"
first_name = \"FirstName\"
last_name = \"LastName\"
mobile = \"Phone\"
city = \"mx_City\"
";

/// A run with everything in it: a limit that is lower than was said, calls that fail and whose answers
/// are lost, rows that are refused.
async fn eventful_run(rows: usize) -> (Stage, PathBuf) {
    let latency = Latency {
        service: Duration::from_millis(60),
        jitter: Duration::from_millis(45),
        ..Latency::default()
    };
    let emulator = Emulator::builder()
        .no_rate_limit()
        .latency(latency)
        .check_formats(true);
    let stage = Stage::with(emulator).await;
    stage.emulator.script_all([
        Fault::delay(Duration::ZERO),
        Fault::status(503),
        Fault::delay(Duration::from_millis(400)),
        Fault::short_rows(4),
        Fault::reset().stored(),
    ]);
    // Two calls in five, as if nothing were.
    let calm = std::iter::repeat_n(Fault::delay(Duration::ZERO), rows / 50 * 2 / 5);
    stage.emulator.script_all(calm);
    let second = Duration::from_secs(1);
    let throttle = Fault::throttle_naming(ThrottleShape::Status429, 6, second);
    stage.emulator.script(throttle);
    stage.write("webinar-leads.ndjson", export(rows));
    stage.write("mapping.toml", MAPPING);
    let args = [
        "load",
        "webinar-leads.ndjson",
        "--mapping",
        "mapping.toml",
        "--rejects",
        "rejects.ndjson",
        "--rate-limit",
        "10/1s",
        "--report",
        "page.html",
        "--format",
        "json",
    ];
    let run = stage.run(&args);
    assert_eq!(run.code, Some(3), "{run:?}");
    let summary = run.summary();
    for outcome in [
        "created",
        "created_earlier",
        "duplicate",
        "rejected",
        "unconfirmed",
    ] {
        assert!(number(&summary, outcome) > 0, "{outcome}: {summary:?}");
    }
    assert!(number(&summary, "throttled") > 0, "{summary:?}");
    let page = stage.path("page.html");
    (stage, page)
}

/// How light a colour is, from 0 to 255.
fn lightness(colour: Colour) -> u32 {
    colour.iter().map(|part| u32::from(*part)).sum::<u32>() / 3
}

fn count(dom: &str, selector: &str) -> usize {
    let selector = Selector::parse(selector).unwrap();
    Html::parse_document(dom).select(&selector).count()
}

fn title(dom: &str) -> String {
    let selector = Selector::parse("head > title").unwrap();
    let dom = Html::parse_document(dom);
    dom.select(&selector).next().unwrap().text().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_drawn_in_light_and_in_dark() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let shows = env::var("LEADSQUARED_UPDATE_SCREENSHOTS").is_ok_and(|one| one == "1");
    let (_stage, page) = eventful_run(if shows { 7_000 } else { 1_000 }).await;
    // The colour of what was created, and of the line: they must be where they were drawn.
    let looks = [
        (
            Scheme::Light,
            "report.png",
            [0x1f, 0x8f, 0x5a],
            [0x25, 0x63, 0xc9],
        ),
        (
            Scheme::Dark,
            "report-dark.png",
            [0x35, 0xa2, 0x6d],
            [0x6e, 0xa2, 0xf5],
        ),
    ];
    for (scheme, name, created, line) in looks {
        let loaded = browser.load(&page, scheme);
        assert_eq!(loaded.console, [""; 0], "{scheme:?}");
        assert_eq!(count(&loaded.dom, "section"), 6, "{scheme:?}");
        assert_eq!(count(&loaded.dom, "svg.chart"), 3, "{scheme:?}");
        assert_eq!(count(&loaded.dom, "svg.bar > g"), 5, "{scheme:?}");

        let picture = browser.picture(&page, scheme, (1120, 2400));
        let paper = lightness(picture.paper());
        match scheme {
            Scheme::Light => assert!(paper > 230, "{paper}"),
            Scheme::Dark => assert!(paper < 40, "{paper}"),
        }
        let colours = picture.colours().len();
        assert!(colours > 100, "{scheme:?}: only {colours} colours");
        assert!(picture.count(created) > 10_000, "{scheme:?}: no bar");
        assert!(picture.count(line) > 500, "{scheme:?}: no line");
        // On a phone, nothing is wider than the window: there is paper at its right edge.
        let phone = browser.picture(&page, scheme, (500, 1200));
        assert_eq!(phone.right_edge().count(), 1200);
        assert!(
            phone.right_edge().all(|pixel| pixel == picture.paper()),
            "{scheme:?}"
        );
        if shows {
            let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
            picture.write(&docs.join(name));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_runs_and_nothing_is_fetched_whatever_a_row_holds() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    // Ends with the process; whoever asks gets no answer, and needn't wait for one.
    std::thread::spawn(move || {
        for _asker in server.incoming() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let was_asked = || asked.swap(0, Ordering::Relaxed) > 0;
    let attack = format!(
        "</style></title></svg></bdi><script>document.title='taken'</script>\
         <img src=http://{address}/ onerror=document.title='taken'>"
    );
    let stage = Stage::new().await;
    let row = serde_json::json!({ "FirstName": attack, "\"onload=\"x": attack });
    stage.write(
        "leads.ndjson",
        format!("{}{row}\n{{{attack}\n", lead_lines(1..=5)),
    );
    let (_, summary) = stage.load(&["leads.ndjson", "--no-ledger", "--report", "page.html"]);
    assert_eq!(number(&summary, "rejected"), 2);
    let page = stage.path("page.html");

    let loaded = browser.load(&page, Scheme::Light);
    let expected = "Load: leads.ndjson – Finished: 2 rows are not in";
    assert_eq!(title(&loaded.dom), expected);
    assert_eq!(loaded.console, [""; 0]);
    assert_eq!(count(&loaded.dom, "script, img"), 0);
    assert!(!was_asked());

    // Even what gets past the escaping is kept from running, and is told on the console.
    let text = stage.read("page.html");
    let open = |page: &str| {
        stage.write("open.html", page);
        let loaded = browser.load(&stage.path("open.html"), Scheme::Light);
        (title(&loaded.dom), loaded.console.len(), was_asked())
    };
    let unescaped = text.replace("<main>", &format!("{attack}<main>"));
    let (seen, told, asked) = open(&unescaped);
    assert_eq!((seen.as_str(), asked), (expected, false));
    assert!(told >= 2, "{told}");

    // The control: without the policy both happen.
    let policy = "http-equiv=\"Content-Security-Policy\"";
    assert!(unescaped.contains(policy));
    let (seen, _, asked) = open(&unescaped.replace(policy, "name=\"none\""));
    assert_eq!((seen.as_str(), asked), ("taken", true));
    fs::remove_file(stage.path("open.html")).unwrap();
}
