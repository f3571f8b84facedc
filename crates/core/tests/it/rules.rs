//! Rules for values: each by example, then all of them at random against a plain model.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, Int64Array, LargeStringArray,
    ListBuilder, NullArray, RecordBatch, RunArray, StringArray, StringBuilder, StringViewArray,
    StructArray, Time32SecondArray, TimestampMillisecondArray, TimestampSecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type};
use leadsquared_core::{ColumnRules, Error, Mapping, MomentForm, Nulls, Plan, RowError, TooLong};
use proptest::prelude::*;
use serde_json::{Value, json};

fn rules() -> ColumnRules {
    ColumnRules::new()
}

fn most(characters: usize) -> NonZeroUsize {
    NonZeroUsize::new(characters).unwrap()
}

fn batch(column: ArrayRef) -> RecordBatch {
    let phone: ArrayRef = Arc::new(StringArray::from(vec!["1"; column.len()]));
    let columns = [("Phone", phone, true), ("v", column, true)];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// What becomes of the rows of `column`: the attribute's value, none, or a code.
fn made(column: ArrayRef, rules: ColumnRules) -> Vec<Result<Option<String>, &'static str>> {
    let batch = batch(column);
    let mapping = Mapping::new().rules("v", rules);
    mapping.check(batch.schema_ref()).unwrap();
    let plan = Plan::try_new(batch.schema_ref(), &mapping).unwrap();
    let bound = plan.bind(&batch).unwrap();
    let mut leads = plan.bind(&batch).unwrap().into_leads();
    (0..batch.num_rows())
        .map(|row| {
            let (mut one, mut next) = (Vec::new(), Vec::new());
            let encoded = bound.encode(row, &mut one);
            assert_eq!(leads.append_next(&mut next), Some(encoded.clone()));
            assert_eq!(one, next, "one by one and a block at a time are the same");
            encoded.map_err(|error| error.code())?;
            let lead: Vec<Value> = serde_json::from_slice(&one).unwrap();
            assert_eq!(lead[0], json!({"Attribute": "Phone", "Value": "1"}));
            Ok(lead.get(1).map(|attribute| {
                assert_eq!(attribute["Attribute"], "v");
                attribute["Value"].as_str().unwrap().to_owned()
            }))
        })
        .collect()
}

#[expect(clippy::unnecessary_wraps, reason = "as `made` gives it")]
fn text(value: &str) -> Result<Option<String>, &'static str> {
    Ok(Some(value.to_owned()))
}

const OMITTED: Result<Option<String>, &str> = Ok(None);

fn strings(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[test]
fn a_null_clears_where_the_rules_say_so() {
    let column = || strings(&[Some("a"), None, Some("")]);
    assert_eq!(made(column(), rules()), [text("a"), OMITTED, text("")]);
    assert_eq!(
        made(column(), rules().nulls(Nulls::Clear)),
        [text("a"), text(""), text("")]
    );
    let numbers = Arc::new(Int64Array::from(vec![Some(7), None]));
    assert_eq!(
        made(numbers, rules().nulls(Nulls::Clear)),
        [text("7"), text("")]
    );
    assert_eq!(
        made(Arc::new(NullArray::new(1)), rules().nulls(Nulls::Clear)),
        [text("")]
    );
}

#[test]
fn blanks_around_a_text_go_and_nothing_is_a_null() {
    let column = || strings(&[Some(" \ta \"b\"\u{3000}\n"), Some("  "), None]);
    assert_eq!(
        made(column(), rules().trim(true)),
        [text("a \"b\""), OMITTED, OMITTED]
    );
    assert_eq!(
        made(column(), rules().trim(true).nulls(Nulls::Clear)),
        [text("a \"b\""), text(""), text("")]
    );
}

#[test]
fn a_required_column_rejects_its_empty_rows() {
    let column = || strings(&[Some("a"), Some(" "), Some(""), None]);
    let missing = Err("required");
    assert_eq!(
        made(column(), rules().required(true)),
        [text("a"), missing.clone(), missing.clone(), missing.clone()]
    );
    // Whatever becomes of other nulls.
    let cleared = rules().required(true).nulls(Nulls::Clear).trim(true);
    assert_eq!(
        made(column(), cleared)[1..],
        [missing.clone(), missing.clone(), missing]
    );
}

#[test]
fn booleans_have_the_words_they_are_given() {
    let column = Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]));
    assert_eq!(
        made(column, rules().booleans("Yes", "\"No\"")),
        [text("Yes"), text("\"No\""), OMITTED]
    );
}

