//! Whose a request is, whatever its spelling.

mod mangled;

use std::path::Path;

use actix_web::http::Uri;

use super::*;
use crate::settings::Settings;

const OPERATIONS: &str = "
    [[gateway.operation]]
    name = 'transfer'
    method = 'POST'
    path = '/accounts/{username}/transactions'
    [[gateway.operation]]
    name = 'balance'
    method = 'GET'
    path = '/accounts/{username}/limits/{id}'
    [[gateway.operation]]
    name = 'any'
    method = 'POST'
    path = '/accounts/{username}/{thing}'
";

/// A configuration with these lines in `[gateway]`.
pub(in crate::gateway) fn settings(gateway: &str) -> Settings {
    let text = format!(
        "[server]\nallowed_origins = ['https://bank.example']\n[database]\nurl = 'postgres://tanager@127.0.0.1/tanager'\n[gateway]\nlisten = '127.0.0.1:0'\n{gateway}"
    );
    Settings::from_toml(&text, Path::new("/etc/tanager"), std::iter::empty()).unwrap_or_else(|error| panic!("{error}"))
}

fn routes(default: &str, operations: &str) -> Routes {
    let gateway = format!("upstream = 'http://127.0.0.1:1'\ndefault = '{default}'\n{operations}");
    Routes::new(settings(&gateway).gateway.as_ref().unwrap(), "")
}

fn whose(routes: &Routes, method: &str, target: &str) -> String {
    let uri: Uri = target.parse().unwrap();
    match routes.whose(method, &Target::new(&uri)) {
        Whose::Own => "own".to_owned(),
        Whose::Protected(operation, username) => format!("{} of {username}", operation.name),
        Whose::Core => "core".to_owned(),
        Whose::Doubtful => "doubtful".to_owned(),
        Whose::Denied => "denied".to_owned(),
    }
}

fn only_transfers() -> Routes {
    routes("pass", OPERATIONS.split("[[").nth(1).map(|first| format!("[[{first}")).unwrap().as_str())
}

#[test]
fn a_route_in_its_normal_form_is_protected() {
    let routes = routes("pass", OPERATIONS);
    for (method, target, expected) in [
        ("POST", "/accounts/alice/transactions", "transfer of alice"),
        ("POST", "/accounts/A-b.c_d~e/transactions?x=%2f..;//", "transfer of A-b.c_d~e"),
        ("GET", "/accounts/alice/limits/7", "balance of alice"),
        ("HEAD", "/accounts/alice/limits/7", "balance of alice"),
        ("POST", "/accounts/alice/other", "any of alice"),
        ("GET", "/accounts/alice/transactions", "core"),
        ("OPTIONS", "/accounts/alice/transactions", "core"),
        ("DELETE", "/accounts/alice/limits/7", "core"),
        ("POST", "/accounts/alice", "core"),
        ("POST", "/accounts/alice/transactions/1", "core"),
        ("GET", "/", "core"),
    ] {
        assert_eq!(whose(&routes, method, target), expected, "{method} {target}");
    }
}

