//! When two replies are one to whoever reads them.

use crate::app::Answer;

/// All of a reply that its reader sees, but what is of the request alone.
pub fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let of_the_request = ["x-request-id", "date"];
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !of_the_request.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str().to_owned(), in_order(&String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    headers.sort();
    (answer.status.as_u16(), headers, answer.raw.clone())
}

/// Each thread that serves lists the names of CORS in an order of its own, the same for every reply of it.
fn in_order(value: &str) -> String {
    let mut names: Vec<&str> = value.split(", ").collect();
    names.sort_unstable();
    names.join(", ")
}

/// One reply for all of them, and that one.
pub fn assert_alike(error: (u16, u64), answers: &[(String, Answer)]) {
    for (what, answer) in answers {
        assert_eq!(answer.error(), error, "{what}: {answer:?}");
        assert_eq!(seen(answer), seen(&answers[0].1), "{what} and {} look different", answers[0].0);
    }
    assert!(answers.len() > 1);
}
