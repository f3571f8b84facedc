//! Names of options as text, so that a command line can map its flags onto them.

/// Implements `Display` and `FromStr` for an option: each variant has one name, and an unknown
/// name is answered with all of them.
macro_rules! named {
    ($option:ty, $kind:literal, { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl std::fmt::Display for $option {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(match self { $(Self::$variant => $name),+ })
            }
        }

        impl std::str::FromStr for $option {
            type Err = $crate::Error;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err($crate::Error::UnknownName {
                        kind: $kind,
                        name: name.to_owned(),
                        expected: &[$($name),+],
                    }),
                }
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::{Algorithm, DuplicateAnswer, DuplicateInCall, RepeatedAttribute, ThrottleShape};

    fn round_trip<T>(names: &[&str])
    where
        T: std::str::FromStr<Err = crate::Error> + std::fmt::Display,
    {
        for name in names {
            assert_eq!(name.parse::<T>().expect(name).to_string(), *name);
        }
    }

    #[test]
    fn each_name_is_read_back_as_it_is_written() {
        round_trip::<Algorithm>(&["sliding-window", "fixed-window", "token-bucket"]);
        round_trip::<ThrottleShape>(&["429", "403", "200"]);
        round_trip::<DuplicateAnswer>(&["row", "row-with-lead-id", "whole-call"]);
        round_trip::<DuplicateInCall>(&["refuse", "create"]);
        round_trip::<RepeatedAttribute>(&["refuse", "last-wins"]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "leaky-bucket".parse::<Algorithm>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown algorithm `leaky-bucket`: expected one of sliding-window, fixed-window, \
             token-bucket",
        );
    }
}
