//! `Accept-Language` (RFC 9110 section 12.5.4): what a client says that its customer reads.

use std::cmp::Reverse;

use actix_web::http::header::{AcceptLanguage, Header as _, LanguageTag, Preference, Quality, QualityItem};

use crate::domain::language::Language;

/// More languages are not looked at.
const MOST: usize = 10;

/// The languages that the header names, the preferred one first. One that is malformed says nothing, and is no error: a
/// message is sent in another language then.
pub fn languages(request: &impl actix_web::HttpMessage) -> Vec<Language> {
    let Ok(AcceptLanguage(mut items)) = AcceptLanguage::parse(request) else { return Vec::new() };
    items.retain(|item| item.quality > Quality::ZERO);
    items.sort_by_key(|item| Reverse(item.quality));
    let named = |item: QualityItem<Preference<LanguageTag>>| match item.item {
        Preference::Any => None,
        Preference::Specific(tag) => Language::parse(&tag.to_string()),
    };
    items.into_iter().filter_map(named).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(value: &str) -> Vec<String> {
        let request = TestRequest::default().insert_header(("Accept-Language", value)).to_http_request();
        languages(&request).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_preferred_language_comes_first_and_what_is_refused_not_at_all() {
        assert_eq!(read("fr;q=0.5, de-CH, *;q=0.1, it;q=0, en;q=0.9"), ["de-ch", "en", "fr"]);
    }

    #[test]
    fn what_is_no_language_says_nothing() {
        for value in ["", "*", ";", "not a language", "de_CH", &"x".repeat(9000)] {
            assert_eq!(read(value), Vec::<String>::new(), "{value:.20}");
        }
        assert_eq!(read(&"de,".repeat(100)).len(), MOST);
    }
}
