//! Which format a source has, told from its first bytes, then from its name.

use std::fmt;
use std::path::Path;

use crate::{Delimiter, Error, csv, ipc};

/// How many of the first bytes are looked at.
pub(crate) const HEAD: usize = 4096;

/// A format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet: read page by page, and of the columns only those that the mapping keeps.
    ///
    /// A file that is damaged somewhere gives the batches before that, then an error. Damage that
    /// leaves the data well-formed is found only if the writer added checksums to its pages.
    Parquet,
    /// One JSON object a line, also known as JSON Lines.
    ///
    /// - A row's number is its line. Blank lines count, but are no rows. `\r\n`, a byte-order mark
    ///   at the start, and a last line without an end are fine.
    /// - Each line is checked by itself, to the letter of RFC 8259. One that isn't a JSON object is
    ///   unreadable, and the rest goes on. Of a key that comes twice, the last value counts.
    /// - The schema is inferred from the first lines and grows with the later ones. Whole numbers
    ///   are `Int64`, other numbers `Float64`, and what doesn't go together without loss is text:
    ///   strings and numbers in one column, whole numbers of more than 64 bits, or, next to
    ///   fractions, of more than 53. In text, numbers keep the form they have in the file.
    /// - A column holds plain values, lists, or objects. A line with another kind than the column
    ///   has, or one that late in the file brings a column that can't be sent, is unreadable.
    Ndjson,
    /// Records of text under a header row that names the columns, as in RFC 4180.
    ///
    /// - Every column is text as it stands in the file, never a number: a phone number keeps its `+`
    ///   and its leading zeros. An empty field is null, also one in quotes (`""`).
    /// - The delimiter is told from the header: `,`, `;`, a tab or `|`, whichever comes there most
    ///   often outside quotes, unless [`ReadOptions::with_delimiter`] says. Names lose the spaces
    ///   around them, values keep theirs.
    /// - A row's number is the line that it starts in; the header is in line 1. Lines end with `\n`,
    ///   `\r\n` or `\r`, also inside quotes. Blank lines count, but are no rows. A byte-order mark at
    ///   the start, and a last line without an end are fine.
    /// - Each record is checked by itself, and one that can't be right is unreadable: more or fewer
    ///   fields than the header, text that isn't UTF-8, text after a closing quote, a quote that is
    ///   never closed, or [too many bytes](crate::ReadOptions::with_max_line_bytes). In the last
    ///   three cases the record's end can't be known: its first line is given up, and reading goes on
    ///   with the line after that.
    ///
    /// [`ReadOptions::with_delimiter`]: crate::ReadOptions::with_delimiter
    Csv,
    /// The same as [`Csv`](Self::Csv), with tabs between the fields whatever the header looks like.
    Tsv,
    /// Arrow IPC, as a file (also known as Feather V2) or as a stream; the first bytes tell which.
    ///
    /// Only the columns that the mapping keeps are decoded. A batch is held in memory whole, as it
    /// was written, and may have 2 GiB. What is damaged somewhere gives the batches before that, then
    /// an error; so does a stream without the mark that its writer sets at the end.
    Arrow,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parquet => "Parquet",
            Self::Ndjson => "NDJSON",
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Arrow => "Arrow",
        })
    }
}

/// First bytes that say "decompress me", what they are called, and the command for it. The first two
/// are taken off before; here they are inside of what was compressed.
const COMPRESSED: [(&[u8], &str, &str); 5] = [
    (&[0x1f, 0x8b], "gzip", "gunzip FILE"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd", "zstd -d FILE"),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz", "unxz FILE"),
    (b"BZh", "bzip2", "bunzip2 FILE"),
    (b"PK\x03\x04", "zip", "unzip FILE"),
];