#[test]
fn lists_have_the_separator_they_are_given() {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("a"), None, Some("b\\c")]);
    lists.append_value::<[Option<&str>; 0], _>([]);
    lists.append_null();
    assert_eq!(
        made(Arc::new(lists.finish()), rules().list_separator("\", \"")),
        [text("a\", \"b\\c"), text(""), OMITTED]
    );
}

#[test]
fn text_is_read_as_a_date_in_its_form() {
    let read = |form: &str, texts: &[Option<&str>]| {
        made(strings(texts), rules().read_as(form.parse().unwrap()))
    };
    let wrong = Err("not-a-date");
    assert_eq!(
        read(
            "%d/%m/%Y",
            &[
                Some("31/01/2026"),
                Some(" 1/2/2026 "),
                Some("02/30/2026"),
                Some("soon"),
                Some(" "),
                None
            ]
        ),
        [
            text("2026-01-31"),
            text("2026-02-01"),
            wrong.clone(),
            wrong.clone(),
            OMITTED,
            OMITTED
        ]
    );
    assert_eq!(
        read(
            "%d.%m.%Y %H:%M",
            &[Some("31.01.2026 23:05"), Some("31.01.2026")]
        ),
        [text("2026-01-31 23:05:00"), wrong.clone()]
    );
    assert_eq!(
        read("%Y-%m-%dT%H:%M:%S%z", &[Some("2026-01-31T23:05:00+05:30")]),
        [text("2026-01-31 17:35:00")]
    );
    assert_eq!(read("%I:%M %p", &[Some("11:05 pm")]), [text("23:05:00")]);
    // Half of a moment is none: a day that there isn't leaves no time, nor a bad time a day.
    assert_eq!(
        read(
            "%d/%m/%Y %H:%M:%S",
            &[Some("31/02/2026 10:30:00"), Some("31/01/2026 25:00:00")]
        ),
        [wrong.clone(), wrong.clone()]
    );
    assert_eq!(
        read("%Y-%m-%dT%H:%M:%S%z", &[Some("2026-02-30T10:00:00+0530")]),
        std::slice::from_ref(&wrong)
    );
    assert_eq!(
        read(
            "%a %d/%m/%Y %H:%M",
            &[Some("Mon 31/01/2026 10:30"), Some("Sat 31/01/2026 10:30")]
        ),
        [wrong.clone(), text("2026-01-31 10:30:00")]
    );
    // A year of two digits is a slip, unless the form says so.
    assert_eq!(read("%d/%m/%Y", &[Some("31/01/26")]), [wrong]);
    assert_eq!(read("%d/%m/%y", &[Some("31/01/26")]), [text("2026-01-31")]);
    assert_eq!(
        read("%+", &[Some("2026-01-31T10:30:00Z")]),
        [text("2026-01-31 10:30:00")]
    );
    assert_eq!(
        read("%G-W%V-%u", &[Some("2026-W05-6")]),
        [text("2026-01-31")]
    );
    assert_eq!(
        read("%s", &[Some("1769900700")]),
        [text("2026-01-31 23:05:00")]
    );
}

