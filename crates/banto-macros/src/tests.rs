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
}

/// Each key with a value that is taken, and what is written for it.
const GOOD: [(&str, &str, &str); 15] = [
    ("kind", "\"a.b\"", "const KIND : & 'static str = \"a.b\" ;"),
    ("aliases", "[\"x\", \"y\"]", "const ALIASES : & 'static [& 'static str] = & [\"x\" , \"y\"] ;"),
    ("queue", "\"q\"", "queue : \"q\" ,"),
    ("priority", "0", "priority : 0u8 ,"),
    ("attempts_max", "1_000", "attempts_max : :: banto :: __private :: Option :: Some (1000u16) ,"),
    ("timeout", "\"1h 30m\"", "timeout_ms : :: banto :: __private :: Option :: Some (5400000u64) ,"),
    (
        "backoff",
        "\"10s..1h\"",
        "Some (:: banto :: __private :: Backoff :: Exponential { base_ms : 10000u64 , max_ms : 3600000u64 })",
    ),
    ("retry_for", "\"1d\"", "retry_for_ms : :: banto :: __private :: Option :: Some (86400000u64) ,"),
    ("crashes_max", "0x64", "crashes_max : :: banto :: __private :: Option :: Some (100u16) ,"),
    ("version", "65535", "const VERSION : u16 = 65535u16 ;"),
    ("upcast", "crate::a::lift", "{ crate :: a :: lift (from , payload) }"),
    (
        "unique",
        "\"a:{avatar_id}\"",
        "Label :: new (& :: banto :: __private :: format ! (\"a:{}\" , self . avatar_id)) ?",
    ),
    ("unique_for", "\"queued\"", "hold : :: banto :: __private :: Hold :: Queued }"),
    ("tags", "[\"t\"]", "vec ! [:: banto :: __private :: format ! (\"t\")]"),
    ("crate", "\"house\"", "impl house :: __private :: Job for J"),
];

/// What `key` cannot be without.
fn company(key: &str) -> &'static str {
    match key {
        "kind" => "",
        "version" => "kind = \"k\", upcast = l,",
        "upcast" => "kind = \"k\", version = 2,",
        "unique_for" => "kind = \"k\", unique = \"u\",",
        _ => "kind = \"k\",",
    }
}

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap()
}

/// The written `impl`, read again: whatever is accepted must be Rust.
#[track_caller]
fn written(settings: &str) -> (syn::ItemImpl, String) {
    let code = derived(tokens(settings)).unwrap_or_else(|errors| panic!("{settings}: {errors:?}"));
    (syn::parse_str(&code).unwrap_or_else(|error| panic!("{settings}: {error}\n{code}")), code)
}

