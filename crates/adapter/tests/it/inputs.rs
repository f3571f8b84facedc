//! From arguments to inputs.

use std::fs;
use std::path::Path;

use leadsquared_adapter::{Error, Input};
use tempfile::TempDir;

fn folder(files: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{}").unwrap();
    }
    folder
}

/// What `arguments`, relative to `folder`, come to, relative to it again.
fn resolve(folder: &Path, arguments: &[&str]) -> Result<Vec<String>, Error> {
    let absolute = arguments.iter().map(|&argument| match argument {
        "-" => argument.into(),
        _ => folder.join(argument),
    });
    let inputs = Input::resolve(absolute)?;
    let relative = |input: &Input| match input.path() {
        Some(path) => path.strip_prefix(folder).unwrap().display().to_string(),
        None => input.to_string(),
    };
    Ok(inputs.iter().map(relative).collect())
}

#[test]
fn patterns_give_files_sorted_and_arguments_keep_their_order() {
    let folder = folder(&[
        "c.json",
        "a.json",
        "b.json",
        "a.txt",
        "sub/d.json",
        ".hidden.json",
        ".git/e.json",
    ]);
    fs::create_dir(folder.path().join("dir.json")).unwrap();
    let resolve = |arguments: &[&str]| resolve(folder.path(), arguments).unwrap();
    assert_eq!(resolve(&["*.json"]), ["a.json", "b.json", "c.json"]);
    assert_eq!(
        resolve(&["c.json", "-", "?.json"]),
        ["c.json", "<stdin>", "a.json", "b.json"]
    );
    assert_eq!(
        resolve(&["**/*.json"]),
        ["a.json", "b.json", "c.json", "sub/d.json"]
    );
    assert_eq!(resolve(&["[ab].*"]), ["a.json", "a.txt", "b.json"]);
    assert_eq!(resolve(&[".*.json"]), [".hidden.json"]);
    assert_eq!(resolve(&[".git/*.json"]), [".git/e.json"]);
    assert_eq!(resolve(&[]), [""; 0]);
}

/// The same that folders and objects leave out: what Spark writes beside its data.
#[test]
fn patterns_leave_out_what_folders_do() {
    let folder = folder(&[
        "d/part-0.json",
        "d/_SUCCESS",
        "d/_day=1/part-1.json",
        "d/_temporary/0/part-2.json",
        "_e/part-3.json",
    ]);
    let resolve = |argument| resolve(folder.path(), &[argument]).unwrap();
    assert_eq!(resolve("d/*"), ["d/part-0.json"]);
    assert_eq!(
        resolve("d/**/*.json"),
        ["d/_day=1/part-1.json", "d/part-0.json"]
    );
    assert_eq!(resolve("d/_S*"), ["d/_SUCCESS"]);
    assert_eq!(
        resolve("d/_temporary/*/*.json"),
        ["d/_temporary/0/part-2.json"]
    );
    assert_eq!(resolve("_e/*"), ["_e/part-3.json"]);
}

#[tokio::test]
async fn columns_that_were_given_stay_and_a_web_address_has_none() {
    let given = Input::url("s3://exports/year=2026/a.csv").unwrap();
    let inputs = vec![
        given.clone().partitioned("year=2025/country=IN/a.csv"),
        Input::url("s3://exports/year=2026/b.csv").unwrap(),
        Input::url("http://127.0.0.1/year=2026/a.csv").unwrap(),
    ];
    let listed = Input::list(inputs).await.unwrap();
    let columns: Vec<Vec<_>> = listed
        .iter()
        .map(|input| input.partitions().collect())
        .collect();
    assert_eq!(
        columns,
        [
            vec![("year", Some("2025")), ("country", Some("IN"))],
            vec![("year", Some("2026"))],
            vec![],
        ]
    );
}

#[tokio::test]
async fn an_object_is_one_however_its_scheme_is_written() {
    let urls = [
        "s3://b/k.csv",
        "s3a://b/k.csv",
        "S3://b/k.csv",
        "az://b/k.csv",
        "azure://b/k.csv",
        "gs://b/k.csv",
    ];
    let expected = ["s3://b/k.csv", "az://b/k.csv", "gs://b/k.csv"];
    let shown = |inputs: &[Input]| -> Vec<String> { inputs.iter().map(Input::to_string).collect() };
    assert_eq!(shown(&Input::resolve(urls).unwrap()), expected);
    let inputs = urls.map(|url| Input::url(url).unwrap());
    assert_eq!(shown(&Input::list(inputs.into()).await.unwrap()), expected);
}

#[test]
fn what_comes_twice_is_read_once() {
    let folder = folder(&["a.json", "b.json", "sub/c.json"]);
    let arguments = ["b.json", "-", "*.json", "sub/../b.json", "-", "./a.json"];
    assert_eq!(
        resolve(folder.path(), &arguments).unwrap(),
        ["b.json", "<stdin>", "a.json"]
    );
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("a.json"), folder.path().join("z.json"))
            .unwrap();
        assert_eq!(
            resolve(folder.path(), &["a.json", "z.json"]).unwrap(),
            ["a.json"]
        );
    }
}

#[test]
fn a_file_whose_name_looks_like_a_pattern_is_that_file() {
    let folder = folder(&["a[1].json", "a1.json", "b*.json", "b2.json", "[.json"]);
    let resolve = |argument| resolve(folder.path(), &[argument]).unwrap();
    assert_eq!(resolve("a[1].json"), ["a[1].json"]);
    assert_eq!(resolve("b*.json"), ["b*.json"]);
    assert_eq!(resolve("[.json"), ["[.json"]);
}

#[test]
fn what_is_not_there_is_an_error_that_names_it() {
    let folder = folder(&["a.json"]);
    fs::create_dir(folder.path().join("only")).unwrap();
    fs::create_dir(folder.path().join("only/folder")).unwrap();
    let error = |argument| resolve(folder.path(), &["a.json", argument]).unwrap_err();

    let missing = error("b.json");
    assert!(matches!(missing, Error::NotFound { .. }));
    assert!(
        missing.to_string().contains("b.json: no such file"),
        "{missing}"
    );
    assert!(matches!(error("only"), Error::EmptyFolder { .. }));
    let no_match = error("*.parquet");
    assert!(matches!(no_match, Error::NoMatch { .. }));
    assert!(
        no_match.to_string().contains("*.parquet: no file matches"),
        "{no_match}"
    );
    assert!(matches!(error("only/*"), Error::NoMatch { .. }));
    let bad = error("a[.json");
    assert!(matches!(bad, Error::BadPattern { .. }), "{bad}");
    assert!(matches!(
        error("a.json/b.json"),
        Error::Open { .. } | Error::NotFound { .. }
    ));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8_can_be_given_but_not_matched() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = folder(&["a.json"]);
    let odd = folder.path().join(OsStr::from_bytes(b"b\xff.json"));
    fs::write(&odd, "{}").unwrap();
    assert_eq!(resolve(folder.path(), &["*.json"]).unwrap(), ["a.json"]);
    assert_eq!(Input::resolve([&odd]).unwrap(), [Input::file(&odd)]);
}