#[test]
fn what_a_lenient_reader_could_take_for_a_protected_route_is_refused() {
    let routes = only_transfers();
    let too_long = format!("/accounts/{}/transactions", "x".repeat(127));
    for target in [
        "/accounts/alice/transactions/",
        "/accounts/alice/transactions//",
        "//accounts/alice/transactions",
        "/accounts//alice/transactions",
        "/accounts/alice//transactions",
        "/accounts/alice/Transactions",
        "/ACCOUNTS/alice/transactions",
        "/accounts/alice/transactions;v=1",
        "/accounts;a/alice;b/transactions;c",
        "/accounts/alice/transactions%20",
        "/accounts/alice/%20transactions",
        "/accounts/alice/transactions%09",
        "/accounts/alice/transactions%0d%0a",
        "/accounts/alice/transactions%00",
        "/accounts/alice/transactions%00.png",
        "/accounts/alice/trans%00actions",
        "/accounts/alice/transactions%3f",
        "/accounts/alice/transactions%3Fx=/../y",
        "/accounts/alice/transactions%23x",
        "/accounts/alice/%74ransactions",
        "/accounts/%61lice/transactions",
        "/accounts/a%20b/transactions",
        "/%61ccounts/alice/transactions",
        "/accounts%2falice%2ftransactions",
        "/accounts/alice%2Ftransactions",
        "/accounts/al%2fice/%74ransactions",
        "/accounts/alice/%2574ransactions",
        "/accounts/alice/%252574ransactions",
        "/accounts/alice/./transactions",
        "/accounts/alice/x/../transactions",
        "/accounts/alice/x/%2e%2e/transactions",
        "/accounts/alice/x/%252e%252e/transactions",
        "/accounts/alice/x/..;/transactions",
        "/accounts/alice/x/..%3b/transactions",
        "/accounts/alice/x/.%2e/transactions",
        "/accounts/alice/x//../transactions",
        "/accounts/alice/%2e%2e/../transactions",
        "/accounts/alice/transactions/.",
        "/accounts/alice/transactions/x/..",
        "/x/../accounts/alice/transactions",
        "/../accounts/alice/transactions",
        "/accounts\\alice\\transactions",
        "/accounts/alice/transactions\\",
        "/accounts/alice/x\\..\\transactions",
        "/accounts%5calice%5ctransactions",
        "/accounts/alice/x%5c..%5ctransactions",
        "/accounts/./transactions",
        "/accounts/%2e/transactions",
        "/accounts/alice/tran%C5%BFactions",
        "http://bank.example/accounts/alice/transactions",
        "http://bank.example/accounts/alice/%74ransactions",
        "//bank.example/accounts/alice/transactions",
        "/http://bank.example/accounts/alice/transactions",
        "/http:/bank.example/accounts/alice/transactions",
        &too_long,
    ] {
        assert_eq!(whose(&routes, "POST", target), "doubtful", "{target}");
    }
    assert_eq!(whose(&routes, "post", "/accounts/alice/transactions"), "doubtful");
}

#[test]
fn every_other_path_passes() {
    let routes = only_transfers();
    for target in [
        "/",
        "/accounts/alice/transactions.json",
        "/accounts/alice/transaction",
        "/accounts/alice/x%2fy",
        "/accounts/alice/files/a%20b",
        "/accounts/alice/files/../..",
        "/accounts/alice/tanz",
        "/accounts/alice/tokens;v=1",
        "/public//x/./y/../z/",
        "/search?q=/accounts/alice/transactions",
        "/a%252fb%25",
        "/%zz%",
        "/x;y/z\\w",
        "/caf%C3%A9/%E2%84%AA",
        "*",
        "http://bank.example/public",
    ] {
        assert_eq!(whose(&routes, "POST", target), "core", "{target}");
    }
    // Another method is another route, however it is spelled.
    assert_eq!(whose(&routes, "GET", "/accounts/alice/%74ransactions"), "core");
}

#[test]
fn a_head_in_another_spelling_is_refused_like_a_get() {
    let routes = routes("pass", OPERATIONS);
    for method in ["GET", "HEAD"] {
        assert_eq!(whose(&routes, method, "/accounts/alice/limits/7/"), "doubtful");
        assert_eq!(whose(&routes, method, "/accounts/alice/limits/a%20b"), "doubtful");
    }
    assert_eq!(whose(&routes, "head", "/accounts/alice/limits/7"), "doubtful");
}

#[test]
fn a_query_that_names_another_method_reaches_no_protected_path() {
    let routes = only_transfers();
    for query in [
        "_method=POST",
        "a=1&_METHOD=post",
        "%5fmethod=POST",
        ".method=POST",
        "%5bmethod=POST",
        "x-http-method-override=POST",
    ] {
        assert_eq!(whose(&routes, "GET", &format!("/accounts/alice/transactions?{query}")), "doubtful", "{query}");
        assert_eq!(whose(&routes, "GET", &format!("/accounts/alice?{query}")), "core", "{query}");
    }
    assert_eq!(whose(&routes, "POST", "/accounts/alice/transactions?_method=POST"), "transfer of alice");
    assert_eq!(whose(&routes, "GET", "/accounts/alice/transactions?method=POST"), "core");
}

