//! The `impl` that follows from what was meant.
//!
//! Every path in it goes through the hidden `__private` of banto, so that it compiles whatever is in scope at its place.

use banto_core::{Backoff, Hold};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::{mean::Meaning, template::Template};

/// `impl banto::Job for` the type called `ident`.
pub fn expand(ident: &Ident, meaning: &Meaning) -> TokenStream {
    let banto = &meaning.banto;
    let private = quote!(#banto::__private);
    let Meaning { kind, aliases, .. } = meaning;
    let version = meaning.version.unwrap_or(1);
    let policy = policy(meaning, &private);
    let unique = meaning.unique.as_ref().map(|template| unique(template, meaning.hold, &private));
    let tags = tags(&meaning.tags, &private);
    let upcast = meaning.upcast.as_ref().map(|path| {
        quote! {
            fn upcast(from: u16, payload: #private::Value) -> #private::Result<#private::Value, #private::String> {
                #path(from, payload)
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #private::Job for #ident {
            const KIND: &'static str = #kind;
            const VERSION: u16 = #version;
            const ALIASES: &'static [&'static str] = &[#(#aliases),*];
            #policy
            #unique
            #tags
            #upcast
        }
    }
}

fn policy(meaning: &Meaning, private: &TokenStream) -> TokenStream {
    let some = |key: &str, value: Option<TokenStream>| {
        let key = Ident::new(key, Span::call_site());
        value.map(|value| quote!(#key: #value,))
    };
    let optional = |value: TokenStream| quote!(#private::Option::Some(#value));
    let set = [
        some("queue", meaning.queue.as_ref().map(|queue| quote!(#queue))),
        some("priority", meaning.priority.map(|priority| quote!(#priority))),
        some("attempts_max", meaning.attempts_max.map(|attempts| optional(quote!(#attempts)))),
        some("timeout_ms", meaning.timeout_ms.map(|ms| optional(quote!(#ms)))),
        some("backoff", meaning.backoff.as_ref().map(|rule| optional(backoff(rule, private)))),
        some("retry_for_ms", meaning.retry_for_ms.map(|ms| optional(quote!(#ms)))),
        some("crashes_max", meaning.crashes_max.map(|crashes| optional(quote!(#crashes)))),
    ];
    // Without an unsaid field there is no rest, and clippy would say so in the user's code.
    let rest = set.iter().any(Option::is_none).then(|| quote!(..<#private::Policy as #private::Default>::default()));
    quote! {
        fn policy() -> #private::Policy {
            #private::Policy { #(#set)* #rest }
        }
    }
}

fn backoff(rule: &Backoff, private: &TokenStream) -> TokenStream {
    match rule {
        Backoff::Exponential { base_ms, max_ms } => {
            quote!(#private::Backoff::Exponential { base_ms: #base_ms, max_ms: #max_ms })
        }
        Backoff::Table(waits) => quote!(#private::Backoff::Table(#private::vec![#(#waits),*])),
    }
}

fn unique(template: &Template, hold: Hold, private: &TokenStream) -> TokenStream {
    let key = text(template, private);
    let hold = match hold {
        Hold::Queued => quote!(Queued),
        Hold::Done => quote!(Done),
        Hold::Remember(ms) => quote!(Remember(#ms)),
        Hold::Period(ms) => quote!(Period(#ms)),
    };
    quote! {
        fn unique(&self) -> #private::Result<#private::Option<#private::Unique>, #private::Refusal> {
            let key = #private::Label::new(&#key)?;
            #private::Result::Ok(#private::Option::Some(#private::Unique { key, hold: #private::Hold::#hold }))
        }
    }
}

fn tags(tags: &[Template], private: &TokenStream) -> Option<TokenStream> {
    let texts = tags.iter().map(|tag| text(tag, private));
    (!tags.is_empty()).then(|| {
        quote! {
            fn tags(&self) -> #private::Vec<#private::String> {
                #private::vec![#(#texts),*]
            }
        }
    })
}

/// The text with the values in it. Placed where it was typed, so that a field that cannot be shown is reported there,
/// and resolved as the rest, so that its `self` is the method's.
fn text(template: &Template, private: &TokenStream) -> TokenStream {
    let Template { typed, format, fields, .. } = template;
    let span = typed.span().resolved_at(Span::call_site());
    quote_spanned!(span=> #private::format!(#format #(, self.#fields)*))
}
