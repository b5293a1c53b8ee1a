//! What the environment may say, and what of it is ever shown.

use super::*;
use std::collections::HashMap;
use std::io::Write;

fn read(pairs: &[(&str, &str)]) -> Result<Settings, BadSettings> {
    let env: HashMap<String, String> = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Settings::from_env(|name| env.get(name).cloned())
}

#[test]
fn an_empty_environment_gives_every_default() {
    let settings = read(&[("OPENAI_API_KEY", "  "), ("REPLICATE_API_TOKEN", "")]).unwrap();
    let replicate = &settings.replicate;
    assert!(replicate.token.is_none() && replicate.rembg.is_none() && settings.openai.key.is_none());
    assert_eq!((replicate.poll_interval, replicate.polls_max), (Duration::from_secs(2), 60));
    assert_eq!(replicate.address.below(&["v1", "predictions"]).as_str(), "https://api.replicate.com/v1/predictions");
    assert_eq!(settings.openai.chat_model, "gpt-4o-mini");
    assert_eq!(
        settings.openai.address.below(&["chat", "completions"]).as_str(),
        "https://api.openai.com/v1/chat/completions"
    );
    assert_eq!(settings.openai.image_patience.read, Duration::from_secs(180));
    assert_eq!(format!("{:?}", Settings::default()), format!("{settings:?}"));
}

#[test]
fn every_name_of_the_reference_system_is_read() {
    let settings = read(&[
        ("REPLICATE_API_TOKEN", "r8_one"),
        ("REPLICATE_MODEL_VERSION", "a/anything:1"),
        ("REPLICATE_MODEL_VERSION_V2", "b/animagine:2"),
        ("REPLICATE_MODEL_VERSION_V3", "c/sd"),
        ("REPLICATE_TRANSPARENT_MODEL_VERSION", "d/rembg:4"),
        ("REPLICATE_POLLING_INTERVAL", "0.25"),
        ("REPLICATE_MAX_POLLING_ATTEMPTS", "7"),
        ("OPENAI_API_KEY", "sk-two"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/"),
        ("OPENAI_MODEL", "small"),
        ("OPENAI_IMAGE_MODEL", "dall-e-3"),
        ("OPENAI_TIMEOUT", "1.5"),
    ])
    .unwrap();
    let replicate = settings.replicate;
    assert_eq!(replicate.token.unwrap().reveal(), "r8_one");
    assert_eq!(replicate.anything_v4.as_deref(), Some("a/anything:1"));
    assert_eq!(replicate.animagine_xl_31.as_deref(), Some("b/animagine:2"));
    assert_eq!(replicate.stable_diffusion_35_medium.as_deref(), Some("c/sd"));
    assert_eq!(replicate.rembg.as_deref(), Some("d/rembg:4"));
    assert_eq!((replicate.poll_interval, replicate.polls_max), (Duration::from_millis(250), 7));
    let openai = settings.openai;
    assert_eq!(openai.key.unwrap().reveal(), "sk-two");
    assert_eq!(openai.address.below(&["images"]).as_str(), "http://127.0.0.1:9/v1/images");
    assert_eq!((openai.chat_model.as_str(), openai.image_model.as_str()), ("small", "dall-e-3"));
    assert_eq!(openai.patience.total, Duration::from_millis(1500));
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    let bad = read(&[
        ("REPLICATE_API_BASE_URL", "http://api.replicate.com"),
        ("REPLICATE_POLLING_INTERVAL", "soon"),
        ("REPLICATE_MAX_POLLING_ATTEMPTS", "0"),
        ("OPENAI_TIMEOUT", "-1"),
        ("OPENAI_IMAGE_TIMEOUT", "NaN"),
        ("OPENAI_API_KEY", "my very\nsecret"),
    ])
    .unwrap_err();
    let names: Vec<&str> = bad.0.iter().map(|bad| bad.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "REPLICATE_API_BASE_URL",
            "REPLICATE_POLLING_INTERVAL",
            "REPLICATE_MAX_POLLING_ATTEMPTS",
            "OPENAI_TIMEOUT",
            "OPENAI_IMAGE_TIMEOUT",
            "OPENAI_API_KEY",
        ]
    );
    let text = bad.to_string();
    assert!(text.starts_with("use the settings: REPLICATE_API_BASE_URL: "), "{text}");
    assert!(text.contains("\"soon\" is no time: allowed are 0.001 to 86400 seconds"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn a_key_may_stand_in_a_file() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "r8_from_a_file").unwrap();
    let path = file.path().to_str().unwrap();
    let settings = read(&[("REPLICATE_API_TOKEN_FILE", path)]).unwrap();
    assert_eq!(settings.replicate.token.unwrap().reveal(), "r8_from_a_file");

    let both = read(&[("REPLICATE_API_TOKEN_FILE", path), ("REPLICATE_API_TOKEN", "r8_x")]).unwrap_err();
    assert!(both.to_string().contains("REPLICATE_API_TOKEN_FILE: REPLICATE_API_TOKEN is set too"), "{both}");
}

#[test]
fn a_key_file_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none");
    let bad = read(&[("OPENAI_API_KEY_FILE", missing.to_str().unwrap())]).unwrap_err();
    assert!(bad.to_string().contains("cannot be read: entity not found"), "{bad}");
    let bad = read(&[("OPENAI_API_KEY_FILE", folder.path().to_str().unwrap())]).unwrap_err();
    assert!(bad.to_string().contains("is not a file of one line"), "{bad}");
    let empty = tempfile::NamedTempFile::new().unwrap();
    let bad = read(&[("OPENAI_API_KEY_FILE", empty.path().to_str().unwrap())]).unwrap_err();
    assert!(bad.to_string().contains("OPENAI_API_KEY_FILE: holds no key"), "{bad}");
}

