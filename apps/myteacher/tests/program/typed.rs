//! What was typed wrongly: one clear line, a documented exit code, never a panic.

use myteacher::look::{
    Accessory, BodyType, Clothing, DrawModelVersion, Enthusiasm, EyeColor, Formality, HairColor, HairStyle, Humor, Sex,
    Tone,
};

use super::house::House;

/// Every closed list, by its flag.
fn lists() -> Vec<(&'static str, Vec<&'static str>)> {
    macro_rules! list {
        ($flag:literal, $of:ident) => {
            ($flag, $of::ALL.iter().map(|value| value.as_str()).collect())
        };
    }
    vec![
        list!("--sex", Sex),
        list!("--hair-style", HairStyle),
        list!("--hair-color", HairColor),
        list!("--eye-color", EyeColor),
        list!("--clothing", Clothing),
        list!("--accessory", Accessory),
        list!("--body-type", BodyType),
        list!("--tone", Tone),
        list!("--enthusiasm", Enthusiasm),
        list!("--formality", Formality),
        list!("--humor", Humor),
        list!("--model", DrawModelVersion),
        list!("--draw-model-version", DrawModelVersion),
        ("--painter", vec!["offline", "replicate", "openai"]),
        ("--writer", vec!["offline", "openai"]),
    ]
}

#[test]
fn a_value_that_is_not_allowed_names_those_that_are() {
    let house = House::new();
    for (flag, allowed) in lists() {
        for verb in ["demo", "avatars create"] {
            for wrong in ["mauve", "BROWN", ""] {
                let said = house.command(verb).arg(format!("{flag}={wrong}")).output().unwrap();
                let err = super::house::Said::from(said).refused(2);
                assert!(err.contains(&format!("\"{wrong}\"")) || wrong.is_empty(), "{flag}: {err}");
                for value in &allowed {
                    assert!(err.contains(value), "{flag}={wrong} does not name {value}: {err}");
                }
            }
        }
    }
    assert!(!house.path().join("storage").exists(), "nothing is made for a command that means nothing");
}

#[test]
fn a_number_has_its_range() {
    let house = House::new();
    for (typed, allowed) in [
        ("avatars show x", "from 1 to 9223372036854775807"),
        ("avatars regenerate 0", "from 1 to 9223372036854775807"),
        ("avatars create --user=-1", "from 1 to 9223372036854775807"),
        ("avatars list --user=me", "from 1 to 9223372036854775807"),
        ("avatars list --limit=0", "from 1 to 10000"),
        ("avatars list --limit=1e3", "from 1 to 10000"),
        ("avatars grant --tokens=1000000001", "from 1 to 1000000000"),
    ] {
        let err = house.types(typed).refused(2);
        assert!(err.contains(&format!("allowed are the whole numbers {allowed}")), "{typed}: {err}");
    }
}

#[test]
fn a_seed_has_its_range() {
    let house = House::new();
    for wrong in ["0", "2147483648", "-1", "x", "1.5"] {
        let err = house.types(&format!("demo --seed={wrong}")).refused(2);
        assert!(err.contains("allowed are the whole numbers from 1 to 2147483647"), "{wrong}: {err}");
        assert!(!err.contains("digit"), "in our own words: {err}");
    }
}

#[test]
fn help_names_every_value_and_an_example() {
    let house = House::new();
    let help = house.types("demo --help").ends(0).out;
    for (flag, allowed) in lists() {
        assert!(help.contains(flag), "{flag} is not in {help}");
        for value in allowed {
            assert!(help.contains(value), "{value} of {flag} is not in {help}");
        }
    }
    assert!(help.contains("myteacher demo --chibi --transparent --json"));
    for command in ["demo", "avatars", "queue", "deploy", "migrate"] {
        assert!(house.types("--help").ends(0).out.contains(&format!("\n  {command}")), "{command}");
    }
}

#[test]
fn a_store_that_cannot_be_is_said_in_one_line() {
    let house = House::new();
    std::fs::write(house.path().join("diary.db"), "no store at all".repeat(100)).unwrap();
    for (url, part) in [
        ("mysql://localhost/x", "this build knows sqlite://"),
        ("memory:", "would be gone"),
        ("sqlite://no/such/folder/x.db", "there is no folder \"no/such/folder\""),
        ("sqlite://.", "it is a folder"),
        ("sqlite://x.db?speed=fast", "allowed are synchronous=full|normal"),
        ("sqlite://diary.db", "diary.db"),
    ] {
        for command in ["demo", "avatars list", "queue list", "queue work --once", "deploy check"] {
            let said = house.types(&format!("{command} --store {url}"));
            assert!(matches!(said.exit, Some(2 | 7)), "{command} --store {url}: {said:#?}");
            let exit = said.exit.unwrap();
            let err = said.refused(exit);
            assert!(err.lines().count() == 1 && err.contains(part), "{command} --store {url}: {err}");
        }
    }
}

