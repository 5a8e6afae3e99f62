//! Paths that were mangled at random.

use proptest::prelude::*;

use super::{only_transfers, whose};

/// A spelling of the same path for some lenient reader.
fn mangled(path: &str, trick: u8, at: usize) -> String {
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    let slash = slashes[at % slashes.len()];
    let letter = 1 + at % (path.len() - 1);
    let (before, behind) = path.split_at(slash);
    match trick % 14 {
        0 => format!("{}%{:02x}{}", &path[..letter], path.as_bytes()[letter], &path[letter + 1..]),
        1 => format!("{}%{:02X}{}", &path[..letter], path.as_bytes()[letter], &path[letter + 1..]),
        2 => format!("{before}/{behind}"),
        // The first one stays: a request's target begins with a slash.
        3 if slash > 0 => format!("{before}\\{}", &behind[1..]),
        4 => format!("{before}/.{behind}"),
        5 => format!("{before}/x/..{behind}"),
        6 => format!("{path};p=1"),
        7 if slash > 0 => format!("{before};p{behind}"),
        8 => format!("{path}/"),
        9 => format!("{path}%20"),
        10 => format!("{path}%3fq"),
        11 => format!("{path}%23f"),
        12 => format!("{path}%00"),
        _ => {
            let turned: String = path[letter..=letter].to_ascii_uppercase();
            format!("{}{turned}{}", &path[..letter], &path[letter + 1..])
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to the path of a protected route, and however often, it never passes unprotected.
    #[test]
    fn no_mangled_path_of_a_protected_route_passes(
        tricks in prop::collection::vec((any::<u8>(), any::<usize>()), 1..5)
    ) {
        let routes = only_transfers();
        let path = tricks.iter().fold("/accounts/alice/transactions".to_owned(), |path, (trick, at)| {
            mangled(&path, *trick, *at)
        });
        let whose = whose(&routes, "POST", &path);
        let is_normal = whose.starts_with("transfer of ");
        prop_assert!(whose == "doubtful" || is_normal, "{path} is {whose}");
        if is_normal {
            // Another customer's, where the name's case changed; never another spelling of the route.
            prop_assert!(path.eq_ignore_ascii_case("/accounts/alice/transactions"));
            prop_assert!(path.starts_with("/accounts/") && path.ends_with("/transactions"));
        }
    }

    /// No path makes the reader stumble.
    #[test]
    fn any_target_is_somebodys(path in "(/[a-z%;.\\\\025ef]{0,6}){1,8}") {
        let routes = only_transfers();
        whose(&routes, "POST", &path);
    }
}
