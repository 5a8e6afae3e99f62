//! The readings of a path.

use proptest::prelude::*;

use super::*;

fn reads_as(path: &str, wanted: &[&str]) -> bool {
    any_reading(path, |segments| segments.iter().copied().eq(wanted.iter().map(|segment| segment.as_bytes())))
}

#[test]
fn a_plain_path_is_one_that_every_reader_takes_for_the_same() {
    for path in ["/", "/a", "/a/B-_.~9/c"] {
        assert_eq!(is_plain(path), path != "/", "{path}");
    }
    for path in ["", "a", "*", "/a/", "//a", "/a//b", "/.", "/a/..", "/a;b", "/a%20", "/a\\b", "/a b", "/ä", "/a+b"] {
        assert!(!is_plain(path), "{path}");
    }
}

#[test]
fn each_step_is_undone_alone_and_behind_the_others() {
    for path in ["/a/b", "/a/b/", "/%61/b", "/a//b", "/a\\b", "/a/x/../b", "/a;x/b", "/a%20/b", "/a/b%3fx", "/a/b%00x"]
    {
        assert!(reads_as(path, &["a", "b"]), "{path}");
    }
    for path in ["/%2561%252fb", "/a/x/%2e%2e%3bq/b", "/a/x/..%20/b", "/a/x/..%00/b", "/a%2f%2fb%2f", "/a/%5c/b"] {
        assert!(reads_as(path, &["a", "b"]), "{path}");
    }
}

#[test]
fn readers_that_differ_are_each_heard() {
    // Whether doubled slashes go before dot segments are resolved.
    for last in [&["a", "b"][..], &["a", "x", "b"][..]] {
        assert!(reads_as("/a/x//../b", last), "{last:?}");
    }
    // Whether NUL ends a path or is left out of it.
    for last in [&["a"][..], &["ab"][..]] {
        assert!(reads_as("/a%00b", last), "{last:?}");
    }
    assert!(!reads_as("/a/b", &["a"]));
}

#[test]
fn letters_are_compared_in_any_case_and_nothing_else_is() {
    assert!(
        could_be(b"TanaGer", "tanager") && could_be(b"t%41nager;x", "tanager") && could_be(b" tanager\t", "tanager")
    );
    assert!(could_be("\u{212a}ey".as_bytes(), "key") && could_be("\u{17f}ix".as_bytes(), "six"));
    assert!(!could_be(b"tanagers", "tanager") && !could_be(b"tan", "tanager") && !could_be(b"", "tanager"));
}

proptest! {
    #[test]
    fn a_plain_path_has_its_one_reading_and_no_other(path in "(/[a-zA-Z0-9._~-]{1,8}){1,6}") {
        prop_assume!(is_plain(&path));
        let itself: Vec<&[u8]> = path[1..].split('/').map(str::as_bytes).collect();
        prop_assert!(any_reading(&path, |segments| segments == itself));
        prop_assert!(!any_reading(&path, |segments| segments != itself));
    }

    #[test]
    fn no_path_makes_the_readers_stumble_or_run_on(
        path in prop_oneof![any::<String>(), "(/|%|2f|5c|00|3b|[a.;\\\\ ?#:]|%25|\\.\\.){0,60}"]
    ) {
        let began = std::time::Instant::now();
        let readings = std::cell::Cell::new(0usize);
        any_reading(&path, |_| {
            readings.set(readings.get() + 1);
            false
        });
        prop_assert!(readings.get() <= MOST_READINGS);
        prop_assert!(began.elapsed() < std::time::Duration::from_secs(5));
        prop_assert!(any_reading(&path, |_| true));
    }
}
