//! What a source file says, as far as the rules ask: its paths, strings, functions. Read from tokens, not from text, so that
//! comments cannot confuse it, and not from syntax trees, so that macros' arguments are seen too.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, LexError, TokenStream, TokenTree};

/// A path as it was written, groups of a `use` taken apart: `use a::{b, c::d}` is `a::b` and `a::c::d`.
#[derive(Debug)]
pub struct Path {
    /// From the crate's root where it began with `crate`, `super` or `self`; `None` for a path that begins elsewhere.
    pub inside: Option<Vec<String>>,
    /// As written.
    pub segments: Vec<String>,
    pub imported: bool,
    pub line: usize,
    pub in_test: bool,
}

/// A string literal, its quotes and prefix included.
#[derive(Debug)]
pub struct Text {
    pub literal: String,
    pub line: usize,
}

/// A function with a body, from its name to its closing brace.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
    pub in_test: bool,
}

#[derive(Debug, Default)]
pub struct Source {
    pub paths: Vec<Path>,
    pub texts: Vec<Text>,
    pub functions: Vec<Function>,
}

/// Where the reader stands: the module's path, and whether the code is for tests alone.
#[derive(Clone, Debug)]
struct Place {
    module: Vec<String>,
    in_test: bool,
}

impl Source {
    /// Reads a file of the module `module`, `["domain", "address"]`.
    pub fn read(text: &str, module: &[String]) -> Result<Self, LexError> {
        let mut source = Self::default();
        source.scan(TokenStream::from_str(text)?, &Place { module: module.to_vec(), in_test: false });
        Ok(source)
    }

    fn scan(&mut self, stream: TokenStream, place: &Place) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut item = place.clone();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += match token {
                TokenTree::Punct(mark) if mark.as_char() == '#' => self.attribute(&tokens, at, &mut item),
                TokenTree::Punct(mark) => {
                    if mark.as_char() == ';' {
                        item.clone_from(place);
                    }
                    1
                }
                TokenTree::Group(group) => {
                    self.scan(group.stream(), &item);
                    if group.delimiter() == Delimiter::Brace {
                        item.clone_from(place);
                    }
                    1
                }
                TokenTree::Literal(literal) => {
                    self.text(&literal.to_string(), literal.span().start().line);
                    1
                }
                TokenTree::Ident(word) => self.word(&word.to_string(), &tokens, at, place, &mut item),
            };
        }
    }

    /// An attribute: documentation is skipped, `cfg(test)` makes the next item one of the tests. Returns the tokens read.
    fn attribute(&mut self, tokens: &[TokenTree], at: usize, item: &mut Place) -> usize {
        let inner = usize::from(is_mark(tokens.get(at + 1), '!'));
        let Some(TokenTree::Group(group)) = tokens.get(at + 1 + inner) else { return 1 };
        let written = group.stream().to_string().replace(' ', "");
        if written.starts_with("doc=") {
            return 2 + inner;
        }
        item.in_test |= written == "cfg(test)" || written.starts_with("cfg(all(test,");
        self.scan(group.stream(), item);
        2 + inner
    }

    fn text(&mut self, literal: &str, line: usize) {
        if literal.trim_start_matches(['b', 'c', 'r', '#']).starts_with('"') {
            self.texts.push(Text { literal: literal.to_owned(), line });
        }
    }

    /// A module, a function, or the begin of a path. Returns the tokens read.
    fn word(&mut self, word: &str, tokens: &[TokenTree], at: usize, place: &Place, item: &mut Place) -> usize {
        if let ("mod", Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
            (word, tokens.get(at + 1), tokens.get(at + 2))
        {
            let mut module = item.module.clone();
            module.push(name.to_string());
            self.scan(body.stream(), &Place { module, in_test: item.in_test });
            item.clone_from(place);
            return 3;
        }
        if let ("fn", Some(TokenTree::Ident(name)), Some(body)) = (word, tokens.get(at + 1), body(tokens, at)) {
            let line = name.span().start().line;
            let lines = body.span_close().end().line + 1 - line;
            self.functions.push(Function { name: name.to_string(), line, lines, in_test: item.in_test });
        }
        if continues(tokens, at) {
            return 1;
        }
        let imported = at > 0 && is_word(tokens.get(at - 1), "use");
        self.path(tokens, at, Vec::new(), imported, item)
    }

    /// The path that begins at `at`, below `prefix`. Returns the tokens read.
    fn path(&mut self, tokens: &[TokenTree], at: usize, prefix: Vec<String>, imported: bool, place: &Place) -> usize {
        let mut segments = prefix;
        let mut next = at;
        let line = tokens.get(at).map_or(0, |token| token.span().start().line);
        loop {
            match tokens.get(next) {
                Some(TokenTree::Ident(word)) => segments.push(word.to_string()),
                Some(TokenTree::Punct(mark)) if mark.as_char() == '*' && imported => segments.push("*".to_owned()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace && next > at => {
                    self.branches(group, &segments, place);
                    return next + 1 - at;
                }
                _ => break,
            }
            next += 1;
            if !(is_mark(tokens.get(next), ':') && is_mark(tokens.get(next + 1), ':')) {
                break;
            }
            next += 2;
        }
        self.paths.push(Path {
            inside: inside(&segments, &place.module),
            segments,
            imported,
            line,
            in_test: place.in_test,
        });
        (next - at).max(1)
    }

    /// The parts between the braces of a `use`.
    fn branches(&mut self, group: &Group, prefix: &[String], place: &Place) {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at += self.path(&tokens, at, prefix.to_vec(), true, place);
            // What is left of this branch is `as name`.
            while at < tokens.len() && !is_mark(tokens.get(at), ',') {
                at += 1;
            }
            at += 1;
        }
    }
}

/// The path from the crate's root, for one that begins at it, at this module or above it.
fn inside(segments: &[String], module: &[String]) -> Option<Vec<String>> {
    let mut base = match segments.first().map(String::as_str) {
        Some("crate" | "tanager") if segments.len() > 1 => Vec::new(),
        Some("self" | "super") if segments.len() > 1 => module.to_vec(),
        _ => return None,
    };
    let mut rest = segments.iter().skip(usize::from(segments.first().is_some_and(|first| first != "super"))).peekable();
    while rest.next_if(|segment| *segment == "super").is_some() {
        base.pop();
    }
    base.extend(rest.filter(|segment| *segment != "self").cloned());
    Some(base)
}

/// The body of the function whose `fn` stands at `at`; `None` for one that is only declared.
fn body(tokens: &[TokenTree], at: usize) -> Option<&Group> {
    let rest = tokens.get(at..)?.iter().take_while(|token| !is_mark(Some(token), ';'));
    rest.filter_map(|token| if let TokenTree::Group(group) = token { Some(group) } else { None })
        .find(|group| group.delimiter() == Delimiter::Brace)
}

/// Whether the word at `at` goes on with a path that was already read, like `new` in `Vec::<u8>::new`.
fn continues(tokens: &[TokenTree], at: usize) -> bool {
    let after_colons = at >= 3 && is_mark(tokens.get(at - 1), ':') && is_mark(tokens.get(at - 2), ':');
    after_colons && (is_mark(tokens.get(at - 3), '>') || matches!(tokens.get(at - 3), Some(TokenTree::Ident(_))))
}

fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == mark)
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(found)) if found == word)
}