#[test]
fn the_services_own_paths_are_its_own_in_their_normal_form_alone() {
    let routes = only_transfers();
    for target in ["/accounts/alice/tan", "/accounts/alice/challenge/x", "/accounts/alice/session/step-up", "/tanager"]
    {
        assert_eq!(whose(&routes, "GET", target), "own", "{target}");
    }
    for target in [
        "/accounts/alice/%74an",
        "/accounts/alice/tan/",
        "/accounts/alice/TAN/sms",
        "/accounts/alice/tan;x/sms",
        "/accounts/%61lice/tan",
        "/accounts//alice/tan",
        "/accounts/x/../alice/tan",
        "/accounts/alice/tan/sms%00",
        "/x/../tanager/config",
        "/Tanager/config",
        "/tanager/",
        "/tanager/%2e%2e/accounts",
        "http://bank.example/tanager/config",
    ] {
        assert_eq!(whose(&routes, "GET", target), "doubtful", "{target}");
        let uri: Uri = target.parse().unwrap();
        assert!(!is_the_services_own(&Target::new(&uri)), "{target}");
    }
}

#[test]
fn of_two_routes_the_more_exact_is_meant() {
    let routes = routes("pass", OPERATIONS);
    assert_eq!(whose(&routes, "POST", "/accounts/alice/transactions"), "transfer of alice");
    // The normal form of one, and a mangled form of the other.
    assert_eq!(whose(&routes, "POST", "/accounts/alice/Transactions"), "doubtful");
}

#[test]
fn where_routes_must_be_named_the_unsafe_ones_that_are_not_are_denied() {
    let routes = routes("deny-unsafe", OPERATIONS);
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(whose(&routes, method, "/public"), "core");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "get", "PROPFIND"] {
        assert_eq!(whose(&routes, method, "/public/x%20y"), "denied");
        assert_eq!(whose(&routes, method, "/public"), "denied");
    }
    assert_eq!(whose(&routes, "POST", "/accounts/alice/transactions"), "transfer of alice");
}

#[test]
fn a_path_that_is_contrived_beyond_measure_is_refused_in_time() {
    let routes = only_transfers();
    let escaped = (0..40).fold("%2f".to_owned(), |path, _| path.replace('%', "%25"));
    let nested = format!("/{}", escaped.repeat(200));
    let slashes = format!("/x{}", "/..;%2500%3f\\ ".trim().repeat(2000));
    for target in [nested, slashes] {
        let begun = std::time::Instant::now();
        let whose = whose(&routes, "POST", &target);
        assert!(["core", "doubtful"].contains(&whose.as_str()));
        assert!(begun.elapsed().as_secs() < 5, "{:?} for {} bytes", begun.elapsed(), target.len());
    }
}

#[test]
fn no_way_out_of_the_base_leads_back_to_a_protected_route() {
    let routes = Routes { base: "/bank/v1".to_owned(), ..only_transfers() };
    for target in [
        "/../v1/accounts/alice/transactions",
        "/../../bank/v1/accounts/alice/transactions",
        "/..%2fv1/accounts/alice/transactions",
        "/%2e%2e/%2e%2e/bank/v1/accounts/alice/transactions",
        "/..;/v1/accounts/alice/transactions",
        "/..\\V1/accounts/alice/transactions",
        "/x/../../v1/accounts/alice/transactions",
        "/../v1//accounts/alice/transactions/",
        "/../v2/elsewhere",
        "/..",
        "//accounts/alice/transactions",
    ] {
        assert_eq!(whose(&routes, "POST", target), "doubtful", "{target}");
    }
    for target in ["/x/../y", "/a%20b", "/accounts/alice/", "/x/", "//", "/a..b/%2e"] {
        assert_eq!(whose(&routes, "POST", target), "core", "{target}");
    }
    assert_eq!(whose(&routes, "POST", "/accounts/alice/transactions"), "transfer of alice");
}
