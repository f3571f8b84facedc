use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal32Array,
    Decimal64Array, Decimal128Array, Decimal256Array, DictionaryArray, DurationSecondArray,
    FixedSizeListArray, Float16Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, LargeListArray, LargeStringArray, ListArray, ListBuilder,
    ListViewArray, MapBuilder, NullArray, RecordBatch, RunArray, StringArray, StringBuilder,
    StringViewArray, StructArray, Time32MillisecondArray, Time32SecondArray,
    Time64MicrosecondArray, Time64NanosecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array,
    UInt16Array, UInt32Array, UInt64Array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, Int16Type, Int32Type, i256};
use half::f16;

use super::*;
use crate::RowError;

/// The lead of the first row of `array` as the column `mx_Value`, beside a phone number.
fn encode(array: ArrayRef) -> Result<String, RowError> {
    encode_row(array, 0)
}

fn encode_row(array: ArrayRef, row: usize) -> Result<String, RowError> {
    let phone: ArrayRef = Arc::new(StringArray::from(vec!["1"; array.len()]));
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("Phone", phone, true),
        ("mx_Value", array, true),
    ])
    .unwrap();
    let plan = Plan::try_new(&batch.schema(), &Mapping::new()).unwrap();
    let mut out = Vec::new();
    plan.bind(&batch).unwrap().encode(row, &mut out)?;
    let lead = String::from_utf8(out).unwrap();
    let rest = lead
        .strip_prefix(r#"[{"Attribute":"Phone","Value":"1"}"#)
        .unwrap();
    Ok(rest
        .strip_suffix(']')
        .unwrap()
        .trim_start_matches(',')
        .to_owned())
}

