//! What `#[job(...)]` means, checked.
//!
//! For [`expand`](crate::expand). The rules are banto-core's own, so what compiles is accepted when it runs. All that
//! is wrong is reported at once, each at its place.

use banto_core::{
    Backoff, Hold, Label, Name, Refusal,
    limits::{ATTEMPTS_MAX, PRIORITY_MAX, TAGS_MAX},
};
use proc_macro2::Span;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Path, Result, parse_quote};

use crate::{
    attribute::Setting,
    duration::{backoff, millis},
    template::{Template, template},
};

/// Everything the derive says about a job type; `None` where it says nothing.
pub struct Meaning {
    pub kind: String,
    pub aliases: Vec<String>,
    pub version: Option<u16>,
    pub upcast: Option<Path>,
    pub queue: Option<String>,
    pub priority: Option<u8>,
    pub attempts_max: Option<u16>,
    pub timeout_ms: Option<u64>,
    pub backoff: Option<Backoff>,
    pub retry_for_ms: Option<u64>,
    pub crashes_max: Option<u16>,
    pub unique: Option<Template>,
    pub hold: Hold,
    pub tags: Vec<Template>,
    pub banto: Path,
}

/// What the settings of `input` mean.
pub fn mean(input: &DeriveInput, settings: &[Setting]) -> Result<Meaning> {
    let mut wrong = Wrong(None);
    let fields = match &input.data {
        Data::Struct(data) => Some(&data.fields),
        Data::Enum(_) => None,
        Data::Union(data) => {
            let text = "could not make a job of a union: a struct or an enum is allowed";
            return Err(Error::new(data.union_token.span, text));
        }
    };
    if !input.generics.params.is_empty() {
        let text = "could not make a job of a generic type: one kind stands for one form of payload";
        wrong.add(Error::new_spanned(&input.generics, text));
    }
    let mut meaning = Meaning::nothing();
    for setting in settings {
        wrong.keep(meaning.set(setting, fields));
    }
    if !settings.iter().any(|setting| setting.key == "kind") {
        let text = "could not make a job without a kind: give it a stable name, #[job(kind = \"avatar.generate\")]; \
                    stored jobs are found by it, so it must not change when code moves";
        wrong.add(Error::new(input.ident.span(), text));
    }
    meaning.check_together(settings, &mut wrong);
    wrong.0.map_or(Ok(meaning), Err)
}

impl Meaning {
    fn nothing() -> Meaning {
        Meaning {
            kind: String::new(),
            aliases: Vec::new(),
            version: None,
            upcast: None,
            queue: None,
            priority: None,
            attempts_max: None,
            timeout_ms: None,
            backoff: None,
            retry_for_ms: None,
            crashes_max: None,
            unique: None,
            hold: Hold::Done,
            tags: Vec::new(),
            banto: parse_quote!(::banto),
        }
    }

