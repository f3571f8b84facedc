//! The mapping file, by what becomes of leads.

use serde_json::json;

use crate::helpers::{Stage, assert_books};

const LINES: &str = r#"{"email":"a@example.com","phone":" 8888888888 ","opt_in":true,"tags":["a","b"],"born":"31/01/1990","kyc_status":"Pending","kyc_document":null,"city":null,"note":"short"}
{"email":"b@example.com","phone":null,"opt_in":false,"tags":[],"born":null,"kyc_status":null,"kyc_document":null,"city":"  ","note":"far too long for this"}
{"email":"c@example.com","phone":"8888888889","opt_in":null,"tags":null,"born":"soon","kyc_status":"Done","kyc_document":"PAN","city":"Pune","note":null}
{"email":"  ","phone":"8888888887","opt_in":null,"tags":null,"born":null,"kyc_status":null,"kyc_document":null,"city":null,"note":null}
"#;

const MAPPING: &str = r#"
[rename]
kyc_status = "mx_KYC.Status"
kyc_document = "mx_KYC.Document"

[constants]
Source = "Import"

[defaults]
trim = true

[columns.email]
attribute = "EmailAddress"
required = true

[columns.phone]
attribute = "Phone"

[columns.opt_in]
attribute = "mx_Opt_In"
booleans = ["Yes", "No"]

[columns.tags]
attribute = "mx_Tags"
list_separator = ", "

[columns.born]
attribute = "mx_Born"
read_as = "%d/%m/%Y"
write_as = "%d %b %Y"

[columns.city]
attribute = "mx_City"
nulls = "clear"