#[test]
fn dates_and_times_are_written_in_their_form() {
    let write = |column: ArrayRef, form: &str| {
        made(column, rules().write_as(form.parse().unwrap())).remove(0)
    };
    let day = Arc::new(Date32Array::from(vec![20_484]));
    assert_eq!(write(day, "%d %b %Y"), text("31 Jan 2026"));
    let moment = Arc::new(TimestampMillisecondArray::from(vec![1_769_900_700_250]));
    assert_eq!(
        write(moment, "%Y-%m-%dT%H:%M:%S%.3fZ"),
        text("2026-01-31T23:05:00.250Z")
    );
    let time = Arc::new(Time32SecondArray::from(vec![83_100]));
    assert_eq!(write(time, "%I:%M %p"), text("11:05 PM"));
    let day = Arc::new(Date32Array::from(vec![20_484]));
    assert_eq!(write(day, "%Y"), text("2026"));
    let beyond = Arc::new(TimestampSecondArray::from(vec![i64::MAX]));
    assert_eq!(write(beyond, "%Y"), Err("out-of-range"));
}

#[test]
fn a_time_without_a_zone_is_of_the_zone_that_is_named() {
    let kolkata = || rules().time_zone("Asia/Kolkata".parse().unwrap());
    let local = || TimestampSecondArray::from(vec![1_769_900_700]);
    assert_eq!(
        made(Arc::new(local()), kolkata()),
        [text("2026-01-31 17:35:00")]
    );
    // A zoned one is an instant already.
    assert_eq!(
        made(Arc::new(local().with_timezone("Europe/Berlin")), kolkata()),
        [text("2026-01-31 23:05:00")]
    );
    let berlin = rules()
        .time_zone("Europe/Berlin".parse().unwrap())
        .read_as("%Y-%m-%d %H:%M".parse().unwrap());
    // Once in January; skipped, and twice, when the clocks are set.
    let texts = [
        Some("2026-01-31 12:00"),
        Some("2026-03-29 02:30"),
        Some("2026-10-25 02:30"),
    ];
    assert_eq!(
        made(strings(&texts), berlin),
        [
            text("2026-01-31 11:00:00"),
            Err("out-of-range"),
            text("2026-10-25 00:30:00")
        ]
    );
}

#[test]
fn a_long_value_is_rejected_or_cut_between_characters() {
    // The e with its accent is two code points, and one letter.
    let column = || {
        strings(&[
            Some("abcde"),
            Some("abcdef"),
            Some("नमस्ते"),
            Some("abcde\u{301}"),
        ])
    };
    let too_long = Err("too-long");
    assert_eq!(
        made(column(), rules().max_length(most(5))),
        [text("abcde"), too_long.clone(), too_long.clone(), too_long]
    );
    let cut = made(column(), rules().max_length(most(5)).too_long(TooLong::Cut));
    assert_eq!(cut[..2], [text("abcde"), text("abcde")]);
    assert_eq!(cut[3], text("abcd"));
    assert!("नमस्ते".starts_with(cut[2].as_ref().unwrap().as_ref().unwrap()));
    // A letter that alone is too long is not sent as nothing.
    let accents = strings(&[Some("e\u{301}\u{302}\u{303}")]);
    assert_eq!(
        made(accents, rules().max_length(most(2)).too_long(TooLong::Cut)),
        [text("e\u{301}")]
    );
    // Blanks that the cut leaves at the end go with the others.
    let spaced = strings(&[Some("ab  cd")]);
    let cut = rules()
        .max_length(most(4))
        .too_long(TooLong::Cut)
        .trim(true);
    assert_eq!(made(spaced, cut), [text("ab")]);
}