/// What the `impl` has, by name.
fn items(written: &syn::ItemImpl) -> Vec<String> {
    let name = |item: &syn::ImplItem| match item {
        syn::ImplItem::Const(one) => one.ident.to_string(),
        syn::ImplItem::Fn(one) => one.sig.ident.to_string(),
        other => panic!("nothing else is written: {}", quote!(#other)),
    };
    written.items.iter().map(name).collect()
}

#[test]
fn each_key_is_written_where_it_belongs() {
    for (key, value, expected) in GOOD {
        let (_, code) = written(&format!("{} {key} = {value}", company(key)));
        assert!(code.contains(expected), "{key}: {expected} is not in\n{code}");
        assert!(code.contains(".. <"), "{key}: what is not said is the house's default");
    }
}

#[test]
fn what_is_not_said_is_not_written() {
    let (plain, code) = written("kind = \"k\"");
    assert_eq!(items(&plain), ["KIND", "VERSION", "ALIASES", "policy"]);
    assert!(code.contains(
        "Policy { .. < :: banto :: __private :: Policy as :: banto :: __private :: Default > :: default () }"
    ));
    let (_, code) = written("kind = \"k\", aliases = [], tags = []");
    assert!(code.contains("ALIASES : & 'static [& 'static str] = & [] ;") && !code.contains("fn tags"), "{code}");
    let all = GOOD.map(|(key, value, _)| format!("{key} = {value}")).join(", ");
    let (full, code) = written(&all);
    assert_eq!(items(&full), ["KIND", "VERSION", "ALIASES", "policy", "unique", "tags", "upcast"]);
    assert!(!code.contains(".. <"), "with every field said there is no rest: {code}");
}

#[test]
fn every_key_refuses_a_value_of_any_other_form() {
    let forms = [("text", "\"a\""), ("number", "3"), ("path", "a::b"), ("list", "[\"a\"]")];
    for (key, value, _) in GOOD {
        let own = match value.as_bytes()[0] {
            b'"' => "text",
            b'[' => "list",
            digit if digit.is_ascii_digit() => "number",
            _ => "path",
        };
        for (_, other) in forms.iter().filter(|(form, _)| *form != own) {
            let errors = derived(tokens(&format!("{} {key} = {other}", company(key)))).unwrap_err();
            let said = format!("could not read `{key}`: write it as in `{key} = ");
            assert!(errors.iter().any(|error| error.starts_with(&said)), "{key} = {other}: {errors:?}");
        }
        for other in ["1.5", "true", "'c'", "b\"x\"", "c\"x\"", "1e3"] {
            let errors = derived(tokens(&format!("{} {key} = {other}", company(key)))).unwrap_err();
            assert!(!errors.is_empty(), "{key} = {other}");
        }
    }
}

#[test]
fn every_key_is_given_once_in_one_place_or_in_two() {
    for (key, value, _) in GOOD {
        let once = format!("{} {key} = {value}", company(key));
        let one = derived(tokens(&format!("{key} = {value}, {once}"))).unwrap_err();
        let settings = [tokens(&once), tokens(&format!("{key} = {value}"))];
        let [first, second] = settings;
        let two = derived_for(quote!(
            #[job(#first)]
            #[serde(rename = "x")]
            #[job(#second)]
            struct J {
                avatar_id: i64,
            }
        ))
        .unwrap_err();
        for errors in [one, two] {
            assert_eq!(errors, [format!("could not take `{key}` twice: give it once")]);
        }
    }
}

#[test]
fn every_key_without_a_value_hears_an_example() {
    for (key, ..) in GOOD {
        for typed in [key.to_owned(), format!("{key},"), format!("{key}(\"a\")")] {
            let errors = derived(tokens(&format!("{} {typed}", company(key)))).unwrap_err();
            assert!(errors[0].starts_with(&format!("could not read `{key}`: write it as in")), "{typed}: {errors:?}");
        }
        assert!(derived(tokens(&format!("{} {key} =", company(key)))).is_err(), "{key}");
    }
}

#[test]
fn what_is_no_list_of_settings_is_refused() {
    for list in [
        "kind = \"a\" queue = \"b\"",
        "kind == \"a\"",
        "= \"a\"",
        ",",
        "\"a\"",
        "kind = \"a\",, queue = \"b\"",
        "kind = [\"a\"",
    ] {
        let Ok(settings) = list.parse::<TokenStream>() else { continue };
        assert!(derived(settings).is_err(), "{list}");
    }
    for attribute in [quote!(#[job]), quote!(#[job = "k"]), quote!(#[job()])] {
        assert!(derived_for(quote!(#attribute struct J;)).is_err(), "{attribute}");
    }
    assert!(derived(quote!(kind = "k",)).is_ok(), "a comma at the end is usual");
}

#[test]
fn a_number_is_a_plain_number() {
    let suffixed =
        ["priority = 3banana", "attempts_max = 3u8", "crashes_max = 1s", "queue = \"a\"b", "unique = \"a\"u8"];
    for typed in suffixed {
        refused(
            tokens(typed),
            "could not take this value: a text, a whole number, a path or a list of texts is allowed",
        );
    }
    refused(quote!(priority = 0xff), "could not take \"255\" as a priority");
}

#[test]
fn a_type_with_parameters_of_any_sort_is_refused() {
    let items = [
        "struct J<T> { t: T }",
        "struct J<'a> { t: &'a str }",
        "struct J<const N: usize> { t: [u8; N] }",
        "enum J<T> { A(T) }",
    ];
    for item in items {
        let errors = derived_for(tokens(&format!("#[job(kind = \"k\")] {item}"))).unwrap_err();
        assert!(errors.len() == 1 && errors[0].contains("of a generic type"), "{item}: {errors:?}");
    }
    assert!(derived_for(tokens("#[job(kind = \"k\")] struct J where u8: Copy;")).is_ok());
}

#[test]
fn every_form_of_type_takes_what_its_values_have_in_common() {
    let taken = [
        ("struct r#type { a: u8 }", "unique = \"{a}\"", "for r#type"),
        ("struct J(u8, u8);", "unique = \"{1}-{0}-{1}\"", "(\"{}-{}-{}\" , self . 1 , self . 0 , self . 1)"),
        ("struct J;", "unique = \"one\"", "(\"one\")"),
        ("struct J {}", "tags = [\"{{}}\"]", "(\"{{}}\")"),
        ("enum J { A, B(u8) }", "unique = \"one\", tags = [\"a\", \"b\"]", "(\"a\")"),
        ("struct J { r#fn: u8 }", "unique = \"{fn}\"", "self . r#fn"),
    ];
    for (item, settings, expected) in taken {
        let code = derived_for(tokens(&format!("#[job(kind = \"k\", {settings})] {item}"))).unwrap();
        assert!(code.contains(expected), "{item}: {code}");
        syn::parse_str::<syn::ItemImpl>(&code).unwrap();
    }
    let not = [
        ("struct J { a: u8 }", "{0}"),
        ("struct J { r#fn: u8 }", "{r#fn}"),
        ("struct J { a: u8 }", "{ a }"),
        ("struct J { a: u8 }", "{a.b}"),
        ("struct J { a: u8 }", "{a:>3}"),
        ("struct J(u8);", "{00}"),
        ("struct J(u8);", "{1}"),
        ("struct J {}", "{a}"),
        ("enum J { A(u8) }", "{0}"),
    ];
    for (item, text) in not {
        for key in ["unique = ", "tags = [\"ok\", "] {
            let end = if key.starts_with("tags") { "]" } else { "" };
            let errors =
                derived_for(tokens(&format!("#[job(kind = \"k\", {key}\"{text}\"{end})] {item}"))).unwrap_err();
            assert!(errors.len() == 1 && errors[0].contains("could not find the field"), "{item} {text}: {errors:?}");
        }
    }
}

#[test]
fn every_hold_is_written_as_it_was_said() {
    let good = [
        ("queued", "Queued"),
        ("done", "Done"),
        ("24h", "Period (86400000u64)"),
        ("1h 30m", "Period (5400000u64)"),
        ("done+24h", "Remember (86400000u64)"),
        ("done+ 1h", "Remember (3600000u64)"),
    ];
    for (text, hold) in good {
        let (_, code) = written(&format!("kind = \"k\", unique = \"u\", unique_for = \"{text}\""));
        assert!(code.contains(&format!("hold : :: banto :: __private :: Hold :: {hold} }}")), "{text}: {code}");
    }
    let (_, code) = written("kind = \"k\", unique = \"u\"");
    assert!(code.contains("Hold :: Done }"), "until the end, if nothing is said: {code}");
    for bad in
        ["", "Done", "done +1h", "done-1h", "done+done", "1h+done", "queued+1h", "done+1h+1h", "11y", "0s", "done+0s"]
    {
        refused(
            quote!(unique = "u", unique_for = #bad),
            &format!("could not take \"{bad}\" as a hold")
                .replace("\"done+done\"", "\"done\"")
                .replace("\"done+1h+1h\"", "\"1h+1h\"")
                .replace("\"done+0s\"", "\"0s\""),
        );
    }
}

#[test]
fn banto_may_be_anywhere_and_nowhere_else() {
    for (path, expected) in [
        ("crate", "impl crate :: __private"),
        ("::a::b", "impl :: a :: b :: __private"),
        ("super::x", "impl super :: x"),
    ] {
        let (_, code) = written(&format!("kind = \"k\", crate = \"{path}\""));
        assert!(code.contains(expected), "{path}: {code}");
    }
    for bad in ["", "a b", "a::", "a::<T>", "1", "a-b", "../a"] {
        refused(quote!(crate = #bad), "could not read `crate`: write it as in `crate = \"other::banto\"`");
    }
}

#[test]
fn a_bad_kind_does_not_hide_what_else_is_wrong() {
    let errors =
        derived(quote!(kind = "a b", aliases = ["c d"], queue = "", priority = 10, unique = "{x}")).unwrap_err();
    assert_eq!(errors.len(), 5, "{errors:?}");
    assert!(errors.iter().all(|error| error.starts_with("could not ")), "{errors:?}");
}

/// The text with `7` and `left` for its fields, by another way of reading: letter by letter.
fn rendered(text: &str) -> Option<String> {
    let (mut shown, mut letters) = (String::new(), text.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' if letters.next_if_eq(&letter).is_some() => shown.push(letter),
            '}' => return None,
            '{' => {
                let name: String = std::iter::from_fn(|| letters.next_if(|c| *c != '}')).collect();
                letters.next()?;
                shown += match name.as_str() {
                    "a" => "7",
                    "b" => "left",
                    _ => return None,
                };
            }
            _ => shown.push(letter),
        }
    }
    Some(shown)
}

proptest::proptest! {
    #[test]
    fn a_template_means_what_format_makes_of_it(text in "([ab:]|\\{a\\}|\\{b\\}|\\{\\{|\\}\\}|\\{|\\}){1,12}") {
        let item: syn::ItemStruct = syn::parse_quote!(struct J { a: i64, b: String });
        let typed = syn::LitStr::new(&text, proc_macro2::Span::call_site());
        let read = super::template::template(&typed, Some(&item.fields)).ok();
        // What `format!` would make of it: braces doubled, and the fields in their order.
        let made = read.map(|read| {
            let mut values = read.fields.iter().map(|field| match field {
                syn::Member::Named(name) if name == "a" => "7",
                _ => "left",
            });
            let (mut made, mut rest) = (String::new(), read.format.as_str());
            while let Some(letter) = rest.chars().next() {
                let (shown, length) = match rest.get(..2) {
                    Some("{}") => (values.next().unwrap().to_owned(), 2),
                    Some("{{") => ("{".into(), 2),
                    Some("}}") => ("}".into(), 2),
                    _ => (letter.to_string(), letter.len_utf8()),
                };
                made += &shown;
                rest = &rest[length..];
            }
            assert_eq!(values.next(), None, "each field has its place");
            (made, read.probe.len())
        });
        proptest::prop_assert_eq!(made.as_ref().map(|(made, _)| made.clone()), rendered(&text), "{}", text);
        if let Some((made, shortest)) = made {
            proptest::prop_assert!(shortest <= made.len(), "the probe is the shortest it can be");
        }
    }

    #[test]
    fn a_name_that_compiles_is_one_that_runs(text in "[a-zA-Z0-9._ -]{0,5}|\\PC{0,4}") {
        let fits = banto_core::Name::new(&text).is_ok();
        proptest::prop_assert_eq!(derived(quote!(kind = #text)).is_ok(), fits);
        proptest::prop_assert_eq!(derived(quote!(kind = "k", queue = #text)).is_ok(), fits);
    }

    #[test]
    fn a_number_that_compiles_is_one_that_runs(number in 0u32..70_000) {
        let typed = proc_macro2::Literal::u32_unsuffixed(number);
        let good = |settings: TokenStream| derived(quote!(kind = "k", #settings)).is_ok();
        proptest::prop_assert_eq!(good(quote!(priority = #typed)), number <= 9);
        proptest::prop_assert_eq!(good(quote!(attempts_max = #typed)), (1..=1000).contains(&number));
        proptest::prop_assert_eq!(good(quote!(crashes_max = #typed)), (1..=100).contains(&number));
        proptest::prop_assert_eq!(good(quote!(version = #typed, upcast = l)), (2..=65535).contains(&number));
    }
}
