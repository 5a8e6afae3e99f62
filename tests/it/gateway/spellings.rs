//! Other spellings of a path, as a lenient reader undoes them (section 6a).

/// How the parts of a path can be spelled, each a way to write `path` that some server reads as `path`.
pub fn of(path: &str) -> Vec<String> {
    let mut all = Vec::new();
    behind(path, &mut all);
    between(path, &mut all);
    before(path, &mut all);
    within(path, &mut all);
    all.sort();
    all.dedup();
    assert!(all.len() >= 60 && all.iter().all(|spelling| spelling != path), "{}", all.len());
    all
}

fn behind(path: &str, all: &mut Vec<String>) {
    for end in [
        "/",
        "//",
        "///",
        "/.",
        "/./",
        "/x/..",
        "/x/../",
        "/x/%2e%2e",
        "/x%2f..",
        "/%2e",
        "%2F",
        "%2f",
        "%2F%2F",
        "%252F",
        "%25252f",
        "\\",
        "%5C",
        "%5c",
        "%255c",
        ";",
        ";x",
        ";x=1",
        ";jsessionid=1",
        "%3B",
        "%3bx",
        "/;",
        "/;x",
        "/.;x",
        "%20",
        "%20%20",
        "%09",
        "%2520",
        "%00",
        "%00.html",
        "%2500",
        "%3F",
        "%3f",
        "%3Fx=1",
        "%253F",
        "%23",
        "%23x",
        "%2523",
        "/%20",
        "/%00",
    ] {
        all.push(format!("{path}{end}"));
    }
    all.extend([";?x=1", "/?x=1", "%20?", "%3F?x", "%00?x"].map(|end| format!("{path}{end}")));
}

fn between(path: &str, all: &mut Vec<String>) {
    let places: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    for at in places {
        let (head, tail) = (&path[..at], &path[at + 1..]);
        for slash in [
            "//",
            "///",
            "/./",
            "/.//",
            "/x/../",
            "/x/%2e%2e/",
            "/x/.%2E/",
            "/x/..%2f",
            "/x/..;/",
            "/x/..;a=b/",
            "/.;/",
            "/;/",
            "/;a/",
            "/%2e/",
        ] {
            all.push(format!("{head}{slash}{tail}"));
        }
        if at > 0 {
            all.extend(
                ["\\", "%2F", "%2f", "%252f", "%25252F", "%5C", "%255c", "/\\", "\\/", ";/", ";a=b/", "/%2F"]
                    .map(|slash| format!("{head}{slash}{tail}")),
            );
        }
    }
}

fn before(path: &str, all: &mut Vec<String>) {
    for begin in [
        "/..",
        "/../..",
        "/%2e%2e",
        "/.%2e",
        "/%2E.",
        "/x/..",
        "/x/y/../..",
        "/.",
        "/;",
        "/\\",
        "/..\\",
        "/x\\..",
        "//x/..",
    ] {
        all.push(format!("{begin}{path}"));
    }
    for origin in ["http://bank.example", "https://bank.example", "HTTP://BANK.EXAMPLE:80", "http://core"] {
        all.push(format!("{origin}{path}"));
        all.push(format!("{origin}{path}/"));
    }
}

fn within(path: &str, all: &mut Vec<String>) {
    for (at, letter) in path.char_indices().filter(|(_, letter)| letter.is_ascii_alphabetic()) {
        let (head, tail) = (&path[..at], &path[at + 1..]);
        let code = u32::from(letter);
        all.push(format!("{head}%{code:02x}{tail}"));
        all.push(format!("{head}%{code:02X}{tail}"));
        all.push(format!("{head}%25{code:02x}{tail}"));
        all.push(format!("{head}%2525{code:02x}{tail}"));
    }
}

/// The same with other capitals in what is not the account's name.
pub fn in_capitals(path: &str, username: &str) -> Vec<String> {
    let fixed = |spelling: String| spelling.replace(&username.to_uppercase(), username);
    let mut all = vec![fixed(path.to_uppercase())];
    for (at, letter) in path.char_indices().filter(|(_, letter)| letter.is_ascii_lowercase()) {
        let capital = letter.to_ascii_uppercase();
        all.push(format!("{}{capital}{}", &path[..at], &path[at + 1..]));
    }
    let name = path.find(username).unwrap();
    all.retain(|spelling| spelling[name..].starts_with(username) && spelling != path);
    all
}
