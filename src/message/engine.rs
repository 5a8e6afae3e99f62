//! The templates' language: a small part of minijinja's, strict, with fuel, without a loader, and with nothing that was not
//! put in. A template shows values and chooses between them; it repeats, sets and calls nothing.
//!
//! The TAN itself never comes here. A template sees [`SLOT`], and the digits are put in its place afterwards, into a text
//! that is wiped.

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, syntax::SyntaxConfig, value::ValueKind,
};

/// What stands for the TAN until the text is finished. No template, name or summary has one: they have no controls.
pub(super) const SLOT: char = '\u{1}';

/// The longest template, in bytes.
const LONGEST: usize = 32 * 1024;
/// The most steps of one rendering: ten times what the longest shipped template takes.
const FUEL: u64 = 5000;
/// How deep a template may nest.
const DEEPEST: usize = 32;
const STATEMENTS: [&str; 4] = ["if", "elif", "else", "endif"];

/// What is wrong with a template, in a sentence that needs no subject.
pub(super) struct Wrong {
    /// On which line, where that is known.
    pub(super) line: Option<usize>,
    pub(super) trouble: String,
}

/// The templates of one language by their names. What a name ends with decides: `.html` is escaped.
pub(super) struct Engine(Environment<'static>);

impl Engine {
    pub(super) fn new() -> Self {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEEPEST);
        environment.set_syntax(syntax());
        environment.set_auto_escape_callback(|name| if is_html(name) { AutoEscape::Html } else { AutoEscape::None });
        environment.add_filter("sentence", sentence);
        environment.set_formatter(|out, state, value| {
            // What an `if` without `else` leaves: what is missing never comes here under strictness.
            if value.kind() == ValueKind::Undefined {
                return Ok(());
            }
            let text = shown(value)?;
            let written = if *state.auto_escape() == AutoEscape::Html { escaped(&text) } else { text };
            Ok(out.write_str(&written)?)
        });
        Self(environment)
    }

    /// Takes a template that may read these variables.
    pub(super) fn add(&mut self, name: &str, source: &str, variables: &[&str]) -> Result<(), Wrong> {
        check(source)?;
        self.0.add_template_owned(name.to_owned(), source.to_owned()).map_err(|error| wrong(&error))?;
        let read = self.0.get_template(name).map(|template| template.undeclared_variables(false));
        let read = read.map_err(|error| wrong(&error))?;
        let Some(unknown) = read.iter().find(|name| !variables.contains(&name.as_str())) else { return Ok(()) };
        let there = if variables.is_empty() {
            "is nothing to read".to_owned()
        } else {
            format!("are {}", variables.join(", "))
        };
        let trouble = format!("reads {unknown:?}, which is not there; there {there}");
        Err(Wrong { line: line_of(source, unknown), trouble })
    }

    /// The text that comes of `filling`, which has a value, or none, for each variable. The error has no value in it.
    pub(super) fn render(&self, name: &str, filling: Value) -> Result<String, Error> {
        let mut text = self.0.get_template(name)?.render(filling)?;
        text.truncate(text.trim_end().len());
        Ok(text)
    }
}

/// A statement may have a line to itself, which is then none of the text.
fn syntax() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    syntax.build().unwrap_or_default()
}

/// Whether values in the template of that name are escaped.
pub(super) fn is_html(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "html")
}

/// `text` between or within the tags of a page.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Texts and numbers, and nothing else.
fn shown(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Number => Ok(value.to_string()),
        _ => Err(Error::new(ErrorKind::NonPrimitive, "a value that is not there is shown")),
    }
}

/// The filter: `text` as the beginning of a sentence.
fn sentence(value: &Value) -> Result<String, Error> {
    let text = shown(value)?;
    let mut letters = text.chars();
    Ok(letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect())
}

/// Refuses what no message has a use for.
fn check(source: &str) -> Result<(), Wrong> {
    if source.len() > LONGEST {
        return Err(Wrong { line: None, trouble: format!("is longer than {LONGEST} bytes") });
    }
    let line_at = |at: usize| Some(source.get(..at).unwrap_or_default().matches('\n').count() + 1);
    if let Some((at, _)) = source.char_indices().find(|(_, c)| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Wrong { line: line_at(at), trouble: "has a control character".to_owned() });
    }
    for (at, tag) in source.match_indices("{%") {
        let inner = source.get(at + tag.len()..).unwrap_or_default().trim_start_matches(['-', '+']).trim_start();
        let word = inner.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if !STATEMENTS.contains(&word) {
            let trouble = format!("has a statement that is not known here; there are {}", STATEMENTS.join(", "));
            return Err(Wrong { line: line_at(at), trouble });
        }
    }
    Ok(())
}

pub(super) fn wrong(error: &Error) -> Wrong {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    Wrong { line: error.line(), trouble: format!("is no template: {what}") }
}

/// The first line with a tag that has `word` in it.
fn line_of(source: &str, word: &str) -> Option<usize> {
    let has = |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|other| other == word);
    source.lines().position(|line| line.contains('{') && has(line)).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn rendered(name: &str, source: &str) -> Result<String, String> {
        let mut engine = Engine::new();
        engine.add(name, source, &["bank", "none"]).map_err(|wrong| format!("{:?} {}", wrong.line, wrong.trouble))?;
        let filling = context! { bank => "a \"B\" & 'C' <b>", none => () };
        engine.render(name, filling).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_escaped_in_pages_alone() {
        assert_eq!(rendered("x.txt", "{{ bank }}\n").as_deref(), Ok("a \"B\" & 'C' <b>"));
        assert_eq!(
            rendered("x.html", "<i>{{ bank|sentence }}</i>").as_deref(),
            Ok("<i>A &quot;B&quot; &amp; &#39;C&#39; &lt;b&gt;</i>")
        );
    }

    #[test]
    fn what_is_not_there_is_never_shown() {
        assert!(rendered("x.txt", "{{ none }}").is_err());
        assert_eq!(rendered("x.txt", "{% if none %}{{ none }}{% else %}-{% endif %}").as_deref(), Ok("-"));
        assert_eq!(rendered("x.txt", "{{ bank if none }}").as_deref(), Ok(""));
    }

    #[test]
    fn a_wrong_template_says_on_which_line() {
        for (source, line) in [
            ("a\n{{ bank", Some(2)),
            ("a\nb\n{{ bnak }}", Some(3)),
            ("\n{% for c in bank %}{% endfor %}", Some(2)),
            ("{% set x = bank %}", Some(1)),
            ("{% autoescape false %}{% endautoescape %}", Some(1)),
            ("{% raw %}{% endraw %}", Some(1)),
            ("a\n\u{1}", Some(2)),
            (&"x".repeat(LONGEST + 1), None),
        ] {
            let wrong = Engine::new().add("x.txt", source, &["bank"]).expect_err(source);
            assert_eq!(wrong.line, line, "{source} {}", wrong.trouble);
        }
    }

    #[test]
    fn there_is_nothing_to_call() {
        for source in
            ["{{ bank|safe }}", "{{ bank|upper }}", "{{ range(9) }}", "{{ bank.upper() }}", "{{ bank is odd }}"]
        {
            assert!(rendered("x.txt", source).is_err(), "{source}");
        }
    }
}