#[test]
fn an_error_names_the_column_and_the_value() {
    let say = |column: ArrayRef, rules| {
        let batch = batch(column);
        let mapping = Mapping::new().rules("v", rules);
        let plan = Plan::try_new(batch.schema_ref(), &mapping).unwrap();
        let bound = plan.bind(&batch).unwrap();
        let error: RowError = bound.encode(0, &mut Vec::new()).unwrap_err();
        (error.to_string(), String::from_utf8(bound.show(0)).unwrap())
    };
    let (words, shown) = say(
        strings(&[Some("soon")]),
        rules().read_as("%d/%m/%Y".parse().unwrap()),
    );
    assert_eq!(
        words,
        "column \"v\" holds \"soon\", which is not a date or time in the form %d/%m/%Y"
    );
    assert!(
        shown.contains(r#"{"Attribute":"v","Value":"soon"}"#),
        "{shown}"
    );
    let (words, shown) = say(strings(&[Some("abc")]), rules().max_length(most(2)));
    assert_eq!(
        words,
        "column \"v\" holds 3 characters, and the mapping allows 2"
    );
    assert!(
        shown.contains(r#"{"Attribute":"v","Value":"abc"}"#),
        "{shown}"
    );
    let (words, _) = say(strings(&[None]), rules().required(true));
    assert_eq!(
        words,
        "column \"v\" has no value, and the mapping requires one"
    );
}

#[test]
fn a_rule_that_does_not_fit_its_column_is_an_error() {
    let misfit = |column: ArrayRef, rules| match Mapping::new()
        .rules("v", rules)
        .check(batch(column).schema_ref())
    {
        Err(Error::RuleMisfit { rule, column, .. }) => {
            assert_eq!(column, "v");
            rule
        }
        other => panic!("{other:?}"),
    };
    let form = || "%Y-%m-%d".parse().unwrap();
    let text = || strings(&[None]);
    assert_eq!(misfit(text(), rules().booleans("y", "n")), "booleans");
    for no_moment in [
        "%m/%Y",
        "%Y",
        "%I:%M",
        "%d/%m/%Y %H",
        "%d %H:%M",
        "%Y-%m-%d %H:%M %Z",
    ] {
        let rules = rules().read_as(no_moment.parse().unwrap());
        assert_eq!(misfit(text(), rules), "read_as", "{no_moment}");
    }
    // It is for reading only, and its writer panics.
    assert!("%Y-%m-%d %H:%M:%S%#z".parse::<MomentForm>().is_err());
    let times: ArrayRef = Arc::new(Time32SecondArray::from(vec![1]));
    let dated = rules().write_as("%d %H:%M".parse().unwrap());
    assert_eq!(misfit(times, dated), "write_as");
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let cut = rules().max_length(most(2)).too_long(TooLong::Cut);
    assert_eq!(misfit(numbers, cut), "too_long");
    assert_eq!(
        misfit(text(), rules().list_separator(",")),
        "list_separator"
    );
    assert_eq!(misfit(text(), rules().write_as(form())), "write_as");
    assert_eq!(
        misfit(text(), rules().time_zone("UTC".parse().unwrap())),
        "time_zone"
    );
    let days: ArrayRef = Arc::new(Date32Array::from(vec![1]));
    assert_eq!(misfit(days, rules().read_as(form())), "read_as");
    let inner: ArrayRef = strings(&[None]);
    let set = StructArray::from(vec![(
        Arc::new(Field::new("a", DataType::Utf8, true)),
        inner,
    )]);
    assert_eq!(misfit(Arc::new(set), rules().trim(true)), "rules");
    // A column that has no values yet may become what the rules are for.
    let nulls = batch(Arc::new(NullArray::new(1)));
    let booleans = Mapping::new().rules("v", rules().booleans("y", "n"));
    assert_eq!(booleans.check(nulls.schema_ref()), Ok(()));
    // When a schema is compiled, as when it grows in mid-file, it is the same error.
    let batch = batch(text());
    let mapping = Mapping::new().rules("v", rules().booleans("y", "n"));
    let error = Plan::try_new(batch.schema_ref(), &mapping).unwrap_err();
    assert!(
        matches!(
            error,
            Error::RuleMisfit {
                rule: "booleans",
                ..
            }
        ),
        "{error}"
    );
    let unread = Mapping::new().default_rules(rules().read_as("%m/%Y".parse().unwrap()));
    let error = Plan::try_new(batch.schema_ref(), &unread).unwrap_err();
    assert!(
        matches!(
            error,
            Error::RuleMisfit {
                rule: "read_as",
                ..
            }
        ),
        "{error}"
    );
    // Rules for all columns are for those they fit.
    let all = Mapping::new().default_rules(rules().booleans("y", "n").trim(true));
    assert_eq!(all.check(batch.schema_ref()), Ok(()));
    assert!(Plan::try_new(batch.schema_ref(), &all).is_ok());
    // A number is not cut, whatever is for all columns.
    let cut = rules().max_length(most(2)).too_long(TooLong::Cut);
    let mapping = Mapping::new().default_rules(cut);
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![12, 345]));
    let batch =
        RecordBatch::try_from_iter([("Phone", strings(&[Some("1"), Some("2")])), ("v", numbers)]);
    let batch = batch.unwrap();
    let bound = Plan::try_new(batch.schema_ref(), &mapping)
        .unwrap()
        .bind(&batch)
        .unwrap();
    assert_eq!(bound.encode(0, &mut Vec::new()), Ok(()));
    assert_eq!(
        bound.encode(1, &mut Vec::new()).unwrap_err().code(),
        "too-long"
    );
}

