//! Numbers, dates, timestamps and times.

use std::sync::Arc;

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type,
    Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

use super::Mood;
use crate::proof::Entropy;
use crate::proof::values::{self, SECONDS_A_DAY};

/// A builder of one type's array, for all but the values.
struct Build<'a, 'e> {
    data_type: &'a DataType,
    len: usize,
    mood: Mood,
    entropy: &'a mut Entropy<'e>,
}

impl Build<'_, '_> {
    fn of<T: ArrowPrimitiveType>(self, value: impl Fn(&mut Entropy) -> T::Native) -> ArrayRef {
        let nulls = self.mood.nulls(self.len, self.entropy);
        let values: ScalarBuffer<T::Native> = (0..self.len).map(|_| value(self.entropy)).collect();
        let array = PrimitiveArray::<T>::new(values, nulls);
        Arc::new(array.with_data_type(self.data_type.clone()))
    }

    fn integers<T>(self, low: impl Into<i128>, high: impl Into<i128>) -> ArrayRef
    where
        T: ArrowPrimitiveType<Native: TryFrom<i128>>,
    {
        let (mut low, mut high) = (low.into(), high.into());
        if self.entropy.once_in(3) {
            // Numbers of few digits only, as most columns have them.
            high = high.min(self.entropy.pick(&[9, 99, 9_999, 99_999_999]));
            low = low.max(0);
        }
        self.of::<T>(|entropy| number(values::integer(low, high, entropy)))
    }

    fn dates<T>(self, a_day: i64) -> ArrayRef
    where
        T: ArrowPrimitiveType<Native: TryFrom<i64> + Bounded>,
    {
        let faults = self.mood.faults;
        self.of::<T>(|entropy| {
            let value = values::date(a_day, faults, entropy);
            T::Native::try_from(value).unwrap_or(T::Native::FAR)
        })
    }

    fn timestamps<T: ArrowPrimitiveType<Native = i64>>(self, a_second: i64) -> ArrayRef {
        let faults = self.mood.faults;
        self.of::<T>(|entropy| values::timestamp(a_second, faults, entropy))
    }

    fn times<T>(self, a_second: i64) -> ArrayRef
    where
        T: ArrowPrimitiveType<Native: TryFrom<i64>>,
    {
        let faults = self.mood.faults;
        self.of::<T>(|entropy| number(values::time(a_second, faults, entropy)))
    }
}

/// What stands in for a value that the type is too narrow for.
trait Bounded {
    const FAR: Self;
}

impl Bounded for i32 {
    const FAR: Self = Self::MIN;
}

impl Bounded for i64 {
    const FAR: Self = Self::MIN;
}

fn number<N: TryFrom<W>, W>(wide: W) -> N {
    let Ok(number) = N::try_from(wide) else {
        panic!("a number that is too large for its type");
    };
    number
}

pub(super) fn primitive(
    data_type: &DataType,
    len: usize,
    mood: Mood,
    entropy: &mut Entropy,
) -> ArrayRef {
    use DataType as T;
    use TimeUnit as U;
    let faults = mood.faults;
    let build = Build {
        data_type,
        len,
        mood,
        entropy,
    };
    match data_type {
        T::Int8 => build.integers::<Int8Type>(i8::MIN, i8::MAX),
        T::Int16 => build.integers::<Int16Type>(i16::MIN, i16::MAX),
        T::Int32 => build.integers::<Int32Type>(i32::MIN, i32::MAX),
        T::Int64 => build.integers::<Int64Type>(i64::MIN, i64::MAX),
        T::UInt8 => build.integers::<UInt8Type>(u8::MIN, u8::MAX),
        T::UInt16 => build.integers::<UInt16Type>(u16::MIN, u16::MAX),
        T::UInt32 => build.integers::<UInt32Type>(u32::MIN, u32::MAX),
        T::UInt64 => build.integers::<UInt64Type>(u64::MIN, u64::MAX),
        // More digits than the precision has room for, as writers are not held to it.
        T::Decimal32(..) => build.integers::<Decimal32Type>(i32::MIN, i32::MAX),
        T::Decimal64(..) => build.integers::<Decimal64Type>(i64::MIN, i64::MAX),
        T::Decimal128(..) => build.integers::<Decimal128Type>(i128::MIN, i128::MAX),
        T::Decimal256(..) => build.of::<Decimal256Type>(values::wide_integer),
        T::Float16 => build.of::<Float16Type>(|entropy| values::half(faults, entropy)),
        T::Float32 => build.of::<Float32Type>(|entropy| values::single(faults, entropy)),
        T::Float64 if build.entropy.once_in(3) => build.of::<Float64Type>(values::cents),
        T::Float64 => build.of::<Float64Type>(|entropy| values::double(faults, entropy)),
        T::Date32 => build.dates::<Date32Type>(1),
        T::Date64 => build.dates::<Date64Type>(SECONDS_A_DAY * 1_000),
        T::Timestamp(U::Second, _) => build.timestamps::<TimestampSecondType>(1),
        T::Timestamp(U::Millisecond, _) => build.timestamps::<TimestampMillisecondType>(1_000),
        T::Timestamp(U::Microsecond, _) => build.timestamps::<TimestampMicrosecondType>(1_000_000),
        T::Timestamp(U::Nanosecond, _) => {
            build.timestamps::<TimestampNanosecondType>(1_000_000_000)
        }
        T::Time32(U::Second) => build.times::<Time32SecondType>(1),
        T::Time32(_) => build.times::<Time32MillisecondType>(1_000),
        T::Time64(U::Nanosecond) => build.times::<Time64NanosecondType>(1_000_000_000),
        T::Time64(_) => build.times::<Time64MicrosecondType>(1_000_000),
        other => panic!("no values for {other}"),
    }
}