/// First bytes of text that isn't UTF-8: the marks of byte order, and what an object starts with.
const ENCODINGS: [(&[u8], &str); 6] = [
    (&[0xff, 0xfe, 0, 0], "UTF-32LE"),
    (&[0, 0, 0xfe, 0xff], "UTF-32BE"),
    (&[0xff, 0xfe], "UTF-16LE"),
    (&[0xfe, 0xff], "UTF-16BE"),
    (b"{\0", "UTF-16LE"),
    (b"\0{", "UTF-16BE"),
];

/// The mark that some programs put before UTF-8.
pub(crate) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether these first bytes are enough to tell what this is: no more is then waited for.
///
/// Text that isn't JSON may be a table, which takes its whole first line to see.
pub(crate) fn is_telling(head: &[u8]) -> bool {
    let text = head.strip_prefix(UTF8_MARK).unwrap_or(head);
    let text = text.trim_ascii_start();
    head.len() >= 8
        && match text.first() {
            None => false,
            Some(b'{' | b'[') => true,
            Some(_) => text.contains(&b'\n') || !is_text(head),
        }
}

/// Tells the format of the source `name` from its first bytes, `head` (all of them if it is shorter
/// than [`HEAD`]), its name and what was asked for.
pub(crate) fn detect(name: &str, head: &[u8], asked: Option<Format>) -> Result<Format, Error> {
    let owned = || name.to_owned();
    if head.is_empty() {
        return Err(Error::Empty { name: owned() });
    }
    if let Some(found) = binary(head) {
        return match asked {
            Some(asked) if asked != found => Err(Error::OtherFormat {
                name: owned(),
                asked,
                found,
            }),
            _ => Ok(found),
        };
    }
    if head.starts_with(b"PARE") {
        return Err(Error::EncryptedParquet { name: owned() });
    }
    if is_spreadsheet(name, head) {
        return Err(Error::Spreadsheet { name: owned() });
    }
    for (magic, method, command) in COMPRESSED {
        if head.starts_with(magic) {
            return Err(Error::Compressed {
                name: owned(),
                method,
                command,
            });
        }
    }
    for (mark, encoding) in ENCODINGS {
        if head.starts_with(mark) {
            return Err(Error::Encoding {
                name: owned(),
                encoding,
            });
        }
    }
    match asked.or_else(|| promised(name)) {
        Some(Format::Parquet) => Err(Error::NotParquet {
            name: owned(),
            start: start(head),
        }),
        Some(Format::Arrow) => Err(Error::NotArrow {
            name: owned(),
            start: start(head),
        }),
        promise => text(name, head, promise, asked.is_some()),
    }
}

/// The format that says so itself.
fn binary(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"PAR1") {
        Some(Format::Parquet)
    } else if head.starts_with(ipc::MAGIC) || ipc::is_stream(head) {
        Some(Format::Arrow)
    } else {
        None
    }
}

/// Whether this is what a spreadsheet program saves by itself: a zip archive by that name, or the
/// container of old office programs.
fn is_spreadsheet(name: &str, head: &[u8]) -> bool {
    let extension = Path::new(name).extension().unwrap_or_default();
    let is_one = |known: &&str| extension.eq_ignore_ascii_case(known);
    let is_zip = head.starts_with(b"PK\x03\x04");
    head.starts_with(b"\xd0\xcf\x11\xe0")
        || (is_zip && ["xlsx", "xlsm", "xlsb", "ods"].iter().any(is_one))
}

/// The format that a name promises; an ending that says how it is compressed doesn't count.
fn promised(name: &str) -> Option<Format> {
    let path = Path::new(name);
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "gz" | "gzip" | "zst" | "zstd" => promised(path.file_stem()?.to_str()?),
        "parquet" | "parq" | "pq" => Some(Format::Parquet),
        "ndjson" | "jsonl" | "json" => Some(Format::Ndjson),
        "csv" => Some(Format::Csv),
        "tsv" | "tab" => Some(Format::Tsv),
        "arrow" | "arrows" | "ipc" | "feather" => Some(Format::Arrow),
        _ => None,
    }
}

