//! `fields`, and `check` against them: by the account, or by a file.

use leadsquared_emulator::{Emulator, EmulatorBuilder, Fault, LeadField};
use serde_json::{Value, json};

use crate::helpers::{Stage, bare, lead_lines};

fn account() -> EmulatorBuilder {
    Emulator::builder().no_rate_limit().fields(vec![
        LeadField::new("EmailAddress", "Email")
            .display_name("Email")
            .max_length(200)
            .unique(),
        LeadField::new("FirstName", "Text").display_name("First Name"),
        LeadField::new("LastName", "Text").mandatory(),
        LeadField::new("mx_City", "Text").max_length(4),
        LeadField::new("mx_Size", "Select").options(["S", "Medium"]),
        LeadField::new("LeadType", "Select")
            .options(["OT_0"])
            .mandatory()
            .default_value("OT_0"),
    ])
}

/// Leads that don't fit that account.
fn misfits(stage: &Stage) {
    let lines = [
        r#"{"EmailAddress":"a@example.com","town":"Rome","mx_City":"Roma","mx_Size":"S"}"#,
        r#"{"EmailAddress":"b@example.com","mx_City":"Milano","mx_Size":"medium"}"#,
        r#"{"EmailAddress":"c","mx_City":"Torino"}"#,
        r#"{"FirstName":"nobody"}"#,
    ];
    stage.write("leads.ndjson", lines.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_listed_for_people() {
    let stage = Stage::with(account()).await;
    let run = stage.run(&["fields"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_eq!(
        run.stdout,
        r#"NAME          DISPLAY NAME  TYPE    LENGTH  MANDATORY        UNIQUE  OPTIONS
EmailAddress  Email         Email   200                      yes
FirstName     First Name    Text
LastName      LastName      Text            yes
mx_City       City          Text    4
mx_Size       Size          Select                                   2
LeadType      LeadType      Select          "OT_0" if empty          1

6 fields
"#
    );
    assert_eq!(stage.emulator.call_count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_listed_for_programs_and_saved_in_the_accounts_own_form() {
    let stage = Stage::with(account()).await;
    let run = stage.run(&["fields", "--format", "json", "--save", "fields.json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    run.assert_said(&["6 fields saved in fields.json"]);
    let printed: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        printed[0],
        json!({
            "SchemaName": "EmailAddress", "DisplayName": "Email", "DataType": "Email",
            "IsMandatory": false, "IsUnique": true, "MaxLength": "200",
        })
    );
    assert_eq!(
        printed[4]["Options"],
        json!([{"Value": "S"}, {"Value": "Medium"}])
    );
    let saved = stage.read("fields.json");
    assert_eq!(serde_json::from_str::<Value>(&saved).unwrap(), printed);
    assert_eq!(saved.lines().count(), 8, "a line a field");

    // The emulator takes the file, and is then that account.
    let again = Emulator::builder()
        .fields(LeadField::read(&saved).unwrap())
        .start()
        .await
        .unwrap();
    let mut command = stage.command(["fields", "--format", "json"]);
    let command = command
        .env("LEADSQUARED_HOST", again.url())
        .env("LEADSQUARED_ACCESS_KEY", again.access_key())
        .env("LEADSQUARED_SECRET_KEY", again.secret_key());
    assert_eq!(stage.end(command).stdout, run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_does_not_show_them_is_told() {
    let stage = Stage::with(account()).await;
    for (fault, words) in [
        (Fault::status(404), "the server answered 404"),
        (Fault::status(403), "the server answered 403"),
        (Fault::garbage(), "can't be read: not JSON"),
    ] {
        stage.emulator.script_fields(fault);
        let run = stage.run(&["fields", "--save", "fields.json"]);
        run.assert_failed(
            1,
            &[
                "error: the account's fields can't be read",
                "caused by: ",
                words,
            ],
        );
        assert!(!stage.path("fields.json").exists());
    }
    let mut command = stage.command(["fields"]);
    let run = stage.end(command.env("LEADSQUARED_SECRET_KEY", "wrong"));
    run.assert_failed(
        1,
        &[
            "error: the server answered 401",
            "check the host and the two keys",
        ],
    );
    let run = stage.end(&mut bare(["fields"]));
    run.assert_failed(2, &["LEADSQUARED_HOST"]);
    let run = stage.run(&["fields", "--save", "no/such/folder.json"]);
    run.assert_failed(1, &["no/such/folder.json: can't be written"]);
}

const FOUND: &str = r#"http://127.0.0.1/ (6 fields) would refuse the leads:
  column "town" sets "town", which the account doesn't have
  nothing sets "LastName", which is mandatory in the account

http://127.0.0.1/ (6 fields) would likely reject 3 rows:
  2  mx_City has more than 4 characters ("Milano" has 6)
     leads.ndjson, rows 2, 3
  1  mx_Size has "medium", which is not among its options (did you mean "Medium"?)
     leads.ndjson, row 2
  1  EmailAddress has "c", which is not an e-mail address
     leads.ndjson, row 3

3 leads of 4 rows make 1 call: no waiting at 25 calls in 5 s.
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_check_holds_leads_against_them() {
    let stage = Stage::with(account()).await;
    misfits(&stage);
    let online = stage.run(&["check", "leads.ndjson", "--online"]);
    assert_eq!((online.code, online.stderr.as_str()), (Some(3), ""));
    let host = format!("{}/", stage.emulator.url());
    let found = FOUND.replace("http://127.0.0.1/", &host);
    assert!(online.stdout.ends_with(&found), "{}", online.stdout);
    // Nothing was sent.
    let calls = stage.emulator.calls();
    assert_eq!((calls.len(), calls[0].method.as_str()), (1, "GET"));

    // The same by a file, without any account.
    stage.run(&["fields", "--save", "fields.json"]);
    let args = ["check", "leads.ndjson", "--fields", "fields.json"];
    let offline = stage.end(bare(args).current_dir(stage.folder.path()));
    assert_eq!((offline.code, offline.stderr.as_str()), (Some(3), ""));
    assert_eq!(offline.stdout, online.stdout.replace(&host, "fields.json"));
    assert_eq!(stage.emulator.call_count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_says_the_same() {
    let stage = Stage::with(account()).await;
    misfits(&stage);
    let run = stage.run(&["check", "leads.ndjson", "--online", "--format", "json"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let first = |rows: &[u64]| -> Value {
        rows.iter()
            .map(|row| json!({"file": "leads.ndjson", "row": row}))
            .collect()
    };
    assert_eq!(
        report["account"],
        json!({
            "account": format!("{}/", stage.emulator.url()),
            "fields": 6,
            "attributes": [
                {"code": "unknown-attribute", "attribute": "town", "refused": true,
                 "message": "column \"town\" sets \"town\", which the account doesn't have"},
                {"code": "mandatory-missing", "attribute": "LastName", "refused": true,
                 "message": "nothing sets \"LastName\", which is mandatory in the account"},
            ],
            "values": [
                {"code": "too-long", "attribute": "mx_City", "rows": 2, "sample": "Milano", "first": first(&[2, 3]),
                 "message": "mx_City has more than 4 characters (\"Milano\" has 6)"},
                {"code": "not-an-option", "attribute": "mx_Size", "rows": 1, "sample": "medium", "first": first(&[2]),
                 "message": "mx_Size has \"medium\", which is not among its options (did you mean \"Medium\"?)"},
                {"code": "not-a-value", "attribute": "EmailAddress", "rows": 1, "sample": "c", "first": first(&[3]),
                 "message": "EmailAddress has \"c\", which is not an e-mail address"},
            ],
            "rows_at_fault": 3,
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_that_fit_are_said_to_fit() {
    let stage = Stage::with(account()).await;
    stage.write("leads.ndjson", lead_lines(1..=3));
    stage.write("mapping.toml", "[constants]\nLastName = \"Unknown\"\n");
    let run = stage.run(&[
        "check",
        "leads.ndjson",
        "--mapping",
        "mapping.toml",
        "--online",
    ]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let words = format!(
        "{}/ (6 fields): the leads fit its fields.\n",
        stage.emulator.url()
    );
    assert!(run.stdout.contains(&words), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_online_needs_an_account_that_answers() {
    let stage = Stage::with(account()).await;
    misfits(&stage);
    stage.emulator.script_fields(Fault::status(503));
    let run = stage.run(&["check", "leads.ndjson", "--online"]);
    assert_eq!(run.code, Some(3), "one row has no unique field: {run:?}");
    run.assert_said(&[
        "the account's fields can't be read, so the leads are checked without: ",
        "503",
    ]);
    assert!(!run.stdout.contains("would refuse"), "{}", run.stdout);

    let mut command = stage.command(["check", "leads.ndjson", "--online"]);
    let run = stage.end(command.env("LEADSQUARED_ACCESS_KEY", "wrong"));
    run.assert_failed(1, &["error: the server answered 401"]);
    let mut command = bare(["check", "leads.ndjson", "--online"]);
    let run = stage.end(command.current_dir(stage.folder.path()));
    run.assert_failed(2, &["LEADSQUARED_ACCESS_KEY"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_of_fields_is_told() {
    let stage = Stage::new().await;
    misfits(&stage);
    for (content, words) in [
        ("", "not JSON"),
        ("{}", "not a list of fields"),
        ("[{\"Name\":\"a\"}]", "without any field"),
    ] {
        stage.write("fields.json", content);
        let run = stage.run(&["check", "leads.ndjson", "--fields", "fields.json"]);
        run.assert_failed(
            1,
            &["error: fields.json: ", words, "leadsquared fields --save"],
        );
        let run = stage.run(&[
            "emulate",
            "--listen",
            "127.0.0.1:0",
            "--fields",
            "fields.json",
        ]);
        run.assert_failed(1, &["error: fields.json", "LeadsMetaData.Get"]);
    }
    let run = stage.run(&["check", "leads.ndjson", "--fields", "none.json"]);
    run.assert_failed(1, &["none.json: the fields can't be read", "caused by"]);
    let usage: [&[&str]; 2] = [
        &[
            "check",
            "leads.ndjson",
            "--fields",
            "fields.json",
            "--online",
        ],
        &["check", "leads.ndjson", "--host", "api.leadsquared.com"],
    ];
    for args in usage {
        stage.run(args).assert_failed(2, &["--online"]);
    }
    assert_eq!(stage.emulator.call_count(), 0);
}