#[test]
fn a_place_for_pictures_that_cannot_be_is_said_before_anything_is_ordered() {
    let house = House::new();
    std::fs::write(house.path().join("file"), "").unwrap();
    for (place, part) in [
        ("file/below", "keep pictures in \"file/below\""),
        ("file", "keep pictures in \"file\""),
        ("gs://b/x", "allowed"),
    ] {
        for command in ["demo", "avatars create", "avatars list"] {
            let err = house.types(&format!("{command} --files {place}")).refused(2);
            assert!(err.lines().count() == 1 && err.contains(part), "{command} --files {place}: {err}");
        }
        let worker = house.command("queue work --once").env("MYTEACHER_FILES", place).output().unwrap();
        let err = super::house::Said::from(worker).refused(10);
        assert!(err.lines().count() == 1 && err.contains(part), "{place}: {err}");
    }
}

#[test]
fn a_place_without_a_name_is_refused_in_our_words() {
    let house = House::new();
    let said = house.command("demo").arg("--out=").output().unwrap();
    let err = super::house::Said::from(said).refused(2);
    assert!(err.contains("keep pictures in \"\": it has no name; allowed"), "{err}");
}

#[test]
fn a_worker_says_in_one_line_which_setting_is_wrong() {
    let house = House::new();
    let said = house.command("queue work --once").env("MYTEACHER_PAINTER", "picasso").output().unwrap();
    let err = super::house::Said::from(said).refused(10);
    assert!(err.lines().count() == 1 && err.contains("picasso") && err.contains("replicate"), "{err}");
    let err = house.types("demo --writer replicate").refused(2);
    assert!(err.contains("only paints") && err.contains("offline, openai"), "{err}");
}

#[test]
fn what_does_not_exist_is_refused() {
    let house = House::new();
    for typed in ["avatars paint", "avatars:paint", "paint", "avatars show x", "demo --colour red", "avatars show"] {
        house.types(typed).refused(2);
    }
    let said = house.types("avatars");
    assert!(said.exit == Some(2) && said.err.contains("Usage: myteacher avatars <COMMAND>"), "{said:?}");
    for typed in ["avatars show 99", "avatars regenerate 99"] {
        let err = house.types(typed).refused(2);
        assert!(err.contains("avatar 99") && err.contains("there is none"), "{err}");
    }
}

/// Only in a build without the providers: `cargo test` has them when it is asked for their features.
#[cfg(not(feature = "replicate"))]
#[test]
fn a_provider_that_was_not_built_in_is_named_with_its_feature() {
    let err = House::new().types("demo --painter replicate").refused(2);
    assert!(
        err.contains("built without it; build with --features replicate") || err.contains("--features replicate"),
        "{err}"
    );
}

/// A command for which nothing of the providers' or the bucket's is set.
#[cfg(feature = "replicate")]
fn bare(house: &House, typed: &str) -> std::process::Command {
    let mut command = house.command(typed);
    for name in std::env::vars().map(|(name, _)| name) {
        if ["REPLICATE_", "OPENAI_", "AWS_"].iter().any(|start| name.starts_with(start)) {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(all(feature = "replicate", feature = "openai", feature = "s3"))]
#[test]
fn every_key_that_is_missing_is_named_at_once_those_of_the_bucket_too() {
    let house = House::lived_in();
    let (_, job) = house.create("--seed 3");
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let others =
        ["OPENAI_API_KEY", "REPLICATE_API_TOKEN", "REPLICATE_MODEL_VERSION", "REPLICATE_TRANSPARENT_MODEL_VERSION"];
    for (typed, exit) in [("queue work --once", 10), ("demo", 2)] {
        for set in [None, Some(0), Some(1)] {
            let mut command = bare(&house, typed);
            command.env("MYTEACHER_FILES", "s3://pictures/school");
            command.env("MYTEACHER_PAINTER", "replicate").env("MYTEACHER_WRITER", "openai");
            if let Some(set) = set {
                command.env(keys[set], "AKIDVERYSECRET");
            }
            let err = super::house::Said::from(command.output().unwrap()).refused(exit);
            assert!(others.iter().all(|name| err.contains(name)), "{typed} {set:?}: {err}");
            for (index, name) in keys.iter().enumerate() {
                assert_eq!(err.contains(name), Some(index) != set, "{typed} {set:?}: {err}");
            }
            assert!(err.lines().count() == 1 && !err.contains("VERYSECRET"), "{typed} {set:?}: {err}");
        }
    }
    assert_eq!(house.job(&job)["state"], "ready");
    assert_eq!(house.one::<i64>("SELECT count(*) FROM teacher_avatars"), 2);
}

#[cfg(feature = "replicate")]
#[test]
fn a_demo_on_a_provider_without_settings_names_them_all_and_orders_nothing() {
    let house = House::new();
    let err = super::house::Said::from(bare(&house, "demo --painter replicate").output().unwrap()).refused(2);
    for name in ["REPLICATE_API_TOKEN", "REPLICATE_MODEL_VERSION", "REPLICATE_TRANSPARENT_MODEL_VERSION"] {
        assert!(err.contains(name), "{name}: {err}");
    }
    assert_eq!(house.one::<i64>("SELECT count(*) FROM teacher_avatars"), 0);
}
