//! The dialects by folder name. A new dialect adds one line to `NAMES` and one to `build`.

use countersign_dialects::Dialect;
use countersign_dialects::currency_pass::{self, CurrencyPass};
use countersign_dialects::flowmeter::{self, Flowmeter};
use countersign_dialects::native::{self, Native};
use countersign_dialects::oas::{self, Oas};
use countersign_dialects::spark_wallet::{self, SparkWallet};
use countersign_dialects::tour::{self, Tour};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Every dialect that `build` knows.
pub(crate) const NAMES: &[&str] = &["oas", "currency_pass", "spark_wallet", "native", "tour", "flowmeter"];

/// A dialect with the settings that a vector overrides (`"settings"`), the others at their defaults.
///
/// # Panics
/// If there is no such dialect or setting.
pub(crate) fn build(name: &str, settings: &Value) -> Box<dyn Dialect> {
    match name {
        "oas" => Box::new(Oas::new(read::<oas::Settings>(settings))),
        "currency_pass" => Box::new(CurrencyPass::new(read::<currency_pass::Settings>(settings))),
        "spark_wallet" => Box::new(SparkWallet::new(read::<spark_wallet::Settings>(settings))),
        "tour" => Box::new(Tour::new(read::<tour::Settings>(settings))),
        "flowmeter" => Box::new(Flowmeter::new(read::<flowmeter::Settings>(settings))),
        "native" => Box::new(Native::new(read::<native::Settings>(settings), true)),
        _ => panic!("there is no dialect {name}: add it to tests/support/dialects.rs"),
    }
}

fn read<T: DeserializeOwned + Default>(settings: &Value) -> T {
    if settings.is_null() {
        return T::default();
    }
    serde_json::from_value(settings.clone()).expect("settings that the dialect has")
}