#[test]
fn columns_inside_a_struct_have_rules_of_their_own() {
    let field = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
    let set = StructArray::new(
        vec![field("status"), field("note")].into(),
        vec![
            strings(&[Some(" Pending "), None, None]),
            strings(&[None, None, Some("x")]),
        ],
        Some(vec![true, true, false].into()),
    );
    let batch = batch(Arc::new(set));
    let mapping = Mapping::new()
        .rules("v.status", rules().required(true).trim(true))
        .rules("v.note", rules().nulls(Nulls::Clear));
    assert_eq!(mapping.check(batch.schema_ref()), Ok(()));
    let plan = Plan::try_new(batch.schema_ref(), &mapping).unwrap();
    let bound = plan.bind(&batch).unwrap();
    let lead = |row| {
        let mut out = Vec::new();
        bound
            .encode(row, &mut out)
            .map(|()| serde_json::from_slice::<Value>(&out).unwrap())
    };
    assert_eq!(
        lead(0).unwrap()[1],
        json!({"Attribute": "v", "Value": "", "Fields": [
            {"Attribute": "status", "Value": "Pending"}, {"Attribute": "note", "Value": ""}]})
    );
    assert_eq!(lead(1).unwrap_err().code(), "required");
    // Where the struct is null there is no set, and nothing is required of it.
    assert_eq!(lead(2).unwrap().as_array().unwrap().len(), 1);
}