#[track_caller]
fn assert_text(array: impl Array + 'static, text: &str) {
    let expected = format!(r#"{{"Attribute":"mx_Value","Value":"{text}"}}"#);
    assert_eq!(encode(Arc::new(array)).unwrap(), expected);
}

#[test]
fn text_of_every_layout_is_sent_as_it_is() {
    assert_text(StringArray::from(vec!["नमस्ते"]), "नमस्ते");
    assert_text(LargeStringArray::from(vec!["a\"b"]), r#"a\"b"#);
    assert_text(
        StringViewArray::from(vec!["a string too long to be inlined"]),
        "a string too long to be inlined",
    );
}

#[test]
fn numbers_are_plain() {
    assert_text(Int8Array::from(vec![i8::MIN]), "-128");
    assert_text(Int16Array::from(vec![-1]), "-1");
    assert_text(Int32Array::from(vec![0]), "0");
    assert_text(Int64Array::from(vec![i64::MIN]), "-9223372036854775808");
    assert_text(UInt8Array::from(vec![255]), "255");
    assert_text(UInt16Array::from(vec![9]), "9");
    assert_text(UInt32Array::from(vec![u32::MAX]), "4294967295");
    assert_text(UInt64Array::from(vec![u64::MAX]), "18446744073709551615");
    assert_text(Float16Array::from(vec![f16::from_f32(1.5)]), "1.5");
    assert_text(Float32Array::from(vec![0.1]), "0.1");
    assert_text(Float64Array::from(vec![1e16]), "10000000000000000");
    let scaled = |array: Decimal128Array| array.with_precision_and_scale(38, 2).unwrap();
    assert_text(scaled(Decimal128Array::from(vec![-12_345])), "-123.45");
    assert_text(
        Decimal32Array::from(vec![5])
            .with_precision_and_scale(9, 3)
            .unwrap(),
        "0.005",
    );
    assert_text(
        Decimal64Array::from(vec![5])
            .with_precision_and_scale(9, 0)
            .unwrap(),
        "5",
    );
    let wide = Decimal256Array::from(vec![i256::from_i128(7)]);
    assert_text(wide.with_precision_and_scale(40, -3).unwrap(), "7000");
}

#[test]
fn booleans_are_words() {
    assert_text(BooleanArray::from(vec![true]), "true");
    assert_text(BooleanArray::from(vec![false]), "false");
}

#[test]
fn dates_and_times_have_the_apis_text() {
    assert_text(Date32Array::from(vec![-1]), "1969-12-31");
    assert_text(
        Date64Array::from(vec![86_400_000 * 11_016 + 5]),
        "2000-02-29",
    );
    assert_text(Time32SecondArray::from(vec![86_399]), "23:59:59");
    assert_text(Time32MillisecondArray::from(vec![1_999]), "00:00:01");
    assert_text(
        Time64MicrosecondArray::from(vec![3_600_000_000]),
        "01:00:00",
    );
    assert_text(
        Time64NanosecondArray::from(vec![60_000_000_000]),
        "00:01:00",
    );
    assert_text(TimestampSecondArray::from(vec![0]), "1970-01-01 00:00:00");
    assert_text(
        TimestampMillisecondArray::from(vec![-1]),
        "1969-12-31 23:59:59",
    );
    assert_text(
        TimestampMicrosecondArray::from(vec![951_782_400_999_999]),
        "2000-02-29 00:00:00",
    );
    assert_text(
        TimestampNanosecondArray::from(vec![i64::MAX]),
        "2262-04-11 23:47:16",
    );
}

#[test]
fn a_zoned_timestamp_is_sent_in_utc() {
    // 1970-01-01 05:30:00 in Kolkata is stored as the instant 0.
    let kolkata = TimestampSecondArray::from(vec![0]).with_timezone("Asia/Kolkata");
    assert_text(kolkata, "1970-01-01 00:00:00");
    let offset = TimestampSecondArray::from(vec![0]).with_timezone("+05:30");
    assert_text(offset, "1970-01-01 00:00:00");
}

#[test]
fn lists_are_joined_whatever_their_layout() {
    let rows = || vec![Some(vec![Some(1), None, Some(3)])];
    assert_text(
        ListArray::from_iter_primitive::<Int32Type, _, _>(rows()),
        "1;3",
    );
    assert_text(
        LargeListArray::from_iter_primitive::<Int32Type, _, _>(rows()),
        "1;3",
    );
    assert_text(
        FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(rows(), 3),
        "1;3",
    );
    let view = ListViewArray::from(ListArray::from_iter_primitive::<Int32Type, _, _>(rows()));
    assert_text(view, "1;3");
    let mut words = ListBuilder::new(StringBuilder::new());
    words.append_value([Some("a\"b"), Some("c")]);
    assert_text(words.finish(), r#"a\"b;c"#);
}

#[test]
fn an_empty_list_is_an_empty_value_and_a_null_one_is_left_out() {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append(true);
    lists.append(false);
    let lists: ArrayRef = Arc::new(lists.finish());
    assert_eq!(
        encode_row(Arc::clone(&lists), 0).unwrap(),
        r#"{"Attribute":"mx_Value","Value":""}"#
    );
    assert_eq!(encode_row(lists, 1).unwrap(), "");
}

#[test]
fn references_are_sent_as_what_they_refer_to() {
    let dictionary: DictionaryArray<Int16Type> = vec![Some("x"), None].into_iter().collect();
    assert_text(dictionary.clone(), "x");
    assert_eq!(encode_row(Arc::new(dictionary.clone()), 1).unwrap(), "");

    let keys = arrow::array::Int32Array::from(vec![0]);
    let nested = DictionaryArray::try_new(keys, Arc::new(dictionary)).unwrap();
    assert_text(nested, "x");

    let ends = Int32Array::from(vec![2, 3]);
    let values = StringArray::from(vec![Some("run"), None]);
    let runs: ArrayRef = Arc::new(RunArray::try_new(&ends, &values).unwrap());
    let field = r#"{"Attribute":"mx_Value","Value":"run"}"#;
    assert_eq!(encode_row(Arc::clone(&runs), 1).unwrap(), field);
    assert_eq!(encode_row(Arc::clone(&runs), 2).unwrap(), "");
    assert_eq!(encode_row(runs.slice(1, 2), 0).unwrap(), field);
}

#[test]
fn a_dictionary_without_values_is_all_null() {
    let keys = Int16Array::from(vec![None]);
    let empty: ArrayRef = Arc::new(StringArray::from(Vec::<&str>::new()));
    let dictionary = DictionaryArray::<Int16Type>::try_new(keys, empty).unwrap();
    assert_eq!(encode(Arc::new(dictionary)).unwrap(), "");
}

#[test]
fn nulls_are_left_out() {
    assert_eq!(encode(Arc::new(NullArray::new(1))).unwrap(), "");
    assert_eq!(encode(Arc::new(Int64Array::from(vec![None]))).unwrap(), "");
    let values = StringArray::from(vec![Some("v")]);
    assert_text(values, "v");
}

fn kyc(status: Vec<Option<&str>>, nulls: Option<NullBuffer>) -> ArrayRef {
    let fields = Fields::from(vec![
        Field::new("Status", DataType::Utf8, true),
        Field::new("mx_CustomObject_1", DataType::Int32, true),
    ]);
    let numbers: Vec<Option<i32>> = status.iter().map(|s| s.map(|_| 7)).collect();
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(status)),
        Arc::new(Int32Array::from(numbers)),
    ];
    Arc::new(StructArray::new(fields, arrays, nulls))
}

#[test]
fn a_struct_is_a_field_set() {
    assert_eq!(
        encode(kyc(vec![Some("Pending")], None)).unwrap(),
        concat!(
            r#"{"Attribute":"mx_Value","Value":"","Fields":["#,
            r#"{"Attribute":"Status","Value":"Pending"},"#,
            r#"{"Attribute":"mx_CustomObject_1","Value":"7"}]}"#
        )
    );
}

#[test]
fn a_field_set_of_nothing_is_left_out() {
    assert_eq!(encode(kyc(vec![None], None)).unwrap(), "");
    let null = NullBuffer::from(vec![false]);
    assert_eq!(
        encode(kyc(vec![Some("hidden below a null")], Some(null))).unwrap(),
        ""
    );
}

fn map(entries: &[(&str, Option<&str>)]) -> ArrayRef {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for (key, value) in entries {
        builder.keys().append_value(key);
        builder.values().append_option(*value);
    }
    builder.append(true).unwrap();
    Arc::new(builder.finish())
}

#[test]
fn a_map_is_a_field_set_of_its_keys() {
    assert_eq!(
        encode(map(&[("Status", Some("a\nb")), ("Gone", None)])).unwrap(),
        r#"{"Attribute":"mx_Value","Value":"","Fields":[{"Attribute":"Status","Value":"a\nb"}]}"#
    );
    assert_eq!(encode(map(&[])).unwrap(), "");
}

#[test]
fn a_map_with_a_repeated_or_an_empty_key_rejects_its_row() {
    let repeated = encode(map(&[("k", Some("1")), ("k", Some("2"))])).unwrap_err();
    assert_eq!(repeated.code(), "repeated-key");
    assert_eq!(
        encode(map(&[("", Some("1"))])).unwrap_err().code(),
        "empty-key"
    );
}

#[test]
fn what_has_no_text_rejects_its_row_with_column_and_value() {
    let nan = encode(Arc::new(Float64Array::from(vec![f64::NAN]))).unwrap_err();
    assert_eq!(
        nan.to_string(),
        "column \"mx_Value\" holds NaN, which is not a number that can be sent"
    );
    let infinite = encode(Arc::new(Float32Array::from(vec![f32::NEG_INFINITY]))).unwrap_err();
    assert_eq!(infinite.code(), "not-finite");
    let infinite = encode(Arc::new(Float16Array::from(vec![f16::INFINITY]))).unwrap_err();
    assert_eq!(infinite.code(), "not-finite");
    let far: ArrayRef = Arc::new(TimestampSecondArray::from(vec![i64::MAX]));
    assert_eq!(encode(far).unwrap_err().code(), "out-of-range");
    let late: ArrayRef = Arc::new(Time32SecondArray::from(vec![86_400]));
    assert_eq!(encode(late).unwrap_err().code(), "out-of-range");
    let negative: ArrayRef = Arc::new(Time64NanosecondArray::from(vec![-1]));
    assert_eq!(encode(negative).unwrap_err().code(), "out-of-range");
}

fn plan(fields: Vec<Field>, mapping: &Mapping) -> Result<Plan, Error> {
    Plan::try_new(&Arc::new(arrow::datatypes::Schema::new(fields)), mapping)
}

fn field(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

#[test]
fn a_failed_row_leaves_the_buffer_as_it_was_and_can_be_shown() {
    let batch = RecordBatch::try_from_iter([
        ("Phone", Arc::new(StringArray::from(vec![" "])) as ArrayRef),
        (
            "mx_Score",
            Arc::new(Float64Array::from(vec![f64::INFINITY])),
        ),
    ])
    .unwrap();
    let bound = Plan::try_new(&batch.schema(), &Mapping::new())
        .unwrap()
        .bind(&batch)
        .unwrap();
    let mut out = b"kept".to_vec();
    assert_eq!(bound.encode(0, &mut out).unwrap_err().code(), "not-finite");
    assert_eq!(out, b"kept");
    assert_eq!(
        String::from_utf8(bound.show(0)).unwrap(),
        r#"[{"Attribute":"Phone","Value":" "},{"Attribute":"mx_Score","Value":"inf"}]"#
    );
}

#[test]
fn columns_without_a_text_are_named_all_at_once() {
    let nested = DataType::new_list(DataType::new_list(DataType::Utf8, true), true);
    let inner = DataType::Struct(vec![field("Blob", DataType::Binary)].into());
    let fields = vec![
        field("Phone", DataType::Utf8),
        field("mx_Nested", nested),
        field(
            "mx_Took",
            DurationSecondArray::from(vec![1]).data_type().clone(),
        ),
        field("mx_Set", inner),
    ];
    let error = plan(fields.clone(), &Mapping::new())
        .unwrap_err()
        .to_string();
    for named in [
        "mx_Nested",
        "mx_Took",
        "mx_Set.Blob",
        "drop them in the mapping",
    ] {
        assert!(error.contains(named), "{error}");
    }
    let mapping = Mapping::new()
        .drop_column("mx_Nested")
        .drop_column("mx_Took")
        .drop_column("mx_Set.Blob");
    assert_eq!(plan(fields, &mapping).unwrap().columns().len(), 2);
    assert!(
        plan(
            vec![field(
                "Phone",
                BinaryArray::from(vec![&b"1"[..]]).data_type().clone()
            )],
            &mapping
        )
        .is_err()
    );
}

#[test]
fn an_attribute_can_be_set_once() {
    let fields = vec![
        field("Phone", DataType::Utf8),
        field("mobile", DataType::Utf8),
    ];
    let error = plan(fields.clone(), &Mapping::new().rename("mobile", "Phone")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "both column \"Phone\" and column \"mobile\" set the attribute \"Phone\"; \
         rename or drop one of them in the mapping"
    );
    let twice = Mapping::new().constant("mobile", "x");
    assert!(matches!(
        plan(fields, &twice),
        Err(Error::DuplicateAttribute { .. })
    ));
}

#[test]
fn no_unique_field_is_told_before_any_row() {
    let error = plan(vec![field("FirstName", DataType::Utf8)], &Mapping::new()).unwrap_err();
    assert!(error.to_string().contains("EmailAddress, Phone"), "{error}");
    assert!(
        error.to_string().contains("the columns are: FirstName"),
        "{error}"
    );
    assert!(plan(vec![], &Mapping::new()).is_err());
    let own = Mapping::new().unique_fields(["FirstName"]);
    assert!(plan(vec![field("FirstName", DataType::Utf8)], &own).is_ok());
    let none = Mapping::new().unique_fields(Vec::<String>::new());
    assert_eq!(plan(vec![], &none).unwrap_err(), Error::NoUniqueFields);
}

#[test]
fn a_dot_in_a_columns_own_name_is_a_field_sets_only_if_it_is_renamed_to_that_name() {
    let column = |text| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let batch =
        RecordBatch::try_from_iter([("Phone", column("1")), ("mx_KYC.Status", column("new"))])
            .unwrap();
    let renamed = Mapping::new().rename("mx_KYC.Status", "mx_KYC.Status");
    for (mapping, expected) in [
        (
            Mapping::new(),
            r#"{"Attribute":"mx_KYC.Status","Value":"new"}"#,
        ),
        (
            renamed,
            r#"{"Attribute":"mx_KYC","Value":"","Fields":[{"Attribute":"Status","Value":"new"}]}"#,
        ),
    ] {
        let plan = Plan::try_new(&batch.schema(), &mapping).unwrap();
        let mut lead = Vec::new();
        plan.bind(&batch).unwrap().encode(0, &mut lead).unwrap();
        let lead = String::from_utf8(lead).unwrap();
        assert!(lead.contains(expected), "{lead}");
    }
}

#[test]
fn constants_follow_the_columns_and_are_never_unique() {
    let batch =
        RecordBatch::try_from_iter([("Phone", Arc::new(StringArray::from(vec!["1"])) as ArrayRef)])
            .unwrap();
    let mapping = Mapping::new().constant("Source", "We\"b");
    let plan = Plan::try_new(&batch.schema(), &mapping).unwrap();
    let mut out = Vec::new();
    plan.bind(&batch).unwrap().encode(0, &mut out).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"[{"Attribute":"Phone","Value":"1"},{"Attribute":"Source","Value":"We\"b"}]"#
    );
    let unique = Mapping::new().constant("EmailAddress", "one@example.com");
    assert!(matches!(
        Plan::try_new(&batch.schema(), &unique),
        Err(Error::ConstantUniqueField { .. })
    ));
    let nameless = Mapping::new().constant(" ", "x");
    assert!(matches!(
        Plan::try_new(&batch.schema(), &nameless),
        Err(Error::EmptyAttribute { .. })
    ));
}