    fn set(&mut self, setting: &Setting, fields: Option<&Fields>) -> Result<()> {
        match setting.key.to_string().as_str() {
            "kind" => self.kind = name(setting.text()?)?,
            "aliases" => self.aliases = setting.list()?.iter().map(name).collect::<Result<_>>()?,
            "version" => self.version = Some(number(setting, "a version", 1, u16::MAX)?),
            "upcast" => self.upcast = Some(setting.path()?.clone()),
            "queue" => self.queue = Some(name(setting.text()?)?),
            "priority" => self.priority = Some(number(setting, "a priority", 0, PRIORITY_MAX)?),
            "attempts_max" => self.attempts_max = Some(number(setting, "a number of attempts", 1, ATTEMPTS_MAX)?),
            "timeout" => self.timeout_ms = Some(text(setting.text()?, millis)?),
            "backoff" => self.backoff = Some(text(setting.text()?, backoff)?),
            "retry_for" => self.retry_for_ms = Some(text(setting.text()?, millis)?),
            "crashes_max" => self.crashes_max = Some(number(setting, "a number of crashes", 1, 100)?),
            "unique" => self.unique = Some(label(setting.text()?, fields)?),
            "unique_for" => self.hold = text(setting.text()?, hold)?,
            "tags" => self.tags = tags(setting, fields)?,
            "crate" => {
                self.banto = setting.text()?.parse_with(Path::parse_mod_style).map_err(|_| setting.unlike())?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What only shows when all is known.
    fn check_together(&self, settings: &[Setting], wrong: &mut Wrong) {
        let span = |key: &str| settings.iter().find(|setting| setting.key == key).map(Setting::span);
        let mut refuse = |span: Option<Span>, text: String| {
            if let Some(span) = span {
                wrong.add(Error::new(span, text));
            }
        };
        if self.version.is_some_and(|version| version > 1) && span("upcast").is_none() {
            let text = "could not read older payloads: a version over 1 needs `upcast = path::to::lift`, a \
                        fn(u16, serde_json::Value) -> Result<serde_json::Value, String> that lifts one version up";
            refuse(span("version"), text.into());
        }
        if self.version == Some(1) || span("version").is_none() {
            refuse(span("upcast"), "could not use `upcast`: version 1 has no older payloads; raise `version`".into());
        }
        if span("unique").is_none() {
            refuse(span("unique_for"), "could not use `unique_for`: there is no `unique = \"key:{field}\"`".into());
        }
        for (at, alias) in self.aliases.iter().enumerate() {
            if *alias == self.kind || self.aliases.iter().take(at).any(|earlier| earlier == alias) {
                refuse(
                    span("aliases"),
                    format!("could not take \"{alias}\" as an alias: this kind has that name already"),
                );
            }
        }
    }
}

/// All that is wrong so far.
struct Wrong(Option<Error>);

impl Wrong {
    fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    fn keep(&mut self, result: Result<()>) {
        if let Err(error) = result {
            self.add(error);
        }
    }
}

fn refused(span: Span, refusal: &Refusal) -> Error {
    Error::new(span, format!("could not {refusal}"))
}

fn text<T>(typed: &LitStr, read: fn(&str) -> std::result::Result<T, Refusal>) -> Result<T> {
    read(&typed.value()).map_err(|refusal| refused(typed.span(), &refusal))
}

fn name(typed: &LitStr) -> Result<String> {
    text(typed, Name::new).map(|name| name.as_str().to_owned())
}

fn number<T>(setting: &Setting, thing: &'static str, least: T, most: T) -> Result<T>
where
    T: Copy + TryFrom<u64> + Into<u64>,
{
    let typed = setting.number()?;
    let fits = |number: &u64| (least.into()..=most.into()).contains(number);
    let read = typed.base10_parse::<u64>().ok().filter(fits).and_then(|number| T::try_from(number).ok());
    read.ok_or_else(|| {
        let allowed = format!("{} to {} is allowed", least.into(), most.into());
        refused(typed.span(), &Refusal::new(thing, typed.base10_digits(), allowed))
    })
}

fn hold(text: &str) -> std::result::Result<Hold, Refusal> {
    let allowed = "\"queued\", \"done\", a period from the enqueue as in \"24h\", or \"done+24h\" is allowed";
    let period = |text: &str| millis(text).map_err(|_| Refusal::new("a hold", text, allowed));
    match text.split_once('+') {
        None if text == "queued" => Ok(Hold::Queued),
        None if text == "done" => Ok(Hold::Done),
        None => period(text).map(Hold::Period),
        Some(("done", after)) => period(after).map(Hold::Remember),
        Some(_) => Err(Refusal::new("a hold", text, allowed)),
    }
}

/// A key or tag: its own letters must be allowed, and it must fit in length with the shortest values at least.
fn label(typed: &LitStr, fields: Option<&Fields>) -> Result<Template> {
    let template = template(typed, fields)?;
    Label::new(&template.probe).map_err(|refusal| refused(typed.span(), &refusal))?;
    Ok(template)
}

fn tags(setting: &Setting, fields: Option<&Fields>) -> Result<Vec<Template>> {
    let typed = setting.list()?;
    if typed.len() > TAGS_MAX {
        let refusal = Refusal::new("a number of tags", &typed.len().to_string(), format!("0 to {TAGS_MAX} is allowed"));
        return Err(refused(setting.span(), &refusal));
    }
    typed.iter().map(|typed| label(typed, fields)).collect()
}