[columns.note]
attribute = "Notes"
max_length = 8
too_long = "cut"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_reaches_the_lead_or_rejects_its_row() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", LINES);
    stage.write("mapping.toml", MAPPING);
    let (run, summary) = stage.load(&[
        "leads.ndjson",
        "--mapping",
        "mapping.toml",
        "--rejects",
        "rejects.ndjson",
    ]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("read", 4), ("created", 2), ("rejected", 2)]);

    let leads = stage.leads();
    let fields = |email: &str| leads[email].fields.clone();
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    assert_eq!(
        fields("a@example.com"),
        pairs(&[
            ("EmailAddress", "a@example.com"),
            ("Phone", "8888888888"),
            ("mx_Opt_In", "Yes"),
            ("mx_Tags", "a, b"),
            ("mx_Born", "31 Jan 1990"),
            ("mx_KYC", ""),
            ("mx_City", ""),
            ("Notes", "short"),
            ("Source", "Import"),
        ])
    );
    assert_eq!(
        fields("b@example.com"),
        pairs(&[
            ("EmailAddress", "b@example.com"),
            ("mx_Opt_In", "No"),
            ("mx_City", ""),
            ("Notes", "far too"),
            ("Source", "Import"),
        ])
    );

    assert_eq!(
        leads["a@example.com"].field_sets,
        [("mx_KYC".to_owned(), pairs(&[("Status", "Pending")]))]
    );
    assert_eq!(leads["b@example.com"].field_sets, []);

    let rejects = stage.lines("rejects.ndjson");
    let of = |row: usize| json!([rejects[row]["row"], rejects[row]["code"]]);
    assert_eq!(
        (of(0), of(1)),
        (json!([3, "not-a-date"]), json!([4, "required"]))
    );
    assert_eq!(rejects[0]["mx_Born"], "soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_shows_the_rules() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", LINES);
    stage.write("mapping.toml", MAPPING);
    let run = stage.run(&["check", "leads.ndjson", "--mapping", "mapping.toml"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    for line in [
        "  kyc_status    mx_KYC.Status    as it is; trimmed",
        "  tags          mx_Tags          choices joined by \", \"; trimmed",
        "  born          mx_Born          read as %d/%m/%Y, written as %d %b %Y; trimmed",
        "  email         EmailAddress *   as it is; trimmed, required",
        "  note          Notes            as it is; trimmed, cut to 8 characters",
        "  opt_in        mx_Opt_In        \"Yes\" or \"No\"",
    ] {
        assert!(
            run.stdout.lines().any(|known| known == line),
            "{line}: {}",
            run.stdout
        );
    }
}

/// No lead is looked at with this mapping, and these words say why.
fn assert_faulty(stage: &Stage, mapping: &str, words: &[&str]) {
    stage.write("leads.ndjson", LINES);
    stage.write("mapping.toml", mapping);
    let run = stage.run(&["check", "leads.ndjson", "--mapping", "mapping.toml"]);
    run.assert_failed(1, words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_mapping_is_told_with_its_line_and_the_nearest_name() {
    let stage = Stage::new().await;
    let wrong = |mapping: &str, words: &[&str]| assert_faulty(&stage, mapping, words);
    wrong(
        "[columns.phone]\nmax_lenght = 5\n",
        &[
            "mapping.toml, line 2 (`max_lenght = 5`): [columns.phone] has no key `max_lenght`; did you mean `max_length`?",
        ],
    );
    wrong(
        "[column.phone]\n",
        &[
            "mapping.toml, line 1 (`[column.phone]`): a mapping has no key `column`; did you mean `columns`?",
        ],
    );
    wrong(
        "x = 1\n",
        &[
            "a mapping has no key `x`; its keys are unique_fields, drop, rename, constants, defaults, columns",
        ],
    );
    wrong(
        "[columns.emial]\nattribute = \"EmailAddress\"\n",
        &["mapping.toml, line 1", "did you mean \"email\"?"],
    );
    wrong(
        "[rename]\nemail = \"EmailAddress\"\n[columns.email]\nattribute = \"Phone\"\n",
        &["line 3: the column \"email\" is renamed here and renamed in line 2; do one of the two"],
    );
    wrong(
        "drop = [\"email\"]\n[columns.email]\ntrim = true\n",
        &[
            "line 2: the column \"email\" is given rules here and dropped in line 1; do one of the two",
        ],
    );
    wrong(
        "\ndrop = [\"email\", \"phone\", \"email\"]\n",
        &["mapping.toml, line 2: the column \"email\" is named twice in drop; take one out"],
    );
    // Without a rule too: it was meant for a column.
    wrong(
        "\n[columns.emial]\n",
        &["mapping.toml, line 2", "did you mean \"email\"?"],
    );
    wrong(
        "[defaults]\nattribute = \"Phone\"\n",
        &["line 2: [defaults] is for all columns"],
    );
    wrong(
        "[columns.born]\nread_as = \"%d/%Q\"\n",
        &["line 2", "\"%d/%Q\" is not the form of a date"],
    );
    wrong(
        "[columns.born]\ntime_zone = \"Asia/Calcuta\"\n",
        &[
            "line 2",
            "\"Asia/Calcuta\" is not a time zone; did you mean \"Asia/Calcutta\"?",
        ],
    );
    wrong("[columns.born]\nmax_length = 0\n", &["line 2", "nonzero"]);
    wrong(
        "[columns.phone]\nbooleans = [\"Y\", \"N\"]\n",
        &[
            "mapping.toml, line 1",
            "the rule `booleans` doesn't fit the column \"phone\" (Utf8): it is for true and false",
        ],
    );
    wrong(
        "[rename]\nemail = \"EmailAddress\"\ncity = \"mx_A.B.C\"\n",
        &[
            "mapping.toml, line 3",
            "column \"city\" can't become \"mx_A.B.C\"",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_a_dot_that_lacks_its_quotes_is_told() {
    let stage = Stage::new().await;
    let wrong = |mapping: &str, words: &[&str]| assert_faulty(&stage, mapping, words);
    wrong(
        "[rename]\nmx_KYC.Status = \"mx_City\"\n",
        &[
            "mapping.toml, line 2 (`mx_KYC.Status = \"mx_City\"`): [rename] has a table `mx_KYC` where a text belongs; \
             a dot outside of quotes makes a table, so write \"mx_KYC.Status\" in quotes",
        ],
    );
    wrong(
        "[columns.mx_KYC.Status]\ntrim = true\n",
        &[
            "mapping.toml, line 1 (`[columns.mx_KYC.Status]`): [columns.mx_KYC] has a table `Status` where a rule belongs; \
             a dot outside of quotes makes a table, so write [columns.\"mx_KYC.Status\"]",
        ],
    );
    // The last part may be the name of a rule.
    wrong(
        "[columns.kyc.trim]\nrequired = true\n",
        &["so write [columns.\"kyc.trim\"]"],
    );
    // What has the wrong type and no dot is told by its type.
    wrong(
        "[rename.kyc]\n",
        &["line 1", "invalid type: map, expected a string"],
    );
    wrong(
        "[columns.opt_in]\nbooleans = { yes = \"Y\", no = \"N\" }\n",
        &["line 2", "invalid type: map, expected an array of length 2"],
    );
    wrong(
        "[columns.a.b.c]\nrequired = true\n",
        &["so write [columns.\"a.b.c\"]"],
    );
}
