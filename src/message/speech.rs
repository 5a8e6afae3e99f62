//! One language: the templates in force, and the shipped ones behind them, so that no TAN fails for want of a template.

use std::sync::Arc;

use minijinja::Value;

use super::{engine::Engine, flaw::RenderError, source::Sources};
use crate::domain::language::Language;

/// Templates that were checked, and where they came from.
pub(super) struct Templates {
    pub(super) engine: Engine,
    pub(super) sources: Sources,
}

/// How one language says things.
pub(super) struct Speech {
    pub(super) language: Language,
    /// What is in force.
    pub(super) templates: Arc<Templates>,
    /// The shipped templates of this language, or of the one that is nearest; those in force, where nothing lies over them.
    pub(super) shipped: Arc<Templates>,
}

impl Speech {
    /// Whether nothing lies over the shipped templates.
    pub(super) fn is_as_shipped(&self) -> bool {
        Arc::ptr_eq(&self.templates, &self.shipped)
    }

    /// The text of a template. `objection` says what a text lacks that would be wrong to send; of what fails, or is objected
    /// to, the shipped template's text is taken, and the log says so.
    pub(super) fn text(
        &self,
        name: &str,
        filling: &Value,
        objection: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<String, RenderError> {
        let own = self.tried(&self.templates, name, filling, &objection);
        match own {
            None if !self.is_as_shipped() => self.tried(&self.shipped, name, filling, &objection).ok_or(RenderError),
            own => own.ok_or(RenderError),
        }
    }

    fn tried(
        &self,
        templates: &Templates,
        name: &str,
        filling: &Value,
        objection: &impl Fn(&str) -> Option<&'static str>,
    ) -> Option<String> {
        let trouble = match templates.engine.render(name, filling.clone()) {
            Ok(text) => match objection(&text) {
                None => return Some(text),
                Some(objection) => objection.to_owned(),
            },
            Err(error) => error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
        };
        let (language, file) = (self.language.as_str(), templates.sources.file(name));
        tracing::error!(
            language,
            file,
            template = name,
            trouble,
            "a message's template failed; the shipped one is used"
        );
        None
    }
}
