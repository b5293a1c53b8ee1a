//! Tests of the derive without a compiler: what it refuses, in which words, and what it writes.

use proc_macro2::TokenStream;
use quote::quote;

/// The code for a struct `J { avatar_id, r#type }` with these settings, or the errors' texts.
fn derived(settings: TokenStream) -> Result<String, Vec<String>> {
    derived_for(quote!(
        #[job(#settings)]
        struct J {
            avatar_id: i64,
            r#type: String,
        }
    ))
}

fn derived_for(item: TokenStream) -> Result<String, Vec<String>> {
    let input = syn::parse2(item).unwrap();
    super::derive(&input)
        .map(|code| code.to_string())
        .map_err(|errors| errors.into_iter().map(|error| error.to_string()).collect())
}

#[track_caller]
fn refused(settings: TokenStream, text: &str) {
    let errors = derived(quote!(kind = "k", #settings)).unwrap_err();
    assert!(errors.len() == 1 && errors[0].contains(text), "{text:?} is not what was said: {errors:?}");
}

#[test]
fn a_job_needs_a_stable_name() {
    let errors = derived(quote!(queue = "q")).unwrap_err();
    assert!(
        errors[0].contains("without a kind: give it a stable name, #[job(kind = \"avatar.generate\")]"),
        "{errors:?}"
    );
    let errors = derived_for(quote!(
        struct J;
    ))
    .unwrap_err();
    assert!(errors[0].contains("without a kind"), "{errors:?}");
}

#[test]
fn names_are_checked_by_the_houses_own_rule() {
    let rule = "A-Z a-z 0-9 . _ - \\ are allowed, a letter or digit first";
    refused(quote!(queue = "a b"), &format!("could not take \"a b\" as a name: 1 to 128 of {rule}"));
    refused(quote!(aliases = ["ok", "crate::Job"]), "could not take \"crate::Job\" as a name");
    let errors = derived(quote!(kind = "")).unwrap_err();
    assert!(errors[0].contains(rule) && errors.len() == 1, "{errors:?}");
    assert!(derived(quote!(kind = "k", aliases = ["App\\Jobs\\GenerateAvatarImagesJob"])).is_ok());
}

#[test]
fn one_name_is_given_once() {
    refused(quote!(aliases = ["k"]), "could not take \"k\" as an alias: this kind has that name already");
    refused(quote!(aliases = ["a", "b", "a"]), "\"a\" as an alias");
}

#[test]
fn an_unknown_key_hears_the_known_ones() {
    let said = "could not take `timout` as a key of #[job(...)]: allowed are kind, aliases, queue, priority, \
                attempts_max, timeout, backoff, retry_for, crashes_max, version, upcast, unique, unique_for, tags, crate";
    refused(quote!(timout = "1m"), said);
    refused(quote!(queue = "a", queue = "b"), "could not take `queue` twice");
    let errors = derived_for(quote!(
        #[job(kind = "a")]
        #[job(kind = "b")]
        struct J;
    ))
    .unwrap_err();
    assert!(errors[0].contains("could not take `kind` twice"), "{errors:?}");
}

#[test]
fn a_value_of_another_form_hears_an_example() {
    refused(quote!(queue = avatars), "could not read `queue`: write it as in `queue = \"avatars\"`");
    refused(quote!(priority = "3"), "write it as in `priority = 3`");
    refused(quote!(timeout = 15), "write it as in `timeout = \"15m\"`");
    refused(quote!(version = 2, upcast = "lift"), "write it as in `upcast = path::to::lift`");
    refused(quote!(tags = "a"), "write it as in `tags = [\"user:{user_id}\"]`");
    refused(quote!(unique), "write it as in `unique = \"avatar:{avatar_id}\"`");
    refused(quote!(priority = 1.5), "a text, a whole number, a path or a list of texts is allowed");
}

#[test]
fn numbers_have_their_limits() {
    refused(quote!(priority = 10), "could not take \"10\" as a priority: 0 to 9 is allowed");
    refused(quote!(priority = -1), "could not take \"-1\" as a priority");
    refused(quote!(attempts_max = 0), "as a number of attempts: 1 to 1000 is allowed");
    refused(quote!(attempts_max = 1001), "\"1001\" as a number of attempts");
    refused(quote!(crashes_max = 101), "as a number of crashes: 1 to 100 is allowed");
    refused(quote!(version = 0), "as a version: 1 to 65535 is allowed");
    refused(quote!(version = 65536), "\"65536\" as a version");
    refused(quote!(attempts_max = 99999999999999999999999), "as a number of attempts");
}

#[test]
fn durations_say_their_form() {
    refused(
        quote!(timeout = "15 minutes"),
        "could not take \"15 minutes\" as a duration: whole numbers with ms, s, m, h or d",
    );
    refused(quote!(retry_for = "0s"), "1 ms to 10 years");
    refused(quote!(backoff = "1h..1s"), "could not take \"1h..1s\" as a back-off: \"10s..1h\" is allowed");
    refused(quote!(backoff = "soon"), "\"soon\" as a duration");
    refused(quote!(unique = "k", unique_for = "always"), "could not take \"always\" as a hold: \"queued\", \"done\"");
    refused(quote!(unique = "k", unique_for = "queued+1h"), "\"queued+1h\" as a hold");
    refused(quote!(unique = "k", unique_for = "done+"), "as a hold");
}

#[test]
fn placeholders_name_fields_that_exist() {
    refused(quote!(unique = "a:{user_id}"), "could not find the field {user_id}: there are avatar_id, type");
    refused(quote!(unique = "a:{}"), "could not find the field {}");
    refused(quote!(tags = ["{avatar_id:?}"]), "could not find the field {avatar_id:?}");
    for alone in ["a:{avatar_id", "a:avatar_id}", "{"] {
        refused(quote!(unique = #alone), "a brace stands alone; a brace itself is written {{ or }}");
    }
    let tuple = quote!(
        #[job(kind = "k", unique = "{0}:{2}")]
        struct J(i64, String);
    );
    assert!(derived_for(tuple).unwrap_err()[0].contains("could not find the field {2}: there are 0, 1"));
    let unit = quote!(
        #[job(kind = "k", unique = "{a}")]
        struct J;
    );
    assert!(derived_for(unit).unwrap_err()[0].contains("this type has no fields"));
    let choice = quote!(
        #[job(kind = "k", unique = "{a}")]
        enum J {
            A { a: i64 },
        }
    );
    assert!(derived_for(choice).unwrap_err()[0].contains("an enum's values have no common fields"));
}

#[test]
fn keys_and_tags_are_checked_as_far_as_they_are_known() {
    let long = "x".repeat(256);
    refused(quote!(unique = #long), "as a key or tag: 1 to 255 bytes");
    refused(quote!(unique = ""), "as a key or tag");
    refused(quote!(tags = ["a\nb"]), "without control or invisible characters");
    let many = std::iter::repeat_n("t", 17);
    refused(quote!(tags = [#(#many),*]), "could not take \"17\" as a number of tags: 0 to 16 is allowed");
}

#[test]
fn settings_that_need_each_other_say_so() {
    refused(quote!(version = 2), "a version over 1 needs `upcast = path::to::lift`");
    refused(quote!(upcast = lift), "version 1 has no older payloads; raise `version`");
    refused(quote!(version = 1, upcast = lift), "version 1 has no older payloads");
    refused(quote!(unique_for = "done"), "could not use `unique_for`: there is no `unique");
    refused(quote!(version = 0, upcast = lift), "as a version");
}

#[test]
fn only_one_form_of_payload_stands_for_a_kind() {
    let generic = derived_for(quote!(
        #[job(kind = "k")]
        struct J<T> {
            t: T,
        }
    ))
    .unwrap_err();
    assert!(generic[0].contains("could not make a job of a generic type"), "{generic:?}");
    let union = derived_for(quote!(#[job(kind = "k")] union J { a: u8, b: i8 })).unwrap_err();
    assert!(union[0].contains("a struct or an enum is allowed"), "{union:?}");
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let errors = derived(quote!(priority = 10, timeout = "x", unique_for = "done")).unwrap_err();
    assert_eq!(errors.len(), 4, "{errors:?}");
}

#[test]
fn what_is_written_goes_through_the_hidden_module() {
    let code = derived(quote!(kind = "k", unique = "{{{type}}}")).unwrap();
    assert!(code.contains("impl :: banto :: __private :: Job for J"), "{code}");
    assert!(code.contains("format ! (\"{{{}}}\" , self . r#type)"), "{code}");
    let elsewhere = derived(quote!(kind = "k", crate = "house::clerk")).unwrap();
    assert!(elsewhere.contains("impl house :: clerk :: __private :: Job for J"), "{elsewhere}");
    assert!(!elsewhere.contains("banto"), "{elsewhere}");
    refused(quote!(crate = "not a path"), "");
}