#[test]
fn a_set_of_columns_is_left_out_where_all_are_null() {
    // Enough rows for the encoder of whole batches.
    let column = |values: &[Option<&str>; 3]| strings(&values.repeat(100));
    let columns = [
        ("a", column(&[Some("1"), None, None])),
        ("Phone", column(&[Some("5"), Some("6"), Some("7")])),
        ("b", column(&[None, Some("2"), None])),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mapping = Mapping::new().rename("a", "S.A").rename("b", "S.B");
    let mut leads = Plan::try_new(batch.schema_ref(), &mapping)
        .unwrap()
        .bind(&batch)
        .unwrap()
        .into_leads();
    let mut next = || {
        let mut out = Vec::new();
        leads.append_next(&mut out).unwrap().unwrap();
        String::from_utf8(out).unwrap()
    };
    for _ in 0..100 {
        assert_eq!(
            next(),
            r#"[{"Attribute":"S","Value":"","Fields":[{"Attribute":"A","Value":"1"}]},{"Attribute":"Phone","Value":"5"}]"#
        );
        assert_eq!(
            next(),
            r#"[{"Attribute":"S","Value":"","Fields":[{"Attribute":"B","Value":"2"}]},{"Attribute":"Phone","Value":"6"}]"#
        );
        assert_eq!(next(), r#"[{"Attribute":"Phone","Value":"7"}]"#);
    }
}

#[test]
fn constants_are_gathered_too() {
    let batch = RecordBatch::try_from_iter([("Phone", strings(&[Some("5")]))]).unwrap();
    let mapping = Mapping::new()
        .constant("S.A", "1")
        .constant("Source", "x")
        .constant("S.B", "2");
    let mut out = Vec::new();
    let plan = Plan::try_new(batch.schema_ref(), &mapping).unwrap();
    plan.bind(&batch).unwrap().encode(0, &mut out).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"[{"Attribute":"Phone","Value":"5"},{"Attribute":"S","Value":"","Fields":[{"Attribute":"A","Value":"1"},{"Attribute":"B","Value":"2"}]},{"Attribute":"Source","Value":"x"}]"#
    );
    let both = mapping.rename("Phone", "S.C").unique_fields(["S"]);
    let error = Plan::try_new(batch.schema_ref(), &both).unwrap_err();
    assert_eq!(
        error.to_string(),
        "both the columns renamed to S.… and the constants of S set the attribute \"S\"; rename or drop one of them in the mapping"
    );
}

#[test]
fn a_set_that_can_not_be_made_is_an_error() {
    let error = |mapping: Mapping| {
        let columns = [
            ("a", strings(&[None])),
            ("b", strings(&[None])),
            ("Phone", strings(&[None])),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        Plan::try_new(batch.schema_ref(), &mapping).unwrap_err()
    };
    let new = Mapping::new;
    assert!(matches!(
        error(new().rename("a", "S.A.B")),
        Error::BadFieldOfSet { .. }
    ));
    assert!(matches!(
        error(new().rename("a", "S.")),
        Error::BadFieldOfSet { .. }
    ));
    assert!(matches!(
        error(new().rename("a", "S.A").rename("b", "S.A")),
        Error::DuplicateAttribute { .. }
    ));
    assert!(matches!(
        error(new().rename("a", "S.A").rename("b", "S")),
        Error::DuplicateAttribute { .. }
    ));
}

/// What the rules for text come to, said once more, plainly.
fn model(value: Option<&str>, r: &Random) -> Result<Option<String>, &'static str> {
    let nothing = || match (r.required, r.clear) {
        (true, _) => Err("required"),
        (_, true) => Ok(Some(String::new())),
        _ => Ok(None),
    };
    let Some(value) = value else { return nothing() };
    let value = if r.trim { value.trim() } else { value };
    if r.trim && value.is_empty() {
        return nothing();
    }
    if r.required && value.trim().is_empty() {
        return Err("required");
    }
    match r.most {
        Some(most) if value.chars().count() > most => Err("too-long"),
        _ => Ok(Some(value.to_owned())),
    }
}

#[derive(Clone, Debug)]
struct Random {
    required: bool,
    clear: bool,
    trim: bool,
    most: Option<usize>,
}

impl Random {
    fn rules(&self) -> ColumnRules {
        let nulls = if self.clear {
            Nulls::Clear
        } else {
            Nulls::Omit
        };
        let rules = rules().required(self.required).trim(self.trim).nulls(nulls);
        match self.most {
            Some(characters) => rules.max_length(most(characters)),
            None => rules,
        }
    }
}

fn random() -> impl Strategy<Value = Random> {
    (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::option::of(1_usize..6),
    )
        .prop_map(|(required, clear, trim, most)| Random {
            required,
            clear,
            trim,
            most,
        })
}

proptest! {
    #[test]
    fn every_layout_of_text_agrees_with_the_model(
        texts in prop::collection::vec(prop::option::of("[ \\ta\"\\\\é\u{301}\u{1}क]{0,7}"), 0..300),
        random in random(),
        offset in 0_usize..5,
    ) {
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let offset = offset.min(texts.len());
        let expected: Vec<_> = texts[offset..].iter().map(|text| model(*text, &random)).collect();
        let plain = StringArray::from(texts.clone());
        let layouts: [ArrayRef; 5] = [
            Arc::new(plain.clone()),
            Arc::new(LargeStringArray::from(texts.clone())),
            Arc::new(StringViewArray::from(texts.clone())),
            Arc::new(texts.iter().copied().collect::<DictionaryArray<Int32Type>>()),
            Arc::new(texts.iter().copied().collect::<RunArray<Int32Type>>()),
        ];
        for layout in layouts {
            let sliced = layout.slice(offset, layout.len() - offset);
            prop_assert_eq!(made(sliced, random.rules()), expected.clone());
        }
    }
}
