//! `TAN-Warning` (`api.md` section 4): what was done as asked, and what it cost. Written as RFC 9651 writes an item with
//! parameters, so that a client reads it with any parser of structured fields.

use crate::service::Loss;

/// The longest list of names, in characters: proxies bound what the headers of a reply may have altogether.
const LONGEST_LIST: usize = 1000;

/// `no-factor-left; operations="transfer, closing"`: nothing is left that these operations of the bank core ask for. What
/// would make the list too long is counted: `; more=3`. `None` when nothing is lost.
pub(super) fn of(loss: &Loss) -> Option<String> {
    written(loss.operations())
}

fn written(operations: &[String]) -> Option<String> {
    let (first, others) = operations.split_first()?;
    let mut list = first.clone();
    let mut left = others.iter();
    while let Some(next) = left.clone().next().filter(|next| list.len() + next.len() + 2 <= LONGEST_LIST) {
        list = format!("{list}, {next}");
        left.next();
    }
    let more = match left.len() {
        0 => String::new(),
        more => format!("; more={more}"),
    };
    // The configuration allows no character in a name that would have to be escaped.
    Some(format!("no-factor-left; operations=\"{list}\"{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_names(names: &[&str]) -> Option<String> {
        written(&names.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_lost_is_named() {
        assert_eq!(of_names(&[]), None);
        assert_eq!(of_names(&["transfer"]).unwrap(), r#"no-factor-left; operations="transfer""#);
        assert_eq!(of_names(&["transfer", "closing"]).unwrap(), r#"no-factor-left; operations="transfer, closing""#);
    }

    #[test]
    fn a_list_that_would_be_too_long_is_cut_between_names_and_says_so() {
        let name = "a".repeat(64);
        let warning = of_names(&vec![name.as_str(); 100]).unwrap();
        let named = warning.matches(&name).count();
        assert_eq!(named, 15);
        assert!(warning.ends_with(&format!("; more={}", 100 - named)), "{warning}");
        assert!(warning.len() < 1100);
        assert!(!of_names(&vec![name.as_str(); 15]).unwrap().contains("more"));
    }
}
