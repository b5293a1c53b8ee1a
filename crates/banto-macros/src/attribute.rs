//! What was typed in `#[job(...)]`: keys and values, not yet understood.
//!
//! For [`mean`](crate::mean). It knows which keys there are and how a value may look, never what it stands for.

use proc_macro2::Span;
use syn::{
    Attribute, Error, Ident, Lit, LitInt, LitStr, Path, Result, Token, bracketed,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    token,
};

/// One `key = value`.
pub struct Setting {
    /// One of [`KEYS`].
    pub key: Ident,
    /// What it is set to.
    pub value: Value,
}

/// A value by its look.
pub enum Value {
    /// `"text"`.
    Text(LitStr),
    /// `3`.
    Number(LitInt),
    /// `path::to::item`.
    Path(Path),
    /// `["text", "text"]`.
    List(Vec<LitStr>, Span),
}

/// Every key, with a value as an example.
const KEYS: [(&str, &str); 15] = [
    ("kind", "\"avatar.generate\""),
    ("aliases", "[\"old.name\"]"),
    ("queue", "\"avatars\""),
    ("priority", "3"),
    ("attempts_max", "3"),
    ("timeout", "\"15m\""),
    ("backoff", "\"10s..1h\""),
    ("retry_for", "\"1d\""),
    ("crashes_max", "3"),
    ("version", "2"),
    ("upcast", "path::to::lift"),
    ("unique", "\"avatar:{avatar_id}\""),
    ("unique_for", "\"done\""),
    ("tags", "[\"user:{user_id}\"]"),
    ("crate", "\"other::banto\""),
];

/// The settings of all `#[job(...)]` among `attributes`, in order. Refuses a key that is unknown or given twice.
pub fn settings(attributes: &[Attribute]) -> Result<Vec<Setting>> {
    let mut settings: Vec<Setting> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("job")) {
        for setting in attribute.parse_args_with(Punctuated::<Setting, Token![,]>::parse_terminated)? {
            if settings.iter().any(|earlier| earlier.key == setting.key) {
                let key = &setting.key;
                return Err(Error::new(key.span(), format!("could not take `{key}` twice: give it once")));
            }
            settings.push(setting);
        }
    }
    Ok(settings)
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> Result<Setting> {
        let key = input.call(Ident::parse_any)?;
        if !KEYS.iter().any(|(known, _)| key == known) {
            let known: Vec<&str> = KEYS.iter().map(|(known, _)| *known).collect();
            let text = format!("could not take `{key}` as a key of #[job(...)]: allowed are {}", known.join(", "));
            return Err(Error::new(key.span(), text));
        }
        if !input.peek(Token![=]) {
            return Err(wanted(&key, key.span()));
        }
        let _: Token![=] = input.parse()?;
        Ok(Setting { key, value: input.parse()? })
    }
}

impl Parse for Value {
    fn parse(input: ParseStream<'_>) -> Result<Value> {
        if input.peek(token::Bracket) {
            let list;
            let brackets = bracketed!(list in input);
            let texts = Punctuated::<LitStr, Token![,]>::parse_terminated(&list)?;
            return Ok(Value::List(texts.into_iter().collect(), brackets.span.join()));
        }
        if !input.peek(Lit) {
            return input.call(Path::parse_mod_style).map(Value::Path);
        }
        // A suffix would be left out: `priority = 3kg` is not three.
        match input.parse()? {
            Lit::Str(text) if text.suffix().is_empty() => Ok(Value::Text(text)),
            Lit::Int(number) if number.suffix().is_empty() => Ok(Value::Number(number)),
            other => {
                let allowed = "a text, a whole number, a path or a list of texts is allowed";
                Err(Error::new(other.span(), format!("could not take this value: {allowed}")))
            }
        }
    }
}

impl Setting {
    /// The text, where a text is wanted.
    pub fn text(&self) -> Result<&LitStr> {
        if let Value::Text(text) = &self.value { Ok(text) } else { Err(self.unlike()) }
    }

    /// The number, where a number is wanted.
    pub fn number(&self) -> Result<&LitInt> {
        if let Value::Number(number) = &self.value { Ok(number) } else { Err(self.unlike()) }
    }

    /// The path, where a path is wanted.
    pub fn path(&self) -> Result<&Path> {
        if let Value::Path(path) = &self.value { Ok(path) } else { Err(self.unlike()) }
    }

    /// The texts, where a list is wanted.
    pub fn list(&self) -> Result<&[LitStr]> {
        if let Value::List(texts, _) = &self.value { Ok(texts) } else { Err(self.unlike()) }
    }

    /// Where the value stands.
    pub fn span(&self) -> Span {
        match &self.value {
            Value::Text(text) => text.span(),
            Value::Number(number) => number.span(),
            Value::List(_, span) => *span,
            Value::Path(path) => path.segments.first().map_or_else(|| self.key.span(), |first| first.ident.span()),
        }
    }

    /// Refuses the value for its form, with an example of a good one.
    pub fn unlike(&self) -> Error {
        wanted(&self.key, self.span())
    }
}

fn wanted(key: &Ident, span: Span) -> Error {
    let example = KEYS.iter().find(|(known, _)| key == known).map_or("", |(_, example)| example);
    Error::new(span, format!("could not read `{key}`: write it as in `{key} = {example}`"))
}