#[test]
fn columns_inside_a_struct_are_renamed_and_dropped_by_their_path() {
    let set = kyc(vec![Some("Pending")], None);
    let batch = RecordBatch::try_from_iter([
        ("Phone", Arc::new(StringArray::from(vec!["1"])) as ArrayRef),
        ("kyc", set),
    ])
    .unwrap();
    let mapping = Mapping::new()
        .rename("kyc", "mx_KYC")
        .rename("kyc.Status", "State")
        .drop_column("kyc.mx_CustomObject_1");
    let plan = Plan::try_new(&batch.schema(), &mapping).unwrap();
    let mut out = Vec::new();
    plan.bind(&batch).unwrap().encode(0, &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().ends_with(
        r#"{"Attribute":"mx_KYC","Value":"","Fields":[{"Attribute":"State","Value":"Pending"}]}]"#
    ));
}

#[test]
fn a_batch_of_another_schema_is_refused() {
    let plan = plan(vec![field("Phone", DataType::Utf8)], &Mapping::new()).unwrap();
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("Phone", numbers)]).unwrap();
    assert!(matches!(
        plan.bind(&batch),
        Err(Error::SchemaMismatch { index: 0, .. })
    ));
    let empty = RecordBatch::new_empty(Arc::new(arrow::datatypes::Schema::empty()));
    assert!(matches!(
        plan.bind(&empty),
        Err(Error::SchemaMismatch { .. })
    ));
}

