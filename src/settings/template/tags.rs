//! What may stand between a template's braces. minijinja looks filters, tests and functions up when it meets them, which
//! would be in front of a customer, and on one branch only; and it knows operators that are traps for texts.

use super::TemplateError;
use crate::domain::summary::{LONGEST, SHORTEST};

const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
const FILTER: &str = "shorten";
const TESTS: [&str; 2] = ["defined", "undefined"];
/// Words that a parenthesis may follow without being called.
const WORDS: [&str; 8] = ["if", "elif", "else", "in", "and", "or", "not", "is"];

/// A word, a number, a text, or a mark, as they stand between braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Number(&'a str),
    Text,
    Mark(&'a str),
}

/// Refuses the first thing in `source` that a summary has no use for.
pub(super) fn check(source: &str) -> Result<(), TemplateError> {
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let (opening, inner) = (rest.get(at..at + 2).unwrap_or_default(), rest.get(at + 2..).unwrap_or_default());
        rest = match opening {
            "{#" => inner.split_once("#}").map_or("", |(_, behind)| behind),
            "{{" | "{%" => {
                let line = source.len() - inner.len();
                let line = source.get(..line).unwrap_or_default().matches('\n').count() + 1;
                let closing = if opening == "{{" { "}}" } else { "%}" };
                tag(inner, closing, opening == "{%").map_err(|trouble| TemplateError { line: Some(line), trouble })?
            }
            _ => rest.get(at + 1..).unwrap_or_default(),
        };
    }
    Ok(())
}

/// Checks one tag; what stands behind it.
fn tag<'a>(inner: &'a str, closing: &str, is_statement: bool) -> Result<&'a str, String> {
    let mut rest = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let mut tokens = Vec::new();
    loop {
        rest = rest.trim_start();
        let end = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        if let Some(behind) = end.strip_prefix(closing) {
            sentence(&tokens, is_statement)?;
            return Ok(behind);
        }
        if rest.is_empty() {
            return Err(format!("has a tag that is not closed with {closing:?}"));
        }
        let (token, behind) = token(rest)?;
        tokens.push(token);
        rest = behind;
    }
}

fn token(rest: &str) -> Result<(Token<'_>, &str), String> {
    let split = |at: usize| rest.split_at_checked(at).unwrap_or((rest, ""));
    let run = |wanted: fn(char) -> bool| split(rest.find(|c| !wanted(c)).unwrap_or(rest.len()));
    let first = rest.chars().next().unwrap_or_default();
    if first.is_ascii_digit() {
        let (number, behind) = run(|c| c.is_ascii_alphanumeric() || c == '_');
        return Ok((Token::Number(number), behind));
    }
    if first.is_alphabetic() || first == '_' {
        let (word, behind) = run(|c| c.is_alphanumeric() || c == '_');
        return Ok((Token::Word(word), behind));
    }
    if matches!(first, '"' | '\'') {
        return text_end(rest, first)
            .map(|at| (Token::Text, split(at).1))
            .ok_or("has a text without its end".to_owned());
    }
    let mark =
        ["==", "!=", ".", ",", "|", "(", ")", "[", "]", "~", "-"].into_iter().find(|mark| rest.starts_with(mark));
    let mark =
        mark.ok_or_else(|| format!("has {first:?} in a tag: values can be shown and compared, not calculated"))?;
    Ok((Token::Mark(mark), split(mark.len()).1))
}

/// Where the text at the beginning of `rest` ends.
fn text_end(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

fn sentence(tokens: &[Token<'_>], is_statement: bool) -> Result<(), String> {
    if is_statement {
        match tokens.first() {
            Some(Token::Word(word)) if STATEMENTS.contains(word) => {}
            _ => return Err(format!("has a statement that is not known here; there are {}", STATEMENTS.join(", "))),
        }
    }
    let mut before = [None, None];
    for (at, token) in tokens.iter().enumerate() {
        let behind = tokens.get(at + 1..).unwrap_or_default();
        step(before, *token, behind)?;
        before = [before[1], Some(*token)];
    }
    Ok(())
}

/// Checks a token by the two before it and those behind it.
fn step(before: [Option<Token<'_>>; 2], token: Token<'_>, behind: &[Token<'_>]) -> Result<(), String> {
    let [earlier, last] = before;
    match token {
        Token::Mark("|") => filter(behind),
        Token::Word("is") if last != Some(Token::Mark(".")) => test(behind),
        Token::Mark("(") => match last {
            Some(Token::Word(FILTER)) if earlier == Some(Token::Mark("|")) => Ok(()),
            Some(Token::Word(word)) if WORDS.contains(&word) && earlier != Some(Token::Mark(".")) => Ok(()),
            Some(Token::Word(_) | Token::Text | Token::Mark(")" | "]")) => {
                Err("calls a function; there is none".to_owned())
            }
            _ => Ok(()),
        },
        Token::Mark("-") if last != Some(Token::Mark("[")) => {
            Err("has '-' in a tag: values can be shown and compared, not calculated".to_owned())
        }
        Token::Mark("==" | "!=") if is_number(last) || is_number(behind.first().copied()) => {
            Err("compares with a number; numbers are texts, as they were written: put it in quotes".to_owned())
        }
        _ => Ok(()),
    }
}

fn is_number(token: Option<Token<'_>>) -> bool {
    matches!(token, Some(Token::Number(_)))
}

fn filter(behind: &[Token<'_>]) -> Result<(), String> {
    let within = |number: &str| number.parse().is_ok_and(|most: usize| (SHORTEST..=LONGEST).contains(&most));
    let rest = match behind {
        [Token::Word(FILTER), Token::Mark("("), Token::Number(most), Token::Mark(")"), rest @ ..] if within(most) => {
            rest
        }
        [Token::Word(FILTER), Token::Mark("("), ..] => {
            return Err(format!(
                "shortens to no length; write {SHORTEST} to {LONGEST}, like \"| shorten({SHORTEST})\""
            ));
        }
        [Token::Word(FILTER), rest @ ..] => rest,
        _ => return Err(format!("has a filter that is not known here; there is {FILTER}")),
    };
    ends(rest)
}

fn test(behind: &[Token<'_>]) -> Result<(), String> {
    match behind {
        [Token::Word("not"), Token::Word(test), rest @ ..] | [Token::Word(test), rest @ ..] if TESTS.contains(test) => {
            ends(rest)
        }
        _ => Err(format!("has a test that is not known here; there are {}", TESTS.join(", "))),
    }
}

/// A filter or test is at its end: what follows is neither more of its name nor an argument.
fn ends(behind: &[Token<'_>]) -> Result<(), String> {
    match behind.first() {
        None
        | Some(
            Token::Mark(")" | "]" | "," | "|" | "~" | "==" | "!=")
            | Token::Word("and" | "or" | "if" | "else" | "in" | "is"),
        ) => Ok(()),
        Some(_) => Err("has a filter or test with more behind it than is known here".to_owned()),
    }
}
