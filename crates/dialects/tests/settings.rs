//! The reference page of settings is generated: every setting has words, and what is written can be read again.
#![forbid(unsafe_code)]

use core::fmt::Debug;

use countersign_dialects::{currency_pass, flowmeter, native, oas, spark_wallet, tour};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[test]
fn every_setting_has_words_and_survives_being_written() {
    holds("oas", [oas::Settings::default(), oas::Settings::strict()]);
    holds("currency_pass", [currency_pass::Settings::default(), currency_pass::Settings::strict()]);
    holds("native", [native::Settings::default(), native::Settings::strict()]);
    holds("spark_wallet", [spark_wallet::Settings::default(), spark_wallet::Settings::strict()]);
    holds("tour", [tour::Settings::default(), tour::Settings::strict()]);
    holds("flowmeter", [flowmeter::Settings::default(), flowmeter::Settings::strict()]);
}

fn holds<T>(name: &str, [usual, strict]: [T; 2])
where
    T: Serialize + DeserializeOwned + JsonSchema + PartialEq + Debug,
{
    let schema = serde_json::to_value(schema_for!(T)).expect("a schema");
    let written = serde_json::to_value(&usual).expect("settings");
    for setting in written.as_object().expect("a table").keys() {
        let words = &schema["properties"][setting]["description"];
        assert!(words.as_str().is_some_and(|words| words.len() > 20), "{name}.{setting} has no words");
    }
    assert_eq!(written["enabled"], Value::Bool(true), "{name} is on by default");
    for settings in [usual, strict] {
        let written = serde_json::to_value(&settings).expect("settings");
        assert_eq!(serde_json::from_value::<T>(written).expect("settings"), settings);
    }
    assert!(serde_json::from_str::<T>("{\"no_such_setting\":1}").is_err(), "{name} takes anything");
}
