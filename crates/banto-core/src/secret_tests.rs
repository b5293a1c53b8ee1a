//! What is blacked out, what is not, and that a line of JSON stays one.

use proptest::prelude::*;

use super::*;

fn redacted(line: &str) -> String {
    Secrets::none().redact(line).into_owned()
}

#[test]
fn a_secret_is_blacked_out_by_the_name_beside_it() {
    for (line, shown) in [
        ("password=hunter2", "password=***"),
        ("DB_PASSWORD=hunter2 DB_HOST=db", "DB_PASSWORD=*** DB_HOST=db"),
        ("PGPASSWORD=hunter2", "PGPASSWORD=***"),
        ("password: hunter2, user: bob", "password: ***, user: bob"),
        ("apiKey='a b c' more", "apiKey='***' more"),
        ("X-Api-Key: abc123", "X-Api-Key: ***"),
        ("'password' => 'hunter2',", "'password' => '***',"),
        ("?access_token=abc&page=2", "?access_token=***&page=2"),
        ("https://s3/x?X-Amz-Signature=0af1&X-Amz-Date=1", "https://s3/x?X-Amz-Signature=***&X-Amz-Date=1"),
        ("Config { token: Some(\"abc\"), port: 1 }", "Config { token: Some(\"***\"), port: 1 }"),
        ("Config { client_secret: \"a\\\"b\", port: 1 }", "Config { client_secret: \"***\", port: 1 }"),
        ("mysql --password hunter2 -u root", "mysql --password *** -u root"),
        ("mysql --password=hunter2 -u root", "mysql --password=*** -u root"),
        ("> Authorization: Basic dXNlcjpwYXNz", "> Authorization: ***"),
        ("authorization: Digest username=\"x\", a=b", "authorization: ***\"x\", a=b"),
        ("sent Bearer abcdef012345 to it", "sent Bearer *** to it"),
        ("curl -H 'Authorization: Token r8_abc' x", "curl -H 'Authorization: ***' x"),
        ("Token 0123456789abcdef", "Token ***"),
        ("Cookie: a=1; b=2", "Cookie: ***"),
        ("password=\"open to the end", "password=\"***"),
    ] {
        assert_eq!(redacted(line), shown, "{line}");
        assert_eq!(redacted(shown), shown, "twice: {line}");
    }
}

