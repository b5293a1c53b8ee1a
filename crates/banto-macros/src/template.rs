//! Texts with placeholders: `avatar:{avatar_id}`.
//!
//! For [`mean`](crate::mean). A placeholder names a field, and only a field: there is no expression in it and no format.
//! Doubled braces stand for a brace.

use syn::{Error, Fields, Index, LitStr, Member, Result, ext::IdentExt};

/// A text with placeholders, checked against the fields of its type.
pub struct Template {
    /// The text as it was typed; errors about a field's type point here.
    pub typed: LitStr,
    /// The text as `format!` takes it: `avatar:{}`.
    pub format: String,
    /// The text with one letter for each field: the shortest it can be.
    pub probe: String,
    /// The fields, in the order of their places.
    pub fields: Vec<Member>,
}

/// Reads `typed` against `fields`; `None` stands for a type whose values have different fields (an enum).
pub fn template(typed: &LitStr, fields: Option<&Fields>) -> Result<Template> {
    let refuse = |text: String| Error::new(typed.span(), text);
    let text = typed.value();
    let mut read = Template { typed: typed.clone(), format: String::new(), probe: String::new(), fields: Vec::new() };
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        read.push(before, before);
        if let Some(after) = from.strip_prefix("{{") {
            read.push("{{", "{");
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            read.push("}}", "}");
            rest = after;
        } else {
            let inside = from.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let alone = || {
                refuse(format!(
                    "could not read \"{text}\": a brace stands alone; a brace itself is written {{{{ or }}}}"
                ))
            };
            let (name, after) = inside.ok_or_else(alone)?;
            read.fields.push(member(name, fields).map_err(refuse)?);
            read.push("{}", "x");
            rest = after;
        }
    }
    read.push(rest, rest);
    Ok(read)
}

impl Template {
    fn push(&mut self, format: &str, probe: &str) {
        self.format.push_str(format);
        self.probe.push_str(probe);
    }
}

/// The field called `name`, or its number in a tuple.
fn member(name: &str, fields: Option<&Fields>) -> std::result::Result<Member, String> {
    let Some(fields) = fields else {
        return Err(format!(
            "could not find the field {{{name}}}: an enum's values have no common fields; implement Job by hand"
        ));
    };
    let shown = |member: &Member| match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(Index { index, .. }) => index.to_string(),
    };
    let mut known = Vec::new();
    for member in fields.members() {
        if shown(&member) == name {
            return Ok(member);
        }
        known.push(shown(&member));
    }
    let known =
        if known.is_empty() { "this type has no fields".into() } else { format!("there are {}", known.join(", ")) };
    Err(format!("could not find the field {{{name}}}: {known}"))
}
