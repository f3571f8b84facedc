//! Chromium without a window: what a page becomes in it, what it says, and how it looks.

use std::collections::HashMap;
use std::env;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// What keeps it quiet, alone and off the network.
const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--log-level=0",
];

/// After so long it hangs; it takes about a second.
const HANGS: Duration = Duration::from_mins(2);

/// A Chromium.
pub(crate) struct Browser {
    program: PathBuf,
}

/// Which colours a user has chosen for the whole system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

/// A page as a browser has it.
pub(crate) struct Loaded {
    /// The document, after whatever ran has run.
    pub(crate) dom: String,
    /// What stands on the console.
    pub(crate) console: Vec<String>,
}

impl Browser {
    /// The browser that `CHROMIUM` names, or that is on the path. Without one it says so: a test is
    /// skipped then, and fails where one is required.
    pub(crate) fn find() -> Option<Self> {
        let named = env::var_os("CHROMIUM").map(PathBuf::from);
        let path = env::var_os("PATH").unwrap_or_default();
        let found = named.or_else(|| {
            ["chromium", "chromium-browser", "google-chrome"]
                .into_iter()
                .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
                .find(|program| program.is_file())
        });
        if found.is_none() {
            let missing = "there is no Chromium: install it (Debian: apt-get install chromium), or \
                           name it in CHROMIUM";
            let is_required = env::var("LEADSQUARED_REQUIRE_CHROMIUM").is_ok_and(|one| one == "1");
            assert!(!is_required, "{missing}");
            eprintln!("SKIPPED: {missing}");
        }
        Some(Self { program: found? })
    }

    /// Loads a page.
    pub(crate) fn load(&self, page: &Path, scheme: Scheme) -> Loaded {
        let (dom, log) = self.run(page, scheme, &["--dump-dom".to_owned()]);
        let console = log.lines().filter(|line| line.contains("CONSOLE"));
        Loaded {
            dom,
            console: console.map(str::to_owned).collect(),
        }
    }

    /// A picture of a page in a window of this size.
    pub(crate) fn picture(&self, page: &Path, scheme: Scheme, size: (u32, u32)) -> Picture {
        let folder = TempDir::new().unwrap();
        let picture = folder.path().join("page.png");
        let args = [
            format!("--screenshot={}", picture.display()),
            format!("--window-size={},{}", size.0, size.1),
        ];
        self.run(page, scheme, &args);
        Picture::read(&picture)
    }

    fn run(&self, page: &Path, scheme: Scheme, args: &[String]) -> (String, String) {
        let profile = TempDir::new().unwrap();
        let mut command = Command::new(&self.program);
        command
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(match scheme {
                Scheme::Light => "--blink-settings=preferredColorScheme=1",
                Scheme::Dark => "--blink-settings=preferredColorScheme=0",
            })
            .args(args)
            .arg(format!("file://{}", page.display()));
        // Pages are long, and nobody reads a pipe while this waits.
        let [out, log] = ["out", "log"].map(|name| profile.path().join(name));
        command
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let status = tokio::task::block_in_place(|| {
            let started = Instant::now();
            loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
                if started.elapsed() > HANGS {
                    child.kill().unwrap();
                }
                sleep(Duration::from_millis(20));
            }
        });
        let log = String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned();
        assert!(status.success(), "{status}: {log}");
        (fs::read_to_string(out).unwrap(), log)
    }
}

/// A colour: red, green, blue.
pub(crate) type Colour = [u8; 3];

/// Pixels.
pub(crate) struct Picture {
    width: usize,
    pixels: Vec<Colour>,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let mut decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let samples = info.color_type.samples();
        assert!(samples >= 3, "{info:?}");
        let pixels = bytes
            .chunks(samples)
            .map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        Self {
            width: info.width as usize,
            pixels: pixels.collect(),
        }
    }

    /// The colour of its first corner, which is the page's paper.
    pub(crate) fn paper(&self) -> Colour {
        self.pixels[0]
    }

    /// The pixels at its right edge.
    pub(crate) fn right_edge(&self) -> impl Iterator<Item = Colour> {
        let lines = self.pixels.chunks(self.width);
        lines.map(|line| line[line.len() - 1])
    }

    /// How many pixels have this colour.
    pub(crate) fn count(&self, colour: Colour) -> usize {
        self.pixels.iter().filter(|pixel| **pixel == colour).count()
    }

    /// Its colours with the number of their pixels, those with the most first.
    pub(crate) fn colours(&self) -> Vec<(Colour, usize)> {
        let mut counts: HashMap<Colour, usize> = HashMap::new();
        // Neighbours are mostly the same.
        for same in self.pixels.chunk_by(|a, b| a == b) {
            *counts.entry(same[0]).or_default() += same.len();
        }
        let mut colours: Vec<_> = counts.into_iter().collect();
        colours.sort_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
        colours
    }

    /// Writes it small: with 256 colours, the most frequent of those that differ.
    pub(crate) fn write(&self, path: &Path) {
        let distance = |a: &Colour, b: &Colour| -> u32 {
            a.iter()
                .zip(b)
                .map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2))
                .sum()
        };
        let mut palette: Vec<Colour> = Vec::new();
        for (colour, _) in self.colours() {
            if palette.len() < 256 && palette.iter().all(|known| distance(known, &colour) > 60) {
                palette.push(colour);
            }
        }
        let mut known = HashMap::new();
        let indices: Vec<u8> = self
            .pixels
            .iter()
            .map(|pixel| {
                *known.entry(*pixel).or_insert_with(|| {
                    let nearest = (0..=u8::MAX).zip(&palette);
                    nearest
                        .min_by_key(|(_, colour)| distance(colour, pixel))
                        .unwrap()
                        .0
                })
            })
            .collect();
        let height = self.pixels.len() / self.width;
        let size = [self.width, height].map(|side| u32::try_from(side).unwrap());
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, size[0], size[1]);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette.concat());
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&indices).unwrap();
        writer.finish().unwrap();
        fs::write(path, file).unwrap();
    }
}