/// Tells apart what is text: JSON by its start, which no header has, and a table by its header.
fn text(name: &str, head: &[u8], promise: Option<Format>, asked: bool) -> Result<Format, Error> {
    let text = head.strip_prefix(UTF8_MARK).unwrap_or(head);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    let unknown = || Error::UnknownFormat {
        name: name.to_owned(),
        start: start(head),
    };
    match (first, promise) {
        (_, Some(promise)) if asked => Ok(promise),
        (Some(b'['), None | Some(Format::Ndjson)) => Err(Error::JsonArray {
            name: name.to_owned(),
        }),
        // Only NDJSON makes nothing of white space.
        (Some(b'{'), _) | (None, None) => Ok(Format::Ndjson),
        (_, Some(Format::Csv | Format::Tsv)) if !is_text(first_line(text)) => Err(unknown()),
        (_, Some(promise)) => Ok(promise),
        (Some(_), None) => {
            let line = csv::first_line(text.trim_ascii_start());
            if line.and_then(csv::named_delimiter).is_some() {
                return Ok(Format::Csv);
            }
            match line.and_then(csv::is_header) {
                Some(Delimiter::TAB) => Ok(Format::Tsv),
                Some(_) => Ok(Format::Csv),
                None => Err(unknown()),
            }
        }
    }
}

/// Whether there is nothing in `head` that no text has; it may be text in another encoding.
fn is_text(head: &[u8]) -> bool {
    !head.contains(&0)
}

/// The first line that isn't blank, or as much of it as there is.
fn first_line(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    let mut lines = text.split(|byte| matches!(byte, b'\r' | b'\n'));
    lines.next().unwrap_or(text)
}

