use super::*;

fn answer(status: u16, body: &str) -> Verdict {
    classify(
        &Answer {
            status,
            retry_after: None,
            body: body.to_owned().into(),
        },
        2,
    )
}

fn envelope(status: u16, exception: &str, message: &str) -> Verdict {
    answer(
        status,
        &format!(
            r#"{{"Status":"Error","ExceptionType":"{exception}","ExceptionMessage":"{message}"}}"#
        ),
    )
}

/// The outcomes of an answer by rows.
fn outcomes(body: &str) -> Vec<Outcome> {
    match answer(200, body) {
        Verdict::Rows(rows) => rows.iter().map(|row| row.outcome).collect(),
        other => panic!("{other:?}"),
    }
}

const ONE: &str = r#"{"RowNumber":1,"LeadId":"a","LeadCreated":true}"#;
const TWO: &str = r#"{"RowNumber":2,"LeadId":"b","LeadCreated":true}"#;
use Outcome::{Created, Duplicate, Rejected, Unconfirmed};

#[test]
fn rows_are_matched_by_number_not_by_place() {
    assert_eq!(outcomes(&format!("[{ONE},{TWO}]")), [Created, Created]);
    let Verdict::Rows(shuffled) = answer(200, &format!("[{TWO},{ONE}]")) else {
        panic!()
    };
    assert_eq!(shuffled[0].lead_id.as_deref(), Some("a"));
    assert_eq!(shuffled[1].lead_id.as_deref(), Some("b"));
}

#[test]
fn what_is_missing_or_said_twice_is_never_success() {
    assert_eq!(outcomes(&format!("[{ONE}]")), [Created, Unconfirmed]);
    assert_eq!(outcomes("[]"), [Unconfirmed, Unconfirmed]);
    assert_eq!(
        outcomes(&format!("[{ONE},{TWO},{ONE}]")),
        [Unconfirmed, Created]
    );
    assert_eq!(
        outcomes(&format!("[{ONE},{ONE},{ONE}]")),
        [Unconfirmed, Unconfirmed]
    );
    assert_eq!(outcomes("[null,7,\"x\",{}]"), [Unconfirmed, Unconfirmed]);
}

#[test]
fn an_extra_number_puts_the_numbering_in_doubt_only_if_a_row_is_missing() {
    let zero = r#"{"RowNumber":0,"LeadId":"z","LeadCreated":true}"#;
    let three = r#"{"RowNumber":3,"LeadId":"c","LeadCreated":true}"#;
    // Counted from 0: every id would go to the wrong row.
    assert_eq!(
        outcomes(&format!("[{zero},{ONE}]")),
        [Unconfirmed, Unconfirmed]
    );
    assert_eq!(
        outcomes(&format!("[{ONE},{TWO},{three}]")),
        [Created, Created]
    );
}

#[test]
fn created_needs_a_lead_id() {
    for id in ["null", "\"\"", "\" \"", "7"] {
        let row = format!(r#"{{"RowNumber":1,"LeadId":{id},"LeadCreated":true}}"#);
        assert_eq!(
            outcomes(&format!("[{row},{TWO}]")),
            [Unconfirmed, Created],
            "{id}"
        );
    }
    let undecided = r#"{"RowNumber":1,"LeadId":"a","LeadCreated":"true"}"#;
    assert_eq!(
        outcomes(&format!("[{undecided},{TWO}]")),
        [Unconfirmed, Created]
    );
}

#[test]
fn a_row_that_failed_says_why() {
    let failed = |message: &str| {
        format!(r#"[{{"RowNumber":1,"LeadCreated":false,"ErrorMessage":"{message}"}},{TWO}]"#)
    };
    assert_eq!(outcomes(&failed("Duplicate entry")), [Duplicate, Created]);
    assert_eq!(
        outcomes(&failed("Invalid Phone format")),
        [Rejected, Created]
    );
    let Verdict::Rows(rows) = answer(200, &failed("Invalid data")) else {
        panic!()
    };
    assert_eq!(rows[0].reason.as_deref(), Some("Invalid data"));
    let silent = format!(r#"[{{"RowNumber":1,"LeadCreated":false}},{TWO}]"#);
    assert_eq!(outcomes(&silent), [Rejected, Created]);
}

#[test]
fn throttling_is_told_in_every_shape() {
    let text = "API calls exceeded the limit of 10 in 5 second(s)";
    for status in [200, 403, 429, 500] {
        let verdict = envelope(status, "MXAPIRateLimitExceededException", text);
        let Verdict::Throttled {
            limit: Some(limit), ..
        } = verdict
        else {
            panic!("{verdict:?}")
        };
        assert_eq!(limit.to_string(), "10/5s");
        assert!(matches!(
            answer(status, text),
            Verdict::Throttled { limit: Some(_), .. }
        ));
    }
    assert_eq!(
        answer(429, ""),
        Verdict::Throttled {
            limit: None,
            retry_after: None
        }
    );
    let nonsense = "API calls exceeded the limit of 0 in 5 second(s)";
    assert!(matches!(
        answer(429, nonsense),
        Verdict::Throttled { limit: None, .. }
    ));
}

#[test]
fn wrong_keys_or_host_show_the_servers_words() {
    for status in [401, 403, 404] {
        let verdict = envelope(status, "MXUnauthorizedException", "use api-in21");
        let message = "use api-in21".to_owned();
        assert_eq!(verdict, Verdict::Unauthorized { status, message });
    }
    assert!(matches!(
        answer(301, ""),
        Verdict::Unauthorized { status: 301, .. }
    ));
}

#[test]
fn a_refusal_of_the_whole_call_is_permanent() {
    for (status, exception) in [
        (400, ""),
        (500, "MXInvalidInputException"),
        (413, ""),
        (200, "MXXSSException"),
    ] {
        let verdict = envelope(status, exception, "no");
        assert!(
            matches!(verdict, Verdict::Refused { .. }),
            "{status}: {verdict:?}"
        );
    }
}

#[test]
fn other_server_errors_pass() {
    for status in [408, 500, 502, 503, 504] {
        let verdict = answer(status, "<html><body>Bad Gateway</body></html>");
        let failed =
            matches!(&verdict, Verdict::Failed(setback) if setback.attempt == Failure::Failed);
        assert!(failed, "{status}: {verdict:?}");
    }
}

#[test]
fn a_good_status_with_a_body_that_cant_be_read_is_ambiguous() {
    for (status, body) in [
        (200, ""),
        (200, "<html>"),
        (200, "[{\"RowNumber\":1"),
        (200, "{}"),
        (200, "null"),
        (200, "[1,2"),
        (204, ""),
    ] {
        let verdict = answer(status, body);
        let lost = matches!(&verdict, Verdict::Failed(setback) if setback.attempt == Failure::Lost);
        assert!(lost, "{body}: {verdict:?}");
    }
}

#[test]
fn the_quota_of_a_day_is_no_limit_to_keep_pace_with() {
    let words =
        r#"{"ExceptionMessage":"API calls exceeded the limit of 10000 in 86400 second(s)"}"#;
    let verdict = answer(429, words);
    let limit = "10000/1440m".parse().unwrap();
    assert_eq!(verdict, Verdict::Exhausted { limit });
}