#[test]
fn a_secret_is_blacked_out_by_its_look_and_in_an_address() {
    for (line, shown) in [
        ("postgres://app:hunter2@db:5432/x", "postgres://app:***@db:5432/x"),
        ("redis://:p@ss@cache", "redis://:***@cache"),
        ("(https://u:p@h), then", "(https://u:***@h), then"),
        ("key sk-proj-abcdef0123456789 is wrong", "key *** is wrong"),
        ("r8_0123456789abcdefghij", "***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "***"),
    ] {
        assert_eq!(redacted(line), shown, "{line}");
    }
}

#[test]
fn what_is_no_secret_stays() {
    for line in [
        "",
        "unexpected token: else",
        "tokens=6054 token_count=3",
        "the password",
        "a password is wanted",
        "key=avatar:42",
        "http://127.0.0.1:8080/health",
        "postgres://db:5432/x user@host",
        "mailto:bob@example.org",
        "Basic authentication is wanted",
        "{\"token\":null,\"password\":false}",
        "{\"message\":\"token=\",\"level\":\"INFO\"}",
        "{\"message\":\"enter password: \",\"level\":\"INFO\"}",
        "{\"message\":\"mysql --password \",\"level\":\"INFO\"}",
        "{\"secret\":{\"a\":1}}",
        "{\"m\":\"token=\\\\\",\"n\":1}",
        "{\"m\":\"token=\\nnext line\",\"n\":1}",
        "sk-learn is a library of many words",
        "2026-11-29T00:00:00.000Z",
    ] {
        assert!(matches!(Secrets::none().redact(line), Cow::Borrowed(same) if same == line), "{line}");
    }
}

#[test]
fn json_stays_json() {
    for (line, shown) in [
        (r#"{"password":"a\"b","x":1}"#, r#"{"password":"***","x":1}"#),
        (r#"{"api_key": 12345678, "x":1}"#, r#"{"api_key": "***", "x":1}"#),
        (
            r#"{"m":"{\"token\":5,\"secret\":\"a\\\"b\",\"x\":1}"}"#,
            r#"{"m":"{\"token\":\"***\",\"secret\":\"***\",\"x\":1}"}"#,
        ),
        (r#"{"m":"Config { password: \"x\" }","y":"z"}"#, r#"{"m":"Config { password: \"***\" }","y":"z"}"#),
        (r#"{"m":"password: \"cut here","y":"z"}"#, r#"{"m":"password: \"***","y":"z"}"#),
        (r#"{"m":"password='cut here","y":"z"}"#, r#"{"m":"password='***","y":"z"}"#),
        (r#"{"m":"Authorization: Bearer x","y":"z"}"#, r#"{"m":"Authorization: ***","y":"z"}"#),
        (r#"{"m":"password=\\ab\\ncd \\","y":"z"}"#, r#"{"m":"password=*** \\","y":"z"}"#),
        (r#"{"m":"password=ab\nnext","y":"z"}"#, r#"{"m":"password=***\nnext","y":"z"}"#),
        (r#"{"url":"redis://a:b@c","password":"\\"}"#, r#"{"url":"redis://a:***@c","password":"***"}"#),
    ] {
        assert_eq!(redacted(line), shown);
        serde_json::from_str::<serde_json::Value>(shown).unwrap();
    }
}

#[test]
fn a_value_is_known_by_the_name_of_its_variable() {
    let secrets = Secrets::of([
        ("APP_KEY", "base64:0123/+="),
        ("AWS_SECRET_ACCESS_KEY", "quo\"te\\d"),
        ("PGPASSWORD", "short"),
        ("TLS_KEY", "-----BEGIN-----\nline of the key\n-----END-----"),
        ("DATABASE_URL", "postgres://app:longpassword@db/x"),
        ("PWD", "/srv/application"),
        ("SSH_AUTH_SOCK", "/tmp/agent.123"),
        ("TLS_KEY_FILE", "/etc/tls/key.pem"),
        ("MONKEY", "a funny animal"),
    ]);
    for (line, shown) in [
        ("said base64:0123/+= once, base64:0123/+= twice", "said *** once, *** twice"),
        ("raw quo\"te\\d", "raw ***"),
        (r#"{"m":"quo\"te\\d"}"#, r#"{"m":"***"}"#),
        ("short", "short"),
        ("it is line of the key", "it is ***"),
        ("psql: longpassword", "psql: ***"),
        ("in /srv/application", "in /srv/application"),
        ("/tmp/agent.123 /etc/tls/key.pem a funny animal", "/tmp/agent.123 /etc/tls/key.pem a funny animal"),
    ] {
        assert_eq!(secrets.redact(line), shown);
    }
    assert_eq!(format!("{:?}", Secrets::of([("K_TOKEN", "sesamesesame")])), "Secrets(1 known)");
}

#[test]
fn a_longer_secret_leaves_no_rest_of_itself() {
    let secrets = Secrets::of([("A_KEY", "abcdefgh"), ("B_KEY", "abcdefghijkl")]);
    assert_eq!(secrets.redact("abcdefghijkl abcdefgh"), "*** ***");
}

#[test]
fn a_hostile_line_costs_its_length_only() {
    for unit in ["://", "password=\"", "Bearer ", "--token ", "\\\"", "=", ":", "token: ", "a://b:", "sk-", "é="] {
        let line = unit.repeat((1 << 20) / unit.len());
        let shown = redacted(&line);
        assert!(shown.len() <= 2 * line.len(), "{unit}");
    }
}

proptest! {
    #[test]
    fn an_object_stays_an_object(name in "[a-z_]{0,8}(password|token|x)", value in "\\PC*", text in "\\PC*") {
        let line = serde_json::json!({ name.clone(): value, "message": format!("{text} token={text}"), "n": 1 }).to_string();
        let shown = redacted(&line);
        let read: serde_json::Value = serde_json::from_str(&shown).expect(&shown);
        prop_assert_eq!(&read["n"], 1);
        if name.ends_with("password") && !value.is_empty() {
            prop_assert_eq!(&read[&name], "***");
        }
        prop_assert_eq!(redacted(&shown), shown);
    }
}