/// The first bytes, to show.
fn start(head: &[u8]) -> String {
    String::from_utf8_lossy(&head[..head.len().min(12)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_waited_for_than_it_takes() {
        for head in [
            &b"{\"a\":12}"[..],
            b"PAR1\0\0\0\0",
            b"id,name\n",
            b"  {\"ab\":",
        ] {
            assert!(is_telling(head), "{head:?}");
        }
        for head in [&b"PAR1\0\0\0"[..], b"id,name,", b"          "] {
            assert!(!is_telling(head), "{head:?}");
        }
    }

    fn told(name: &str, head: &[u8]) -> String {
        match detect(name, head, None) {
            Ok(format) => format.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn content_comes_before_the_name() {
        assert_eq!(told("a.json", b"PAR1\x15\x04"), "Parquet");
        assert_eq!(told("export", b"PAR1\x15\x04"), "Parquet");
        assert_eq!(told("a.csv", b"ARROW1\0\0"), "Arrow");
        assert_eq!(told("export", b"\xff\xff\xff\xff\x10\0\0\0"), "Arrow");
        assert_eq!(told("export", b"\n  {\"a\":1}"), "NDJSON");
        assert_eq!(told("<stdin>", b"\xef\xbb\xbf{\"a\":1}"), "NDJSON");
        assert_eq!(told("a.csv", b"{\"a\":1}\n"), "NDJSON");
        assert_eq!(told("<stdin>", b"id,name\n1,Ada\n"), "CSV");
        assert_eq!(told("<stdin>", b"\xef\xbb\xbfid;name\r\n1;2"), "CSV");
        assert_eq!(told("export", b"id\tname\n1"), "TSV");
        assert_eq!(told("<stdin>", b"sep=;\r\nid;name\n1;2"), "CSV");
    }

    #[test]
    fn a_name_is_a_promise() {
        assert_eq!(told("a.ndjson", b"oops\n"), "NDJSON");
        assert_eq!(told("a.JSONL", b"oops\n"), "NDJSON");
        let not = told("dir/a.Parquet", b"{\"a\":1}");
        assert!(
            not.starts_with("dir/a.Parquet is not a Parquet file: it starts with \"{\\\"a"),
            "{not}"
        );
        assert_eq!(told("a.csv", b"oops"), "CSV");
        assert_eq!(told("a.csv", b"[oops"), "CSV");
        assert_eq!(told("a.tsv", b"a,b,c\n"), "TSV");
        let unknown = told("a.txt", b"Dear customer,\n");
        let words = "a.txt is neither Parquet nor NDJSON, CSV, TSV or Arrow IPC: it starts with \"Dear custome";
        assert!(unknown.starts_with(words), "{unknown}");
        let binary = told("a.csv", b"\x7fELF\0\0\0");
        assert!(binary.starts_with("a.csv is neither"), "{binary}");
        // A stray byte in a row is that row's business.
        assert_eq!(told("a.csv", b"\n id,name\n1,A\0da\n"), "CSV");
        assert_eq!(told("a.tsv", b"id\tname\r1\tA\0da\r"), "TSV");
        assert!(told("a.csv", b"i\0d\0\n\0").starts_with("a.csv is neither"));
        for bytes in [&b"FEA1\0\0\0\0"[..], b"\xff\xff\xff\xff\0\0\0\x80"] {
            let not = told("a.feather", bytes);
            assert!(
                not.starts_with("a.feather is no Arrow IPC file or stream"),
                "{not}"
            );
        }
        assert_eq!(told("b.csv/a.tsv.gz", b"a,b,c\n"), "TSV");
        assert_eq!(told("a.CSV.Zst", b"oops"), "CSV");
    }

    #[test]
    fn what_was_asked_for_comes_before_the_name() {
        let asked = |name, head: &[u8], format| detect(name, head, Some(format));
        assert_eq!(
            asked("a.csv", b"oops", Format::Ndjson).unwrap(),
            Format::Ndjson
        );
        assert_eq!(
            asked("a.json", b"[1]\n", Format::Ndjson).unwrap(),
            Format::Ndjson
        );
        assert!(matches!(
            asked("a.json", b"{}", Format::Parquet),
            Err(Error::NotParquet { .. })
        ));
        assert_eq!(asked("a.json", b"{x", Format::Csv).unwrap(), Format::Csv);
        for format in [Format::Ndjson, Format::Csv, Format::Tsv] {
            assert!(matches!(
                asked("a", b"PAR1", format),
                Err(Error::OtherFormat { .. })
            ));
        }
    }

    #[test]
    fn what_can_not_be_read_says_what_it_is_and_what_to_do() {
        assert_eq!(
            told("a.json", b""),
            "a.json is empty (0 bytes); check the export that wrote it"
        );
        assert_eq!(
            told("a.json", b"\xef\xbb\xbf [\n"),
            "a.json is a JSON array, not NDJSON (one object a line); convert it, for example: jq -c '.[]' a.json"
        );
        assert_eq!(
            told("a.json.gz", b"\x1f\x8b\x08"),
            "a.json.gz is compressed (gzip); decompress it first, for example: gunzip a.json.gz"
        );
        assert!(told("a", b"\x28\xb5\x2f\xfd").contains("zstd -d a"));
        assert!(told("a.zip", b"PK\x03\x04").contains("unzip a.zip"));
        for (name, head) in [
            ("a.XLSX", &b"PK\x03\x04"[..]),
            ("a.csv", b"\xd0\xcf\x11\xe0"),
        ] {
            assert!(
                told(name, head)
                    .ends_with("is a spreadsheet; save it as CSV in UTF-8, and load that")
            );
        }
        assert!(told("a", b"\xff\xfe{\0").contains("iconv -f UTF-16LE -t UTF-8 a"));
        assert!(told("a", b"{\0\"\0").contains("UTF-16LE"));
        assert!(told("a", b"\0{").contains("UTF-16BE"));
        assert!(told("a.parquet", b"PARE").contains("encrypted"));
    }
}