#[test]
fn no_debug_shows_a_key() {
    let settings = read(&[("OPENAI_API_KEY", "sk-verysecret"), ("REPLICATE_API_TOKEN", "verysecret")]).unwrap();
    let shown = format!("{settings:#?}");
    assert!(shown.contains("Secret(***)") && !shown.contains("verysecret"), "{shown}");
}

#[test]
fn a_key_never_travels_in_clear() {
    for good in ["https://api.example.com/v1", "http://127.0.0.1:1", "http://[::1]:1/", "http://localhost:8080/v1"] {
        assert!(good.parse::<Address>().is_ok(), "{good}");
    }
    let bad = [
        "http://api.example.com/v1",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://api.example.com/v1?x=1",
        "https://api.example.com/v1#x",
        "https://user:verysecret@api.example.com",
        "api.example.com",
        "",
    ];
    for text in bad {
        let bad = text.parse::<Address>().unwrap_err().to_string();
        assert!(bad.starts_with("use the address \"") && !bad.contains("verysecret"), "{bad}");
    }
}

#[test]
fn what_a_server_names_cannot_leave_the_folder() {
    let address: Address = "https://api.example.com/v1/".parse().unwrap();
    assert_eq!(
        address.below(&["predictions", "../../x?y#z", "cancel"]).as_str(),
        "https://api.example.com/v1/predictions/..%2F..%2Fx%3Fy%23z/cancel"
    );
}

#[test]
fn pictures_are_loaded_in_clear_from_this_machine_only_and_only_by_a_local_provider() {
    let url = |text: &str| reqwest::Url::parse(text).unwrap();
    let far: Address = "https://api.example.com".parse().unwrap();
    let near: Address = "http://127.0.0.1:1".parse().unwrap();
    assert!(far.trusts(&url("https://elsewhere.example/x.png")));
    assert!(!far.trusts(&url("http://elsewhere.example/x.png")));
    assert!(!far.trusts(&url("http://127.0.0.1/x.png")));
    assert!(near.trusts(&url("http://127.0.0.1:2/x.png")));
    assert!(!near.trusts(&url("http://elsewhere.example/x.png")));
    assert!(!near.trusts(&url("file:///etc/passwd")));
}
