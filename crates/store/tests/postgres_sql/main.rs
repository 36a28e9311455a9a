//! Every SQL statement of the PostgreSQL engine is one that the distributed databases of its protocol take too.
//! docs/adr/0018-sql-for-distribution.md has each rule's reason and who documents it.

mod parts;
mod rules;
mod shapes;
mod statement;
mod tokens;
mod words;

use rules::{Rule, rules};
use statement::{Statement, of_engine, of_schema};

#[test]
fn every_statement_keeps_every_rule() {
    let mut found = Vec::new();
    for statement in of_schema().iter().chain(&of_engine()) {
        let broken = rules().filter_map(|rule| Some((rule.name, (rule.offence)(statement)?)));
        found.extend(
            broken.map(|(rule, what)| format!("{}: {rule}: {what}: {}", statement.place, statement.text)),
        );
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn each_rule_catches_what_it_is_for_and_lets_the_usual_pass() {
    for Rule { name, offence, bad, good } in rules() {
        assert!(!bad.is_empty(), "{name} has nothing to catch");
        for text in *bad {
            assert!(offence(&Statement::new("bad", text)).is_some(), "{name} lets pass: {text}");
        }
        for text in *good {
            assert_eq!(offence(&Statement::new("good", text)), None, "{name} refuses: {text}");
        }
    }
}

#[test]
fn each_rule_is_in_the_decision() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/adr/0018-sql-for-distribution.md");
    let page = std::fs::read_to_string(root).expect("the decision");
    for rule in rules() {
        assert!(page.contains(&format!("| {} |", rule.name)), "the decision does not name: {}", rule.name);
    }
}

#[test]
fn what_is_read_is_what_there_is() {
    let tables = of_schema().iter().filter(|statement| statement.begins(&["CREATE", "TABLE"])).count();
    assert!(tables >= 16, "{tables} tables were read of the schema");
    let engine = of_engine();
    for word in ["SELECT", "INSERT", "UPDATE", "DELETE"] {
        let there = engine.iter().any(|statement| statement.has(&[word]));
        assert!(there || engine.is_empty(), "no {word} was read of the engine");
    }
}
