//! Puts the layers together: flag before environment before file before default.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::config::catalog::Catalog;
use crate::config::checks;
use crate::config::environment::Environment;
use crate::config::file;
use crate::config::layer::{Given, Layer};
use crate::config::origin::{ConfigError, Origin};
use crate::config::secret::MASK;
use crate::config::{Config, Dialects, GuessPreset, Guesses, Preset};

/// Where settings come from. Kept by a running server, so that SIGHUP reads the same places again.
#[derive(Clone, Default)]
pub struct Sources {
    /// The configuration file.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Environment,
    /// What flags of the command line set: the setting, the flag, the text.
    pub flags: Vec<(&'static str, &'static str, String)>,
    /// What the subcommand sets by itself, below everything but the defaults: the setting and the text.
    pub base: Vec<(&'static str, String)>,
    /// Name of the subcommand, for the origin of [`Self::base`].
    pub command: &'static str,
}

/// A configuration that is valid, and where each value came from.
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Every setting with its value and origin, in the catalogue's order.
    pub settings: Vec<Setting>,
}

/// A setting as it is shown.
#[derive(Clone, PartialEq, Debug)]
pub struct Setting {
    /// Its place: `policy.guesses.burst`.
    pub path: String,
    /// Its value; a secret's is masked; `None` if it is not set and has no default.
    pub value: Option<Value>,
    /// Where the value came from.
    pub origin: Origin,
}

impl Sources {
    /// Reads every layer and puts them together.
    ///
    /// # Errors
    /// [`ConfigError`] lists everything that is wrong, each with where it came from and what is allowed.
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        let catalog = Catalog::of_config();
        let mut problems = Vec::new();
        let mut given = BTreeMap::new();
        let file = self.file.as_deref().map(|path| file::layer(catalog, path));
        let layers = [
            Some(self.base(catalog)),
            file,
            Some(self.environment.layer(catalog)),
            Some(self.flags(catalog)),
        ];
        for layer in layers.into_iter().flatten() {
            problems.extend(layer.problems);
            given.extend(layer.given);
        }
        ConfigError::check(problems)?;
        let preset = preset_of(&given);
        let mut settings = shown(catalog, &given);
        lay_under(&mut settings, &mut given, preset);
        let mut config = typed(given)?;
        config.dialects.native.login = config.oidc.login_demand();
        show_preset_of_guesses(&mut settings, config.policy.guesses.preset);
        ConfigError::check(checks::problems(&config, &settings))?;
        Ok(Loaded { config, settings })
    }

    fn base(&self, catalog: &Catalog) -> Layer {
        let mut layer = Layer::default();
        for (path, text) in &self.base {
            read(&mut layer, catalog, path, text, Origin::Command(self.command));
        }
        layer
    }

    fn flags(&self, catalog: &Catalog) -> Layer {
        let mut layer = Layer::default();
        for (path, flag, text) in &self.flags {
            read(&mut layer, catalog, path, text, Origin::Flag(flag));
        }
        layer
    }
}

fn read(layer: &mut Layer, catalog: &Catalog, path: &str, text: &str, origin: Origin) {
    match catalog.key(path) {
        Some(key) => layer.read(key, text.to_owned(), origin),
        None => unreachable!("the program itself names settings that exist: {path}"),
    }
}

fn preset_of(given: &BTreeMap<String, Given>) -> Preset {
    let named = given.get("preset").map(|given| given.value.clone());
    named.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default()
}

fn shown(catalog: &Catalog, given: &BTreeMap<String, Given>) -> Vec<Setting> {
    let show = |key: &crate::config::catalog::Key| {
        let (value, origin) = match given.get(&key.path) {
            Some(_) if key.secret => (Some(Value::from(MASK)), given[&key.path].origin.clone()),
            Some(given) => (Some(given.value.clone()), given.origin.clone()),
            None => (key.default.clone(), Origin::Default),
        };
        Setting { path: key.path.clone(), value, origin }
    };
    catalog.keys().map(show).collect()
}

/// Lays the dialects' settings of the preset under those that are given.
fn lay_under(settings: &mut [Setting], given: &mut BTreeMap<String, Given>, preset: Preset) {
    let Preset::Strict = preset else { return };
    let tree = Value::Object(Dialects::of(preset).to_tree());
    for setting in settings.iter_mut().filter(|setting| setting.origin == Origin::Default) {
        let Some(path) = setting.path.strip_prefix("dialects.") else { continue };
        let Some(value) = tree.pointer(&format!("/{}", path.replace('.', "/"))).filter(|v| !v.is_null())
        else {
            continue;
        };
        if setting.value.as_ref() == Some(value) {
            continue;
        }
        setting.value = Some(value.clone());
        setting.origin = Origin::Preset("strict");
        given.insert(setting.path.clone(), Given { value: value.clone(), origin: setting.origin.clone() });
    }
}

/// Shows the numbers of guesses that only the preset gives.
fn show_preset_of_guesses(settings: &mut [Setting], preset: GuessPreset) {
    let preset = preset.to_domain();
    for setting in settings.iter_mut().filter(|setting| setting.value.is_none()) {
        let Some(name) = setting.path.strip_prefix("policy.guesses.") else { continue };
        setting.value = Guesses::of_preset(preset, name).map(Value::from);
        setting.origin = Origin::Preset(preset.as_str());
    }
}

/// Everything was checked against the catalogue already, so what fails here is a value with a form of its own: an
/// address, a range, a profile. None of these is secret.
fn typed(given: BTreeMap<String, Given>) -> Result<Config, ConfigError> {
    let origins: BTreeMap<String, Origin> =
        given.iter().map(|(path, given)| (path.clone(), given.origin.clone())).collect();
    let mut tree = Map::new();
    for (path, given) in given {
        insert(&mut tree, &path, given.value);
    }
    serde_path_to_error::deserialize(Value::Object(tree)).map_err(|error| {
        let place = error.path().to_string();
        let place = place.split('[').next().unwrap_or_default();
        let origin = origins.get(place).map_or_else(String::new, |origin| format!(" ({origin})"));
        ConfigError::one(format!("{place}{origin}: {}", error.inner()))
    })
}

fn insert(tree: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            tree.insert(path.to_owned(), value);
        }
        Some((section, rest)) => {
            let branch = tree.entry(section).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(branch) = branch {
                insert(branch, rest, value);
            }
        }
    }
}
