//! Where the functions of a source begin and end, and which of its lines are tests.
//!
//! For the rules on sizes, words and promises. It follows braces over tokens, macros included, and never expands anything.

use std::ops::RangeInclusive;

use super::lex::{Kind, Token};

/// A function with a body, from the line of its `fn` to the line of its last brace.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its bare name.
    pub name: String,
    /// The line of `fn`.
    pub first: usize,
    /// The line of the closing brace.
    pub last: usize,
}

/// Every function that has a body, inner ones too.
pub fn functions(tokens: &[Token<'_>]) -> Vec<Function> {
    let code = without_comments(tokens);
    let named = code.windows(2).enumerate().filter_map(|(at, pair)| match pair {
        [key, name] if key.text == "fn" && name.kind == Kind::Name => Some((at, key.line, name.text)),
        _ => None,
    });
    named
        .filter_map(|(at, first, name)| {
            let last = body_end(code.get(at..)?)?;
            Some(Function { name: name.trim_start_matches("r#").to_owned(), first, last })
        })
        .collect()
}

/// The lines of every item under `#[cfg(test)]`; the whole file under `#![cfg(test)]`.
pub fn test_lines(tokens: &[Token<'_>]) -> Vec<RangeInclusive<usize>> {
    let code = without_comments(tokens);
    let mut found = Vec::new();
    for (at, token) in code.iter().enumerate() {
        let Some(here) = code.get(at..) else { break };
        if token.text != "#" {
            continue;
        }
        if says(here, &["#", "!", "[", "cfg", "(", "test", ")"]) {
            return vec![1..=usize::MAX];
        }
        if says(here, &["#", "[", "cfg", "(", "test", ")"]) || says(here, &["#", "[", "cfg", "(", "all", "(", "test"]) {
            let end = body_end(here).unwrap_or(token.line);
            found.push(token.line..=end);
        }
    }
    found
}

fn without_comments<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    tokens.iter().filter(|token| token.kind != Kind::Comment).copied().collect()
}

fn says(code: &[Token<'_>], words: &[&str]) -> bool {
    code.len() >= words.len() && code.iter().zip(words).all(|(token, word)| token.text == *word)
}

/// The last line of the item that `code` begins with: its closing brace, or its `;` when it has no body.
fn body_end(code: &[Token<'_>]) -> Option<usize> {
    let mut round = 0_isize;
    let mut curly = 0_isize;
    for token in code.iter().filter(|token| token.kind == Kind::Mark) {
        match token.text {
            "(" | "[" => round += 1,
            ")" | "]" => round -= 1,
            // A brace inside parentheses is a block of an expression, such as a closure in an argument.
            "{" if curly > 0 || round == 0 => curly += 1,
            "}" if curly > 0 => {
                curly -= 1;
                if curly == 0 {
                    return Some(token.line);
                }
            }
            ";" if curly == 0 && round == 0 => return Some(token.line),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::lex::lex;
    use super::*;

    fn names(source: &str) -> Vec<(String, usize, usize)> {
        functions(&lex(source)).into_iter().map(|found| (found.name, found.first, found.last)).collect()
    }

    #[test]
    fn a_function_ends_at_its_own_brace() {
        let source = "fn a(x: [u8; 2]) {\n  if x { \"}\" } else { '}' }\n}\nfn b() -> u8 { 1 }";
        assert_eq!(names(source), [("a".into(), 1, 3), ("b".into(), 4, 4)]);
    }

    #[test]
    fn a_block_inside_the_arguments_is_not_the_body() {
        assert_eq!(names("fn a(x: [u8; { 1 + 1 }]) {\n}"), [("a".into(), 1, 2)]);
    }

    #[test]
    fn inner_functions_are_seen_and_function_types_are_not() {
        let source = "fn a(f: fn(u8) -> u8) {\n fn r#in() {\n }\n}";
        assert_eq!(names(source), [("a".into(), 1, 4), ("in".into(), 2, 3)]);
    }

    #[test]
    fn a_declaration_without_body_ends_at_its_semicolon() {
        assert_eq!(names("trait T {\n fn a(&self);\n fn b(&self) {\n }\n}"), [("a".into(), 2, 2), ("b".into(), 3, 4)]);
    }

    #[test]
    fn lines_under_cfg_test_are_tests() {
        let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}";
        assert_eq!(test_lines(&lex(source)), [2..=5]);
        assert_eq!(test_lines(&lex("#[cfg(test)]\nmod tests;\nfn c() {}")), [1..=2]);
        assert_eq!(test_lines(&lex("//! x\n#![cfg(test)]\nfn c() {}")), [1..=usize::MAX]);
        assert_eq!(test_lines(&lex("#[cfg(not(test))]\nfn a() {}")), []);
    }
}