/// The keys of a batch's rows.
fn lead_keys(columns: Vec<(&str, ArrayRef)>, mapping: &Mapping) -> Vec<Option<crate::LeadKey>> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let plan = Plan::try_new(&batch.schema(), mapping).unwrap();
    let bound = plan.bind(&batch).unwrap();
    (0..bound.num_rows())
        .map(|row| bound.lead_key(row))
        .collect()
}

#[test]
fn a_leads_key_is_that_of_what_is_sent_in_its_unique_fields() {
    let phones: ArrayRef = Arc::new(StringArray::from(vec!["7", "8"]));
    let emails: ArrayRef = Arc::new(StringArray::from(vec![Some("a@example.com"), None]));
    let plain = lead_keys(
        vec![("Phone", phones.clone()), ("EmailAddress", emails)],
        &Mapping::new(),
    );
    assert_ne!(plain[0], plain[1]);
    // In another order and of other types, by other names, with other columns beside them.
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
    let large: ArrayRef = Arc::new(LargeStringArray::from(vec![Some("a@example.com"), None]));
    let mapping = Mapping::new()
        .rename("mail", "EmailAddress")
        .constant("Source", "export");
    let other = lead_keys(
        vec![
            ("City", phones.clone()),
            ("mail", large),
            ("Phone", numbers),
        ],
        &mapping,
    );
    assert_eq!(plain, other);
    // A value in another unique field makes another lead.
    let email: ArrayRef = Arc::new(StringArray::from(vec!["7", "8"]));
    let emails = lead_keys(vec![("EmailAddress", email)], &Mapping::new());
    let phones = lead_keys(vec![("Phone", phones)], &Mapping::new());
    assert_eq!(phones[1], plain[1]);
    assert_ne!(emails[1], plain[1]);
}

#[test]
fn a_row_without_a_unique_value_has_no_key() {
    let blank: ArrayRef = Arc::new(StringArray::from(vec![Some(" "), Some(""), None]));
    let keys = lead_keys(vec![("Phone", blank)], &Mapping::new());
    assert_eq!(keys, [None, None, None]);
}
