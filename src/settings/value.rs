//! The kinds of values, how each is written, and how it is shown.

use std::time::Duration;

use toml::Value as Toml;

use super::raw::Raw;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// A kind of value.
pub(super) trait Value: Sized {
    /// Whether the value is withheld from troubles and reports.
    const SECRET: bool = false;

    /// Understands `raw`, or says what is wrong with it and what would be right: the rest of a sentence that begins
    /// with the value.
    fn read(raw: &Raw) -> Result<Self, String>;

    /// The value as one would write it.
    fn show(&self) -> String;
}

/// A kind that has few values, each with a name.
pub(super) trait Named: Copy + PartialEq + 'static {
    /// Every value by its name.
    const NAMES: &'static [(&'static str, Self)];
}

impl<T: Named> Value for T {
    fn read(raw: &Raw) -> Result<Self, String> {
        let text = raw.text();
        let known = Self::NAMES.iter().find(|(name, _)| Some(*name) == text.as_deref());
        known.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = Self::NAMES.iter().map(|(name, _)| quoted(name)).collect();
            format!("is not known here; write {}", names.join(" or "))
        })
    }

    fn show(&self) -> String {
        let known = Self::NAMES.iter().find(|(_, value)| value == self);
        quoted(known.map_or("", |(name, _)| name))
    }
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    Toml::String(text.to_owned()).to_string()
}

/// The text of `raw`, with neither a control character nor nothing but blanks in it; `right` says what to write.
pub(super) fn plain_text(raw: &Raw, right: &str) -> Result<String, String> {
    let text = raw.text().ok_or_else(|| format!("is no text; write {right}"))?;
    if text.trim().is_empty() {
        return Err(format!("is empty; write {right}"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("has control characters or line breaks; write {right}"));
    }
    Ok(text.into_owned())
}

impl Value for String {
    fn read(raw: &Raw) -> Result<Self, String> {
        plain_text(raw, "a text in quotes")
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl Value for bool {
    fn read(raw: &Raw) -> Result<Self, String> {
        raw.toml().and_then(|value| value.as_bool()).ok_or_else(|| "is neither; write true or false".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

fn whole_number<T: TryFrom<i64>>(raw: &Raw) -> Result<T, String> {
    let number = raw.toml().and_then(|value| value.as_integer());
    let number = number.ok_or("is no whole number; write one without quotes and unit")?;
    T::try_from(number).map_err(|_| format!("is too {}", if number < 0 { "small" } else { "large" }))
}

macro_rules! whole_numbers {
    ($($kind:ty),*) => {$(
        impl Value for $kind {
            fn read(raw: &Raw) -> Result<Self, String> {
                whole_number(raw)
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

whole_numbers!(u8, u16, u32, usize);

impl Value for Duration {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"write a number and its unit, like "10 s", "5 min", "24 h" or "14 days""#;
        let text = raw.text().ok_or_else(|| format!("has no unit; {right}"))?;
        humantime::parse_duration(&text).map_err(|_| format!("is no duration; {right}"))
    }

    fn show(&self) -> String {
        quoted(&span(*self))
    }
}

/// A duration as the documents write it, `5 min`.
pub(super) fn span(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [(86_400_000, "days"), (3_600_000, "h"), (60_000, "min"), (1000, "s"), (1, "ms")];
    let whole = duration.subsec_nanos().is_multiple_of(1_000_000);
    let unit = units.into_iter().find(|(size, _)| whole && millis > 0 && millis.is_multiple_of(*size));
    match unit {
        Some((86_400_000, _)) if millis == 86_400_000 => "24 h".to_owned(),
        Some((size, name)) => format!("{} {name}", millis / size),
        None if duration.is_zero() => "0 s".to_owned(),
        None => humantime::format_duration(duration).to_string(),
    }
}

/// A size in bytes.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Size(pub(super) usize);

impl Value for Size {
    fn read(raw: &Raw) -> Result<Self, String> {
        if let Ok(bytes) = whole_number(raw) {
            return Ok(Self(bytes));
        }
        let wrong = || r#"is no size; write bytes as a whole number, or like "64 KiB" or "1 MiB""#.to_owned();
        let text = raw.text().ok_or_else(wrong)?;
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
        let unit = [("B", 1), ("KiB", KIB), ("MiB", MIB)].into_iter().find(|(name, _)| *name == unit.trim_start());
        let (number, (_, unit)) = number.parse::<usize>().ok().zip(unit).ok_or_else(wrong)?;
        number.checked_mul(unit).map(Self).ok_or_else(|| "is too large".to_owned())
    }

    fn show(&self) -> String {
        match self.0 {
            bytes if bytes > 0 && bytes.is_multiple_of(MIB) => quoted(&format!("{} MiB", bytes / MIB)),
            bytes if bytes > 0 && bytes.is_multiple_of(KIB) => quoted(&format!("{} KiB", bytes / KIB)),
            bytes => bytes.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Value>(written: &str) -> Result<T, String> {
        T::read(&Raw::File(written.parse().unwrap()))
    }

    #[test]
    fn sizes_are_bytes_or_have_a_unit() {
        for (written, bytes) in [("1024", 1024), ("\"64 KiB\"", 65536), ("\"1MiB\"", 1_048_576), ("\"7 B\"", 7)] {
            assert_eq!(read::<Size>(written).map(|size| size.0), Ok(bytes), "{written}");
        }
        for written in ["\"64\"", "\"64 kb\"", "\"KiB\"", "-1", "1.5", "\"\"", "\"99999999999999999999 MiB\"", "[]"] {
            assert!(read::<Size>(written).is_err(), "{written}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        for (written, seconds) in [("\"10 s\"", 10), ("\"5 min\"", 300), ("\"24 h\"", 86400), ("\"1 min 30 s\"", 90)] {
            assert_eq!(read(written), Ok(Duration::from_secs(seconds)), "{written}");
        }
        for written in ["10", "\"10\"", "\"ten s\"", "\"10 fortnights\"", "\"-1 s\"", "true"] {
            assert!(read::<Duration>(written).is_err(), "{written}");
        }
    }

    #[test]
    fn what_is_shown_can_be_written() {
        for duration in ["0 s", "1 ms", "1500 ms", "90 s", "5 min", "24 h", "14 days", "17us 3ns"] {
            let read_once = read::<Duration>(&quoted(duration)).unwrap();
            assert_eq!(read::<Duration>(&read_once.show()), Ok(read_once), "{duration}");
        }
        for size in [0, 1, 1023, 1024, 65536, 1_048_576] {
            assert_eq!(read::<Size>(&Size(size).show()).map(|size| size.0), Ok(size));
        }
        assert_eq!(span(Duration::from_mins(5)), "5 min");
    }

    #[test]
    fn numbers_stay_in_their_kind() {
        assert_eq!(read::<u8>("255"), Ok(255));
        assert_eq!(read::<u8>("256"), Err("is too large".to_owned()));
        assert_eq!(read::<u32>("-1"), Err("is too small".to_owned()));
        assert!(read::<u16>("\"3\"").is_err());
    }
}
